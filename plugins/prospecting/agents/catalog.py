"""The offline agents: the shipped catalog of open conference data answers the same searches as live agents.

``include/catalog/README.md`` says what the catalog knows and where it comes from. It answers with JSON text
in the shape live agents use, so its answers go through the same parsers. No person and no fact is invented: a
fact the open data lacks (attendance, e-mail addresses, most seats) is ``null`` or absent. Answers depend on the
search and the files alone, never on today's date.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from functools import cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from prospecting.agents.errors import AgentError, NoSuchData
from prospecting.agents.searches import Answer, EventSearch, PeopleSearch, Search, SponsorSearch
from prospecting.parsing.locations import location_matches, parse_location
from prospecting.parsing.names import company_key, vocabulary, words
from prospecting.parsing.records import Location
from prospecting.parsing.urls import company_domain
from prospecting.resources import resource_folder

if TYPE_CHECKING:
    from prospecting.agents.steps import Steps

CATALOG_DIR_VARIABLE = "PROSPECTING_CATALOG_DIR"

# Spellings of one subject; a keyword that is one of them finds events that say any other.
_SAME_SUBJECT = (
    ("accessibility", "a11y"),
    ("ai", "artificial intelligence", "genai", "generative ai", "llm"),
    ("angular", "angularjs"),
    ("golang", "go"),
    ("iot", "internet of things"),
    ("javascript", "js"),
    ("kubernetes", "k8s"),
    ("machine learning", "ml"),
    ("nodejs", "node js"),
    ("opensource", "open source"),
    ("postgresql", "postgres"),
    ("react", "reactjs"),
    ("security", "cybersecurity", "cyber security", "infosec", "information security"),
    ("sre", "site reliability engineering"),
    ("typescript", "ts"),
    ("ux", "user experience"),
    ("vue", "vuejs"),
)
_SYNONYMS = {spelling: group for group in _SAME_SUBJECT for spelling in group}
# Words that do not tell events of a catalog of technical conferences apart.
_TOO_COMMON = vocabulary(
    "a and conf conference conferences event events for in of on summit summits tech technology the"
)
_SPELLED_WITH_SIGNS = ((re.compile(r"c\+\+", re.I), "cpp"), (re.compile(r"c#", re.I), "csharp"))
_DOT_NET = re.compile(r"(?<!\w)\.net\b", re.I)
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")

_DAYS_OFF = 7  # sources differ by workshop days and by mistakes
_EMPLOYEE_RANGES = (
    (10, "1-10"),
    (50, "11-50"),
    (200, "51-200"),
    (500, "201-500"),
    (1_000, "501-1000"),
    (5_000, "1001-5000"),
    (10_000, "5001-10000"),
)

Row = dict[str, Any]


def catalog_version(directory: str | Path | None = None) -> str:
    """A short digest of the catalog's files: as long as it is the same, so is every answer."""
    folder = Path(directory or os.environ.get(CATALOG_DIR_VARIABLE) or resource_folder("catalog"))
    files = sorted(path for path in folder.iterdir() if path.is_file()) if folder.is_dir() else []
    return _digest(tuple((path, path.stat().st_mtime_ns) for path in files))


@lru_cache(maxsize=4)
def _digest(files: tuple[tuple[Path, int], ...]) -> str:
    digest = hashlib.sha256()
    for path, _ in files:
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:12]


class CatalogAgents:
    """All agents behind the shipped catalog: free, offline, deterministic.

    The files are read once per process, at the first answer. ``directory`` overrides ``PROSPECTING_CATALOG_DIR``,
    which overrides the files shipped with the product.
    """

    provider = "catalog"
    ttl_seconds = 0

    def __init__(self, directory: str | Path | None = None) -> None:
        self._directory = Path(directory or os.environ.get(CATALOG_DIR_VARIABLE) or resource_folder("catalog"))

    def reserve_usd(self, search: Search) -> Decimal:
        """Nothing: the catalog is free."""
        return Decimal(0)

    def answer(self, search: Search, steps: Steps | None = None) -> Answer:
        """JSON bytes: ``{"reasoning", "events"}``, ``{"reasoning", "sponsors"}`` or ``{"reasoning", "contacts"}``.

        Raises ``NoSuchData`` for searches the catalog cannot answer at all, ``AgentError`` when its files are missing
        or broken. An event or company it does not know is an empty list.
        """
        catalog = _catalog(self._directory)
        if isinstance(search, EventSearch):
            content = _answer_events(catalog, search)
        elif isinstance(search, SponsorSearch):
            content = _answer_sponsors(catalog, search)
        elif isinstance(search, PeopleSearch):
            content = _answer_people(catalog, search)
        else:
            raise NoSuchData("The shipped catalog has no funding rounds or job advertisements; choose live agents.")
        return Answer(content=json.dumps(content, ensure_ascii=False).encode("utf-8", "replace"))


