"""Reads the rows of tables out of what databases are exported to: SQL dumps in plain text, and JSON lines.

A dump is read line by line, as ``pg_dump`` writes it: ``COPY`` with its data, and ``INSERT`` with the names of columns.
Everything else in it is passed over. Nothing of it is ever run.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from prospecting.parsing.records import Rejected

_NAME = r'(?:"(?:[^"]|"")+"|[A-Za-z_][\w$]*)'
_TABLE = rf"(?:{_NAME}\s*\.\s*)?(?P<table>{_NAME})"
_COPY = re.compile(
    rf"\s*COPY\s+{_TABLE}\s*(?:\((?P<columns>[^)]*)\))?\s*FROM\s+stdin\b(?P<options>[^;]*);\s*$", re.IGNORECASE
)
_INSERT = re.compile(rf"\s*INSERT\s+INTO\s+(?:ONLY\s+)?{_TABLE}", re.IGNORECASE)
_INSERT_COLUMNS = re.compile(
    r"\s*(?:\((?P<columns>[^)]*)\))?\s*(?:OVERRIDING\s+\w+\s+VALUE\s+)?VALUES\b", re.IGNORECASE
)
_LITERAL = re.compile(r"'(?:[^']|'')*'")
_DOLLAR_QUOTE = re.compile(r"\$(?:[A-Za-z_]\w*)?\$")
_COPY_ESCAPE = re.compile(r"\\(?:([0-7]{1,3})|x([0-9A-Fa-f]{1,2})|(.))", re.DOTALL)
_CONTROLS = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
_STRING_ESCAPE = re.compile(
    r"\\(?:([0-7]{1,3})|x([0-9A-Fa-f]{1,2})|u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|(.))", re.DOTALL
)

# What values of an INSERT are made of. A cast says nothing that the column does not say.
_TOKEN = re.compile(
    rf"""\s*(?:
    (?P<escaped>[eE]'(?:[^'\\]++|''|\\.)*+')
    | (?P<string>'(?:[^']++|'')*+')
    | (?P<number>[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)
    | (?P<cast>::\s*(?:{_NAME}\s*\.\s*)?{_NAME}(?:\s+(?:with|without)\s+time\s+zone|\s+varying|\s+precision)?
        (?:\s*\([\d,\s]*\))?(?:\s*\[\s*\])*)
    | (?P<word>[A-Za-z_]\w*)
    | (?P<mark>[(),;])
    )""",
    re.VERBOSE | re.DOTALL | re.IGNORECASE,
)
_WORDS = {"null": None, "true": "true", "false": "false"}


@dataclass(frozen=True, slots=True)
class DumpRow:
    """A row of a table, and the line it begins at, from 1. Values of SQL are text or ``None``; of JSON, anything."""

    line: int
    table: str
    values: dict[str, Any] = field(repr=False)


@dataclass(frozen=True, slots=True)
class DumpError:
    """A line that cannot be read, and why. ``table`` is ``None`` where even that is unknown."""

    line: int
    table: str | None
    rejected: Rejected = field(repr=False)


def read_dump(lines: Iterable[str], tables: Iterable[str], stem: str) -> Iterator[DumpRow | DumpError]:
    """The rows of ``tables`` in a dump; of other tables nothing. JSON lines are told by what they begin with.

    A line of JSON is ``{"table": "orgs", "row": {...}}``, or just a row where ``stem``, what the file is called, is the
    name of its table.
    """
    wanted = frozenset(tables)
    numbered = enumerate(lines, 1)
    for number, line in numbered:
        if not line.strip():
            continue
        rest = _with_first(number, line, numbered)
        if line.lstrip("\ufeff \t")[:1] in ("{", "["):
            yield from _json_rows(rest, wanted, stem)
        else:
            yield from _Dump(rest, wanted).rows()
        return


def _with_first(number: int, line: str, rest: Iterator[tuple[int, str]]) -> Iterator[tuple[int, str]]:
    yield number, line.lstrip("\ufeff")
    yield from rest


# ---------------------------------------------------------------------------------------------------------- JSON lines
def _json_rows(numbered: Iterator[tuple[int, str]], wanted: frozenset[str], stem: str) -> Iterator[DumpRow | DumpError]:
    for number, line in numbered:
        if not line.strip():
            continue
        table, row = stem if stem in wanted else None, None
        try:
            row = json.loads(line)
        except (ValueError, RecursionError):
            yield DumpError(number, table, Rejected("not_json", "The line is not JSON", line))
            continue
        if isinstance(row, dict) and isinstance(row.get("row"), dict) and isinstance(row.get("table"), str):
            table, row = row["table"].rpartition(".")[2], row["row"]
            if table not in wanted:
                continue
        if not isinstance(row, dict):
            yield DumpError(number, table, Rejected("not_an_object", "The line is not a JSON object", row))
        elif table is None:
            detail = 'Write {"table": "orgs", "row": {...}}, or call the file by its table: orgs.jsonl'
            yield DumpError(number, None, Rejected("no_table", f"The line does not say whose row it is. {detail}", row))
        else:
            yield DumpRow(number, table, row)


# ----------------------------------------------------------------------------------------------------------- SQL dumps
class _Unfinished(Exception):
    """A statement goes on in the next line; ``at`` is where the list of values begins that is not complete yet."""

    def __init__(self, at: int) -> None:
        super().__init__()
        self.at = at


class _Unreadable(Exception):
    """A statement has something that no dump has."""


class _Lines:
    """Lines with their numbers, of which the rest of one can be given back."""

    def __init__(self, numbered: Iterator[tuple[int, str]]) -> None:
        self._numbered = numbered
        self._given_back: list[tuple[int, str]] = []

    def __iter__(self) -> Iterator[tuple[int, str]]:
        while (following := self.following()) is not None:
            yield following

    def following(self) -> tuple[int, str] | None:
        return self._given_back.pop() if self._given_back else next(self._numbered, None)

    def give_back(self, number: int, line: str) -> None:
        self._given_back.append((number, line))


class _Dump:
    def __init__(self, numbered: Iterator[tuple[int, str]], wanted: frozenset[str]) -> None:
        self._lines = _Lines(numbered)
        self._wanted = wanted

    def rows(self) -> Iterator[DumpRow | DumpError]:
        for number, line in self._lines:
            if found := _COPY.match(line):
                yield from self._copied(number, found)
            elif found := _INSERT.match(line):
                yield from self._inserted(number, line, found)
            elif not line.startswith("--"):
                self._skip_quoted(line)

    def _skip_quoted(self, line: str) -> None:
        """Pass over the body of a function, in which anything may stand. Dollars in a text are no quotes."""
        line = _LITERAL.sub("", line)
        while opened := _DOLLAR_QUOTE.search(line):
            quote, line = opened[0], line[opened.end() :]
            while quote not in line:
                _, line = self._lines.following() or (0, quote)
            line = line.partition(quote)[2]

    def _error(self, number: int, table: str, reason: str, detail: str, raw: Any = None) -> Iterator[DumpError]:
        """The error, if it is about a table that is asked for."""
        if table in self._wanted:
            yield DumpError(number, table, Rejected(reason, detail, raw))

    def _copied(self, number: int, header: re.Match[str]) -> Iterator[DumpRow | DumpError]:
        table, columns = _unquoted(header["table"]), _columns(header["columns"])
        is_wanted = table in self._wanted
        if header["options"].strip() or not columns:
            yield from self._error(
                number, table, "no_columns", "COPY names no columns, or has another format than text"
            )
            is_wanted = False
        for number, line in self._lines:
            line = line.rstrip("\r\n") if line.endswith("\n") else line
            if line == "\\.":
                return
            if not is_wanted:
                continue
            values = line.split("\t")
            if len(values) != len(columns):
                detail = f"{len(values)} values for {len(columns)} columns"
                yield DumpError(number, table, Rejected("wrong_number_of_values", detail, line))
            else:
                yield DumpRow(number, table, dict(zip(columns, map(_copy_value, values), strict=True)))
        yield from self._error(number, table, "cut_off", "The file ends in the middle of the table")

    def _inserted(self, number: int, line: str, header: re.Match[str]) -> Iterator[DumpRow | DumpError]:
        table = _unquoted(header["table"])
        columns: list[str] | None = None
        text, at, first = line, header.end(), number
        found: list[tuple[int, list[str | None]]] = []
        while True:
            try:
                if columns is None:
                    columns, at = _read_columns(text, at)
                at = _read_value_lists(text, at, first, found)
                break
            except _Unfinished as unfinished:
                first += text.count("\n", 0, unfinished.at)
                following = self._lines.following()
                if following is None:
                    yield from self._error(number, table, "cut_off", "The file ends in the middle of the statement")
                    return
                text, at = text[unfinished.at :] + following[1], 0
            except _Unreadable:
                detail = "The statement has something else than values in it"
                yield from self._error(number, table, "unreadable_values", detail, text)
                return
        if rest := text[at:].strip():
            self._lines.give_back(first + text.count("\n", 0, at), rest)
        if table not in self._wanted:
            return
        if not columns:
            detail = "The statement does not name its columns; dump with --column-inserts, or with COPY"
            yield from self._error(number, table, "no_columns", detail, text)
            return
        for place, values in found:
            if len(values) != len(columns):
                detail = f"{len(values)} values for {len(columns)} columns"
                yield DumpError(place, table, Rejected("wrong_number_of_values", detail, values))
            else:
                yield DumpRow(place, table, dict(zip(columns, values, strict=True)))


def _read_columns(text: str, at: int) -> tuple[list[str], int]:
    """The columns of an ``INSERT``, none if it names none, and where its values begin.

    Raises ``_Unfinished``, ``_Unreadable``.
    """
    if found := _INSERT_COLUMNS.match(text, at):
        return _columns(found["columns"]), found.end()
    raise _Unreadable if ";" in text[at:] else _Unfinished(at)


def _read_value_lists(text: str, at: int, line: int, found: list[tuple[int, list[str | None]]]) -> int:
    """Add the lists of values in a statement from ``at`` on, each with its line; ``text`` begins in ``line``.

    Returns where the statement ends. Raises ``_Unfinished``, ``_Unreadable``.
    """
    values: list[str | None] | None = None
    expects_value = False
    began = at
    while True:
        token = _TOKEN.match(text, at)
        if token is None:
            raise _Unreadable if _is_beyond_repair(text, at) else _Unfinished(began)
        at = token.end()
        kind = token.lastgroup or ""
        word = token[kind]
        if kind == "cast":
            continue
        if values is None:
            if word == "(":
                values, expects_value, place = [], True, line + text.count("\n", 0, token.start(kind))
            elif word == ";" or kind == "word":
                return _end_of_statement(text, token.start(kind), began)
            elif word != "," or not found:
                raise _Unreadable
        elif expects_value:
            values.append(_insert_value(kind, word))
            expects_value = False
        elif word == ",":
            expects_value = True
        elif word == ")":
            found.append((place, values))
            values, began = None, at
        else:
            raise _Unreadable


def _end_of_statement(text: str, at: int, began: int) -> int:
    """Where a statement ends behind its values: there may be ON CONFLICT DO NOTHING, or RETURNING."""
    end = text.find(";", at)
    if end < 0:
        raise _Unfinished(began)
    return end + 1


def _is_beyond_repair(text: str, at: int) -> bool:
    """True when what stands there is no value, rather than one that goes on in the next line."""
    left = text[at:].lstrip()
    return bool(left) and not re.match(r"[eE]?'|:", left)


def _insert_value(kind: str, word: str) -> str | None:
    match kind:
        case "string":
            return word[1:-1].replace("''", "'")
        case "escaped":
            return _STRING_ESCAPE.sub(_unescaped, word[2:-1].replace("''", "'"))
        case "number":
            return word
        case "word" if word.lower() in _WORDS:
            return _WORDS[word.lower()]
    raise _Unreadable


def _unescaped(found: re.Match[str]) -> str:
    octal, hexadecimal, *unicodes, letter = found.groups()
    if octal:
        return chr(int(octal, 8) & 0xFF)
    code = hexadecimal or next((code for code in unicodes if code), None)
    return chr(int(code, 16)) if code else _CONTROLS.get(letter, letter)


def _copy_value(text: str) -> str | None:
    if text == "\\N":
        return None
    return _COPY_ESCAPE.sub(_unescaped, text) if "\\" in text else text


def _columns(listed: str | None) -> list[str]:
    return [_unquoted(name.strip()) for name in (listed or "").split(",") if name.strip()]


def _unquoted(name: str) -> str:
    return name[1:-1].replace('""', '"') if name.startswith('"') else name.lower()
