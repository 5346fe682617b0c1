"""Numbers of people."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prospecting.parsing.event.attendees import MAX_ATTENDEES, parse_attendees


@pytest.mark.parametrize(
    ("value", "count"),
    [
        ("5,000+", 5000), ("5k", 5000), ("5K+", 5000), ("10 000", 10_000), ("10\u00a0000", 10_000), ("1.5K-2K", 1500),
        ("1-2K", 1000), ("500-700", 500), ("about 3000 people", 3000), (5000.0, 5000), ("1,234,567", 1_234_567),
        ("10.000", 10_000), ("3,5k", 3500), ("2 thousand", 2000), ("1 million", 1_000_000),
        ({"min": 100, "max": 200}, 100), (["300", 200], 200), ("TBD", None), ("", None), (None, None), (True, None),
        ("In 2025: 4,200", 4200), ("4,200 (2025)", 4200), ("2025: 4200", 4200), ("(2025) 4200", 4200),
        ("In 2025 420 people", 420), ("2024/2025: 900", 900), ("2025", None), ("N/A (2025)", None),
        ("2025 attendees", None), ("2000", 2000), ("2,025", 2025), ("5k+", 5000), ("2.5K attendees", 2500),
        ("over 3000", 3000), ("1.200", 1200), ("1'200", 1200), ("5-10k", 5000), ("10 to 15 thousand", 10_000),
        ("1.2万人", 12_000), ("500人", 500), ("8 mil asistentes", 8000), ("1 lakh", 100_000), ("2 million+", 2_000_000),
        ("3rd edition, 4,200", 4200), ("70+ countries, 10,000 attendees", 10_000), ("3 days, 5,000 people", 5000),
        ("10,000+ attendees from 70 countries", 10_000), ("150 speakers and 4,000 attendees", 4000),
        ("250+ companies, 3000+ delegates", 3000), ("150 exhibitors", None), ("50%", None), ("$2,000", None),
        ("50,000 sqm", None), ("5,000 security professionals", 5000), ("2,500 (in-person) + 1,000 online", 2500),
        (-5, None), ("-5", None), (0, None), (10**9, None), ("9" * 50, None), (float("nan"), None),
        (float("inf"), None), ({}, None), ("many", None),
    ],
    ids=str,
)  # fmt: skip
def test_attendees(value: object, count: int | None) -> None:
    assert parse_attendees(value) == count


@given(st.integers(1, MAX_ATTENDEES), st.integers(1990, 2049))
def test_a_year_beside_a_number_changes_nothing(count: int, year: int) -> None:
    for text in (f"In {year}: {count:,}", f"{count:,} ({year})", f"{year} edition: {count:,} visitors"):
        assert parse_attendees(text) == count


@given(st.text(max_size=60) | st.lists(st.sampled_from("0123456789.,kKmM+-–% ()people"), max_size=40).map("".join))
def test_never_raises_and_stays_in_bounds(text: str) -> None:
    found = parse_attendees(text)
    assert found is None or 0 < found <= MAX_ATTENDEES
