"""How precise the dates of events are in the results of an execution and in its report."""

from __future__ import annotations

import re
from datetime import date
from io import StringIO
from uuid import UUID

import pytest
from rich.console import Console
from sqlalchemy import Connection

from prospecting.parsing.events import parse_events
from prospecting.parsing.records import EventRecord
from prospecting.persistence import signals
from prospecting.persistence.events import upsert_events
from prospecting.services.reports import signals as reports
from scripts.report.console import ROWS, print_report
from tests.db.factories import new_execution

EVENTS = [
    EventRecord("Day Conf", date(2025, 3, 15), date(2025, 3, 15), date_precision="day"),
    EventRecord("Days Conf", date(2025, 9, 30), date(2025, 10, 2), date_precision="day"),
    EventRecord("New Year Conf", date(2025, 12, 30), date(2026, 1, 2), date_precision="day"),
    EventRecord("Month Conf", date(2025, 4, 1), date(2025, 4, 30), date_precision="month"),
    EventRecord("Quarter Conf", date(2025, 4, 1), date(2025, 6, 30), date_precision="month"),
    EventRecord("Year Conf", date(2025, 1, 1), date(2025, 12, 31), date_precision="year"),
    EventRecord("Years Conf", date(2025, 1, 1), date(2026, 12, 31), date_precision="year"),
    EventRecord("Some Day Conf"),
    *parse_events([{"name": "Anvil Conf", "date": "2025"}]).items,
]

IN_RESULTS = {
    "Day Conf": ("2025-03-15", "2025-03-15", "day"),
    "Days Conf": ("2025-09-30", "2025-10-02", "day"),
    "New Year Conf": ("2025-12-30", "2026-01-02", "day"),
    "Month Conf": ("2025-04", "2025-04", "month"),
    "Quarter Conf": ("2025-04", "2025-06", "month"),
    "Year Conf": ("2025", "2025", "year"),
    "Years Conf": ("2025", "2026", "year"),
    "Some Day Conf": (None, None, None),
    "Anvil Conf": ("2025", "2025", "year"),
}

IN_REPORT = {
    "Day Conf": "2025-03-15",
    "Days Conf": "2025-09-30 to 10-02",
    "New Year Conf": "2025-12-30 to 2026-01-02",
    "Month Conf": "2025-04",
    "Quarter Conf": "2025-04 to 06",
    "Year Conf": "2025",
    "Years Conf": "2025 to 2026",
    "Some Day Conf": "unknown",
    "Anvil Conf": "2025",
}


@pytest.fixture
def execution(connection: Connection) -> UUID:
    execution = new_execution(connection)
    saved = upsert_events(connection, EVENTS, source_system="test").saved
    signals.link_entities(connection, execution, "event", saved)
    assert signals.finish_execution(connection, execution, status="completed", stats={})
    return execution


def test_results_give_dates_as_precise_as_they_are_known(connection: Connection, execution: UUID) -> None:
    events = signals.find_execution(connection, execution)["results"]["events"]
    assert {e["name"]: (e["date"], e["end_date"], e["date_precision"]) for e in events} == IN_RESULTS


def test_the_report_shows_dates_as_precise_as_they_are_known(connection: Connection, execution: UUID) -> None:
    screen = Console(file=StringIO(), width=160, highlight=False)
    print_report(screen, reports.execution(connection, execution, rows=ROWS))
    assert isinstance(screen.file, StringIO)
    rows = [re.split(r"\s{2,}", line.strip(" │|")) for line in screen.file.getvalue().splitlines()]
    assert {row[1]: row[2] for row in rows if len(row) > 2 and row[1] in IN_REPORT} == IN_REPORT
