"""Editions of one series: by name, by place, by website."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from prospecting.services.past_sponsors import earlier_editions


def edition(
    id: int, name: str, year: int, *, site: str | None = None, city: int | None = None, sponsors: bool = True
) -> dict[str, Any]:
    day = date(year, 5, 1)
    return {
        "id": id, "name_key": name, "website_url": site, "start_dt": day, "city_id": city, "has_sponsors": sponsors,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("event", "known", "found"),
    [
        (edition(9, "rubyconf", 2027), [edition(1, "rubyconf", 2025), edition(2, "rubyconf", 2026)], [2, 1]),
        # One that moves from city to city is the same.
        (edition(9, "rubyconf", 2027, city=3), [edition(1, "rubyconf", 2026, city=1)], [1]),
        # In several cities in one year it is not.
        (
            edition(9, "devopsdays", 2027, city=1),
            [edition(1, "devopsdays", 2026, city=1), edition(2, "devopsdays", 2026, city=2)],
            [1],
        ),
        (
            edition(9, "devopsdays", 2027),
            [edition(1, "devopsdays", 2026, city=1), edition(2, "devopsdays", 2026, city=2, sponsors=False)],
            [],
        ),
        # Under another name on the same website, when one name holds the other.
        (
            edition(9, "pycon de", 2027, site="https://2027.pycon.de"),
            [
                edition(1, "pycon de pydata", 2026, site="https://2026.pycon.de/sponsors"),
                edition(2, "pycon at", 2026, site="https://pycon.at"),
                edition(3, "django day", 2026, site="https://pycon.de"),
            ],
            [1],
        ),
        # Not on a host of many.
        (
            edition(9, "acme con", 2027, site="https://www.eventbrite.com/e/1"),
            [edition(1, "acme con berlin", 2026, site="https://www.eventbrite.com/e/2")],
            [],
        ),
        # Neither later, nor long ago, nor without sponsors.
        (
            edition(9, "rubyconf", 2027),
            [
                edition(1, "rubyconf", 2028), edition(2, "rubyconf", 2021),
                edition(3, "rubyconf", 2026, sponsors=False), edition(9, "rubyconf", 2027),
            ],
            [],
        ),
    ],
)  # fmt: skip
def test_earlier_editions(event: dict[str, Any], known: list[dict[str, Any]], found: list[int]) -> None:
    assert earlier_editions(event, known) == found
