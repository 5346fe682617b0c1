"""How well an account is cared for: engaged contacts, conversations, known relationships, decision makers.

    engagement          mean engagement score of the contacts / 100 x 40
    conversations       active conversations per contact x 30, at most 30
    relationships       relationships per contact x 20, at most 20
    decision makers     10 if there is any

All of it follows from five sums and counts, so that SQL can do the same for all accounts at once, with the constants
here as bind parameters. There, too, divide once and last, so that nothing is lost before the status is found:
(0.4 x sum of scores + 30 x least(conversations, n) + 20 x least(relationships, n)) / n + 10, n = greatest(contacts, 1).
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from math import floor
from typing import Literal

from pydantic import BaseModel, ConfigDict

HealthStatus = Literal["excellent", "good", "fair", "poor", "critical"]

ENGAGEMENT_POINTS = 40
"""Points when every contact has an engagement score of ``HIGHEST_ENGAGEMENT``."""
CONVERSATION_POINTS = 30
"""Points for one active conversation per contact, or more."""
RELATIONSHIP_POINTS = 20
"""Points for one relationship per contact, or more."""
DECISION_MAKER_POINTS = 10
"""Points for at least one decision maker."""
HIGHEST_ENGAGEMENT = 100
LOW_ENGAGEMENT = 30
"""A mean engagement score below this is worth a recommendation."""
STATUS_FROM: dict[HealthStatus, int] = {"excellent": 80, "good": 60, "fair": 40, "poor": 20, "critical": 0}
"""The total from which on an account has a status, before rounding; the best first."""

FIND_DECISION_MAKERS = "Identify and engage decision makers within the account"
START_CONVERSATIONS = "Initiate conversations with key contacts"
MAP_RELATIONSHIPS = "Map relationships between contacts for multi-touch coordination"
INCREASE_ENGAGEMENT = "Increase engagement through personalized multi-channel outreach"


class HealthBreakdown(BaseModel):
    """The points of each part, with two decimals."""

    model_config = ConfigDict(frozen=True)

    engagement: float
    conversations: float
    relationships: float
    decision_makers: float


class AccountHealth(BaseModel):
    """How an account does: ``total_score`` 0..100 with two decimals, and what to do about it, the first thing first."""

    model_config = ConfigDict(frozen=True)

    total_score: float
    breakdown: HealthBreakdown
    health_status: HealthStatus
    recommendations: list[str]


def account_health(
    *, contacts: int, engagement_total: int, active_conversations: int, relationships: int, decision_makers: int
) -> AccountHealth:
    """The health of an account, from counts of its active ``contacts`` and what they have.

    ``engagement_total`` is the sum of their engagement scores (0..100 each), ``relationships`` the number of
    unordered pairs. The status follows from the exact total, which is rounded only then, half up.

    Raises ``ValueError`` for negative counts, and for a sum that this many contacts cannot have.
    """
    counts = (contacts, engagement_total, active_conversations, relationships, decision_makers)
    if any(count < 0 for count in counts):
        raise ValueError("Nothing in an account can be counted less than 0 times; give counts of 0 and more")
    if engagement_total > HIGHEST_ENGAGEMENT * contacts:
        raise ValueError(
            f"{contacts} contacts cannot have an engagement of {engagement_total} together: each has at most "
            f"{HIGHEST_ENGAGEMENT}; count the same contacts for both"
        )
    share_of = max(contacts, 1)
    engagement = Fraction(ENGAGEMENT_POINTS * engagement_total, HIGHEST_ENGAGEMENT * share_of)
    conversing = Fraction(CONVERSATION_POINTS * min(active_conversations, share_of), share_of)
    related = Fraction(RELATIONSHIP_POINTS * min(relationships, share_of), share_of)
    deciding = Fraction(DECISION_MAKER_POINTS if decision_makers else 0)
    total = engagement + conversing + related + deciding
    return AccountHealth(
        total_score=_rounded(total),
        breakdown=HealthBreakdown(
            engagement=_rounded(engagement),
            conversations=_rounded(conversing),
            relationships=_rounded(related),
            decision_makers=_rounded(deciding),
        ),
        health_status=next(status for status, least in STATUS_FROM.items() if total >= least),
        recommendations=list(
            _recommendations(contacts, engagement_total, active_conversations, relationships, decision_makers)
        ),
    )


def _recommendations(
    contacts: int, engagement_total: int, active_conversations: int, relationships: int, decision_makers: int
) -> Iterator[str]:
    if not decision_makers:
        yield FIND_DECISION_MAKERS
    if not active_conversations:
        yield START_CONVERSATIONS
    if relationships < contacts:
        yield MAP_RELATIONSHIPS
    if engagement_total < LOW_ENGAGEMENT * max(contacts, 1):
        yield INCREASE_ENGAGEMENT


def _rounded(points: Fraction) -> float:
    """With two decimals, half up, as PostgreSQL rounds ``numeric``."""
    return floor(points * 100 + Fraction(1, 2)) / 100
