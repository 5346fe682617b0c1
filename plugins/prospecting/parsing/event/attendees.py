"""Numbers of people: 5000, "5,000+", "1-2K", "In 2025: 4,200"."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

MAX_ATTENDEES = 5_000_000
"""More people than any event ever had: a larger number is a mistake."""

_LOOKED_AT = 200  # characters
_FACTORS = {
    1_000: ("k", "thousand", "tsd", "tausend", "mil", "mille", "mila", "tys", "千"),
    10_000: ("万", "萬"),
    100_000: ("lakh", "lakhs", "lac"),
    1_000_000: ("m", "mn", "mio", "million", "millions", "millionen"),
}
_UNITS = {unit: factor for factor, units in _FACTORS.items() for unit in units}
_UNIT = rf"(?:{'|'.join(sorted(_UNITS, key=len, reverse=True))})(?![^\W\d_])|[千万萬]"
_NUMBER = re.compile(
    r"(?<![\w.,'’])(?:(?P<grouped>\d{1,3}(?:[.,'’\s]\d{3})++)(?!\d)|(?P<plain>\d++(?:[.,]\d++)?))"
    rf"(?:\s*+(?P<unit>{_UNIT})\.?)?+(?P<plus>\s?\+)?+",
    re.IGNORECASE,
)
_UNIT_OF_RANGE = re.compile(rf"\s*(?:[-–—]|to|bis)\s*[\d.,]+\s*({_UNIT})", re.IGNORECASE)
_PEOPLE = re.compile(
    r"\+?(?:\s+[^\W\d_]+){0,3}?\s*(?:attend\w*|people|persons?|participa\w+|visit\w+|delegates?|guests?|professionals"
    r"|members|regist\w+|developers|engineers|executives|leaders|practitioners|decision[- ]makers|buyers|teilnehm\w+"
    r"|besuch\w+|personas|asistentes|pax)\b(?!\s*:)|\s*[人名]",
    re.IGNORECASE,
)
_OTHER_THINGS = re.compile(
    r"\+?\s*(?:%|percent\b|[-–]?\s?(?:days?|hours?|years?|weeks?|months?|minutes?)\b|€|\$|eur\b|usd\b|gbp\b"
    r"|(?:[^\W\d_]+\s+){0,2}?(?:countries|nations|states|cities|speakers?|sessions?|talks|keynotes?|exhibit\w+|sponsors?"
    r"|compan\w+|organi[sz]ations|brands|vendors|booths?|stands|startups|start-ups|partners|tracks|workshops?|editions?"
    r"|sq\w*|m2|m²|square|rooms|halls?|awards|universities|industries|topics|panels|stages|papers|posters)\b)",
    re.IGNORECASE,
)
_ORDINAL = re.compile(r"(?:st|nd|rd|th|er|ª|º)\b", re.IGNORECASE)
_SAYS_YEAR = re.compile(r"(?:\b(?:in|since|from|for|year)|\()$")
_SAYS_YEAR_BEHIND = re.compile(r"\s*(?::|\)|edition\b)", re.IGNORECASE)
_MONEY = ("$", "€", "£", "¥", "₹", "usd", "eur", "gbp")


def parse_attendees(value: Any) -> int | None:
    """A number of people: 5000, "5,000+", "5k", "10 000", "In 2025: 4,200". The lower bound of a range.

    ``None`` for text without a number, for numbers that are years, money or count something else ("150 exhibitors"),
    and for zero, negative and absurd ones (above ``MAX_ATTENDEES``).
    """
    if value is None or isinstance(value, bool):
        return None
    if isinstance(value, (int, float)):
        return int(value) if 0 < value <= MAX_ATTENDEES else None
    if isinstance(value, Mapping):
        for key in ("min", "minimum", "count", "value", "estimate", "expected", "total", "max"):
            if (count := parse_attendees(value.get(key))) is not None:
                return count
        return None
    if isinstance(value, (list, tuple)):
        counts = [
            count for item in value[:10] if not isinstance(item, (list, tuple)) and (count := parse_attendees(item))
        ]
        return min(counts) if counts else None
    return _attendees_in(value[:_LOOKED_AT]) if isinstance(value, str) else None


@lru_cache(maxsize=4_096)
def _attendees_in(text: str) -> int | None:
    """The first number said to be people, else the first that may be."""
    counts = list(_counts(text))
    found = next((count for count, is_people in counts if is_people), counts[0][0] if counts else None)
    return found if found and found <= MAX_ATTENDEES else None


def _counts(text: str) -> Iterator[tuple[int, bool]]:
    for match in _NUMBER.finditer(text):
        before, end = text[: match.start()].rstrip().lower(), match.end()
        unit = (match["unit"] or "").lower()
        if not unit and match["plain"] and len(match["plain"]) <= 4:  # "1-2K": the unit follows the second number
            behind = _UNIT_OF_RANGE.match(text, end)
            unit = behind[1].lower() if behind else ""
        if before.endswith(("-", "−")) and not before[:-1].rstrip()[-1:].isalnum():
            return  # a negative number
        if before.endswith(_MONEY):
            continue
        if _ORDINAL.match(text, end):
            continue
        is_people = bool(_PEOPLE.match(text, end))
        if _OTHER_THINGS.match(text, end) and not is_people:
            continue
        if not unit and not match["plus"] and _is_year(match["plain"] or "", before, text[end:]):
            continue
        yield _value(match, unit), is_people


def _is_year(digits: str, before: str, behind: str) -> bool:
    """Four digits without a separator to which nobody rounds a number of people; 2000 is one where it is said so."""
    if digits == "2000":
        return bool(_SAYS_YEAR.search(before) or _SAYS_YEAR_BEHIND.match(behind))
    return len(digits) == 4 and 1990 <= int(digits) < 2050


def _value(match: re.Match[str], unit: str) -> int:
    number = match["grouped"] or match["plain"]
    if match["grouped"] and not (unit and number.count(".") + number.count(",") == 1):
        digits = re.sub(r"\D", "", number)
    else:
        digits = re.sub(r"[\s'’]", "", number).replace(",", ".")
    return round(float(digits[:20]) * _UNITS.get(unit, 1))
