"""Shared by the tests of the database."""

from __future__ import annotations

import pytest
from sqlalchemy import Connection

from tests.db.factories import add_companies


@pytest.fixture
def acme(connection: Connection) -> int:
    """Id of a company."""
    return add_companies(connection, "Acme")[0]
