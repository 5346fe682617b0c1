"""A real PostgreSQL for every test that asks for one.

The embedded server (or ``PROSPECTING_TEST_DB_URL``, any PostgreSQL >= 15 where databases may be created) keeps one
migrated template database. Each process works on a copy of it, which is emptied after every test.
"""

from __future__ import annotations

import fcntl
import gc
import hashlib
import os
import sys
import uuid
from collections.abc import Generator, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

import certifi
import hypothesis
import psycopg
import pytest
from sqlalchemy import Connection, Engine, PoolResetState, create_engine, event
from sqlalchemy.engine import URL
from xdist.plugin import pytest_xdist_auto_num_workers as auto_num_workers
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

from prospecting.persistence.database import application_url, to_json
from tests import clock
from tests.db.factories import EMPTY, KEPT

ROOT = Path(__file__).resolve().parents[1]

# The same examples on every run, however slow the machine; HYPOTHESIS_PROFILE=explore looks for new ones.
PATIENT: dict[str, Any] = {"deadline": None, "suppress_health_check": [hypothesis.HealthCheck.too_slow]}
hypothesis.settings.register_profile("repeatable", derandomize=True, **PATIENT)
hypothesis.settings.register_profile("explore", max_examples=2000, **PATIENT)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "repeatable"))

DATA_DIR = ROOT / ".local" / "test-postgres"


def trust_one_certificate() -> None:
    """Each HTTP client reads every certificate it trusts when it is made; servers here speak plain HTTP."""
    path = ROOT / ".local" / "test-certificate.pem"
    end = "-----END CERTIFICATE-----\n"
    if not path.exists():
        path.parent.mkdir(exist_ok=True)
        new = path.with_suffix(f".{os.getpid()}")
        new.write_text(Path(certifi.where()).read_text(encoding="utf-8").partition(end)[0] + end, encoding="utf-8")
        new.rename(path)
    os.environ["SSL_CERT_FILE"] = str(path)


trust_one_certificate()


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Modules and tests stay to the end: looking for garbage among them again and again takes an eighth of the time."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """A test, all that is set up for it included, sees one day."""

    def say(message: str) -> None:
        with item.config.pluginmanager.getplugin("capturemanager").global_and_fixture_disabled():
            print(f"\n{message}", file=sys.stderr, flush=True)  # noqa: T201

    takes_long = item.get_closest_marker("airflow") or item.get_closest_marker("slow")
    clock.wait_past_midnight(timedelta(minutes=3 if takes_long else 1), say)
    clock.begin()
    try:
        return (yield)
    finally:
        clock.end()


TOGETHER = ("tests/scripts/", "tests/dags/test_standalone.py", "tests/web/")
"""Tests that share what is costly to start: a checkout with a server of its own, a running Airflow or API server."""


class GroupScheduling(LoadScopeScheduling):
    """Gives each group of tests to one worker, and all others to whoever is free, in their order."""

    def __init__(self, config: pytest.Config, log: Producer) -> None:
        super().__init__(config, log)
        config.option.loadscopereorder = False

    def _split_scope(self, nodeid: str) -> str:
        # Handing out a unit test takes longer than running it.
        alone = nodeid.partition("::")[0] if nodeid.startswith("tests/unit/") else nodeid
        return next((group for group in TOGETHER if nodeid.startswith(group)), alone)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes longest begins first; many short ones at the end leave no worker idle."""

    def rank(item: pytest.Item) -> int:
        # A file of unit tests is handed out as a whole: one that trains models for a minute must not be the last.
        return 0 if item.nodeid.startswith(TOGETHER) else 1 if item.get_closest_marker("slow") else 2

    items.sort(key=rank)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """Half as many workers again as there are processors: for a third of the time, tests wait for whole runs."""
    wanted: int = auto_num_workers(config)
    return wanted if "PYTEST_XDIST_AUTO_NUM_WORKERS" in os.environ else wanted + wanted // 2


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> GroupScheduling:
    return GroupScheduling(config, log)


def _libpq(url: URL) -> str:
    return url.set(drivername="postgresql").render_as_string(hide_password=False)


