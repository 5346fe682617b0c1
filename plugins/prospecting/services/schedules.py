"""Finds the stored signals that are due by schedules of their own."""

from __future__ import annotations

import logging
from datetime import datetime
from uuid import UUID

from pydantic import ValidationError

from prospecting.persistence import signals
from prospecting.services.params import explain
from prospecting.services.runtime import Runtime
from prospecting.services.signal_params import Schedule

log = logging.getLogger(__name__)


def find_due_signals(runtime: Runtime, now: datetime) -> list[tuple[UUID, datetime]]:
    """(signal, due time) of each signal whose latest due time has not been executed.

    A schedule that cannot be used is logged and stops none of the others.
    """
    due = []
    for signal in runtime.read(signals.query_scheduled_signals):
        try:
            latest = Schedule.model_validate(signal["schedule"]).latest_due_time(now)
        except ValidationError as error:
            log.error("Signal %s has an unusable schedule: %s", signal["id"], explain(error, Schedule))
            continue
        # A due time before the signal was stored, or given this schedule, was not missed. Whoever changes a signal also
        # executes it.
        since = signal["updated_at"]
        if latest is not None and latest > max(since, signal["last_due_time"] or since):
            due.append((signal["id"], latest))
    log.info("%d signals are due", len(due))
    return due
