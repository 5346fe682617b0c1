"""Sponsors from an agent's answer: JSON of any shape, lists, tables, headings with tiers, or a line of names.

A name is never cut: "3M", "7-Eleven" and "Acme, Inc." stay whole. Plain lines without list markers count as names
under a tier heading, or when the whole text is nothing but two or more short names; in prose they are ignored.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from types import NoneType
from typing import Any

from prospecting.parsing.fields import KeyMap, clean_text, first_text, load_or_reject, phrases
from prospecting.parsing.names import clean_company_name, company_key, vocabulary
from prospecting.parsing.payload import Payload, PayloadError, as_text, canonical_key, without_thoughts
from prospecting.parsing.plaintext import (
    has_glued_numbers,
    heading_of,
    lines_of,
    split_marker,
    table_records,
    too_long,
    without_glued_number,
)
from prospecting.parsing.records import Parsed, Rejected, SponsorRecord
from prospecting.parsing.tiers import MAX_TIER, canonical_tier, is_tier, tier_rank, words_of_key
from prospecting.parsing.urls import linkedin_kind, normalize_domain, normalize_linkedin_url, normalize_website

__all__ = ["canonical_tier", "is_tier", "parse_sponsors", "plain_sponsors", "split_names", "sponsors_of", "tier_rank"]

MAX_NAME = 200
MAX_PLAIN_NAME = 60

_MAX_DEPTH = 8

FIELDS = KeyMap(
    name=(
        "company_name", "sponsor_name", "organization_name", "organisation_name", "exhibitor_name", "partner_name",
        "company", "sponsor", "organization", "organisation", "exhibitor", "partner", "brand", "title",
    ),
    tier=(
        "sponsor_tier", "tier_name", "tier_label", "sponsorship_tier", "level", "sponsorship_level", "sponsor_level",
        "sponsor_type", "sponsorship_type", "sponsorship", "package", "sponsorship_package", "category", "badge", "type",
    ),
    website=("website_url", "company_website", "url", "homepage", "domain", "company_domain", "web", "site", "link"),
    linkedin=("linkedin_url", "company_linkedin", "linkedin_company_url", "linkedin_profile"),
    industry=("primary_industry", "sector", "industry_sector"),
    size=("employee_range", "company_size", "employees", "employee_count", "num_employees", "headcount"),
    description=("about", "summary", "notes", "details", "company_description"),
)  # fmt: skip

_LISTS = {
    "sponsors": None, "sponsorlist": None, "sponsorslist": None, "eventsponsors": None, "sponsorcompanies": None,
    "confirmedsponsors": None, "companies": None, "companynames": None, "sponsornames": None, "organizations": None,
    "organisations": None, "names": None, "members": None,
    "exhibitors": "exhibitor", "partners": "partner", "supporters": "supporter", "mediapartners": "media partner",
    "communitypartners": "community partner",
}  # fmt: skip
_ENVELOPES = vocabulary(
    "results result data output outputs items list response payload content answer tiers levels packages groups "
    "categories sponsorshiptiers sponsorshiplevels sponsortiers sponsorsbytier bytier events event sponsorship "
    "conference extracted findings"
)
_TIER_GROUPS = vocabulary(
    "tiers levels packages groups categories sponsorshiptiers sponsorshiplevels sponsortiers sponsorsbytier bytier"
)
_META = vocabulary(
    "reasoning thoughts thinking explanation notes note summary sources source citations references urls confidence count "
    "total totalsponsors metadata meta status error message query eventname speakers organizers agenda topics year date "
    "location venue url website disclaimer warnings tags keywords"
)
WANTED = frozenset(
    {*_LISTS, *_TIER_GROUPS, "sponsor", "tier", "companyname", "sponsorname", "company", "level", "exhibitor", "name",
     "platinum", "gold", "silver", "bronze", "diamond", "goldsponsors", "platinumsponsors", "silversponsors"}
)  # fmt: skip

_GENERIC_HEADINGS = vocabulary(
    "sponsor confirmed current event conference known identified key official list exhibitors partners company companies "
    "potential past previous likely top notable named verified additional other others"
)
_NOT_A_TIER = vocabulary("company companies organization organisation corporate business brand firm corporation vendor")

_LEGAL_TAIL = re.compile(
    r"(?:inc|incorporated|llc|ltd|limited|corp|corporation|co|company|gmbh|ag|se|s\.?a\.?s?|s\.?p\.?a|s\.?r\.?l|b\.?v|n\.?v"
    r"|l\.?l\.?p|l\.?p|p\.?l\.?c|pty(?: ltd)?|k\.?k|l\.?l\.?c|pbc|p\.?c|oy|ab|as|a/s|kg)\.?", re.IGNORECASE
)  # fmt: skip
_AND_NAMES = phrases(
    "johnson and johnson|procter and gamble|ernst and young|marks and spencer|standard and poor's|black and decker"
    "|barnes and noble|bang and olufsen|crate and barrel|dun and bradstreet|smith and nephew|rohde and schwarz"
    "|at and t|bed bath and beyond|price and waterhouse|marsh and mclennan|cooley and godward"
)
_URL = re.compile(r"<?\bhttps?://[^\s<>()\[\]]+[^\s<>()\[\].,;:]>?", re.IGNORECASE)
_LINK = re.compile(r"\[([^\[\]]+)\]\(\s*<?([^\s()<>]+)>?[^()]*\)")
_DOMAIN = re.compile(r"(?:www\.)?[a-z0-9-]+(?:\.[a-z0-9-]+)*\.[a-z]{2,}(?:/\S*)?", re.IGNORECASE)
_BOLD_NAME = re.compile(r"(?:\*\*|__)(?!\s)(.+?)\s*(?:\*\*|__)\s*(.*)")
_CITATION = re.compile(r"(?:\s*\[\d{1,3}\])+$")
_TAIL_BRACKET = re.compile(r"(.*\S)\s*[(\[]([^()\[\]]*)[)\]]")
_FORMERLY = re.compile(
    r"\s*\((?:formerly|previously|prev\.|now|aka|a\.k\.a\.|fka|f\.k\.a\.|ex-)\b[^()]*\)", re.IGNORECASE
)
_SEPARATOR = re.compile(r"\s+[-–—|·•→]\s+|\s*—\s*|:\s+|,\s+(?=\S+(?:\s\S+){0,3}$)")
_INTRODUCTION = re.compile(
    r"\b(?:sponsors?|exhibitors?|partners?)\b[^.:]{0,60}?(?:\binclude[sd]?|\bare|\bwere|\bis|\bwas|:)\s*:?\s+(?P<names>[^.]{3,800}?)(?:\.\s|\.?$)",
    re.IGNORECASE,
)
_REFUSAL = re.compile(
    r"\b(?:no|none|not|unable|cannot|can't|couldn't|could not|didn't|don't|doesn't|without|n/a)\b.{0,80}?"
    r"\b(?:sponsors?|sponsorship|exhibitors?|partners?|found|find|available|listed|identif\w*|announced|information|data|results?)\b",
    re.IGNORECASE | re.DOTALL,
)
_PLAIN_TIER = re.compile(r"\b(?:diamond|platinum|gold|silver|bronze|sponsors?)\b", re.IGNORECASE)
_OTHER_SECTION = re.compile(
    r"\b(?:sources?|references?|citations?|notes?|speakers?|about|agenda|next steps|methodology|disclaimer|reasoning|limitations)\b",
    re.IGNORECASE,
)
_PLACEHOLDERS = phrases(
    "sponsor|sponsors|sponsor name|sponsor company|company|company name|company names|unknown company|unknown sponsor|unnamed"
    "|organization|exhibitor|exhibitors|partner|partners|others|other|and more|and others|many more|more|etc|various"
    "|various sponsors|multiple sponsors|several|name|list of sponsors|see website|your company here|your logo here|example"
)


@dataclass(slots=True)
class _Entry:
    """One sponsor as found, before checks."""

    name: str | None
    tier: str | None = None
    website: str | None = None
    description: str | None = None
    fields: Mapping[Any, Any] | None = None
    raw: Any = None


def parse_sponsors(raw: Any) -> Parsed[SponsorRecord]:
    """Sponsors in ``raw`` (text, bytes, object, list or ``None``), in order, one per company name.

    Repeated names are folded: missing fields are filled in and the better tier wins (``tier_rank``). Reasons of
    rejection: ``no_data``, ``unparseable``, ``too_large``, ``placeholder``, ``missing_name``, ``name_too_long``,
    ``not_an_object``, ``truncated``. Never raises on content.
    """
    loaded = load_or_reject(raw, WANTED)
    parsed: Parsed[SponsorRecord] = Parsed()
    if loaded is None:
        return parsed
    if isinstance(loaded, Payload):
        _collect_values(loaded, parsed)
        if parsed.items or not isinstance(raw, (str, bytes, bytearray)) or _is_only_json(raw):
            return parsed
    if isinstance(loaded, Rejected) and loaded.reason != "no_data":
        return Parsed(rejected=[loaded])
    from_text = _parse_plain(without_thoughts(as_text(raw)), raw)
    return from_text if from_text.items or not parsed.rejected else parsed


def _is_only_json(raw: str | bytes | bytearray) -> bool:
    text = as_text(raw).strip()
    return text[:1] in ("{", "[") and text[-1:] in ("}", "]")


def _collect_values(loaded: Payload, parsed: Parsed[SponsorRecord]) -> None:
    found: list[_Entry | Rejected] = []
    for value in loaded.values:
        found.extend(_text_value(value, None) if isinstance(value, str) else _walk(value, None, loaded, _MAX_DEPTH))
    _collect(found, parsed)
    if loaded.truncated and not any(item.reason == "truncated" for item in parsed.rejected):
        parsed.rejected.append(Rejected("truncated", "The answer ends in the middle; what was complete is kept."))


def _collect(found: list[_Entry | Rejected], parsed: Parsed[SponsorRecord]) -> None:
    by_key: dict[str, int] = {}
    for entry in found:
        record = entry if isinstance(entry, Rejected) else _record(entry)
        if isinstance(record, Rejected):
            parsed.rejected.append(record)
            continue
        key = company_key(record.name) or record.name.casefold()
        if key in by_key:
            index = by_key[key]
            parsed.items[index] = _folded(parsed.items[index], record)
        else:
            by_key[key] = len(parsed.items)
            parsed.items.append(record)


def _folded(first: SponsorRecord, second: SponsorRecord) -> SponsorRecord:
    better = second if tier_rank(second.tier) < tier_rank(first.tier) else first
    return replace(
        first,
        tier=better.tier,
        tier_label=better.tier_label,
        website=first.website or second.website,
        linkedin_url=first.linkedin_url or second.linkedin_url,
        industry=first.industry or second.industry,
        employee_range=first.employee_range or second.employee_range,
        description=first.description or second.description,
    )


@lru_cache(maxsize=16_384)
def _named(name: str) -> SponsorRecord | Rejected:
    """The record of a sponsor of whom only the name is known."""
    if len(name) > MAX_NAME:
        return Rejected("name_too_long", f"A sponsor's name has more than {MAX_NAME} characters.", name)
    folded = name.casefold().strip(" .:*")
    if folded in _PLACEHOLDERS or _REFUSAL.match(name):
        return Rejected("placeholder", "A sponsor's name only stands for a missing one.", name)
    cleaned = clean_company_name(_FORMERLY.sub("", name))
    if cleaned is None:
        return Rejected("placeholder", "A sponsor's name only stands for a missing one.", name)
    return SponsorRecord(cleaned)


@lru_cache(maxsize=16_384)
def _simple(text: str) -> tuple[str, SponsorRecord] | None:
    """Key and record of a sponsor in one string; ``None`` when it is none or several."""
    entries = list(_line_entries(split_marker(text)[0], None, text)) if len(text) <= MAX_NAME else []
    record = _record(entries[0]) if len(entries) == 1 else None
    return (company_key(record.name) or record.name.casefold(), record) if isinstance(record, SponsorRecord) else None


def _record(entry: _Entry) -> SponsorRecord | Rejected:
    website = normalize_website(entry.website) if entry.website else None
    name = entry.name or (normalize_domain(website) if website else None)  # the domain is all that is known
    if not name:
        return Rejected("missing_name", "A sponsor has no name.", entry.raw)
    record = _named(name)
    if isinstance(record, Rejected):
        return replace(record, raw=entry.raw)
    label = clean_text(entry.tier, MAX_TIER + 1) if entry.tier else None
    tier = canonical_tier(label)
    if not (tier or website or entry.description or entry.fields):
        return record
    fields = entry.fields or {}
    linkedin = first_text(fields.get("linkedin"))
    return SponsorRecord(
        name=record.name,
        tier=tier,
        tier_label=label if tier else None,
        website=website,
        linkedin_url=normalize_linkedin_url(linkedin) if linkedin_kind(linkedin) == "company" else None,
        industry=first_text(fields.get("industry"), 200),
        employee_range=first_text(fields.get("size"), 80),
        description=entry.description or first_text(fields.get("description")),
    )


# --- objects and lists ---------------------------------------------------------------------------------------------


def _walk(value: Any, tier: str | None, loaded: Payload, depth: int) -> Iterator[_Entry | Rejected]:
    if value is None or value == "":
        return
    if isinstance(value, str):
        yield from _line_entries(split_marker(value)[0], tier, value)
    elif depth <= 0 or isinstance(value, (bool, int, float)):
        yield Rejected("not_an_object", "A sponsor is neither text nor an object.", value)
    elif isinstance(value, (list, tuple)):
        for member in value:
            yield from _walk(member, tier, loaded, depth - 1)
    elif isinstance(value, Mapping):
        yield from _walk_object(value, tier, loaded, depth - 1)
    else:
        yield Rejected("not_an_object", "A sponsor is neither text nor an object.", repr(type(value)))


def _walk_object(
    value: Mapping[Any, Any], tier: str | None, loaded: Payload, depth: int
) -> Iterator[_Entry | Rejected]:
    if not value:
        return
    lists = [key for key in value if canonical_key(key) in _LISTS and not isinstance(value[key], (bool, int, float))]
    if not lists:
        lists = [key for key in value if canonical_key(key) in _ENVELOPES and isinstance(value[key], (dict, list))]
    fields = FIELDS.read(value)
    if lists:
        yield from _walk_lists(value, lists, _group_tier(fields) or tier, loaded, depth)
        return
    if "name" in fields and not isinstance(fields["name"], (list, tuple)):
        yield from _object_entry(value, fields, tier, loaded, depth)
        return
    named_tiers = not fields and all(isinstance(item, str) and is_tier(item) for item in value.values())
    groups = list(_walk_groups(value, loaded, depth, any_key=named_tiers))
    if groups:
        yield from groups
    elif loaded.is_open(value):
        yield Rejected("truncated", "A sponsor is incomplete because the answer ends in the middle.", value)
    elif "website" in fields:
        yield from _object_entry(value, fields, tier, loaded, depth)
    elif fields:
        yield Rejected("missing_name", "A sponsor has no name.", value)
    else:
        yield Rejected("no_data", "An object holds no sponsor.", value)


def _walk_lists(
    value: Mapping[Any, Any], keys: list[Any], tier: str | None, loaded: Payload, depth: int
) -> Iterator[_Entry | Rejected]:
    for key in keys:
        name, members = canonical_key(key), value[key]
        own_tier = _LISTS.get(name) or tier
        if isinstance(members, str):
            yield from _text_value(members, own_tier)
        elif isinstance(members, Mapping) and members:
            own = FIELDS.read(members)
            inner = any(canonical_key(member) in _LISTS or canonical_key(member) in _ENVELOPES for member in members)
            groups = [] if inner or "name" in own else list(_walk_groups(members, loaded, depth - 1, any_key=True))
            yield from groups or _walk(members, own_tier, loaded, depth)
        elif isinstance(members, list) and name in _TIER_GROUPS:
            for group in members:
                yield from _walk_tier_group(group, loaded, depth)
        else:
            yield from _walk(members, own_tier, loaded, depth)
    for key in value:  # {"sponsors": [...], "gold_sponsors": [...]}
        if key not in keys and isinstance(value[key], list) and is_tier(words_of_key(key)):
            yield from _walk(value[key], str(key), loaded, depth)


def _walk_tier_group(group: Any, loaded: Payload, depth: int) -> Iterator[_Entry | Rejected]:
    """{"name": "Ume", "sponsors": [...]} inside a list of tiers: whatever the name is, it is the tier's."""
    if isinstance(group, Mapping):
        fields = FIELDS.read(group)
        lists = [key for key in group if canonical_key(key) in _LISTS or canonical_key(key) in _ENVELOPES]
        if lists:
            label = _group_tier(fields) or first_text(fields.get("name"), MAX_TIER)
            yield from _walk_lists(group, lists, label, loaded, depth)
            return
    yield from _walk(group, None, loaded, depth)


