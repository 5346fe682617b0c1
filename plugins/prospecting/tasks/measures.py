"""Metrics that take a look at the database, or at the summary of a run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from airflow.sdk import get_current_context, timezone

from prospecting.hooks import metrics
from prospecting.persistence.overview import query_queue
from prospecting.persistence.seat_kpis import count_seats
from prospecting.services.runtime import Runtime

_OF_AN_EXECUTION = {
    "eventsDiscovered": metrics.EVENTS_FOUND,
    "newEvents": metrics.EVENTS_NEW,
    "companiesFound": metrics.COMPANIES_FOUND,
    "newCompanies": metrics.COMPANIES_NEW,
    "contactsDiscovered": metrics.PEOPLE_FOUND,
    "newContacts": metrics.PEOPLE_NEW,
    "rejectedRecords": metrics.RECORDS_REJECTED,
    "filteredRecords": metrics.RECORDS_FILTERED,
}


def _current_dag_id() -> str:
    context: Any = get_current_context()
    return str(context["ti"].dag_id)


def measure_execution(stats: Mapping[str, int]) -> None:
    """Count what an execution found, by the ``stats`` of its summary."""
    for name, metric in _OF_AN_EXECUTION.items():
        metric.record(stats[name], dag_id=_current_dag_id())


def measure_seats(runtime: Runtime) -> None:
    """Tell how all seats stand."""
    seats = runtime.read(count_seats)
    metrics.SEATS_FILLED.record(seats.get("filled", 0))
    metrics.SEATS_OPEN.record(seats.get("open", 0))
    metrics.SEATS_CLOSED.record(seats.get("closed_missing", 0))


def measure_queue(runtime: Runtime) -> None:
    """Tell how many requests wait for a person to be found, since when, and how many nobody works on any more."""
    queue = runtime.read(query_queue)
    oldest = queue["oldest"]
    metrics.REQUESTS_WAITING.record(queue["waiting"])
    metrics.REQUESTS_STUCK.record(queue["stuck"])
    metrics.REQUESTS_OLDEST.record(max(0.0, (timezone.utcnow() - oldest).total_seconds()) if oldest else 0)


def count_failed_gate() -> None:
    """Count a check of the current DAG that found what must not be."""
    metrics.GATES_FAILED.record(1, dag_id=_current_dag_id())
