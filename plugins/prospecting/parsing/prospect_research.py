"""Reads research on a prospect: the data document of an agent as flat, typed fields.

Unknown stays unknown: a wrong type, a placeholder ("N/A") or a number no column holds reads as ``None``, never as
``False`` or 0.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from prospecting.parsing.dates import FIRST_YEAR, LAST_YEAR
from prospecting.parsing.envelopes import unwrap
from prospecting.parsing.fields import KeyMap, clean_text
from prospecting.parsing.names import clean_company_name
from prospecting.parsing.payload import PayloadError, as_text, canonical_key, extract_json
from prospecting.parsing.records import Rejected
from prospecting.parsing.research_answers import error_or_text, research_in
from prospecting.parsing.urls import normalize_website

MAX_COUNT = 2**31 - 1
"""The largest number the columns hold; larger ones are unknown."""

PRIORITIES = ("high", "medium", "low")

_DOCUMENT = KeyMap(
    company_name=("name", "company"),
    website=("company_website", "website_url"),
    is_b2b_saas=(),
    tech_stack=(),
    hiring=(),
    engineering_culture=(),
    company_size=(),
    third_party_tools=(),
    icp_score=(),
    extracted_at=(),
    extraction_duration_ms=(),
)
_TECH_STACK = KeyMap(has_modern_stack=("is_modern_stack",), technology_count=())
_HIRING = KeyMap(has_open_engineering_roles=(), engineering_role_count=(), total_open_roles=())
_CULTURE = KeyMap(has_engineering_blog=())
_SIZE = KeyMap(
    employees=("estimated_employee_range", "employee_range", "company_size"),
    employees_min=(),
    employees_max=(),
    has_funding=("funding_info", "funding"),
)
_SCORE = KeyMap(icp_score=("overall_score",), priority_level=())


@dataclass(frozen=True, slots=True)
class EmployeeRange:
    """Fewest and most employees, both inclusive; ``None``: not known, or no limit. Falsy when both are unknown."""

    min: int | None = None
    max: int | None = None

    def __bool__(self) -> bool:
        return self.min is not None or self.max is not None


@dataclass(frozen=True, slots=True)
class ProspectResearch:
    """The findings of one research run; ``None`` means not known, everywhere.

    ``icp_score`` (1..10) and ``priority_level`` are what the document itself says. ``technology_count``: distinct
    technologies and third-party tools it names. ``extracted_at`` is aware; a time without a zone is UTC.
    ``unreadable`` names the fields, as documents spell them, whose content could not be read and matters for what is
    stored: ``icpScore.overallScore``, ``extractedAt``.
    """

    company_name: str | None = None
    website: str | None = None
    is_b2b_saas: bool | None = None
    has_modern_stack: bool | None = None
    technology_count: int | None = None
    has_open_engineering_roles: bool | None = None
    engineering_role_count: int | None = None
    total_open_roles: int | None = None
    has_engineering_blog: bool | None = None
    employees_min: int | None = None
    employees_max: int | None = None
    has_funding: bool | None = None
    icp_score: int | None = None
    priority_level: str | None = None
    extracted_at: datetime | None = None
    extraction_duration_ms: int | None = None
    unreadable: tuple[str, ...] = ()


def prospect_document(document: object) -> dict[str, Any]:
    """The data document in whatever an agent returned: the object itself, or the one in its text or bytes.

    An object in a model's message or call is taken out of it; of several in a text the first is meant. Raises
    ``PayloadError`` (a ``ValueError``) when there is none, or nothing but an error or a text in it.
    """
    found = unwrap(document) if isinstance(document, Mapping) else document
    if not isinstance(found, Mapping):
        found = _object_in(found)
    found = dict(found)
    if error_or_text(found):
        inner = research_in(found)
        if isinstance(inner, Rejected):
            raise PayloadError("no_data", inner.detail)
        return inner
    return found


def _object_in(document: object) -> Mapping[str, Any]:
    """The first object in text or bytes, also where other values follow it."""
    found = extract_json(document, prefer=("company_name", "is_b2b_saas", "icp_score", "tech_stack", "hiring"))
    if isinstance(found, list) and isinstance(document, (str, bytes, bytearray, memoryview)):
        whole = as_text(document).lstrip()
        found = found[0] if found and not whole.startswith("[") else found
    found = unwrap(found)
    if not isinstance(found, dict):
        raise PayloadError("unsupported", f"the research is not an object but of type {type(found).__name__}")
    return found


def read_prospect_research(document: object) -> ProspectResearch:
    """Read a data document (camelCase, or any other spelling of its keys); text is searched for one.

    Where a section (``hiring``, ``techStack`` ...) is missing, its fields may be beside the others. Never raises on
    content; raises ``PayloadError`` (a ``ValueError``) when it holds no object at all.
    """
    given = prospect_document(document)
    fields = _DOCUMENT.read(given)
    stack, hiring = _section(_TECH_STACK, fields, "tech_stack", given), _section(_HIRING, fields, "hiring", given)
    culture = _section(_CULTURE, fields, "engineering_culture", given)
    size = _section(_SIZE, fields, "company_size", given)
    icp = _section(_SCORE, fields, "icp_score", given)
    score, extracted_at = _score(icp.get("icp_score")), _moment(fields.get("extracted_at"))
    priority = clean_text(icp.get("priority_level"), 20)
    employees = _employees(size)
    technologies = {*_technologies(fields.get("tech_stack")), *_technologies(fields.get("third_party_tools"))}
    unreadable = {
        "icpScore.overallScore": score is None and _says_something(icp.get("icp_score")),
        "extractedAt": extracted_at is None and _says_something(fields.get("extracted_at")),
    }
    return ProspectResearch(
        company_name=clean_company_name(fields.get("company_name")),
        website=normalize_website(fields.get("website")),
        is_b2b_saas=_flag(fields.get("is_b2b_saas")),
        has_modern_stack=_flag(stack.get("has_modern_stack")),
        technology_count=len(technologies) or _count(stack.get("technology_count")),
        has_open_engineering_roles=_flag(hiring.get("has_open_engineering_roles")),
        engineering_role_count=_count(hiring.get("engineering_role_count")),
        total_open_roles=_count(hiring.get("total_open_roles")),
        has_engineering_blog=_flag(culture.get("has_engineering_blog")),
        employees_min=employees.min,
        employees_max=employees.max,
        has_funding=_funding(size.get("has_funding")),
        icp_score=score,
        priority_level=priority.lower() if priority and priority.lower() in PRIORITIES else None,
        extracted_at=extracted_at,
        extraction_duration_ms=_count(fields.get("extraction_duration_ms"), round_off=True),
        unreadable=tuple(name for name, is_unreadable in unreadable.items() if is_unreadable),
    )


def _section(keys: KeyMap, fields: Mapping[str, Any], name: str, document: Mapping[Any, Any]) -> dict[str, Any]:
    section = fields.get(name)
    return keys.read(section if isinstance(section, Mapping) else document)


def _says_something(value: object) -> bool:
    """True when a value that could not be read is more than a placeholder or an empty container."""
    return bool(clean_text(value)) if isinstance(value, str) else value not in (None, [], {})


# ------------------------------------------------------------------------------------------------ flags and numbers
_FLAGS = {"true": True, "yes": True, "y": True, "false": False, "no": False, "n": False}
_NUMBER = r"(\d{1,3}(?:[.,'’ \u00a0\u202f]\d{3})+(?!\d)|\d+(?:[.,]\d+)?)(?:\s*(k|thousand|m|mn|million)\b)?(?!\d)"
_UNITS = {"k": 1_000, "thousand": 1_000, "m": 1_000_000, "mn": 1_000_000, "million": 1_000_000}
_THOUSANDS = re.compile(r"\d{1,3}(?:[.,'’ \u00a0\u202f]\d{3})+")
_OUT_OF_TEN = re.compile(r"(\d{1,9}(?:\.\d{1,9})?)(?: ?/ ?10)?")
_NOT_DIGITS = re.compile(r"\D")
_COUNT = re.compile(
    rf"(?:about|around|approx(?:imately|\.)?|circa|ca\.?|over|more than|at least|[~≈>]|>=)?\s*{_NUMBER}"
)


def _flag(value: object) -> bool | None:
    if isinstance(value, bool):
        return value
    return _FLAGS.get(value.strip().casefold()) if isinstance(value, str) else None


def _count(value: object, *, round_off: bool = False) -> int | None:
    """A number of things, 0..``MAX_COUNT``: 3, 3.0, "3", "12+", "about 1,200", "5 open roles"; of a range the first."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    if isinstance(value, str):
        match = _COUNT.match(value[:100].strip().casefold())
        value = _number(match[1], match[2]) if match else None
    elif isinstance(value, float):
        value = round(value) if math.isfinite(value) and (round_off or value.is_integer()) else None
    return value if value is not None and 0 <= value <= MAX_COUNT else None


