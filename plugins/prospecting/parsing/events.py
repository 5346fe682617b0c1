"""Events from an agent's answer."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any

from prospecting.parsing.dates import UNKNOWN, join_ranges, parse_date_range
from prospecting.parsing.fields import KeyMap, Walker, clean_text, first_text, load_or_reject
from prospecting.parsing.locations import parse_location
from prospecting.parsing.names import vocabulary
from prospecting.parsing.payload import Payload, as_text, without_thoughts
from prospecting.parsing.plaintext import labelled_records, lines_of, table_records, too_long
from prospecting.parsing.records import DateRange, EventRecord, Location, Parsed, Rejected, SponsorRecord
from prospecting.parsing.sponsors import plain_sponsors, sponsors_of
from prospecting.parsing.urls import normalize_website

MAX_NAME = 300
MAX_ATTENDEES = 5_000_000
"""More people than any event ever had: a larger number is a mistake."""

FIELDS = KeyMap(
    name=("event_name", "conference_name", "event_title", "conference", "event", "title", "full_name"),
    start=("start_date", "start_dt", "date_start", "starts_at", "start_time", "begin_date", "from", "begins", "starts"),
    end=("end_date", "end_dt", "date_end", "ends_at", "end_time", "finish_date", "to", "until", "ends"),
    date=("dates", "event_date", "event_dates", "when", "date_range", "date_text", "schedule", "timeframe"),
    year=("event_year", "edition"),
    location=("event_location", "place", "where", "city_country", "location_text"),
    city=("event_city", "town", "host_city"),
    region=("state", "state_province", "province"),
    country=("event_country", "country_code", "country_name"),
    venue=("venue_name", "event_venue"),
    website=("website_url", "event_website", "event_url", "official_website", "official_website_url", "url", "link",
             "homepage", "web", "site"),
    attendees=("attendance", "expected_attendees", "expected_attendance", "attendee_count", "number_of_attendees",
               "num_attendees", "estimated_attendees", "estimated_attendance", "expected_attendee_count",
               "participants", "visitors", "size", "audience_size", "delegates", "capacity"),
    sponsors=("sponsor_list", "known_sponsors", "event_sponsors", "confirmed_sponsors", "sponsor_names",
              "sponsor_companies"),
    type=("event_type", "kind", "format", "category"),
    industry=("industries", "industry_focus", "sector", "industry_sector", "topic", "topics"),
    description=("about", "summary", "overview", "details"),
)  # fmt: skip

_NOWHERE = Location()
_NAMED_LISTS = re.compile(r"(?:events?|conferences|summits|eventlist|eventslist|conferencelist)")
_ENVELOPES = vocabulary(
    "results result data output outputs items list response payload content answer extracted findings"
)
_EVIDENCE = frozenset(
    {"start", "end", "date", "year", "location", "city", "country", "venue", "attendees", "website", "sponsors"}
)
WANTED = vocabulary(
    "events conferences startdate enddate date dates location venue attendees eventname conferencename hassponsors year"
)

_LETTER = re.compile(r"[^\W_]")
_YEAR_IN_NAME = re.compile(r"(?<![\w.,$€£-])(?:'|’)?((?:19|20)\d\d)(?![\w%])")
_COUNT = re.compile(
    r"(?<![\w.])(\d+(?:[.,'’\s\u00a0\u202f]\d{3})+|\d+(?:[.,]\d+)?)\s*(k\b|k\+|thousand\b|m\b|mn\b|million\b)?",
    re.IGNORECASE,
)
_FACTORS = {"k": 1_000, "thousand": 1_000, "m": 1_000_000, "mn": 1_000_000, "million": 1_000_000}


def parse_events(raw: Any) -> Parsed[EventRecord]:
    """Events in ``raw`` (text, bytes, object, list or ``None``), in order.

    An event needs a name; everything else may be unknown. Reasons for rejection: ``no_data``, ``unparseable``,
    ``too_large``, ``placeholder``, ``missing_name``, ``name_too_long``, ``not_an_object``, ``truncated``. Never raises
    on content.
    """
    loaded = load_or_reject(raw, WANTED)
    parsed: Parsed[EventRecord] = Parsed()
    if loaded is None:
        return parsed
    if isinstance(loaded, Rejected):
        return _parse_plain(raw, loaded)
    for value in loaded.values:
        if isinstance(value, str):
            return _parse_plain(value, Rejected("unparseable", "The answer is text, not data.", raw))
        for item in _WALKER.records(value):
            record = _record(item, loaded)
            if isinstance(record, Rejected):
                parsed.rejected.append(record)
            else:
                parsed.items.append(record)
    if len(loaded.values) > 1:
        parsed.items = list(dict.fromkeys(parsed.items))
    if loaded.truncated and not any(item.reason == "truncated" for item in parsed.rejected):
        parsed.rejected.append(Rejected("truncated", "The answer ends in the middle; what was complete is kept."))
    return parsed


def _parse_plain(raw: Any, reason: Rejected) -> Parsed[EventRecord]:
    """Tables and "Date: ..." blocks; anything else is rejected with ``reason``."""
    parsed: Parsed[EventRecord] = Parsed()
    if reason.reason in ("no_data", "unparseable") and isinstance(raw, (str, bytes, bytearray)):
        text = without_thoughts(as_text(raw))
        if refusal := too_long(text, raw):
            return Parsed(rejected=[refusal])
        lines = lines_of(text)
        records = table_records(lines, FIELDS) or labelled_records(lines, FIELDS)
        for record in records:
            event = _record(record, Payload(()))
            if isinstance(event, EventRecord) and _WALKER.is_record(record):
                parsed.items.append(event)
    if not parsed.items:
        parsed.rejected.append(reason)
    return parsed


@lru_cache(maxsize=1_024)
def _wrapper_grade(key: str) -> int:
    if key in _ENVELOPES:
        return 1
    return 2 if _NAMED_LISTS.fullmatch(key) or key.endswith(("events", "conferences")) else 0


_WALKER = Walker(FIELDS, _wrapper_grade, _EVIDENCE, vocabulary("name eventname conferencename"))

# One answer repeats labels, places and sites: the normalisers cache after some unwrapping, these functions before it.
_label = lru_cache(maxsize=2_048)(clean_text)
_place = lru_cache(maxsize=8_192)(parse_location)
_website = lru_cache(maxsize=8_192)(normalize_website)


def _record(item: Any, loaded: Payload) -> EventRecord | Rejected:
    if type(item) is str:
        item = {"name": item}
    if type(item) is not dict and not isinstance(item, Mapping):
        return Rejected("not_an_object", "An event is neither an object nor a name.", item)
    if loaded.open_ids and loaded.is_open(item):
        return Rejected("truncated", "An event is incomplete because the answer ends in the middle.", item)
    fields = FIELDS.read(item)
    given = fields.get("name")
    if type(given) is not str and isinstance(given, Mapping):  # {"event": {...}}
        return _record(given, loaded) if isinstance(FIELDS.read(given).get("name"), str) else _nameless(item, fields)
    if given is None:
        return _nameless(item, fields)
    name = clean_text(given, MAX_NAME + 1)
    if name is None or not _LETTER.search(name):
        return Rejected("placeholder", "The event's name is a placeholder.", item)
    if len(name) > MAX_NAME:
        return Rejected("name_too_long", f"The event's name has more than {MAX_NAME} characters.", item)
    return _event(name.strip("*_`"), fields, loaded)


def _nameless(item: Mapping[Any, Any], fields: dict[str, Any]) -> Rejected:
    if fields:
        return Rejected("missing_name", "The event has no name.", item)
    return Rejected("no_data", "The object contains no event.", item)


def _event(name: str, fields: dict[str, Any], loaded: Payload) -> EventRecord:
    when = _when(name, fields)
    location, venue = _where(fields)
    website = fields.get("website")
    get = fields.get
    sponsors = get("sponsors")
    kind, industry, description = get("type"), get("industry"), get("description")
    return EventRecord(
        name,
        when.start,
        when.end,
        location,
        _website(website if type(website) is str else first_text(website)) if website else None,
        parse_attendees(get("attendees")),
        _sponsors(sponsors, loaded) if sponsors else (),
        when.precision,
        venue,
        (_label(kind, 100) if type(kind) is str else first_text(kind, 100)) if kind else None,
        _joined(industry) if industry else None,
        first_text(description) if description else None,
    )


def _sponsors(value: Any, loaded: Payload) -> tuple[SponsorRecord, ...]:
    if type(value) is list and not loaded.open_ids and (names := plain_sponsors(value)) is not None:
        return names
    if isinstance(value, (bool, int, float)):
        return ()
    return tuple(sponsors_of(value, loaded).items)


def _joined(value: Any) -> str | None:
    if isinstance(value, (list, tuple)):
        names = [text for member in value[:10] if (text := first_text(member, 100))]
        return ", ".join(names) or None
    return _label(value, 200) if type(value) is str else first_text(value, 200)


def _when(name: str, fields: dict[str, Any]) -> DateRange:
    """The dates given; failing that the year given, or the year in the name."""
    start, end, date_value = fields.get("start"), fields.get("end"), fields.get("date")
    if type(date_value) is str and start is None and len(date_value) == 10:
        exact = parse_date_range(date_value)
        if exact:
            return join_ranges(exact, parse_date_range(end)) if end is not None else exact
    year_range = parse_date_range(fields.get("year"))
    year = year_range.start.year if year_range.start else _year_in(name)
    best = UNKNOWN
    if start is not None:
        best = parse_date_range(start, year=year)
    if date_value is not None and (not best or best.precision != "day"):
        dated = parse_date_range(date_value, year=year)
        best = dated if not best or dated.precision == "day" else best
    if end is not None:
        best = join_ranges(best, parse_date_range(end, year=best.start.year if best.start else year))
    if not best and year:
        best = parse_date_range(year)
    return best


def _year_in(name: str) -> int | None:
    years = {int(match[1]) for match in _YEAR_IN_NAME.finditer(name)}
    return years.pop() if len(years) == 1 else None


def _where(fields: dict[str, Any]) -> tuple[Location, str | None]:
    location, venue = fields.get("location"), fields.get("venue")
    place = (_place(location) if type(location) is str else parse_location(location)) if location else _NOWHERE
    venue_name: str | None = None
    if type(venue) is str:
        venue_name = clean_text(venue, 200) if venue else None
    elif isinstance(venue, Mapping):
        venue_name = first_text(venue.get("name"), 200)
        if not place:
            place = parse_location({key: item for key, item in venue.items() if str(key).lower() != "name"}) or place
    elif venue:
        venue_name = first_text(venue, 200)
    if not place:
        parts = [text for key in ("city", "region", "country") if (text := first_text(fields.get(key), 100))]
        if parts:
            named = parse_location(", ".join(parts))
            place = replace(named, text=place.text or named.text) if named or not place.text else place
    return place, venue_name


def parse_attendees(value: Any) -> int | None:
    """A number of people: 5000, "5,000+", "5k", "10 000", "about 3000 people". The lower bound of a range.

    ``None`` for text without a number, and for zero, negative and absurd numbers (above ``MAX_ATTENDEES``).
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
    return _attendees_in(value[:200]) if isinstance(value, str) else None


@lru_cache(maxsize=4_096)
def _attendees_in(text: str) -> int | None:
    match = _COUNT.search(text)
    if not match or text[: match.start()].rstrip().endswith(("-", "−")):
        return None
    unit = (match[2] or "").lower().rstrip("+")
    if not unit and len(match[1]) <= 3:  # "1-2K": the unit follows the second number
        behind = re.match(r"\s*(?:[-–—]|to)\s*[\d.,]+\s*(k|thousand|m|million)\b", text[match.end() :], re.IGNORECASE)
        unit = behind[1].lower() if behind else ""
    digits = re.sub(r"[\s\u00a0\u202f'’]", "", match[1])
    if re.fullmatch(r"\d{1,3}(?:[.,]\d{3})+", digits) and not unit:
        digits = re.sub(r"[.,]", "", digits)
    number = digits.replace(",", ".") if digits.count(",") + digits.count(".") == 1 else re.sub(r"[.,]", "", digits)
    count = float(number[:20]) * _FACTORS.get(unit, 1)
    return round(count) if 0 < count <= MAX_ATTENDEES else None
