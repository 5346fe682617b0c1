"""All that is known of one person, as a page shows it, and which task tries wrote it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection

from prospecting.persistence.portions import Row, rows_of
from prospecting.persistence.task_attempts import find_attempts, find_calls

SHOWN = 100
"""Rows of a part that are shown at most."""


@dataclass(frozen=True, slots=True)
class PersonFacts:
    """A person and all around them: ``person`` is their row; each part has up to ``SHOWN`` rows. ``attempts`` are the
    task tries that ``written_by`` of any of the rows names, by id; ``calls`` those to agents that they wrote from, as
    ``find_calls`` has them."""

    person: Row
    roles: Sequence[Row] = ()
    channels: Sequence[Row] = ()
    seats: Sequence[Row] = ()
    signals: Sequence[Row] = ()
    sources: Sequence[Row] = ()
    briefings: Sequence[Row] = ()
    contact: Row | None = None
    attempts: Mapping[int, Row] = field(default_factory=dict)
    calls: Mapping[tuple[int, str], Row] = field(default_factory=dict)


def find_person_facts(connection: Connection, person_id: int) -> PersonFacts | None:
    """All that is known of a person, or ``None``; of one who was merged only their row."""
    found = rows_of(connection, "persons/facts", {"person_id": person_id})
    if not found or found[0]["merged_into_id"] is not None:
        return PersonFacts(found[0]) if found else None
    (person,) = found
    values: dict[str, Any] = {
        "person_id": person_id,
        "person_unique_id": person["person_unique_id"],
        "linkedin_url": person["linkedin_url"],
        "limit": SHOWN,
    }

    def part(name: str) -> Sequence[Row]:
        return rows_of(connection, f"persons/facts_{name}", values)

    parts = {name: part(name) for name in ("roles", "channels", "seats", "signals", "sources", "briefings")}
    contacts = part("contact")
    attempts = find_attempts(connection, [person], *parts.values())
    calls = find_calls(connection, attempts, company_ids={role["company_id"] for role in parts["roles"]})
    return PersonFacts(person, **parts, contact=contacts[0] if contacts else None, attempts=attempts, calls=calls)
