"""Finds the stored signals that are due by schedules of their own."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from datetime import datetime
from uuid import UUID

from pydantic import ValidationError
from sqlalchemy import RowMapping

from prospecting.persistence import signals
from prospecting.services.params import explain
from prospecting.services.runtime import Runtime
from prospecting.services.signal_params import Schedule

log = logging.getLogger(__name__)


def find_due_signals(runtime: Runtime, now: datetime) -> list[tuple[UUID, datetime]]:
    """(signal, due time) of each active signal whose latest due time has not been executed.

    A schedule that cannot be used is logged and stops none of the others.
    """
    due = list(_due(runtime.read(signals.query_scheduled_signals), now))
    log.info("%d signals are due", len(due))
    return due


def find_paused_signals(runtime: Runtime, now: datetime) -> list[tuple[UUID, datetime]]:
    """(signal, due time) of each paused signal that would be due: its due time passes, and is not made up for."""
    paused = list(_due(runtime.read(lambda connection: signals.query_scheduled_signals(connection, "paused")), now))
    for signal_id, _ in paused:
        log.info("Signal %s is due and paused: not started. Resume it to have its schedule go on", signal_id)
    return paused


def _due(stored: Iterable[RowMapping], now: datetime) -> Iterator[tuple[UUID, datetime]]:
    for signal in stored:
        try:
            latest = Schedule.model_validate(signal["schedule"]).latest_due_time(now)
        except ValidationError as error:
            log.error("Signal %s has an unusable schedule: %s", signal["id"], explain(error, Schedule))
            continue
        # A due time before the signal was stored, or given this schedule, was not missed. Whoever changes a signal also
        # executes it.
        since = signal["updated_at"]
        if latest is not None and latest > max(since, signal["last_due_time"] or since):
            yield signal["id"], latest
