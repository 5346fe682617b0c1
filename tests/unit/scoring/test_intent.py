"""Whose activity rises: what is expected, how rarely nothing is taken for something, how often a rise is found."""

from __future__ import annotations

import random
from fractions import Fraction
from math import comb, exp

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prospecting.scoring.intent import Intent, assess_intent

ORDER = {None: 0, "rising": 1, "surging": 2}


def level(activity: int, baseline: int) -> str | None:
    found = assess_intent(activity, baseline)
    return found.level if found else None


def test_a_rise_in_numbers_and_words() -> None:
    assert assess_intent(9, 8) == Intent(
        "surging", 9, 1.5, 6.0, ("9 actions in 14 days, 1.5 expected from the 12 weeks before",)
    )
    found = assess_intent(3, 0)
    assert found is not None
    assert (found.level, found.activity, found.reasons) == (
        "rising",
        3,
        ("3 actions in 14 days, none in the 12 weeks before",),
    )
    assert found.expected == pytest.approx(1 / 6)
    assert found.lift == pytest.approx(18)


@pytest.mark.parametrize(
    ("activity", "baseline", "expected"),
    [
        (0, 0, None),
        (1, 0, None),
        (2, 0, None),
        (3, 0, "rising"),
        (4, 0, "surging"),
        (0, 500, None),
        (5, 30, None),
        (10, 30, None),
        (15, 30, "rising"),
        (30, 30, "surging"),
        # However many there are and however sure it is: less than twice, and less than three times, is not enough.
        (1_990, 6_000, None),
        (2_010, 6_000, "rising"),
        (2_990, 6_000, "rising"),
        (3_010, 6_000, "surging"),
        (100_000, 600_000, None),
        (2_000_000, 600_000, "surging"),
    ],
)
def test_levels(activity: int, baseline: int, expected: str | None) -> None:
    assert level(activity, baseline) == expected


@given(st.integers(0, 60), st.integers(0, 300))
def test_the_chance_is_that_of_a_binomial_tail(activity: int, baseline: int) -> None:
    actions, latest = activity + baseline, Fraction(1, 7)
    chance = sum(comb(actions, k) * latest**k * (1 - latest) ** (actions - k) for k in range(activity, actions + 1))
    lift = activity / (Fraction(baseline + 1) / 6)
    allowed = "surging" if lift >= 3 and chance <= Fraction(1, 1_000) else "rising"
    expected = allowed if lift >= 2 and chance <= Fraction(1, 200) else None
    assert level(activity, baseline) == expected


@given(st.integers(0, 10_000), st.integers(0, 10_000), st.integers(1, 100))
def test_more_activity_means_no_less_and_more_past_no_more(activity: int, baseline: int, more: int) -> None:
    here = ORDER[level(activity, baseline)]
    assert ORDER[level(activity + more, baseline)] >= here
    assert ORDER[level(activity, baseline + more)] <= here


def poisson(rng: random.Random, mean: float) -> int:
    """A draw, by Knuth's product of uniforms."""
    limit, product, number = exp(-mean), rng.random(), 0
    while product > limit:
        product *= rng.random()
        number += 1
    return number


def share_found(rate: float, times: float, *, accounts: int = 4_000) -> float:
    """How many of the accounts are found that did ``rate`` actions in 14 days, and now do ``times`` as many."""
    rng = random.Random(f"{rate} {times}")
    found = sum(assess_intent(poisson(rng, rate * times), poisson(rng, 6 * rate)) is not None for _ in range(accounts))
    return found / accounts


@pytest.mark.parametrize("rate", [0.05, 0.3, 1, 3, 10, 30])
def test_accounts_that_stay_at_their_rate_are_hardly_ever_found(rate: float) -> None:
    assert share_found(rate, 1) < 0.01


@pytest.mark.parametrize(("rate", "most"), [(5, 0.6), (10, 0.9), (20, 0.95)])
def test_three_times_the_activity_is_mostly_found(rate: float, most: float) -> None:
    assert share_found(rate, 3, accounts=1_000) > most
