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

from prospecting.persistence.access import AccessError, act_as_reader, act_as_user, become_task
from prospecting.persistence.account_interactions import SYSTEM_USER
from prospecting.persistence.database import application_url, make_engine, to_json, unit_of_work
from prospecting.persistence.prospect_research import record_research_failure, save_prospect_research
from prospecting.persistence.schema.access import POLICIES
from prospecting.persistence.schema.tables import metadata
from prospecting.persistence.schema.triggers import TRIGGERS
from scripts import local_postgres
from scripts.access_trials import trials, try_out
from tests.conftest import lose_data, migrate
from tests.db.factories import WRITERS, count

ANN, BOB = UUID(int=1), UUID(int=2)
READ = ("users", "prospect_intelligence", "user_interactions")
OWNED = (*READ, "prospect_intelligence_runs")
TASKS_READ = [table.fullname for table in metadata.sorted_tables if table.name != "hash_keys"]
RESEARCH = (
    "insert into prospect_intelligence (user_id, website_url, company_name, data, icp_score, priority_level, "
    "extracted_at, extraction_duration_ms) values (:user, :website, 'Acme', '{}', 5, 'medium', now(), 0) "
    "on conflict (user_id, website_url) do update set icp_score = excluded.icp_score"
)
INTERACTION = (
    "insert into user_interactions (user_id, account_domain, interaction_type) values (:user, 'acme.com', 'viewed')"
)
# The same as functions of the API's role.
SAVE = (
    "select save_own_research(jsonb_build_object('user_id', cast(:user as uuid), 'account_domain', 'acme.com', "
    "'website_url', 'https://acme.com', 'company_name', 'Acme', 'data', cast('{}' as jsonb), 'icp_score', 5, "
    "'priority_level', 'medium', 'extracted_at', now(), 'extraction_duration_ms', 0) || cast(:more as jsonb))"
)
LOG = (
    "select log_own_interactions(json_build_array(jsonb_build_object('position', 1, 'id', gen_random_uuid(), "
    "'user_id', cast(:user as uuid), 'account_domain', 'acme.com', 'interaction_type', 'viewed', "
    "'interaction_metadata', cast('{}' as jsonb), 'created_at', now()) || cast(:more as jsonb)))"
)
FAIL = (
    "select record_own_failure(jsonb_build_object('user_id', cast(:user as uuid), 'account_domain', 'acme.com', "
    "'website_url', 'https://acme.com', 'run_status', 'error', 'created_at', now()) || cast(:more as jsonb))"
)
RUN = (
    "insert into prospect_intelligence_runs (user_id, account_domain, website_url, run_status, run_key) "
    "values (:user, 'acme.com', 'https://acme.com', 'success', :key) on conflict (run_key) do nothing returning id"
)


def do(connection: Connection, sql: str, **values: object) -> int:
    """Run a statement; how many rows it touched."""
    return connection.execute(text(sql), values).rowcount


def called(connection: Connection, sql: str, *, user: UUID | None = ANN, **more: object) -> Any:
    """What a function returns, for this user, with ``more`` in its argument."""
    return connection.execute(text(sql), {"user": user, "more": to_json(more)}).scalar_one()


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
        assert called(connection, FAIL, user=ANN)


def test_a_session_that_cannot_be_one_of_tasks_is_told_the_remedy(login: Callable[[], Engine]) -> None:
    engine = login()
    with engine.connect() as connection:
        driver = connection.connection.driver_connection
        assert driver is not None
        with pytest.raises(AccessError, match=f"grant prospecting_app to {engine.url.username}"):
            become_task(driver)


# ------------------------------------------------------------------ what a user sees
def test_every_trial_ends_as_it_should(connection: Connection) -> None:
    outcomes = try_out(connection, trials())
    assert [(trial.who, trial.what, outcome) for trial, outcome in outcomes] == [
        (trial.who, trial.what, trial.expected) for trial in trials()
    ]
    assert len(outcomes) > 60


def changes_of_policies() -> Iterator[str]:
    """Each of the policies by which the API reads gone, or true for every row. The others bind no right it has."""
    for policy in POLICIES:
        if policy.name.startswith("own_") and policy.name.endswith("_select"):
            yield f"drop policy {policy.name} on {policy.table}"
            yield f"alter policy {policy.name} on {policy.table} using (true)"


