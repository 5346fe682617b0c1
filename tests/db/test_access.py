"""Who sees and changes what: as the API on behalf of a user, as the tasks' role, as the owner of the tables.

Roles belong to the server: tests that make logins use names of their own, and tests of who may make the roles a server
of their own.
"""

from __future__ import annotations

import tempfile
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast
from uuid import UUID

import psycopg
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine, NullPool, create_engine, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError

from prospecting.persistence.access import AccessError, act_as_user
from prospecting.persistence.database import application_url
from prospecting.persistence.schema.objects import POLICIES, TRIGGERS
from prospecting.persistence.schema.tables import metadata
from scripts import local_postgres
from scripts.access_trials import trials, try_out
from tests.conftest import lose_data, migrate
from tests.db.factories import WRITERS, count

ANN, BOB = UUID(int=1), UUID(int=2)
OWNED = ("users", "prospect_intelligence", "prospect_intelligence_runs", "user_interactions")
TASKS_READ = [table.fullname for table in metadata.sorted_tables if table.name != "hash_keys"]
RESEARCH = (
    "insert into prospect_intelligence (user_id, website_url, company_name, data, icp_score, priority_level, "
    "extracted_at, extraction_duration_ms) values (:user, :website, 'Acme', '{}', 5, 'medium', now(), 0) "
    "on conflict (user_id, website_url) do update set icp_score = excluded.icp_score"
)
INTERACTION = (
    "insert into user_interactions (user_id, account_domain, interaction_type) values (:user, 'acme.com', 'viewed')"
)
RUN = (
    "insert into prospect_intelligence_runs (user_id, account_domain, website_url, run_status, run_key) "
    "values (:user, 'acme.com', 'https://acme.com', 'success', :key) on conflict (run_key) do nothing returning id"
)


def do(connection: Connection, sql: str, **values: object) -> int:
    """Run a statement; how many rows it touched."""
    return connection.execute(text(sql), values).rowcount


def role(connection: Connection) -> tuple[str, str]:
    """The role the connection acts in, and the user it acts for: none when empty."""
    found = connection.execute(
        text("select current_user::text, coalesce(current_setting('prospecting.user_id', true), '')")
    ).one()
    return found[0], found[1]


@contextmanager
def refused(connection: Connection, why: str) -> Iterator[None]:
    savepoint = connection.begin_nested()
    with pytest.raises(DBAPIError, match=why):
        yield
    savepoint.rollback()


def add_users(connection: Connection) -> None:
    """Ann and Bob, each with research, its run and an interaction."""
    for user in (ANN, BOB):
        do(connection, "insert into users (id) values (:user)", user=user)
        do(connection, RESEARCH, user=user, website="https://acme.com")
        do(connection, RUN, user=user, key=f"run of {user}")
        do(connection, INTERACTION, user=user)


@pytest.fixture
def ann(engine: Engine) -> Iterator[Connection]:
    """A transaction on behalf of Ann, in a database that Bob uses as well."""
    with engine.begin() as connection:
        add_users(connection)
    with engine.connect() as connection, connection.begin() as transaction:
        act_as_user(connection, ANN)
        yield connection
        transaction.rollback()


# ------------------------------------------------------------------ becoming a user
def test_acting_lasts_until_the_transaction_ends(shared_engine: Engine) -> None:
    engine = create_engine(shared_engine.url, pool_size=1, max_overflow=0)
    backends = set()
    for ending in ("commit", "rollback"):
        with engine.connect() as connection:
            before = role(connection)
            backends.add(connection.execute(text("select pg_backend_pid()")).scalar_one())
            connection.rollback()
            transaction = connection.begin()
            act_as_user(connection, ANN)
            assert role(connection) == ("prospecting_api", str(ANN))
            getattr(transaction, ending)()
            assert before[0] != "prospecting_api"
            assert role(connection) == before
    assert len(backends) == 1, "the pool hands out the same connection"
    with engine.connect() as connection:
        assert role(connection) == before
    engine.dispose()


