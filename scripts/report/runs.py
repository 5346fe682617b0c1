"""Prints the report of a run, with what only a terminal shows: figures of all runs, and what a dry run would change."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from rich.console import Console
from sqlalchemy import Connection, Engine, NullPool, text

from prospecting.persistence.database import application_url, make_engine
from prospecting.persistence.ml_models import count_history
from prospecting.persistence.seats import Scope
from prospecting.services.reports import features, slots
from prospecting.services.reports.runs import REPORTED, report_of_run
from prospecting.services.runtime import Runtime
from prospecting.services.slots import preview
from scripts.report.console import ROWS, print_report, print_rows, terminal

MOST_CHANGES = 2_000
"""Changes shown of a dry run; the rest is counted."""


def print_run(dag_id: str, run_id: str, url: str, returned: Mapping[str, Any]) -> None:
    """Print what the run did; DAGs without a report print nothing.

    ``returned`` has what the run's tasks returned, by task id; of a mapped task a list.
    """
    if dag_id not in REPORTED:
        return
    with engine_for(url).connect() as connection:
        if dag_id == "slot_evaluation" and slots.evaluation(connection, run_id, rows=1) is None:
            print_dry_run(connection.engine, slots.summary_of_dry_run(returned))
            return
        print_stored(connection, dag_id, run_id, returned)


def print_stored(
    connection: Connection,
    dag_id: str,
    run_id: str,
    returned: Mapping[str, Any] | None = None,
    console: Console | None = None,
) -> None:
    """Print what the database knows of a run."""
    out = console or terminal()
    if dag_id == "ml_feature_refresh":
        print_report(out, features.refresh(connection, run_id, history=count_history(connection), rows=ROWS))
        return
    if (report := report_of_run(connection, dag_id, run_id, returned or {}, rows=ROWS)) is None:
        return
    print_report(out, report)
    if dag_id == "slot_evaluation":
        print_rows(out, slots.fill_rates(connection))
    elif dag_id == "slot_backfill" and slots.took_on_any(connection, run_id):
        print_rows(out, slots.request_kpis(connection))


def print_dry_run(engine: Engine, summary: Mapping[str, Any] | None, console: Console | None = None) -> None:
    """Print what a dry run would change, and its summary (counters and ``scope``).

    It left nothing behind, so that the changes are looked up again.
    """
    changes = preview(Runtime(engine), Scope.of(summary["scope"]), limit=MOST_CHANGES).lines if summary else None
    print_report(console or terminal(), slots.dry_run(summary, changes))


def find_latest(connection: Connection) -> UUID | None:
    """The id of the execution that started last."""
    latest = "select id from signal_executions order by started_at desc limit 1"
    found: UUID | None = connection.execute(text(latest)).scalar_one_or_none()
    return found


def engine_for(url: str) -> Engine:
    """The application database, connected to on demand."""
    return make_engine(application_url(url), poolclass=NullPool)
