"""Lines of progress in logs."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from prospecting.services.progress import log_progress


@pytest.mark.parametrize(
    ("done", "total", "result", "line"),
    [
        (1, 3, None, "Progress 33 %: rows"),
        (3, 3, {"saved": 2}, "Progress 100 %: rows, {'saved': 2}"),
        (999, 1000, "ok", "Progress 99 %: rows, ok"),
        (0, 0, None, "Progress 100 %: rows"),
        (5, 3, None, "Progress 100 %: rows"),
    ],
)
def test_progress_is_one_line_in_percent(
    done: int, total: int, result: Any, line: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        log_progress(logging.getLogger("prospecting.test"), done, total, "rows", result)
    assert caplog.messages == [line]
