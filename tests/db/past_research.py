"""Research of the past, for the tests that save it as briefings."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Connection

from prospecting.parsing.briefings import Kind
from prospecting.persistence.briefings import SaveCounts
from tests.db.factories import a_run, a_step, a_submission, an_org, hours, researched, stored

TABLES: dict[Kind, str] = {
    "company": "company_intel_briefings",
    "person": "person_intel_briefings",
    "icp_job_titles": "icp_job_titles",
}
WHO: dict[Kind, str] = {"company": "acme.com", "person": "Jane Doe", "icp_job_titles": "acme.com"}
RESULTS = (*TABLES.values(), *(f"{table}_history" for table in TABLES.values()), "extracted_icp_job_title_details")
each_kind = pytest.mark.parametrize("kind", TABLES)


class Past:
    """An org with one submission and one finished run; its steps are an hour apart unless told otherwise."""

    def __init__(self, connection: Connection, slug: str = "acme") -> None:
        self.connection = connection
        self.org = an_org(connection, slug)
        self.submission = a_submission(connection, self.org)
        self.run = a_run(connection, self.submission, finished_at=hours(1000))
        self._steps = 0

    def step(self, kind: Kind, output: Any, **columns: Any) -> UUID:
        self._steps += 1
        run = columns.pop("run", self.run)
        return a_step(self.connection, run, output, kind=kind, **{"finished_at": hours(self._steps), **columns})

    def found(self, kind: Kind, content: Any = None, who: str | None = None, **columns: Any) -> UUID:
        fields = columns.pop("fields", {})
        return self.step(kind, researched(kind, who or WHO[kind], content or {"a": 1}, **fields), **columns)


def raws(connection: Connection, kind: Kind) -> list[Any]:
    rows = stored(connection, TABLES[kind], "raw_parallel_output", "created_at, id")
    return [row["raw_parallel_output"] for row in rows]


def notes(connection: Connection) -> dict[UUID, tuple[Any, ...]]:
    """The rows of ``briefing_writes``: kind, status, reason, attempts."""
    return {
        row["step_result_id"]: (row["kind"], row["status"], row["reason"], row["attempts"])
        for row in stored(connection, "briefing_writes")
    }


def counts(processed: int, upserted: int = 0, unchanged: int = 0, **skipped: int) -> SaveCounts:
    return SaveCounts(processed, upserted, unchanged, skipped)
