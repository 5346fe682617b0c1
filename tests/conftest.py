"""A real PostgreSQL for every test that asks for one.

The embedded server (or ``PROSPECTING_TEST_DB_URL``, any PostgreSQL >= 15 where databases may be created) keeps one
migrated template database; each test gets a copy of its own.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import uuid
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import psycopg
import pytest
from sqlalchemy import Connection, Engine, NullPool, create_engine
from sqlalchemy.engine import URL

from prospecting.persistence.database import application_url, to_json

ROOT = Path(__file__).resolve().parents[1]

# The same examples on every run, however slow the machine; HYPOTHESIS_PROFILE=explore looks for new ones.
hypothesis.settings.register_profile("repeatable", deadline=None, derandomize=True)
hypothesis.settings.register_profile("explore", deadline=None, max_examples=2000)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "repeatable"))

DATA_DIR = ROOT / ".local" / "test-postgres"


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
    with psycopg.connect(_libpq(url), autocommit=True) as connection:
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            connection.execute(f"alter system set {setting} = off")
        connection.execute("select pg_reload_conf()")
    return url


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


@pytest.fixture
def database_url(server_url: URL, template_database: str) -> Iterator[str]:
    """SQLAlchemy URL of a fresh, migrated, empty database."""
    name = f"test_{uuid.uuid4().hex[:16]}"
    with psycopg.connect(_libpq(server_url), autocommit=True) as connection:
        connection.execute(f'create database "{name}" template "{template_database}"')
    yield server_url.set(database=name).render_as_string(hide_password=False)
    with psycopg.connect(_libpq(server_url), autocommit=True) as connection:
        connection.execute(f'drop database "{name}" with (force)')


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    """Engine on the test's own database. Connections are not pooled, so none is left behind."""
    engine = create_engine(
        application_url(database_url), poolclass=NullPool, hide_parameters=True, json_serializer=to_json
    )
    yield engine
    engine.dispose()


@pytest.fixture
def connection(engine: Engine) -> Iterator[Connection]:
    """An open transaction on the test's own database, rolled back at the end."""
    with engine.connect() as connection:
        yield connection
