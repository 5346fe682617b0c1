"""Runs that execute a signal: what they found, what was left out and why, and the reason for each zero."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from pydantic import ValidationError
from sqlalchemy import Connection

from prospecting.persistence import signals
from prospecting.persistence.company_signals import query_company_signals
from prospecting.persistence.pages import Page
from prospecting.persistence.rejected_records import query_reasons_of_execution
from prospecting.persistence.webhook_deliveries import query_deliveries
from prospecting.services.reports.calls import calls
from prospecting.services.reports.report import Column, Kind, Lines, Part, Report, Table, company, table
from prospecting.services.signal_outcome import closing_line, explain_kinds
from prospecting.services.signal_params import SignalParams

_PATTERNS = {"month": "%Y-%m", "year": "%Y"}
_OLD = timedelta(days=365)
"""Who was seen longer ago may well have left."""

_DELIVERIES_SHOWN = 20

LISTS = {"events": "Events", "companies": "Companies", "persons": "People"}
"""What an execution finds, by name; the order in which it does."""

_COLUMNS: dict[str, tuple[tuple[str, Kind], ...]] = {
    "events": (
        ("id", "number"), ("event", "text"), ("when", "text"), ("where", "text"), ("sponsors", "number"),
        ("new", "text"),
    ),
    "companies": (
        ("company", "company"), ("domain", "text"), ("best tier", "text"), ("events", "number"), ("new", "text"),
    ),
    "persons": (
        ("person", "person"), ("title", "text"), ("found as", "text"), ("company", "company"), ("seen", "month"),
        ("standing", "text"), ("new", "text"),
    ),
}  # fmt: skip


def execution(connection: Connection, execution_id: UUID | str, *, rows: int) -> Report:
    """Events, sponsors with tiers, people, what was left out and why, calls and timings of one execution.

    Raises ``LookupError`` when there is none with this id.
    """
    found = signals.find_execution(connection, execution_id)
    signal = signals.find_signal(connection, found["signal_id"])
    out = left_out(connection, execution_id)
    parts: list[Part] = [
        *(listed(connection, execution_id, kind, rows=rows) for kind in LISTS),
        out if out.rows else Lines(["Nothing was rejected or filtered."]),
        Lines((found["results"] or {}).get("notes", ())),
        calls(connection, f"signal_execution:{execution_id}"),
        *_deliveries(connection, execution_id),
        _timings(connection, dict(found)),
    ]
    return Report(
        signal["name"] if signal else "signal",
        about=about(dict(found)),
        status=found["status"],
        started_at=found["started_at"],
        completed_at=found["completed_at"],
        problem=str(found["error"].get("message")) if found["error"] else None,
        parts=[*parts, Lines([closing_line(found["stats"] or {})])],
    )


def about(execution: Mapping[str, Any]) -> str:
    """``execution <id>, version 2``: an execution (its row), and which version of the signal it ran, where known."""
    version = execution["signal_version"]
    return f"execution {execution['id']}" + (f", version {version}" if version is not None else "")


def listed(connection: Connection, execution_id: UUID | str, kind: str, *, rows: int, after: int = 0) -> Table:
    """One of the ``LISTS`` of an execution: ``rows`` of it after a position."""
    found = signals.query_found(connection, execution_id, kind, after=after, limit=rows)
    titles = {"events": "Events", "companies": "Sponsor companies, best tiers first", "persons": "People"}
    did = _what_companies_did(connection, execution_id, [row["id"] for row in found]) if kind == "companies" else {}
    if did:
        return _companies_with_signals(found, did)
    before = datetime.now(UTC).date() - _OLD
    last = found[-1]["position"] if found else 0
    return Table(
        kind,
        titles[kind],
        [Column(*column) for column in _COLUMNS[kind]],
        [_ROWS[kind](row) for row in found],
        found.total,
        frozenset(n for n, row in enumerate(found) if (row.get("observed_on") or before) < before),
        last if last < found.total else None,
    )


def _what_companies_did(
    connection: Connection, execution_id: UUID | str, company_ids: Sequence[int]
) -> dict[int, list[str]]:
    """By company: its signals in words, the latest first."""
    found: dict[int, list[str]] = {}
    for signal in query_company_signals(connection, execution_id, company_ids):
        found.setdefault(signal["company_id"], []).append(describe_signal(dict(signal)))
    return found


def _companies_with_signals(found: Page[dict[str, Any]], did: Mapping[int, Sequence[str]]) -> Table:
    last = found[-1]["position"] if found else 0
    columns: tuple[tuple[str, Kind], ...] = (
        ("company", "company"), ("domain", "text"), ("what it did", "text"), ("new", "text"),
    )  # fmt: skip
    return Table(
        "companies",
        "Companies that show the signal",
        [Column(*column) for column in columns],
        [((row["id"], row["name"]), row["domain"], "; ".join(did.get(row["id"], ())), _new(row)) for row in found],
        found.total,
        frozenset(),
        last if last < found.total else None,
    )


def describe_signal(signal: Mapping[Any, Any]) -> str:
    """A signal of a company on one line: "Series B, USD 12,000,000, 2026-10-02", or with "(unverified)" behind it."""
    amount = f"{signal['currency'] or ''} {signal['amount']:,.0f}".strip() if signal["amount"] is not None else None
    target = f"acquires {signal['target']}" if signal["target"] else None
    acquirer = f"acquired by {signal['acquirer']}" if signal["acquirer"] and not target else None
    day = signal["occurred_on"]
    when = _day(day, _PATTERNS.get(signal["date_precision"], "%Y-%m-%d")) if day else None
    parts = [
        signal["round"], signal["position"], signal["department"], signal["location"], signal["product"], target,
        acquirer, amount, when,
    ]  # fmt: skip
    said = ", ".join(str(part) for part in parts if part)
    return said if signal["is_verified"] else f"{said} (unverified)"


def _event(row: Mapping[str, Any]) -> Sequence[Any]:
    return row["id"], row["name"], _when(row), _where(row), row["sponsors"] or None, _new(row)


def _company(row: Mapping[str, Any]) -> Sequence[Any]:
    return (row["id"], row["name"]), row["domain"], _tier(row), row["events"] or None, _new(row)


def _tier(row: Mapping[str, Any]) -> str | None:
    """The best tier; of a sponsor of earlier editions alone, which the tier was at."""
    if not row["is_past_sponsor"]:
        tier: str | None = row["tier"]
        return tier
    edition = f"in {row['past_year']}" if row["past_year"] else "earlier"
    return f"{row['tier'] or 'sponsor'} {edition}"


def _person(row: Mapping[str, Any]) -> Sequence[Any]:
    return (
        (row["id"], row["full_name"]),
        row["role_title"],
        _found_as(row),
        company(row),
        row["observed_on"],
        row["standing"],
        _new(row),
    )


_ROWS = {"events": _event, "companies": _company, "persons": _person}


def left_out(connection: Connection, execution_id: UUID | str) -> Table:
    """The things left out: how often, at which stage and why, with an example; losses before what did not fit."""
    return table(
        "left_out",
        "Left out, and why",
        (
            Column("records", "number"),
            Column("what", "words"),
            Column("stage"),
            Column("reason"),
            Column("in words"),
            Column("e.g. in"),
        ),
        (
            (row["records"], row["record_type"], row["stage"], row["reason"], row["detail"], row["source"])
            for row in query_reasons_of_execution(connection, execution_id)
        ),
    )


def _deliveries(connection: Connection, execution_id: UUID | str) -> Iterator[Table]:
    """The latest tries to tell another system, if there were any."""
    found = query_deliveries(connection, execution_id, limit=_DELIVERIES_SHOWN)
    if found:
        columns: tuple[tuple[str, Kind], ...] = (
            ("when", "moment"), ("event", "text"), ("try", "number"), ("status", "text"), ("outcome", "words"),
            ("message", "text"),
        )  # fmt: skip
        yield table(
            "deliveries",
            "Told by webhook, the latest first",
            [Column(*column) for column in columns],
            [
                (
                    row["attempted_at"],
                    row["event"],
                    row["attempt"],
                    str(row["status_code"] or ""),
                    row["error_kind"] or "delivered",
                    row["message_id"],
                )
                for row in found
            ],
            found.total,
        )


def _timings(connection: Connection, found: Mapping[str, Any]) -> Table:
    def rows() -> Iterator[Sequence[Any]]:
        for stage in signals.query_stages(connection, found["id"]):
            offset = (stage["first_start"] - found["started_at"]).total_seconds()
            last = (stage["last_start"] - found["started_at"]).total_seconds()
            span = f"{max(offset, 0):.1f} s" + (f" to {last:.1f} s" if stage["tasks"] > 1 else "")
            yield stage["task_id"], stage["tasks"], stage["retries"] or None, span

    return table(
        "timings",
        "Where the time went",
        (Column("task"), Column("instances", "number"), Column("retries", "number"), Column("from start")),
        rows(),
    )


def configuration_of(found: Mapping[str, Any]) -> SignalParams | None:
    """The configuration of an execution; ``None`` when it was stored by hand and is none."""
    try:
        return SignalParams.model_validate(found["configuration"])
    except ValidationError:
        return None


def found_and_why(
    connection: Connection, found: Mapping[str, Any], *, is_over: bool
) -> dict[str, tuple[int, int, list[str]]]:
    """Of each of the ``LISTS``: how many were found, how many are new, and sentences: the reason when there are none.

    While an execution runs, its zeros have no reason yet. ``is_over``: its DAG run is, also when nobody has noted that.
    """
    counts = dict(signals.query_execution_counts(connection, found["id"]))
    filtered = signals.query_filter_counts(connection, found["id"])
    configuration = configuration_of(found)
    notes: Mapping[str, list[str]] = {}
    if found["status"] == "running" and not is_over:
        notes = {kind: ["Not yet; the run goes on."] for kind in LISTS if not counts[kind]}
    elif configuration:
        notes = explain_kinds(configuration, counts, filtered)
    return {kind: (counts[kind], counts[f"new_{kind}"], list(notes.get(kind, ()))) for kind in LISTS}


# -------------------------------------------------------------------------------------------------------------- words
def _new(row: Mapping[str, Any]) -> str:
    return "new" if row["is_new"] else ""


def _found_as(person: Mapping[str, Any]) -> str:
    """The target function, and how well the title fits when it does not fit exactly."""
    function, match = person["target_function"], person["target_match"]
    return "" if not function else function if match == "exact" else f"{function} ({match.replace('_', ' ')})"


def _when(event: Mapping[str, Any]) -> str:
    start, end = event["start_dt"], event["end_dt"]
    if start is None:
        return "unknown"
    pattern = _PATTERNS.get(event["date_precision"], "%Y-%m-%d")
    first, last = _day(start, pattern), _day(end or start, pattern)
    if first == last:
        return first
    return f"{first} to {last.removeprefix(f'{start:%Y-}')}"


def _day(day: date, pattern: str) -> str:
    return f"{day:{pattern}}"


def _where(event: Mapping[str, Any]) -> str:
    place = ", ".join(part for part in (event["city"], event["country_code"]) if part)
    return place or ("online" if event["is_online"] else "")
