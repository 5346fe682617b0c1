"""Sponsors in text: lists, labelled blocks, tables, headings with tiers, or a line of names.

Plain lines without list markers count as names under a tier heading, in front of labelled lines, or when the whole
text is nothing but two or more short names; in prose they are ignored.
"""

from __future__ import annotations

import re
from typing import Any

from prospecting.parsing.fields import clean_text
from prospecting.parsing.markup import plain
from prospecting.parsing.plaintext import MAX_PLAIN_TEXT, too_long
from prospecting.parsing.records import Parsed, Rejected, SponsorRecord
from prospecting.parsing.refusals import Kind, announces_records, last_sentence, says_nothing_found
from prospecting.parsing.sponsor.blocks import Block, Line, lines_in, opens_block, parts_of_label
from prospecting.parsing.sponsor.checks import not_current
from prospecting.parsing.sponsor.entries import Entry, collect
from prospecting.parsing.sponsor.html_lines import without_html
from prospecting.parsing.sponsor.lines import (
    MAX_LINE,
    MAX_PLAIN_NAME,
    describe,
    is_plain_name,
    line_entries,
    name_and_description,
    read_entry,
    split_names,
    take,
    tier_group,
    unadorned,
)
from prospecting.parsing.sponsor.prose import introduced
from prospecting.parsing.sponsor.tables import table_at, table_entries
from prospecting.parsing.sponsor.words import GENERIC_HEADINGS, OTHER_TIMES, REFUSAL
from prospecting.parsing.tiers import canonical_tier, is_tier

_PLAIN_TIER = re.compile(r"\b(?:diamond|platinum|gold|silver|bronze|sponsors?)\b", re.IGNORECASE)
_OTHER_SECTION = re.compile(
    r"\b(?:sources?|references?|citations?|notes?|speakers?|about|agenda|next steps|methodology|disclaimer|reasoning"
    r"|limitations|suggest\w*|recommend\w*|options|questions?|caveats?|search\w*|checked|verif\w+|let me know"
    r"|would you|you (?:can|could|may|might)|want me to|like me to|i can(?!'t|not)|i could(?!n't| not)|help"
    r"|tips?|contacts?|how to|ways to"
    r"|error\w*|sorry|apolog\w*|provide|clarif\w+|need more|please|could you|organi[sz]ers?|venues?|benefits?"
    r"|attendees|summary|overview|key (?:facts|takeaways|findings)|insights?|follow[- ]ups?|to[- ]dos?|action items)\b",
    re.IGNORECASE,
)
_LISTING = re.compile(
    r"\b(?:(?:i|we)(?: have|'ve)? (?:found|identified)|found (?:the following|these)|results"
    r"|following (?:companies|organi[sz]ations|brands|names|is|are)"
    r"|here(?: is|'s| are) (?:what i|the (?:list|companies|names|results|full|complete)))\b",
    re.IGNORECASE,
)
_SPONSORS = re.compile(r"\b(?:sponsor\w*|partners?|exhibitors?|supporters?)\b", re.IGNORECASE)
_OFFER = re.compile(
    r"\b(?:(?:sponsorship|sponsor|exhibitor) (?:packages?|opportunit\w+|options|benefits|prospectus|pricing|prices)"
    r"|packages|opportunities|how to|become|ways? to|interested in)\b",
    re.IGNORECASE,
)
_ANYWAY = re.compile(r"\b(?:but|however|yet|though|nevertheless|here|following|below|these|confirmed)\b", re.IGNORECASE)
_EVENT_WORD = re.compile(
    r"(?:conf|con|summit|expo|fest|congress|conference|symposium|event|days?|week)\b", re.IGNORECASE
)
_LEADING_BOLD = re.compile(r"(?:\*\*|__)(?=\S)[^*_]{1,60}(?:\*\*|__)\s?(?:[-–—:(|]|$)|\[[^\[\]]{1,60}\]\(http")
_YEAR = re.compile(r"\b20\d\d\b")
_ANSWER = re.compile(
    r"^(?:\*\*)?(?:final |my )?answer(?:\*\*)?[ ]?:(?:\*\*)?[ \t]*+(?=\S)", re.IGNORECASE | re.MULTILINE
)
_TITLE_OF = re.compile(r"(?:\w+ ){0,3}(?:sponsors|exhibitors) (?:of|for|at) \S[^.,:]*", re.IGNORECASE)
_DASH = re.compile(r"\s[-–—→|]\s")
_MAX_TITLE = 90
MAX_LINES = 20_000
"""Longer texts are no list of sponsors."""
_MAX_WORDS = 14  # a longer list item without a name in front is prose


