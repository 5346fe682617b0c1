"""Briefings one at a time, for the tests of their tables: saving them, and reading what is kept."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Connection

from prospecting.persistence.briefings import (
    upsert_company_intel_briefing,
    upsert_icp_job_titles,
    upsert_person_intel_briefing,
)
from tests.db.factories import hours, stored

TABLES = ("company_intel_briefings", "person_intel_briefings", "icp_job_titles")
RAW = {"summary": "what was found", "nested": {"list": [1, 2.5, None, "ü"]}}


def company(connection: Connection, org_id: UUID, domain: Any = "acme.com", **values: Any) -> dict[str, Any]:
    return upsert_company_intel_briefing(
        connection, **{"org_id": org_id, "company_domain": domain, "raw_parallel_output": RAW, **values}
    )


def person(connection: Connection, org_id: UUID, name: Any = "Jane Doe", **values: Any) -> dict[str, Any]:
    return upsert_person_intel_briefing(
        connection, **{"org_id": org_id, "person_full_name": name, "raw_parallel_output": RAW, **values}
    )


def icp(connection: Connection, org_id: UUID, domain: Any = "acme.com", **values: Any) -> dict[str, Any]:
    return upsert_icp_job_titles(
        connection, **{"org_id": org_id, "company_domain": domain, "raw_parallel_output": RAW, **values}
    )


Upsert = Callable[..., dict[str, Any]]
UPSERTS: dict[str, Upsert] = dict(zip(TABLES, (company, person, icp), strict=True))
each_table = pytest.mark.parametrize("table", TABLES)


def raws(connection: Connection, table: str) -> list[Any]:
    return [row["raw_parallel_output"] for row in stored(connection, table, "raw_parallel_output", "created_at, id")]


def kept(connection: Connection, table: str) -> list[tuple[datetime, Any]]:
    """The lines of history: when something was researched, and what it said."""
    return [
        (row["researched_at"], row["record"]["raw_parallel_output"])
        for row in stored(connection, f"{table}_history", "*", "researched_at, digest")
    ]


def at(number: float) -> dict[str, Any]:
    """Research of this hour, which says so."""
    return {"researched_at": hours(number), "raw_parallel_output": {"hour": number}}
