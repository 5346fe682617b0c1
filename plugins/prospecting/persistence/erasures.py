"""Erasures: requests to forget somebody, from the plan over the decision of a person to the receipt.

A row names nobody: it knows the subject by a keyed hash, so that whoever carries a request out has to say again whom it
is about, and the row can tell whether that is right.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, RowMapping

from prospecting.persistence.database import clean_text, to_json
from prospecting.persistence.erasure import Target
from prospecting.persistence.statements import statement


@dataclass(frozen=True, slots=True)
class Erasure:
    """A stored erasure. ``planned`` and ``erased`` are rows by table; ``decision`` is ``approved`` or ``rejected``."""

    id: UUID
    airflow_run_id: str
    status: str
    decision: str | None
    decided_by: str | None
    planned: Mapping[str, int]
    erased: Mapping[str, int]


def open_erasure(connection: Connection, target: Target, *, airflow_run_id: str) -> Erasure:
    """The erasure of an Airflow run, new or as its earlier try left it.

    Raises ``ValueError`` when that try was about somebody else.
    """
    values = {"airflow_run_id": airflow_run_id, "subject": target.key}
    row = connection.execute(statement("erasure/open_erasure"), values).mappings().one()
    if not row["is_subject"]:
        raise ValueError("This Airflow run is about another person already: trigger a new one")
    return _erasure(row)


def find_erasure(connection: Connection, erasure_id: UUID, target: Target | None = None) -> Erasure:
    """The stored erasure. Raises ``LookupError`` for an unknown one, ``ValueError`` if it is not about ``target``."""
    values = {"erasure_id": erasure_id, "subject": None if target is None else target.key}
    row = connection.execute(statement("erasure/find_erasure"), values).mappings().one_or_none()
    if row is None:
        raise LookupError(f"erasure_id: no erasure {erasure_id} is stored; see the table erasures")
    if target is not None and not row["is_subject"]:
        raise ValueError(f"erasure_id: the erasure {erasure_id} is about somebody else; plan one for this person")
    return _erasure(row)


def find_erasure_of_run(connection: Connection, airflow_run_id: str) -> Erasure | None:
    """The erasure that an Airflow run has opened, or ``None``."""
    values = {"airflow_run_id": airflow_run_id}
    found = connection.execute(statement("erasure/find_of_run"), values).scalar_one_or_none()
    return None if found is None else find_erasure(connection, found)


def note_plan(connection: Connection, erasure_id: UUID, counts: Mapping[str, int]) -> None:
    """Keep what would be erased; from now on the erasure waits for a decision. One that was decided stays as it is."""
    connection.execute(statement("erasure/note_plan"), {"erasure_id": erasure_id, "counts": to_json(counts)})


def decide(connection: Connection, erasure_id: UUID, *, is_approved: bool, decided_by: str | None) -> Erasure:
    """Write down who decided (``None``: nobody did in time, which approves of nothing). The same again changes nothing.

    Raises ``ValueError`` when it was decided otherwise, or is not planned.
    """
    if is_approved and not (decided_by or "").strip():
        raise ValueError("An erasure is approved by somebody: say by whom")
    decision = "approved" if is_approved else "rejected"
    values = {"erasure_id": erasure_id, "decision": decision, "decided_by": clean_text(decided_by or "") or None}
    connection.execute(statement("erasure/decide"), values)
    found = find_erasure(connection, erasure_id)
    if found.decision is None:
        raise ValueError(f"erasure_id: the erasure {erasure_id} has no plan yet; run person_erasure, and look at it")
    if found.decision != decision:
        raise ValueError(f"erasure_id: the erasure {erasure_id} was {found.decision}; that stands. Plan a new one")
    return found


def resume(connection: Connection, erasure_id: UUID) -> Erasure:
    """Go on with an erasure; one that is completed stays so. Raises ``ValueError`` when nobody has approved it."""
    found = find_erasure(connection, erasure_id)
    if found.decision != "approved":
        raise ValueError(f"erasure_id: nobody has approved the erasure {erasure_id}; give approved_by")
    connection.execute(statement("erasure/resume"), {"erasure_id": erasure_id})
    return found


def add_counts(connection: Connection, erasure_id: UUID, counts: Mapping[str, int]) -> None:
    """Add rows that were erased, by table."""
    if counts:
        connection.execute(statement("erasure/add_counts"), {"erasure_id": erasure_id, "counts": to_json(counts)})


def finish(connection: Connection, erasure_id: UUID, *, status: str, error: str | None = None) -> None:
    """Close an erasure; ``error`` must be free of personal data. One that is completed or rejected stays so."""
    values = {"erasure_id": erasure_id, "status": status, "error": error}
    connection.execute(statement("erasure/finish"), values)


def _erasure(row: RowMapping) -> Erasure:
    counts: dict[str, Any] = row["counts"]
    return Erasure(
        row["id"],
        row["airflow_run_id"],
        row["status"],
        row["decision"],
        row["decided_by"],
        counts.get("planned", {}),
        counts.get("erased", {}),
    )
