"""Whom to ask about first: companies by what they sponsor, its tier weighed by how recent it is.

A sponsorship weighs ``tier × recency``:

- tier, from 4 for a title sponsor to 0.5 for a tier nobody knows: ``TIER_POINTS``;
- recency: 1 for an event that is to come, else one half for every year since (``HALF_LIFE_DAYS``); for a day nobody
  knows that of two years ago.

A company weighs as much as its heaviest sponsorship and a fiftieth of the others together, at most 0.2
of its most recent one: further events
say that it sponsors, and never outweigh a better tier at the same time. Events that are over lose weight alike, so that
the order among them is the same on every day.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

HALF_LIFE_DAYS = 365.25
UNKNOWN_DAYS = 2 * HALF_LIFE_DAYS
OTHERS, MOST_FOR_OTHERS = 0.02, 0.2
TIER_POINTS = (
    (1, 4.0),  # title, presenting
    (2, 3.5),  # diamond
    (3, 3.0),  # platinum
    (4, 2.75),  # ruby
    (5, 2.5),  # gold
    (6, 2.0),  # silver
    (7, 1.5),  # bronze
    (49, 1.25),  # numbered levels
    (59, 1.0),  # names that tell no rank
    (99, 0.75),  # partners, exhibitors
)
"""Points up to and including a rank of ``parsing.tiers``."""
LEAST_POINTS = 0.5


@dataclass(frozen=True, slots=True)
class Sponsorship:
    """``tier_rank``: as ``parsing.tiers`` ranks it, 1 is best. ``last_day`` of the event that was sponsored.

    Of a sponsor of an earlier edition it is that edition's.
    """

    tier_rank: int | None
    last_day: date | None


def sponsorship_weight(sponsorship: Sponsorship, today: date) -> float:
    """How much one sponsorship speaks for its company, between 0 and 4."""
    return _tier_points(sponsorship.tier_rank) * _recency(sponsorship.last_day, today)


def company_priority(sponsorships: Sequence[Sponsorship], today: date) -> float:
    """How much all sponsorships of a company speak for asking about it first; 0 without any. Higher comes first."""
    weights = sorted((sponsorship_weight(one, today) for one in sponsorships), reverse=True)
    if not weights:
        return 0.0
    recency = max(_recency(one.last_day, today) for one in sponsorships)
    return weights[0] + min(MOST_FOR_OTHERS * recency, OTHERS * sum(weights[1:]))


def _tier_points(rank: int | None) -> float:
    if rank is None:
        return LEAST_POINTS
    return next((points for last, points in TIER_POINTS if rank <= last), LEAST_POINTS)


def _recency(last_day: date | None, today: date) -> float:
    days = UNKNOWN_DAYS if last_day is None else max(0, (today - last_day).days)
    return float(0.5 ** (days / HALF_LIFE_DAYS))