@pytest.fixture(scope="session")
def server_url() -> URL:
    """A server that may lose data in a power cut: tests need speed, not durability."""
    if given := os.environ.get("PROSPECTING_TEST_DB_URL"):
        return application_url(given)
    from scripts import local_postgres

    local_postgres.start(DATA_DIR)
    url = application_url(local_postgres.url(DATA_DIR, "postgres"))
    lose_data(url)
    return url


def lose_data(server: URL) -> None:
    """Let a server write to disk when it likes."""
    with psycopg.connect(_libpq(server), autocommit=True) as connection:
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            connection.execute(f"alter system set {setting} = off")
        connection.execute("select pg_reload_conf()")


@pytest.fixture(scope="session")
def template_database(server_url: URL) -> str:
    """Name of the migrated template; rebuilt whenever a migration or a table definition changes."""
    sources = sorted(
        [*(ROOT / "migrations").rglob("*.py"), *(ROOT / "plugins/prospecting/persistence/schema").rglob("*.py")]
    )
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in sources)).hexdigest()[:12]
    name = f"prospecting_template_{digest}"
    (ROOT / ".local").mkdir(exist_ok=True)
    with (ROOT / ".local" / "test-template.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with psycopg.connect(_libpq(server_url), autocommit=True) as connection:
            known = connection.execute("select from pg_database where datname = %s", [name]).fetchone()
            if known is None:
                scratch = f"{name}_new"
                connection.execute(f'drop database if exists "{scratch}"')
                connection.execute(f'create database "{scratch}" template template0')
                migrate(server_url.set(database=scratch))
                # Only a finished template gets the name.
                connection.execute(f'alter database "{scratch}" rename to "{name}"')
    return name


def migrate(url: URL, revision: str = "head") -> None:
    """Run the migrations in this process, as `make migrate` does."""
    from alembic import command
    from alembic.config import Config

    config = Config(ROOT / "alembic.ini")
    config.cmd_opts = type("Options", (), {"x": [f"url={url.render_as_string(hide_password=False)}"]})()
    if revision == "base":
        command.downgrade(config, revision)
    else:
        command.upgrade(config, revision)


def copy_database(connection: psycopg.Connection[Any], template: str, name: str) -> None:
    """Make a database from the migrated template. Rights on a database are not copied with it: those are set again."""
    connection.execute(f'create database "{name}" template "{template}"')
    connection.execute(f'grant temporary on database "{name}" to prospecting_app')
    connection.execute(f'revoke temporary on database "{name}" from public')


LIKE_THE_PRODUCT: dict[str, Any] = {"hide_parameters": True, "json_serializer": to_json}
WITHOUT_JIT = "-c jit=off"


@dataclass
class SharedDatabase:
    """A migrated database that every test of this process finds empty."""

    server_url: URL
    template: str
    name: str = field(default_factory=lambda: f"test_{uuid.uuid4().hex[:16]}")
    _keeper: psycopg.Connection[tuple[Any, ...]] | None = None

    @cached_property
    def engine(self) -> Engine:
        """Sessions that were given back count as closed, and are taken again: a new one reads half the catalog."""
        engine = create_engine(
            self._url,
            pool_size=3,
            max_overflow=-1,
            pool_use_lifo=True,
            pool_pre_ping=True,
            connect_args={"options": WITHOUT_JIT},
            **LIKE_THE_PRODUCT,
        )
        event.listen(engine, "checkout", _show)
        event.listen(engine, "reset", _discard_and_hide)
        return engine

    @cached_property
    def kept_engine(self) -> Engine:
        """One connection for all tests that commit nothing.

        What a session has beyond its transaction is discarded after each test.
        """
        engine = create_engine(
            self._url,
            pool_size=1,
            pool_pre_ping=True,
            connect_args={"application_name": KEPT, "options": WITHOUT_JIT},
            **LIKE_THE_PRODUCT,
        )
        event.listen(engine, "reset", _discard_all)
        return engine

    @property
    def _url(self) -> URL:
        return application_url(self.server_url.set(database=self.name))

    def create(self) -> None:
        with psycopg.connect(_libpq(self.server_url), autocommit=True) as connection:
            copy_database(connection, self.template, self.name)
        self._migrated = self._count_objects()
        self._empty()  # migrations leave rows of their own: the first test must not differ from the others

    def drop(self) -> None:
        self.engine.dispose()
        self.kept_engine.dispose()
        if self._keeper is not None:
            self._keeper.close()
        with psycopg.connect(_libpq(self.server_url), autocommit=True) as connection:
            connection.execute(f'drop database "{self.name}" with (force)')

    def restart_ids(self) -> None:
        """Sequences go on when a transaction is rolled back; a test must not depend on those before it."""
        self._keep(
            "select setval(format('%I.%I', schemaname, sequencename)::regclass, start_value, false) "
            "from pg_sequences where last_value is not null"
        )

    def clean(self) -> None:
        """Remove whatever a test has left in it, or running on it; a hundred times as fast as making a new one."""
        self._keep(
            "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() "
            f"and pid <> pg_backend_pid() and (application_name, state) is distinct from ('{KEPT}', 'idle')"
        )
        if self._count_objects() == self._migrated:
            self._empty()
        else:
            self.drop()
            self.create()

    def _empty(self) -> None:
        # In one message, and in a session that knows all tables already.
        self._keep(f"begin; {EMPTY}; commit")

    def _count_objects(self) -> tuple[int, ...]:
        """Differs when a test has changed the schema: added or removed a table, a constraint, a trigger ..."""
        catalogs = ("pg_attribute", "pg_constraint", "pg_index", "pg_policy", "pg_proc", "pg_trigger")
        counts = ", ".join(f"(select count(*) from {catalog})" for catalog in catalogs)
        (found,) = self._keep(f"select {counts}").fetchall()
        return found

    def _keep(self, statements: str) -> psycopg.Cursor[tuple[Any, ...]]:
        """Execute in the session that is kept for this, or in a new one when a test has ended it."""
        if self._keeper is not None:
            try:
                return self._keeper.execute(statements)
            except psycopg.OperationalError:
                self._keeper.close()
        self._keeper = psycopg.connect(_libpq(self._url), autocommit=True, application_name=KEPT)
        return self._keeper.execute(statements)


def _discard_all(connection: psycopg.Connection[Any], _record: object, _state: object, afterwards: str = "") -> None:
    connection.rollback()
    connection.autocommit = True
    # Prepared, or the driver looks at its outcome once only, and goes on using statements that are gone.
    connection.execute("discard all", prepare=True)
    if afterwards:
        connection.execute(afterwards)
    connection.autocommit = False


def _discard_and_hide(connection: psycopg.Connection[Any], record: object, state: PoolResetState) -> None:
    if not state.terminate_only:
        _discard_all(connection, record, state, f"set application_name = '{KEPT}'")


def _show(connection: psycopg.Connection[Any], _record: object, _fairy: object) -> None:
    connection.autocommit = True
    connection.execute("reset application_name")
    connection.autocommit = False


@pytest.fixture(scope="session")
def shared_database(server_url: URL, template_database: str) -> Iterator[SharedDatabase]:
    database = SharedDatabase(server_url, template_database)
    database.create()
    yield database
    database.drop()


@pytest.fixture
def database_url(shared_database: SharedDatabase) -> Iterator[str]:
    """SQLAlchemy URL of a migrated, empty database, whose ids start at 1."""
    shared_database.restart_ids()
    yield shared_database.engine.url.render_as_string(hide_password=False)
    shared_database.clean()


@pytest.fixture
def engine(shared_database: SharedDatabase, database_url: str) -> Engine:
    """Engine on the test's database."""
    return shared_database.engine


@pytest.fixture
def shared_engine(shared_database: SharedDatabase) -> Engine:
    """Engine for tests that commit nothing."""
    return shared_database.kept_engine


@pytest.fixture
def connection(request: pytest.FixtureRequest, shared_database: SharedDatabase) -> Iterator[Connection]:
    """An open transaction on the test's database, rolled back at the end."""
    if "engine" in request.fixturenames:
        # What the test commits is removed after it.
        request.getfixturevalue("engine")
    with shared_database.kept_engine.connect() as connection:
        yield connection
