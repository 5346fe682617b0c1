"""Persons as people look through them: in several orders, with filters, a page or all of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import Connection

from prospecting.parsing.emails import normalize_email
from prospecting.parsing.names import person_key
from prospecting.parsing.urls import linkedin_kind, normalize_linkedin_url
from prospecting.persistence.portions import FilteredList, Found, Row
from prospecting.persistence.searching import anywhere_pattern, prefix_pattern

Sorting = Literal["name", "newest"]
SORT_KEYS: dict[Sorting, tuple[str, ...]] = {"name": ("name_key", "id"), "newest": ("created_at", "id")}
"""The columns that each order goes by; the keys of a row say where the next page begins."""
_LIST = FilteredList(
    candidates="persons/list_candidates",
    rows="persons/list_rows",
    sort_keys=SORT_KEYS,
    after={"name_key": "after_name", "created_at": "after_moment", "id": "after_id"},
    count="persons/count_candidates",
    narrowing=("prefix", "email", "linkedin_url", "company_id", "signal_id"),
    served=lambda sorting, _values: {"prefix"} if sorting == "name" else set(),
)
ASKED_OF_EACH = ("title", "seniority", "slot_type", "seen_since", "country")
"""Filters that no index answers in the order of the list."""


@dataclass(frozen=True, slots=True)
class PersonFilters:
    """Which persons are wanted; ``None`` is any.

    ``text`` is how the name begins, in any spelling, or the e-mail or LinkedIn address. ``title`` is any part of it.
    ``company_id``: somebody with a role there, now or once. ``slot_type``: who holds such a seat. ``seen_since`` and
    ``country`` are of the role that counts: evidence of that day or later, and where the company is.
    """

    text: str | None = None
    title: str | None = None
    seniority: str | None = None
    slot_type: str | None = None
    company_id: int | None = None
    signal_id: UUID | None = None
    seen_since: date | None = None
    country: str | None = None

    def as_values(self) -> dict[str, Any] | None:
        """Bind values of the statements; ``None`` when nothing can match."""
        values = asdict(self)
        text = values.pop("text")
        values |= {"prefix": None, "email": None, "linkedin_url": None}
        values["title"] = anywhere_pattern(self.title) if self.title else None
        if text:
            if linkedin_kind(text) == "person":
                values["linkedin_url"] = normalize_linkedin_url(text)
            elif "@" in text[1:] and (email := normalize_email(text)):
                values["email"] = email
            elif key := person_key(text):
                values["prefix"] = prefix_pattern(key)
            else:
                return None
        return values

    @property
    def is_asked_of_each(self) -> bool:
        """True when a page may have to look at more persons than it shows."""
        return any(getattr(self, name) is not None for name in ASKED_OF_EACH)


def find_persons(
    connection: Connection,
    filters: PersonFilters,
    *,
    sorting: Sorting = "name",
    after: Sequence[Any] | None = None,
    limit: int = 50,
) -> Found:
    """A page of persons, those that were merged left out; ``after`` is the ``next_key`` of the page before."""
    values = filters.as_values()
    if values is None:
        return Found([])

    return _LIST.find(
        connection, values, sorting=sorting, after=after, limit=limit, is_asked_of_each=filters.is_asked_of_each
    )


def read_persons(
    connection: Connection, filters: PersonFilters, *, sorting: Sorting = "name"
) -> Iterator[Sequence[Row]]:
    """All persons of the filters, in portions of thousands."""
    values = filters.as_values()
    if values is None:
        return
    yield from _LIST.read(connection, values, sorting=sorting)
