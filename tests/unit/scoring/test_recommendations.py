"""Why an account is recommended, in words; what ranking is worth next to chance."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from math import sqrt
from statistics import mean, stdev
from typing import Any

import pytest

from prospecting.scoring.recommendations import (
    Candidate,
    Estimate,
    LeftOut,
    PolicyValue,
    RecommendationOutcome,
    evaluate_policy,
    recommendation_reasons,
)

DAY = date(2026, 6, 1)
PLAIN = Candidate("acme.com", 1, Decimal("0.60000"), False, Decimal(1), icp_score=6)


def test_every_reason_in_its_order() -> None:
    candidate = Candidate(
        "acme.com",
        9,
        Decimal("0.31000"),
        True,
        Decimal("0.02"),
        model_id=3,
        model_reasons=["5 engineering roles open (+12 points)", "Funding (+3 points)"],
        icp_score=9,
        has_open_engineering_roles=True,
        engineering_role_count=5,
        days_since_research=3,
        engagement_score=Decimal("0.700"),
        intent_level="surging",
        intent_reasons=["9 actions in 14 days, 1.5 expected from the 12 weeks before"],
        sponsored_event_count=2,
        best_sponsor_tier="gold",
        slots_filled=2,
        contact_count=5,
        deal_lost_count=1,
        days_since_lost=45,
        failed_run_count=3,
    )
    assert recommendation_reasons(candidate) == (
        "Explored: drawn by chance to learn from",
        "5 engineering roles open (+12 points)",
        "Funding (+3 points)",
        "Scored 31.0% by the model",
        "High ICP score (9)",
        "Active engineering hiring (5 roles)",
        "Recently researched (3 days ago)",
        "High user engagement",
        "Activity is surging: 9 actions in 14 days, 1.5 expected from the 12 weeks before",
        "Sponsored 2 events, best tier gold",
        "5 contacts known",
        "2 executives known",
        "Against it: 1 deal lost, the last 45 days ago",
        "Our research of it failed 3 times since it last succeeded",
    )


@pytest.mark.parametrize(
    ("known", "expected"),
    [
        ({"icp_score": 8}, "High ICP score (8)"),
        ({"icp_score": 7}, "ICP score 7"),
        ({"icp_score": None, "score": Decimal(0)}, "No score yet: not researched"),
        ({"icp_score": None, "model_id": 1, "score": Decimal("0.31250")}, "Scored 31.2% by the model"),
        (
            {"score": Decimal("0.3"), "scored_by": "same_icp_score"},
            "Not scored by the model yet: ranked at 30.0%, the mean of ICP score 6",
        ),
        (
            {"score": Decimal("0.3"), "scored_by": "same_icp_score", "icp_score": None},
            "Not scored by the model yet: ranked at 30.0%, the mean of those without an ICP score",
        ),
        (
            {"score": Decimal("0.3"), "scored_by": "all_scores"},
            "Not scored by the model yet: ranked at 30.0%, the mean of all accounts",
        ),
    ],
)
def test_the_score_that_decided_is_said(known: dict[str, Any], expected: str) -> None:
    assert recommendation_reasons(replace(PLAIN, **known)) == (expected,)


@pytest.mark.parametrize(
    ("known", "expected"),
    [
        ({"has_open_engineering_roles": True}, "Active engineering hiring"),
        ({"has_open_engineering_roles": True, "engineering_role_count": 1}, "Active engineering hiring (1 role)"),
        ({"engineering_role_count": 7}, "Active engineering hiring (7 roles)"),
        ({"has_open_engineering_roles": False, "engineering_role_count": 0}, None),
        ({"days_since_research": 0}, "Recently researched (today)"),
        ({"days_since_research": -1}, "Recently researched (today)"),
        ({"days_since_research": 1}, "Recently researched (1 day ago)"),
        ({"days_since_research": 30}, "Recently researched (30 days ago)"),
        ({"days_since_research": 31}, None),
        ({"engagement_score": Decimal("0.501")}, "High user engagement"),
        ({"engagement_score": Decimal("0.500")}, None),
        ({"sponsored_event_count": 1}, "Sponsored 1 event"),
        ({"sponsored_event_count": 1, "best_sponsor_tier": "silver"}, "Sponsored 1 event, best tier silver"),
        ({"contact_count": 1}, "1 contact known"),
        ({"contact_count": 4, "decision_maker_contact_count": 2}, "2 decision makers among the contacts"),
        ({"deal_lost_count": 2, "days_since_lost": 0}, "Against it: 2 deals lost, the last today"),
        ({"failed_run_count": 1}, "Our research of it failed 1 time"),
    ],
)
def test_each_reason_alone(known: dict[str, Any], expected: str | None) -> None:
    """Beside the score that decided."""
    assert recommendation_reasons(replace(PLAIN, **known)) == ("ICP score 6", *filter(None, [expected]))


def test_an_empty_list_is_explained() -> None:
    counts = {"unknown": 5, "low_score": 1, "other_priority": 0, "suppressed": 2, "won": 1, "touched": 3}
    asked = {"min_icp_score": 6, "quiet_days": 30, "places": 10}
    assert LeftOut(accounts=12, **counts).as_reason(**asked) == (
        "Nobody is recommended. 12 accounts: 5 without an ICP score, of which too little else is known; 1 with an ICP "
        "score below 6; 2 suppressed; 1 won before; 3 contacted, met or lost in the last 30 days"
    )
    assert "no account has features yet" in LeftOut(0, *[0] * 6).as_reason(**asked)
    assert "no places" in LeftOut(12, *[0] * 6).as_reason(**{**asked, "places": 0})


# ------------------------------------------------------------------------------------------------------- evaluation
def outcome(account: str, is_success: bool, propensity: float | None = None, day: int = 0) -> RecommendationOutcome:
    is_exploration = propensity is not None
    return RecommendationOutcome(DAY + timedelta(days=day), account, is_exploration, propensity or 1.0, is_success)


def test_nothing_is_worth_nothing_known() -> None:
    assert evaluate_policy([]) == PolicyValue(None, None, None)
    assert evaluate_policy([outcome("a.com", True)]) == PolicyValue(Estimate(1.0, None, 1), None, None)
    assert evaluate_policy([outcome("a.com", False, 0.5)]) == PolicyValue(None, Estimate(0.0, None, 1), None)


def test_a_mean_and_its_standard_error() -> None:
    """With equal chances and an account each it is the textbook's standard error of a mean."""
    seen = [True, False, False, True, False]
    found = evaluate_policy([outcome(f"{number}.com", success) for number, success in enumerate(seen)]).ranked
    assert found is not None
    assert found.value == pytest.approx(mean(seen))
    assert found.standard_error == pytest.approx(stdev(seen) / sqrt(5))
    assert found.places == 5


