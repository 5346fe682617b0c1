"""Companies as people look through them: in several orders, with filters, a page or all of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import Connection

from prospecting.parsing.names import company_key
from prospecting.parsing.urls import normalize_domain
from prospecting.persistence.portions import FilteredList, Found, Row, rows_of
from prospecting.persistence.searching import prefix_pattern
from prospecting.persistence.statements import statement

Sorting = Literal["name", "newest", "icp_score"]
SORT_KEYS: dict[Sorting, tuple[str, ...]] = {
    "name": ("name_key", "id"),
    "newest": ("created_at", "id"),
    "icp_score": ("icp_score", "account_domain"),
}
"""The columns that each order goes by; the keys of a row say where the next page begins."""
NARROWING = ("prefix", "domain", "country", "industry", "kind", "tier", "since", "event_id", "signal_id")
"""Filters that have an index."""


def _served(sorting: str, values: Mapping[str, Any]) -> set[str]:
    if sorting == "newest":
        return {"since"}
    if sorting == "icp_score":
        return set()
    # When very many have a name that begins like the domain, they are listed: as a rule, its company is among them.
    return {"prefix", next((name for name in ("industry", "country") if values[name] is not None), "kind")}


_LIST = FilteredList(
    candidates="companies/list_candidates",
    rows="companies/list_rows",
    count="companies/count_candidates",
    sort_keys=SORT_KEYS,
    after={
        "name_key": "after_name",
        "created_at": "after_moment",
        "icp_score": "after_icp",
        "account_domain": "after_domain",
        "id": "after_id",
    },
    narrowing=NARROWING,
    served=_served,
)
CHOICES = 300
"""Countries, industries, events and signals that a filter offers, at most."""
ASKED_OF_EACH = ("slot_type", "has_person", "least_icp")
"""Filters that no index answers in the order of the list."""


@dataclass(frozen=True, slots=True)
class CompanyFilters:
    """Which companies are wanted; ``None`` is any.

    ``text`` is how the name begins, in any spelling, or the domain. ``kind`` is one of ``company_kinds.KINDS``: of
    nobody else it is known that it is no company. ``slot_type`` and ``slot_status`` go together, as
    do ``least_icp`` and ``most_icp`` (1 to 10). ``has_person``: somebody's role there is current. ``since``: stored at
    that time or later.
    """

    text: str | None = None
    country: str | None = None
    industry: str | None = None
    kind: str | None = None
    tier: str | None = None
    signal_id: UUID | None = None
    event_id: int | None = None
    slot_type: str | None = None
    slot_status: str | None = None
    has_person: bool | None = None
    least_icp: int | None = None
    most_icp: int | None = None
    since: datetime | None = None

    def as_values(self) -> dict[str, Any] | None:
        """Bind values of the statements; ``None`` when nothing can match."""
        values = asdict(self)
        text = values.pop("text")
        values |= {"prefix": None, "domain": None}
        if text:
            values["domain"] = normalize_domain(text) if "." in text else None
            key = company_key(text)
            values["prefix"] = prefix_pattern(key) if key else None
            if not key and values["domain"] is None:
                return None
        if (self.least_icp is None) != (self.most_icp is None):
            values["least_icp"], values["most_icp"] = self.least_icp or 1, self.most_icp or 10
        return values

    @property
    def is_asked_of_each(self) -> bool:
        """True when a page may have to look at more companies than it shows."""
        return any(getattr(self, name) is not None for name in (*ASKED_OF_EACH, "most_icp"))


def find_companies(
    connection: Connection,
    filters: CompanyFilters,
    *,
    sorting: Sorting = "name",
    after: Sequence[Any] | None = None,
    limit: int = 50,
) -> Found:
    """A page of companies, those that were merged left out; ``after`` is the ``next_key`` of the page before."""
    values = filters.as_values()
    if values is None:
        return Found([])

    return _LIST.find(
        connection, values, sorting=sorting, after=after, limit=limit, is_asked_of_each=filters.is_asked_of_each
    )


def read_companies(
    connection: Connection, filters: CompanyFilters, *, sorting: Sorting = "name"
) -> Iterator[Sequence[Row]]:
    """All companies of the filters, in portions of thousands."""
    values = filters.as_values()
    if values is None:
        return
    yield from _LIST.read(connection, values, sorting=sorting)


@dataclass(frozen=True, slots=True)
class CompanyChoices:
    """The values that filters offer: some countries and industries that companies have, the latest events, signals."""

    countries: list[str]
    industries: list[str]
    events: list[Row]
    signals: list[Row]


def find_company_choices(connection: Connection) -> CompanyChoices:
    """The values that lists of companies can be narrowed to, ``CHOICES`` of each kind at most."""
    limit = {"limit": CHOICES}
    return CompanyChoices(
        list(connection.execute(statement("companies/list_countries"), limit).scalars()),
        list(connection.execute(statement("companies/list_industries"), limit).scalars()),
        rows_of(connection, "companies/list_events", limit),
        rows_of(connection, "companies/list_signals", limit),
    )