def _number(digits: str, unit: str | None) -> int | None:
    """The whole number in "1,200", "1.200", "1.5" + "k"; ``None`` for a fraction."""
    if _THOUSANDS.fullmatch(digits) and not unit:
        return int(_NOT_DIGITS.sub("", digits)[:20])
    number = float(digits[:20].replace(",", ".")) if len(re.findall(r"\D", digits)) <= 1 else math.nan
    number *= _UNITS.get(unit or "", 1)
    return int(number) if number.is_integer() else None


def _score(value: object) -> int | None:
    """A whole number 1..10: 8, 8.0, "8", "8/10"."""
    if isinstance(value, str):
        match = _OUT_OF_TEN.fullmatch(value.strip())
        value = float(match[1]) if match else None
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return int(value) if 1 <= value <= 10 and value == int(value) else None


def _moment(value: object) -> datetime | None:
    """ISO 8601 text, or a datetime; UTC when it has no zone."""
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value.strip())
        except ValueError:
            return None
    if not isinstance(value, datetime):
        return None
    try:
        moment = value.replace(tzinfo=UTC) if value.utcoffset() is None else value.astimezone(UTC)
    except (ValueError, OverflowError):  # beyond the calendar
        return None
    return moment if FIRST_YEAR <= moment.year <= LAST_YEAR else None


