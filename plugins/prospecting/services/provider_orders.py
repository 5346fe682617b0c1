"""The order in which providers are asked about seats: as given, or learned from what their answers were worth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection

from prospecting.persistence.provider_answers import query_track_records
from prospecting.scoring.provider_order import ANY, Choice, Segment, TrackRecord, choose_order
from prospecting.services.runtime import Runtime

LEARNED_FROM_DAYS = 180
"""How far back answers say something about the next one."""
_SEGMENTS = 20


class ProviderOrder:
    """Chooses the order for each company, from records that are read once.

    With ``is_learned`` False it is the given one. Providers that were not given are never in it.
    """

    def __init__(self, providers: Sequence[str], *, is_learned: bool = False, min_observations: int = 30) -> None:
        self._providers = tuple(dict.fromkeys(providers))
        self._is_learned = is_learned
        self._min_observations = min_observations
        self._records: Mapping[Segment, Mapping[str, TrackRecord]] = {}

    def learn(self, runtime: Runtime) -> None:
        """Read what the providers' answers were worth lately, if the order is to be learned."""
        if self._is_learned and len(self._providers) > 1:
            self._records = runtime.read(
                lambda connection: query_track_records(connection, self._providers, days=LEARNED_FROM_DAYS)
            )

    def of_company(self, company_size: str | None, country: str | None) -> Sequence[str]:
        """The providers in the order in which to ask about a company of this size in this country."""
        segment = Segment(company_size, country)
        return choose_order(self._providers, self._records, segment, min_observations=self._min_observations).order


def compare_orders(connection: Connection, providers: Sequence[str], *, min_observations: int) -> list[dict[str, Any]]:
    """The cost of asking in the given order and of the cheapest order, in US dollars per company.

    One line for all companies, then one for each size and country of which enough is known, those most asked about
    first, 20 at most; none when too little is known of some provider.
    """
    records = query_track_records(connection, providers, days=LEARNED_FROM_DAYS)
    narrow = [segment for segment in records if ANY not in segment]
    narrow.sort(key=lambda segment: -sum(record.asked for record in records[segment].values()))
    lines = []
    for segment in (Segment(), *narrow):
        choice = choose_order(providers, records, segment, min_observations=min_observations)
        if choice.segment == segment:
            lines.append(_line(segment, choice))
    return lines[: _SEGMENTS + 1]


def describe_order(line: dict[str, Any]) -> str:
    """A line of ``compare_orders`` in words."""
    kind = ", ".join(
        f"{name} {line[key]}" for name, key in (("size", "company_size"), ("country", "country")) if line[key]
    )
    return (
        f"Asking about a company ({kind or 'any'}) costs {line['given_usd']:.4f} USD in the given order, and "
        f"{line['usd']:.4f} USD in the order {', '.join(line['order'])}"
    )


def _line(segment: Segment, choice: Choice) -> dict[str, Any]:
    return {
        "company_size": None if segment.company_size == ANY else segment.company_size or "unknown",
        "country": None if segment.country == ANY else segment.country or "unknown",
        "given_usd": round(choice.given_usd or 0.0, 6),
        "order": list(choice.order),
        "usd": round(choice.expected_usd or 0.0, 6),
    }
