"""Whom to talk to next."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prospecting.scoring.expansion import SENIORITY_POINTS, STRENGTH_POINTS, at_least, priority

CHEN: dict[str, Any] = {
    "strength": "strong",
    "is_decision_maker": False,
    "is_champion": False,
    "seniority_level": "director",
    "engagement_score": 0,
    "has_active_conversation": True,
    "total_touchpoints": 1,
}
"""Dr. Chen: a colleague of a contact, in conversation already, with one touchpoint."""

SITUATIONS = st.fixed_dictionaries(
    {
        "strength": st.sampled_from([*STRENGTH_POINTS, "unheard of", None]),
        "is_decision_maker": st.booleans(),
        "is_champion": st.booleans(),
        "seniority_level": st.sampled_from([*SENIORITY_POINTS, "unheard of", "", None]),
        "engagement_score": st.integers(0, 100),
        "has_active_conversation": st.booleans(),
        "total_touchpoints": st.integers(0, 3),
    }
)


@pytest.mark.parametrize(
    ("changes", "score"),
    [
        ({}, 21.00),
        ({"has_active_conversation": False}, 42),
        ({"total_touchpoints": 0}, 31),
        ({"has_active_conversation": False, "total_touchpoints": 0}, 52),
        ({"strength": "medium"}, 16),
        ({"strength": "weak"}, 11),
        ({"strength": None}, 16),
        ({"strength": "colleagues"}, 16),
        ({"is_decision_maker": True}, 33.5),
        ({"is_champion": True}, 31),
        ({"is_decision_maker": True, "is_champion": True}, 33.5),
        ({"seniority_level": "c-level"}, 25),
        ({"seniority_level": "vp"}, 22.5),
        ({"seniority_level": "manager"}, 19),
        ({"seniority_level": "individual_contributor"}, 17.5),
        ({"seniority_level": None}, 17.5),
        ({"seniority_level": "Director"}, 17.5),
        ({"engagement_score": 100}, 28.5),
        ({"engagement_score": 33, "has_active_conversation": False}, 46.95),
        # Half of 42.15 and of 42.45 is 21.075 and 21.225: halves go up, whatever binary fractions make of them.
        ({"engagement_score": 1}, 21.08),
        ({"engagement_score": 3}, 21.23),
    ],
)
def test_the_priority_of_a_colleague(changes: dict[str, Any], score: float) -> None:
    assert priority(**(CHEN | changes)) == score


@given(SITUATIONS, st.integers(0, 100))
def test_better_known_more_senior_and_more_engaged_is_never_later(situation: dict[str, Any], engagement: int) -> None:
    here = priority(**situation)
    assert 7.5 <= here <= 100
    assert here == round(here, 2)
    assert priority(**situation | {"strength": "strong"}) >= here >= priority(**situation | {"strength": "weak"})
    assert priority(**situation | {"is_decision_maker": True}) >= here
    assert priority(**situation | {"seniority_level": "c-level"}) >= here
    more = max(engagement, situation["engagement_score"])
    assert priority(**situation | {"engagement_score": more}) >= here
    assert priority(**situation | {"has_active_conversation": True}) <= here
    assert priority(**situation | {"total_touchpoints": 0}) in (here, pytest.approx(here + 10))


@pytest.mark.parametrize(
    ("strength", "strong_enough_for"),
    [
        ("weak", {"weak"}),
        ("medium", {"weak", "medium"}),
        ("strong", {"weak", "medium", "strong"}),
        ("unheard of", {"weak", "medium"}),
        (None, {"weak", "medium"}),
    ],
)
def test_strengths_have_an_order(strength: str | None, strong_enough_for: set[str]) -> None:
    assert {minimum for minimum in STRENGTH_POINTS if at_least(strength, minimum)} == strong_enough_for


@pytest.mark.parametrize("minimum", ["", "Strong", "very strong", None])
def test_an_unknown_minimum_is_refused_with_the_choices(minimum: Any) -> None:
    with pytest.raises(ValueError, match="weak, medium, strong"):
        at_least("strong", minimum)


@pytest.mark.parametrize("impossible", [{"engagement_score": -1}, {"engagement_score": 101}, {"total_touchpoints": -1}])
def test_impossible_figures_are_refused(impossible: dict[str, int]) -> None:
    with pytest.raises(ValueError, match=r"between 0 and 100|less than 0"):
        priority(**CHEN | impossible)
