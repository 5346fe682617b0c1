"""Runs that evaluate or fill seats: what they changed, whom they found, and why they did not find the others."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection

from prospecting.persistence.agent_calls import query_unpriced_providers
from prospecting.persistence.seat_kpis import (
    REQUEST_KPIS,
    query_fill_rates,
    query_fill_rates_on,
    query_request_kpis,
)
from prospecting.persistence.slot_evaluations import (
    Counters,
    find_evaluation_of_run,
    query_changes_of_run,
    summary_lines,
)
from prospecting.persistence.slot_requests import (
    BatchSummary,
    count_pending,
    query_found_by_run,
    query_reasons_of_run,
    summarize_run,
)
from prospecting.services.reports.calls import calls
from prospecting.services.reports.report import Column, Figures, Lines, NextStep, Part, Report, Table, company, table
from prospecting.services.slot_backfill import NO_LIVE_PROVIDER
from prospecting.services.slot_filters import nothing_waited
from prospecting.services.slot_params import SlotEvaluationParams
from prospecting.services.slots import sum_changes

_TITLE = "Slot evaluation"


# ------------------------------------------------------------------------------------------------------- evaluations
def evaluation(connection: Connection, run_id: str, *, rows: int) -> Report | None:
    """The summary of an Airflow run's evaluation, and the first ``rows`` seats it filled, emptied and closed.

    ``None`` when the run has none, as after a dry run.
    """
    found = find_evaluation_of_run(connection, run_id)
    if found is None:
        return None
    scope = "all companies" if found["is_full"] else "some companies or seats"
    if found["is_incremental"]:
        scope = f"what changed, {found['companies_processed']} companies"
    return Report(
        _TITLE,
        about=f"evaluation {found['id']} of {scope}",
        status=found["status"],
        started_at=found["started_at"],
        completed_at=found["completed_at"],
        problem=found["error"],
        parts=[
            Lines(summary_lines(Counters.of(found), is_dry_run=False)),
            *_changes(connection, run_id, rows),
            *_without_provider(found["policy"]),
            Lines([_waiting(count_pending(connection))]),
        ],
    )


def _changes(connection: Connection, run_id: str, rows: int) -> Iterator[Table]:
    for title, transition in (
        ("Seats filled", "filled"),
        ("Seats empty again", "reopened"),
        ("Seats closed", "closed"),
    ):
        changes = query_changes_of_run(
            connection, dag_id="slot_evaluation", run_id=run_id, transition=transition, limit=rows
        )
        holder = (Column("person"), Column("title"), Column("seen", "month")) if transition == "filled" else ()
        yield table(
            transition,
            title,
            (Column("company", "company"), Column("seat"), *holder),
            (
                (
                    company(change),
                    change["slot_type"],
                    *((change["full_name"], change["title"], change["observed_on"]) if holder else ()),
                )
                for change in changes
            ),
            changes.total,
        )


def _without_provider(policy: Mapping[str, Any] | None) -> Iterator[Lines]:
    if policy is not None and not policy["providers"]:
        yield Lines([f"{NO_LIVE_PROVIDER}."], is_warning=True)


def _waiting(pending: int) -> str:
    return f"{pending} requests wait or are being worked on." if pending else "No request is waiting."


def summary_of_dry_run(returned: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The counters that ``summarize_evaluation`` returned, or would have: it returns nothing when a chunk failed.

    ``None`` when the run did not get as far as reading its params.
    """
    if summary := returned.get("summarize_evaluation"):
        return dict(summary)
    started = returned.get("start_evaluation")
    if started and started["evaluation_id"] is None:
        scope = SlotEvaluationParams.model_validate(started["params"]).scope()
        chunks = returned.get("evaluate_chunk", [])
        changes = sum_changes(one for chunk in chunks for one in chunk.get("changes", ()))
        return {**Counters.total(chunks).as_dict(), "scope": asdict(scope), "changes": changes}
    return None


def dry_run(summary: Mapping[str, Any] | None, changes: Sequence[str] | None = None) -> Report:
    """The changes that a dry run would make: its counters, and the ``changes`` in words where they were looked up."""
    if summary is None:
        return Report(_TITLE, parts=[Lines(["The run did not get as far as a summary; nothing was written."])])
    parts: list[Part] = [Lines(["This was a dry run: nothing was written."], is_bold=True)]
    if "changes" in summary:
        parts.append(
            table(
                "changes",
                "What an evaluation would do, by seat",
                (Column("seat"), Column("what"), Column("seats", "number")),
                ((one["seat"], _WOULD.get(one["change"], one["change"]), one["seats"]) for one in summary["changes"]),
            )
        )
        if not summary["changes"] and changes is None:
            parts.append(Lines(["An evaluation would change nothing."]))
    if changes is not None:
        parts.append(Lines(changes or ["Nothing would change."]))
    parts.append(Lines(summary_lines(Counters.of(summary), is_dry_run=True)))
    return Report(_TITLE, parts=parts)


