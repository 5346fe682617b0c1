"""What a signal execution found, for the person who started it in a terminal.

    python -m scripts.report [EXECUTION_ID]

prints an execution again, the latest one without an id. Names of people appear here because whoever runs this may
read the database anyway; they appear in no log.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from rich.console import Console
from rich.table import Table
from sqlalchemy import Connection, NullPool, create_engine, text

ROWS = 12


def print_report(dag_id: str, run_id: str, url: str) -> None:
    """Print what the run found; other DAGs than ``signal_execution`` have nothing to print here."""
    if dag_id != "signal_execution":
        return
    from prospecting.persistence.signals import find_execution_of_run

    with _connect(url) as connection:
        if execution_id := find_execution_of_run(connection, run_id):
            print_execution(connection, execution_id)


def _connect(url: str) -> Connection:
    from prospecting.persistence.database import application_url

    return create_engine(application_url(url), poolclass=NullPool).connect()


def print_execution(connection: Connection, execution_id: UUID | str, console: Console | None = None) -> None:
    """Events, sponsors with tiers, people, what was rejected and why, calls and timings of one execution."""
    from prospecting.persistence.agent_calls import query_call_summary
    from prospecting.persistence.signals import find_execution, find_signal, query_report

    out = console or Console(highlight=False, soft_wrap=False, width=None if sys.stdout.isatty() else 120)
    execution = find_execution(connection, execution_id)
    signal = find_signal(connection, execution["signal_id"])
    report = query_report(connection, execution_id)
    stats = execution["stats"] or {}

    out.print()
    out.rule(f"[bold]{signal['name'] if signal else 'signal'}[/bold]")
    out.print(f"execution {execution['id']}   status [bold]{execution['status']}[/bold]   {_duration(execution)}")
    if execution["error"]:
        out.print(f"[yellow]{execution['error'].get('message')}[/yellow]", markup=True)

    _table(
        out,
        "Events",
        ("id", "event", "when", "where", "sponsors", ""),
        ((e["id"], e["name"], _when(e), _where(e), e["sponsors"] or "", _new(e)) for e in report["events"]),
    )
    _table(
        out,
        "Sponsor companies, best tiers first",
        ("id", "company", "domain", "best tier", "events", ""),
        (
            (c["id"], c["name"], c["domain"] or "", c["tier"] or "", c["events"] or "", _new(c))
            for c in report["companies"]
        ),
    )
    _table(
        out,
        "Decision makers",
        ("id", "person", "title", "company", "seen", ""),
        (
            (p["id"], p["full_name"], p["role_title"] or "", _company(p), _month(p["observed_on"]), _new(p))
            for p in report["persons"]
        ),
    )
    _table(
        out,
        "Left out, and why",
        ("records", "what", "stage", "reason", "in words", "e.g. in"),
        (
            (r["records"], r["record_type"], r["stage"], r["reason"], r["detail"], r["source"] or "")
            for r in report["rejected"]
        ),
    )
    if not report["rejected"]:
        out.print("\nNothing was rejected or filtered.")
    _table(
        out,
        "Agent calls",
        ("agent", "asked", "reused", "failed", "tokens", "USD"),
        (
            (c.agent, c.calls, c.reused, c.failed + c.abandoned, c.input_tokens + c.output_tokens, f"{c.cost_usd:.4f}")
            for c in query_call_summary(connection, f"signal_execution:{execution_id}")
        ),
    )
    _table(out, "Where the time went", ("task", "instances", "retries", "from start"), _stages(execution, report))
    doubtful = connection.execute(text("select count(*) from merge_candidates where status = 'open'")).scalar_one()
    if doubtful:
        out.print(f"{doubtful} pairs may be one company or person (table merge_candidates); nothing was merged.")
    out.print(_closing(stats))


def _table(out: Console, title: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    cells = [[str(cell) for cell in row] for row in rows]
    if not cells:
        return
    table = Table(title=f"{title} ({len(cells)})", title_justify="left", title_style="bold", box=None, pad_edge=False)
    for column in columns:
        table.add_column(column, overflow="fold", justify="right" if column in ("id", "records") else "left")
    for row in cells[:ROWS]:
        table.add_row(*(cell.replace("[", r"\[") for cell in row))
    out.print()
    out.print(table)
    if len(cells) > ROWS:
        out.print(f"... and {len(cells) - ROWS} more", style="dim")


def _stages(execution: Any, report: Any) -> Iterable[Sequence[Any]]:
    for stage in report["stages"]:
        offset = (stage["first_start"] - execution["started_at"]).total_seconds()
        last = (stage["last_start"] - execution["started_at"]).total_seconds()
        span = f"{max(offset, 0):.1f} s" + (f" to {last:.1f} s" if stage["tasks"] > 1 else "")
        yield stage["task_id"], stage["tasks"], stage["retries"] or "", span


def _closing(stats: dict[str, Any]) -> str:
    found = [
        (stats.get("eventsDiscovered", 0), stats.get("newEvents", 0), "events"),
        (stats.get("companiesFound", 0), stats.get("newCompanies", 0), "companies"),
        (stats.get("contactsDiscovered", 0), stats.get("newContacts", 0), "people"),
    ]
    totals = ", ".join(f"{total} {noun}" for total, _, noun in found)
    if not any(total for total, _, _ in found):
        return "\n[bold]Found nothing.[/bold]"
    if not any(new for _, new, _ in found):
        return f"\n[bold]Nothing new:[/bold] {totals} found, all of them known already; no duplicates."
    return f"\n[bold]Found[/bold] {totals}; new: {', '.join(f'{new} {noun}' for _, new, noun in found)}."


def _duration(execution: Any) -> str:
    if execution["completed_at"] is None:
        return "still running"
    return f"{(execution['completed_at'] - execution['started_at']).total_seconds():.0f} s"


def _month(day: date | None) -> str:
    return f"{day:%Y-%m}" if day else ""


def _new(row: Any) -> str:
    return "new" if row["is_new"] else ""


def _company(person: Any) -> str:
    return f"{person['company']} ({person['company_id']})" if person["company_id"] else ""


def _when(event: Any) -> str:
    start, end = event["start_dt"], event["end_dt"]
    if start is None:
        return "unknown"
    if event["date_precision"] == "year":
        return f"{start:%Y}"
    if event["date_precision"] == "month":
        return f"{start:%Y-%m}"
    return f"{start}" if end in (None, start) else f"{start} to {end:%m-%d}"


def _where(event: Any) -> str:
    place = ", ".join(part for part in (event["city"], event["country_code"]) if part)
    return place or ("online" if event["is_online"] else "")


def main(arguments: Sequence[str] | None = None) -> int:
    """Print one execution again."""
    from scripts import environment

    parser = argparse.ArgumentParser(prog="report", description=main.__doc__)
    parser.add_argument("execution_id", nargs="?", help="default: the latest")
    given = parser.parse_args(arguments).execution_id
    with _connect(environment.prepare().application_url) as connection:
        latest = text("select id from signal_executions order by started_at desc limit 1")
        try:
            execution_id = UUID(given) if given else connection.execute(latest).scalar_one_or_none()
        except ValueError:
            print(f"error: {given} is no execution id; they are UUIDs", file=sys.stderr)
            return 2
        if execution_id is None:
            print("error: nothing was executed yet; run `make run`", file=sys.stderr)
            return 1
        try:
            print_execution(connection, execution_id)
        except LookupError as error:
            print(f"error: {error}", file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
