"""What a run did, for the person who started it in a terminal: executions, evaluations, backfills, refreshes.

    python -m scripts.report [ID]

prints a run again: the latest signal execution without an id, else the one with this id, or the slot evaluation,
backfill or feature refresh of the Airflow run with this id. Names of people appear here because whoever runs this may read the database
anyway; they appear in no log.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

from rich.console import Console
from rich.markup import escape
from rich.table import Table
from sqlalchemy import Connection, NullPool, create_engine, text

ROWS = 12
MOST_LINES = 2_000
"""What a dry run would do is shown up to this many lines; the log has them all."""


def print_report(dag_id: str, run_id: str, url: str, log: Path | None = None) -> None:
    """Print what the run did; DAGs without a report print nothing. ``log`` is the file that its tasks logged to."""
    if dag_id == "briefing_backfill" and log is not None:
        print_briefing_backfill(log)
    if dag_id not in (
        "signal_execution",
        "slot_evaluation",
        "slot_backfill",
        "research_pipeline",
        "ml_feature_refresh",
    ):
        return
    from prospecting.persistence.signals import find_execution_of_run
    from prospecting.persistence.slots import find_evaluation_of_run

    with _connect(url) as connection:
        if dag_id == "signal_execution":
            if execution_id := find_execution_of_run(connection, run_id):
                print_execution(connection, execution_id)
        elif dag_id == "slot_backfill":
            print_backfill(connection, run_id)
        elif dag_id == "ml_feature_refresh":
            print_refresh(connection, run_id)
        elif dag_id == "research_pipeline":
            if log is not None and (submission_id := read_submission(log)):
                print_research(connection, submission_id)
        elif find_evaluation_of_run(connection, run_id):
            print_evaluation(connection, run_id)
        elif log is not None:
            print_preview(log)


def _connect(url: str) -> Connection:
    from prospecting.persistence.database import application_url

    return create_engine(application_url(url), poolclass=NullPool).connect()


def print_execution(connection: Connection, execution_id: UUID | str, console: Console | None = None) -> None:
    """Events, sponsors with tiers, people, what was rejected and why, calls and timings of one execution."""
    from prospecting.persistence.signals import find_execution, find_signal, query_report

    out = console or _console()
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
    _calls(out, connection, f"signal_execution:{execution_id}")
    _table(out, "Where the time went", ("task", "instances", "retries", "from start"), _stages(execution, report))
    doubtful = connection.execute(text("select count(*) from merge_candidates where status = 'open'")).scalar_one()
    if doubtful:
        out.print(f"{doubtful} pairs may be one company or person (table merge_candidates); nothing was merged.")
    out.print(_closing(stats))


# ----------------------------------------------------------------------------------------------------------- seats
def print_evaluation(connection: Connection, run_id: str, console: Console | None = None) -> None:
    """The summary of an Airflow run's evaluation, and the seats it filled, reopened and closed.

    Raises ``LookupError`` when the run has none.
    """
    from prospecting.persistence.slot_requests import count_pending
    from prospecting.persistence.slots import Counters, find_evaluation_of_run, query_changes_of_run, summary_lines

    out = console or _console()
    evaluation = find_evaluation_of_run(connection, run_id)
    if evaluation is None:
        raise LookupError(f"no slot evaluation of the Airflow run {run_id} is stored; see the table slot_evaluations")
    out.print()
    out.rule("[bold]Slot evaluation[/bold]")
    scope = "all companies" if evaluation["is_full"] else "some companies or seats"
    out.print(
        f"evaluation {evaluation['id']} of {scope}   status [bold]{evaluation['status']}[/bold]   {_duration(evaluation)}"
    )
    if evaluation["error"]:
        out.print(evaluation["error"], style="yellow", markup=False)
    for line in summary_lines(Counters.of(evaluation), is_dry_run=False):
        out.print(line, markup=False)
    for title, transition in (
        ("Seats filled", "filled"),
        ("Seats empty again", "reopened"),
        ("Seats closed", "closed"),
    ):
        changes = query_changes_of_run(
            connection, dag_id="slot_evaluation", run_id=run_id, transition=transition, most=ROWS
        )
        person = ("person", "title", "seen") if transition == "filled" else ()
        _table(
            out,
            title,
            ("company", "seat", *person),
            (
                (
                    _company(c),
                    c["slot_type"],
                    *((c["full_name"] or "", c["title"] or "", _month(c["observed_on"])) if person else ()),
                )
                for c in changes
            ),
            total=changes[0]["total"] if changes else 0,
        )
    pending = count_pending(connection)
    out.print(f"\n{pending} requests wait or are being worked on." if pending else "\nNo request is waiting.")


def print_backfill(connection: Connection, run_id: str, console: Console | None = None) -> None:
    """What became of the requests an Airflow run took on: people found, reasons of the others, calls and costs."""
    from prospecting.persistence.slot_requests import (
        count_pending,
        query_found_by_run,
        query_reasons_of_run,
        summarize_run,
    )
    from prospecting.persistence.slots import query_changes_of_run

    out = console or _console()
    summary = summarize_run(connection, run_id)
    reasons = query_reasons_of_run(connection, run_id)
    closed = query_changes_of_run(connection, dag_id="slot_backfill", run_id=run_id, transition="closed", most=1)
    out.print()
    out.rule("[bold]Slot backfill[/bold]")
    _pairs(
        out,
        ("completed", summary.completed, "requests: somebody was found"),
        ("failed", summary.failed, "requests: nobody was found, an attempt was counted"),
        ("seats closed", closed[0]["total"] if closed else 0, "after the last attempt"),
        ("cancelled", summary.cancelled, "requests: nothing to ask for any more"),
        (
            "put back",
            sum(r["requests"] for r in reasons if r["status"] == "queued"),
            "requests: not asked, or not enough",
        ),
        ("still held", summary.running, "requests: by a task that is not done, or died"),
    )
    found = query_found_by_run(connection, run_id, most=ROWS)
    _table(
        out,
        "Found",
        ("company", "seat", "person", "title", "provider", "USD"),
        (
            (
                _company(f),
                f["slot_type"],
                f["full_name"] or "",
                f["title"] or "",
                f["provider"] or "",
                _usd(f["cost_usd"]),
            )
            for f in found
        ),
        total=found[0]["total"] if found else 0,
    )
    _table(
        out,
        "Not found, and why",
        ("requests", "", "reason"),
        ((r["requests"], r["status"] if r["status"] != "queued" else "put back", r["reason"] or "") for r in reasons),
    )
    _calls(out, connection, f"slot_backfill:{run_id}")
    pending = count_pending(connection)
    out.print(f"\n{pending} requests wait or are being worked on." if pending else "\nNo request is waiting.")
    if summary.completed:
        out.print("The next slot_evaluation seats the people found: make dag DAG=slot_evaluation")


_LOGGED = re.compile(r"^\S+ \[\w+ *\] (.*?) *\[prospecting\.operators\.(\w+)\]")
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_SUBMISSION = re.compile(r"Submission ([0-9a-f-]{36}) ")
_COMPANY = re.compile(r"\[(\d+)/\d+\] ")


def _logged(log: Path, module: str) -> Iterator[str]:
    """What the tasks of one module printed, line by line."""
    with log.open(encoding="utf-8", errors="replace") as lines:
        for line in lines:
            if (logged := _LOGGED.match(_COLOUR.sub("", line))) and logged[2] == module:
                yield logged[1]


def read_preview(log: Path) -> tuple[list[str], list[str]]:
    """What a dry run said in its log, which is all it leaves behind: (what it would do, its summary).

    Companies are in ascending order, whatever the order in which their chunks ran. Both are empty when the run got
    nowhere.
    """
    changes: dict[int, list[str]] = {}
    summary: list[str] = []
    company: list[str] | None = None
    for said in _logged(log, "slots"):
        if number := _COMPANY.match(said):
            company = changes[int(number[1])] = [said]
        elif said.startswith("Mode: "):
            company, summary = None, [said]
        elif company is not None and said.startswith(("  ", "... ")):
            company.append(said)
        elif summary:
            summary.append(said)
    return [text for _, of_company in sorted(changes.items()) for text in of_company], summary


def print_preview(log: Path, console: Console | None = None) -> None:
    """What a dry run would do, and its summary."""
    out = console or _console()
    changes, summary = read_preview(log)
    out.print()
    out.rule("[bold]Slot evaluation[/bold]")
    for line in changes[:MOST_LINES]:
        out.print(line, markup=False, soft_wrap=True)
    if len(changes) > MOST_LINES:
        out.print(f"... and {len(changes) - MOST_LINES} more lines in the log", style="dim")
    if summary:
        out.print("" if changes else "Nothing would change.\n")
    for line in summary:
        out.print(line, markup=False)
    if not summary:
        out.print("The run did not get as far as a summary; nothing was written.")


# ------------------------------------------------------------------------------------------------------- briefings
def read_briefing_summary(log: Path) -> list[str]:
    """The summary of a briefing backfill as its log has it; of several, the last. Empty when the run got nowhere."""
    summary: list[str] = []
    for said in _logged(log, "briefings"):
        if said == "Backfill summary":
            summary = [said]
        elif summary and said.startswith(("- ", "  - ", "Dry run: ", "No step result ")):
            summary.append(said)
    return summary


def print_briefing_backfill(log: Path, console: Console | None = None) -> None:
    """What became of past deep research; what could not be stored, and why, is in the table briefing_writes."""
    out = console or _console()
    summary = read_briefing_summary(log)
    out.print()
    out.rule("[bold]Briefing backfill[/bold]")
    for line in summary:
        out.print(line, markup=False)
    if not summary:
        out.print("The run did not get as far as a summary; what it had saved by then stays.")


def read_submission(log: Path) -> UUID | None:
    """The submission a research run worked on, as its log has it; ``None`` when it opened none."""
    found = (_SUBMISSION.match(said) for said in _logged(log, "research"))
    return next((UUID(match[1]) for match in found if match), None)


def print_research(connection: Connection, submission_id: UUID, console: Console | None = None) -> None:
    """How a submission stands: its runs, steps and writes, what it found, why entities failed, what it cost."""
    from prospecting.persistence.submissions import query_report, query_results, summary_lines

    out = console or _console()
    report = query_report(connection, submission_id)
    out.print()
    out.rule("[bold]Research[/bold]")
    for line in summary_lines(submission_id, report):
        out.print(line, markup=False)
    results = query_results(connection, submission_id, limit=ROWS)
    _table(
        out,
        "In the tables",
        ("kind", "entity", "name", "client", "processor", "researched"),
        (
            (
                r["kind"],
                r["entity"],
                r["name"] or "",
                r["client"] or "",
                r["processor"] or "",
                f"{r['researched_at']:%Y-%m-%d %H:%M}",
            )
            for r in results
        ),
        total=results.total,
    )
    _table(out, "Failed, and why", ("runs", "reason"), ((f["runs"], f["reason"]) for f in report["failures"]))
    _calls(out, connection, f"research:{submission_id}")
    unfinished = sum(r["runs"] for r in report["runs"] if r["status"] in ("failed", "running", "queued"))
    if unfinished:
        out.print(
            f'\nTo go on: make dag DAG=research_pipeline CONF=\'{{"submission_id": "{submission_id}"}}\'', markup=False
        )


# ---------------------------------------------------------------------------------------------------------- layout
# -------------------------------------------------------------------------------------------------------- features
def print_refresh(connection: Connection, run_id: str, console: Console | None = None) -> None:
    """What a feature refresh wrote, the newest model, rising accounts, and the list of its day."""
    from prospecting.persistence.feature_refreshes import find_refresh_of_run
    from prospecting.persistence.intent import query_intent
    from prospecting.persistence.ml_models import count_history, find_newest, missing_history
    from prospecting.persistence.recommendations import query_recommendations

    out = console or _console()
    refresh = find_refresh_of_run(connection, run_id)
    out.print()
    out.rule("[bold]Feature refresh[/bold]")
    if refresh is None:
        out.print("The run did not get as far as opening a refresh; nothing was written.")
        return
    out.print(f"refresh {refresh['id']} of {refresh['scope']}   status [bold]{refresh['status']}[/bold]")
    if refresh["error"]:
        out.print(refresh["error"], style="yellow", markup=False)
    _pairs(
        out,
        ("accounts changed", refresh["accounts_changed"], "computed again"),
        ("signals written", refresh["signals_written"], "features now: account_signals"),
        ("snapshots written", refresh["snapshots_written"], "features by month: account_feature_snapshots"),
    )
    if model := find_newest(connection):
        out.print(f"\nNewest model: {model['name']} version {model['version']}, {model['status']}", style="bold")
        out.print(model["verdict"], markup=False)
    elif missing := missing_history(count_history(connection)):
        out.print(f"\nNo model yet. {missing}", markup=False)
    rising = query_intent(connection, limit=ROWS)
    _table(
        out,
        "More active than usual",
        ("account", "level", "why"),
        ((row["account_domain"], row["level"], "; ".join(row["reasons"])) for row in rising),
    )
    _table(
        out,
        "Whom to turn to",
        ("rank", "account", "name", "score", "why"),
        (
            (r["rank"], r["account_domain"], r["company_name"], f"{r['score']:.2f}", "; ".join(r["reasons"]))
            for r in query_recommendations(connection, on=refresh["as_of"].astimezone(UTC).date(), limit=10_000)
        ),
    )


def _console() -> Console:
    return Console(highlight=False, soft_wrap=False, width=None if sys.stdout.isatty() else 120)


def _table(
    out: Console, title: str, columns: Sequence[str], rows: Iterable[Sequence[Any]], total: int | None = None
) -> None:
    """The first rows under a heading with their number; ``total`` when ``rows`` are not all there are."""
    cells = [[str(cell) for cell in row] for row in rows]
    if not cells:
        return
    total = total or len(cells)
    table = Table(box=None, pad_edge=False)
    for column in columns:
        justify: Any = "right" if column in ("id", "records", "requests", "runs") else "left"
        table.add_column(column, overflow="fold", justify=justify)
    for row in cells[:ROWS]:
        table.add_row(*(escape(cell) for cell in row))
    out.print()
    out.print(f"{title} ({total})", style="bold")  # a table's own heading would be as narrow as the table
    out.print(table)
    if total > ROWS:
        out.print(f"... and {total - ROWS} more", style="dim")


def _pairs(out: Console, *rows: tuple[str, object, str]) -> None:
    """Numbers with what they are."""
    table = Table(box=None, pad_edge=False, show_header=False)
    for justify in ("left", "right", "left"):
        table.add_column(justify=justify)
    for name, number, note in rows:
        table.add_row(name, str(number), f"[dim]{note}[/dim]")
    out.print()
    out.print(table)


def _calls(out: Console, connection: Connection, scope: str) -> None:
    """What the ledger has of a scope."""
    from prospecting.persistence.agent_calls import query_call_summary

    _table(
        out,
        "Agent calls",
        ("agent", "asked", "reused", "failed", "tokens", "USD"),
        (
            (c.agent, c.calls, c.reused, c.failed + c.abandoned, c.input_tokens + c.output_tokens, _usd(c.cost_usd))
            for c in query_call_summary(connection, scope)
        ),
    )


def _usd(amount: Decimal | None) -> str:
    return f"{amount or 0:.4f}"


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
    """Print a run again."""
    from scripts import environment

    parser = argparse.ArgumentParser(prog="report", description=main.__doc__)
    parser.add_argument(
        "id",
        nargs="?",
        help="of a signal execution, or of an Airflow run of slot_evaluation, slot_backfill or ml_feature_refresh; "
        "default: the latest signal execution",
    )
    given = parser.parse_args(arguments).id
    with _connect(environment.prepare().application_url) as connection:
        try:
            execution_id = UUID(given) if given else connection.execute(_LATEST).scalar_one_or_none()
        except ValueError:
            return _print_run(connection, given)
        if execution_id is None:
            print("error: nothing was executed yet; run `make run`", file=sys.stderr)
            return 1
        try:
            print_execution(connection, execution_id)
        except LookupError as error:
            print(f"error: {error}", file=sys.stderr)
            return 1
    return 0


_LATEST = text("select id from signal_executions order by started_at desc limit 1")


def _print_run(connection: Connection, run_id: str) -> int:
    """The evaluation, backfill and refresh of an Airflow run; several DAGs may well have runs of one id."""
    from prospecting.persistence.feature_refreshes import find_refresh_of_run
    from prospecting.persistence.slot_requests import BatchSummary, query_reasons_of_run, summarize_run
    from prospecting.persistence.slots import find_evaluation_of_run

    evaluated = find_evaluation_of_run(connection, run_id) is not None
    worked = summarize_run(connection, run_id) != BatchSummary(0, 0, 0, 0, Decimal(0))
    worked = worked or bool(query_reasons_of_run(connection, run_id))
    if evaluated:
        print_evaluation(connection, run_id)
    if worked:
        print_backfill(connection, run_id)
    refreshed = find_refresh_of_run(connection, run_id) is not None
    if refreshed:
        print_refresh(connection, run_id)
    if not evaluated and not worked and not refreshed:
        print(
            f"error: {run_id} is neither an execution id (those are UUIDs) nor an Airflow run that evaluated or "
            "filled seats or refreshed features",
            file=sys.stderr,
        )
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
