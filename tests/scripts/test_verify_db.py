"""What is declared is what migrations make, and whatever differs is named."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import uuid
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

import psycopg
import pytest
from rich.console import Console
from sqlalchemy import Connection, Engine, create_engine, text
from sqlalchemy.engine import URL

from prospecting.persistence.schema.access import APP, GRANTS
from prospecting.persistence.schema.declared import Key
from prospecting.persistence.schema.objects import DECLARED, expected_objects, found_objects
from prospecting.persistence.schema.tables import metadata
from scripts import verify_db
from scripts.environment import SetupError
from tests.conftest import copy_database
from tests.db.factories import versions


@pytest.fixture(scope="module")
def migrated(server_url: URL, template_database: str) -> Iterator[Engine]:
    """Engine on a migrated database, for tests that commit nothing."""
    name = f"test_{uuid.uuid4().hex[:16]}"
    admin = server_url.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(admin, autocommit=True) as connection:
        copy_database(connection, template_database, name)
    # One session for all: a new one reads half the catalog before its first answer.
    engine = create_engine(server_url.set(database=name), pool_size=1, max_overflow=0)
    yield engine
    engine.dispose()
    with psycopg.connect(admin, autocommit=True) as connection:
        connection.execute(f'drop database "{name}" with (force)')


@pytest.fixture
def connection(migrated: Engine) -> Iterator[Connection]:
    """An open transaction, rolled back at the end."""
    with migrated.connect() as connection:
        yield connection


@pytest.fixture(scope="module")
def declared(migrated: Engine) -> dict[Key, str]:
    with migrated.connect() as connection:
        return expected_objects(connection)


@pytest.fixture
def screen() -> Console:
    return Console(file=StringIO(), width=200, highlight=False)


def shown(screen: Console) -> str:
    """The printed text, with runs of blanks as one."""
    assert isinstance(screen.file, StringIO)
    return re.sub(r" +", " ", screen.file.getvalue())


def wrong(connection: Connection, declared: dict[Key, str]) -> list[verify_db.Finding]:
    """The findings that are wrong."""
    return verify_db.wrong_among(verify_db.compare(declared, found_objects(connection)))


def test_what_is_declared_is_what_migrations_make(connection: Connection, declared: dict[Key, str]) -> None:
    expected, found = declared, found_objects(connection)
    found = {
        key: definition
        for key, definition in found.items()
        if key.table != "alembic_version" and key.kind != "member"  # logins of other tests on the same server
    }
    assert set(found) - set(expected) == set(), "made by migrations, not declared"
    assert set(expected) - set(found) == set(), "declared, made by no migration"
    assert {key: (expected[key], found[key]) for key in expected if expected[key] != found[key]} == {}
    assert {kind for kind, _, _ in expected} == {*verify_db.KINDS, "function", "role", "view"}
    assert len({one.key for one in DECLARED}) == len(DECLARED), "nothing is declared twice"


def test_tasks_may_use_every_table() -> None:
    assert {grant.table for grant in GRANTS if grant.role == APP} == set(metadata.tables) - {"hash_keys"}
    assert set(verify_db.FIRST) <= set(metadata.tables)


def test_a_migrated_database_is_as_it_should_be(engine: Engine, screen: Console) -> None:
    with engine.connect() as connection:
        relations = "select count(*) from pg_class"
        before, objects = versions(connection), connection.execute(text(relations)).scalar_one()
        connection.rollback()
        assert verify_db.verify(connection, screen)
        assert not connection.in_transaction()
        assert versions(connection) == before
        assert connection.execute(text(relations)).scalar_one() == objects
    said = shown(screen)
    assert re.search(r"migration: expected (\d{4}), found \1\n", said)
    headings = re.findall(r"^(\S+) \(\d+\)$", said, re.MULTILINE)
    assert tuple(headings) == verify_db.FIRST
    assert f"columns {len(metadata.tables['user_interactions'].columns)} " in said
    assert "ok policy own_research_select select to prospecting_api using user_id = " in said
    assert "ok row security enabled, forced on the owner as expected" in said
    assert "ok trigger append_only BEFORE DELETE FOR EACH STATEMENT" in said
    assert "ok index ix_user_interactions_created_at btree (created_at) as expected" in said
    assert said.count("ok grant prospecting_api select as expected") == 3
    assert "ok role prospecting_api bound by row-level security as expected" in said
    assert "ok user A reads research of B 0 rows 0 rows" in said
    others = set(metadata.tables) - set(verify_db.FIRST)
    assert {table for table in others if re.search(rf"^ok {re.escape(table)} ", said, re.MULTILINE)} == others
    assert "Not declared here, left alone: table alembic_version" in said
    assert said.endswith("Everything is as declared, and everybody sees what they should.\n")
    for status in ("missing", "different", "unexpected"):
        assert f"\n{status} " not in said


def test_all_objects_on_request(connection: Connection, screen: Console) -> None:
    assert verify_db.verify(connection, screen, show_all=True)
    headings = re.findall(r"^([a-z_.]+) \(\d+\)$", shown(screen), re.MULTILINE)
    assert set(headings) == set(metadata.tables)
    assert headings[:5] == list(verify_db.FIRST)


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ("drop policy own_research_select on prospect_intelligence",
         "policy own_research_select on prospect_intelligence"),
        ("drop policy no_update on user_interactions", "policy no_update on user_interactions"),
        ("drop policy tasks_all on submissions", "policy tasks_all on submissions"),
        ("alter table prospect_intelligence no force row level security", "row security on prospect_intelligence"),
        ("alter table user_interactions disable row level security", "row security on user_interactions"),
        ("alter table users disable row level security", "row security on users"),
        ("alter table accounts enable row level security", "row security on accounts"),
        ("drop trigger append_only on user_interactions", "trigger append_only on user_interactions"),
        ("drop trigger note_move on companies", "trigger note_move on companies"),
        ("alter table companies disable trigger note_move", "trigger note_move on companies"),
        ("alter policy tasks_all on users using (false)", "policy tasks_all on users"),
        ("create policy mine on accounts using (true)", "policy mine on accounts"),
        ("drop index ix_user_interactions_created_at", "index ix_user_interactions_created_at on user_interactions"),
        ("drop index uq_companies_domain", "index uq_companies_domain on companies"),
        ("revoke all on account_scores from prospecting_api", "grant prospecting_api on account_scores"),
        ("revoke all on intake.people_raw_intake from prospecting_app",
         "grant prospecting_app on intake.people_raw_intake"),
    ],
)  # fmt: skip
def test_what_is_gone_is_named_and_put_back(
    connection: Connection, declared: dict[Key, str], change: str, name: str
) -> None:
    connection.execute(text(change))
    findings = wrong(connection, declared)
    assert [finding.name for finding in findings] == [name]
    for statement in verify_db.put_back(findings):
        connection.execute(text(statement))
    assert wrong(connection, declared) == []


RESEARCH, RUNS, CLICKS = "prospect_intelligence", "prospect_intelligence_runs", "user_interactions"


@pytest.mark.parametrize(
    ("change", "name", "status"),
    [
        (f"alter table {CLICKS} disable trigger append_only", f"trigger append_only on {CLICKS}", "different"),
        (f"alter table {CLICKS} disable trigger all", f"constraint fk_{CLICKS}_user_id on {CLICKS}", "different"),
        (
            "drop index ix_accounts_company_id; create index ix_accounts_company_id on accounts (company_id)",
            "index ix_accounts_company_id on accounts",
            "different",
        ),
        ("alter table accounts drop column website_url", "column website_url on accounts", "missing"),
        ("alter table accounts alter company_name drop not null", "column company_name on accounts", "different"),
        ("alter table persons alter bio type varchar(9)", "column bio on persons", "different"),
        ("alter table accounts alter id drop default", "column id on accounts", "different"),
        (
            "alter table accounts drop constraint ck_accounts_last_icp_score, "
            "add constraint ck_accounts_last_icp_score check (last_icp_score between 1 and 11)",
            "constraint ck_accounts_last_icp_score on accounts",
            "different",
        ),
        ("alter table account_intent set unlogged", "table account_intent", "different"),
        ("drop table account_intent", "table account_intent", "missing"),
        ("alter table account_intent owner to prospecting_app", "table account_intent", "different"),
        (f"alter policy tasks_all on {RESEARCH} using (false)", f"policy tasks_all on {RESEARCH}", "different"),
        (f"alter policy tasks_all on {RESEARCH} to public", f"policy tasks_all on {RESEARCH}", "different"),
        (f"alter table {RESEARCH} owner to prospecting_app", f"policy tasks_all on {RESEARCH}", "different"),
        (f"create policy mine on {RESEARCH} using (true)", f"policy mine on {RESEARCH}", "unexpected"),
        ("grant select on persons to prospecting_api", "grant prospecting_api on persons", "unexpected"),
        ("grant select on persons to public", "grant prospecting_api on persons", "unexpected"),
        (f"grant select (website_url) on {RUNS} to prospecting_api", f"grant prospecting_api on {RUNS}", "unexpected"),
        (f"grant update on {CLICKS} to prospecting_app", f"grant prospecting_app on {CLICKS}", "different"),
        ("grant insert on accounts to prospecting_api", "grant prospecting_api on accounts", "different"),
        ("grant update (company_name) on accounts to public", "grant prospecting_api on accounts", "different"),
        ("grant usage on schema intake to prospecting_api", "grant prospecting_api on schema intake", "unexpected"),
        ("grant create on schema public to public", "grant prospecting_api on schema public", "different"),
        (
            "revoke usage on sequence persons_id_seq from prospecting_app",
            "grant prospecting_app on sequence persons_id_seq",
            "missing",
        ),
        ("alter role prospecting_api bypassrls", "role prospecting_api", "different"),
        ("alter role prospecting_api login", "role prospecting_api", "different"),
        ("alter role prospecting_api createrole", "role prospecting_api", "different"),
        ("grant prospecting_app to prospecting_api", "role prospecting_api", "different"),
        ("alter function current_user_id() security definer", "function current_user_id()", "different"),
        ("alter function refuse_others(uuid) strict", "function refuse_others(meant uuid)", "different"),
        ("alter function text_key(text) leakproof", "function text_key(value text)", "different"),
        ("drop function note_company_move() cascade", "function note_company_move()", "missing"),
        (
            "create or replace function text_key(value text) returns text language sql immutable as 'select value'",
            "function text_key(value text)",
            "different",
        ),
        (
            "alter function delete_own_research(uuid) reset search_path",
            "function delete_own_research(research_id uuid)",
            "different",
        ),
        (
            "alter function delete_own_research(uuid) owner to prospecting_app",
            "function delete_own_research(research_id uuid)",
            "different",
        ),
    ],
)
def test_what_differs_is_named(
    connection: Connection, declared: dict[Key, str], change: str, name: str, status: str
) -> None:
    connection.execute(text(change))
    assert (name, status) in [(finding.name, finding.status) for finding in wrong(connection, declared)]


EVERYTHING = "select * from user_interactions"
BODY = "returns integer language sql security definer as 'select 1'"


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        (f"create view leak as {EVERYTHING}", "view leak"),
        (f"create view leak with (security_invoker = off) as {EVERYTHING}", "view leak"),
        (f"create schema s; create view s.leak as {EVERYTHING}", "view s.leak"),
        (f"create schema s; create materialized view s.leak as {EVERYTHING}", "view s.leak"),
        (
            "create schema s; create view inner_view with (security_invoker = true) as select * from users; "
            "create view s.leak as select * from inner_view",
            "view s.leak",
        ),
        ("create view leak as select * from persons; grant select on leak to public", "view leak"),
        ("create view leak as select interaction_count from account_signals; grant select on leak to prospecting_api",
         "view leak"),
        ("create view leak as select * from accounts; grant update (company_name) on leak to prospecting_api",
         "view leak"),
        (f"create function leak() {BODY}", "function leak()"),
        (f"create schema s; create function s.leak() {BODY}", "function s.leak()"),
        ("create schema s; create procedure s.leak() language sql security definer as 'select 1'",
         "function s.leak()"),
        ("create rule leak as on insert to accounts do also select 1", "rule leak on accounts"),
        ("create table mine (id uuid); create rule leak as on insert to mine do also delete from accounts",
         "rule leak on mine"),
        (f"create view seen with (security_invoker = true) as {EVERYTHING}; "
         "create rule leak as on insert to seen do instead nothing", "rule leak on seen"),
        ("create role eve login bypassrls in role prospecting_api", "unbound member eve of prospecting_api"),
        ("create role eve login superuser in role prospecting_api", "unbound member eve of prospecting_api"),
        ("create role adam bypassrls; create role eve login in role prospecting_api, adam",
         "unbound member eve of prospecting_api"),
        ("create role web in role prospecting_api; create role eve bypassrls in role web",
         "unbound member eve of prospecting_api"),
        ("create role eve login in role prospecting_api, prospecting_app", "unbound member eve of prospecting_api"),
        ("create role eve login noinherit in role prospecting_api, pg_read_all_data",
         "unbound member eve of prospecting_api"),
        ("create role eve login in role prospecting_api; grant select on persons to eve",
         "unbound member eve of prospecting_api"),
        ("create role eve login replication in role prospecting_api", "unbound member eve of prospecting_api"),
        ("create role eve login in role prospecting_api, pg_read_server_files",
         "unbound member eve of prospecting_api"),
        ("create role eve login in role prospecting_api; grant update (full_name) on persons to eve",
         "unbound member eve of prospecting_api"),
        ("create role eve login in role prospecting_api; grant trigger on accounts to eve",
         "unbound member eve of prospecting_api"),
        ("create role eve login in role prospecting_api; create view leak as select * from persons; "
         "grant select on leak to eve", "unbound member eve of prospecting_api"),
        ("create role eve login in role prospecting_api; grant execute on function keyed_hash(text, text) to eve",
         "unbound member eve of prospecting_api"),
        ("create view information_schema.leak as select * from users", "view information_schema.leak"),
        ("create function noted() returns trigger language plpgsql as 'begin end'; "
         "create trigger leak after insert on users for each row execute function noted()", "trigger leak on users"),
        ("create schema s; grant create on schema s to public", "grant schema s to prospecting_api"),
        ("grant select on sequence companies_id_seq to prospecting_api",
         "grant sequence companies_id_seq to prospecting_api"),
        ("grant set on parameter session_replication_role to prospecting_api",
         "grant parameter session_replication_role to prospecting_api"),
        ("grant select (stavalues1) on pg_statistic to public", "grant table pg_statistic to prospecting_api"),
        ("grant execute on function pg_read_file(text) to prospecting_api",
         "grant function pg_read_file(text) to prospecting_api"),
        ("alter default privileges in schema public grant select on tables to prospecting_api",
         "default grant role postgres in schema public on tables"),
        ("alter role prospecting_api set prospecting.user_id = ''",
         "setting prospecting.user_id of role prospecting_api"),
        ("alter database {database} set session_replication_role = replica",
         "setting session_replication_role of database {database}"),
        ("grant execute on function lo_create(oid) to public", "grant large objects to prospecting_api"),
        ("grant temporary on database {database} to public", "grant prospecting_api on database"),
        ("grant create on database {database} to prospecting_api", "grant prospecting_api on database"),
    ],
)  # fmt: skip
def test_what_gets_past_the_policies_is_named(
    connection: Connection, declared: dict[Key, str], changes: str, name: str
) -> None:
    database = connection.execute(text("select quote_ident(current_database())")).scalar_one()
    for change in changes.split("; "):
        connection.execute(text(change.replace("{database}", database)))
    findings = wrong(connection, declared)
    assert [(finding.name, finding.status) for finding in findings] == [
        (name.replace("{database}", database), "unexpected")
    ]
    statements = verify_db.put_back(findings)
    for statement in statements:
        connection.execute(text(statement))
    left = wrong(connection, declared)
    assert left == [] or not statements or findings[0].key.kind == "view"


def test_an_account_that_a_user_changes_is_noticed(connection: Connection, screen: Console) -> None:
    connection.execute(text("create role web login in role prospecting_api"))
    connection.execute(text("grant update (company_name) on accounts to prospecting_api"))
    assert not verify_db.verify(connection, screen)
    said = shown(screen)
    assert "different user A changes an account refused 0 rows" in said
    assert "; web of prospecting_api" in said or "Logins that act for users: web of prospecting_api" in said


def test_what_others_add_is_a_note(connection: Connection, screen: Console) -> None:
    for change in (
        "create table somebody_elses (id integer primary key)",
        "grant select on somebody_elses to prospecting_api",
        "create index mine on accounts (company_name)",
        "alter table accounts add column mine text",
        "create function mine() returns integer language sql as 'select 1'",
        "create publication mine for table accounts",
        *(f"create table another_{number} ()" for number in range(verify_db.NAME_LIMIT)),
    ):
        connection.execute(text(change))
    assert verify_db.verify(connection, screen)
    said = re.search(r"Not declared here, left alone: (.*)", shown(screen).replace("\n", " "))
    assert said
    for name in (
        "column mine on accounts",
        "function mine()",
        "index mine on accounts",
        "publication mine",
        "table another_1;",
    ):
        assert name in said[1]
    assert "id on somebody_elses" not in said[1]
    assert " more" in said[1]


def test_what_is_wrong_is_printed(connection: Connection, screen: Console) -> None:
    for change in (
        "drop policy own_research_select on prospect_intelligence",
        "alter table prospect_intelligence no force row level security",
        "drop trigger append_only on user_interactions",
        "drop index ix_events_start_dt",
        "drop table account_intent",
    ):
        connection.execute(text(change))
    assert not verify_db.verify(connection, screen)
    said = shown(screen)
    for line in (
        "missing policy own_research_select select to prospecting_api using user_id = ",
        "different row security enabled, forced on the owner enabled",
        "missing trigger append_only BEFORE DELETE FOR EACH STATEMENT",
        "missing events ",
        "missing index ix_events_start_dt on events btree (start_dt) nothing",
        "missing table account_intent there nothing",
        "different user A reads research of A and B 1 row 0 rows",
        " create policy own_research_select on prospect_intelligence for select to prospecting_api using (user_id = ",
        " alter table prospect_intelligence enable row level security, force row level security;",
        " CREATE INDEX ix_events_start_dt ON events (start_dt);",
        "trigger append_only on user_interactions is missing; ",
        "What to do: docs/runbooks/access.md",
    ):
        assert line in said
    assert "CREATE INDEX ix_account_intent" not in said, "not on a table that is gone"


def test_without_roles_or_functions_nothing_else_is_looked_at(connection: Connection, screen: Console) -> None:
    connection.execute(text("drop function current_user_id() cascade"))
    assert not verify_db.verify(connection, screen)
    assert "missing function current_user_id() returns uuid, sql, stable, body " in shown(screen)
    assert "function current_user_id() is missing; nothing else was looked at" in shown(screen)


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ("update alembic_version set version_num = '0005'", "at migration 0005, this checkout at .*make migrate"),
        ("delete from alembic_version", "never migrated; run: make migrate"),
        ("drop table alembic_version", "never migrated; run: make migrate"),
    ],
)
def test_a_database_at_another_migration(connection: Connection, screen: Console, change: str, complaint: str) -> None:
    connection.execute(text(change))
    with pytest.raises(SetupError, match=complaint):
        verify_db.verify(connection, screen)
    assert "migration: expected 0" in shown(screen)
    assert "user_interactions" not in shown(screen)


def test_a_login_that_may_not_act_for_users_is_told_so(connection: Connection, screen: Console) -> None:
    session = connection.execute(text("select session_user")).scalar_one()
    connection.execute(text("create role reader"))
    connection.execute(text("grant select on alembic_version to reader"))
    database = connection.execute(text("select quote_ident(current_database())")).scalar_one()
    connection.execute(text(f"grant temporary on database {database} to reader"))
    connection.execute(text("set local session authorization reader"))
    assert not verify_db.verify(connection, screen)
    assert "reader may not become prospecting_api" in shown(screen)
    assert "grant prospecting_api to reader" in shown(screen)
    assert connection.execute(text("select session_user")).scalar_one() == session


def test_a_database_that_cannot_be_reached(screen: Console) -> None:
    with pytest.raises(SetupError, match=r"^the database cannot be reached") as raised:
        verify_db.run("postgresql://somebody:secret@127.0.0.1:1/nothing", screen)
    assert "secret" not in str(raised.value)


def run(checkout: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "scripts.verify_db", *arguments],
        cwd=checkout,
        env={**os.environ, "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": "sqlite:///unused.db", **variables},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_the_command(tiny_checkout: Path, engine: Engine) -> None:
    url = engine.url.render_as_string(hide_password=False).replace("+psycopg", "")
    good = run(tiny_checkout, PROSPECTING_DB_URL=url)
    assert good.returncode == 0, good.stderr[-2000:]
    assert "\x1b[" not in good.stdout
    with engine.begin() as connection:
        connection.execute(text("drop policy own_interactions_select on user_interactions"))
    bad = run(tiny_checkout, PROSPECTING_DB_URL=url)
    assert bad.returncode == 1
    assert "missing policy own_interactions_select" in re.sub(r" +", " ", bad.stdout)
    with engine.begin() as connection:
        connection.execute(text("delete from alembic_version"))
    never = run(tiny_checkout, PROSPECTING_DB_URL=url)
    assert (never.returncode, never.stderr) == (1, "error: the database was never migrated; run: make migrate\n")
    nowhere = run(tiny_checkout, PROSPECTING_DB_URL="postgresql://somebody:secret@127.0.0.1:1/nothing")
    assert nowhere.returncode == 1
    assert nowhere.stderr.startswith("error: the database cannot be reached")
    assert "secret" not in nowhere.stdout + nowhere.stderr
    usage = run(tiny_checkout, "--help")
    assert usage.returncode == 0
    assert "--all" in usage.stdout