def parse_text(text: str, raw: Any) -> Parsed[SponsorRecord]:
    """Sponsors of an answer that holds no JSON with sponsors; ``raw`` is the answer as it came."""
    parsed: Parsed[SponsorRecord] = Parsed()
    if refusal := too_long(text, raw):
        return Parsed(rejected=[refusal])
    text = _ANSWER.sub("", without_html(text))
    if len(text.splitlines()) > MAX_LINES:
        return Parsed(rejected=[Rejected("too_large", f"No JSON, and a text of more than {MAX_LINES:,} lines.", raw)])
    nothing = says_nothing_found(text, Kind.SPONSORS)
    if not nothing:
        collect(_text_entries(text), parsed)
    if parsed.items or parsed.rejected or not text.strip():
        return parsed
    if nothing or REFUSAL.search(text[:2_000]):
        parsed.rejected.append(_nothing(raw))
    else:
        parsed.rejected.append(Rejected("unparseable", "The answer is neither JSON nor a list of sponsors.", raw))
    return parsed


def _nothing(raw: Any) -> Rejected:
    return Rejected("no_data", "The answer says that there are no sponsors.", raw)


def _text_entries(text: str) -> list[Entry | Rejected]:
    """The sponsors of a text of several lines."""
    reader = _Reader(lines_in(text))
    reader.read()
    return reader.found or list(introduced(text))


def entries_in_string(text: str, tier: str | None) -> list[Entry | Rejected]:
    """A whole list in one string: lines, or names between commas."""
    if "\n" in text:
        if len(text) > MAX_PLAIN_TEXT or len(text.splitlines()) > MAX_LINES:
            return [Rejected("too_large", f"A list of sponsors has more than {MAX_LINES:,} lines.", text)]
        return _text_entries(text) if not says_nothing_found(text, Kind.SPONSORS) else [_nothing(text)]
    stripped = text.strip()
    if len(stripped) > MAX_LINE:
        return list(line_entries(stripped, tier, text))
    if not stripped or clean_text(stripped) is None:
        return []
    if says_nothing_found(stripped, Kind.SPONSORS):
        return [_nothing(text)]
    entries: list[Entry | Rejected] = []
    if tier_group(stripped):
        return list(line_entries(stripped, tier, text))
    for name in split_names(stripped, loose_and=False):
        entries.extend(line_entries(name, tier, text))
    return entries


