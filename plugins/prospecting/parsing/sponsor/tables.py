"""Sponsors in tables: markdown, drawn with characters, or comma-, semicolon- and tab-separated.

A row is one sponsor, or one tier with its sponsors; columns may be tiers too.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from prospecting.parsing.payload import Payload, canonical_key
from prospecting.parsing.records import Rejected
from prospecting.parsing.sponsor.entries import Entry, entry_of_fields
from prospecting.parsing.sponsor.lines import is_legal_tail, is_plain_name, read_entry, split_names, take, unadorned
from prospecting.parsing.sponsor.words import FIELDS, GENERIC_HEADINGS, LINK, LISTS
from prospecting.parsing.tiers import canonical_tier, is_price, is_tier

_RULE = re.compile(r"[\s|:+=-]*-{2}[\s|:+=-]*")
_UNESCAPED_PIPE = re.compile(r"(?<!\\)\|")
_BREAK = re.compile(r"<br\s?/?>", re.IGNORECASE)
_DASHES = re.compile(r"[-=─]{2,}+(?:\s++[-=─]{2,}+)*+")
_BLANKS = re.compile(r"\s{2,}+|\t")
_MAX_COLUMNS = 40
_DELIMITERS = (",", ";", "\t", "|")
_SEVERAL = re.compile(r"(?:\(s\)|[a-z]{3}s)$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Table:
    """Cells of rows, the header first when ``has_header``; ``end`` is the index of the first line behind."""

    rows: list[list[str]]
    has_header: bool
    end: int


def table_at(lines: list[str], start: int) -> Table | None:
    """The table that begins at ``lines[start]``; lines as they came, only the tabs matter."""
    return _drawn_table(lines, start) or _separated_table(lines, start) or _aligned_table(lines, start)


def _aligned_table(lines: list[str], start: int) -> Table | None:
    """A table whose columns are set apart by blanks, with a rule of dashes under the header."""
    if start + 1 >= len(lines) or not _DASHES.fullmatch(lines[start + 1].strip()):
        return None
    header = _BLANKS.split(lines[start].strip())
    if len(header) < 2 or not _is_header(header):
        return None
    rows = [header]
    end = start + 2
    while end < len(lines) and (line := lines[end].strip()):
        rows.append([_plain_cell(cell) for cell in _BLANKS.split(line)])
        end += 1
    return Table(rows, True, end)


def _drawn_table(lines: list[str], start: int) -> Table | None:
    first = lines[start].strip()
    following = lines[start + 1] if start + 1 < len(lines) else ""
    ruled = "|" in first and _is_rule(following)
    boxed = _is_rule(first) and "+" in first and "|" in following
    if not (ruled or boxed or (first.startswith("|") and first.count("|") > 1)):
        return None
    rows: list[list[str]] = []
    header_ruled = False
    end = start
    while end < len(lines) and (line := lines[end].strip()) and ("|" in line or _is_rule(line)):
        if _is_rule(line):
            header_ruled = header_ruled or len(rows) == 1
        else:
            inner = line.removeprefix("|").removesuffix("|")
            rows.append([_plain_cell(cell.replace("\\|", "|")) for cell in _UNESCAPED_PIPE.split(inner)])
        end += 1
    return Table(rows, header_ruled or bool(rows and _is_header(rows[0])), end) if rows else None


def _is_rule(line: str) -> bool:
    return line[:1] in "|+-: " and bool(_RULE.fullmatch(line)) and ("|" in line or "+" in line)


def _separated_table(lines: list[str], start: int) -> Table | None:
    first = lines[start].strip()
    if len(first) > 400:
        return None
    for delimiter in _DELIMITERS:
        if delimiter not in first or first.count(delimiter) > _MAX_COLUMNS:
            continue
        header = next(iter(_separated_rows([first], delimiter)), [])
        if len(header) > 1 and _is_header(header):
            end = start + 1
            while end < len(lines) and lines[end].strip() and delimiter in lines[end]:
                end += 1
            block = [line.strip(" \r") for line in lines[start:end]]
            return Table([_fitted(row, header) for row in _separated_rows(block, delimiter)], True, end)
    return None


def _separated_rows(lines: list[str], delimiter: str) -> list[list[str]]:
    try:
        rows = list(csv.reader(lines, delimiter=delimiter, skipinitialspace=True))
    except csv.Error:
        rows = [line.split(delimiter) for line in lines]
    return [[_plain_cell(cell) for cell in row] for row in rows if row]


def _fitted(row: list[str], header: list[str]) -> list[str]:
    """``row`` with the cells put together that a comma without quotes has parted: "Acme, Inc.", a description."""
    while len(row) > len(header):
        tail = next((index for index in range(1, len(row)) if is_legal_tail(row[index])), None)
        if tail is not None:
            row = [*row[: tail - 1], f"{row[tail - 1]}, {row[tail]}", *row[tail + 1 :]]
        elif FIELDS.field_of(header[-1]) == "description":
            row = [*row[: len(header) - 1], ", ".join(row[len(header) - 1 :])]
        else:
            break
    return row


def _plain_cell(cell: str) -> str:
    return unadorned(cell.strip("*_` \t"))


def _role(cell: str) -> str | None:
    field = FIELDS.field_of(cell)
    if field is None and canonical_key(cell) in LISTS:
        return "name"
    return field


def _is_header(cells: list[str]) -> bool:
    """True when at least two known fields, or the name and nothing else, are named."""
    roles = {role for cell in cells if (role := _role(cell))}
    filled = [cell for cell in cells if cell]
    return "name" in roles and (len(roles) > 1 or len(filled) == 1 or any(is_tier(cell) for cell in filled[1:]))


def table_entries(table: Table, tier: str | None) -> Iterator[Entry | Rejected]:
    """The sponsors of a table, under ``tier`` where a row names none."""
    rows = table.rows
    header = rows[0] if table.has_header else []
    roles = [_role(cell) for cell in header]
    if header and "name" in roles and len(rows) > 1:
        yield from _by_columns(header, roles, rows[1:], tier)
    elif header and len(header) > 1 and all(is_tier(cell) for cell in header if cell):
        for row in rows[1:]:
            for label, cell in zip(header, row, strict=False):
                if label:
                    yield from _names(cell, label, row)
    else:
        for row in rows[1:] if header and len(rows) > 1 else rows:
            yield from _by_content(row, tier)


def _by_columns(
    header: list[str], roles: list[str | None], rows: list[list[str]], tier: str | None
) -> Iterator[Entry | Rejected]:
    name_column = roles.index("name")
    tier_column = roles.index("tier") if "tier" in roles else None
    by_tier = tier_column is not None and tier_column < name_column
    several = by_tier or canonical_key(header[name_column]) in LISTS or bool(_SEVERAL.search(header[name_column]))
    above: str | None = None
    for row in rows:
        if len(row) > len(header):
            yield Rejected("unparseable", "A row of a table has more cells than its header.", row)
            continue
        if len(row) < 2 <= len(header) or not any(row):
            continue
        record = dict(zip(header, row, strict=False))
        fields: dict[str, Any] = FIELDS.read(record)
        fields.setdefault("name", row[name_column] if len(row) > name_column else "")
        if by_tier:  # an empty cell under a tier repeats it
            above = fields.get("tier") or above
            fields["tier"] = above
        if website := fields.get("website"):
            link = LINK.search(website)
            fields["website"] = link[2] if link else website
        names = _cell_names(fields["name"]) if several else [fields["name"]]
        if len(names) > 1:
            for name in names:
                yield _with_tier(read_entry(name, None, row), _label(fields.get("tier")) or tier)
        elif fields["name"]:
            yield from entry_of_fields(record, fields, tier, Payload(()), 1)


def _label(value: Any) -> str | None:
    return value if isinstance(value, str) and value and canonical_tier(value) not in GENERIC_HEADINGS else None


def _with_tier(entry: Entry, tier: str | None) -> Entry:
    entry.tier = entry.tier or tier
    return entry


def _cell_names(cell: str) -> list[str]:
    return [name for part in _BREAK.split(cell) for name in split_names(part, loose_and=True)]


def _names(cell: str, tier: str | None, raw: Any) -> Iterator[Entry]:
    own = None if tier and canonical_tier(tier) in GENERIC_HEADINGS else tier
    for name in _cell_names(cell):
        yield _with_tier(read_entry(name, None, raw), own)


def _by_content(row: list[str], tier: str | None) -> Iterator[Entry]:
    """A row without a header that says what is in it: a tier and its sponsors, or a sponsor and its tier."""
    filled = [cell for cell in row if cell]
    if len(filled) < 2 or any(is_price(cell) for cell in filled):
        return
    if is_tier(filled[0]):
        for cell in filled[1:2]:
            yield from _names(cell, filled[0], row)
        return
    entry = Entry(filled[0], None, raw=row)
    if is_plain_name(filled[0]) and any(take(entry, cell) for cell in filled[1:]) and (entry.tier or tier):
        yield _with_tier(entry, tier)
