"""Dates as agents write them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prospecting.parsing.dates import FIRST_YEAR, LAST_YEAR, UNKNOWN, join_dates, parse_date_range
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
        ("vom 28. April bis zum 2. Mai 2026", days("2026-04-28", "2026-05-02")),
        ("с 4 по 6 мая 2026 г.", days("2026-05-04", "2026-05-06")),
        ("3 ve 4 Kasım 2026", days("2026-11-03", "2026-11-04")),
        ("28 Ağustos – 1 Eylül 2026", days("2026-08-28", "2026-09-01")),
        ("4.–6. lokakuuta 2026", days("2026-10-04", "2026-10-06")),
        ("od 4 do 6 maja 2026", days("2026-05-04", "2026-05-06")),
        ("van 4 tot en met 6 mei 2026", days("2026-05-04", "2026-05-06")),
        ("2026年5月4日から6日まで", days("2026-05-04", "2026-05-06")),
        ("2026년 5월 4일부터 6일까지", days("2026-05-04", "2026-05-06")),
        ("9/10/11 October 2026", days("2026-10-09", "2026-10-11")),
        ("third quarter of 2026", days("2026-07-01", "2026-09-30", "month")),
        ("2. Quartal 2026", days("2026-04-01", "2026-06-30", "month")),
        ("segundo semestre de 2026", days("2026-07-01", "2026-12-31", "month")),
        ("IV квартал 2026", days("2026-10-01", "2026-12-31", "month")),
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
        ("October 31st through 2nd", days("2025-10-31", "2025-11-02")),
        ("Late March", days("2025-03-01", "2025-03-31", "month")),
        ("30.12. – 02.01.", days("2025-12-30", "2026-01-02")),
        ("15/03", days("2025-03-15")),
        ("24/7", UNKNOWN),
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


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Sep 30-2, 2026", days("2026-09-30", "2026-10-02")),
        ("Sep 30 – 2, 2026", days("2026-09-30", "2026-10-02")),
        ("October 31st through 2nd, 2026", days("2026-10-31", "2026-11-02")),
        ("Oct 31, 2026 through 2nd", days("2026-10-31", "2026-11-02")),
        ("December 31st - 2nd, 2026", days("2026-12-31", "2027-01-02")),
        ("30-2 October 2026", days("2026-09-30", "2026-10-02")),
        ("31.-02.11.2026", days("2026-10-31", "2026-11-02")),
        ("2026-09-30 - 02", days("2026-09-30", "2026-10-02")),
        ("2026-12-30 to 01-02", days("2026-12-30", "2027-01-02")),
        ("2026/09/30-10/02", days("2026-09-30", "2026-10-02")),
        ("20260930-20261002", days("2026-09-30", "2026-10-02")),
        ("Dec 30, 2026 - Jan 2", days("2026-12-30", "2027-01-02")),
        ("30.12.2026–02.01.2027", days("2026-12-30", "2027-01-02")),
        ("Feb 28 to March 1 2027", days("2027-02-28", "2027-03-01")),
        ("28. Feb. bis 1. März 2027", days("2027-02-28", "2027-03-01")),
        ("Febr. 28 - 1 March, 2027", days("2027-02-28", "2027-03-01")),
        ("del 30 de septiembre al 2 de octubre de 2026", days("2026-09-30", "2026-10-02")),
        ("30 września - 2 października 2026", days("2026-09-30", "2026-10-02")),
        ("2026年9月30日(水)〜10月2日(金)", days("2026-09-30", "2026-10-02")),
        ("30 Sept–2 Oct '26", days("2026-09-30", "2026-10-02")),
        ("30-Sep-26 to 02-Oct-26", days("2026-09-30", "2026-10-02")),
        ("Sep 29, 30, Oct 1, 2026", days("2026-09-29", "2026-10-01")),
        ("30 September, 1 and 2 October 2026", days("2026-09-30", "2026-10-02")),
        ("30th-1st Oct/Nov 2026", days("2026-10-30", "2026-11-01")),
        ("2026: Sep 30 - Oct 2", days("2026-09-30", "2026-10-02")),
        ("Sep 30-Oct 2 (2026)", days("2026-09-30", "2026-10-02")),
        ("October 30 @ 9:00 am - November 1, 2026 @ 5:00 pm", days("2026-10-30", "2026-11-01")),
        ("late Sep to early Oct 2026", days("2026-09-01", "2026-10-31", "month")),
        ("May or June 2027", days("2027-05-01", "2027-06-30", "month")),
        ("03/2027", days("2027-03-01", "2027-03-31", "month")),
    ],
)  # fmt: skip
def test_reads_ranges_across_months_and_years(text: str, expected: DateRange) -> None:
    assert parse_date_range(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("27/02-01/03/2018", days("2018-02-27", "2018-03-01")),
        ("27/02-01/03/18", days("2018-02-27", "2018-03-01")),
        ("02/27-03/01/2018", days("2018-02-27", "2018-03-01")),
        ("30/09 - 02/10/2026", days("2026-09-30", "2026-10-02")),
        ("30/09/2026 - 02/10/2026", days("2026-09-30", "2026-10-02")),
        ("09/30/2026 - 10/02/2026", days("2026-09-30", "2026-10-02")),
        ("30-09-2026 to 02-10-2026", days("2026-09-30", "2026-10-02")),
        ("30/12 - 02/01/2027", days("2026-12-30", "2027-01-02")),
        ("12/30 - 01/02/2027", days("2026-12-30", "2027-01-02")),
        ("30/12/2026-02/01", days("2026-12-30", "2027-01-02")),
        ("10/11/2026 - 12/11/2026", days("2026-11-10", "2026-11-12")),
        ("03/04/2025 - 03/06/2025", days("2025-03-04", "2025-03-06")),
        ("30-31/03/2026", days("2026-03-30", "2026-03-31")),
        ("8-10/11/2026", days("2026-11-08", "2026-11-10")),
        ("11/9 - 12/9 2026", days("2026-09-11", "2026-09-12")),
        ("09/30-02/2026", days("2026-09-30", "2026-10-02")),
    ],
)
def test_both_numbers_of_a_range_have_one_order(text: str, expected: DateRange) -> None:
    assert parse_date_range(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "October 31st through 2nd", "Oct 31 - Nov 2", "31/02 - 01/03/2018", "31 June - 2 July 2026", "29 Feb 2027",
        "March 25-10, 2026", "Jan 5, 2025 - Mar 3, 2026", "Oct 2 - Sep 30, 2026", "May 2026 - June 2028",
        "8-10/13/2026", "30/09-02/2026", "4 or 5 May 2027", "4-6 May or 10-12 May 2027", "originally March 3-5, 2026",
        "CFP deadline: Jan 5, 2027", "2000 attendees, March 3-5", "12-14-10-2026",
    ],
)  # fmt: skip
def test_what_cannot_be_meant_is_refused(text: str) -> None:
    assert parse_date_range(text) == UNKNOWN


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("CFP deadline: Jan 5, 2027; event: March 3-5, 2027", days("2027-03-03", "2027-03-05")),
        ("March 3-5, 2027 (previously June 2026)", days("2027-03-03", "2027-03-05")),
        ("15 March 2025, 9-17 Uhr", days("2025-03-15")),
        ("15 March 2025, 2 days", days("2025-03-15")),
        ("March 2026, 15 talks", days("2026-03-01", "2026-03-31", "month")),
        ("Vol. 5, March 3-5, 2027", days("2027-03-03", "2027-03-05")),
    ],
)
def test_other_numbers_are_no_days_of_the_event(text: str, expected: DateRange) -> None:
    assert parse_date_range(text) == expected


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        ("30/09/2026", "02/10/2026", days("2026-09-30", "2026-10-02")),
        ("09/30/2026", "10/02/2026", days("2026-09-30", "2026-10-02")),
        ("Dec 30, 2026", "Jan 2", days("2026-12-30", "2027-01-02")),
        ("Dec 30", "Jan 2, 2027", days("2026-12-30", "2027-01-02")),
        ("Sep 30", "Oct 2, 2026", days("2026-09-30", "2026-10-02")),
        ("2026-09-30", None, days("2026-09-30")),
        (None, "2026-10-02", days("2026-10-02")),
        ("2026-03-03", "2062-03-05", days("2026-03-03")),
        ("2026", "2026", days("2026-01-01", "2026-12-31", "year")),
        ("March 3", "March 5", UNKNOWN),
    ],
)
def test_first_and_last_day_given_apart(start: str | None, end: str | None, expected: DateRange) -> None:
    assert join_dates(start, end) == expected
    assert parse_date_range({"start": start, "end": end}) == expected


GERMAN = (
    "", "Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September", "Oktober", "November",
    "Dezember",
)  # fmt: skip
SPELLINGS: tuple[Callable[[date, date], str], ...] = (
    lambda s, e: f"{s:%B} {s.day} - {e:%B} {e.day}, {e.year}",
    lambda s, e: f"{s:%b} {s.day}–{e:%b} {e.day}, {e.year}",
    lambda s, e: f"{s.day} {s:%B} – {e.day} {e:%B} {e.year}",
    lambda s, e: f"{s:%A, %B %d, %Y} – {e:%A, %B %d, %Y}",
    lambda s, e: f"From {s:%d %B %Y} until {e:%d %B %Y}",
    lambda s, e: f"{s.day}. {GERMAN[s.month]} bis {e.day}. {GERMAN[e.month]} {e.year}",
    lambda s, e: f"{s:%d.%m.%Y} - {e:%d.%m.%Y}",
    lambda s, e: f"{s:%d.%m.}–{e:%d.%m.%Y}",
    lambda s, e: f"{s:%Y-%m-%d} to {e:%Y-%m-%d}",
    lambda s, e: f"{s:%Y-%m-%d}–{e:%m-%d}",
    lambda s, e: f"{s:%d-%b-%Y} - {e:%d-%b-%Y}",
    lambda s, e: f"{s:%d %b %y} - {e:%d %b %y}",
    lambda s, e: f"{s:%B %d} – {e:%B %d} ({e.year})",
    lambda s, e: f"{s:%a, %d %b %Y %H:%M:%S} GMT - {e:%a, %d %b %Y %H:%M:%S} GMT",
)


@given(st.dates(date(2000, 1, 1), date(2060, 12, 1)), st.integers(1, 10), st.sampled_from(SPELLINGS))
def test_one_range_in_many_spellings(first: date, length: int, spelling: Callable[[date, date], str]) -> None:
    last = first + timedelta(days=length)
    assert parse_date_range(spelling(first, last)) == DateRange(first, last, "day")


@given(st.dates(date(2000, 1, 1), date(2060, 12, 1)), st.integers(1, 10), st.sampled_from(["%d/%m/%Y", "%m/%d/%Y"]))
def test_numbers_never_make_a_long_range_of_a_short_one(first: date, length: int, order: str) -> None:
    last = first + timedelta(days=length)
    found = parse_date_range(f"{first.strftime(order)} - {last.strftime(order)}")
    assert found.start is not None
    assert found.end is not None
    assert found.end - found.start <= timedelta(days=length)


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
