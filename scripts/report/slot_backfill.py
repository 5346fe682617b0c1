"""The report of a slot backfill: what became of the requests it took on."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from rich.console import Console
from sqlalchemy import Connection, Engine

from prospecting.persistence.seat_kpis import REQUEST_KPIS, query_request_kpis
from prospecting.persistence.slot_requests import (
    BatchSummary,
    count_pending,
    query_found_by_run,
    query_reasons_of_run,
    summarize_run,
)
from prospecting.persistence.slots import query_changes_of_run
from prospecting.services.slot_filters import nothing_waited
from scripts.report.console import (
    ROWS,
    company,
    number,
    print_calls,
    print_heading,
    print_line,
    print_pairs,
    print_table,
    terminal,
    usd,
    yes_or_no,
)


def print_run(engine: Engine, run_id: str, returned: Mapping[str, Any]) -> None:
    """Print the backfill of an Airflow run, or why it asked nothing."""
    with engine.connect() as connection:
        plan = returned.get("plan_backfill")
        if plan or took_on_any(connection, run_id):
            print_backfill(connection, run_id)
            return
        nothing = "The run did not get as far as a plan; nothing was asked" if plan is None else None
        print_heading(terminal(), "Slot backfill")
        print_line(terminal(), f"{nothing or nothing_waited(count_pending(connection))}.")


def took_on_any(connection: Connection, run_id: str) -> bool:
    """True when an Airflow run has worked on requests."""
    return summarize_run(connection, run_id) != BatchSummary(0, 0, 0, 0, Decimal(0)) or bool(
        query_reasons_of_run(connection, run_id)
    )


def print_backfill(connection: Connection, run_id: str, console: Console | None = None) -> None:
    """People found, seats closed, reasons of the other requests, calls and costs of an Airflow run."""
    out = console or terminal()
    summary = summarize_run(connection, run_id)
    reasons = query_reasons_of_run(connection, run_id)
    closed = query_changes_of_run(connection, dag_id="slot_backfill", run_id=run_id, transition="closed", limit=1)
    print_heading(out, "Slot backfill")
    print_pairs(
        out,
        ("completed", summary.completed, "requests: somebody was found"),
        ("failed", summary.failed, "requests: nobody was found, an attempt was counted"),
        ("seats closed", closed.total, "after the last attempt"),
        ("cancelled", summary.cancelled, "requests: nothing to ask for any more"),
        (
            "put back",
            sum(r["requests"] for r in reasons if r["status"] == "queued"),
            "requests: not asked, or not enough",
        ),
        ("still held", summary.running, "requests: by a task that is not done, or died"),
    )
    found = query_found_by_run(connection, run_id, limit=ROWS)
    print_table(
        out,
        "Found",
        ("company", "seat", "person", "title", "provider", "USD"),
        (
            (
                company(f),
                f["slot_type"],
                f["full_name"] or "",
                f["title"] or "",
                f["provider"] or "",
                usd(f["cost_usd"]),
            )
            for f in found
        ),
        total=found.total,
    )
    print_table(
        out,
        "Not found, and why",
        ("requests", "", "reason"),
        ((r["requests"], r["status"] if r["status"] != "queued" else "put back", r["reason"] or "") for r in reasons),
    )
    print_calls(out, connection, f"slot_backfill:{run_id}")
    print_request_kpis(out, connection)
    pending = count_pending(connection)
    print_line(
        out, f"{pending} requests wait or are being worked on." if pending else "No request is waiting.", before=1
    )
    if summary.completed:
        print_line(out, "The next slot_evaluation seats the people found: make dag DAG=slot_evaluation")


def print_request_kpis(out: Console, connection: Connection) -> None:
    """The figures of all requests, lately and ever, beside what they are meant to be."""
    kpis = query_request_kpis(connection)
    rows = []
    for name, label in REQUEST_KPIS.items():
        ever, lately = kpis[name, "ever"], kpis[name, "last 30 days"]
        rows.append((label, number(lately.value), number(ever.value), lately.target, yes_or_no(lately.is_met)))
    print_table(out, "All backfills", ("", "last 30 days", "ever", "target", "target met"), rows)