_WOULD = {
    "fill": "filled",
    "replace": "given to another holder",
    "reopen": "opened again, and asked about",
    "close": "closed: nobody was found",
    "request": "asked about",
    "verify": "holder asked about again",
}


def fill_rates(connection: Connection) -> Table:
    """The fill rate of every seat now, a week and four weeks ago, and what it is meant to be. Reads all of history."""
    today = datetime.now(UTC).date()
    days = [today - timedelta(days=7), today - timedelta(days=28)]
    past = query_fill_rates_on(connection, days)
    return table(
        "fill_rates",
        "Fill rate by seat, in per cent",
        (
            Column("seat"),
            *(Column(name, "number") for name in ("filled", "weak", "of")),
            *(Column(name, "percent") for name in ("now", "7 days ago", "28 days ago")),
            Column("target", "number"),
            Column("target met", "yes_no"),
        ),
        (
            (
                rate.slot_type,
                rate.filled,
                rate.weak,
                rate.seats,
                rate.fill_rate,
                *(past.get((day, rate.slot_type)) for day in days),
                rate.target,
                rate.is_met,
            )
            for rate in query_fill_rates(connection)
        ),
    )


# ---------------------------------------------------------------------------------------------------------- backfills
def took_on_any(connection: Connection, run_id: str) -> bool:
    """True when an Airflow run has worked on requests."""
    return summarize_run(connection, run_id) != BatchSummary(0, 0, 0, 0, Decimal(0)) or bool(
        query_reasons_of_run(connection, run_id)
    )


def backfill(connection: Connection, run_id: str, *, has_plan: bool | None, rows: int) -> Report:
    """People found, seats closed, reasons of the other requests, calls and costs of an Airflow run.

    ``has_plan``: its first task has planned something, nothing (False), or has not got there (None).
    """
    if not has_plan and not took_on_any(connection, run_id):
        nothing = "The run did not get as far as a plan; nothing was asked" if has_plan is None else None
        return Report("Slot backfill", parts=[Lines([f"{nothing or nothing_waited(count_pending(connection))}."])])
    summary = summarize_run(connection, run_id)
    reasons = query_reasons_of_run(connection, run_id)
    closed = query_changes_of_run(connection, dag_id="slot_backfill", run_id=run_id, transition="closed", limit=1)
    found = query_found_by_run(connection, run_id, limit=rows)
    unpriced = query_unpriced_providers(connection, f"slot_backfill:{run_id}")
    put_back = sum(reason["requests"] for reason in reasons if reason["status"] == "queued")
    parts: list[Part] = [
        Figures(
            (
                ("completed", summary.completed, "requests: somebody was found"),
                ("failed", summary.failed, "requests: nobody was found, an attempt was counted"),
                ("seats closed", closed.total, "after the last attempt"),
                ("cancelled", summary.cancelled, "requests: nothing to ask for any more"),
                ("put back", put_back, "requests: not asked, or not enough"),
                ("still held", summary.running, "requests: by a task that is not done, or died"),
            )
        ),
        table(
            "found",
            "Found",
            (
                Column("company", "company"),
                Column("seat"),
                Column("person"),
                Column("title"),
                Column("provider"),
                Column("USD", "usd"),
            ),
            (
                (company(row), row["slot_type"], row["full_name"], row["title"], row["provider"], _cost(row, unpriced))
                for row in found
            ),
            found.total,
        ),
        table(
            "not_found",
            "Not found, and why",
            (Column("requests", "number"), Column("outcome"), Column("reason")),
            (
                (row["requests"], row["status"] if row["status"] != "queued" else "put back", row["reason"])
                for row in reasons
            ),
        ),
        calls(connection, f"slot_backfill:{run_id}"),
        Lines([_waiting(count_pending(connection))]),
    ]
    if summary.completed:
        parts.append(NextStep("The next slot_evaluation seats the people found.", "slot_evaluation", {}))
    return Report("Slot backfill", parts=parts)


def _cost(row: Mapping[str, Any], unpriced: Collection[str]) -> Decimal | None:
    """The cost of a request; None when all that is known of it is that its provider's price is not."""
    cost: Decimal | None = row["cost_usd"]
    return None if not cost and row["provider"] in unpriced else cost


def request_kpis(connection: Connection) -> Table:
    """The figures of all requests, lately and ever, beside what they are meant to be."""
    kpis = query_request_kpis(connection)
    rows = []
    for name, label in REQUEST_KPIS.items():
        ever, lately = kpis[name, "ever"], kpis[name, "last 30 days"]
        rows.append((label, lately.value, ever.value, lately.target, lately.is_met))
    return table(
        "request_kpis",
        "All backfills",
        (
            Column(""),
            Column("last 30 days", "decimal"),
            Column("ever", "decimal"),
            Column("target"),
            Column("target met", "yes_no"),
        ),
        rows,
    )
