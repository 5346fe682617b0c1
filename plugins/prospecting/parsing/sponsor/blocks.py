"""Sponsors as blocks of labelled lines ("Tier: Gold" under a name), in markdown or in the manner of YAML."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from prospecting.parsing.payload import canonical_key
from prospecting.parsing.plaintext import has_glued_numbers, heading_of, lines_of, split_marker, without_glued_number
from prospecting.parsing.sponsor.entries import Entry
from prospecting.parsing.sponsor.lines import is_plain_name, line_entries, split_names, unadorned
from prospecting.parsing.sponsor.words import DETAIL_LABELS, EVENT_LABELS, FIELDS, GENERIC_HEADINGS, LINK
from prospecting.parsing.tiers import MAX_TIER, PICTOGRAPHS, canonical_tier, is_tier

_LABEL = re.compile(
    r"(?:^|[|;,(·•]\s?|\s[-–—]\s)[*_`\"'{]{0,3}([^\W\d_][\w /.-]{0,30}?)(?:\s?#?\d{1,3})?[*_`\"']{0,3}\s?[:：]"
    r"[*_`]{0,3}(?:\s|$|(?=[\"'\[<]))"
)
_NUMBERED = re.compile(r"\s*[(]?\d{1,3}[.)]")
_QUOTED = re.compile(r"([\"'“])(.*)[\"'”]")
_BOLD_NUMBER = re.compile(r"^(\*\*|__)\d{1,3}[.)]\s")
_LETTERED = re.compile(r"\(?([a-zA-Z]|[ivxIVX]{1,4})[.)]\s+(?=\S)")
_LETTERS = list("abcdefghijklmnopqrstuvwxyz")
_ROMAN = ["i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix", "x"]
_STRUCK_OUT = re.compile(r"[✗✘❌🚫⛔]|~~[^~]+~~|[¹²³⁰⁴-⁹]")
"""What is struck out, and the text of a footnote."""
_UNDERLINE = re.compile(r"[ ]{0,3}(?:={3,}+|-{3,}+)[ ]*+")
_TITLE = re.compile(r"[^\W\d_][^:|.]{1,60}")
_REMARK = re.compile(r"\((?:[a-z]|[^()\s]+\s)[^()]*+\)[.]?")
_COMMENT = re.compile(r"\s#\s[^\"']*+$")
_NULLS = frozenset({"~", "null", "none", "n/a", "na", "-", "–", "—", ""})


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a text. ``text`` is without marker and citations and empty for blank lines and rules.

    ``hashes`` is the level of a markdown heading, 0 for other lines.
    """

    raw: str
    text: str = ""
    indent: int = 0
    marked: bool = False
    numbered: bool = False
    heading: str | None = None
    hashes: int = 0


def lines_in(text: str) -> list[Line]:
    """The lines of ``text``, blank ones included."""
    raws = text.splitlines()
    cleaned = _without_letters([next(iter(lines_of(raw)), "") for raw in raws])
    for number, raw in enumerate(raws[1:]):
        if _UNDERLINE.fullmatch(raw) and not (number and cleaned[number - 1]) and _TITLE.fullmatch(cleaned[number]):
            cleaned[number] = f"## {cleaned[number]}"
    split = without_glued_number if has_glued_numbers(cleaned) else split_marker
    return [_line(raw, clean, *split(clean)) if clean else Line(raw) for raw, clean in zip(raws, cleaned, strict=True)]


def _without_letters(lines: list[str]) -> list[str]:
    """``lines`` with bullets for "a." and "b." or "i." and "ii." where they count; "A. O. Smith" is a company."""
    lettered = [(number, match) for number, line in enumerate(lines) if (match := _LETTERED.match(line))]
    letters = [match[1].lower() for _, match in lettered]
    if len(letters) < 2 or (letters != _ROMAN[: len(letters)] and letters != _LETTERS[: len(letters)]):
        return lines
    bulleted = list(lines)
    for number, match in lettered:
        bulleted[number] = f"- {lines[number][match.end() :]}"
    return bulleted


def _line(raw: str, clean: str, text: str, marked: bool) -> Line:
    if not clean.isascii() and not marked and (picture := PICTOGRAPHS.match(clean)):
        text, marked = clean[picture.end() :].strip(), True
    if _STRUCK_OUT.match(clean) or _STRUCK_OUT.match(text) or _REMARK.fullmatch(text):
        return Line("")
    text = _BOLD_NUMBER.sub(r"\1", text)
    heading = heading_of(clean) or heading_of(text)
    if heading:
        heading = split_marker(heading)[0]
    hashes = clean.startswith("#")
    expanded = raw[:200].expandtabs(4)
    return Line(
        raw,
        text,
        len(expanded) - len(expanded.lstrip(" >")),
        marked and not hashes,
        bool(_NUMBERED.match(clean)),
        heading,
        len(clean) - len(clean.lstrip("#")) if hashes else 0,
    )