def _group_tier(fields: dict[str, Any]) -> str | None:
    """The tier a group of sponsors stands under; an event's or a list's name is none."""
    label = first_text(fields.get("tier"), MAX_TIER)
    if label and is_tier(label):
        return label
    name = first_text(fields.get("name"), MAX_TIER)
    return name if name and is_tier(name) else None


def _walk_groups(
    value: Mapping[Any, Any], loaded: Payload, depth: int, any_key: bool = False
) -> Iterator[_Entry | Rejected]:
    """Sponsors grouped under tiers ({"Gold": [...]}) or listed as keys ({"Acme": "Gold"})."""
    for key, members in value.items():
        label = words_of_key(key)
        if not members or canonical_key(key) in _META or (not any_key and not is_tier(label)):
            continue
        if FIELDS.field_of(key) and not isinstance(members, list):
            continue
        if isinstance(members, str):
            text = members.strip()
            if is_tier(label):
                for name in split_names(text, loose_and=True):
                    yield from _line_entries(name, str(key), members)
            elif is_tier(text):
                yield _Entry(str(key), tier=text, raw={key: members})
            elif _URL.fullmatch(text) or _DOMAIN.fullmatch(text):
                yield _Entry(str(key), website=text, raw={key: members})
        elif isinstance(members, list):
            yield from _walk(members, str(key), loaded, depth)
        elif isinstance(members, Mapping):
            if is_tier(label):
                yield from _walk(members, str(key), loaded, depth)
            else:
                yield from _object_entry(members, {"name": str(key), **FIELDS.read(members)}, None, loaded, depth)