class _Reader:
    """Reads line after line, remembering the tier heading above and the sponsor that labelled lines belong to."""

    def __init__(self, lines: list[Line]) -> None:
        self.found: list[Entry | Rejected] = []
        self._lines = lines
        self._tier: str | None = None
        self._skipping: str | None = None  # the reason
        self._under_heading = False
        self._is_listing = False  # under a line that announces sponsors, until a blank behind the first of them
        self._has_listed = False
        self._level = 0
        self._block: Block | None = None
        self._items: list[Entry] = []
        self._blank = False
        self._has_markers = any(line.marked for line in lines)
        self._is_name_list = not self._has_markers and _is_name_list(lines)

    def read(self) -> None:
        """Fill ``found``."""
        raw = [line.raw for line in self._lines]
        position = 0
        while position < len(self._lines):
            line = self._lines[position]
            table = table_at(raw, position) if not line.marked and line.text else None
            if table:
                self._close()
                if self._skipping is None:
                    self.found.extend(table_entries(table, self._tier))
                position = table.end
                continue
            if line.text:
                self._read_line(line, self._next(position))
            self._blank = not line.text
            position += 1
        self._close()
        self._part_descriptions()

    def _next(self, position: int) -> Line | None:
        """The next line with text, if at most one blank line lies between."""
        return next((line for line in self._lines[position + 1 : position + 3] if line.text), None)

    def _read_line(self, line: Line, following: Line | None) -> None:
        if self._has_listed and (self._blank or line.marked):
            self._is_listing = self._has_listed = False
        if _is_prose(line) and not (self._block and line.indent > self._block.line.indent):
            return
        prefix, labels = parts_of_label(line.text)
        if labels and (not prefix or line.marked or is_plain_name(prefix)):
            if prefix:
                self._item(line, prefix)
                self._label_all(line, labels, inline=True)
            else:
                self._label_all(line, labels, inline=False)
        elif self._is_detail(line):
            self._detail(line)
        elif not self._heading(line, following):
            self._entries(line, following)

    def _close(self) -> None:
        block, self._block = self._block, None
        if block and block.is_sponsor:
            self._add(block.entry)

    def _add(self, entry: Entry) -> None:
        if self._skipping == "not_current":
            self.found.append(not_current(entry.raw))
        elif self._skipping is None:
            self.found.append(entry)

    # --- labelled lines

    def _label_all(self, line: Line, labels: list[tuple[str, str]], *, inline: bool) -> None:
        for number, (label, value) in enumerate(labels):
            block = self._block
            if not inline and number == 0 and block and not block.takes(line, label, after_blank=self._blank):
                self._close()
            if self._block is None:
                self._block = Block(Entry(None, None, raw=line.text), line, "label")
            for entry in self._block.put(label, value, self._tier, after_blank=self._blank and number == 0):
                self._add(entry)

    def _is_detail(self, line: Line) -> bool:
        block = self._block
        if block is None or not block.entry.name:
            return False
        if block.kind in ("heading", "plain"):
            return line.marked and not line.hashes
        if block.kind != "item" or line.indent <= block.line.indent or line.heading:
            return False
        if block.is_bare and self._names_a_sponsor(line):  # what is above was the title of a group
            if self._items and self._items[-1] is block.entry:
                self._items.pop()
            self._block = None
            return False
        return True

    def _names_a_sponsor(self, line: Line) -> bool:
        text = unadorned(line.text)
        if _LEADING_BOLD.match(text):
            return True
        entry = read_entry(text, None, text)
        return bool(entry.tier and entry.name and is_plain_name(entry.name) and not is_tier(text))

    def _detail(self, line: Line) -> None:
        """A line under a sponsor without a label: its tier, its address, or words about it."""
        entry = self._block.entry if self._block else Entry(None)
        text = unadorned(line.text).strip("*_` ")
        if not take(entry, text) and not entry.description and " " in text:
            describe(entry, text)

    # --- headings

    def _heading(self, line: Line, following: Line | None) -> bool:
        words = plain(unadorned(line.heading or line.text.rstrip(":").strip())).strip("*_` ")
        colon = line.text.endswith(":") or (not line.marked and bool(_TITLE_OF.fullmatch(line.text)))
        bare = line.marked and not line.heading and not colon  # "- Topaz" may well be a company
        if not line.marked and not self._is_name_list and words.endswith("?"):  # what follows is offered, not found
            self._close()
            self._tier, self._under_heading, self._skipping = None, False, "other"
            return True
        if not bare and _OFFER.search(words) and _OFFER.search(last_sentence(words)):
            self._close()
            self._tier, self._under_heading, self._skipping = None, False, "other"
            return True
        if is_tier(words) and (not bare or _PLAIN_TIER.search(words)):
            group = self._block.entry.tier if self._block and not self._block.entry.name else None
            if self._block and self._block.is_container:
                self._block = None
            self._close()
            tier = canonical_tier(words) or ""
            generic = bool(GENERIC_HEADINGS.intersection(tier.split())) or bool(_EVENT_WORD.search(tier))
            self._tier, self._skipping, self._under_heading = group if generic else words, None, True
            self._level = line.hashes
            return True
        if self._leads_in(line, following) and (reason := self._section(words)):
            self._close()
            self._tier, self._under_heading, self._skipping = None, False, reason
            return True
        if line.heading and not line.marked and opens_block(following) and not _OTHER_SECTION.search(words):
            return self._open(line, words, "heading")
        if line.hashes and not self._is_section(words) and (entry := self._headed(line, words)):
            self._close()
            self._block = Block(entry, line, "heading")
            return True
        if (line.heading and not line.marked) or (colon and (not line.marked or self._is_parent(line, following))):
            if (self._is_name_list and line.heading) or (
                line.heading and not line.hashes and self._tier and not self._is_section(words)
            ):
                return False  # a bold name on its own line under a tier
            if colon and opens_block(following) and is_plain_name(words) and not self._is_section(words):
                return self._open(line, words, "plain")
            self._close()
            self._tier, self._under_heading = None, False
            self._skipping = self._section(words)
            self._is_listing = not self._skipping and announces_records(last_sentence(words) + ":", Kind.SPONSORS)
            return True
        return False

    def _headed(self, line: Line, words: str) -> Entry | None:
        """The sponsor of a heading with its tier ("### Acme (Gold)"), or of one below the heading of a tier."""
        entry = read_entry(words, None, line.text)
        if not entry.name or not is_plain_name(entry.name) or self._skipping:
            return None
        below = self._tier is not None and 0 < self._level < line.hashes
        if not entry.tier and not below:
            return None
        entry.tier = entry.tier or self._tier
        return entry

    def _is_section(self, words: str) -> bool:
        return bool(_OTHER_SECTION.search(words) or OTHER_TIMES.search(words) or _SPONSORS.search(words))

    def _section(self, words: str) -> str | None:
        words = last_sentence(words)
        if OTHER_TIMES.search(words):
            return "not_current"
        refused = not _ANYWAY.search(words) and says_nothing_found(words, Kind.SPONSORS)
        if _OFFER.search(words) or refused:
            return "other"
        if _SPONSORS.search(words) or _LISTING.search(words) or announces_records(words, Kind.SPONSORS):
            return None
        return "other" if _OTHER_SECTION.search(words) else None

    def _leads_in(self, line: Line, following: Line | None) -> bool:
        """True for a line above a list that is a heading without any sign of one."""
        bare = not (line.marked or line.heading or line.text.endswith((".", "!", ":")))
        return bare and following is not None and following.marked

    def _is_parent(self, line: Line, following: Line | None) -> bool:
        return following is not None and following.marked and following.indent > line.indent

    def _open(self, line: Line, words: str, kind: str) -> bool:
        self._close()
        entry = next(iter(line_entries(words, self._tier, line.text)), None)
        if entry:
            self._block = Block(entry, line, kind)
        return True

    # --- sponsors

    def _entries(self, line: Line, following: Line | None) -> None:
        text = line.text
        if line.marked:
            self._item(line, text)
            return
        if tier_group(text):
            self._close()
            for entry in line_entries(text, self._tier, text):
                self._add(entry)
        elif opens_block(following) and is_plain_name(unadorned(text).strip("*_` ")) and not self._is_name_list:
            self._open(line, text, "plain")
        elif self._is_name_list:
            self._close()
            self._plain(line)
        elif (self._is_listing or (self._under_heading and not self._has_markers)) and self._named(text):
            self._close()
            self._has_listed = self._is_listing
            for name in split_names(text, loose_and=True):
                for entry in line_entries(name, self._tier, text):
                    self._add(entry)
        elif self._is_set_off(line):
            self._item(line, text)

    def _is_set_off(self, line: Line) -> bool:
        """True for a plain line that begins with a bold name or a link, or is a name with its tier ("Acme (Gold)")."""
        if bold := _LEADING_BOLD.match(line.text):
            return not self._is_section(bold[0]) and not _YEAR.search(line.text[:60])
        is_short = len(line.text) <= MAX_PLAIN_NAME
        return is_short and self._names_a_sponsor(line) and not self._is_section(line.text)

    def _named(self, text: str) -> bool:
        return all(is_plain_name(name) for name in split_names(text, loose_and=True))

    def _item(self, line: Line, text: str) -> None:
        if self._block and not self._block.entry.name and self._block.entry.tier and line.marked:
            self._tier = self._block.entry.tier  # "Tier: Gold" above the names
        self._close()
        entries = list(line_entries(text, self._tier, text))
        if len(entries) == 1:
            entry = entries[0]
            if _is_sentence(entry, text):
                return
            self._items.append(entry)
            self._block = Block(entry, line, "item")
            return
        for entry in entries:
            self._add(entry)

    def _plain(self, line: Line) -> None:
        text = line.text
        if _is_remark(text):
            return
        parts = split_names(text, loose_and=False)
        if len(parts) > 1 and is_tier(parts[0]) and not any(is_tier(part) for part in parts[1:]):  # Gold,"Acme, Globex"
            for name in parts[1:]:
                self._add(read_entry(name.strip("\"'"), parts[0], text))
            return
        row = Entry(parts[0], self._tier, raw=text) if parts else Entry(None, raw=text)
        if len(parts) > 1 and all(take(row, part) for part in parts[1:]):  # Acme,Gold,https://acme.com
            self._add(row)
            return
        for name in parts:
            for entry in line_entries(name, self._tier, text):
                self._items.append(entry)
                self._add(entry)

    def _part_descriptions(self) -> None:
        """Where the items of a list are written "Acme - Cloud Hosting", they are names with descriptions."""
        parted = [(entry, cut) for entry in self._items if entry.name and (cut := name_and_description(entry.name))]
        alike = len(parted) + sum(1 for entry in self._items if entry.description)
        if parted and (alike > 1 or len(self._items) == 1) and 2 * alike >= len(self._items):
            for entry, (name, description) in parted:
                entry.name = name
                describe(entry, description)