def test_a_drawn_place_stands_for_all_it_was_drawn_from() -> None:
    """One of 10 accounts was drawn on one day, one of 1000 on another."""
    found = evaluate_policy([outcome("a.com", True, 1 / 10), outcome("b.com", False, 1 / 1000, day=1)]).explored
    assert found is not None
    assert found.value == pytest.approx(10 / 1010)


def test_an_account_on_many_days_is_one_witness() -> None:
    once = [outcome("a.com", True), outcome("b.com", False)]
    daily = [outcome(account, account == "a.com", day=day) for account in ("a.com", "b.com") for day in range(50)]
    found, repeated = evaluate_policy(once).ranked, evaluate_policy(daily).ranked
    assert found is not None
    assert repeated is not None
    assert (repeated.value, repeated.places) == (found.value, 100)
    assert repeated.standard_error == pytest.approx(found.standard_error)


def test_the_gain_is_the_difference_and_shared_accounts_do_not_count_twice() -> None:
    """Accounts that are as successful here as there say nothing about a difference, however they differ themselves."""
    shared = [(account, account == "a.com") for account in ("a.com", "b.com", "c.com")]
    both = [outcome(*pair) for pair in shared] + [outcome(*pair, 0.5, day=1) for pair in shared]
    assert evaluate_policy(both).gain == Estimate(0.0, 0.0, 6)
    apart = [
        outcome("a.com", True),
        outcome("b.com", False),
        outcome("c.com", False, 0.5),
        outcome("d.com", False, 0.5),
    ]
    assert evaluate_policy(apart).gain == Estimate(0.5, pytest.approx(sqrt(4 / 3 * 2 * 0.25**2)), 4)


def test_the_estimate_of_chance_is_right_and_so_is_its_standard_error() -> None:
    """Days with pools of different size and success: the truth is the mean over all accounts of all pools."""
    rng = random.Random(7)
    pools = [[rng.random() < share for _ in range(size)] for size, share in [(20, 0.5), (200, 0.1), (100, 0.3)] * 10]
    truth = mean(success for pool in pools for success in pool)
    values, covered = [], 0
    for _ in range(400):
        drawn = [
            outcome(f"{day}-{account}.com", pools[day][account], 5 / len(pools[day]), day)
            for day in range(len(pools))
            for account in rng.sample(range(len(pools[day])), 5)
        ]
        found = evaluate_policy(drawn).explored
        assert found is not None
        assert found.standard_error is not None
        values.append(found.value)
        covered += abs(found.value - truth) <= 1.96 * found.standard_error
    assert mean(values) == pytest.approx(truth, abs=3 * stdev(values) / 20)
    assert covered / 400 > 0.9