def test_rolling_back_to_a_savepoint_ends_it_as_well(connection: Connection) -> None:
    before = role(connection)
    savepoint = connection.begin_nested()
    act_as_user(connection, ANN)
    savepoint.rollback()
    assert role(connection) == before
    act_as_user(connection, BOB)
    savepoint = connection.begin_nested()
    savepoint.commit()
    assert role(connection) == ("prospecting_api", str(BOB))


def test_a_transaction_is_needed(shared_engine: Engine) -> None:
    with shared_engine.connect() as connection:
        with pytest.raises(AccessError, match="begin one first"):
            act_as_user(connection, ANN)
        assert role(connection)[0] != "prospecting_api"
    with shared_engine.execution_options(isolation_level="AUTOCOMMIT").begin() as connection:
        with pytest.raises(AccessError, match="use one without autocommit"):
            act_as_user(connection, ANN)
        assert role(connection)[0] != "prospecting_api"


def test_a_transaction_acts_as_one_user(connection: Connection) -> None:
    connection.begin()
    act_as_user(connection, ANN)
    act_as_user(connection, str(ANN).upper())
    with pytest.raises(AccessError, match="begin a new one for each user"):
        act_as_user(connection, BOB)
    assert role(connection) == ("prospecting_api", str(ANN))


@given(st.one_of(st.text(), st.none(), st.integers(), st.binary()))
@example(10**31)
@example("'; reset role; --")
@example("00000000-0000-0000-0000-000000000001' or '1'='1")
@example("")
def test_a_user_is_a_uuid(user_id: object) -> None:
    connection: Any = None  # is not asked for anything
    with pytest.raises(ValueError, match=r"^user_id must be a UUID, as the identity provider gives it$"):
        act_as_user(connection, cast("UUID", user_id))


@pytest.fixture
def login(server_url: URL, database_url: str) -> Iterator[Callable[[], Engine]]:
    """A login without any rights: an engine on the test's database, and the name of the login as its URL has it."""
    name, secret = f"login_{uuid.uuid4().hex[:12]}", uuid.uuid4().hex
    admin = server_url.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(admin, autocommit=True) as connection:
        connection.execute(f"create role {name} login password '{secret}'")
    url = application_url(database_url).set(username=name, password=secret)
    yield lambda: create_engine(url, poolclass=NullPool)
    with psycopg.connect(admin, autocommit=True) as connection:
        connection.execute(f"drop role {name}")


def test_a_login_that_may_not_is_told_the_remedy(server_url: URL, login: Callable[[], Engine]) -> None:
    engine = login()
    name = engine.url.username
    remedy = f"grant prospecting_api to {name}"
    with engine.begin() as connection, pytest.raises(AccessError, match=f"run: {remedy}$"):
        act_as_user(connection, ANN)
    with psycopg.connect(server_url.set(drivername="postgresql").render_as_string(hide_password=False)) as connection:
        connection.execute(remedy)  # type: ignore[arg-type]
    with engine.begin() as connection:
        act_as_user(connection, ANN)
        assert role(connection) == ("prospecting_api", str(ANN))
        assert do(connection, "insert into users (id) values (:user)", user=ANN) == 1


# ------------------------------------------------------------------ what a user sees
def test_every_trial_ends_as_it_should(connection: Connection) -> None:
    outcomes = try_out(connection, trials())
    assert [(trial.who, trial.what, outcome) for trial, outcome in outcomes] == [
        (trial.who, trial.what, trial.expected) for trial in trials()
    ]
    assert len(outcomes) > 60


def changes_of_policies() -> Iterator[str]:
    """Each of the API's policies gone, or true for every row. Refusing policies change nothing: they only say so."""
    for policy in POLICIES:
        if policy.name.startswith("own_"):
            yield f"drop policy {policy.name} on {policy.table}"
            for clause in ("using", "with check"):
                if f" {clause} (" in policy.rule:
                    yield f"alter policy {policy.name} on {policy.table} {clause} (true)"


