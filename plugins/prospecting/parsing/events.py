"""Events from an agent's answer."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any

from prospecting.parsing.dates import UNKNOWN, join_dates, parse_date_range
from prospecting.parsing.event.attendees import parse_attendees
from prospecting.parsing.event.text import details_of, event_records
from prospecting.parsing.fields import KeyMap, Walker, clean_text, first_text, load_or_reject, phrases
from prospecting.parsing.locations import parse_location
from prospecting.parsing.messy_json.python_calls import without_calls
from prospecting.parsing.names import vocabulary
from prospecting.parsing.payload import Payload, as_text, canonical_key, without_thoughts
from prospecting.parsing.placeholders import stands_for_nothing
from prospecting.parsing.plaintext import lines_of, table_records, too_long, with_cells
from prospecting.parsing.records import DateRange, EventRecord, Location, Parsed, Rejected, SponsorRecord
from prospecting.parsing.refusals import Kind, says_nothing_found
from prospecting.parsing.sources import read_source
from prospecting.parsing.sponsor.html_lines import without_html
from prospecting.parsing.sponsors import plain_sponsors, sponsors_of
from prospecting.parsing.urls import normalize_website

MAX_NAME = 300
MAX_LINES = 4_000
"""Lines of an answer that is not JSON; longer ones are refused."""

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
    has_sponsors=("has_confirmed_sponsors", "has_sponsor", "is_sponsored", "sponsored", "sponsors_available"),
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
_WHEN = frozenset({"start", "end", "date"})
_WHERE = frozenset({"location", "city", "website"})
_PROOF = frozenset({"start", "end", "date", "location", "city", "attendees", "venue"})
WANTED = vocabulary(
    "events conferences startdate enddate date dates location venue attendees eventname conferencename hassponsors year"
)

_LETTER = re.compile(r"[^\W_]")
_YEAR_IN_NAME = re.compile(r"(?<![\w.,$€£-])(?:'|’)?((?:19|20)\d\d)(?![\w%])")
_CITED = frozenset("[【*<&`")
_LINKED_NAME = re.compile(r"(.*?)\[([^\[\]]+)\]\((https?://[^\s()]+)\)(.*)")
_KIND = r"(?:events?|conferences?|meetups?|trade ?shows?|webinars?)"
_NO_NAME = re.compile(
    r"(?:(?:the|last year'?s|this year'?s|previous|(?:un)?named|untitled|unknown|upcoming|test|some|any|sample|example"
    rf"|fictional|placeholder|sponsored|new|our) )*+{_KIND}"
    r"(?: ?(?:[#-] ?)?(?:\d{1,4}|[a-z]|one|two|three))?(?: name| title| here)?",
    re.IGNORECASE,
)
_BARE_NAME = re.compile(r"(?:(?:the|next|new|our) )?(?:conference|event|meetup|webinar)", re.IGNORECASE)
"""Events have such names, rarely: it takes a date and a website or place to believe it."""
_PLATFORMS = phrases(
    "eventbrite|meetup|meetup.com|10times|10times.com|luma|lu.ma|conference alerts|confs.tech|dev.events|sessionize"
    "|papercall|linkedin|linkedin events|facebook|facebook events|google|google search|twitter|eventbrite.com"
)
_GENERIC_KEY = re.compile(r"(?:event|conference|item|result|entry|record|no|number|option)?[\s_#-]*\d*", re.IGNORECASE)
_YES = phrases("true|yes|y|1")
_NO = phrases("false|no|n|0|none|no sponsors")


def parse_events(raw: Any) -> Parsed[EventRecord]:
    """Events in ``raw`` (text, bytes, object, list or ``None``), in order; under names as keys, too.

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
            if type(item) is str and "\n" in item:  # a list for people in a field of data
                inner = _parse_plain(item, Rejected("unparseable", "The text holds no event.", item))
                parsed.items += inner.items
                parsed.rejected += inner.rejected
                continue
            record = _record(item, loaded)
            if not isinstance(record, Rejected):
                parsed.items.append(record)
            elif record.reason in ("no_data", "missing_name") and (named := _named_by_keys(item, loaded)):
                for member in named:
                    _keep(_record(member, loaded), parsed)
            else:
                parsed.rejected.append(record)
    if len(loaded.values) > 1:
        parsed.items = list(dict.fromkeys(parsed.items))
    if loaded.truncated and not any(item.reason == "truncated" for item in parsed.rejected):
        parsed.rejected.append(Rejected("truncated", "The answer ends in the middle; what was complete is kept."))
    return parsed


def _keep(record: EventRecord | Rejected, parsed: Parsed[EventRecord]) -> None:
    if isinstance(record, Rejected):
        parsed.rejected.append(record)
    else:
        parsed.items.append(record)


def _parse_plain(raw: Any, reason: Rejected) -> Parsed[EventRecord]:
    """Tables, lists and "Date: ..." blocks; anything else is rejected with ``reason``."""
    parsed: Parsed[EventRecord] = Parsed()
    if reason.reason in ("no_data", "unparseable") and isinstance(raw, (str, bytes, bytearray)):
        text = without_calls(without_thoughts(as_text(raw)))
        if refusal := too_long(text, raw):
            return Parsed(rejected=[refusal])
        text = without_html(text)
        if text.count("\n") > MAX_LINES:
            return Parsed(rejected=[Rejected("too_large", f"No JSON, and more than {MAX_LINES:,} lines.", raw)])
        if says_nothing_found(text, Kind.EVENTS):
            return Parsed(rejected=[Rejected("no_data", "The answer says that there are no events.", raw)])
        for record in table_records(lines_of(with_cells(text, FIELDS)), FIELDS) or event_records(text, FIELDS):
            event = _record(record, Payload(()))
            if isinstance(event, EventRecord) and _WALKER.is_record(record):
                parsed.items.append(event)
            elif isinstance(event, Rejected) and event.reason == "placeholder":
                parsed.rejected.append(event)
    if not parsed.items and not parsed.rejected:
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
_website = lru_cache(maxsize=8_192)(normalize_website)


