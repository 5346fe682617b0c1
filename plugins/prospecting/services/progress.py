"""Lines of progress in the logs of tasks: ``Progress 40 %: companies 1-2000 of 5000, {...}``, always of this form."""

from __future__ import annotations

import logging
from typing import Any


def log_progress(log: logging.Logger, done: int, total: int, what: str, result: Any = None) -> None:
    """Say that ``done`` of ``total`` is done, in percent, what it was last, and what came of it."""
    share = min(100, 100 * done // total) if total > 0 else 100
    log.info("Progress %d %%: %s%s", share, what, "" if result is None else f", {result}")
