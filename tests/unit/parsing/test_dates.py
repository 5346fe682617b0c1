"""Dates as agents write them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prospecting.parsing.dates import FIRST_YEAR, LAST_YEAR, UNKNOWN, parse_date_range
from prospecting.parsing.records import DateRange


def days(start: str, end: str | None = None, precision: str = "day") -> DateRange:
    return DateRange(date.fromisoformat(start), date.fromisoformat(end or start), precision)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2025-03-15", days("2025-03-15")),
        ("2025/03/15", days("2025-03-15")),
        ("20250315", days("2025-03-15")),
        ("2025-03-15T23:30:00-08:00", days("2025-03-15")),
        ("2025-03-15T09:00:00.000Z", days("2025-03-15")),
        ("2025-03-15 to 2025-03-17", days("2025-03-15", "2025-03-17")),
        ("2025-03-15/2025-03-17", days("2025-03-15", "2025-03-17")),
        ("2025-03-15 - 2025-03-17", days("2025-03-15", "2025-03-17")),
        ("2025-03-15/17", days("2025-03-15", "2025-03-17")),
        ("2025-03-15T09:00Z/2025-03-17T17:00Z", days("2025-03-15", "2025-03-17")),
        ("March 15-17, 2025", days("2025-03-15", "2025-03-17")),
        ("March 15 – 17, 2025", days("2025-03-15", "2025-03-17")),
        ("March 15th to 17th, 2025", days("2025-03-15", "2025-03-17")),
        ("15–17 March 2025", days("2025-03-15", "2025-03-17")),
        ("15, 16 & 17 March 2025", days("2025-03-15", "2025-03-17")),
        ("March 15, 16 and 17, 2025", days("2025-03-15", "2025-03-17")),
        ("2025 March 15-17", days("2025-03-15", "2025-03-17")),
        ("Mar 30 - Apr 2, 2025", days("2025-03-30", "2025-04-02")),
        ("May 30-June 1, 2025", days("2025-05-30", "2025-06-01")),
        ("30 May - 1 June 2025", days("2025-05-30", "2025-06-01")),
        ("December 30, 2025 - January 2, 2026", days("2025-12-30", "2026-01-02")),
        ("Dec 30 - Jan 2, 2026", days("2025-12-30", "2026-01-02")),
        ("Mon 3 Feb – Wed 5 Feb 2025", days("2025-02-03", "2025-02-05")),
        ("Saturday, March 15th, 2025", days("2025-03-15")),
        ("March 15, 2025 9:00 AM - 5:00 PM", days("2025-03-15")),
        ("15-Mar-2025", days("2025-03-15")),
        ("Sept. 8, 2025", days("2025-09-08")),
        ("03/15/2025", days("2025-03-15")),
        ("15/03/2025", days("2025-03-15")),
        ("03/04/2025", days("2025-03-04")),
        ("03/15/25", days("2025-03-15")),
        ("03/15/2025 - 03/17/2025", days("2025-03-15", "2025-03-17")),
        ("04/03/2025 - 15/03/2025", days("2025-03-04", "2025-03-15")),
        ("03/15-17/2025", days("2025-03-15", "2025-03-17")),
        ("15.03.2025", days("2025-03-15")),
        ("03.04.2025", days("2025-04-03")),
        ("15.-17.03.2025", days("2025-03-15", "2025-03-17")),
        ("15.03.-17.03.2025", days("2025-03-15", "2025-03-17")),
        ("15. März 2025", days("2025-03-15")),
        ("15 de marzo de 2025", days("2025-03-15")),
        ("1er août 2025", days("2025-08-01")),
        ("5 maggio 2025", days("2025-05-05")),
        ("2025年3月15日", days("2025-03-15")),
        ("March 2025", days("2025-03-01", "2025-03-31", "month")),
        ("mid-March 2025", days("2025-03-01", "2025-03-31", "month")),
        ("2024-02", days("2024-02-01", "2024-02-29", "month")),
        ("March - April 2025", days("2025-03-01", "2025-04-30", "month")),
        ("Nov 2025 - Jan 2026", days("2025-11-01", "2026-01-31", "month")),
        ("Q2 2025", days("2025-04-01", "2025-06-30", "month")),
        ("2025 Q3", days("2025-07-01", "2025-09-30", "month")),
        ("H1 2025", days("2025-01-01", "2025-06-30", "month")),
        ("Spring 2025", days("2025-01-01", "2025-12-31", "year")),
        ("Expected in 2025", days("2025-01-01", "2025-12-31", "year")),
        ("2025", days("2025-01-01", "2025-12-31", "year")),
        ("2025-2026", days("2025-01-01", "2026-12-31", "year")),
    ],
)  # fmt: skip
def test_reads(text: str, expected: DateRange) -> None:
    assert parse_date_range(text) == expected


@pytest.mark.parametrize(
    "value",
    ["", "  ", "TBD", "TBA", "N/A", "soon", "next year", "March", "March 15", "15-17 March", "1889-01-01", "3025",
     "March 15, 1850", "2025-13-45", "2025-02-30", "Feb 30, 2025", "99", "1234567", "13/13/2025", "$2025", None, True,
     5, 1_700_000_000, float("nan"), float("inf"), [], {}, {"start": None}, complex(1)],
    ids=str,
)  # fmt: skip
def test_unknown_stays_unknown(value: object) -> None:
    assert parse_date_range(value) == UNKNOWN
    assert not parse_date_range(value)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (date(2025, 3, 15), days("2025-03-15")),
        (datetime(2025, 3, 15, 23, tzinfo=timezone(timedelta(hours=-8))), days("2025-03-15")),
        (datetime(2025, 3, 15, 1, tzinfo=UTC), days("2025-03-15")),
        (2025, days("2025-01-01", "2025-12-31", "year")),
        (2025.0, days("2025-01-01", "2025-12-31", "year")),
        ({"start": "2025-03-15", "end": "2025-03-17"}, days("2025-03-15", "2025-03-17")),
        ({"startDate": "March 15", "endDate": "March 17", "year": 2025}, days("2025-03-15", "2025-03-17")),
        ({"from": "2025-03-15", "to": None}, days("2025-03-15")),
        ({"year": 2025, "month": 3, "day": 15}, days("2025-03-15")),
        ({"year": 2025, "month": "March"}, days("2025-03-01", "2025-03-31", "month")),
        (["2025-03-15", "2025-03-17"], days("2025-03-15", "2025-03-17")),
        (["2025-03-17", "2025-03-15", "2025-03-16"], days("2025-03-15", "2025-03-17")),
    ],
    ids=str,
)
def test_reads_values(value: object, expected: DateRange) -> None:
    assert parse_date_range(value) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("March 15-17", days("2025-03-15", "2025-03-17")),
        ("15 March", days("2025-03-15")),
        ("Dec 30 - Jan 2", days("2025-12-30", "2026-01-02")),
        ("March", days("2025-03-01", "2025-03-31", "month")),
        ("March 15, 2024", days("2024-03-15")),
        ("TBD", UNKNOWN),
    ],
)
def test_a_given_year_completes(text: str, expected: DateRange) -> None:
    assert parse_date_range(text, year=2025) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2025-03-17 to 2025-03-15", days("2025-03-15", "2025-03-17")),
        ("March 17-15, 2025", days("2025-03-15", "2025-03-17")),
        ("2025-12-17 to 2025-03-15", days("2025-12-17")),
        ("Feb 28-30, 2025", days("2025-02-28")),
    ],
)
def test_backward_ranges(text: str, expected: DateRange) -> None:
    assert parse_date_range(text) == expected


@given(st.dates(date(FIRST_YEAR, 1, 1), date(LAST_YEAR, 12, 31)))
def test_one_day_in_many_spellings(day: date) -> None:
    expected = DateRange(day, day, "day")
    for spelling in (
        "%Y-%m-%d",
        "%d.%m.%Y",
        "%m/%d/%Y",
        "%B %d, %Y",
        "%d %b %Y",
        "%A, %d %B %Y",
        "%Y-%m-%dT10:00:00+02:00",
    ):
        assert parse_date_range(day.strftime(spelling)) == expected


@given(
    st.text(max_size=60) | st.lists(st.sampled_from("0123456789 -/.,MarchJan2025to&"), max_size=40).map("".join),
    st.none() | st.integers(),
)
def test_never_raises_and_stays_in_order(text: str, year: int | None) -> None:
    found = parse_date_range(text, year=year)
    if found:
        assert found.start is not None
        assert found.end is not None
        assert found.start <= found.end
        assert FIRST_YEAR <= found.start.year <= found.end.year <= LAST_YEAR + 1
        assert found.precision in {"day", "month", "year"}
    else:
        assert found == UNKNOWN
