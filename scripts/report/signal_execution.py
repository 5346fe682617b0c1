"""The report of a signal execution: events, sponsors, and people with how sure it is that they hold their roles."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from rich.console import Console
from sqlalchemy import Connection, Engine, text

from prospecting.persistence.signals import find_execution, find_execution_of_run, find_signal, query_report
from scripts.report.console import (
    Part,
    company,
    duration,
    month,
    print_calls,
    print_heading,
    print_line,
    print_table,
    terminal,
)

_PATTERNS = {"month": "%Y-%m", "year": "%Y"}


def print_run(engine: Engine, run_id: str, returned: Mapping[str, Any]) -> None:
    """Print the execution of an Airflow run; nothing when it opened none."""
    with engine.connect() as connection:
        if execution_id := find_execution_of_run(connection, run_id):
            print_execution(connection, execution_id)


def find_latest(connection: Connection) -> UUID | None:
    """The id of the execution that started last."""
    latest = "select id from signal_executions order by started_at desc limit 1"
    found: UUID | None = connection.execute(text(latest)).scalar_one_or_none()
    return found


def print_execution(connection: Connection, execution_id: UUID | str, console: Console | None = None) -> None:
    """Events, sponsors with tiers, people, what was rejected and why, calls and timings of one execution."""
    out = console or terminal()
    execution = find_execution(connection, execution_id)
    signal = find_signal(connection, execution["signal_id"])
    report = query_report(connection, execution_id)

    print_heading(out, signal["name"] if signal else "signal")
    print_line(
        out, f"execution {execution['id']}   status ", (execution["status"], "bold"), f"   {duration(execution)}"
    )
    if execution["error"]:
        print_line(out, str(execution["error"].get("message")), style="yellow")

    print_table(
        out,
        "Events",
        ("id", "event", "when", "where", "sponsors", ""),
        ((e["id"], e["name"], _when(e), _where(e), e["sponsors"] or "", _new(e)) for e in report["events"]),
    )
    print_table(
        out,
        "Sponsor companies, best tiers first",
        ("id", "company", "domain", "best tier", "events", ""),
        (
            (c["id"], c["name"], c["domain"] or "", c["tier"] or "", c["events"] or "", _new(c))
            for c in report["companies"]
        ),
    )
    print_table(
        out,
        "People",
        ("id", "person", "title", "found as", "company", "seen", "standing", ""),
        (
            (
                p["id"],
                p["full_name"],
                p["role_title"] or "",
                _found_as(p),
                company(p),
                month(p["observed_on"]),
                p["standing"] or "",
                _new(p),
            )
            for p in report["persons"]
        ),
    )
    print_table(
        out,
        "Left out, and why",
        ("records", "what", "stage", "reason", "in words", "e.g. in"),
        (
            (r["records"], r["record_type"], r["stage"], r["reason"], r["detail"], r["source"] or "")
            for r in report["rejected"]
        ),
    )
    if not report["rejected"]:
        print_line(out, "Nothing was rejected or filtered.", before=1)
    for note in (execution["results"] or {}).get("notes", ()):
        print_line(out, note)
    print_calls(out, connection, f"signal_execution:{execution_id}")
    print_table(out, "Where the time went", ("task", "instances", "retries", "from start"), _stages(execution, report))
    doubtful = connection.execute(text("select count(*) from merge_candidates where status = 'open'")).scalar_one()
    if doubtful:
        print_line(out, f"{doubtful} pairs may be one company or person (table merge_candidates); nothing was merged.")
    print_line(out, *_closing(execution["stats"] or {}), before=1)


def _stages(execution: Any, report: Any) -> Iterable[Sequence[Any]]:
    for stage in report["stages"]:
        offset = (stage["first_start"] - execution["started_at"]).total_seconds()
        last = (stage["last_start"] - execution["started_at"]).total_seconds()
        span = f"{max(offset, 0):.1f} s" + (f" to {last:.1f} s" if stage["tasks"] > 1 else "")
        yield stage["task_id"], stage["tasks"], stage["retries"] or "", span


def _closing(stats: dict[str, Any]) -> Sequence[Part]:
    found = [
        (stats.get("eventsDiscovered", 0), stats.get("newEvents", 0), "events"),
        (stats.get("companiesFound", 0), stats.get("newCompanies", 0), "companies"),
        (stats.get("contactsDiscovered", 0), stats.get("newContacts", 0), "people"),
    ]
    totals = ", ".join(f"{total} {noun}" for total, _, noun in found)
    unconfirmed = stats.get("contactsDiscovered", 0) - stats.get(
        "contactsConfirmed", stats.get("contactsDiscovered", 0)
    )
    if unconfirmed:
        totals += f" ({unconfirmed} unconfirmed)"
    if not any(total for total, _, _ in found):
        return [("Found nothing.", "bold")]
    if not any(new for _, new, _ in found):
        return [("Nothing new:", "bold"), f" {totals} found, all of them known already; no duplicates."]
    return [("Found", "bold"), f" {totals}; new: {', '.join(f'{new} {noun}' for _, new, noun in found)}."]


def _new(row: Any) -> str:
    return "new" if row["is_new"] else ""


def _found_as(person: Any) -> str:
    """The target function, and how well the title fits when it does not fit exactly."""
    function, match = person["target_function"], person["target_match"]
    return "" if not function else function if match == "exact" else f"{function} ({match.replace('_', ' ')})"


def _when(event: Any) -> str:
    start, end = event["start_dt"], event["end_dt"]
    if start is None:
        return "unknown"
    pattern = _PATTERNS.get(event["date_precision"], "%Y-%m-%d")
    first, last = f"{start:{pattern}}", f"{end or start:{pattern}}"
    if first == last:
        return first
    return f"{first} to {last.removeprefix(f'{start:%Y-}')}"


def _where(event: Any) -> str:
    place = ", ".join(part for part in (event["city"], event["country_code"]) if part)
    return place or ("online" if event["is_online"] else "")