def _object_entry(
    value: Mapping[Any, Any], fields: dict[str, Any], tier: str | None, loaded: Payload, depth: int
) -> Iterator[_Entry | Rejected]:
    if loaded.is_open(value):
        yield Rejected("truncated", "A sponsor is incomplete because the answer ends in the middle.", value)
        return
    inner = fields.get("name")
    if isinstance(inner, Mapping) and depth > 0:  # {"company": {"name": ...}, "tier": "Gold"}
        fields = {**fields, **FIELDS.read(inner)}
        if "tier" in (outer := FIELDS.read({key: item for key, item in value.items() if item is not inner})):
            fields["tier"] = outer["tier"]
    label = first_text(fields.get("tier"), MAX_TIER + 1)
    if label and label.casefold() in _NOT_A_TIER:
        label = None
    name = first_text(fields.get("name"), MAX_NAME + 1)
    if not name and fields.get("name"):
        yield Rejected("placeholder", "A sponsor's name only stands for a missing one.", value)
        return
    extra = {key: fields[key] for key in ("linkedin", "industry", "size", "description") if key in fields}
    website = first_text(fields.get("website"))
    link = _LINK.fullmatch(name) if name and name.startswith("[") else None
    if link:
        name, website = link[1], website or link[2]
    yield _Entry(name, label or tier, website, fields=extra or None, raw=value)


