"""Sponsors from an agent's answer: JSON of any shape, lists, tables, headings with tiers, or a line of names.

A name is never cut: "3M", "7-Eleven" and "Acme, Inc." stay whole. The parts: ``sponsor_words`` (vocabulary),
``sponsor_entries`` (what was found becomes records), ``sponsor_lines``, ``sponsor_text`` and ``sponsor_objects``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from types import NoneType
from typing import Any

from prospecting.parsing.fields import load_or_reject
from prospecting.parsing.payload import Payload, PayloadError, as_text, canonical_key, without_thoughts
from prospecting.parsing.plaintext import split_marker
from prospecting.parsing.records import Parsed, Rejected, SponsorRecord
from prospecting.parsing.sponsor_entries import Entry, collect, entry_of_fields, key_of, record_of
from prospecting.parsing.sponsor_lines import line_entries
from prospecting.parsing.sponsor_objects import MAX_DEPTH, walk, walk_lists
from prospecting.parsing.sponsor_text import entries_in_string, parse_text
from prospecting.parsing.sponsor_words import FIELDS, MAX_NAME, WANTED, WRAPPERS


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
    from_text = parse_text(without_thoughts(as_text(raw)), raw)
    return from_text if from_text.items or not parsed.rejected else parsed


def _is_only_json(raw: str | bytes | bytearray) -> bool:
    text = as_text(raw).strip()
    return text[:1] in ("{", "[") and text[-1:] in ("}", "]")


def _collect_values(loaded: Payload, parsed: Parsed[SponsorRecord]) -> None:
    found: list[Entry | Rejected] = []
    for value in loaded.values:
        found.extend(entries_in_string(value, None) if isinstance(value, str) else walk(value, None, loaded, MAX_DEPTH))
    collect(found, parsed)
    if loaded.truncated and not any(item.reason == "truncated" for item in parsed.rejected):
        parsed.rejected.append(Rejected("truncated", "The answer ends in the middle; what was complete is kept."))


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
    if not plain or any(canonical_key(key) in WRAPPERS for key in value):
        return None
    return _simple_object(name, tier, website)


@lru_cache(maxsize=16_384)
def _simple(text: str) -> tuple[str, SponsorRecord] | None:
    """Key and record of a sponsor in one string; ``None`` when it is none or several."""
    entries = list(line_entries(split_marker(text)[0], None, text)) if len(text) <= MAX_NAME else []
    record = record_of(entries[0]) if len(entries) == 1 else None
    return (key_of(record), record) if isinstance(record, SponsorRecord) else None


@lru_cache(maxsize=16_384)
def _simple_object(name: str, tier: str | None, website: str | None) -> tuple[str, SponsorRecord] | None:
    """Key and record of a sponsor given as three texts; ``None`` when it is none."""
    found = list(entry_of_fields({}, {"name": name, "tier": tier, "website": website}, None, Payload(()), 0))
    record = record_of(found[0]) if isinstance(found[0], Entry) else None
    return (key_of(record), record) if isinstance(record, SponsorRecord) else None