@pytest.mark.parametrize(
    "change",
    [
        *changes_of_policies(),
        *(f"alter table {table} disable row level security" for table in OWNED),
        "grant select on contact_channels to prospecting_api",
        "grant select on prospect_intelligence_runs to public",
        "revoke insert on user_interactions from prospecting_api",
        "drop trigger append_only on user_interactions",
        "drop trigger append_only_values on user_interactions",
        "create or replace function refuse_change() returns trigger language plpgsql as 'begin return null; end'",
        "create or replace function current_user_id() returns uuid language sql stable as "
        "'select id from users order by created_at limit 1'",
    ],
)
def test_the_trials_notice(connection: Connection, change: str) -> None:
    do(connection, change)
    assert [trial.what for trial, outcome in try_out(connection, trials()) if trial.expected != outcome]


def test_a_user_sees_only_what_is_theirs(ann: Connection) -> None:
    for table in ("prospect_intelligence", "user_interactions"):
        assert ann.execute(text(f"select user_id from {table}")).scalars().all() == [ANN]
        assert ann.execute(text(f"select count(*) from {table} where user_id = :user"), {"user": BOB}).scalar_one() == 0
    assert ann.execute(text("select id from users")).scalars().all() == [ANN]
    assert ann.execute(text("select run_key from prospect_intelligence_runs")).scalars().all() == [f"run of {ANN}"]


def test_a_user_writes_only_what_is_theirs(ann: Connection) -> None:
    assert do(ann, RESEARCH, user=ANN, website="https://acme.com") == 1
    assert do(ann, RESEARCH, user=ANN, website="https://globex.com") == 1
    assert do(ann, INTERACTION, user=ANN) == 1
    with refused(ann, "row-level security"):
        do(ann, RESEARCH, user=BOB, website="https://globex.com")
    with refused(ann, "row-level security"):
        do(ann, RESEARCH, user=BOB, website="https://acme.com")  # there already: the conflict shows nothing either
    with refused(ann, "row-level security"):
        do(ann, INTERACTION, user=BOB)
    for key in ("new", f"run of {BOB}"):
        with refused(ann, "row-level security"):
            do(ann, RUN, user=BOB, key=key)
    with refused(ann, "row-level security"):
        do(ann, "update prospect_intelligence set user_id = :user", user=BOB)
    with refused(ann, "row-level security"):
        do(ann, "insert into users (id) values (:user)", user=UUID(int=3))
    assert do(ann, "update prospect_intelligence set icp_score = 9") == 2
    assert do(ann, "delete from prospect_intelligence") == 2


@pytest.mark.parametrize(
    "sql",
    [
        "update user_interactions set interaction_type = 'deal_won'",
        "delete from user_interactions",
        "truncate user_interactions",
        "truncate users cascade",
        "delete from users",
        "update users set id = gen_random_uuid()",
        "select website_url from prospect_intelligence_runs",
        "select * from prospect_intelligence_runs",
        "update prospect_intelligence_runs set company_name = 'x'",
        "delete from prospect_intelligence_runs",
        "select from persons",
        "select from contact_channels",
        "select from company_intel_briefings",
        "select from intake.people_raw_intake",
        "select from account_changes",
        "delete from accounts",
        "create table public.mine ()",
        "alter table prospect_intelligence disable row level security",
        "drop policy own_research_select on prospect_intelligence",
        "set local session_replication_role = replica",
        "set role prospecting_app",
    ],
)
def test_the_api_may_not(login: Callable[[], Engine], server_url: URL, database_url: str, sql: str) -> None:
    """As a login of its own: whoever logged in as a superuser stays free to become anybody."""
    engine = login()
    with psycopg.connect(server_url.set(drivername="postgresql").render_as_string(hide_password=False)) as admin:
        admin.execute(f"grant prospecting_api to {engine.url.username}")  # type: ignore[arg-type]
    with create_engine(application_url(database_url), poolclass=NullPool).begin() as connection:
        add_users(connection)
    with engine.begin() as connection:
        act_as_user(connection, ANN)
        with refused(connection, "permission denied|must be owner"):
            do(connection, sql)


