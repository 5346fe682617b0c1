"""Which provider is asked first, and what that costs."""

from __future__ import annotations

import itertools

import pytest

from prospecting.scoring.provider_order import ANY, Segment, TrackRecord, choose_order, expected_usd

SMALL_DE = Segment("small", "DE")
CHEAP, GOOD = TrackRecord(998, 99, 0.01), TrackRecord(998, 899, 0.05)


def test_what_an_order_costs() -> None:
    records = {"a": TrackRecord(98, 49, 1.0), "b": TrackRecord(98, 24, 2.0)}
    assert expected_usd(["a", "b"], records) == pytest.approx(1 + 0.5 * 2)
    assert expected_usd(["b", "a"], records) == pytest.approx(2 + 0.75 * 1)
    assert expected_usd([], records) == 0
    with pytest.raises(ValueError, match="price of c is not known"):
        expected_usd(["c"], {"c": TrackRecord(9, 9, None)})


def test_the_cheapest_order_is_chosen() -> None:
    records = {
        "free": TrackRecord(500, 1, 0.0),
        "cheap": CHEAP,
        "good": GOOD,
        "bad": TrackRecord(998, 0, 0.05),
        "same": GOOD,
    }
    choice = choose_order(["bad", "good", "same", "cheap", "free"], {Segment(): records}, SMALL_DE, min_observations=30)
    assert choice.order == ("free", "good", "same", "cheap", "bad")
    assert choice.expected_usd == pytest.approx(
        min(expected_usd(order, records) for order in itertools.permutations(records))
    )
    assert choice.given_usd == pytest.approx(expected_usd(["bad", "good", "same", "cheap", "free"], records))


@pytest.mark.parametrize(
    ("known_in", "expected"),
    [
        ([SMALL_DE, Segment(), Segment("small"), Segment(ANY, "DE")], SMALL_DE),
        ([Segment(), Segment("small"), Segment(ANY, "DE")], Segment("small")),
        ([Segment(), Segment(ANY, "DE"), Segment("large", "DE")], Segment(ANY, "DE")),
        ([Segment(), Segment("small", None), Segment("large", "DE")], Segment()),
        ([Segment("large", "DE"), Segment(None, None)], None),
    ],
)
def test_the_narrowest_segment_that_is_known_decides(known_in: list[Segment], expected: Segment | None) -> None:
    records = {segment: {"cheap": CHEAP, "good": GOOD} for segment in known_in}
    choice = choose_order(["cheap", "good"], records, SMALL_DE, min_observations=30)
    assert choice.segment == expected
    assert choice.order == (("good", "cheap") if expected else ("cheap", "good"))


@pytest.mark.parametrize(
    "other", [None, TrackRecord(29, 29, 0.001), TrackRecord(998, 998, None)], ids=["never asked", "too few", "no price"]
)
def test_too_little_is_known_of_one_of_them(other: TrackRecord | None) -> None:
    records = {"cheap": CHEAP, **({"other": other} if other else {}), "not listed": TrackRecord(998, 998, 0.0)}
    choice = choose_order(["cheap", "other"], {Segment(): records}, SMALL_DE, min_observations=30)
    assert (choice.order, choice.basis, choice.expected_usd) == (("cheap", "other"), "given", None)


def test_nobody_else_is_ever_asked() -> None:
    records = {"cheap": CHEAP, "good": GOOD, "best": TrackRecord(998, 998, 0.0)}
    choice = choose_order(["cheap", "good", "cheap"], {Segment(): records}, SMALL_DE, min_observations=1)
    assert choice.order == ("good", "cheap")
