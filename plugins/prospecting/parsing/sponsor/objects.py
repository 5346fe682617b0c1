"""Sponsors in JSON of any shape: lists, wrappers, objects, tiers with lists under them, names with tiers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from types import NoneType
from typing import Any

from prospecting.parsing.fields import first_text
from prospecting.parsing.payload import Payload, canonical_key
from prospecting.parsing.plaintext import split_marker
from prospecting.parsing.records import Rejected
from prospecting.parsing.sponsor.checks import is_of_other_times, not_current
from prospecting.parsing.sponsor.entries import Entry, entry_of_fields
from prospecting.parsing.sponsor.lines import line_entries, split_names
from prospecting.parsing.sponsor.text import entries_in_string
from prospecting.parsing.sponsor.words import DOMAIN, ENVELOPES, FIELDS, LISTS, META, TIER_GROUPS, URL, WRAPPERS
from prospecting.parsing.tiers import MAX_TIER, is_tier, words_of_key

_YEAR = re.compile(r"(?:19|20)\d\d$")
_MAX_COLUMNS = 8
MAX_DEPTH = 8
"""Lists and objects deeper in each other hold no sponsors."""


def walk(value: Any, tier: str | None, loaded: Payload, depth: int) -> Iterator[Entry | Rejected]:
    """The sponsors in a value of an answer, under ``tier`` where they name none."""
    if value is None or value == "":
        return
    if isinstance(value, str):
        yield from line_entries(split_marker(value)[0], tier, value)
    elif depth <= 0 or isinstance(value, (bool, int, float)):
        yield Rejected("not_an_object", "A sponsor is neither text nor an object.", value)
    elif isinstance(value, (list, tuple)):
        for member in rows_of(value) or value:
            yield from walk(member, tier, loaded, depth - 1)
    elif isinstance(value, Mapping):
        yield from _walk_object(value, tier, loaded, depth - 1)
    else:
        yield Rejected("not_an_object", "A sponsor is neither text nor an object.", repr(type(value)))


def _walk_object(value: Mapping[Any, Any], tier: str | None, loaded: Payload, depth: int) -> Iterator[Entry | Rejected]:
    if not value:
        return
    if others := _of_other_times(value):
        yield from _not_current(value, others, loaded, depth)
        value = {key: item for key, item in value.items() if key not in others}
        if not any(isinstance(item, (list, Mapping)) for item in value.values()):
            return
    lists = [key for key in value if canonical_key(key) in LISTS and not isinstance(value[key], (bool, int, float))]
    if not lists:
        lists = [key for key in value if canonical_key(key) in ENVELOPES and isinstance(value[key], (dict, list))]
    fields = FIELDS.read(value)
    if lists:
        yield from walk_lists(value, lists, _group_tier(fields) or tier, loaded, depth)
        return
    if "name" in fields and not isinstance(fields["name"], (list, tuple)):
        yield from entry_of_fields(value, fields, tier, loaded, depth)
        return
    named_tiers = not fields and all(isinstance(item, str) and is_tier(item) for item in value.values())
    groups = list(_walk_groups(value, loaded, depth, any_key=named_tiers))
    if groups:
        yield from groups
    elif loaded.is_open(value):
        yield Rejected("truncated", "A sponsor is incomplete because the answer ends in the middle.", value)
    elif "website" in fields:
        yield from entry_of_fields(value, fields, tier, loaded, depth)
    elif fields:
        yield Rejected("missing_name", "A sponsor has no name.", value)
    else:
        yield Rejected("no_data", "An object holds no sponsor.", value)


def rows_of(value: Sequence[Any]) -> list[dict[str, Any]] | None:
    """Objects for a table given as a list of lists: [["Acme", "Gold"], ["Globex", "Silver"]], with or without headings.

    ``None`` for other lists: without headings, a column of tiers or of websites tells a table from lists of names.
    """
    if not all(isinstance(row, (list, tuple)) and 2 <= len(row) <= _MAX_COLUMNS for row in value):
        return None
    if not all(isinstance(cell, (str, NoneType)) for row in value for cell in row) or len(set(map(len, value))) > 1:
        return None
    fields = [FIELDS.field_of(cell) for cell in value[0]] if value else []
    if "name" in fields and len(value) > 1 and all(fields):
        rows = value[1:]
    else:
        rows = value
        columns = [[cell for cell in column if cell] for column in zip(*rows, strict=True)]
        fields = [_field_of_column(column) for column in columns]
        if not {"tier", "website"}.intersection(fields) or fields.count("name") != 1:
            return None
    return [{field: cell for field, cell in zip(fields, row, strict=True) if field} for row in rows]


def _field_of_column(cells: list[str]) -> str | None:
    if not cells:
        return None
    if all(map(is_tier, cells)):
        return "tier"
    return "website" if all(URL.fullmatch(cell) or DOMAIN.fullmatch(cell) for cell in cells) else "name"


def _of_other_times(value: Mapping[Any, Any]) -> list[Any]:
    """The keys of lists of past and possible sponsors, and of earlier years where a later one has its own list."""
    if isinstance(FIELDS.read(value).get("name"), str):
        return []
    lists = [key for key, item in value.items() if isinstance(item, (list, Mapping)) and isinstance(key, str)]
    years = {
        key: year[0]
        for key in lists
        if (year := _YEAR.search(key)) and (len(key) == 4 or canonical_key(key)[:-4] in LISTS)
    }
    return [key for key in lists if is_of_other_times(key) or years.get(key, "9") < max(years.values(), default="")]


def _not_current(value: Mapping[Any, Any], keys: list[Any], loaded: Payload, depth: int) -> Iterator[Entry | Rejected]:
    for key in keys:
        for found in walk(value[key], None, loaded, depth):
            yield found if isinstance(found, Rejected) else not_current(found.raw)


def walk_lists(
    value: Mapping[Any, Any], keys: list[Any], tier: str | None, loaded: Payload, depth: int
) -> Iterator[Entry | Rejected]:
    """The sponsors in the lists that an object has under ``keys``, and in those whose keys are tiers."""
    for key in keys:
        name, members = canonical_key(key), value[key]
        own_tier = LISTS.get(name) or tier
        if isinstance(members, str):
            yield from entries_in_string(members, own_tier)
        elif isinstance(members, Mapping) and members:
            own = FIELDS.read(members)
            inner = any(canonical_key(member) in WRAPPERS for member in members)
            groups = [] if inner or "name" in own else list(_walk_groups(members, loaded, depth - 1, any_key=True))
            yield from groups or walk(members, own_tier, loaded, depth)
        elif isinstance(members, list) and name in TIER_GROUPS:
            for group in members:
                yield from _walk_tier_group(group, loaded, depth)
        else:
            yield from walk(members, own_tier, loaded, depth)
    for key in value:  # {"sponsors": [...], "gold_sponsors": [...]}
        if key not in keys and isinstance(value[key], list) and is_tier(words_of_key(key)):
            yield from walk(value[key], str(key), loaded, depth)


def _walk_tier_group(group: Any, loaded: Payload, depth: int) -> Iterator[Entry | Rejected]:
    """{"name": "Ume", "sponsors": [...]} inside a list of tiers: whatever the name is, it is the tier's."""
    if isinstance(group, Mapping):
        fields = FIELDS.read(group)
        lists = [key for key in group if canonical_key(key) in WRAPPERS]
        if lists:
            label = _group_tier(fields) or first_text(fields.get("name"), MAX_TIER)
            yield from walk_lists(group, lists, label, loaded, depth)
            return
    yield from walk(group, None, loaded, depth)


