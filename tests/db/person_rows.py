"""People as tests name them: saving them, and reading who is stored."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, text

from prospecting.persistence.companies import CompanyRow, upsert_companies
from prospecting.persistence.persons import PersonRow, upsert_persons
from tests.db.factories import ids, stored

PROFILE = "https://www.linkedin.com/in/jane-doe"


def companies(connection: Connection, *names: str) -> list[int]:
    return ids(upsert_companies(connection, [CompanyRow(name) for name in names], source_system="test").saved)


def save(connection: Connection, *rows: PersonRow) -> list[int]:
    return ids(upsert_persons(connection, rows, source_system="test").saved)


def jane(company: int | None = None, **fields: Any) -> PersonRow:
    merged: dict[str, Any] = {"full_name": "Jane Doe", "company_id": company} | fields
    return PersonRow(**merged)


def one_person(connection: Connection) -> dict[str, Any]:
    (row,) = stored(connection, "persons")
    return row


def merge(connection: Connection, loser: int, winner: int) -> None:
    connection.execute(
        text("update persons set merged_into_id = :winner where id = :loser"), {"winner": winner, "loser": loser}
    )
