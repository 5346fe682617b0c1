"""Runs that forget a person: what was or would be erased, by table. They name nobody."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import Connection

from prospecting.persistence.erasures import Erasure, find_erasure, find_erasure_of_run
from prospecting.services.reports.report import Column, Lines, NextStep, Part, Report, decided, table


def erasure(connection: Connection, run_id: str, erasure_id: UUID | None) -> Report:
    """The erasure that an Airflow run worked on: its own, or the one it went on with (``erasure_id``)."""
    found = find_erasure(connection, erasure_id) if erasure_id else find_erasure_of_run(connection, run_id)
    if found is None:
        return Report("Person erasure", parts=[Lines(["The run opened no erasure; nothing was changed."])])
    return of_erasure(found)


def of_erasure(found: Erasure) -> Report:
    """An erasure with its rows by table."""
    is_done = found.decision == "approved"
    counts = found.erased if is_done else found.planned
    parts: list[Part] = [
        table(
            "tables",
            "Erased" if is_done else "To be erased",
            (Column("table"), Column("rows", "number")),
            sorted(counts.items()),
        )
    ]
    if found.status == "planned":
        parts.append(
            NextStep(
                "Nothing was changed. To erase the person, say again who is meant:",
                "person_erasure",
                {"person": "…", "erasure_id": str(found.id), "approved_by": "<your name>"},
            )
        )
    return Report(
        "Person erasure",
        about=f"erasure {found.id}",
        status=found.status,
        decided=decided(found.decision, found.decided_by),
        parts=parts,
    )
