"""How much a contact has to do with us, from what they did: 0 for nothing, towards 100.

    100 x (1 - Π (1 - weight x 2^(-age / 45 days)))

Read each weight as the chance that such an act means interest, on the day it happens, and half of that 45 days later;
the score is the chance that at least one of them does. So nothing that happens lowers it, many small acts never
outweigh what they are, and silence does the rest.

In SQL, with the weights as bind parameters:
100 * (1 - exp(sum(ln(1 - weight * power(2, -age / 45.0))))), over rows that are not in the future, 0 without any.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

WEIGHTS = {
    "sent": 0.0,
    "opened": 0.05,
    "clicked": 0.2,
    "answered_call": 0.4,
    "replied": 0.5,
    "inbound": 0.5,
    "meeting": 0.7,
}
"""How much each act says on the day it happens, 0..1.

- ``sent``: our own doing; it says nothing about them.
- ``opened``: pictures of a message were loaded; often by a program.
- ``clicked``: a link was followed.
- ``answered_call``: they talked to us when we called.
- ``replied``, ``inbound``: they wrote or called, in answer or of their own accord.
- ``meeting``: they gave us their time.
"""

HALF_LIFE_DAYS = 45
HIGHEST = 100
NOISE_PLACES = 9
"""Decimals to which a score is rounded before it is rounded to a whole number: what is beyond them is the noise of
arithmetic, which must not decide between two whole numbers, here or in SQL."""

_SECONDS_PER_DAY = 86_400


@dataclass(frozen=True, slots=True)
class EngagementEvent:
    """Something a contact did: ``kind`` is one of ``WEIGHTS``, ``occurred_at`` has a time zone."""

    kind: str
    occurred_at: datetime


def engagement_score(events: Iterable[EngagementEvent], as_of: datetime) -> int:
    """The engagement of a contact at ``as_of``, 0..100, rounded half up; ages are exact, not whole days.

    What happened after ``as_of`` counts nothing, so a score of the past can be computed again. Raises ``ValueError``
    for an unknown kind, and for times without a zone.
    """
    if as_of.utcoffset() is None:
        raise ValueError("as_of needs a time zone")
    strength = math.fsum(_strength(event, as_of) for event in events)
    score = round(-HIGHEST * math.expm1(-strength), NOISE_PLACES)
    return math.floor(score + 0.5)


def _strength(event: EngagementEvent, as_of: datetime) -> float:
    """The share of an event in -ln(1 - score / 100); shares add up, in any order."""
    weight = WEIGHTS.get(event.kind)
    if weight is None:
        raise ValueError(f"Unknown kind of engagement; allowed: {', '.join(WEIGHTS)}")
    if event.occurred_at.utcoffset() is None:
        raise ValueError("Each event needs a time with a zone")
    age = (as_of - event.occurred_at).total_seconds() / _SECONDS_PER_DAY
    if age < 0:
        return 0.0
    return -math.log1p(-weight * 2.0 ** (-age / HALF_LIFE_DAYS))
