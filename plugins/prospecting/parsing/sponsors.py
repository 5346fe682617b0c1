"""Sponsors from an agent's answer: JSON of any shape, blocks, lists, tables, headings with tiers, or a line of names.

A name is never cut: "3M", "7-Eleven" and "Acme, Inc." stay whole. ``sponsor/`` has ``words`` (vocabulary), ``checks``
(what is no sponsor), ``entries`` (what was found becomes records), ``objects`` (JSON), ``text`` (texts, line by line),
``prose`` (names in sentences), ``blocks``, ``tables`` and ``lines``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, cast

from prospecting.parsing.fields import MAX_PLANS, is_small, load_or_reject
from prospecting.parsing.messy_json.python_calls import without_calls
from prospecting.parsing.payload import Payload, PayloadError, as_text, canonical_key, without_thoughts
from prospecting.parsing.placeholders import stands_for_nothing
from prospecting.parsing.plaintext import split_marker
from prospecting.parsing.records import Parsed, Rejected, SponsorRecord
from prospecting.parsing.sponsor.checks import is_of_other_times
from prospecting.parsing.sponsor.entries import (
    Entry,
    Keyed,
    collect,
    key_of,
    plain_record,
    record_of,
)
from prospecting.parsing.sponsor.lines import is_plain_name, line_entries, split_names
from prospecting.parsing.sponsor.objects import MAX_DEPTH, rows_of, walk, walk_lists
from prospecting.parsing.sponsor.text import entries_in_string, parse_text
from prospecting.parsing.sponsor.words import FIELDS, LISTS, MAX_NAME, REFUSAL, STATUS, WANTED, WRAPPERS
from prospecting.parsing.tiers import is_tier, words_of_key


def parse_sponsors(raw: Any) -> Parsed[SponsorRecord]:
    """Sponsors in ``raw`` (text, bytes, object, list or ``None``), in order, one per company name.

    Repeated names are folded: missing fields are filled in and the better tier wins (``tier_rank``). Reasons of
    rejection: ``no_data``, ``unparseable``, ``too_large``, ``placeholder``, ``missing_name``, ``name_too_long``,
    ``not_an_object``, ``truncated``, ``venue`` (where the event takes place) and ``not_current`` (a sponsor of another
    year, or a possible one). An empty list of sponsors is an answer: nothing is looked for around it. Never raises on
    content.
    """
    loaded = load_or_reject(raw, WANTED)
    parsed: Parsed[SponsorRecord] = Parsed()
    if loaded is None:
        return parsed
    if isinstance(loaded, Payload):
        if loaded.values and all(isinstance(value, str) for value in loaded.values):
            return _from_message("\n".join(loaded.values), raw)
        _collect_values(loaded, parsed)
        if parsed.items or not isinstance(raw, (str, bytes, bytearray)) or _is_only_json(raw):
            return parsed
        refused = any(item.reason in ("placeholder", "venue", "not_current") for item in parsed.rejected)
        if refused or _answers(loaded):
            return parsed
    if isinstance(loaded, Rejected) and loaded.reason != "no_data":
        return Parsed(rejected=[loaded])
    text = without_calls(without_thoughts(as_text(raw)))
    if _EMPTY_LIST.match(text):
        return parsed
    from_text = parse_text(text, raw)
    return from_text if from_text.items or not parsed.rejected else parsed


def _from_message(text: str, raw: Any) -> Parsed[SponsorRecord]:
    """Sponsors of an answer that is one text in JSON, or a message without data."""
    parsed = parse_text(text, raw)
    if parsed.items or any(item.reason in ("no_data", "too_large") for item in parsed.rejected):
        return parsed
    names: Parsed[SponsorRecord] = Parsed()
    if "\n" not in text and all(map(is_plain_name, split_names(text, loose_and=False))):
        collect(entries_in_string(text, None), names)
    return names if names.items or names.rejected else parsed


def _is_only_json(raw: str | bytes | bytearray) -> bool:
    text = as_text(raw).strip()
    return text[:1] in ("{", "[") and text[-1:] in ("}", "]")


_EMPTY_LIST = re.compile(r"\s*+(?:(?:```|~~~)\w*+\s*+)?\[\s*+\][^\S\n]*+(?:```|~~~|\n|$)")


def _answers(loaded: Payload) -> bool:
    """True when the JSON of an answer without usable sponsors is the answer, though it may end in the middle: the text
    around it names none either, and its lines are not to be read as text.
    """
    return any(_holds_list(value, 3) for value in loaded.values)


def _holds_list(value: Any, depth: int) -> bool:
    """True for objects with a key for sponsors, whatever is under it."""
    if not isinstance(value, Mapping) or not depth:
        return False
    return any(
        (canonical_key(key) in LISTS and _is_list_or_denial(member)) or _holds_list(member, depth - 1)
        for key, member in value.items()
    )


def _is_list_or_denial(value: Any) -> bool:
    if isinstance(value, str):
        return not value.strip() or bool(REFUSAL.search(value[:400])) or stands_for_nothing(value)
    return value is None or isinstance(value, (list, tuple, Mapping))


def _collect_values(loaded: Payload, parsed: Parsed[SponsorRecord]) -> None:
    found: list[Entry | Rejected | Keyed] = []
    for value in loaded.values:
        members = None if loaded.open_ids else _only_list(value)
        if members is None:
            found.extend(walk(value, None, loaded, MAX_DEPTH))
        else:
            for member in rows_of(members) or members:
                if (quick := _quick(member)) is not None:
                    found.append(quick)
                else:
                    found.extend(walk(member, None, loaded, MAX_DEPTH - 2))
    collect(found, parsed)
    if loaded.truncated and not any(item.reason == "truncated" for item in parsed.rejected):
        parsed.rejected.append(Rejected("truncated", "The answer ends in the middle; what was complete is kept."))


def _only_list(value: Any) -> list[Any] | None:
    """The list of sponsors that is all an answer holds of them: bare, or under one key of an object."""
    if type(value) is list:
        return value
    if type(value) is not dict or len(value) > 20:
        return None
    lists = [key for key in value if canonical_key(key) in WRAPPERS]
    if len(lists) != 1 or type(value[lists[0]]) is not list or LISTS.get(canonical_key(lists[0]), "") is not None:
        return None
    if FIELDS.read(value) or any(
        isinstance(member, (list, dict)) and (is_tier(words_of_key(key)) or is_of_other_times(str(key)))
        for key, member in value.items()
        if key != lists[0]
    ):
        return None
    return cast("list[Any]", value[lists[0]])


def sponsors_of(value: Any, loaded: Payload | None = None) -> Parsed[SponsorRecord]:
    """Sponsors given as one field of another record: a list, an object, or names in a string."""
    parsed: Parsed[SponsorRecord] = Parsed()
    payload = loaded or Payload(())
    try:
        found = entries_in_string(value, None) if isinstance(value, str) else list(_walk_field(value, payload))
    except PayloadError:
        found = []
    collect(found, parsed)
    return parsed


def _walk_field(value: Any, payload: Payload) -> Iterator[Entry | Rejected]:
    if isinstance(value, Mapping) and "name" not in FIELDS.read(value):
        yield from walk_lists({"sponsors": value}, ["sponsors"], None, payload, MAX_DEPTH)
    else:
        yield from walk(value, None, payload, MAX_DEPTH)


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


_NOT_PLAIN = STATUS | WRAPPERS
_MAX_KEYS = 8
_plain_keys: dict[tuple[Any, ...], bool] = {}


def _quick(value: Any) -> Keyed | None:
    if type(value) is str:
        return _simple(value)
    if type(value) is not dict or len(value) > _MAX_KEYS or not _are_plain(tuple(value)):
        return None
    fields = FIELDS.read(value)
    name = fields.get("name")
    # Without links in the place of a name.
    if type(name) is not str or "[" in name or "/" in name or any(type(text) is not str for text in fields.values()):
        return None
    record = plain_record(fields)
    return (key_of(record), record) if record else None


def _are_plain(keys: tuple[Any, ...]) -> bool:
    """True when an object with these keys is one sponsor at first sight."""
    plain = _plain_keys.get(keys)
    if plain is None:
        plain = all(isinstance(key, str) and canonical_key(key) not in _NOT_PLAIN for key in keys)
        if len(_plain_keys) < MAX_PLANS and is_small(keys):
            _plain_keys[keys] = plain
    return plain


@lru_cache(maxsize=16_384)
def _simple(text: str) -> Keyed | None:
    """Key and record of a sponsor in one string; ``None`` when it is none or several."""
    entries = list(line_entries(split_marker(text)[0], None, text)) if len(text) <= MAX_NAME else []
    record = record_of(entries[0]) if len(entries) == 1 else None
    return (key_of(record), record) if isinstance(record, SponsorRecord) else None
