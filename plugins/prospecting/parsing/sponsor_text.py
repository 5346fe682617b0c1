"""Sponsors in text: lists, tables, headings with tiers, or a line of names.

Plain lines without list markers count as names under a tier heading, or when the whole text is nothing but two or more
short names; in prose they are ignored.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from prospecting.parsing.fields import clean_text
from prospecting.parsing.payload import Payload
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
from prospecting.parsing.sponsor_entries import Entry, collect, entry_of_fields
from prospecting.parsing.sponsor_lines import is_plain_name, line_entries, read_entry, split_names, take
from prospecting.parsing.sponsor_words import FIELDS, GENERIC_HEADINGS, LINK, REFUSAL
from prospecting.parsing.tiers import canonical_tier, is_tier

_INTRODUCTION = re.compile(
    r"\b(?:sponsors?|exhibitors?|partners?)\b[^.:]{0,60}?(?:\binclude[sd]?|\bare|\bwere|\bis|\bwas|:)\s*:?\s+"
    r"(?P<names>[^.]{3,800}?)(?:\.\s|\.?$)",
    re.IGNORECASE,
)
_PLAIN_TIER = re.compile(r"\b(?:diamond|platinum|gold|silver|bronze|sponsors?)\b", re.IGNORECASE)
_OTHER_SECTION = re.compile(
    r"\b(?:sources?|references?|citations?|notes?|speakers?|about|agenda|next steps|methodology|disclaimer|reasoning"
    r"|limitations)\b",
    re.IGNORECASE,
)


def parse_text(text: str, raw: Any) -> Parsed[SponsorRecord]:
    """Sponsors of an answer that holds no JSON with sponsors; ``raw`` is the answer as it came."""
    parsed: Parsed[SponsorRecord] = Parsed()
    if refusal := too_long(text, raw):
        return Parsed(rejected=[refusal])
    collect(list(_text_entries(text)), parsed)
    if parsed.items or parsed.rejected or not text.strip():
        return parsed
    if REFUSAL.search(text[:2_000]):
        parsed.rejected.append(Rejected("no_data", "The answer says that there are no sponsors.", raw))
    else:
        parsed.rejected.append(Rejected("unparseable", "The answer is neither JSON nor a list of sponsors.", raw))
    return parsed


def _text_entries(text: str) -> Iterator[Entry | Rejected]:
    """The sponsors of a text of several lines."""
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


def entries_in_string(text: str, tier: str | None) -> list[Entry | Rejected]:
    """A whole list in one string: lines, or names between commas."""
    if "\n" in text:
        return list(_text_entries(text))
    stripped = text.strip()
    if not stripped or clean_text(stripped) is None:
        return []
    entries: list[Entry | Rejected] = []
    label, _, rest = stripped.partition(":")
    if rest and is_tier(label) and not rest.startswith("//"):
        return list(line_entries(stripped, tier, text))
    for name in split_names(stripped, loose_and=False):
        entries.extend(line_entries(name, tier, text))
    return entries


def _table_entry(record: dict[str, str], payload: Payload) -> Iterator[Entry | Rejected]:
    fields: dict[str, Any] = {key: value.strip("*_` ") for key, value in FIELDS.read(record).items()}
    if website := fields.get("website"):
        link = LINK.search(website)
        fields["website"] = link[2] if link else website
    if fields.get("name"):
        yield from entry_of_fields(record, fields, None, payload, 1)


class _Sections:
    """Reads line after line, remembering the tier heading above."""

    def __init__(self, has_markers: bool, is_name_list: bool) -> None:
        self.tier: str | None = None
        self.skipping = False
        self.under_heading = False
        self.found = False
        self._has_markers = has_markers
        self._is_name_list = is_name_list

    def read(self, line: str, text: str, marked: bool) -> Iterator[Entry | Rejected]:
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
            generic = canonical_tier(words) in GENERIC_HEADINGS
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

    def _entries(self, text: str, marked: bool) -> Iterator[Entry | Rejected]:
        label, colon, rest = text.partition(":")
        grouped = bool(colon and rest.strip()) and not rest.startswith("//") and is_tier(label.strip("*_ "))
        if marked or grouped:
            yield from line_entries(text, self.tier, text)
        elif self._is_name_list:
            yield from self._plain(text)
        elif self.under_heading and not self._has_markers:
            names = split_names(text, loose_and=True)
            if all(is_plain_name(name) for name in names):
                for name in names:
                    yield from line_entries(name, self.tier, text)

    def _plain(self, text: str) -> Iterator[Entry | Rejected]:
        parts = split_names(text, loose_and=False)
        row = Entry(parts[0], self.tier, raw=text) if parts else Entry(None, raw=text)
        if len(parts) > 1 and all(take(row, part) for part in parts[1:]):  # Acme,Gold,https://acme.com
            yield row
            return
        for name in parts:
            yield from line_entries(name, self.tier, text)


def _is_name_list(lines: list[str]) -> bool:
    """True when a text without markers is nothing but names: two or more short lines, or one line with commas."""
    filled = [line.strip() for line in lines if line.strip()]
    names = [line for line in filled if not is_tier(heading_of(line) or line.rstrip(":")) and not line.endswith(":")]
    if not names or any(REFUSAL.search(line) for line in names):
        return False
    if len(names) == 1:
        parts = split_names(names[0], loose_and=False)
        if len(parts) == 1:  # "Acme - Gold sponsor": a single line is a sponsor when it says of which tier
            entry = read_entry(parts[0], None, parts[0])
            return entry.tier is not None and bool(entry.name) and is_plain_name(entry.name or "")
        return all(is_plain_name(part) for part in parts)
    return all(is_plain_name(part) for line in names for part in split_names(line, loose_and=False))


def _introduced(text: str) -> Iterator[Entry | Rejected]:
    """ "The sponsors include Acme, Globex and Initech." """
    match = _INTRODUCTION.search(text[:20_000])
    if not match or REFUSAL.search(match[0]):
        return
    names = split_names(match["names"].strip(), loose_and=True)
    if len(names) > 1 and all(is_plain_name(name) for name in names):
        for name in names:
            yield from line_entries(name, None, text)
