"""The figures of seats and of the requests for them, as the views define them, and in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sqlalchemy import Connection

from prospecting.persistence.statements import statement


@dataclass(frozen=True, slots=True)
class FillRate:
    """Seats of one kind: how many have a holder, and how many a weak one. ``fill_rate`` and ``target`` are per cent.

    Without seats ``fill_rate`` and ``is_met`` are ``None``.
    """

    slot_type: str
    seats: int
    filled: int
    weak: int
    fill_rate: Decimal | None
    target: int
    is_met: bool | None


@dataclass(frozen=True, slots=True)
class RequestKpi:
    """A figure of the requests of a period (``ever``, ``last 30 days``): ``part`` of, or for each of, ``whole``.

    ``value`` is ``None`` when ``whole`` is 0, ``is_met`` when there was nothing to measure. ``target`` is in words.
    """

    period: str
    kpi: str
    part: Decimal
    whole: int
    value: Decimal | None
    target: str
    is_met: bool | None


REQUEST_KPIS = {
    "attempts_per_fill": "Attempts per fill",
    "usd_per_fill": "US dollars per fill",
    "closed_within_24_hours_percent": "Closed within 24 hours, %",
    "duplicate_requests_percent": "Duplicate requests, %",
    "rate_limited_calls_percent": "Calls failed by rate limits, %",
}
"""The figures of requests in the order in which they are shown, with their names."""


def query_fill_rates(connection: Connection) -> list[FillRate]:
    """The fill rate of every seat now; companies that were merged into others do not count."""
    return [FillRate(**row) for row in connection.execute(statement("slots/fill_rates")).mappings()]


def count_seats(connection: Connection) -> dict[str, int]:
    """The number of seats in each state that there is one in: open, filled, closed_missing. Reads all seats."""
    return {row.status: row.seats for row in connection.execute(statement("slots/seats_by_status"))}


def query_fill_rates_on(connection: Connection, days: Sequence[date]) -> dict[tuple[date, str], Decimal | None]:
    """The fill rates, in per cent, at the end of past days (UTC), by day and seat. Reads all of history."""
    found = connection.execute(statement("slots/fill_rates_on"), {"days": list(days)})
    return {(row.day, row.slot_type): row.fill_rate for row in found}


def query_request_kpis(connection: Connection) -> dict[tuple[str, str], RequestKpi]:
    """The figures of requests, by name and period."""
    found = connection.execute(statement("slots/request_kpis")).mappings()
    return {(row["kpi"], row["period"]): RequestKpi(**row) for row in found}


def fill_rate_lines(rates: Sequence[FillRate]) -> list[str]:
    """Fill rates by seat as a person reads them."""
    return [
        f"Fill Rate {rate.slot_type}: {_shown(rate.fill_rate, 1)}% ({rate.filled}/{rate.seats}), "
        f"weak holders not counted: {rate.weak}, target {rate.target}%: {_verdict(rate.is_met)}"
        for rate in rates
    ]


def request_kpi_lines(kpis: dict[tuple[str, str], RequestKpi]) -> list[str]:
    """The figures of requests as a person reads them."""
    lines = []
    for name, label in REQUEST_KPIS.items():
        ever, lately = kpis[name, "ever"], kpis[name, "last 30 days"]
        lines.append(
            f"{label}: {_shown(lately.value, 2)} in the last 30 days, {_shown(ever.value, 2)} ever, "
            f"target {lately.target}: {_verdict(lately.is_met)}"
        )
    return lines


def _shown(value: Decimal | None, places: int) -> str:
    return "-" if value is None else f"{value:.{places}f}"


def _verdict(is_met: bool | None) -> str:
    return {True: "met", False: "missed", None: "nothing to measure"}[is_met]
