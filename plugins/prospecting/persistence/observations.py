"""Sources of facts: every field of an event, a company, a person or a company signal that has a source.

The columns of those tables say what is believed, observations who says so. The same value from the same page is one
observation, however often it is seen.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from sqlalchemy import Connection, RowMapping

from prospecting.parsing.records import Source
from prospecting.persistence.database import to_json
from prospecting.persistence.statements import statement

Subject = Literal["event", "company", "person", "company_signal"]
_MAX_VALUE = 1_000


@dataclass(frozen=True, slots=True)
class Sourced:
    """The facts of one row, by field, and where they are from. ``is_verified``: the evidence was read."""

    subject: Subject
    id: int
    facts: Mapping[str, Any]
    source: Source
    is_verified: bool = False


def record_observations(
    connection: Connection, found: Sequence[Sourced], *, seen_on: date, call_id: int | None = None
) -> None:
    """Record where facts are from, one observation per field that has a value. Doing it again changes nothing.

    ``seen_on``: the day the answer was given; ``call_id``: the call that gave it. Both move on when the same is seen
    later, ``call_id`` only to a call that has read the evidence.
    """
    rows = [_row(one, name, value, seen_on, call_id) for one in found for name, value in _facts(one)]
    if rows:
        values = {"rows": to_json(rows)}
        connection.execute(statement("observations/see_again"), values)
        connection.execute(statement("observations/insert_new"), values)


def query_observations(connection: Connection, subject: Subject, subject_id: int) -> Sequence[RowMapping]:
    """The sources of the facts of one row, the latest seen first: field, value, source_url, evidence, is_verified …"""
    subjects: tuple[Subject, ...] = ("event", "company", "person", "company_signal")
    values = {f"{name}_id": subject_id if name == subject else None for name in subjects}
    return connection.execute(statement("observations/of_subject"), values).mappings().all()


def find_texts_read(connection: Connection, call_id: int | None) -> list[bytes]:
    """The answers of the searches and pages that a call's answer rests on, as they came; of an answer that was taken
    over, those of the call that paid for it.
    """
    rows = connection.execute(statement("agent_steps/texts_read"), {"call_id": call_id})
    return [bytes(row.response) for row in rows]


def _facts(found: Sourced) -> list[tuple[str, str]]:
    return [(name, text) for name, value in found.facts.items() if (text := _as_text(value))]


def _as_text(value: Any) -> str:
    if isinstance(value, (list, tuple)):
        value = ", ".join(map(str, value))
    return "" if value is None else str(value).strip()[:_MAX_VALUE]


def _row(found: Sourced, name: str, value: str, seen_on: date, call_id: int | None) -> dict[str, Any]:
    source = found.source
    said = "\n".join((name, value, source.url or ""))
    return {
        f"{found.subject}_id": found.id,
        "field": name,
        "value": value,
        "source_url": source.url,
        "source_date": source.published_on.isoformat() if source.published_on else None,
        "evidence": source.evidence,
        "is_verified": found.is_verified,
        "seen_on": seen_on.isoformat(),
        "call_id": call_id,
        "fingerprint": hashlib.sha256(said.encode("utf-8", "surrogatepass")).hexdigest()[:32],
    }
