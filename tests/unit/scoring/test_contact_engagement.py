"""How much a contact has to do with us."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prospecting.scoring.contact_engagement import WEIGHTS, EngagementEvent, engagement_score

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
AGES = st.integers(-30 * 1_440, 2_000 * 1_440).map(lambda minutes: minutes / 1_440)
ACTS = st.tuples(st.sampled_from(sorted(WEIGHTS)), AGES)
SOME = st.lists(ACTS, max_size=30)


def events(*acts: tuple[str, float]) -> list[EngagementEvent]:
    """Acts of a kind, so many days ago."""
    return [EngagementEvent(kind, NOW - timedelta(days=age)) for kind, age in acts]


def score(*acts: tuple[str, float]) -> int:
    return engagement_score(events(*acts), NOW)


@pytest.mark.parametrize(
    ("acts", "expected"),
    [
        ([], 0),
        ([("sent", 0)] * 50, 0),
        ([("opened", 0)], 5),
        ([("clicked", 0)], 20),
        ([("answered_call", 0)], 40),
        ([("replied", 0)], 50),
        ([("inbound", 0)], 50),
        ([("meeting", 0)], 70),
        # An act is worth half after 45 days, a quarter after 90, and part of a day counts.
        ([("meeting", 45)], 35),
        ([("meeting", 90)], 18),
        ([("clicked", 45)], 10),
        ([("replied", 22.5)], 35),
        ([("replied", 1)], 49),
        ([("meeting", 2_000)], 0),
        ([("meeting", 10**6 / 2)], 0),
        # Several: the chance that one of them means something.
        ([("opened", 0), ("clicked", 0)], 24),
        ([("meeting", 0), ("replied", 45)], 78),
        ([("meeting", 0), ("meeting", 0)], 91),
        ([("opened", 0)] * 10, 40),
        ([("meeting", 0)] * 20, 100),
        ([("meeting", 45), ("inbound", 0), ("replied", 0)], 84),
        # 71.5 and 52.5: halves go up, also where binary fractions end below them.
        ([("meeting", 0), ("opened", 0)], 72),
        ([("replied", 0), ("opened", 0)], 53),
        # The future counts nothing.
        ([("meeting", -0.001)], 0),
        ([("meeting", -30), ("opened", 0)], 5),
    ],
)
def test_scores(acts: list[tuple[str, float]], expected: int) -> None:
    assert score(*acts) == expected


@given(SOME)
def test_the_score_is_the_formula_in_either_writing(acts: list[tuple[str, float]]) -> None:
    past = [(WEIGHTS[kind], age) for kind, age in acts if age >= 0]
    product = 100 * (1 - math.prod(1 - weight * 2 ** (-age / 45) for weight, age in past))
    with_logarithms = 100 * (1 - math.exp(sum(math.log(1 - weight * 2 ** (-age / 45)) for weight, age in past)))
    assert score(*acts) == pytest.approx(product, abs=0.500_001)
    assert score(*acts) == math.floor(round(with_logarithms, 9) + 0.5)


@given(SOME, ACTS, st.floats(0, 500))
def test_acts_add_and_time_takes_away(acts: list[tuple[str, float]], another: tuple[str, float], days: float) -> None:
    here = score(*acts)
    assert 0 <= here <= score(*acts, another) <= 100
    known = [act for act in acts if act[1] >= 0]
    assert engagement_score(events(*known), NOW + timedelta(days=days)) <= here


@given(SOME.flatmap(lambda acts: st.tuples(st.just(acts), st.permutations(acts))))
def test_the_order_does_not_matter(orders: tuple[list[tuple[str, float]], list[tuple[str, float]]]) -> None:
    one, other = orders
    assert score(*one) == score(*other)


def test_the_moment_counts_and_not_how_it_is_written() -> None:
    elsewhere = NOW.astimezone(timezone(timedelta(hours=-11)))
    assert engagement_score(iter(events(("meeting", 3))), elsewhere) == score(("meeting", 3))
    assert engagement_score([EngagementEvent("meeting", elsewhere)], NOW) == 70


@pytest.mark.parametrize("kind", ["", "Opened", "delivered", "jane@acme.com"])
def test_an_unknown_kind_is_refused_with_the_known_ones(kind: str) -> None:
    with pytest.raises(ValueError, match="sent, opened, clicked, answered_call, replied, inbound, meeting") as error:
        score(("opened", 0), (kind, 0))
    assert "jane" not in str(error.value)


def test_times_without_a_zone_are_refused() -> None:
    naive = NOW.replace(tzinfo=None)
    with pytest.raises(ValueError, match="zone"):
        engagement_score([], naive)
    with pytest.raises(ValueError, match="zone"):
        engagement_score([EngagementEvent("opened", naive)], NOW)
