"""Dates as people and models write them: "March 15-17, 2025", "15.03.2025", "Q2 2025", "TBD".

Rules for ambiguous spellings: ``03/04/2025`` and ``03-04-2025`` are month first unless that is impossible,
``03.04.2025`` is day first. A range written backwards is reversed when it is at most 31 days long; otherwise its end is
dropped. Years outside 1990..2100 are unknown. A day without a year is unknown unless ``year`` is given. Today's date is
never used.
"""

from __future__ import annotations

import calendar
import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any

from prospecting.parsing.records import DateRange

FIRST_YEAR, LAST_YEAR = 1990, 2100
UNKNOWN = DateRange()

_MAX_TEXT = 300
_LONGEST_SWAP = timedelta(days=31)
_MONTH_NAMES = {
    1: "january jan januar janner januari janvier janv enero ene gennaio gen janeiro",
    2: "february feb februar februari fevrier fevr febrero febbraio fevereiro",
    3: "march mar marz maerz maart mars marzo marco",
    4: "april apr avril avr abril abr aprile",
    5: "may mai mei mayo maggio maio",
    6: "june jun juni juin junio giugno junho",
    7: "july jul juli juillet juil julio luglio julho",
    8: "august aug augustus aout agosto ago",
    9: "september sept sep septembre septiembre settembre setembro",
    10: "october oct oktober okt octobre octubre ottobre outubro",
    11: "november nov novembre noviembre novembro",
    12: "december dec dezember dez decembre diciembre dic dicembre dezembro",
}
_MONTHS = {name: month for month, names in _MONTH_NAMES.items() for name in names.split()}
_WEEKDAYS = re.compile(
    r"\b(?:(?:mon|tues|wednes|thurs|fri|satur|sun)day|mon|tues?|weds?|thur?s?|fri|sat|sun"
    r"|montag|dienstag|mittwoch|donnerstag|freitag|samstag|sonntag)\b[.,]?"
)
_TIME = re.compile(
    r"\bt?\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?\s*(?:[ap]\.?m\.?)?(?:\s*(?:z|utc|gmt|[a-z]{2,4}t)\b)?|\b\d{1,2}\s*[ap]m\b"
)
_ORDINAL = re.compile(r"(?<=\d)(?:st|nd|rd|th|er|º|ª)\b")
_JOINERS = re.compile(r"\b(?:of|de|del|the|den|der|from|le|il)\b")
_CJK = str.maketrans({"年": "-", "月": "-", "日": " ", "〜": "-"})
_DASHES = re.compile(r"[‐‑‒–—―−~]|\s-\s|\.\.+|\bto\b|\bthrough\b|\bthru\b|\buntil\b|\btill\b|\bbis\b|\bau\b|\bal\b")
_ISO = re.compile(r"(?<!\d)(\d{4})([-/.])(\d{1,2})\2(\d{1,2})(?!\d)")
_ISO_END = re.compile(r"(?:t[\d:.z+]*)?\s*[-/]\s*(\d{1,2})(?:-(\d{1,2}))?\s*$")
_ISO_MONTH = re.compile(r"(\d{4})[-/](\d{1,2})")
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})")

_M = rf"\b({'|'.join(sorted(_MONTHS, key=len, reverse=True))})\b\.?"
_D = r"(?<!\d)(\d{1,2})(?!\d)\.?"
_Y = r"(?:[,'\s.]\s*|(?<=\.))(\d{4})(?!\d)"
_SEP = r"\s*(?:-|/|&|\+|,|\band\b|\bund\b|\bet\b|\by\b|\be\b)\s*"
_LAST = rf"(?:{_SEP}(\d{{1,2}})(?!\d)\.?)*"  # "15, 16 and 17": only the last one counts

Pattern = tuple[re.Pattern[str], Callable[[re.Match[str], int | None], DateRange]]


def parse_date_range(value: Any, *, year: int | None = None) -> DateRange:
    """First and last day of ``value``, falsy when unknown. Never raises.

    ``value`` may be text, a date or datetime (its own calendar day counts, whatever its zone), a year as a number, a
    ``{"start": .., "end": ..}`` object or a list of dates. ``year`` completes dates written without one. A month or a
    year alone gives the whole month or year with that ``precision``; "Q2 2025" is three months with precision
    ``month``, a season the whole year.
    """
    hint = year if isinstance(year, int) and FIRST_YEAR <= year <= LAST_YEAR else None
    if isinstance(value, str):
        return _parse_text(value, hint) if len(value) <= _MAX_TEXT else _parse_text(value[:_MAX_TEXT], hint)
    if isinstance(value, datetime):
        return _single(value.date())
    if isinstance(value, date):
        return _single(value)
    if isinstance(value, bool) or value is None:
        return UNKNOWN
    if isinstance(value, (int, float)):
        whole = int(value) if value == value and abs(value) < 1e9 and value == int(value) else 0
        return _parse_text(str(whole), hint) if len(str(whole)) in (4, 8) else UNKNOWN
    if isinstance(value, Mapping):
        return _from_mapping(value, hint)
    if isinstance(value, (list, tuple)):
        return _from_list(value, hint)
    return UNKNOWN


