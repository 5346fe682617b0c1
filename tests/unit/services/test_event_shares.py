"""Shares of the limit of events: even at first, and what is left unused goes to others."""

from __future__ import annotations

from datetime import date

import pytest

from prospecting.parsing.records import EventRecord
from prospecting.services.event_shares import pass_on_shares
from prospecting.services.signal_params import SignalParams


def configured(limit: int, *keywords: str) -> SignalParams:
    return SignalParams.model_validate({"name": "x", "event_keywords": keywords, "limits": {"max_events": limit}})


def named(prefix: str, count: int) -> list[EventRecord]:
    return [EventRecord(f"{prefix} {number}", date(2027, 1, 1)) for number in range(count)]


@pytest.mark.parametrize(
    ("limit", "found", "kept"),
    [
        (10, {"a": 2, "b": 10}, {"a": 0, "b": 3}),  # shares of 5; three places of a's are free
        (10, {"a": 5, "b": 10}, {"a": 0, "b": 0}),
        (9, {"a": 0, "b": 9, "c": 9}, {"a": 0, "b": 2, "c": 1}),  # in turn, as far as they go
        (9, {"a": 0, "b": 4, "c": 9}, {"a": 0, "b": 1, "c": 2}),
        (10, {"b": 8}, {"b": 3}),  # nobody answered about a
        (2, {"a": 1, "b": 1, "c": 2}, {"a": 0, "b": 0, "c": 0}),  # one each is more than the limit already
        (100, {"a": 3, "b": 3}, {"a": 0, "b": 0}),
    ],
)
def test_unused_shares_are_passed_on(limit: int, found: dict[str, int], kept: dict[str, int]) -> None:
    keywords = ["a", "b", *(["c"] if "c" in found else [])]
    configuration = configured(limit, *keywords)
    fitting = {keyword: named(keyword, count) for keyword, count in found.items()}
    allotted = pass_on_shares(fitting, configuration)
    assert {keyword: len(one.kept) for keyword, one in allotted.items()} == kept
    for keyword, one in allotted.items():
        share = configuration.events_for(keyword)
        assert [*fitting[keyword][:share], *one.kept, *one.left] == fitting[keyword]


def test_an_event_that_two_keywords_found_takes_up_room_once() -> None:
    shared = named("shared", 2)
    fitting = {"a": [*shared, *named("a", 3)], "b": [*shared, *named("b", 3)]}
    allotted = pass_on_shares(fitting, configured(4, "a", "b"))
    assert [event.name for event in allotted["a"].kept] == ["a 0"]
    assert [event.name for event in allotted["b"].kept] == ["b 0"]


def test_a_known_event_is_kept_even_when_there_is_no_room() -> None:
    fitting = {"a": named("a", 2), "b": [EventRecord("b", None), *named("a", 1)]}
    allotted = pass_on_shares(fitting, configured(2, "a", "b"))
    assert [event.name for event in allotted["b"].kept] == ["a 0"]
    assert [event.name for event in allotted["a"].left] == ["a 1"]
