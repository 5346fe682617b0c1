"""Which report a run of a DAG gets."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from prospecting.persistence.signals import find_execution_of_run
from prospecting.services.digests import in_words
from prospecting.services.reports import accounts, briefings, erasure, features, signals, slots
from prospecting.services.reports.report import Lines, Report

Returned = Mapping[str, Any]
"""What the tasks of a run returned, by task id; of a mapped task a list."""


def _signal_execution(connection: Connection, run_id: str, returned: Returned, rows: int) -> Report:
    execution_id = find_execution_of_run(connection, run_id)
    if execution_id is None:
        return Report("Signal execution", parts=[Lines(["The run opened no execution; nothing was asked or saved."])])
    return signals.execution(connection, execution_id, rows=rows)


def _slot_evaluation(connection: Connection, run_id: str, returned: Returned, rows: int) -> Report:
    return slots.evaluation(connection, run_id, rows=rows) or slots.dry_run(slots.summary_of_dry_run(returned))


def _slot_backfill(connection: Connection, run_id: str, returned: Returned, rows: int) -> Report:
    plan = returned.get("plan_backfill")
    return slots.backfill(connection, run_id, has_plan=None if plan is None else bool(plan), rows=rows)


def _research_pipeline(connection: Connection, run_id: str, returned: Returned, rows: int) -> Report:
    started = returned.get("start_submission")
    if not started:
        return Report("Research", parts=[Lines(["The run opened no submission; nothing was asked or saved."])])
    return briefings.research(connection, UUID(started["submission_id"]), rows=rows)


def _account_promotion(connection: Connection, run_id: str, returned: Returned, rows: int) -> Report:
    return accounts.promotion(connection, run_id, _id(returned, "start_promotion", "promotion_id"), rows=rows)


def _signal_schedule(connection: Connection, run_id: str, returned: Returned, rows: int) -> Report:
    due = returned.get("find_due_signals")
    closed = {name: number for name, number in (returned.get("close_abandoned_runs") or {}).items() if number}
    lines = []
    if due is None:
        lines.append("The run did not get as far as looking for due signals.")
    else:
        lines.append(f"{len(due)} signals were due." if due else "No signal was due.")
        lines += [f"Signal {one['signal_id']}, due at {one['scheduled_for']}" for one in due]
    lines += [f"Closed, as nobody worked on them any more: {n} {name}" for name, n in closed.items()]
    return Report("Signal schedule", parts=[Lines(lines)])


def _news_digest(connection: Connection, run_id: str, returned: Returned, rows: int) -> Report:
    channels, sent = returned.get("find_channels"), returned.get("send_digest") or []
    if channels is None:
        lines = ["Nobody was told: there is no connection that says whom (prospecting_smtp, prospecting_slack)."]
    else:
        lines = [f"Sent: {in_words(counts)} new." for counts in sent]
        if len(sent) < len(channels):
            left_out = f"{len(channels) - len(sent)} of {len(channels)} channels"
            lines.append(f"{left_out} were sent nothing: nothing was new, or sending failed, as the log says.")
    return Report("News digest", parts=[Lines(lines)])


def _id(returned: Returned, task_id: str, name: str) -> UUID | None:
    found = returned.get(task_id)
    return UUID(found[name]) if found else None


_REPORTS: dict[str, Callable[[Connection, str, Returned, int], Report]] = {
    "account_events": lambda connection, run_id, returned, rows: accounts.recorded_events(
        connection, run_id, returned.get("summarize_recording")
    ),
    "account_promotion": _account_promotion,
    "account_refresh": lambda connection, run_id, returned, rows: accounts.refresh(connection, run_id, rows=rows),
    "briefing_backfill": lambda connection, run_id, returned, rows: briefings.backfill(returned),
    "ml_feature_refresh": lambda connection, run_id, returned, rows: features.refresh(
        connection, run_id, history=None, rows=rows
    ),
    "news_digest": _news_digest,
    "person_erasure": lambda connection, run_id, returned, rows: erasure.erasure(
        connection, run_id, _id(returned, "plan_erasure", "erasure_id")
    ),
    "research_pipeline": _research_pipeline,
    "signal_execution": _signal_execution,
    "signal_schedule": _signal_schedule,
    "slot_backfill": _slot_backfill,
    "slot_evaluation": _slot_evaluation,
}
REPORTED = tuple(_REPORTS)
"""The DAGs whose runs have a report."""


def report_of_run(connection: Connection, dag_id: str, run_id: str, returned: Returned, *, rows: int) -> Report | None:
    """The report of a run, with at most ``rows`` rows of a table; ``None`` for DAGs that have none."""
    build = _REPORTS.get(dag_id)
    return build(connection, run_id, returned, rows) if build else None