# -------------------------------------------------------------------------------------------------------- employees
_ONE_PERSON = re.compile(
    r"(?:self[- ]employed|sole (?:proprietor|trader|founder)|solo|myself only|just me|freelancer?)\b"
)
_DASHES = str.maketrans(dict.fromkeys("‐‑‒–—―−～", "-"))
_BELOW = r"(?<![a-z])(?:(<=|≤|at most|up to|max(?:imum|\.)?|no more than)|(<|under|below|less than|fewer than))"
_ABOVE = r"(?<![a-z])(?:(>=|≥|at least|min(?:imum|\.)?)|(>|over|above|more than))"
_RANGE = re.compile(rf"(?<![\w.,-]){_NUMBER}\s*(?:-|~|to|through|bis|and)\s*{_NUMBER}")
_BOUNDED = re.compile(rf"(?:{_BELOW}|{_ABOVE})\s*{_NUMBER}")
_OPEN_END = re.compile(rf"(?<![\w.,-]){_NUMBER}\s*(?:\+|plus\b|(?:or|and) (?:more|above|over|up)\b)")
_OPEN_START = re.compile(rf"(?<![\w.,-]){_NUMBER}\s*(?:or|and) (?:fewer|less|under|below)\b")
_OF_PEOPLE = re.compile(rf"(?<![\w.,-]){_NUMBER}\s*(?:full[- ]time )?(?:employees|people|staff|team members|workers)")
_FIRST = re.compile(rf"(?<![\w.,-]){_NUMBER}")


def parse_employee_range(value: object) -> EmployeeRange:
    """How many people work there: "100-250", "1,000-5,000", "1.000-5.000", "1k-5k", "500+", "51 to 200 employees", 120.

    Bounds are taken as written: "<50" is at most 49 and "up to 50" at most 50, both with an unknown minimum; "500+" is
    500 and more, "over 500" 501 and more. A range written backwards is turned round. Falsy for everything else.
    """
    if isinstance(value, str):
        text = clean_text(value, 200)
        return _range_in(text.translate(_DASHES).casefold()) if text else EmployeeRange()
    number = _count(value)
    return EmployeeRange(number, number)


