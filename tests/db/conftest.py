"""One database per test process instead of one per test: emptied after a test that may have committed something."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import psycopg
import pytest
from sqlalchemy import Connection, Engine, NullPool, create_engine, text
from sqlalchemy.engine import URL

from prospecting.persistence.database import to_json
from tests.db.factories import add_companies, empty


@pytest.fixture(scope="session")
def shared_engine(server_url: URL, template_database: str) -> Iterator[Engine]:
    """Engine on a migrated database that every test finds empty. Tests that use it directly commit nothing."""
    name = f"test_{uuid.uuid4().hex[:16]}"
    admin = server_url.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(admin, autocommit=True) as connection:
        connection.execute(f'create database "{name}" template "{template_database}"')
    engine = create_engine(
        server_url.set(database=name), poolclass=NullPool, hide_parameters=True, json_serializer=to_json
    )
    yield engine
    engine.dispose()
    with psycopg.connect(admin, autocommit=True) as connection:
        connection.execute(f'drop database "{name}" with (force)')


@pytest.fixture
def database_url(shared_engine: Engine) -> Iterator[str]:
    """SQLAlchemy URL of the shared database; whatever the test leaves in it, or running on it, is removed."""
    yield shared_engine.url.render_as_string(hide_password=False)
    with shared_engine.begin() as connection:
        connection.execute(
            text(
                "select pg_terminate_backend(pid) from pg_stat_activity "
                "where datname = current_database() and pid <> pg_backend_pid()"
            )
        )
    empty(shared_engine)


@pytest.fixture
def connection(request: pytest.FixtureRequest) -> Iterator[Connection]:
    """An open transaction, rolled back at the end."""
    # Through `engine` when the test asks for that as well, so that what it commits is removed.
    engine: Engine = request.getfixturevalue("engine" if "engine" in request.fixturenames else "shared_engine")
    with engine.connect() as connection:
        yield connection


@pytest.fixture
def acme(connection: Connection) -> int:
    """Id of a company."""
    return add_companies(connection, "Acme")[0]
