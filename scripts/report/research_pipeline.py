"""How a submission stands after a run of the research pipeline."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from rich.console import Console
from sqlalchemy import Connection, Engine

from prospecting.persistence.submissions import query_report, query_results, summary_lines
from scripts.report.console import ROWS, print_calls, print_heading, print_line, print_lines, print_table, terminal


def print_run(engine: Engine, run_id: str, returned: Mapping[str, Any]) -> None:
    """Print the submission that ``start_submission`` opened; nothing when it opened none.

    The summary of a failed run returns nothing, so that the first task says which submission it was.
    """
    if started := returned.get("start_submission"):
        with engine.connect() as connection:
            print_research(connection, UUID(started["submission_id"]))


def print_research(connection: Connection, submission_id: UUID, console: Console | None = None) -> None:
    """Runs, steps and writes of a submission, what it found, why entities failed, what it cost."""
    out = console or terminal()
    report = query_report(connection, submission_id)
    print_heading(out, "Research")
    print_lines(out, summary_lines(submission_id, report))
    results = query_results(connection, submission_id, limit=ROWS)
    print_table(
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
    print_table(out, "Failed, and why", ("runs", "reason"), ((f["runs"], f["reason"]) for f in report["failures"]))
    print_calls(out, connection, f"research:{submission_id}")
    unfinished = sum(r["runs"] for r in report["runs"] if r["status"] in ("failed", "running", "queued"))
    if unfinished:
        again = f'make dag DAG=research_pipeline CONF=\'{{"submission_id": "{submission_id}"}}\''
        print_line(out, f"To go on: {again}", before=1)
