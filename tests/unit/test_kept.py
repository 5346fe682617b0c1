"""Results that pages keep for a minute."""

from __future__ import annotations

import itertools

import pytest

from prospecting.web import kept
from prospecting.web.kept import Kept


def test_results_are_counted_once_in_a_while_for_each_question(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 0.0
    monkeypatch.setattr(kept.time, "monotonic", lambda: now)
    numbers = itertools.count()
    results: Kept[int] = Kept()

    def ask(asked: str) -> int:
        return results.result(asked, lambda: next(numbers))

    assert [ask("a"), ask("a"), ask("b"), ask("a")] == [0, 0, 1, 0]
    now = kept.KEPT_SECONDS + 1
    assert [ask("a"), ask("a")] == [2, 2]
    results.forget()
    assert ask("a") == 3
    with pytest.raises(ZeroDivisionError):
        results.result("c", lambda: 1 // 0)
    assert ask("c") == 4
    for many in range(100):
        ask(f"other {many}")
    assert ask("other 99") == 104
    assert ask("c") == 105
