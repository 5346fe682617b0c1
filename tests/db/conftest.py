"""Shared by the tests of the database."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import psycopg
import pytest
from sqlalchemy import URL, Connection

from tests.db.acting import act_as
from tests.db.factories import add_companies


@pytest.fixture
def acme(connection: Connection) -> int:
    """Id of a company."""
    return add_companies(connection, "Acme")[0]


@pytest.fixture(params=["owner", "prospecting_app", "prospecting_api"])
def role(request: pytest.FixtureRequest, connection: Connection) -> str:
    """Who works on the connection: for Ann, where it matters."""
    name: str = request.param
    act_as(connection, name)
    return name


@pytest.fixture
def empty_url(server_url: URL) -> Iterator[URL]:
    """A database without anything in it."""
    name = f"test_{uuid.uuid4().hex[:16]}"
    admin = server_url.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(admin, autocommit=True) as connection:
        connection.execute(f'create database "{name}" template template0')
    yield server_url.set(database=name)
    with psycopg.connect(admin, autocommit=True) as connection:
        connection.execute(f'drop database "{name}" with (force)')
