"""How an account does, and what to do about it."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from prospecting.scoring.health import AccountHealth, account_health

DECISION_MAKERS = "Identify and engage decision makers within the account"
CONVERSATIONS = "Initiate conversations with key contacts"
RELATIONSHIPS = "Map relationships between contacts for multi-touch coordination"
ENGAGEMENT = "Increase engagement through personalized multi-channel outreach"


def health(contacts: int, engagement: int, conversations: int, relationships: int, deciding: int) -> AccountHealth:
    return account_health(
        contacts=contacts,
        engagement_total=engagement,
        active_conversations=conversations,
        relationships=relationships,
        decision_makers=deciding,
    )


def test_an_account_that_has_just_begun() -> None:
    acme = health(3, 0, 2, 2, 1)
    assert acme.model_dump() == {
        "total_score": 43.33,
        "breakdown": {"engagement": 0, "conversations": 20, "relationships": 13.33, "decision_makers": 10},
        "health_status": "fair",
        "recommendations": [RELATIONSHIPS, ENGAGEMENT],
    }
    with pytest.raises(ValidationError, match="frozen"):
        acme.total_score = 100


def test_an_account_with_nobody_in_it() -> None:
    empty = health(0, 0, 0, 0, 0)
    assert (empty.total_score, empty.health_status) == (0, "critical")
    assert empty.recommendations == [DECISION_MAKERS, CONVERSATIONS, ENGAGEMENT]


@pytest.mark.parametrize(
    ("counts", "parts", "status", "recommendations"),
    [
        ((1, 100, 1, 1, 1), (40, 30, 20, 10), "excellent", []),
        ((2, 100, 50, 70, 9), (20, 30, 20, 10), "excellent", []),  # more than one of each per contact counts no more
        ((0, 0, 3, 3, 0), (0, 30, 20, 0), "fair", [DECISION_MAKERS, ENGAGEMENT]),
        ((4, 0, 0, 0, 0), (0, 0, 0, 0), "critical", [DECISION_MAKERS, CONVERSATIONS, RELATIONSHIPS, ENGAGEMENT]),
        ((2, 60, 0, 2, 0), (12, 0, 20, 0), "poor", [DECISION_MAKERS, CONVERSATIONS]),
        ((2, 59, 1, 2, 1), (11.8, 15, 20, 10), "fair", [ENGAGEMENT]),
        ((2, 60, 1, 1, 1), (12, 15, 10, 10), "fair", [RELATIONSHIPS]),
        ((7, 3, 1, 0, 0), (0.17, 4.29, 0, 0), "critical", [DECISION_MAKERS, RELATIONSHIPS, ENGAGEMENT]),
    ],
)
def test_parts_and_recommendations(
    counts: tuple[int, ...], parts: tuple[float, ...], status: str, recommendations: list[str]
) -> None:
    found = health(*counts)
    assert tuple(found.breakdown.model_dump().values()) == parts
    assert found.total_score == pytest.approx(sum(parts), abs=0.02)
    assert found.health_status == status
    assert found.recommendations == recommendations


@pytest.mark.parametrize(
    ("counts", "score", "status"),
    [
        ((1, 50, 1, 1, 1), 80, "excellent"),
        ((300, 14_999, 300, 300, 1), 80.0, "good"),  # 79.998…: rounded to 80, and still below it
        ((1, 0, 1, 1, 1), 60, "good"),
        ((1, 25, 1, 0, 0), 40, "fair"),
        ((1, 24, 1, 0, 0), 39.6, "poor"),
        ((1, 0, 0, 1, 0), 20, "poor"),
        ((1, 49, 0, 0, 0), 19.6, "critical"),
        # Thirds that add up to a threshold, which floating-point numbers miss.
        ((3, 50, 1, 1, 1), 33.33, "poor"),
        ((3, 100, 1, 1, 1), 40, "fair"),
        ((30, 500, 17, 20, 1), 47, "fair"),
        ((6, 0, 1, 6, 1), 35, "poor"),
        ((8, 1, 0, 0, 0), 0.05, "critical"),
        ((16, 1, 0, 0, 0), 0.03, "critical"),  # 0.025: halves go up
    ],
)
def test_the_status_follows_from_the_exact_total(counts: tuple[int, ...], score: float, status: str) -> None:
    found = health(*counts)
    assert (found.total_score, found.health_status) == (score, status)


SCORES = st.lists(st.integers(0, 100), max_size=40)
COUNT = st.integers(0, 60)


@given(SCORES, COUNT, COUNT, st.integers(0, 3))
def test_the_sums_say_what_the_contacts_say(scores: list[int], talking: int, related: int, deciding: int) -> None:
    found = health(len(scores), sum(scores), talking, related, deciding)
    contacts = max(len(scores), 1)
    mean = Fraction(sum(scores), contacts)
    total = (
        mean / 100 * 40
        + min(Fraction(talking, contacts) * 30, 30)
        + min(Fraction(related, contacts) * 20, 20)
        + (10 if deciding else 0)
    )
    assert abs(Fraction(found.total_score) - total) <= Fraction(5_001, 1_000_000)
    least = {"excellent": 80, "good": 60, "fair": 40, "poor": 20, "critical": 0}
    assert found.health_status == next(status for status, floor in least.items() if total >= floor)
    assert found.recommendations == [
        text
        for text, is_due in [
            (DECISION_MAKERS, deciding == 0),
            (CONVERSATIONS, talking == 0),
            (RELATIONSHIPS, related < len(scores)),
            (ENGAGEMENT, mean < 30),
        ]
        if is_due
    ]


@pytest.mark.parametrize("which", range(5))
def test_negative_counts_are_refused(which: int) -> None:
    counts: list[Any] = [1, 0, 1, 1, 1]
    counts[which] = -1
    with pytest.raises(ValueError, match="0 and more"):
        health(*counts)


@pytest.mark.parametrize("counts", [(0, 1), (2, 201)])
def test_more_engagement_than_the_contacts_can_have_is_refused(counts: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="at most 100; count the same contacts"):
        health(*counts, 0, 0, 0)