def _text_value(text: str, tier: str | None) -> list[_Entry | Rejected]:
    """A whole list in one string: lines, or names between commas."""
    if "\n" in text:
        return list(_plain_entries(text))
    stripped = text.strip()
    if not stripped or clean_text(stripped) is None:
        return []
    entries: list[_Entry | Rejected] = []
    label, _, rest = stripped.partition(":")
    if rest and is_tier(label) and not rest.startswith("//"):
        return list(_line_entries(stripped, tier, text))
    for name in split_names(stripped, loose_and=False):
        entries.extend(_line_entries(name, tier, text))
    return entries


# --- text ----------------------------------------------------------------------------------------------------------


def _parse_plain(text: str, raw: Any) -> Parsed[SponsorRecord]:
    parsed: Parsed[SponsorRecord] = Parsed()
    if refusal := too_long(text, raw):
        return Parsed(rejected=[refusal])
    _collect(list(_plain_entries(text)), parsed)
    if parsed.items or parsed.rejected or not text.strip():
        return parsed
    if _REFUSAL.search(text[:2_000]):
        parsed.rejected.append(Rejected("no_data", "The answer says that there are no sponsors.", raw))
    else:
        parsed.rejected.append(Rejected("unparseable", "The answer is neither JSON nor a list of sponsors.", raw))
    return parsed


