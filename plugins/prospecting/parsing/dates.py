"""Dates as people and models write them: "March 15-17, 2025", "15.03.2025", "Q2 2025", "TBD".

Rules for ambiguous spellings: ``03/04/2025`` and ``03-04-2025`` are month first unless that is impossible,
``03.04.2025`` is day first. Both dates of a range are written in one order, the one that makes the shorter range
forward. A range written backwards is reversed when it is at most 31 days long; otherwise its end is dropped. A range
longer than a year is refused. Years outside 1990..2100 are unknown. A day without a year is unknown unless ``year`` is
given. Today's date is never used.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from prospecting.parsing.date.ranges import FIRST_YEAR, LAST_YEAR, UNKNOWN, in_order, one_day
from prospecting.parsing.date.text import read_text
from prospecting.parsing.records import DateRange

__all__ = ["FIRST_YEAR", "LAST_YEAR", "UNKNOWN", "join_dates", "join_ranges", "parse_date_range"]

_MAX_TEXT = 300
_AMBIGUOUS = re.compile(r"\s*\d{1,2}([/-])\d{1,2}\1(?:\d{4}|\d{2})\s*")
_OVER_NEW_YEAR = timedelta(days=184)


def parse_date_range(value: Any, *, year: int | None = None) -> DateRange:
    """First and last day of ``value``, falsy when unknown. Never raises.

    ``value`` may be text, a date or datetime (its own calendar day counts, whatever its zone), a year as a number, a
    ``{"start": .., "end": ..}`` object or a list of dates. ``year`` completes dates written without one. A month or a
    year alone gives the whole month or year with that ``precision``; "Q2 2025" is three months with precision
    ``month``, a season the whole year.
    """
    hint = year if isinstance(year, int) and FIRST_YEAR <= year <= LAST_YEAR else None
    if isinstance(value, str):
        return read_text(value, hint) if len(value) <= _MAX_TEXT else read_text(value[:_MAX_TEXT], hint)
    if isinstance(value, datetime):
        return one_day(value.date())
    if isinstance(value, date):
        return one_day(value)
    if isinstance(value, bool) or value is None:
        return UNKNOWN
    if isinstance(value, (int, float)):
        whole = int(value) if value == value and abs(value) < 1e9 and value == int(value) else 0
        return read_text(str(whole), hint) if len(str(whole)) in (4, 8) else UNKNOWN
    if isinstance(value, Mapping):
        return _from_mapping(value, hint)
    if isinstance(value, (list, tuple)):
        return _from_list(value, hint)
    return UNKNOWN


def join_dates(start: Any, end: Any, *, year: int | None = None) -> DateRange:
    """The range between a first and a last day that are given apart, as ``parse_date_range`` takes them.

    Each completes the year the other lacks; of two numbers that may be day or month the order is the same in both.
    """
    is_text = isinstance(start, str) and isinstance(end, str) and start[4:5] != "-"
    if is_text and _AMBIGUOUS.fullmatch(start) and _AMBIGUOUS.fullmatch(end):
        return parse_date_range(f"{start} - {end}", year=year)
    first = parse_date_range(start, year=year)
    last = parse_date_range(end, year=first.start.year if first.start else year)
    if not first and last.start:
        first = parse_date_range(start, year=last.start.year)
        if first.start and first.start > last.start:
            first = parse_date_range(start, year=last.start.year - 1)
    elif first.start and last.end and last.end < first.start and not parse_date_range(end):
        later = parse_date_range(end, year=first.start.year + 1)  # "Dec 30, 2026" and "Jan 2"
        last = later if later.end and later.end - first.start <= _OVER_NEW_YEAR else last
    return join_ranges(first, last)


def join_ranges(first: DateRange, last: DateRange) -> DateRange:
    """From the start of ``first`` to the end of ``last``. A vaguer end ("2025") says nothing about the last day."""
    if not first:
        return last
    if not last or first.start is None or first.end is None or last.end is None:
        return first
    if last.precision != first.precision:
        return first
    joined = in_order(first.start, last.end, first.precision or "day", first.end)
    return joined or first


def _from_mapping(value: Mapping[Any, Any], hint: int | None) -> DateRange:
    lowered = {str(key).lower().replace("_", "").replace("date", "")[:20]: item for key, item in value.items()}
    scalars = {key: item for key, item in lowered.items() if isinstance(item, (str, int, float, date))}
    own_year = parse_date_range(scalars.get("year")).start
    hint = own_year.year if own_year else hint
    if "month" in scalars:
        parts = [str(scalars[key]) for key in ("day", "month") if key in scalars]
        if parts[-1].isdigit() and hint:
            return read_text("-".join([str(hint), parts[-1], *parts[:-1]]), hint)
        return read_text(" ".join([*parts, str(hint or "")]), hint)
    start = next((scalars[key] for key in ("start", "from", "begin", "begins", "starts", "") if key in scalars), None)
    end = next((scalars[key] for key in ("end", "to", "until", "ends", "finish") if key in scalars), None)
    if joined := join_dates(start, end, year=hint):
        return joined
    return parse_date_range(scalars.get("text") or scalars.get("value") or scalars.get("year"), year=hint)


def _from_list(value: list[Any] | tuple[Any, ...], hint: int | None) -> DateRange:
    ranges = [parse_date_range(item, year=hint) for item in value[:60] if isinstance(item, (str, date, int))]
    known = [item for item in ranges if item.start]
    if len(value) == 2 and len(known) == 2:
        return join_dates(value[0], value[1], year=hint)
    if len(known) == 2:
        return join_ranges(known[0], known[1])
    days = [item for item in known if item.precision == "day"] or known
    if not days:
        return UNKNOWN
    first = min(days, key=lambda item: item.start or date.max)
    last = max(days, key=lambda item: item.end or date.min)
    return in_order(first.start, last.end, first.precision or "day", first.end)
