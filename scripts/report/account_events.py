"""The report of recorded events: how many there were, and what could not be used."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.console import Console
from sqlalchemy import Engine, text

from prospecting.services.touchpoint_events import Recorded
from scripts.report.console import print_heading, print_line, print_lines, print_table, terminal

_UNUSED = """
    select reason, count(*) as events
    from rejected_records
    where record_type in ('touchpoint_event', 'touchpoint_events')
      and written_by in (select id from task_attempts where dag_id = 'account_events' and run_id = :run_id)
    group by reason
    order by events desc, reason"""


def print_run(engine: Engine, run_id: str, returned: Mapping[str, Any], console: Console | None = None) -> None:
    """Print what became of the events that an Airflow run recorded."""
    out = console or terminal()
    print_heading(out, "Account events")
    summary = returned.get("summarize_recording")
    if not summary:
        print_line(out, "The run recorded nothing.")
        return
    print_lines(out, Recorded(**{name: count for name, count in summary.items() if name != "error_share"}).lines())
    with engine.connect() as connection:
        unused = connection.execute(text(_UNUSED), {"run_id": run_id}).all()
    print_table(out, "Could not be used (table rejected_records)", ("reason", "records"), unused)
