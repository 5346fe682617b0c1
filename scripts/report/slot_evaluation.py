"""The report of a slot evaluation: what it changed, or what a dry run would change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Any

from rich.console import Console
from sqlalchemy import Connection, Engine

from prospecting.persistence.seat_kpis import query_fill_rates, query_fill_rates_on
from prospecting.persistence.seats import Scope
from prospecting.persistence.slot_evaluations import (
    Counters,
    find_evaluation_of_run,
    query_changes_of_run,
    summary_lines,
)
from prospecting.persistence.slot_requests import count_pending
from prospecting.services.runtime import Runtime
from prospecting.services.slot_backfill import NO_LIVE_PROVIDER
from prospecting.services.slot_params import SlotEvaluationParams
from prospecting.services.slots import preview
from scripts.report.console import (
    ROWS,
    company,
    duration,
    month,
    percent,
    print_heading,
    print_line,
    print_lines,
    print_table,
    terminal,
    yes_or_no,
)

MOST_CHANGES = 2_000
"""Changes shown of a dry run; the rest is counted."""


def print_run(engine: Engine, run_id: str, returned: Mapping[str, Any]) -> None:
    """Print the evaluation of an Airflow run; without one, it was a dry run, or got nowhere."""
    with engine.connect() as connection:
        if find_evaluation_of_run(connection, run_id):
            print_evaluation(connection, run_id)
            return
    print_dry_run(engine, summary_of_dry_run(returned))


def summary_of_dry_run(returned: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Returns what ``summarize_evaluation`` returned, or would have: it returns nothing when a chunk failed.

    ``None`` when the run did not get as far as reading its params.
    """
    if summary := returned.get("summarize_evaluation"):
        return dict(summary)
    started = returned.get("start_evaluation")
    if started and started["evaluation_id"] is None:
        scope = SlotEvaluationParams.model_validate(started["params"]).scope()
        return {**Counters.total(returned.get("evaluate_chunk", [])).as_dict(), "scope": asdict(scope)}
    return None


def print_evaluation(connection: Connection, run_id: str, console: Console | None = None) -> None:
    """The summary of an Airflow run's evaluation, and the seats it filled, reopened and closed.

    Raises ``LookupError`` when the run has none.
    """
    out = console or terminal()
    evaluation = find_evaluation_of_run(connection, run_id)
    if evaluation is None:
        raise LookupError(f"no slot evaluation of the Airflow run {run_id} is stored; see the table slot_evaluations")
    print_heading(out, "Slot evaluation")
    scope = "all companies" if evaluation["is_full"] else "some companies or seats"
    if evaluation["is_incremental"]:
        scope = f"what changed, {evaluation['companies_processed']} companies"
    opening = f"evaluation {evaluation['id']} of {scope}   status "
    print_line(out, opening, (evaluation["status"], "bold"), f"   {duration(evaluation)}")
    if evaluation["error"]:
        print_line(out, evaluation["error"], style="yellow")
    print_lines(out, summary_lines(Counters.of(evaluation), is_dry_run=False))
    for title, transition in (
        ("Seats filled", "filled"),
        ("Seats empty again", "reopened"),
        ("Seats closed", "closed"),
    ):
        changes = query_changes_of_run(
            connection, dag_id="slot_evaluation", run_id=run_id, transition=transition, limit=ROWS
        )
        with_person = transition == "filled"
        print_table(
            out,
            title,
            ("company", "seat", *(("person", "title", "seen") if with_person else ())),
            ((company(c), c["slot_type"], *(_person(c) if with_person else ())) for c in changes),
            total=changes.total,
        )
    print_fill_rates(out, connection)
    if evaluation["policy"] is not None and not evaluation["policy"]["providers"]:
        print_line(out, NO_LIVE_PROVIDER + ".", style="yellow", before=1)
    pending = count_pending(connection)
    print_line(
        out, f"{pending} requests wait or are being worked on." if pending else "No request is waiting.", before=1
    )


def print_fill_rates(out: Console, connection: Connection) -> None:
    """The fill rate of every seat now, a week and four weeks ago, and what it is meant to be."""
    today = datetime.now(UTC).date()
    days = [today - timedelta(days=7), today - timedelta(days=28)]
    past = query_fill_rates_on(connection, days)
    rates = query_fill_rates(connection)
    print_table(
        out,
        "Fill rate by seat, in per cent",
        ("seat", "filled", "weak", "of", "now", "7 days ago", "28 days ago", "target", "target met"),
        (
            (
                rate.slot_type,
                rate.filled,
                rate.weak,
                rate.seats,
                percent(rate.fill_rate),
                *(percent(past.get((day, rate.slot_type))) for day in days),
                rate.target,
                yes_or_no(rate.is_met),
            )
            for rate in rates
        ),
    )


def _person(change: Mapping[str, Any]) -> Sequence[str]:
    return change["full_name"] or "", change["title"] or "", month(change["observed_on"])


def print_dry_run(engine: Engine, summary: Mapping[str, Any] | None, console: Console | None = None) -> None:
    """Print what a dry run would change, and its summary (counters and ``scope``).

    It left nothing behind, so that the changes are looked up again.
    """
    out = console or terminal()
    print_heading(out, "Slot evaluation")
    if summary is None:
        print_line(out, "The run did not get as far as a summary; nothing was written.")
        return
    lines = preview(Runtime(engine), Scope.of(summary["scope"]), limit=MOST_CHANGES).lines
    for line in lines:
        print_line(out, line, soft_wrap=True)
    if not lines:
        print_line(out, "Nothing would change.")
    out.print()
    print_lines(out, summary_lines(Counters.of(summary), is_dry_run=True))
