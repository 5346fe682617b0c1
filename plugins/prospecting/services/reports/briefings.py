"""Runs that keep research: what became of past deep research, and how a submission stands."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from prospecting.persistence import submissions
from prospecting.services.briefings import nothing_found, summary_lines
from prospecting.services.reports.calls import calls
from prospecting.services.reports.report import Column, Lines, NextStep, Part, Report, table


def backfill(returned: Mapping[str, Any]) -> Report:
    """Tells what became of past deep research, by what the tasks of the run returned.

    What could not be stored, and why, is in the table briefing_writes.
    """
    title, summary = "Briefing backfill", returned.get("summarize_backfill")
    if summary is None:
        nothing = "The run did not get as far as a summary; what it had saved by then stays."
        return Report(title, parts=[Lines([nothing])])
    parts: list[Part] = [Lines(summary_lines(summary, is_dry_run=summary["is_dry_run"]))]
    backfills, planned = returned.get("backfill_submission", []), returned.get("plan_submissions")
    all_done = planned is not None and len(backfills) == len(planned)
    if all_done and not summary["total_processed"]:
        parts.append(Lines([nothing_found(summary["kind"])]))
    return Report(title, parts=parts)


def research(connection: Connection, submission_id: UUID, *, rows: int) -> Report:
    """Runs, steps and writes of a submission, what it found, why entities failed, what it cost."""
    report = submissions.query_report(connection, submission_id)
    results = submissions.query_results(connection, submission_id, limit=rows)
    parts: list[Part] = [
        Lines(submissions.summary_lines(submission_id, report)),
        table(
            "results",
            "In the tables",
            (
                *(Column(name) for name in ("kind", "entity", "name", "client", "processor")),
                Column("researched", "moment"),
            ),
            (
                (row["kind"], row["entity"], row["name"], row["client"], row["processor"], row["researched_at"])
                for row in results
            ),
            results.total,
        ),
        table(
            "failures",
            "Failed, and why",
            (Column("runs", "number"), Column("reason")),
            ((row["runs"], row["reason"]) for row in report["failures"]),
        ),
        calls(connection, f"research:{submission_id}"),
    ]
    if any(row["status"] in ("failed", "running", "queued") for row in report["runs"]):
        parts.append(NextStep("To go on:", "research_pipeline", {"submission_id": str(submission_id)}))
    return Report("Research", parts=parts)
