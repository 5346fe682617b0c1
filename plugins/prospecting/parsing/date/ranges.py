"""Ranges of days out of numbers, and which of them can be meant.

A missing year follows from the other date, also across New Year. A day that does not exist makes no date. Of a range
written backwards inside one month ("Sep 30-2") the second day belongs to the next month when that makes a short range.
"""

from __future__ import annotations

import calendar
from datetime import date, timedelta

from prospecting.parsing.records import DateRange

FIRST_YEAR, LAST_YEAR = 1990, 2100
UNKNOWN = DateRange()

_LONGEST = timedelta(days=366)
"""No event lasts longer: such a range holds a mistake."""
_LONGEST_SWAP = timedelta(days=31)
_LONGEST_GUESS = timedelta(days=184)  # when one of the years was not given
_SHORT = 14  # days

MonthDay = tuple[int, int, int | None]
"""Month, day, and the year where it is given."""


def day_or_none(year: int | None, month: int, day: int) -> date | None:
    """The day, ``None`` when it does not exist or its year is unknown or out of range."""
    if year is None or not FIRST_YEAR <= year <= LAST_YEAR:
        return None
    try:
        return date(year, month, day)
    except ValueError:
        return None


def one_day(day: date | None) -> DateRange:
    """The range of a single day."""
    return DateRange(day, day, "day") if day and FIRST_YEAR <= day.year <= LAST_YEAR else UNKNOWN


def in_order(start: date | None, end: date | None, precision: str = "day", fallback: date | None = None) -> DateRange:
    """From ``start`` to ``end``; without an end to ``fallback``, or one day.

    A range backwards by at most 31 days is reversed, else its end is dropped. More than a year is refused.
    """
    if start is None:
        return UNKNOWN
    if end is None:
        end = fallback or start
    if end == start:
        return DateRange(start, end, precision)
    if end < start:
        start, end = (end, start) if start - end <= _LONGEST_SWAP else (start, fallback or start)
    return DateRange(start, end, precision) if end - start <= _LONGEST else UNKNOWN


def with_years(start: MonthDay, end: MonthDay) -> tuple[date | None, date | None]:
    """Both days, a missing year taken from the other; ``None`` where that cannot be meant."""
    (month, day, year), (last_month, last_day, last_year) = start, end
    is_guess = year is None or last_year is None
    over_new_year = int(last_month < month)
    if year is None and last_year is not None:
        year = last_year - over_new_year
    elif last_year is None and year is not None:
        last_year = year + over_new_year
    first, last = day_or_none(year, month, day), day_or_none(last_year, last_month, last_day)
    if is_guess and first and last and last - first > _LONGEST_GUESS:
        return None, None
    return first, last


def days_of_month(year: int | None, month: int, day: int, last_day: int, *, is_last_month: bool = False) -> DateRange:
    """From ``day`` to ``last_day`` of a month, which is the month of the last day if so said ("30-2 October")."""
    if last_day >= day:
        return in_order(day_or_none(year, month, day), day_or_none(year, month, last_day))
    if year is None:
        return UNKNOWN
    other = month - 1 if is_last_month else month + 1
    other_year, other_month = year + (other - 1) // 12, (other - 1) % 12 + 1
    if is_last_month:
        first, last = day_or_none(other_year, other_month, day), day_or_none(year, month, last_day)
    else:
        first, last = day_or_none(year, month, day), day_or_none(other_year, other_month, last_day)
    if first and last and (last - first).days <= _SHORT:
        return DateRange(first, last, "day")
    if day - last_day <= _SHORT and (last := day_or_none(year, month, day)):
        return DateRange(day_or_none(year, month, last_day), last, "day")
    return UNKNOWN


def whole_months(year: int, month: int, last: int | None = None, last_year: int | None = None) -> DateRange:
    """From the first of ``month`` to the end of month ``last``; refused when that is before, or over a year later."""
    start = day_or_none(year, month, 1)
    final_year, final_month = last_year or year, last or month
    if start is None or not FIRST_YEAR <= final_year <= LAST_YEAR:
        return UNKNOWN
    end = date(final_year, final_month, calendar.monthrange(final_year, final_month)[1])
    return DateRange(start, end, "month") if timedelta() < end - start <= _LONGEST else UNKNOWN


def whole_years(first: int, last: int | None = None) -> DateRange:
    """A calendar year, or two in a row."""
    if not FIRST_YEAR <= first <= LAST_YEAR:
        return UNKNOWN
    if last is None or not first <= last <= min(first + 1, LAST_YEAR):
        last = first
    return DateRange(date(first, 1, 1), date(last, 12, 31), "year")
