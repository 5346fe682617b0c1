"""Shared by the tests of the database."""

from __future__ import annotations

import pytest
from sqlalchemy import Connection

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