def _is_prose(line: Line) -> bool:
    """True for a long sentence that no heading, list or label can be; most lines of a long text are such."""
    text = line.text
    return (
        len(text) > _MAX_TITLE
        and text[-1] in ".!"
        and not (line.marked or line.heading or ":" in text or "：" in text or text.startswith(("**", "__", "[")))
        and not _DASH.search(text, 0, _MAX_TITLE)
    )


def _is_sentence(entry: Entry, text: str) -> bool:
    """True when a list item is a sentence, not a name with something behind it."""
    name = entry.name or ""
    return name.count(" ") >= _MAX_WORDS or (name.endswith((".", "!")) and name.count(" ") > 6)


def _is_name_list(lines: list[Line]) -> bool:
    """True when a text without markers is nothing but names: two or more short lines, or one line with commas."""
    names: list[str] = []
    for line in lines:
        text = line.text
        if not text or text.endswith(":") or _is_remark(text) or _TITLE_OF.fullmatch(text):
            continue
        if is_tier(unadorned(line.heading or text)):
            continue
        if REFUSAL.search(text) or parts_of_label(text)[1]:
            return False
        names.append(text)
        unchecked = names if len(names) == 2 else names[2:][-1:]
        if not all(_is_listed_name(part) for name in unchecked for part in split_names(name, loose_and=False)):
            return False
    if len(names) == 1:
        parts = split_names(names[0], loose_and=False)
        if len(parts) == 1:  # "Acme - Gold sponsor": a single line is a sponsor when it says of which tier
            entry = read_entry(parts[0], None, parts[0])
            return entry.tier is not None and bool(entry.name) and is_plain_name(entry.name or "")
        return all(is_plain_name(part) for part in parts)
    return bool(names)


def _is_remark(text: str) -> bool:
    """True for a sentence that says something is missing, below names that are there."""
    return text.endswith(".") and text.count(" ") >= 5 and bool(REFUSAL.search(text))


def _is_listed_name(text: str) -> bool:
    """True for a name, or a name and a description behind a dash."""
    parts = name_and_description(text)
    return is_plain_name(text) or (parts is not None and is_plain_name(parts[0]) and len(text) < 200)