def join_ranges(first: DateRange, last: DateRange) -> DateRange:
    """From the start of ``first`` to the end of ``last``. A vaguer end ("2025") says nothing about the last day."""
    if not first:
        return last
    if not last or first.start is None or first.end is None or last.end is None:
        return first
    if last.precision != first.precision:
        return first
    return _ordered(first.start, last.end, first.precision or "day", first.end)


def _from_mapping(value: Mapping[Any, Any], hint: int | None) -> DateRange:
    lowered = {str(key).lower().replace("_", "").replace("date", "")[:20]: item for key, item in value.items()}
    scalars = {key: item for key, item in lowered.items() if isinstance(item, (str, int, float, date))}
    own_year = parse_date_range(scalars.get("year")).start
    hint = own_year.year if own_year else hint
    if "month" in scalars:
        parts = [str(scalars[key]) for key in ("day", "month") if key in scalars]
        if parts[-1].isdigit() and hint:
            return _parse_text("-".join([str(hint), parts[-1], *parts[:-1]]), hint)
        return _parse_text(" ".join([*parts, str(hint or "")]), hint)
    start = next((scalars[key] for key in ("start", "from", "begin", "begins", "starts", "") if key in scalars), None)
    end = next((scalars[key] for key in ("end", "to", "until", "ends", "finish") if key in scalars), None)
    first = parse_date_range(start, year=hint)
    joined = join_ranges(first, parse_date_range(end, year=first.start.year if first.start else hint))
    if joined:
        return joined
    return parse_date_range(scalars.get("text") or scalars.get("value") or scalars.get("year"), year=hint)


def _from_list(value: list[Any] | tuple[Any, ...], hint: int | None) -> DateRange:
    ranges = [parse_date_range(item, year=hint) for item in value[:60] if isinstance(item, (str, date, int))]
    known = [item for item in ranges if item.start]
    if len(known) == 2:
        return join_ranges(known[0], known[1])
    days = [item for item in known if item.precision == "day"] or known
    if not days:
        return UNKNOWN
    first = min(days, key=lambda item: item.start or date.max)
    last = max(days, key=lambda item: item.end or date.min)
    return DateRange(first.start, last.end, first.precision)


@lru_cache(maxsize=8_192)
def _parse_text(text: str, hint: int | None) -> DateRange:
    if len(text) == 10 and text[4] == "-" and text[7] == "-":
        try:
            return _single(date.fromisoformat(text))
        except ValueError:
            return UNKNOWN
    plain = _simplify(text)
    if not any(character.isdigit() for character in plain) and not (hint and any(name in plain for name in _MONTHS)):
        return UNKNOWN
    found = _parse_iso(plain)
    if found is not None:
        return found
    for pattern, build in _PATTERNS:
        match = pattern.search(plain)
        if match:
            return build(match, hint)
    return UNKNOWN


