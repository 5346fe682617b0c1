"""Results that pages keep for a minute."""

from __future__ import annotations

import itertools
from concurrent.futures import ThreadPoolExecutor

import pytest

from prospecting.web import kept
from prospecting.web.kept import Kept


def test_results_are_counted_once_in_a_while_for_each_question(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 0.0
    monkeypatch.setattr("prospecting.web.kept.time.monotonic", lambda: now)
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


def test_nobody_waits_for_a_count_who_can_have_the_older_result(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 0.0
    monkeypatch.setattr("prospecting.web.kept.time.monotonic", lambda: now)
    results: Kept[str] = Kept()
    assert results.result("a", lambda: "older") == "older"
    now = kept.KEPT_SECONDS + 1

    with ThreadPoolExecutor() as others:

        def count() -> str:
            return "newer than " + others.submit(results.result, "a", lambda: "counted twice").result(20)

        assert results.result("a", count) == "newer than older"
    assert results.result("a", lambda: "counted again") == "newer than older"
