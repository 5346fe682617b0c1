"""The report of an erasure: what was or would be erased, by table, and how to go on. It names nobody."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from rich.console import Console
from sqlalchemy import Connection, Engine

from prospecting.persistence.erasures import find_erasure, find_erasure_of_run
from scripts.report.console import print_heading, print_line, print_table, terminal


def print_run(engine: Engine, run_id: str, returned: Mapping[str, Any]) -> None:
    """Print the erasure that an Airflow run worked on: its own, or the one it went on with."""
    opened = returned.get("plan_erasure")
    with engine.connect() as connection:
        if opened:
            print_erasure(connection, UUID(opened["erasure_id"]))
        elif found := find_erasure_of_run(connection, run_id):
            print_erasure(connection, found.id)
        else:
            print_heading(terminal(), "Person erasure")
            print_line(terminal(), "The run opened no erasure; nothing was changed.")


def print_erasure(connection: Connection, erasure_id: UUID, console: Console | None = None) -> None:
    """An erasure with its rows by table. Raises ``LookupError`` when there is none with this id."""
    out = console or terminal()
    erasure = find_erasure(connection, erasure_id)
    print_heading(out, "Person erasure")
    decided = f"   {erasure.decision} by {erasure.decided_by or 'nobody in time'}" if erasure.decision else ""
    print_line(out, f"erasure {erasure.id}   ", (erasure.status, "bold"), decided)
    is_done = erasure.decision == "approved"
    counts = erasure.erased if is_done else erasure.planned
    rows = [(table, str(count)) for table, count in sorted(counts.items())]
    print_table(out, "Erased" if is_done else "To be erased", ("table", "rows"), rows, total=len(rows))
    if erasure.status == "planned":
        print_line(out, "Nothing was changed. To erase the person, say again who is meant:", before=1)
        conf = f'{{"person": …, "erasure_id": "{erasure.id}", "approved_by": "<your name>"}}'
        print_line(out, f"make dag DAG=person_erasure CONF='{conf}'", soft_wrap=True)