def _range_in(text: str) -> EmployeeRange:
    if _ONE_PERSON.match(text):
        return EmployeeRange(1, 1)
    if match := _RANGE.search(text):
        least, most = _number(match[1], match[2]), _number(match[3], match[4])
        if match[4] and not match[2]:  # "1-2k" means both, "500-1k" does not
            shared = _number(match[1], match[4])
            least = shared if shared is not None and most is not None and shared <= most else least
        return _ordered(least, most)
    if match := _BOUNDED.search(text):
        number = _number(match[5], match[6])
        if number is None:
            return EmployeeRange()
        if match[1] or match[2]:
            return _ordered(None, number if match[1] else number - 1)
        return _ordered(number if match[3] else number + 1, None)
    if match := _OPEN_END.search(text):
        return _ordered(_number(match[1], match[2]), None)
    if match := _OPEN_START.search(text):
        return _ordered(None, _number(match[1], match[2]))
    if match := _OF_PEOPLE.search(text) or _FIRST.search(text):
        number = _number(match[1], match[2])
        return _ordered(number, number)
    return EmployeeRange()


def _ordered(least: int | None, most: int | None) -> EmployeeRange:
    if any(number is not None and not 0 <= number <= MAX_COUNT for number in (least, most)):
        return EmployeeRange()
    if least is not None and most is not None and most < least:
        least, most = most, least
    return EmployeeRange(least, most)


def _employees(size: Mapping[str, Any]) -> EmployeeRange:
    return parse_employee_range(size.get("employees")) or _ordered(
        _count(size.get("employees_min")), _count(size.get("employees_max"))
    )


# ------------------------------------------------------------------------------------------ technologies and funding
_MAX_TECHNOLOGY = 60  # characters; longer texts are prose
_MAX_DEPTH = 4
_REMARK = re.compile(
    r"(?:confidence|score|evidence|reason|reasons|reasoning|notes?|summary|description|version|modern|modernstack)$"
)
_NAMES_NOTHING = re.compile(r"(?:no|none|not|unknown|n/a)(?:\s|$)", re.IGNORECASE)
_SPELLING = re.compile(r"[\s._-]")
_FUNDED = re.compile(
    r"[$€£¥]\s?\d|\d\s?(?:k|m|mn|b|bn|million|billion)\b"
    r"|(?<!no )(?:\bseries [a-k]\b|\bseed\b|\bipo\b|\bventure[- ]backed\b)"
)
_NOT_FUNDED = re.compile(
    r"\bboots?trap|\bself[- ]fund|\bunfunded\b|\bnot (?:yet )?(?:been )?(?:funded|raised)\b|\bnever raised\b"
)
_NOT_TOLD = re.compile(r"\bno(?:t|ne)?\b|\bunknown\b|\bundisclosed\b|\bunclear\b")
_NO_MONEY = re.compile(
    r"\b(?:no|without) (?:external |outside |venture |institutional |vc )*(?:funding|capital|investors?|investment)"
    r"(?: (?:raised|taken|received))?(?: (?:yet|so far|to date))?\.?$"
)


def _technologies(value: object, depth: int = _MAX_DEPTH) -> Iterator[str]:
    """Names of technologies in a section, folded: its texts and lists of texts, not remarks ("frameworkConfidence")."""
    if isinstance(value, str):
        name = clean_text(value, 2 * _MAX_TECHNOLOGY)
        if name and len(name) <= _MAX_TECHNOLOGY and "://" not in name and not _NAMES_NOTHING.match(name):
            yield _SPELLING.sub("", name.casefold())
    elif isinstance(value, Mapping) and depth:
        for key, member in value.items():
            if not _REMARK.search(canonical_key(key)):
                yield from _technologies(member, depth - 1)
    elif isinstance(value, (list, tuple)) and depth:
        for member in value:
            yield from _technologies(member, depth - 1)


def _funding(value: object) -> bool | None:
    """True when a remark on funding tells of money raised ("Series B, $40M"), False when it denies ("bootstrapped")."""
    if isinstance(value, bool):
        return value
    text = clean_text(value) if isinstance(value, str) else None
    if text is None:
        return None
    text = text.casefold()
    if _FUNDED.search(text):
        return True
    if _NOT_FUNDED.search(text) or _NO_MONEY.search(text):
        return False
    return None if _NOT_TOLD.search(text) else True