# --- the files -----------------------------------------------------------------------------------------------------


@dataclass(eq=False)
class _Event:
    """One edition of an event. ``year`` alone is known for some; ``sponsors`` is empty for most."""

    name: str
    year: int | None
    start: date | None
    end: date | None
    place: str | None
    online: bool
    website: str | None
    venue: str | None
    kind: str | None
    cancelled: bool
    topics: list[str]
    known_words: set[str]
    listed_as: str | None = None
    sponsors: list[Row] = field(default_factory=list)

    @cached_property
    def location(self) -> Location:
        place = parse_location(self.place) if self.place else Location()
        return replace(place, online=place.online or self.online)

    def starts_within(self, first: date | None, last: date | None) -> bool:
        """True when the start surely lies in the window: a year alone must lie in it as a whole, no date never does."""
        if first is None and last is None:
            return True
        if self.start is None and self.year is None:
            return False
        earliest = self.start or date(self.year or 1, 1, 1)
        latest = self.start or date(self.year or 1, 12, 31)
        return (first is None or first <= earliest) and (last is None or latest <= last)

    def same_edition(self, other: _Event) -> bool:
        """True when two listings that share a name or address are one event: same days, and not two places."""
        if self.start and other.start:
            together = self.start <= (other.end or other.start) and other.start <= (self.end or self.start)
        else:
            together = self.year is not None and self.year == other.year
        return together and self._place_agrees(other)

    def _place_agrees(self, other: _Event) -> bool:
        if self.online or other.online or not self.place or not other.place:
            return True
        return bool(set(words(self.place)) & set(words(other.place)))


def _rows(directory: Path, file: str) -> Iterator[Row]:
    path = directory / file
    try:
        with path.open(encoding="utf-8") as lines:
            for number, line in enumerate(lines, 1):
                try:
                    yield json.loads(line)
                except ValueError as error:
                    raise AgentError(f"{path}, line {number} is not JSON; restore the shipped catalog.") from error
    except (OSError, UnicodeDecodeError) as error:
        raise AgentError(
            f"The catalog file {path} cannot be read; restore include/catalog or set {CATALOG_DIR_VARIABLE}."
        ) from error