def _plain_entries(text: str) -> Iterator[_Entry | Rejected]:
    lines = lines_of(text)
    records = table_records(lines, FIELDS)
    if records:
        empty = Payload(())
        for record in records:
            yield from _table_entry(record, empty)
        return
    split = without_glued_number if has_glued_numbers(lines) else split_marker
    marked = [split(line)[1] for line in lines]
    section = _Sections(any(marked), not any(marked) and _is_name_list(lines))
    for line in lines:
        yield from section.read(line, *split(line))
    if not section.found:
        yield from _introduced(text)


def _table_entry(record: dict[str, str], payload: Payload) -> Iterator[_Entry | Rejected]:
    fields: dict[str, Any] = {key: value.strip("*_` ") for key, value in FIELDS.read(record).items()}
    if website := fields.get("website"):
        link = _LINK.search(website)
        fields["website"] = link[2] if link else website
    if fields.get("name"):
        yield from _object_entry(record, fields, None, payload, 1)


class _Sections:
    """Reads line after line, remembering under which tier heading they stand."""

    def __init__(self, has_markers: bool, is_name_list: bool) -> None:
        self.tier: str | None = None
        self.skipping = False
        self.under_heading = False
        self.found = False
        self._has_markers = has_markers
        self._is_name_list = is_name_list

    def read(self, line: str, text: str, marked: bool) -> Iterator[_Entry | Rejected]:
        if not text:
            return
        if self._heading(line, text, marked):
            return
        if self.skipping:
            return
        for entry in self._entries(text, marked):
            self.found = True
            yield entry

    def _heading(self, line: str, text: str, marked: bool) -> bool:
        heading = heading_of(line) or heading_of(text)
        words = heading or text.rstrip(":").strip()
        bare = marked and not heading and not text.endswith(":")  # "- Topaz" may well be a company
        if is_tier(words) and (not bare or _PLAIN_TIER.search(words)):
            generic = canonical_tier(words) in _GENERIC_HEADINGS
            self.tier, self.skipping, self.under_heading = None if generic else words, False, True
            return True
        if (heading and not marked) or (not marked and text.endswith(":")):
            if (self._is_name_list and heading) or (
                heading and heading_of(line) and not line.lstrip().startswith("#") and self.tier
            ):
                return False  # a bold name on its own line under a tier
            self.skipping = bool(_OTHER_SECTION.search(words)) and "sponsor" not in words.casefold()
            self.tier, self.under_heading = None, False
            return True
        return False

    def _entries(self, text: str, marked: bool) -> Iterator[_Entry | Rejected]:
        label, colon, rest = text.partition(":")
        grouped = bool(colon and rest.strip()) and not rest.startswith("//") and is_tier(label.strip("*_ "))
        if marked or grouped:
            yield from _line_entries(text, self.tier, text)
        elif self._is_name_list:
            yield from self._plain(text)
        elif self.under_heading and not self._has_markers:
            names = split_names(text, loose_and=True)
            if all(_is_plain_name(name) for name in names):
                for name in names:
                    yield from _line_entries(name, self.tier, text)

    def _plain(self, text: str) -> Iterator[_Entry | Rejected]:
        parts = split_names(text, loose_and=False)
        row = _Entry(parts[0], self.tier, raw=text) if parts else _Entry(None, raw=text)
        if len(parts) > 1 and all(_take(row, part) for part in parts[1:]):  # Acme,Gold,https://acme.com
            yield row
            return
        for name in parts:
            yield from _line_entries(name, self.tier, text)


