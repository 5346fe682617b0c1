"""People from an agent's answer."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import fields as record_fields
from dataclasses import replace
from datetime import date
from functools import lru_cache
from typing import Any

from prospecting.parsing.contact.lines import fields_of_blocks, fields_of_lines, from_line, link_target
from prospecting.parsing.contact.prose import people_in_sentences
from prospecting.parsing.contact.roles import Held, Past, PeopleWalker, has_left
from prospecting.parsing.contact.words import (
    ENVELOPES,
    FIELDS,
    MAX_NAME,
    NAMED_LISTS,
    WANTED,
    has_title_word,
    person_named,
)
from prospecting.parsing.dates import parse_date_range
from prospecting.parsing.emails import normalize_email
from prospecting.parsing.fields import clean_text, first_text, load_or_reject
from prospecting.parsing.markup import plain
from prospecting.parsing.messy_json.python_calls import without_calls
from prospecting.parsing.names import company_key, person_key
from prospecting.parsing.payload import Payload, as_text, canonical_key, without_thoughts
from prospecting.parsing.placeholders import stands_for_nothing
from prospecting.parsing.plaintext import MAX_LINE, lines_of, split_marker, too_long, with_cells
from prospecting.parsing.records import ContactRecord, Parsed, Rejected
from prospecting.parsing.refusals import Kind, says_nothing_found
from prospecting.parsing.sources import day_of, read_source
from prospecting.parsing.urls import normalize_linkedin_url

_TWO_NAMES = re.compile(r"\s*+/\s*+| & | and ", re.IGNORECASE)
_LINES = re.compile(r"[;\n]")
_WALKER = PeopleWalker()


def parse_contacts(raw: Any) -> Parsed[ContactRecord]:
    """People in ``raw`` (text, bytes, object, list or ``None``), in order, each once.

    The same LinkedIn profile, or the same name without contradicting profiles or companies, is one person; missing
    fields are filled in. Unusable profiles and addresses become ``None``. An answer that says that nobody was found
    names nobody, whatever it lists behind it. Reasons for rejection: ``no_data``, ``unparseable``, ``too_large``,
    ``placeholder``, ``missing_name``, ``not_an_object``, ``truncated`` and ``past_role`` (listed among, or said to be,
    one of those who have left). Never raises on content.
    """
    loaded = load_or_reject(raw, WANTED)
    if loaded is None:
        return Parsed()
    if isinstance(loaded, Rejected):
        return _parse_plain(raw, loaded)
    found: list[ContactRecord | Rejected] = []
    for value in loaded.values:
        if isinstance(value, str):
            return _parse_plain(value, Rejected("unparseable", "The answer is text, not data.", raw))
        for item in _WALKER.records(value):
            found.extend(_records(item, loaded))
    parsed = _collected(found)
    if loaded.truncated and not any(item.reason == "truncated" for item in parsed.rejected):
        parsed.rejected.append(Rejected("truncated", "The answer ends in the middle; what was complete is kept."))
    if parsed.items or not isinstance(raw, str) or raw.lstrip()[:1] in ("{", "["):
        return parsed
    if any(_is_empty_answer(value) for value in loaded.values):
        return parsed
    plain_text = _parse_plain(raw, Rejected("no_data", "The answer contains no person.", raw))
    return plain_text if plain_text.items else parsed


def _is_empty_answer(value: Any) -> bool:
    """True for an empty list of people: nobody was found, and what is written around it names nobody."""
    if isinstance(value, Mapping):
        return any(
            not inner and isinstance(inner, (list, Mapping)) and canonical_key(key) in NAMED_LISTS | ENVELOPES
            for key, inner in value.items()
        )
    return isinstance(value, list) and not value


def _collected(found: list[ContactRecord | Rejected]) -> Parsed[ContactRecord]:
    parsed: Parsed[ContactRecord] = Parsed()
    by_profile: dict[str, int] = {}
    by_name: dict[str, list[int]] = {}
    for record in found:
        if isinstance(record, Rejected):
            parsed.rejected.append(record)
            continue
        namesakes = by_name.setdefault(person_key(record.full_name) or record.full_name.casefold(), [])
        index = by_profile.get(record.linkedin_url) if record.linkedin_url else None
        if index is None:
            index = next((known for known in namesakes[:50] if _may_be_one(parsed.items[known], record)), None)
        if index is None:
            index = len(parsed.items)
            parsed.items.append(record)
            namesakes.append(index)
        else:
            parsed.items[index] = _folded(parsed.items[index], record)
        if profile := parsed.items[index].linkedin_url:
            by_profile.setdefault(profile, index)
    return parsed


def _may_be_one(first: ContactRecord, second: ContactRecord) -> bool:
    """True when two records of one name may be one person: neither their profiles nor their companies differ."""
    if first.linkedin_url and second.linkedin_url:
        return first.linkedin_url == second.linkedin_url
    return not (first.company and second.company) or company_key(first.company) == company_key(second.company)


def _folded(first: ContactRecord, second: ContactRecord) -> ContactRecord:
    missing = {
        field.name: value
        for field in record_fields(first)
        if getattr(first, field.name) is None and (value := getattr(second, field.name)) is not None
    }
    return replace(first, **missing) if missing else first


def _records(item: Any, loaded: Payload) -> list[ContactRecord | Rejected]:
    """Normally one record; one each when two people share a line ("Ann Lee/Bo Ray"), then without contact data."""
    if isinstance(item, str) and "\n" in item and says_nothing_found(item, Kind.PEOPLE):
        return [Rejected("no_data", "The answer says that there is nobody.", item)]
    if isinstance(item, str) and len(item) <= MAX_LINE and (";" in item or "\n" in item):
        lines = [split_marker(line)[0] for line in _LINES.split(item)]
        if len(lines) > 1 and sum(from_line(line) is not None for line in lines) > 1:
            return [record for line in lines if line for record in _records(line, loaded)]
    record = _record(item, loaded)
    if isinstance(record, Rejected) or (record.full_name.count(" ") < 3 and "/" not in record.full_name):
        return [record]  # two names have four words
    if isinstance(item, Held):
        item = item.item if isinstance(item.item, Mapping) else {"name": item.item}
    elif isinstance(item, str):
        item = from_line(split_marker(item)[0]) or {}
    return _several(record, FIELDS.read(item)) if isinstance(item, Mapping) else [record]


def _several(record: ContactRecord | Rejected, fields: Mapping[str, Any]) -> list[ContactRecord | Rejected]:
    if isinstance(record, Rejected):
        return [record]
    names = _TWO_NAMES.split(clean_text(fields.get("name"), MAX_NAME) or "")
    people = [person_named(name) for name in names if len(name.split()) > 1]
    if len(names) != 2 or len(people) != 2:
        return [record]
    shared = replace(record, linkedin_url=None, email=None, phone=None, bio=None)
    return [
        replace(shared, full_name=person.full, first_name=person.first, last_name=person.last)
        if person
        else Rejected("placeholder", "The person's name is a placeholder, or not a name.", dict(fields))
        for person in people
    ]


def _record(item: Any, loaded: Payload) -> ContactRecord | Rejected:
    if isinstance(item, Past):
        given = item.item.holder or item.item.item if isinstance(item.item, Held) else item.item
        return Rejected("past_role", "A person is listed among those who have left.", given)
    if isinstance(item, Held):
        return _holder(item, loaded)
    if isinstance(item, str):
        read = from_line(split_marker(item)[0])
        if read is None:
            return Rejected("placeholder", "The line contains no person's name.", item)
        return _contact(read, item)
    if not isinstance(item, Mapping):
        return Rejected("not_an_object", "A person is neither an object nor text.", item)
    if loaded.open_ids and loaded.is_open(item):
        return Rejected("truncated", "A person is incomplete because the answer ends in the middle.", item)
    if has_left(item):
        return Rejected("past_role", "The person is said to have left.", item)
    fields = FIELDS.read(item)
    if isinstance(fields.get("name"), Mapping):  # {"name": {"first": ..., "last": ...}}
        inner = FIELDS.read(fields.pop("name"))
        fields = {**inner, **fields}
    if not fields:
        return Rejected("no_data", "The object contains no person.", item)
    return _with_source(_contact(fields, item), item)


def _with_source(record: ContactRecord | Rejected, item: Mapping[Any, Any]) -> ContactRecord | Rejected:
    source = None if isinstance(record, Rejected) else read_source(item)
    if source is None or isinstance(record, Rejected):
        return record
    return replace(record, source=source, observed_on=day_of(source, record.observed_on))


def _holder(held: Held, loaded: Payload) -> ContactRecord | Rejected:
    """The person of a map of posts or names."""
    item = held.item
    raw = {held.title: item} if held.title and held.name is None else held.holder
    if loaded.open_ids and loaded.is_open(item):
        return Rejected("truncated", "A person is incomplete because the answer ends in the middle.", raw)
    fields: dict[str, Any] = {}
    if isinstance(item, Mapping):
        fields = FIELDS.read(item)
    elif isinstance(item, str):
        text = clean_text(item) or ""
        fields = from_line(text) or {"name": item}
    elif item is not None:
        return Rejected("not_an_object", "A person is neither an object nor text.", raw)
    if held.name:
        fields["name"] = held.name
    if held.title and ("title" not in fields or isinstance(item, str)):
        fields["title"] = held.title
    if held.company:
        fields.setdefault("company", held.company)
    if fields.get("name") is None and "first" not in fields:
        return Rejected("missing_name", "A person has no name.", raw)
    return _with_source(_contact(fields, raw), item) if isinstance(item, Mapping) else _contact(fields, raw)


def _contact(fields: dict[str, Any], raw: Any) -> ContactRecord | Rejected:
    get = fields.get
    given_first, given_last = get("first"), get("last")
    first = clean_text(given_first, 100) if given_first else None
    last = clean_text(given_last, 100) if given_last else None
    given = get("name")
    name = clean_text(given, MAX_NAME + 1) if given is not None else None
    if name is None and (first or last):
        name = " ".join(part for part in (first, last) if part)
    elif name and " " not in name and (first or last):
        name = _whole_name(name, first, last)
    if name is None:
        if given is not None or given_first or given_last:
            return Rejected("placeholder", "The person's name is a placeholder.", raw)
        return Rejected("missing_name", "A person has no name.", raw)
    person = person_named(name)
    if person is None or name == get("title"):
        return Rejected("placeholder", "The person's name is a placeholder, or not a name.", raw)
    linkedin, email = get("linkedin"), get("email")
    title, company, place, bio, phone = get("title"), get("company"), get("location"), get("bio"), get("phone")
    return ContactRecord(
        person.full,
        _title(title if type(title) is str else first_text(title, 300)) if title else None,
        _linkedin(linkedin) if linkedin else None,
        _email(email) if email else None,
        first or person.first,
        last or person.last,
        _company(company if type(company) is str else first_text(company, 200)) if company else None,
        _phone(phone) if phone else None,
        _place(place) if place else None,
        first_text(bio) if bio else None,
        _observed(get("observed")),
    )


def _whole_name(name: str, first: str | None, last: str | None) -> str:
    """A name of one word with its other half: "nombre" goes with "apellido", "nom" with "prénom"."""
    if last and last != name:
        return f"{name} {last}"
    return f"{first} {name}" if first and first != name else name


@lru_cache(maxsize=8_192)
def _title(text: str | None) -> str | None:
    """A job title; ``None`` for what only says that it is unknown."""
    title = clean_text(text, 300) if text else None
    return None if title is None or (stands_for_nothing(title) and not has_title_word(title)) else title


@lru_cache(maxsize=8_192)
def _company(text: str | None) -> str | None:
    company = clean_text(text, 200) if text else None
    return None if company is None or stands_for_nothing(company) else company


@lru_cache(maxsize=8_192)
def _profile(text: str) -> str | None:
    """A person's profile; a company's page belongs to nobody."""
    url = normalize_linkedin_url(link_target(plain(text)) if "[" in text or "【" in text or "(" in text else text)
    return url if url and "/in/" in url else None


def _linkedin(value: Any) -> str | None:
    if isinstance(value, str):
        return _profile(value)
    if isinstance(value, Mapping):
        candidates = [item for key, item in value.items() if "linkedin" in str(key).lower()] or list(value.values())
    elif isinstance(value, (list, tuple)):
        candidates = list(value)
    else:
        return None
    for candidate in candidates[:20]:
        text = first_text(candidate)
        if text and (url := _profile(text)):
            return url
    return None


def _email(value: Any) -> str | None:
    if isinstance(value, str):
        return normalize_email(value)
    if isinstance(value, Mapping):
        value = [value]
    if isinstance(value, (list, tuple)):
        for member in value[:20]:
            for candidate in list(member.values())[:20] if isinstance(member, Mapping) else [member]:
                if isinstance(candidate, str) and (address := normalize_email(candidate)):
                    return address
    return None


def _phone(value: Any) -> str | None:
    if isinstance(value, Mapping):
        value = next((item for key, item in value.items() if "number" in str(key).lower()), None) or value
    text = first_text(value, 60)
    return text if text and sum(character.isdigit() for character in text) >= 5 else None


def _place(value: Any) -> str | None:
    if isinstance(value, Mapping):
        parts = [first_text(value.get(key), 100) for key in ("city", "region", "state", "country")]
        return ", ".join(part for part in parts if part) or first_text(value, 200)
    return first_text(value, 200)


def _observed(value: Any) -> date | None:
    """The day a fact was seen; the first day of a month or a year."""
    return parse_date_range(value).start if value is not None else None


def _parse_plain(raw: Any, reason: Rejected) -> Parsed[ContactRecord]:
    """Tables, "Title: CEO" blocks and lists of "Jane Doe, CEO", or else sentences; the rest is rejected."""
    if reason.reason not in ("no_data", "unparseable") or not isinstance(raw, (str, bytes, bytearray)):
        return Parsed(rejected=[reason])
    text = without_calls(without_thoughts(as_text(raw)))
    if refusal := too_long(text, raw):
        return Parsed(rejected=[refusal])
    if says_nothing_found(text, Kind.PEOPLE):
        return Parsed(rejected=[Rejected("no_data", "The answer says that there is nobody.", raw)])
    lines = lines_of(with_cells(text, FIELDS))
    found = [record for fields, item in fields_of_blocks(lines) for record in _several(_contact(fields, item), fields)]
    # People with and without labelled lines may be mixed; somebody found both ways becomes one record.
    by_line = [record for fields, line in fields_of_lines(lines) for record in _several(_contact(fields, line), fields)]
    has_labels = any(isinstance(record, ContactRecord) for record in found)
    found = [*(person for person in by_line if isinstance(person, ContactRecord)), *found] if has_labels else by_line
    if not any(isinstance(person, ContactRecord) for person in found):
        said = [_contact(fields, sentence) for fields, sentence in people_in_sentences(text)]
        found = [*said, *found]
    parsed = _collected(found)
    if not parsed.items and not parsed.rejected:
        parsed.rejected.append(reason)
    return parsed