def _simplify(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    plain = "".join(character for character in decomposed if not unicodedata.combining(character))
    plain = plain.translate(_CJK)
    plain = _TIME.sub(" ", _ORDINAL.sub("", plain.replace("’", "'")))
    plain = _JOINERS.sub(" ", _DASHES.sub("-", _WEEKDAYS.sub(" ", plain)))
    return " ".join(plain.split()).replace(" - ", "-").replace("- ", "-").replace(" -", "-")


def _parse_iso(text: str) -> DateRange | None:
    """Dates that begin with the year; ``None`` when there are none."""
    compact = _COMPACT.fullmatch(text)
    if compact:
        return _single(_day(int(compact[1]), int(compact[2]), int(compact[3])))
    matches = list(_ISO.finditer(text))
    if not matches:
        whole = _ISO_MONTH.fullmatch(text)
        return _month(int(whole[1]), int(whole[2])) if whole and int(whole[2]) <= 12 else None
    first = _day(*(int(matches[0][group]) for group in (1, 3, 4)))
    if not first:
        return UNKNOWN
    if len(matches) > 1:
        return _ordered(first, _day(*(int(matches[-1][group]) for group in (1, 3, 4))))
    rest = _ISO_END.match(text, matches[0].end())
    if rest:
        month, day = (int(rest[1]), int(rest[2])) if rest[2] else (first.month, int(rest[1]))
        return _ordered(first, _day(first.year, month, day))
    return _single(first)


def _day(year: int | None, month: int, day: int) -> date | None:
    if year is None:
        return None
    if year < 100:
        year += 2000
    if not FIRST_YEAR <= year <= LAST_YEAR:
        return None
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _single(day: date | None) -> DateRange:
    return DateRange(day, day, "day") if day and FIRST_YEAR <= day.year <= LAST_YEAR else UNKNOWN


def _ordered(start: date | None, end: date | None, precision: str = "day", fallback: date | None = None) -> DateRange:
    if start is None:
        return UNKNOWN
    if end is None:
        end = fallback or start
    if end < start:
        start, end = (end, start) if start - end <= _LONGEST_SWAP else (start, fallback or start)
    return DateRange(start, end, precision)


def _month(year: int | None, month: int, last: int | None = None, last_year: int | None = None) -> DateRange:
    start = _day(year, month, 1)
    if not start:
        return UNKNOWN
    final_year, final_month = last_year or start.year, last or month
    if (final_year, final_month) < (start.year, start.month) or not FIRST_YEAR <= final_year <= LAST_YEAR:
        final_year, final_month = start.year, start.month
    end = date(final_year, final_month, calendar.monthrange(final_year, final_month)[1])
    return DateRange(start, end, "month")


def _year(first: int, last: int | None = None) -> DateRange:
    if not FIRST_YEAR <= first <= LAST_YEAR:
        return UNKNOWN
    if last is None or not first <= last <= min(first + 1, LAST_YEAR):
        last = first
    return DateRange(date(first, 1, 1), date(last, 12, 31), "year")


def _int(text: str | None) -> int | None:
    return int(text) if text else None


def _span(start: tuple[int, int, int | None], end: tuple[int, int, int | None], hint: int | None) -> DateRange:
    """From (month, day, year) to (month, day, year); a missing year follows from the other, also across New Year."""
    (month, day, year), (last_month, last_day, last_year) = start, end
    wraps = (last_month, last_day) < (month, day)
    if year is None and last_year is not None:
        year = last_year - 1 if wraps and month > last_month else last_year
    year = hint if year is None else year
    if last_year is None and year is not None:
        last_year = year + 1 if wraps and month > last_month else year
    return _ordered(_day(year, month, day), _day(last_year, last_month, last_day))


def _numeric(first: int, second: int, separator: str) -> tuple[int, int]:
    """(month, day) of "first?second": day first with dots, else month first, unless that is not a month."""
    day_first = separator == "."
    month, day = (second, first) if day_first else (first, second)
    return (day, month) if month > 12 >= day else (month, day)


def _numeric_range(match: re.Match[str], hint: int | None) -> DateRange:
    first, separator, second, year, third, fourth, last_year = match.group(1, 2, 3, 4, 5, 6, 7)
    start = _numeric(int(first), int(second), separator)
    end = _numeric(int(third), int(fourth), separator)
    if start[0] > 12 or end[0] > 12:
        return UNKNOWN
    if separator != "." and int(third) > 12:  # one date settles the order of both
        start = (int(second), int(first)) if int(second) <= 12 else start
    return _span((*start, _full(year)), (*end, _full(last_year)), hint)


def _full(year: str | None) -> int | None:
    return None if year is None else int(year) + (2000 if len(year) == 2 else 0)


def _numeric_single(match: re.Match[str], hint: int | None) -> DateRange:
    month, day = _numeric(int(match[1]), int(match[3]), match[2])
    return _single(_day(_full(match[4]), month, day))


def _named_span(match: re.Match[str], hint: int | None) -> DateRange:
    month, day, year, last_month, last_day, last_year = match.groups()
    return _span((_MONTHS[month], int(day), _int(year)), (_MONTHS[last_month], int(last_day), _int(last_year)), hint)


def _named_span_day_first(match: re.Match[str], hint: int | None) -> DateRange:
    day, month, year, last_day, last_month, last_year = match.groups()
    return _span((_MONTHS[month], int(day), _int(year)), (_MONTHS[last_month], int(last_day), _int(last_year)), hint)


def _days_of_month(month: int, day: str, last_day: str | None, year: str | None, hint: int | None) -> DateRange:
    known = _int(year) or hint
    start = _day(known, month, int(day))
    return _ordered(start, _day(known, month, int(last_day)) if last_day else None)


def _quarter(match: re.Match[str], hint: int | None) -> DateRange:
    number, year = int(match[1] or match[4]), _int(match[2] or match[3]) or hint
    return _month(year, number * 3 - 2, number * 3)


def _half(match: re.Match[str], hint: int | None) -> DateRange:
    number = int(match[1])
    return _month(_int(match[2]) or hint, number * 6 - 5, number * 6)


_YEAR_END = rf"(?:{_Y})?"
_NUM = r"(?<![\d.])(\d{1,2})([./-])(\d{1,2})"
_PATTERNS: tuple[Pattern, ...] = (
    (
        re.compile(rf"{_NUM}(?:\2(\d{{4}}|\d{{2}}(?!\d)))?\.?\s*-\s*(\d{{1,2}})\2(\d{{1,2}})\2(\d{{4}}|\d{{2}})(?!\d)"),
        _numeric_range,
    ),
    (  # 15.-17.03.2025
        re.compile(r"(?<![\d.])(\d{1,2})\.?-(\d{1,2})\.(\d{1,2})\.(\d{4})(?!\d)"),
        lambda m, hint: _ordered(_day(int(m[4]), int(m[3]), int(m[1])), _day(int(m[4]), int(m[3]), int(m[2]))),
    ),
    (  # 03/15-17/2025
        re.compile(r"(?<!\d)(\d{1,2})/(\d{1,2})-(\d{1,2})/(\d{4})(?!\d)"),
        lambda m, hint: _ordered(_day(int(m[4]), int(m[1]), int(m[2])), _day(int(m[4]), int(m[1]), int(m[3]))),
    ),
    (re.compile(rf"{_NUM}\2(\d{{4}}|\d{{2}})(?!\d)"), _numeric_single),
    (re.compile(rf"{_M}\s*{_D}{_YEAR_END}{_SEP}{_M}\s*{_D}{_YEAR_END}"), _named_span),
    (re.compile(rf"{_D}\s*{_M}{_YEAR_END}{_SEP}{_D}\s*{_M}{_YEAR_END}"), _named_span_day_first),
    (
        re.compile(rf"(?<!\d)(\d{{4}})[\s,]+{_M}\s*{_D}{_LAST}$"),
        lambda m, hint: _days_of_month(_MONTHS[m[2]], m[3], m[4], m[1], hint),
    ),
    (
        re.compile(rf"{_M}\s*{_D}{_LAST}\.?{_YEAR_END}"),
        lambda m, hint: _days_of_month(_MONTHS[m[1]], m[2], m[3], m[4], hint),
    ),
    (
        re.compile(rf"{_D}{_LAST}[\s-]*{_M}(?:-?{_Y}|-(\d{{4}})(?!\d))?"),
        lambda m, hint: _days_of_month(_MONTHS[m[3]], m[1], m[2], m[4] or m[5], hint),
    ),
    (
        re.compile(rf"{_M}\s*(\d{{4}})?{_SEP}{_M},?\s*(\d{{4}})(?!\d)"),
        lambda m, hint: _month(
            _int(m[2]) or (int(m[4]) - 1 if _MONTHS[m[1]] > _MONTHS[m[3]] else int(m[4])),
            _MONTHS[m[1]],
            _MONTHS[m[3]],
            int(m[4]),
        ),
    ),
    (re.compile(rf"{_M}[\s,'/-]*(\d{{4}})(?!\d)"), lambda m, hint: _month(int(m[2]), _MONTHS[m[1]])),
    (re.compile(rf"(?<!\d)(\d{{4}})[\s,/-]*{_M}"), lambda m, hint: _month(int(m[1]), _MONTHS[m[2]])),
    (re.compile(r"\bq([1-4])(?:[\s,/-]*(\d{4})(?!\d))?|(?<!\d)(\d{4})[\s,/-]*q([1-4])\b"), _quarter),
    (re.compile(r"\bh([12])(?:[\s,/-]*(\d{4})(?!\d))?"), _half),
    (re.compile(rf"^{_M}$"), lambda m, hint: _month(hint, _MONTHS[m[1]])),
    (re.compile(r"^\D*(\d{4})-(\d{4})\D*$"), lambda m, hint: _year(int(m[1]), int(m[2]))),
    (re.compile(r"^\D{0,40}(?<![\d.$€£-])(\d{4})(?![\d+%])\D{0,40}$"), lambda m, hint: _year(int(m[1]))),
)