def _is_name_list(lines: list[str]) -> bool:
    """Whether a text without markers is nothing but names: two or more short lines, or one line with commas."""
    filled = [line.strip() for line in lines if line.strip()]
    names = [line for line in filled if not is_tier(heading_of(line) or line.rstrip(":")) and not line.endswith(":")]
    if not names or any(_REFUSAL.search(line) for line in names):
        return False
    if len(names) == 1:
        parts = split_names(names[0], loose_and=False)
        if len(parts) == 1:  # "Acme - Gold sponsor": a single line is a sponsor when it says of which tier
            entry = _read_entry(parts[0], None, parts[0])
            return entry.tier is not None and bool(entry.name) and _is_plain_name(entry.name or "")
        return all(_is_plain_name(part) for part in parts)
    return all(_is_plain_name(part) for line in names for part in split_names(line, loose_and=False))


def _is_plain_name(text: str) -> bool:
    if _URL.fullmatch(text) or is_tier(text) or _DOMAIN.fullmatch(text):
        return True
    text = _URL.sub("", text).strip()
    words = text.split()
    return (
        0 < len(text) <= MAX_PLAIN_NAME
        and len(words) <= 6
        and (text[0].isupper() or text[0].isdigit() or any(character.isupper() for character in words[0]))
        and (text[-1] not in ".!?:;" or bool(_LEGAL_TAIL.fullmatch(words[-1])))
        and not _REFUSAL.search(text)
    )