@lru_cache(maxsize=8_192)
def _place(text: str) -> Location:
    return parse_location(text if _CITED.isdisjoint(text) else clean_text(text))


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
    if name and "](" in name and (link := _LINKED_NAME.fullmatch(name)):
        name = f"{link[1]}{link[2]}{link[4]}".strip()
        fields.setdefault("website", link[3])
    if name is None or not _LETTER.search(name) or _is_no_name(name, fields):
        return Rejected("placeholder", "The event's name is a placeholder.", item)
    if len(name) > MAX_NAME:
        return Rejected("name_too_long", f"The event's name has more than {MAX_NAME} characters.", item)
    event = _event(name.strip("*_`"), fields, loaded)
    source = read_source(item)
    return replace(event, source=source) if source else event


def _is_no_name(name: str, fields: dict[str, Any]) -> bool:
    doubt = _doubt(name)
    if doubt == "bare":
        return _WHEN.isdisjoint(fields) or _WHERE.isdisjoint(fields)
    return doubt == "nothing" or (doubt == "platform" and _PROOF.isdisjoint(fields))


@lru_cache(maxsize=8_192)
def _doubt(name: str) -> str | None:
    """Why a name may be none; ``None`` for most."""
    if _BARE_NAME.fullmatch(name):
        return "bare"
    if stands_for_nothing(name) or _NO_NAME.fullmatch(name):
        return "nothing"
    return "platform" if name.lower() in _PLATFORMS else None


def _named_by_keys(item: Any, loaded: Payload) -> list[dict[str, Any]]:
    """``{"AnvilConf 2027": {"date": …}}`` and ``{"AnvilConf 2027": "March 3-5, 2027"}`` as objects with names."""
    named: list[dict[str, Any]] = []
    if not isinstance(item, Mapping) or loaded.is_open(item):
        return named
    for key, value in item.items():
        if not isinstance(key, str) or FIELDS.field_of(key) or _wrapper_grade(canonical_key(key)):
            return []
        if _GENERIC_KEY.fullmatch(key):
            return []
        if isinstance(value, Mapping) and not loaded.is_open(value) and not _EVIDENCE.isdisjoint(FIELDS.read(value)):
            named.append({"name": key, **value})
        elif isinstance(value, str) and (found := details_of(f"{key} | {value}")):
            named.append(found | {"name": key})
        else:
            return []
    return named


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
    said = get("has_sponsors")
    named, refused = _sponsors(sponsors, loaded) if sponsors else ((), ())
    kind, industry, description = get("type"), get("industry"), get("description")
    return EventRecord(
        name,
        when.start,
        when.end,
        location,
        _website(website if type(website) is str else first_text(website)) if website else None,
        parse_attendees(get("attendees")),
        named,
        when.precision,
        venue,
        (_label(kind, 100) if type(kind) is str else first_text(kind, 100)) if kind else None,
        _joined(industry) if industry else None,
        first_text(description) if description else None,
        refused,
        said if said is None or said is True or said is False else _yes_or_no(said),
    )


def _sponsors(value: Any, loaded: Payload) -> tuple[tuple[SponsorRecord, ...], tuple[Rejected, ...]]:
    if type(value) is list and not loaded.open_ids and (names := plain_sponsors(value)) is not None:
        return names, ()
    if isinstance(value, (bool, int, float)):
        return (), ()
    parsed = sponsors_of(value, loaded)
    return tuple(parsed.items), tuple(parsed.rejected)


def _yes_or_no(value: Any) -> bool | None:
    text = value.strip().lower() if isinstance(value, str) else str(value) if isinstance(value, (int, float)) else ""
    return True if text in _YES else False if text in _NO else None


def _joined(value: Any) -> str | None:
    if isinstance(value, (list, tuple)):
        names = [text for member in value[:10] if (text := first_text(member, 100))]
        return ", ".join(names) or None
    return _label(value, 200) if type(value) is str else first_text(value, 200)


def _when(name: str, fields: dict[str, Any]) -> DateRange:
    """The dates given; failing that the year given, or the year in the name."""
    start, end, date_value = fields.get("start"), fields.get("end"), fields.get("date")
    if type(date_value) is str and start is None and len(date_value) == 10 and date_value[4] == "-":
        exact = parse_date_range(date_value)
        if exact:
            return join_dates(date_value, end) if end is not None else exact
    year_range = parse_date_range(fields.get("year"))
    year = year_range.start.year if year_range.start else _year_in(name)
    best = UNKNOWN
    if start is not None:
        best = parse_date_range(start, year=year) if end is None else join_dates(start, end, year=year)
    if date_value is not None and (not best or best.precision != "day"):
        dated = parse_date_range(date_value, year=year)
        if dated.precision == "day" and start is None and end is not None:
            dated = join_dates(date_value, end, year=year)
        best = dated if not best or dated.precision == "day" else best
    if not best and end is not None:
        best = parse_date_range(end, year=year)
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
    if venue_name and "," in venue_name and not place and not place.online:
        named = parse_location(venue_name.split(",", 1)[1])  # "Messe Berlin, Messedamm 22, 14055 Berlin"
        place = named if named.city else place
    return place, venue_name
