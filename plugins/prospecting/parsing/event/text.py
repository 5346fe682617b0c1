"""Events in answers that are text for people: headed blocks, numbered lists and single lines with a date.

"### 1. AnvilConf 2027" with "- **Date:** March 3-5, 2027" below it, or "**AnvilConf 2027** — March 3–5, Berlin". A name
without a date, a place or any other field is a heading or advice, never an event.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from prospecting.parsing.dates import parse_date_range
from prospecting.parsing.fields import KeyMap, phrases
from prospecting.parsing.locations import parse_location
from prospecting.parsing.names import vocabulary
from prospecting.parsing.plaintext import heading_of, labelled, lines_of, split_marker

_MAX_ENTRY = 400  # characters; longer lines are prose
_MAX_BELOW = 160
_MAX_TITLE = 100
_MAX_PLAIN_NAME = 8  # words of a name that no word tells for an event's

_BOLD = re.compile(r"(?:\*\*|__)(?P<name>[^*_]{2,200})(?:\*\*|__)\s*(?P<rest>.*)")
_LINK = re.compile(r"\[(?P<name>[^\[\]]{2,200})\]\((?P<url>https?://[^\s()]+)\)\s*(?P<rest>.*)")
_NUMBER = re.compile(r"^(?:\d{1,3}[.)]|#\d{1,3}[.:)]?)\s+(?=\S)")
_BREAK = re.compile(r"\s+(?:[-–—]|--)\s+|\s*[—|•·;]\s*|\s+@\s+|\s*:\s+")
_BRACKETED = re.compile(r"\(([^()]{4,200})\)")
_URL = re.compile(r"https?://[^\s()<>\[\]]+|\bwww\.[^\s()<>\[\]]+")
_DOMAIN = re.compile(r"(?:[a-z\d-]+\.)+[a-z]{2,24}(?:/\S*)?", re.IGNORECASE)
_EMPTY_LABEL = re.compile(r"(?:\*\*|__)?([^\W\d_][\w /-]{0,38}?)\s*(?:\*\*|__)?\s*[:：]\s*(?:\*\*|__)?\s*")
_BAR = re.compile(r"\s*[|·•]\s*")
_SPACED_DASH = re.compile(r"(\S+)\s+[-–—]\s+(?=(\S+))")
_DIGIT = re.compile(r"\d")
_DIGIT_FIRST = re.compile(r"\d{1,2}\b")
_ICON = re.compile(r"^[^\w\[(\"'*]{1,4}\s*")
_EDGES = " .,;:()*_[]–—-|"
_NAME_EDGES = " ,;:*_–—-|"
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")
_WORD = re.compile(r"[^\W\d_]+")

_HELD = re.compile(
    r"\s(?:(?:will )?takes? place|(?:will be|is|are) (?:being )?held|is (?:scheduled|set|planned)"
    r"|(?:will )?runs?|findet"
    r"|se celebra(?:rá)?|tendrá lugar|aura lieu|se tient|si terrà|si svolge(?:rà)?|acontece(?:rá)?|será realizado)"
    r"\s(?:for |from |on |at |in |vom |am |du |le |del |el |dal |il |de |em )?"
)
_LED_IN = re.compile(r"[^*\[|]{3,80}:\s(?=\*\*|\[)")  # "I found one event: **AnvilConf** (March 3)"
_NEXT_SENTENCE = re.compile(r"(?<=\w\w\w\w)\.\s+(?=[A-Z])")
_IN_A_PLACE = re.compile(r"(?<=[\d.]) (?:in|at|en|à|a|em) (?=[^\W\d_])")
_ON_A_DAY = re.compile(r"(?<=[^\W\d_]) (?:on|from|am|vom|le|du|el|il|em) (?=[^,]*\d)")
_WIDE = str.maketrans({"（": " (", "）": ") ", "、": ", ", "：": ": ", "｜": " | ", "／": " / ", "　": " "})

_EVENT_WORDS = vocabulary(
    """
    conf conference conferences con congress congreso congresso kongress konferenz konferenzen summit summits expo
    exposition exhibition forum forums fair messe feria week weeks day days tage festival fest symposium tag meetup show
    world camp bootcamp event events workshop workshops webinar hackathon convention awards award roundtable salon gala
    seminar tagung colloquium connect live unconference barcamp devfest retreat meeting assembly sommet conférence
    """
)
_EVENT_ENDING = re.compile(r"(?:conf|con|camp|fest|days?|summit|expo|world|week|tage|meetup)\b", re.IGNORECASE)
_SECTION = re.compile(
    r"(?:(?:key|other|more|additional|further|useful|important|main|event|conference|official|list of|all|upcoming|past"
    r"|previous|recommended|confirmed|potential|related|final|paper|abstract|the|relevant|possible|suggested) )*+"
    r"(?:sources?|references?|notes?|summary|recommendations?|next steps?|methodology|disclaimers?|tips?|conclusions?"
    r"|links?|resources?|reading|details?|overview|dates?|date and location|locations?|venues?|events?|conferences?"
    r"|findings|results?|agenda|schedule|timeline|deadlines?|registration|tickets?|cfp|submissions?|keynotes?|workshops?"
    r"|sessions?|websites?|contacts?|sponsors?|speakers?|attendees?|organi[sz]ers?|caveats?|limitations?|verification"
    r"|criteria|highlights?|takeaways?|information|info|steps|options|search strategy|status|when|where|why)"
    r"(?: (?:and|&) \w+| used| consulted| to watch| found| opens?| closes?| (?:in|for|to|by|of|from) [\w ,]+)?\W*",
    re.IGNORECASE,
)
_ADVICE = re.compile(
    r"(?:where to|how to|call for|doors open|(?:last )?updated|published|accessed|retrieved|as of|day \d|please"
    r"|based on|note|there (?:is|are)|here (?:is|are)|unfortunately|however)\b",
    re.IGNORECASE,
)
_SENTENCE = re.compile(
    r"(?:i|i'm|i've|you|we|check|visit|try|monitor|contact|follow|search|consider|attend|look|use|ask|subscribe)\b",
    re.IGNORECASE,
)
_ADVISED = re.compile(
    r"(?:attend|(?:contact|visit|check|monitor|follow|ask|e-?mail) (?:the|out|with|for)|follow up|reach out|sign up"
    r"|(?:search|look) for|consider|subscribe|register)\b",
    re.IGNORECASE,
)
_PART_OF_ONE = re.compile(
    r"\b(?:deadline|early[- ]bird|registration (?:opens|closes|ends)|(?:pre-?conference|workshop|training|tutorial|main"
    r"|conference|expo) days?|(?:day|tag) \d)\b",
    re.IGNORECASE,
)
_PEOPLE = re.compile(r"[~≈+\d].{0,40}\b(?:attendees|participants|visitors|delegates|people)\b.{0,40}", re.IGNORECASE)
_DATE_WORDS = vocabulary("of the de del du den der to through until till bis au al and und et y from st nd rd th") | (
    phrases("mon|tue|tues|wed|thu|thur|thurs|fri|sat|sun|monday|tuesday|wednesday|thursday|friday|saturday|sunday")
)


@dataclass(slots=True)
class _Block:
    """An event in the making, and how far its name is indented."""

    found: dict[str, Any] = field(default_factory=dict)
    indent: int = 0
    members: list[str] | None = None  # of the list being read: "Sponsors:" with one name a line
    members_indent: int = 0
    is_section: bool = False


def event_records(text: str, fields: KeyMap) -> Iterator[dict[str, Any]]:
    """Field names and texts of each event in ``text``, in order; every one has a name and something else."""
    block = _Block()
    before = ""
    for indent, line in _lines(text):
        before, above = line, before
        body, marked = split_marker(line)
        labels = _labels(body, fields)
        if block.members is not None:
            if marked and indent > block.members_indent and not labels:
                block.members.append(body)
                continue
            block.members = None
        following = _beginning(line, body, marked, above, block, indent) if not labels else None
        if following:
            yield from _finished(block)
            block = following
        for key, value in labels:
            if fields.field_of(key) != "name":
                block.found.setdefault(key, value)
                continue
            if block.found.get("name") or block.is_section:
                yield from _finished(block)
                block = _Block()
            block.found["name"], block.indent = value, indent
        if not labels and not following and body:
            _continue(block, body, indent if marked or indent else -1, fields)
    yield from _finished(block)


def _beginning(line: str, body: str, marked: bool, above: str, block: _Block, indent: int) -> _Block | None:
    """The event that a line without a label begins, or the section, which has no name; ``None`` for other lines."""
    heading = heading_of(line)
    if not body or _EMPTY_LABEL.fullmatch(body) or (block.found.get("name") and _below(body, block)):
        return None
    if heading or marked or body.startswith(("**", "__", "[")):
        if block.found and not heading and indent > block.indent:
            return None  # a note below the event
        is_heading = bool(heading) and not marked
        entry = _entry(heading if heading and not marked else body, is_heading)
        return _Block(entry, indent, is_section=not entry)
    lead = _LED_IN.match(body)
    entry = _entry(body[lead.end() :]) if lead else details_of(body)
    if "date" in entry:
        return _Block(entry, indent)
    return _Block({"name": body}, indent) if not above and _is_title(body) else None


def _continue(block: _Block, body: str, indent: int, fields: KeyMap) -> None:
    """Add what a line says that neither begins an event nor has a label with a value."""
    empty = _EMPTY_LABEL.fullmatch(body)
    if empty and fields.field_of(empty[1]) == "sponsors" and block.found:
        block.members = block.found.setdefault(empty[1], [])
        block.members_indent = indent
    elif block.found.get("name"):
        block.found = {**_below(body, block), **block.found}


def details_of(line: str) -> dict[str, Any]:
    """Name, date, place and website of "AnvilConf 2027 | March 3-5 | Berlin"; empty when it says anything else."""
    if len(line) > _MAX_ENTRY:
        return {}
    if held := _HELD.search(line):  # "AnvilConf 2027 takes place on March 3, 2027 in Berlin."
        said = _NEXT_SENTENCE.split(line[held.end() :], maxsplit=1)[0]
        rest = _IN_A_PLACE.sub(", ", said.rstrip(".").removesuffix(" statt"))
        rest = _ON_A_DAY.sub(", ", rest, count=1)
        before = line[: held.start()]
        name = before.rpartition(", ")[2]  # "Based on the calendar, Slush takes place …"
        line = f"{name if name[:1].isupper() and not _is_event_name(before) else before} — {rest}"
    name, rest = _split(line)
    name = name.strip(_NAME_EDGES)
    is_name = _is_event_name(name)
    if not rest or not (is_name or _may_be_a_name(name)) or _is_section(name) or _is_only_dates(name):
        return {}
    details = _details(rest, name)
    is_proven = "date" in details and (is_name or "location" in details) and _is_whole(rest, details)
    return {"name": name, **details} if is_proven else {}


def _is_title(line: str) -> bool:
    """True for a line that may be the name of an event, with its fields below."""
    return len(line) <= _MAX_TITLE and line[-1:] not in ".?!:;" and _is_event_name(line) and not _is_section(line)


def _labels(body: str, fields: KeyMap) -> list[tuple[str, str]]:
    """The labelled values of a line: one, or several between bars ("**Date:** March 3 | **City:** Berlin")."""
    pieces = [piece for part in _BAR.split(body) if (piece := labelled(part.strip(), fields))]
    if len(pieces) > 1:
        return pieces
    whole = labelled(body, fields)
    return [whole] if whole else []


def _below(body: str, block: _Block) -> dict[str, Any]:
    """The fields in a line under a name that is nothing but dates, a place, a website or a number of people."""
    if len(body) > _MAX_BELOW or {"date", "website"} <= block.found.keys():
        return {}
    if "attendees" not in block.found and _PEOPLE.fullmatch(body):
        return {"attendees": body}
    rest = _ICON.sub("", body)
    left = _URL.sub("", rest)
    if _is_event_name(_split(left)[0]) and not _is_date(_split(left)[0]):
        return {}
    details = _details(rest, block.found["name"])
    is_whole = _is_whole(left, details)
    return {key: value for key, value in details.items() if key not in block.found} if is_whole else {}


def _may_be_a_name(text: str) -> bool:
    return text[:1].isupper() and text.count(" ") < _MAX_PLAIN_NAME and text[-1:] not in ".?!"


def _is_whole(rest: str, details: dict[str, Any]) -> bool:
    """True when everything behind a name is known."""
    return all(_is_known(piece, details) for piece in _segments(_URL.sub("", rest)))


def _is_known(segment: str, details: dict[str, Any]) -> bool:
    parts = [part.strip() for part in segment.split(",") if part.strip()]
    place = ", ".join(part for part in parts if not _is_date(part))
    return not place or place in (details.get("location"), details.get("website"))


def _lines(text: str) -> Iterator[tuple[int, str]]:
    for raw in text.splitlines():
        for line in lines_of(raw) or ([""] if not raw.strip() else []):
            if not line.startswith("|"):
                wide = line if line.isascii() else " ".join(line.translate(_WIDE).split())
                yield len(raw) - len(raw.lstrip()), wide


def _finished(block: _Block) -> Iterator[dict[str, Any]]:
    if block.found.get("name") and len(block.found) > 1:
        yield block.found


def _entry(text: str, is_heading: bool = False) -> dict[str, Any]:
    """Name, date, place and website of a line; empty when it is a section or no name begins it."""
    text = _NUMBER.sub("", text, count=1)
    strong = _LINK.match(text) or _BOLD.match(text)
    if strong and (inner := _LINK.fullmatch(strong["name"])):
        name, rest, website = inner["name"], strong["rest"], inner["url"]
    elif strong:
        name, rest, website = strong["name"], strong["rest"], strong.groupdict().get("url")
    else:
        name, rest = _split(text)
        website = None
    found: dict[str, Any] = {}
    if _is_only_dates(name):  # "March 3–5, 2027: AnvilConf, Berlin"
        found["date"] = name.strip(_EDGES)
        name, rest = _split(rest.lstrip(_EDGES + "|·•@"))
        strong = None
    name = _NUMBER.sub("", name.strip(_NAME_EDGES))
    if not name or len(text) > _MAX_ENTRY or _is_section(name, is_heading) or _is_only_dates(name):
        return {}
    if website:
        found["website"] = website
    is_name = bool(strong) or _is_event_name(name)
    if is_name or _may_be_a_name(name):
        details = {**_details(rest, name), **found}
        is_proven = {"date", "location"} <= details.keys() and _is_whole(rest, details)
        found = details if is_name or is_proven else {}
    else:
        found = {}
    if _is_dated(found, name):
        return {"name": name, **found}
    return {"name": name if strong else text.strip(_NAME_EDGES), **({"website": website} if website else {})}


def _is_section(name: str, is_heading: bool = False) -> bool:
    """True for the heading of a section, and for what begins like advice."""
    if _SECTION.fullmatch(name) or _PART_OF_ONE.search(name) or _ADVISED.match(name):
        return True
    is_advice = _ADVICE.match(name) or (not is_heading and _SENTENCE.match(name))
    return bool(is_advice) and not _is_event_name(name)


def _is_only_dates(text: str) -> bool:
    parts = [part.strip() for part in text.strip(_EDGES).split(",")]
    return all(part and _is_date(part) for part in parts)


def _split(text: str) -> tuple[str, str]:
    """The name that begins a line, and what follows it behind a dash, a colon, a bracket or a comma."""
    text = _tight(text) if _DIGIT_FIRST.match(text) or _is_only_dates(text.split(" ", 1)[0]) else text
    cuts = [match.start() for match in (_BREAK.search(text, 2), _BRACKETED.search(text, 2)) if match]
    if not cuts and "," in text:
        cuts = [text.index(",")]
    return (text[: min(cuts)].strip(), text[min(cuts) :]) if cuts else (text, "")


def _tight(text: str) -> str:
    """ "Sep 30 – Oct 2" without the blanks around the dash, which otherwise ends a segment."""
    return _SPACED_DASH.sub(lambda dash: f"{dash[1]}–" if _dated(dash[1]) and _dated(dash[2]) else dash[0], text)


def _dated(word: str) -> bool:
    return bool(_is_date(word.strip(".,()*")) or word[:1].isdigit())


def _segments(rest: str) -> list[str]:
    rest = _tight(_BRACKETED.sub(r" | \1 | ", rest))
    return [segment for piece in _BREAK.split(rest) if (segment := piece.strip(_EDGES))]


def _is_event_name(name: str) -> bool:
    words = [word.casefold() for word in _WORD.findall(name)]
    return bool(_YEAR.search(name) or not _EVENT_WORDS.isdisjoint(words) or _EVENT_ENDING.search(name))


def _details(rest: str, name: str) -> dict[str, Any]:
    """Date, place and website in the remainder of a line."""
    found: dict[str, Any] = {}
    if url := _URL.search(rest):
        found["website"] = url[0].rstrip(".,;")
        rest = rest[: url.start()] + rest[url.end() :]
    years = set(_YEAR.findall(name))
    year = int(years.pop()) if len(years) == 1 else None
    for segment in _segments(rest):
        _sort(segment, year, found)
    return found


def _sort(segment: str, year: int | None, found: dict[str, Any]) -> None:
    """Put the dates and the place of "March 3–5, 2027, Berlin, Germany" where they belong."""
    parts = [part.strip() for part in segment.split(",") if part.strip()]
    dated = [part for part in parts if _is_date(part)]
    is_exact = parse_date_range(", ".join(dated), year=year).precision in ("day", "month")
    if is_exact and "date" not in found:
        found["date"] = ", ".join(dated)
    place = ", ".join(part for part in parts if not _is_date(part))
    if place.lower().startswith("in "):
        place = place[3:]
    if _DOMAIN.fullmatch(place):
        found.setdefault("website", place)
    elif place and "location" not in found and len(place) <= 80:
        where = parse_location(place)
        if where or where.online:
            found["location"] = place


@lru_cache(maxsize=4_096)
def _is_date(part: str) -> bool:
    """True for days, months and years without any other word."""
    if len(part) > 60:
        return False
    words = [word.casefold() for word in _WORD.findall(part)]
    if not _DIGIT.search(part):
        return len(words) <= 2 and bool(words) and bool(parse_date_range(" ".join(words), year=2000))
    return all(word in _DATE_WORDS or parse_date_range(word, year=2000) for word in words)


def _is_dated(details: dict[str, Any], name: str) -> bool:
    """True for what proves an event. A day or month proves an event; a place only does beside a year in the name."""
    return "date" in details or ("location" in details and bool(_YEAR.search(name)))