def _group_tier(fields: dict[str, Any]) -> str | None:
    """The tier that a group of sponsors is listed under; the name of an event or a list is none."""
    label = first_text(fields.get("tier"), MAX_TIER)
    if label and is_tier(label):
        return label
    name = first_text(fields.get("name"), MAX_TIER)
    return name if name and is_tier(name) else None


def _walk_groups(
    value: Mapping[Any, Any], loaded: Payload, depth: int, any_key: bool = False
) -> Iterator[Entry | Rejected]:
    """Sponsors grouped under tiers ({"Gold": [...]}) or listed as keys ({"Acme": "Gold"})."""
    for key, members in value.items():
        label = words_of_key(key)
        if not members or canonical_key(key) in META or (not any_key and not is_tier(label)):
            continue
        if FIELDS.field_of(key) and not isinstance(members, list):
            continue
        if isinstance(members, str):
            text = members.strip()
            if is_tier(label):
                for name in split_names(text, loose_and=True):
                    yield from line_entries(name, str(key), members)
            elif is_tier(text):
                yield Entry(str(key), tier=text, raw={key: members})
            elif URL.fullmatch(text) or DOMAIN.fullmatch(text):
                yield Entry(str(key), website=text, raw={key: members})
        elif isinstance(members, list):
            yield from walk(members, str(key), loaded, depth)
        elif isinstance(members, Mapping):
            if is_tier(label):
                yield from walk(members, str(key), loaded, depth)
            else:
                yield from entry_of_fields(members, {"name": str(key), **FIELDS.read(members)}, None, loaded, depth)