def test_the_api_does_what_saving_research_takes(ann: Connection) -> None:
    do(ann, "insert into users (id) values (:user) on conflict do nothing", user=ANN)
    for whose in (ANN, None):
        assert do(ann, RUN, user=whose, key=f"new run of {whose}") == 1
        assert do(ann, RUN, user=whose, key=f"new run of {whose}") == 0, "the same run is there once"
    assert do(ann, RUN, user=ANN, key=f"run of {BOB}") == 0, "and says nothing of whose it is"
    for _ in range(2):
        do(
            ann,
            "insert into accounts (account_domain, company_name) values ('acme.com', 'Acme') "
            "on conflict (account_domain) do update set company_name = excluded.company_name returning id",
        )
        do(
            ann,
            "insert into account_signals (account_domain, company_name) values ('acme.com', 'Acme') "
            "on conflict (account_domain) do update set icp_score = 8",
        )
    for table in ("account_scores", "account_intent", "account_recommendations", "account_suppressions", "companies"):
        assert count(ann, table) == 0


def test_without_a_user_nothing_is_seen(ann: Connection) -> None:
    for nobody in ("", str(UUID(int=3))):
        do(ann, "select set_config('prospecting.user_id', :nobody, true)", nobody=nobody)
        assert [count(ann, table) for table in OWNED] == [0, 0, 0, 0]
        for sql in (INTERACTION, RUN):
            with refused(ann, "row-level security"):
                do(ann, sql, user=ANN, key="new")
    do(ann, "select set_config('prospecting.user_id', 'Ann', true)")
    with refused(ann, "invalid input syntax for type uuid"):
        count(ann, "users")


def test_the_runs_of_a_user_who_is_gone_are_nobodys(connection: Connection) -> None:
    add_users(connection)
    do(connection, "delete from users where id = :user", user=BOB)
    assert count(connection, "prospect_intelligence_runs") == 2
    act_as_user(connection, ANN)
    assert count(connection, "prospect_intelligence_runs") == 2
    with refused(connection, "permission denied"):
        do(connection, "select user_id from prospect_intelligence_runs")


# ------------------------------------------------------------------ interactions stay
@pytest.mark.parametrize("acting", ["login", "prospecting_app"])
def test_interactions_are_append_only_for_everybody(connection: Connection, acting: str) -> None:
    add_users(connection)
    if acting != "login":
        do(connection, "select set_config('role', :acting, true)", acting=acting)
    for sql in (
        "update user_interactions set interaction_type = 'contacted'",
        "update user_interactions set interaction_type = 'contacted' where false",
        "delete from user_interactions",
        "delete from user_interactions where false",
        "truncate user_interactions",
        "truncate users cascade",
    ):
        with refused(connection, "append-only" if acting == "login" else "append-only|permission denied"):
            do(connection, sql)
    assert count(connection, "user_interactions") == 2
    assert do(connection, "delete from users where id = :user", user=ANN) == 1
    for table in ("prospect_intelligence", "user_interactions"):
        assert connection.execute(text(f"select user_id from {table}")).scalars().all() == [BOB]


# ------------------------------------------------------------------ tasks
@pytest.mark.parametrize("name", WRITERS)
def test_tasks_write_everything_as_their_role(connection: Connection, name: str) -> None:
    """Where the owner writes: temporary tables, identities, functions and locks included."""

    def written() -> set[str]:
        WRITERS[name](connection)
        return {table for table in TASKS_READ if count(connection, table)}

    savepoint = connection.begin_nested()
    by_owner = written()
    savepoint.rollback()
    do(connection, "select set_config('role', 'prospecting_app', true)")
    assert written() == by_owner
    assert by_owner


