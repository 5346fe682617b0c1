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
    """Results by what was asked, each at most ``KEPT_SECONDS`` old. Whoever asks while one is counted waits for it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._results: dict[Hashable, tuple[float, V]] = {}

    def result(self, asked: Hashable, count: Callable[[], V]) -> V:
        """The result that is kept, or else what ``count`` returns now."""
        with self._lock:
            until, result = self._results.get(asked, (0.0, None))
            if result is None or time.monotonic() > until:
                result = count()
                while len(self._results) >= _MOST:
                    del self._results[min(self._results, key=lambda one: self._results[one][0])]
                self._results[asked] = (time.monotonic() + KEPT_SECONDS, result)
            return result

    def forget(self) -> None:
        """Count anew whatever is asked next."""
        with self._lock:
            self._results.clear()
