"""A bound for readers of hostile texts."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

_SECONDS = 20


@contextmanager
def bounded() -> Iterator[None]:
    """Fails when the work inside takes CPU time out of all proportion to a megabyte of text.

    What is linear needs a second or less, what is quadratic minutes: the bound tells the two apart on any machine.
    """
    started = time.process_time()
    yield
    assert time.process_time() - started < _SECONDS
