"""Whom to ask about first: tiers weighed by how recent they are."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from prospecting.scoring.sponsorship import HALF_LIFE_DAYS, Sponsorship, company_priority, sponsorship_weight

TODAY = date(2026, 11, 30)
SOON, LAST_YEAR = TODAY + timedelta(days=60), TODAY - timedelta(days=365)


@pytest.mark.parametrize(
    ("rank", "day", "weight"),
    [
        (1, SOON, 4.0),
        (1, TODAY, 4.0),
        (3, TODAY - timedelta(days=2 * HALF_LIFE_DAYS), pytest.approx(0.75, abs=0.01)),
        (5, None, 2.5 / 4),
        (50, SOON, 1.0),
        (80, SOON, 0.75),
        (100, SOON, 0.5),
        (None, SOON, 0.5),
    ],
)
def test_a_tier_weighs_half_as_much_every_year(rank: int | None, day: date | None, weight: float) -> None:
    assert sponsorship_weight(Sponsorship(rank, day), TODAY) == weight


def test_the_latest_and_best_come_first() -> None:
    groups = [
        [Sponsorship(1, SOON)],
        [Sponsorship(5, SOON), *[Sponsorship(5, SOON)] * 50],
        [Sponsorship(5, SOON)],
        [Sponsorship(6, SOON), *[Sponsorship(6, SOON)] * 50],  # never outweigh a better tier
        [Sponsorship(6, SOON)],
        [Sponsorship(5, LAST_YEAR)],  # gold a year ago, behind silver now
        [Sponsorship(None, LAST_YEAR)],
        [],
    ]
    priorities = [company_priority(group, TODAY) for group in groups]
    assert priorities == sorted(priorities, reverse=True)
    assert len(set(priorities)) == len(priorities)
    assert priorities[-1] == 0


def test_the_order_of_past_events_is_the_same_on_every_day() -> None:
    groups = [
        [Sponsorship(rank, LAST_YEAR - timedelta(days=days)) for days in range(0, rank * 40, 40)]
        for rank in (1, 3, 5, 6, 50)
    ]
    orders = {
        tuple(sorted(range(len(groups)), key=lambda n: company_priority(groups[n], TODAY + timedelta(days=later))))
        for later in (0, 100, 1000)
    }
    assert len(orders) == 1
