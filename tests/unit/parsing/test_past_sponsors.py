"""Sponsors of earlier editions, listed apart."""

from __future__ import annotations

from typing import Any

import pytest

from prospecting.parsing.sponsor.past import parse_past_sponsors


@pytest.mark.parametrize(
    ("answer", "found"),
    [
        (
            b'Not out yet. {"sponsors": [], "past_sponsors": ['
            b'{"name": "Acme", "tier": "Gold", "year": 2025, "status": "past"}, '
            b'"Globex", {"name": "ACME", "year": 2023}], "edition": "2024"}',
            [("Acme", "gold", 2025), ("Globex", None, 2024)],
        ),
        ({"pastSponsors": [{"name": "Acme", "edition": "RubyConf 2025"}]}, [("Acme", None, 2025)]),
        ({"previous_sponsors": ["Acme"]}, [("Acme", None, None)]),
        ({"past_sponsors": [{"name": "TBD"}, {"tier": "Gold"}, 3, None]}, []),
        ({"past_sponsors": "Acme, Globex"}, []),
        ({"sponsors": [{"name": "Acme", "tier": "Past sponsor"}]}, []),
        ({"potential_sponsors": ["Acme"]}, []),
        ("Past sponsors include Acme.", []),
        (None, []),
        ([{"past_sponsors": ["Acme"]}], []),
    ],
)
def test_only_what_is_listed_apart_is_one(answer: Any, found: list[tuple[str, str | None, int | None]]) -> None:
    assert [(one.sponsor.name, one.sponsor.tier, one.year) for one in parse_past_sponsors(answer)] == found
