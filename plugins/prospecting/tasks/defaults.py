"""Defaults that all DAGs of the bundle have in common."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from typing import Any

import pendulum

from prospecting.operators.retry import RetryByKind
from prospecting.tasks.run_notes import keep_cause

OWNER = "prospecting"
START_DATE = pendulum.datetime(2026, 1, 1, tz="UTC")
"""Of DAGs without a timetable. With a start date in the past, a timetable makes up for the last missed time at once."""

NEVER_LATE = timedelta()
"""``run_immediately`` of timetables: a DAG that is switched on for the first time waits for its next time."""

POOL_AGENTS = "agents"
"""Calls to outside agents: as many at once as the providers' plans allow."""

POOL_DATABASE = "database"
"""Bulk writes to the application database."""


class Tag(StrEnum):
    """The legal tags; a test holds DAGs to them."""

    signals = "signals"
    slots = "slots"
    briefings = "briefings"
    features = "features"
    accounts = "accounts"
    nightly = "nightly"
    manual = "manual"


def default_args(**overrides: Any) -> dict[str, Any]:
    """Owner, retries with growing delays, retry by kind of error, one hour per try; a last error is kept."""
    return {
        "owner": OWNER,
        "retries": 3,
        "retry_delay": timedelta(seconds=20),
        "retry_exponential_backoff": 2.0,
        "max_retry_delay": timedelta(minutes=10),
        "retry_policy": RetryByKind(),
        "execution_timeout": timedelta(hours=1),
        "on_failure_callback": keep_cause,
        **overrides,
    }