class _Catalog:
    """The events with their sponsors; leadership and company facts are read when first needed."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.events: list[_Event] = []
        self.by_name: dict[str, list[_Event]] = {}
        self.by_address: dict[str, list[_Event]] = {}
        self._load_events()
        self.events = sorted((e for e in self.events if not e.cancelled), key=_event_order)
        self.by_word: dict[str, list[_Event]] = {}
        for event in self.events:
            for word in event.known_words:
                self.by_word.setdefault(word, []).append(event)

    def _load_events(self) -> None:
        """Read the three event files, richest first: a later listing of a known edition only adds its words."""
        sponsors: dict[str, list[Row]] = {}
        for row in _rows(self.directory, "sponsors.jsonl"):
            sponsors.setdefault(row["event_id"], []).append(row)
        known: set[str] = set()
        for file in ("sponsor_events.jsonl", "events_ruby.jsonl", "events_confstech.jsonl"):
            for row in _rows(self.directory, file):
                if row["id"] not in known:
                    event = _event(row, sponsors.get(row["id"], []))
                    self._add(event, row.get("aliases", []))
                    known.update(id for id in (row["id"], event.listed_as) if id)

    def _add(self, event: _Event, aliases: Iterable[str]) -> None:
        keys = list(dict.fromkeys(filter(None, (_edition_key(name) for name in (event.name, *aliases)))))
        address = _address_key(event.website)
        listed = [*self.by_name.get(keys[0], ()), *self.by_address.get(address, ())] if keys else []
        twin = next((known for known in listed if known.same_edition(event)), None)
        if twin is None:
            self.events.append(event)
            twin = event
        else:
            twin.known_words |= event.known_words
            twin.topics += [topic for topic in event.topics if topic not in twin.topics]
            twin.website = twin.website or event.website
        for key in keys:
            _remember(self.by_name, key, twin)
        if address:
            _remember(self.by_address, address, twin)

    @cached_property
    def leadership(self) -> tuple[dict[str, list[Row]], dict[str, list[Row]]]:
        """Officers by company domain, and by company key."""
        by_domain: dict[str, list[Row]] = {}
        by_key: dict[str, list[Row]] = {}
        for row in _rows(self.directory, "leadership_fortune500_2020.jsonl"):
            domain = company_domain(row.get("website"))
            if domain:
                by_domain.setdefault(domain, []).append(row)
            by_key.setdefault(company_key(row["company"]), []).append(row)
        return by_domain, by_key

    @cached_property
    def facts(self) -> dict[str, Row]:
        """``industry`` and ``employee_range`` by company domain, from the lists that state an industry."""
        found: dict[str, Row] = {}
        for file, count in (("companies_fortune500_2020.jsonl", "employees"), ("companies_wv.jsonl", "num_employees")):
            for row in _rows(self.directory, file):
                domain = company_domain(row.get("website"))
                if domain and domain not in found:
                    known = {"industry": row.get("industry"), "employee_range": _employee_range(row.get(count))}
                    found[domain] = {name: value for name, value in known.items() if value}
        return found


@lru_cache(maxsize=2)
def _catalog(directory: Path) -> _Catalog:
    return _Catalog(directory)


def _event(row: Row, sponsors: list[Row]) -> _Event:
    start = date.fromisoformat(row["start"]) if row.get("start") else None
    place = row.get("location") or ", ".join(row[part] for part in ("city", "country") if row.get(part)) or None
    nowhere = place is not None and place.casefold() == "online"
    topics = list(row.get("topics", ()))
    said = " ".join((row["name"], row.get("series", ""), row.get("kind", ""), *topics))
    return _Event(
        name=row["name"],
        year=start.year if start else row.get("year"),
        start=start,
        end=date.fromisoformat(row["end"]) if row.get("end") else start,
        place=None if nowhere else place,
        online=nowhere or bool(row.get("online")),
        website=row.get("url"),
        venue=row.get("venue"),
        kind=row.get("kind"),
        cancelled=row.get("status") == "cancelled",
        topics=topics,
        known_words=set(_subject_words(said)),
        listed_as=row.get("confstech_id"),
        sponsors=sponsors,
    )


def _event_order(event: _Event) -> tuple[bool, int, str, str]:
    """With sponsors first, then latest start, then name; a year alone counts as its first day, no date as oldest."""
    start = event.start or (date(event.year, 1, 1) if event.year else date.min)
    return (not event.sponsors, -start.toordinal(), event.name.casefold(), event.place or "")


def _remember(index: dict[str, list[_Event]], key: str, event: _Event) -> None:
    listed = index.setdefault(key, [])
    if event not in listed:
        listed.append(event)


def _edition_key(name: str) -> str:
    """The key that all editions of an event share: its words without years."""
    return "".join(word for word in words(name) if not _YEAR.fullmatch(word))


def _address_key(url: str | None) -> str:
    """A web address without scheme, ``www.``, query and trailing slash."""
    bare = re.sub(r"^\w+://+", "", (url or "").strip().casefold())
    return re.split(r"[?#]", bare.removeprefix("www."), maxsplit=1)[0].rstrip("/")


def _subject_words(text: str) -> list[str]:
    for sign, spelled in _SPELLED_WITH_SIGNS:
        text = sign.sub(f" {spelled} ", text)
    return words(_DOT_NET.sub(" dotnet ", text))


def _employee_range(count: object) -> str | None:
    if not isinstance(count, int) or count < 1:
        return None
    return next((label for largest, label in _EMPLOYEE_RANGES if count <= largest), "10001+")


# --- events --------------------------------------------------------------------------------------------------------


def _answer_events(catalog: _Catalog, search: EventSearch) -> Row:
    about = _events_about(catalog, search.keyword)
    found = [
        event
        for event in about
        if event.starts_within(search.starts_from, search.starts_until) and _lies_in(event, search.locations)
    ]
    shown = found[: max(search.limit, 0)]
    said = [
        f"The shipped catalog of open conference data lists {len(about)} events about this keyword;"
        f" {len(found)} satisfy the filters, {len(shown)} are given, those with known sponsors first."
    ]
    if search.min_attendees:
        said.append("Attendance is not in the catalog, so the smallest number of attendees was not applied.")
    if search.industries or search.discovery_prompt:
        said.append("Industries and the free-text prompt cannot be used by the catalog.")
    return {"reasoning": " ".join(said), "events": [_event_shape(event) for event in shown]}


def _events_about(catalog: _Catalog, keyword: str) -> list[_Event]:
    """Events that contain every telling word of the keyword or of another spelling of it, in catalog order."""
    said = _subject_words(keyword)
    telling = [word for word in said if word not in _TOO_COMMON]
    if not telling:
        return catalog.events if said else []
    phrase = " ".join(telling)
    found: dict[int, _Event] = {}
    for spelling in _SYNONYMS.get(phrase, (phrase,)):
        listed = [catalog.by_word.get(word, []) for word in spelling.split()]
        rarest = min(listed, key=len)
        wanted = set(spelling.split())
        found |= {id(event): event for event in rarest if wanted <= event.known_words}
    return sorted(found.values(), key=_event_order)


def _lies_in(event: _Event, locations: tuple[str, ...]) -> bool:
    return not locations or any(location_matches(event.location, wanted) for wanted in locations)


def _event_shape(event: _Event) -> Row:
    shape: Row = {"name": event.name}
    if event.start:
        shape |= {"start_date": event.start.isoformat(), "end_date": (event.end or event.start).isoformat()}
    elif event.year:
        shape["date"] = str(event.year)
    return shape | {
        "location": event.place or ("Online" if event.online else None),
        "online": event.online,
        "venue": event.venue,
        "website": event.website,
        "attendees": None,
        "type": event.kind or "conference",
        "topics": event.topics,
        "has_sponsors": True if event.sponsors else None,  # not listed does not mean that it has none
    }


# --- sponsors ------------------------------------------------------------------------------------------------------


def _answer_sponsors(catalog: _Catalog, search: SponsorSearch) -> Row:
    editions = _editions(catalog, search)
    if len(editions) != 1:
        reason = "has no such event" if not editions else "has several editions that fit; a date would tell them apart"
        return {"reasoning": f"The shipped catalog {reason}.", "sponsors": []}
    event = editions[0]
    if not event.sponsors:
        return {"reasoning": "The shipped catalog knows this event, but not its sponsors.", "sponsors": []}
    return {
        "reasoning": f"{len(event.sponsors)} sponsor entries as the event's own pages list them.",
        "sponsors": [_sponsor_shape(catalog, row) for row in event.sponsors],
    }


def _editions(catalog: _Catalog, search: SponsorSearch) -> list[_Event]:
    """The known editions of an event, by name or else by website; one when date, website and city leave no doubt."""
    named = catalog.by_name.get(_edition_key(search.event_name), [])
    years = {int(year) for year in _YEAR.findall(search.event_name)} or ({search.year} if search.year else set())
    fits = [event for event in named if _may_be(event, search.starts_on, years)]
    if not fits:
        known = catalog.by_address.get(_address_key(search.website), [])
        fits = [event for event in known if _may_be(event, search.starts_on, years)]
    city = set(words(search.city or ""))
    preferences = (
        [event for event in fits if search.starts_on and event.start == search.starts_on],
        [event for event in fits if city and city <= set(words(event.place or ""))],
        [event for event in fits if search.website and _address_key(event.website) == _address_key(search.website)],
    )
    for preferred in preferences:
        fits = [event for event in fits if event in preferred] or fits
    return fits


def _may_be(event: _Event, starts_on: date | None, years: set[int]) -> bool:
    """True when a known edition can be the one asked for. January 1 may stand for a year alone."""
    if years and event.year is not None and event.year not in years:
        return False
    if starts_on is None or event.year is None:
        return True
    if event.start is None or (starts_on.month, starts_on.day) == (1, 1):
        return event.year == starts_on.year
    # By ordinals: dates at the ends of the calendar have no neighbours.
    days = starts_on.toordinal()
    return event.start.toordinal() - _DAYS_OFF <= days <= (event.end or event.start).toordinal() + _DAYS_OFF


def _sponsor_shape(catalog: _Catalog, row: Row) -> Row:
    """The entry as published: a few have a website but no name, which the parser rejects; nothing is guessed here."""
    shape: Row = {"name": row.get("company"), "tier": row.get("tier"), "website": row.get("website")}
    domain = company_domain(row.get("website"))
    return shape | (catalog.facts.get(domain, {}) if domain else {})


# --- people --------------------------------------------------------------------------------------------------------


def _answer_people(catalog: _Catalog, search: PeopleSearch) -> Row:
    found = _officers(catalog, search)
    contacts = [
        {
            "name": row["person"],
            "title": row["title"],
            "company": row["company"],
            "linkedinUrl": None,
            "email": None,
            "as_of": row["as_of"],
        }
        for row in found[: max(search.limit, 0)]
    ]
    reason = (
        "Public chief executives as of the month given; the catalog knows no other seats."
        if found
        else "The shipped catalog knows the chief executives of 500 large US companies only; this is none of them."
    )
    return {"reasoning": reason, "contacts": contacts}


def _officers(catalog: _Catalog, search: PeopleSearch) -> list[Row]:
    """Officers of the company, by domain first.

    Where two companies share a domain the name must be equal, too. A name alone counts only when no usable domain is
    given, or the domains differ in nothing but their ending or part (microsoft.io, jobs.microsoft.com): a company of
    the same name elsewhere is another company.
    """
    by_domain, by_key = catalog.leadership
    key = company_key(search.company_name)
    domain = company_domain(search.domain)
    listed = by_domain.get(domain, []) if domain else []
    if len({row["company"] for row in listed}) == 1:
        return listed
    named = by_key.get(key, []) if key else []
    if domain:
        label = domain.partition(".")[0]
        named = [row for row in named if (company_domain(row["website"]) or "").partition(".")[0] == label]
    return named