def _introduced(text: str) -> Iterator[_Entry | Rejected]:
    """ "The sponsors include Acme, Globex and Initech." """
    match = _INTRODUCTION.search(text[:20_000])
    if not match or _REFUSAL.search(match[0]):
        return
    names = split_names(match["names"].strip(), loose_and=True)
    if len(names) > 1 and all(_is_plain_name(name) for name in names):
        for name in names:
            yield from _line_entries(name, None, text)


def split_names(text: str, *, loose_and: bool) -> list[str]:
    """Names between commas or semicolons. "Acme, Inc." stays one; "and" splits only before the last of several.

    ``loose_and`` also splits "Acme and Globex"; well-known names with an "and" stay whole either way.
    """
    separator = ";" if ";" in text else ","
    parts: list[str] = []
    for part in _split_outside_brackets(text, separator):
        piece = part.strip()
        if not piece:
            continue
        if parts and _LEGAL_TAIL.fullmatch(piece):
            parts[-1] += f", {piece}"
        else:
            parts.append(piece)
    if not parts:
        return []
    last = re.sub(r"^(?:and|&)\s+", "", parts[-1])
    stripped = last != parts[-1]
    parts[-1] = last
    left, conjunction, right = last.rpartition(" and ")
    splits = bool(conjunction and right.strip()) and not stripped and last.casefold() not in _AND_NAMES
    if splits and left.casefold() != right.casefold() and (loose_and or len(parts) > 1):
        parts[-1:] = [left.strip(), right.strip()]
    parts = [re.sub(r"\s*(?:\.\.\.|…|\betc\.?)$", "", part) for part in parts]
    return [part for part in parts if part]


def _split_outside_brackets(text: str, separator: str) -> Iterator[str]:
    depth = start = 0
    for position, character in enumerate(text):
        if character in "([":
            depth += 1
        elif character in ")]":
            depth = max(0, depth - 1)
        elif character == separator and not depth:
            yield text[start:position]
            start = position + 1
    yield text[start:]


def _line_entries(text: str, tier: str | None, raw: Any) -> Iterator[_Entry]:
    """The sponsors of one line or list item: one, or several after a tier and a colon."""
    if len(text) < MAX_NAME and not _SPECIAL.search(text):
        yield _Entry(text, tier, raw=raw)
        return
    label, colon, rest = text.partition(":")
    label = label.strip("*_ ")
    if colon and rest.strip("*_ ") and not rest.startswith("//") and is_tier(label):
        own_tier = tier if canonical_tier(label) in _GENERIC_HEADINGS else label
        for name in split_names(rest.strip("*_ "), loose_and=True):
            yield _read_entry(name, own_tier, raw)
    else:
        yield _read_entry(text, tier, raw)


_SPECIAL = re.compile(r"[:(\[*_|,`—–]| - |://|^www\.")


def _read_entry(text: str, tier: str | None, raw: Any) -> _Entry:
    if len(text) > MAX_NAME * 10:
        return _Entry(text[: MAX_NAME + 1], tier, raw=raw)
    entry = _Entry(None, tier, raw=raw)
    name, rest = text, ""
    link = _LINK.search(text)
    bold = _BOLD_NAME.match(text)
    if link:
        entry.website = link[2]
        name = text[: link.start()] + link[1] + text[link.end() :]
        bold = _BOLD_NAME.match(name)
    if bold:
        name, rest = bold[1].rstrip(":"), bold[2]
    else:
        url = _URL.search(name)
        if url and url[0] != name:
            entry.website = entry.website or url[0].strip("<>")
            name = re.sub(r"\(\s*\)|\[\s*\]", "", name.replace(url[0], "")).strip(" -–—:|,")
        elif url:
            entry.website = name.strip("<>")
            return entry
    if rest:
        _read_rest(entry, rest)
    entry.name = _read_tails(entry, name.strip("`*_ ")).strip("`*_ ")
    return entry


def _read_rest(entry: _Entry, rest: str) -> None:
    """What follows a bold name: tier, address or description."""
    url = _URL.search(rest)
    if url:
        entry.website = entry.website or url[0].strip("<>")
        rest = rest.replace(url[0], "")
    rest = rest.strip(" -–—:|,.").removeprefix("(").removesuffix(")").strip()
    if is_tier(rest):
        entry.tier = rest
    elif rest:
        head = _SEPARATOR.split(rest.replace(")", " - ").replace("(", " - "), maxsplit=1)
        if is_tier(head[0].strip()):
            entry.tier = head[0].strip()
            rest = head[1].strip() if len(head) > 1 else ""
        entry.description = clean_text(rest)


