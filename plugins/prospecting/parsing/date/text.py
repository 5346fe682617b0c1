"""Dates in a line of text: "Sep 30 - Oct 2, 2026", "30/09 - 02/10/2026", "2026年9月30日〜10月2日", "Q2 2025".

The text is folded first: lower case, no accents, weekdays or clock times, "-" for a hyphen and "~" for what says
"until". Dates that begin with the year come first, then numbers alone, then names of months, then parts of a year.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import date
from functools import lru_cache

from prospecting.parsing.date.month_days import MONTHS, read_named
from prospecting.parsing.date.ranges import (
    UNKNOWN,
    day_or_none,
    days_of_month,
    in_order,
    one_day,
    whole_months,
    whole_years,
    with_years,
)
from prospecting.parsing.records import DateRange

_USUAL = re.compile(r"([A-Za-z]{3,9})\.? (\d{1,2})(?: ?[-–] ?(\d{1,2}))?,? (\d{4})", re.ASCII)
_USUAL_DAY_FIRST = re.compile(r"(\d{1,2})(?: ?[-–] ?(\d{1,2}))? ([A-Za-z]{3,9})\.?,? (\d{4})", re.ASCII)
_DIGIT = re.compile(r"\d")
_CLOCK = re.compile(r"\d:\d|\d\s*(?:[ap]m|uhr|h)\b")
_TIME = re.compile(
    r"(?:@\s*|\bat\s+)?\bt?\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?\s*(?:[ap]\.?m\.?)?(?:\s*(?:z|utc|gmt|[a-z]{2,4}t)\b)?"
    r"|\b\d{1,2}\s*(?:[ap]m|uhr|h)\b"
)
_WEEKDAYS = re.compile(
    r"\b(?:(?:mon|tues|wednes|thurs|fri|satur|sun)day|mon|tues?|weds?|thur?s?|fri|sat|sun"
    r"|montag|dienstag|mittwoch|donnerstag|freitag|samstag|sonntag"
    r"|lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche|lunes|martes|miercoles|jueves|viernes|sabado|domingo)\b[.,]?"
)
_CJK_WEEKDAY = re.compile(r"[(（][月火水木金土日一二三四五六][)）]")
_CJK_FROM = re.compile("から|부터")
_CJK_TO = re.compile("まで|까지")
_ORDINAL = re.compile(r"(?<=\d)(?:st|nd|rd|th|er|º|ª)\b")
_ABOUT = re.compile(
    r"\b(?:of|de|del|du|the|den|der|dem|zum|from|le|il|el|dal|vom|van|od|с|со|on|early|mid|late|beginning|end|anfang"
    r"|mitte|ende)\b"
)
_CJK = str.maketrans(
    {"年": "-", "月": "-", "日": " ", "년": "-", "월": "-", "일": " ", "〜": "~", "～": "~", "至": "~"}
)
_TYPOGRAPHIC = re.compile(r"(?<!\d)(\d{4})[‒–—―−](\d{2})[‒–—―−](\d{2})(?!\d)")
_UNTIL = re.compile(
    r"[‒–—―−]|(?<=\s)-(?=\s)|\.\.+|…|\bt/m\b|\b(?:to|through|thru|until|till|bis|tot en met|tot|au|al|jusqu'au|hasta"
    r"|ate|по|do(?= \d))\b"
)
_HYPHENS = str.maketrans({"‐": "-", "‑": "-", "’": "'", "‘": "'", "ı": "i"})
_AROUND_DASH = re.compile(r"\s*([-~])\s*")
_SHORT_YEAR = re.compile(r"'(\d\d)(?!\d)")

_ISO = re.compile(r"(?<![\d./-])(\d{4})([-/.])(\d{1,2})\2(\d{1,2})(?!\d)")
_NEXT_ISO = re.compile(r"(?<!\d)(\d{4})([-/.])(\d{1,2})\2(\d{1,2})(?!\d)")
_ISO_END = re.compile(r"(?:t[\d:.z+]*)?[-/~](?:(\d{1,2})[-/.])?(\d{1,2})\s*$")
_ISO_MONTH = re.compile(r"(\d{4})[-/](\d{1,2})-?")
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})(?:[-/~](\d{4})(\d{2})(\d{2}))?")

_NOT_BEFORE = r"(?<![\d./])(?<!\d-)"
_YEAR = r"\d{4}(?!\d)|\d{2}(?!\d)"
_TWO_DATES = re.compile(
    rf"{_NOT_BEFORE}(\d{{1,2}})([./-])(\d{{1,2}})(?:\2({_YEAR}))?\.?\s*[-~]"
    rf"(\d{{1,2}})\2(\d{{1,2}})(?!\d)(?:\2({_YEAR})|[\s,]\s*(\d{{4}})(?!\d))?"
)
_DAYS_FIRST = re.compile(
    rf"{_NOT_BEFORE}(\d{{1,2}})\.?(?:\s*[-~/&+,]\s*(\d{{1,2}})(?!\d)\.?)+([./])(\d{{1,2}})\3({_YEAR})"
)
_DAYS_BETWEEN = re.compile(rf"{_NOT_BEFORE}(\d{{1,2}})/(\d{{1,2}})[-~](\d{{1,2}})/({_YEAR})")
_ONE_DATE = re.compile(rf"{_NOT_BEFORE}(\d{{1,2}})([./-])(\d{{1,2}})\2({_YEAR})(?![./-]\d)")
_MONTH_AND_YEAR = re.compile(r"(\d{1,2})[./-](\d{4})")
_NEXT_WORD = re.compile(r"\s+([^\W\d_]+)")
_WITHOUT_YEAR = re.compile(r"(?!24/7)(\d{1,2})([./])(\d{1,2})\.?")

_QUARTER = re.compile(r"\bq([1-4])(?:[\s,/-]*(\d{4})(?!\d))?|(?<!\d)(\d{4})[\s,/-]*q([1-4])\b")
_HALF = re.compile(r"\bh([12])(?:[\s,/-]*(\d{4})(?!\d))?")
_NUMERALS = {
    numeral: number
    for number, numerals in enumerate(
        (
            "1|first|erste|erstes|ersten|premier|primer|primeiro|primo|i",
            "2|second|zweite|zweites|zweiten|deuxieme|segundo|secondo|ii",
            "3|third|dritte|drittes|dritten|troisieme|tercer|terceiro|terzo|iii",
            "4|fourth|last|vierte|viertes|vierten|quatrieme|cuarto|quarto|iv",
        ),
        start=1,
    )
    for numeral in numerals.split("|")
}
_NAMED_PART = re.compile(
    rf"\b({'|'.join(_NUMERALS)})\.? (?:(quarter|quartal|trimestre|kwartaal|kwartal|квартал)"
    r"|(?:half|halbjahr|semestre|semester)(?: year)?)\b(?:[\s,/-]*(\d{4})(?!\d))?"
)
_YEARS = re.compile(r"\D*(\d{4})[-~](\d{4})\D*")
_ONE_YEAR = re.compile(r"\D{0,40}(?<![\d.$€£-])(\d{4})(?![\d+%])\D{0,40}")


@lru_cache(maxsize=8_192)
def read_text(text: str, hint: int | None) -> DateRange:
    """The dates in ``text``; ``hint`` is the year of dates written without one. Falsy when there are none."""
    if len(text) == 10 and text[4] == "-" and text[7] == "-":
        try:
            return one_day(date.fromisoformat(text))
        except ValueError:
            return UNKNOWN
    if match := _USUAL.fullmatch(text) or _USUAL_DAY_FIRST.fullmatch(text):
        name, day, last_day, year = match.groups() if match.re is _USUAL else match.group(3, 1, 2, 4)
        if month := MONTHS.get(name.lower()):
            is_last_month = match.re is _USUAL_DAY_FIRST
            return days_of_month(int(year), month, int(day), int(last_day or day), is_last_month=is_last_month)
    plain = _fold(text)
    if not _DIGIT.search(plain) and not (hint and any(name in plain for name in MONTHS)):
        return UNKNOWN
    for read in (_year_first, _numbers, read_named, _parts_of_a_year):
        found = read(plain, hint)
        if found is not None:
            return found
    return UNKNOWN


def _fold(text: str) -> str:
    plain = text.casefold()
    if not plain.isascii():
        plain = _CJK_TO.sub("", _CJK_FROM.sub("~", _CJK_WEEKDAY.sub(" ", plain))).translate(_CJK)
        decomposed = unicodedata.normalize("NFKD", plain)
        plain = "".join(character for character in decomposed if not unicodedata.combining(character))
        plain = _TYPOGRAPHIC.sub(r"\1-\2-\3", plain.translate(_HYPHENS))
    plain = _ORDINAL.sub("", plain)
    if _CLOCK.search(plain):
        plain = _TIME.sub(" ", plain)
    if "'" in plain:
        plain = _SHORT_YEAR.sub(r" 20\1", plain)
    plain = _ABOUT.sub(" ", _UNTIL.sub("~", _WEEKDAYS.sub(" ", plain)))
    return _AROUND_DASH.sub(r"\1", " ".join(plain.split()))


def _year_first(text: str, _hint: int | None) -> DateRange | None:
    """Dates that begin with the year; ``None`` when there are none."""
    compact = _COMPACT.fullmatch(text)
    if compact:
        numbers = [int(number) for number in compact.groups() if number]
        return in_order(day_or_none(*numbers[:3]), day_or_none(*(numbers[3:] or numbers)))
    start = _ISO.search(text)
    if not start:
        month = _ISO_MONTH.fullmatch(text)
        return whole_months(int(month[1]), int(month[2])) if month and int(month[2]) <= 12 else None
    year, first_month, first_day = (int(start[group]) for group in (1, 3, 4))
    first = day_or_none(year, first_month, first_day)
    if others := list(_NEXT_ISO.finditer(text, start.end())):
        return in_order(first, day_or_none(*(int(others[-1][group]) for group in (1, 3, 4))))
    rest = _ISO_END.match(text, start.end())
    if rest and first:
        if not rest[1]:
            return days_of_month(year, first_month, first_day, int(rest[2]))
        last_month, last_day = int(rest[1]), int(rest[2])
        return in_order(first, day_or_none(year + (last_month < first_month), last_month, last_day))
    return one_day(first)


def _numbers(text: str, hint: int | None) -> DateRange | None:
    """Dates whose month is a number, the year behind it; ``None`` when there are none."""
    if match := _TWO_DATES.search(text):
        found = _two_dates(match, hint)
        if found or not _DAYS_BETWEEN.search(text):
            return found
    if match := _DAYS_FIRST.search(text):
        return days_of_month(_full(match[5]), int(match[4]), int(match[1]), int(match[2]), is_last_month=True)
    if match := _DAYS_BETWEEN.search(text):
        return days_of_month(_full(match[4]), int(match[1]), int(match[2]), int(match[3]))
    if (match := _ONE_DATE.search(text)) and not _names_month(text, match.end()):
        return _one_date(int(match[1]), match[2], int(match[3]), _full(match[4]))
    if (match := _MONTH_AND_YEAR.fullmatch(text)) and int(match[1]) <= 12:
        return whole_months(int(match[2]), int(match[1]))
    if hint and (match := _WITHOUT_YEAR.fullmatch(text)):
        return _one_date(int(match[1]), match[2], int(match[3]), hint)
    return None


def _names_month(text: str, position: int) -> bool:
    """True when a month follows: "9/10/11 October" are three days."""
    word = _NEXT_WORD.match(text, position)
    return word is not None and word[1] in MONTHS


def _full(year: str) -> int:
    return int(year) + (2000 if len(year) == 2 else 0)


def _one_date(first: int, separator: str, second: int, year: int) -> DateRange:
    is_day_first = separator == "."
    month, day = (second, first) if is_day_first else (first, second)
    if month > 12 >= day:
        month, day = day, month
    return one_day(day_or_none(year, month, day))


def _two_dates(match: re.Match[str], hint: int | None) -> DateRange:
    """Both dates are written in one order: the usual one, unless only the other makes a range or a shorter one."""
    first, second, third, fourth = (int(match[group]) for group in (1, 3, 5, 6))
    year = _full(match[4]) if match[4] else None
    last_year = match[7] or match[8]
    until = _full(last_year) if last_year else None
    if year is None and until is None:
        year = hint
    orders = [((first, second), (third, fourth)), ((second, first), (fourth, third))]
    if match[2] == ".":
        orders.reverse()
    spans = [with_years((*start, year), (*end, until)) for start, end in orders]
    known = [(start, end) for start, end in spans if start and end]
    if match[2] == ".":
        known = known[:1]
    forward = [(start, end) for start, end in known if end >= start]
    if forward:
        return in_order(*min(forward, key=lambda span: span[1] - span[0]))
    return in_order(*known[0]) if known else UNKNOWN


def _parts_of_a_year(text: str, hint: int | None) -> DateRange | None:
    """Quarters, halves and years alone."""
    if match := _QUARTER.search(text):
        number, given = int(match[1] or match[4]), match[2] or match[3]
        year = int(given) if given else hint
        return whole_months(year, number * 3 - 2, number * 3) if year else UNKNOWN
    if match := _HALF.search(text):
        year = int(match[2]) if match[2] else hint
        return whole_months(year, int(match[1]) * 6 - 5, int(match[1]) * 6) if year else UNKNOWN
    if match := _NAMED_PART.search(text):
        number, size = _NUMERALS[match[1]], 3 if match[2] else 6
        year = int(match[3]) if match[3] else hint
        return whole_months(year, (number - 1) * size + 1, number * size) if year and number * size <= 12 else UNKNOWN
    if match := _YEARS.fullmatch(text):
        return whole_years(int(match[1]), int(match[2]))
    if match := _ONE_YEAR.fullmatch(text):
        return whole_years(int(match[1]))
    return None