def test_tasks_see_the_research_of_all_users(connection: Connection) -> None:
    add_users(connection)
    do(connection, "select set_config('role', 'prospecting_app', true)")
    for table in OWNED:
        assert count(connection, table) == 2
    assert do(connection, RESEARCH, user=BOB, website="https://acme.com") == 1
    assert do(connection, RUN, user=BOB, key="new") == 1
    assert do(connection, INTERACTION, user=BOB) == 1


# ------------------------------------------------------------------ logins that are not superusers
@pytest.fixture(scope="module")
def bare_server() -> Iterator[URL]:
    """A server on which nobody ever migrated, so that there are no roles."""
    # Not in pytest's own folder, which another session, when it begins, shuts for the user the server runs as.
    with tempfile.TemporaryDirectory(prefix="bare-") as folder:
        data_dir = Path(folder) / "postgres"
        local_postgres.start(data_dir)
        url = application_url(local_postgres.url(data_dir, "postgres"))
        lose_data(url)
        yield url
        local_postgres.stop(data_dir)


def owned_database(server: URL, owner: str, options: str = "") -> URL:
    """URL of an empty database for a login that owns it and is not a superuser."""
    with psycopg.connect(server.set(drivername="postgresql").render_as_string(), autocommit=True) as connection:
        connection.execute(f"create role {owner} login {options}")
        connection.execute(f"create database {owner} owner {owner} template template0")
    return server.set(username=owner, database=owner)


def act(url: URL) -> None:
    with create_engine(url, poolclass=NullPool).begin() as connection:
        act_as_user(connection, ANN)
        assert role(connection)[0] == "prospecting_api"


def test_owners_that_are_not_superusers(bare_server: URL) -> None:
    plain = owned_database(bare_server, "plain")
    with pytest.raises(DBAPIError, match="plain may not create it") as raised:
        migrate(plain)
    assert "create role prospecting_api nologin; then migrate again" in str(raised.value)

    first, second = (owned_database(bare_server, owner, "createrole") for owner in ("first", "second"))
    migrate(first)
    act(first)  # who made the roles may become them
    migrate(second)
    migrate(plain)
    for url in (second, plain):  # who found them may not, but for what an administrator grants
        with pytest.raises(AccessError, match=f"run: grant prospecting_api to {url.username}$"):
            act(url)
    with psycopg.connect(bare_server.set(drivername="postgresql").render_as_string(), autocommit=True) as connection:
        connection.execute("grant prospecting_api to plain")
    act(plain)
    for url in (first, plain):
        with create_engine(url, poolclass=NullPool).connect() as connection:
            assert [trial for trial, outcome in try_out(connection, trials()) if trial.expected != outcome] == []

    migrate(second, "base")
    migrate(second)
    migrate(first)
    act(first)  # what one database undoes is nothing to another one

    engine = create_engine(first, poolclass=NullPool)
    with engine.connect() as connection:
        add_users(connection)
        do(connection, "drop policy tasks_all on prospect_intelligence")
        do(connection, "drop policy tasks_select on user_interactions")
        for table in ("prospect_intelligence", "user_interactions"):
            assert count(connection, table) == 0, "the owner is bound by the policies too"
            do(connection, f"alter table {table} no force row level security")
            assert count(connection, table) == 2
    with engine.connect() as connection:
        add_users(connection)
        for trigger in TRIGGERS:
            if trigger.table == "user_interactions" and trigger.name.startswith("append_only"):
                do(connection, f"drop trigger {trigger.name} on user_interactions")
        assert do(connection, "update user_interactions set account_domain = 'x'") == 0, "and there is no policy for it"
        assert do(connection, "delete from user_interactions") == 0
