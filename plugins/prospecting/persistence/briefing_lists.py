"""Briefings as people look through them, of all orgs, and one of them with its history."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from prospecting.parsing.briefings import Kind
from prospecting.parsing.urls import linkedin_kind, normalize_domain, normalize_linkedin_url
from prospecting.persistence.database import read_in_portions
from prospecting.persistence.portions import Found, Row, find_in_portions, rows_of
from prospecting.persistence.searching import prefix_pattern
from prospecting.persistence.task_attempts import find_attempts

SORT_KEY = ("researched_at", "id")
"""The columns of the order; the keys of a row say where the next page begins."""
ORGS = 300
"""Orgs that a filter offers, at most."""
OLDER = 50
"""Older versions of a briefing that are shown, at most."""


@dataclass(frozen=True, slots=True)
class BriefingFilters:
    """Which briefings are wanted; ``None`` is any.

    ``text`` is how the name of the company or person begins (of a person also that of their company), the domain, or
    the LinkedIn address. ``client`` is how the name of the client begins.
    """

    text: str | None = None
    client: str | None = None
    org_id: UUID | None = None

    def as_values(self, kind: Kind) -> dict[str, Any]:
        """Bind values of the statements."""
        values: dict[str, Any] = {
            "kind": kind,
            "org_id": self.org_id,
            "client": prefix_pattern(self.client) if self.client else None,
            **dict.fromkeys(("prefix", "domain", "linkedin_url")),
        }
        if self.text and kind == "person" and linkedin_kind(self.text) == "person":
            values["linkedin_url"] = normalize_linkedin_url(self.text)
        elif self.text and kind != "person" and "." in self.text and (domain := normalize_domain(self.text)):
            values["domain"] = domain
        elif self.text:
            values["prefix"] = prefix_pattern(self.text)
        return values


def find_briefings(
    connection: Connection,
    kind: Kind,
    filters: BriefingFilters,
    *,
    after: Sequence[Any] | None = None,
    limit: int = 50,
) -> Found:
    """A page of briefings, the latest researched first; ``after`` is the ``next_key`` of the page before."""
    values = filters.as_values(kind)

    def candidates(after: Sequence[Any] | None, number: int) -> Sequence[Row]:
        moment, last = after if after is not None else (None, None)
        bound = {**values, "after_moment": moment, "after_id": last, "limit": number}
        return rows_of(connection, f"briefings/list_{kind}", bound)

    def rows(ids: list[UUID], number: int) -> Sequence[Row]:
        bound = {**values, "ids": ids, "limit": number}
        return rows_of(connection, "briefings/list_rows", bound)

    is_asked_of_each = values["prefix"] is not None or values["client"] is not None
    return find_in_portions(
        candidates, rows, keys=SORT_KEY, after=after, limit=limit, is_asked_of_each=is_asked_of_each
    )


def read_briefings(connection: Connection, kind: Kind, filters: BriefingFilters) -> Iterator[Sequence[Row]]:
    """All briefings of the filters, in portions of thousands."""
    values = filters.as_values(kind)
    reading = {**values, "after_moment": None, "after_id": None, "limit": None}
    for candidates in read_in_portions(connection, f"briefings/list_{kind}", reading, ["id"]):
        wanted = {**values, "ids": [candidate[0] for candidate in candidates], "limit": None}
        yield rows_of(connection, "briefings/list_rows", wanted)


def find_orgs(connection: Connection) -> Sequence[Row]:
    """Ids and names of orgs, by name, ``ORGS`` at most."""
    return rows_of(connection, "briefings/list_orgs", {"limit": ORGS})


@dataclass(frozen=True, slots=True)
class BriefingFacts:
    """A briefing: its whole row, its ``org``, whom it is about on the spine (``company_id``, ``person_id``), older
    research (``record`` is a whole row, ``researched_at``, ``replaced_at``), and the task tries that wrote them."""

    kind: Kind
    row: Row
    about: Row
    history: Sequence[Row]
    attempts: Mapping[int, Row]


def find_briefing(connection: Connection, kind: Kind, briefing_id: UUID) -> BriefingFacts | None:
    """A briefing with its history, or ``None``."""
    found = rows_of(connection, f"briefings/rows_{kind}", {"ids": [briefing_id]})
    if not found:
        return None
    (row,) = found
    values = {"kind": kind, "id": briefing_id, "limit": OLDER}
    (about,) = rows_of(connection, "briefings/about", values)
    history = rows_of(connection, "briefings/history", values)
    return BriefingFacts(kind, row, about, history, find_attempts(connection, [row], history))