def _read_tails(entry: _Entry, name: str) -> str:
    """Take tiers, addresses and descriptions off the end of a name."""
    for _ in range(4):
        name = _CITATION.sub("", _FORMERLY.sub("", name)).strip()
        bracket = _TAIL_BRACKET.fullmatch(name)
        if bracket and _take(entry, bracket[2].strip()):
            name = bracket[1].strip(" -–—:|,")
            continue
        cuts = list(_SEPARATOR.finditer(name))
        if not cuts:
            break
        left, right = name[: cuts[-1].start()].strip(), name[cuts[-1].end() :].strip()
        if left and _take(entry, right):
            name = left
        elif right and is_tier(name[: cuts[0].start()].strip("*_ ")) and "," not in cuts[0][0]:
            entry.tier = name[: cuts[0].start()].strip("*_ ")
            name = name[cuts[0].end() :].strip()
        else:
            return _before_description(entry, name, cuts[0])
    return name


def _before_description(entry: _Entry, name: str, cut: re.Match[str]) -> str:
    """ "Acme - makes anvils for coyotes" is Acme; "Foo - Bar Labs" may be a name and stays."""
    left, right = name[: cut.start()].strip(), name[cut.end() :].strip()
    described = "," not in cut[0] and bool(left) and (right[:1].islower() or len(right.split()) > 5)
    if not described:
        return name
    entry.description = clean_text(right)
    return left


def _take(entry: _Entry, text: str) -> bool:
    if is_tier(text):
        entry.tier = text
    elif _URL.fullmatch(text) or (_DOMAIN.fullmatch(text) and text == text.lower()):
        entry.website = entry.website or text.strip("<>")
    else:
        return False
    return True


@lru_cache(maxsize=16_384)
def _simple_object(name: str, tier: str | None, website: str | None) -> tuple[str, SponsorRecord] | None:
    """Key and record of a sponsor given as three texts; ``None`` when it is none."""
    found = list(_object_entry({}, {"name": name, "tier": tier, "website": website}, None, Payload(()), 0))
    record = _record(found[0]) if isinstance(found[0], _Entry) else None
    return (company_key(record.name) or record.name.casefold(), record) if isinstance(record, SponsorRecord) else None


def _quick(value: Any) -> tuple[str, SponsorRecord] | None:
    if type(value) is str:
        return _simple(value)
    if type(value) is not dict:
        return None
    fields = FIELDS.read(value)
    name, tier, website = fields.pop("name", None), fields.pop("tier", None), fields.pop("website", None)
    plain = (
        type(name) is str and not fields and isinstance(tier, (str, NoneType)) and isinstance(website, (str, NoneType))
    )
    if not plain or any(canonical_key(key) in _LISTS or canonical_key(key) in _ENVELOPES for key in value):
        return None
    return _simple_object(name, tier, website)


def plain_sponsors(values: list[Any]) -> tuple[SponsorRecord, ...] | None:
    """The records of a list of distinct names or of objects with name, tier and website; ``None`` for any other list.

    Most lists are like this, and reading them this way costs a tenth of ``sponsors_of``.
    """
    records: dict[str, SponsorRecord] = {}
    for value in values:
        entry = _quick(value)
        if entry is None or entry[0] in records:
            return None
        records[entry[0]] = entry[1]
    return tuple(records.values())


def sponsors_of(value: Any, loaded: Payload | None = None) -> Parsed[SponsorRecord]:
    """Sponsors given as one field of another record: a list, an object, or names in a string."""
    parsed: Parsed[SponsorRecord] = Parsed()
    payload = loaded or Payload(())
    try:
        found = _text_value(value, None) if isinstance(value, str) else list(_walk_field(value, payload))
    except PayloadError:
        found = []
    _collect(found, parsed)
    return parsed


def _walk_field(value: Any, payload: Payload) -> Iterator[_Entry | Rejected]:
    if isinstance(value, Mapping) and "name" not in FIELDS.read(value):
        yield from _walk_lists({"sponsors": value}, ["sponsors"], None, payload, _MAX_DEPTH)
    else:
        yield from _walk(value, None, payload, _MAX_DEPTH)
