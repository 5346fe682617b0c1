"""The report of a briefing backfill: what became of past deep research."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.console import Console
from sqlalchemy import Engine

from prospecting.services.briefings import nothing_found, summary_lines
from scripts.report.console import print_heading, print_line, print_lines, terminal


def print_run(engine: Engine, run_id: str, returned: Mapping[str, Any], console: Console | None = None) -> None:
    """Print the summary that ``summarize_backfill`` returned.

    What could not be stored, and why, is in the table briefing_writes.
    """
    out = console or terminal()
    print_heading(out, "Briefing backfill")
    summary = returned.get("summarize_backfill")
    if summary is None:
        print_line(out, "The run did not get as far as a summary; what it had saved by then stays.")
        return
    print_lines(out, summary_lines(summary, is_dry_run=summary["is_dry_run"]))
    backfills, planned = returned.get("backfill_submission", []), returned.get("plan_submissions")
    all_done = planned is not None and len(backfills) == len(planned)
    if all_done and not summary["total_processed"]:
        print_line(out, nothing_found(summary["kind"]))