def is_known_label(label: str) -> bool:
    """True for labels of a sponsor's fields, of other facts about one, and of facts about the event."""
    key = canonical_key(label)
    return FIELDS.field_of(label) is not None or key in DETAIL_LABELS or key in EVENT_LABELS


def parts_of_label(text: str) -> tuple[str, list[tuple[str, str]]]:
    """The text in front of the known labels of a line, and each label with its value."""
    if ":" not in text and "：" not in text:
        return text, []
    matches = [match for match in _LABEL.finditer(text) if is_known_label(match[1])]
    if not matches:
        return text, []
    ends = [match.start() for match in matches[1:]] + [len(text)]
    values = [text[match.end() : end].strip(" |;,}") for match, end in zip(matches, ends, strict=True)]
    if "(" in matches[0][0]:  # Acme (tier: Gold, website: https://acme.io)
        values[-1] = values[-1].removesuffix(")")
    labels = [(match[1], value) for match, value in zip(matches, values, strict=True)]
    if not any(value for _, value in labels):  # "Sponsors:" is a heading
        return text, []
    return text[: matches[0].start()].strip(" |;,-–—(*_"), labels


def opens_block(following: Line | None) -> bool:
    """True when a line says something about a sponsor or event named above it."""
    if following is None or following.hashes:
        return False
    prefix, labels = parts_of_label(following.text)
    return bool(labels) and not prefix and FIELDS.field_of(labels[0][0]) != "name"


@dataclass(slots=True)
class Block:
    """A sponsor that lines may still belong to, and the line it began with.

    ``kind`` is ``item`` for an item of a list, ``heading`` or ``plain`` for a line above labelled ones, and ``label``
    for a block that began with a label.
    """

    entry: Entry
    line: Line
    kind: str
    labels: set[str] = field(default_factory=set)
    spaced: bool = False
    of_event: bool = False

    @property
    def is_sponsor(self) -> bool:
        """False for blocks about the event, and for facts about nobody."""
        return bool(self.entry.name) and not (self.of_event and "tier" not in self.labels)

    @property
    def is_bare(self) -> bool:
        """True when nothing but the name is known, and nothing set it off as a name."""
        entry = self.entry
        return not (self.labels or entry.website or entry.description) and not self.line.text.startswith(("**", "["))

    @property
    def is_container(self) -> bool:
        """True when a list of sponsors may follow inside this block: it is the event's."""
        return self.of_event or (self.kind == "label" and self.labels.isdisjoint({"tier", "website"}))

    def takes(self, line: Line, label: str, *, after_blank: bool) -> bool:
        """True when a labelled line belongs to this block."""
        named = FIELDS.field_of(label)
        if named == "name":
            return not self.entry.name and self.kind == "label" and not after_blank
        if named in self.labels and self.kind == "label":
            return False
        if self.kind == "item":
            nested = line.indent > self.line.indent
            continued = not line.marked and not after_blank and line.indent >= self.line.indent
            return nested or continued or (self.line.numbered and line.marked and not line.numbered)
        return not after_blank or self.spaced or not self.labels

    def put(self, label: str, value: str, tier: str | None, *, after_blank: bool) -> Iterator[Entry]:
        """Keep a labelled value; yields further sponsors when a label has several names behind it."""
        value = _unquoted(value)
        key = canonical_key(label)
        named = FIELDS.field_of(label)
        self.spaced = self.spaced or after_blank
        if named == "name":
            self.labels.add("name")
            yield from self._put_name(label, value, tier)
        elif named:
            if value.casefold() not in _NULLS:
                self._put_field(named, value)
                self.labels.add(named)
        elif key in EVENT_LABELS:
            self.of_event = True

    def _put_name(self, label: str, value: str, tier: str | None) -> Iterator[Entry]:
        kind = label if is_tier(label) and canonical_tier(label) not in GENERIC_HEADINGS else None
        names = split_names(value, loose_and=False)
        several = len(names) > 1 and is_tier(label) and all(is_plain_name(name) for name in names)
        entries = [
            entry
            for name in (names if several else [value])
            for entry in line_entries(name, self.entry.tier or kind or tier, value)
        ]
        if not entries:
            return
        last = entries.pop()
        yield from entries
        self.entry.name, self.entry.tier = last.name, last.tier
        self.entry.website = self.entry.website or last.website
        self.entry.description = self.entry.description or last.description
        self.entry.raw = value

    def _put_field(self, named: str, value: str) -> None:
        entry = self.entry
        if named == "tier":
            if len(value) <= MAX_TIER:
                entry.tier = value
        elif named == "website":
            link = LINK.search(value)
            entry.website = link[2] if link else value.strip("<>` ")
        elif named == "description":
            entry.description = entry.description or value
        else:
            fields: dict[Any, Any] = dict(entry.fields or {})
            fields.setdefault(named, value)
            entry.fields = fields


def _unquoted(value: str) -> str:
    value = unadorned(_COMMENT.sub("", value)).strip("*_` ")
    quoted = _QUOTED.fullmatch(value)
    return quoted[2] if quoted else value