@pytest.mark.parametrize(
    "change",
    [
        *changes_of_policies(),
        *(f"alter table {table} disable row level security" for table in READ),
        "grant select on contact_channels to prospecting_api",
        "grant select on prospect_intelligence_runs to public",
        "grant update (company_name) on accounts to prospecting_api",
        "grant insert on account_changes to public",
        "revoke execute on function log_own_interactions(json) from prospecting_api",
        "create or replace function refuse_others(meant uuid) returns uuid language sql stable as 'select meant'",
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


def test_a_user_writes_only_what_is_theirs(ann: Connection) -> None:
    bobs = UUID(int=7)
    do(ann, "reset role")
    do(ann, "update prospect_intelligence set id = :id where user_id = :bob", id=bobs, bob=BOB)
    do(ann, "set local role prospecting_api")
    for sql in (SAVE, LOG, FAIL):
        assert called(ann, sql)
        for other in (BOB, None, UUID(int=3)):
            with refused(ann, "row-level security: somebody else acts for this user"):
                called(ann, sql, user=other)
    assert called(ann, LOG, id=str(UUID(int=8))) == ("1", "{}")
    assert called(ann, LOG, id=str(UUID(int=8))) == ("0", "{}")
    assert do(ann, "select from prospect_intelligence where delete_own_research(id)") == 1
    delete = text("select delete_own_research(:id)")
    assert not ann.execute(delete, {"id": bobs}).scalar_one()
    do(ann, "reset role")
    assert ann.execute(text("select user_id from prospect_intelligence")).scalars().all() == [BOB]


AHEAD = {"created_at": "2999-01-01T00:00:00Z"}


@pytest.mark.parametrize(
    ("sql", "more"),
    [
        *((sql, {"account_domain": domain}) for sql in (SAVE, LOG, FAIL) for domain in ("Acme.com", "acme", "", None)),
        *((sql, {"website_url": "https://acme.com.evil.org/acme.com"}) for sql in (SAVE, FAIL)),
        (SAVE, {"website_url": "https://notacme.com"}),
        (SAVE, {"website_url": "https://acme.com@evil.org"}),
        *((sql, {"website_url": "https://acme.com:x@evil.org"}) for sql in (SAVE, FAIL)),
        (SAVE, {"website_url": "https://acme.com:80@evil.org"}),
        (SAVE, {"website_url": "https://evil.org\\.acme.com"}),
        (SAVE, {"website_url": "https://evil.org%2F.acme.com"}),
        (SAVE, {"website_url": "https://evil.org\n.acme.com"}),
        (SAVE, {"account_domain": "ac_me.com", "website_url": "https://ac-me.com"}),
        (SAVE, {"website_url": None}),
        (SAVE, {"extracted_at": "2999-01-01T00:00:00Z"}),
        (SAVE, {"extracted_at": "infinity"}),
        (SAVE, {"extracted_at": None}),
        (SAVE, {"data": []}),
        (SAVE, {"company_name": "x" * 501}),
        (LOG, AHEAD),
        (LOG, {"created_at": "1970-01-01T00:00:00Z"}),
        (LOG, {"interaction_metadata": "x"}),
        (LOG, {"interaction_metadata": {"a": "x" * 65_536}}),
        (FAIL, AHEAD),
        (FAIL, {"run_status": "success"}),
        (FAIL, {"run_status": None}),
    ],
)
def test_functions_refuse_what_no_program_of_ours_sends(ann: Connection, sql: str, more: dict[str, Any]) -> None:
    with refused(ann, r"InvalidParameterValue|NotNullViolation"):
        called(ann, sql, **more)


def test_a_batch_has_its_limit(ann: Connection) -> None:
    with refused(ann, "more than 2000 interactions"):
        do(ann, "select log_own_interactions(json_agg(number)) from generate_series(1, 2001) as number")


MAY_NOT = (
    "insert into accounts (account_domain, company_name) values ('a.com', 'A')",
    "update accounts set company_name = 'x'",
    "update accounts set written_by = null where false",
    "delete from accounts",
    "insert into account_signals (account_domain, company_name) values ('acme.com', 'A')",
    "update account_signals set icp_score = 1",
    "insert into account_changes (account_domain, since) values ('acme.com', now())",
    "insert into users (id) values (gen_random_uuid())",
    "insert into prospect_intelligence_runs (user_id, account_domain, website_url, run_status) "
    "values (null, 'acme.com', 'https://acme.com', 'error')",
    "insert into user_interactions (user_id, account_domain, interaction_type, recorded_at, written_by) "
    f"values ('{ANN}', 'acme.com', 'viewed', now() - interval '1 year', 1)",
    "select add_own_run('{}', 'error', now())",
    "update prospect_intelligence set written_by = 1",
    "delete from prospect_intelligence",
    "update user_interactions set interaction_type = 'deal_won'",
    "delete from user_interactions",
    "truncate user_interactions",
    "truncate users cascade",
    "delete from users",
    "update users set id = gen_random_uuid()",
    "select id from prospect_intelligence_runs",
    "update prospect_intelligence_runs set company_name = 'x'",
    "delete from prospect_intelligence_runs",
    "select interaction_count from account_signals",
    "select engaged_user_count from account_signals",
    "select failed_run_count from account_signals",
    "select * from account_signals",
    "select activity from account_intent",
    "select reasons from account_intent",
    "select reasons from account_scores",
    "select reasons from account_recommendations",
    "select from persons",
    "select from contact_channels",
    "select from company_intel_briefings_history",
    "select from intake.people_raw_intake",
    "select from account_changes",
    "select keyed_hash('email', 'ann@acme.com')",
    "create table public.mine ()",
    "create temporary table accounts ()",
    "create schema mine",
    "create function public.mine() returns integer language sql as 'select 1'",
    "select lo_create(0)",
    "select lo_creat(-1)",
    "select lo_from_bytea(0, 'x')",
    "select lo_put(1, 0, 'x')",
    "lock table accounts in row exclusive mode",
    "lock table accounts",
    "lock table user_interactions in share mode",
    "lock table prospect_intelligence in exclusive mode",
    "select from accounts for update",
    "select from users for key share",
    "alter table prospect_intelligence disable row level security",
    "drop policy own_research_select on prospect_intelligence",
    "set local session_replication_role = replica",
    "set role prospecting_app",
)


def test_the_api_may_not(login: Callable[[], Engine], server_url: URL, database_url: str) -> None:
    """As a login of its own: whoever logged in as a superuser stays free to become anybody."""
    engine = login()
    with psycopg.connect(server_url.set(drivername="postgresql").render_as_string(hide_password=False)) as admin:
        admin.execute(f"grant prospecting_api to {engine.url.username}")  # type: ignore[arg-type]
    with create_engine(application_url(database_url), poolclass=NullPool).begin() as connection:
        add_users(connection)
    with engine.begin() as connection:
        act_as_user(connection, ANN)
        for sql in MAY_NOT:
            with refused(connection, "permission denied|must be owner"):
                do(connection, sql)


def test_the_functions_of_the_owner_look_nowhere_else(connection: Connection) -> None:
    """Nobody's table stands in for ours: what is in the schema comes first, and temporary tables last."""
    settings = connection.execute(text("select distinct proconfig from pg_proc where prosecdef")).scalars().all()
    assert settings == [["search_path=public, pg_temp"]]


def test_who_wrote_and_when_cannot_be_chosen(ann: Connection) -> None:
    do(ann, "select set_config('prospecting.task_attempt', '7', true)")
    forged = {"written_by": 7, "recorded_at": "2020-01-01T00:00:00Z", "known_at": "2020-01-01T00:00:00Z"}
    called(ann, SAVE, run_key=f"run of {BOB}", error_type="forged", **forged)
    for sql in (LOG, FAIL):
        called(ann, sql, created_at="2020-01-01T00:00:00Z", run_key=f"run of {BOB}", **forged)
    do(ann, "reset role")
    for table in ("prospect_intelligence", "accounts", "account_signals", "user_interactions", OWNED[-1]):
        assert ann.execute(text(f"select distinct written_by from {table}")).scalars().all() == [None]
    for table in ("user_interactions", OWNED[-1]):
        assert ann.execute(text(f"select min(recorded_at) > now() - interval '1 day' from {table}")).scalar_one()
    keys = "select count(*) from prospect_intelligence_runs where run_key = :key and user_id = :user"
    assert ann.execute(text(keys), {"key": f"run of {BOB}", "user": BOB}).scalar_one() == 1
    assert ann.execute(text("select count(error_type) from prospect_intelligence_runs")).scalar_one() == 0


@pytest.mark.parametrize("moment", ["2026-01-02T03:04:05Z", "2026-01-02T03:04:05.060700+01:00"])
def test_a_run_is_the_same_run_whoever_saves_it(connection: Connection, moment: str) -> None:
    arguments: dict[str, Any] = {"website_url": 'https://acme.com/a%22b/%C3%BC?q="', "data": {"companyName": "A"}}
    before = None
    for acting in (True, False, True):
        savepoint = connection.begin_nested()
        if acting:
            act_as_user(connection, ANN)
        saved = save_prospect_research(connection, ANN, extracted_at=moment, **arguments)
        failed = record_research_failure(connection, ANN, arguments["website_url"], "timeout", ran_at=moment)
        savepoint.commit()
        do(connection, "select set_config('role', 'none', true), set_config('prospecting.user_id', '', true)")
        assert before in (None, (saved.id, failed))
        before = (saved.id, failed)
    assert count(connection, "prospect_intelligence_runs") == 2


def test_counts_of_users_are_told_from_five_others_on(ann: Connection) -> None:
    activity = text("select interaction_count from account_activity(array['acme.com', 'globex.com'])")
    do(ann, "reset role")
    do(
        ann,
        "insert into accounts (account_domain, company_name) values ('acme.com', 'Acme'), ('globex.com', 'Globex')",
    )
    do(
        ann,
        "insert into account_signals (account_domain, company_name, interaction_count) "
        "select account_domain, company_name, 9 from accounts",
    )
    others = [UUID(int=number) for number in range(10, 13)]
    for user in (*others, SYSTEM_USER):
        do(ann, "insert into users (id) values (:user)", user=user)
        do(ann, INTERACTION, user=user)
        do(ann, INTERACTION, user=user)
    do(ann, RUN, user=None, key="nobody's")
    do(ann, "set local role prospecting_api")
    assert ann.execute(activity).all() == [], "Bob and three others; neither Ann nor automations count"
    do(ann, "reset role")
    do(ann, "insert into users (id) values (:user)", user=UUID(int=13))
    do(ann, RUN, user=UUID(int=13), key="one more")
    do(ann, "set local role prospecting_api")
    assert ann.execute(activity).scalars().all() == [9]
    do(ann, "select set_config('prospecting.user_id', '', true)")
    with refused(ann, "nobody acts"):
        ann.execute(activity)


def test_a_session_is_reset_between_users(shared_engine: Engine) -> None:
    engine = make_engine(shared_engine.url, pool_size=1, max_overflow=0)
    state = text(
        "select pg_backend_pid() as pid, current_setting('jit') as jit, "
        "current_setting('client_min_messages') as messages, coalesce(current_setting('my.note', true), '') as note, "
        "coalesce(current_setting('prospecting.user_id', true), '') as user, current_setting('search_path') as path, "
        "(select count(*) from pg_locks where locktype = 'advisory' and pid = pg_backend_pid()) as locks, "
        "(select count(*) from pg_prepared_statements where name = 'mine') as prepared, current_user as role"
    )
    with engine.begin() as connection:
        before = connection.execute(state).one()
    for ending in ("commit", "commit", "rollback"):
        with engine.connect() as connection:
            transaction = connection.begin()
            act_as_user(connection, ANN)
            for setting, value in {"my.note": "x", "prospecting.user_id": str(ANN), "search_path": "intake"}.items():
                do(connection, "select set_config(:setting, :value, false)", setting=setting, value=value)
            do(connection, "set session role prospecting_api")
            do(connection, "select pg_advisory_lock(7)")
            do(connection, "prepare mine as select 1")
            getattr(transaction, ending)()
        with engine.begin() as connection:
            for _ in range(7):  # often enough to be prepared by the driver, and again after the reset
                assert connection.execute(state).one() == before
            act_as_user(connection, BOB)
    engine.dispose()


def test_a_session_that_was_reset_serves_the_same_statements_again(shared_engine: Engine) -> None:
    """The driver prepares what it has seen often, and resetting discards that."""
    engine = make_engine(shared_engine.url, pool_size=1, max_overflow=0)
    asked = text("select count(*) from companies where id = :id")
    for _ in range(20):
        with unit_of_work(engine, read_only=True) as connection:
            act_as_reader(connection)
            for _ in range(3):
                assert connection.execute(asked, {"id": 1}).scalar() == 0
    engine.dispose()


def test_without_a_user_nothing_is_seen(ann: Connection) -> None:
    for nobody in ("", str(UUID(int=3))):
        do(ann, "select set_config('prospecting.user_id', :nobody, true)", nobody=nobody)
        assert [count(ann, table) for table in READ] == [0, 0, 0]
        for sql in (SAVE, LOG, FAIL):
            for user in (ANN, None):
                with refused(ann, "row-level security: (nobody|somebody else) acts for this user"):
                    called(ann, sql, user=user)
    do(ann, "select set_config('prospecting.user_id', 'Ann', true)")
    with refused(ann, "invalid input syntax for type uuid"):
        count(ann, "users")


def test_the_runs_of_a_user_who_is_gone_are_nobodys(connection: Connection) -> None:
    add_users(connection)
    do(connection, "delete from users where id = :user", user=BOB)
    assert count(connection, "prospect_intelligence_runs") == 2
    act_as_user(connection, ANN)
    with refused(connection, "permission denied"):
        do(connection, "select run_key from prospect_intelligence_runs")


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
