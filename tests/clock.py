"""The time that tests work with: the moment at which the test that runs began, the same however often it is asked for.

A module is imported minutes before its tests run, and the product looks at the clock only then: what depends on today
is worked out within a test. Outside of one, nothing here has an answer.
"""

from __future__ import annotations

import time as system
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

_moments: list[datetime] = []


def begin() -> None:
    """A test begins."""
    _moments[:] = [datetime.now(UTC)]


def end() -> None:
    """No test runs any more."""
    _moments.clear()


def now() -> datetime:
    """The moment at which the test began, in UTC.

    Raises:
        RuntimeError: no test runs.
    """
    if not _moments:
        raise RuntimeError("no test runs: work out what depends on today within a test, not when its module is read")
    return _moments[0]


def today() -> date:
    """The day on which the test began, in UTC."""
    return now().date()


def days_ago(days: float) -> datetime:
    """So many days before the test began; after it when negative."""
    return now() - timedelta(days=days)


def hours_ago(hours: float) -> datetime:
    """So many hours before the test began; after it when negative."""
    return now() - timedelta(hours=hours)


def date_ago(days: int) -> date:
    """The day so many days before the one on which the test began; after it when negative."""
    return today() - timedelta(days=days)


def from_now(values: Mapping[str, Any]) -> dict[str, Any]:
    """The same values; in place of each length of time the moment so long after the test began.

    For parameters of tests, which are worked out long before.
    """
    return {name: now() + value if isinstance(value, timedelta) else value for name, value in values.items()}


# ------------------------------------------------------------------------------------------------------------ midnight
def wait_past_midnight(
    length: timedelta,
    say: Callable[[str], None],
    *,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    sleep: Callable[[float], None] = system.sleep,
) -> None:
    """Wait until midnight UTC is past when something of this length would run over it: its two halves see two days."""
    began = clock()
    midnight = datetime.combine(began.date() + timedelta(days=1), time(), UTC)
    if midnight - began >= length:
        return
    say(f"Midnight UTC is near: tests wait for {(midnight - began).total_seconds():.0f} s")
    while (left := midnight - clock()) > timedelta(0):
        sleep(left.total_seconds())
