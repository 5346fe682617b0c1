"""Results of a minute ago: what is counted from whole tables, and is the same for everybody who looks."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

V = TypeVar("V")

KEPT_SECONDS = 60.0
_MOST = 20
"""Results that are kept, of those that differ by what was asked."""


class Kept(Generic[V]):
    """Results by what was asked, counted anew after ``KEPT_SECONDS``, one at a time.

    Whoever asks meanwhile gets the older result, and waits where there is none.
    """

    def __init__(self) -> None:
        self._counting = threading.Lock()
        self._results: dict[Hashable, tuple[float, V]] = {}

    def result(self, asked: Hashable, count: Callable[[], V]) -> V:
        """The result that is kept, or else what ``count`` returns now."""
        known = self._results.get(asked)
        if known and (time.monotonic() < known[0] or not self._counting.acquire(blocking=False)):
            return known[1]
        if not known:
            self._counting.acquire()
        try:
            known = self._results.get(asked)
            if known and time.monotonic() < known[0]:
                return known[1]
            result = count()
            while len(self._results) >= _MOST and asked not in self._results:
                del self._results[min(self._results, key=lambda one: self._results[one][0])]
            self._results[asked] = (time.monotonic() + KEPT_SECONDS, result)
            return result
        finally:
            self._counting.release()

    def forget(self) -> None:
        """Count anew whatever is asked next."""
        self._results = {}
