"""Lists, tables and "key: value" blocks in answers that are text for people, not JSON."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator

from prospecting.parsing.fields import KeyMap
from prospecting.parsing.markup import without_citations
from prospecting.parsing.records import Rejected

MAX_PLAIN_TEXT = 400_000
"""Characters; longer answers that are not JSON are refused."""
MAX_LINES = 10_000
"""Lines; likewise."""
MAX_LINE = 10_000
"""Longer lines are prose."""

_MARKER = re.compile(
    r"""\s*(?:>\s*)*
    (?: [-*•‣·▪●◦○►»✓✔+–—]\s+        # "- Acme"; the blank matters: "*Acme*" is emphasis
      | [•‣·▪●◦►✓✔](?=\S)
      | -(?=[^\W\d_])                 # "-Acme", but not "-5"
      | \(\d{1,3}\)\s+ | \d{1,3}\)\s* | \d{1,3}\.\s+   # "3M" and "7-Eleven" carry no marker
    )
    (?:\[[ xX✓]\]\s+)?""",
    re.VERBOSE,
)
_GLUED_NUMBER = re.compile(r"\s*(\d{1,3})\.(?=[^\W\d_])")
_RULE = re.compile(r"\s*(?:[-*_=~]\s*){3,}|\s*(?:```|~~~).*")
_TABLE_RULE = re.compile(r"[\s|:+-]*-[\s|:+-]*")
_UNESCAPED_PIPE = re.compile(r"(?<!\\)\|")
_LABELLED = re.compile(r"([^\W\d_][\w /-]{0,38}?)\s*(?:\*\*|__)?\s*[:：]\s*(?:\*\*|__)?\s*(\S.*)")
_LABELLED_BOLD = re.compile(r"(?:\*\*|__)([^*_:：]{1,40})[:：]?\s*(?:\*\*|__)\s*[:：]?\s*(\S.*)")
_HEADING = re.compile(r"\s*#{1,6}\s+(.*?)\s*#*\s*")
_NUMBER = re.compile(r"(?:\(?\d{1,3}[.)]|#\d{1,3}[.:)]?)\s+(?=\S)")
_QUOTED = re.compile(r"""(["'])((?:(?!\1).)++)\1""")
_WHOLLY_BOLD = re.compile(r"(\*\*|__)(?!\s)((?:(?!\1).)+)\1\s*:?")


def too_long(text: str, raw: object) -> Rejected | None:
    """The rejection of a plain text that is too long to be read line by line."""
    if len(text) > MAX_PLAIN_TEXT:
        return Rejected("too_large", f"No JSON, and plain text longer than {MAX_PLAIN_TEXT:,} characters.", raw)
    if text.count("\n") > MAX_LINES:
        return Rejected("too_large", f"No JSON, and plain text of more than {MAX_LINES:,} lines.", raw)
    return None


def lines_of(text: str) -> list[str]:
    """The lines of ``text`` without citations ("[3]") and rules; blank lines stay: they separate records."""
    lines = (" ".join(line.split()) for line in text.splitlines())  # runs of blanks would cost the patterns dearly
    kept = (line for line in lines if len(line) <= MAX_LINE and not _RULE.fullmatch(line))
    return [without_citations(line).strip() if "[" in line or "【" in line or "(" in line else line for line in kept]


def with_cells(text: str, fields: KeyMap) -> str:
    """``text`` with the rows of a table whose cells stand between tabs or semicolons as rows of a markdown table."""
    for separator in ("\t", ";"):
        lines = [line.strip() for line in text.splitlines()] if separator in text else []
        header = next((line.split(separator) for line in lines if separator in line), [])
        if len({fields.field_of(cell.strip(' "')) for cell in header} - {None}) > 1:
            rows = (_cells(line, separator) if separator in line else None for line in lines)
            return "\n".join(f"| {' | '.join(row)} |" if row else line for row, line in zip(rows, lines, strict=True))
    return text


def split_marker(line: str) -> tuple[str, bool]:
    """A line without its bullet or number, and whether it had one. A number glued to a name is not a marker."""
    match = _MARKER.match(line)
    return (line[match.end() :].strip(), True) if match else (line.strip(), False)


def has_glued_numbers(lines: list[str]) -> bool:
    """True when lines are numbered 1.Acme, 2.Globex without a blank; one such line alone proves nothing."""
    numbers = [int(match[1]) for line in lines if (match := _GLUED_NUMBER.match(line))]
    return len(numbers) > 1 and numbers == list(range(1, len(numbers) + 1))


def without_glued_number(line: str) -> tuple[str, bool]:
    """``split_marker`` for texts whose numbers are glued to the names."""
    match = _GLUED_NUMBER.match(line)
    return (line[match.end() :].strip(), True) if match else split_marker(line)


def heading_of(line: str) -> str | None:
    """The words of a heading ("## Gold", "**Gold:**", "### 1. Acme"), else ``None``."""
    match = _HEADING.fullmatch(line)
    if match:
        line = _NUMBER.sub("", match[1], count=1) if _NUMBER.match(match[1]) else match[1]
    bold = _WHOLLY_BOLD.fullmatch(line.strip())
    if bold:
        return bold[2].strip().rstrip(":").strip()
    return line.strip().rstrip(":").strip() if match else None


def table_cells(line: str) -> list[str] | None:
    """The cells of a markdown table row, ``[]`` for the rule under the header, ``None`` for other lines."""
    if "|" not in line:
        return None
    if _TABLE_RULE.fullmatch(line):
        return []
    stripped = line.strip()
    if not stripped.startswith("|") and stripped.count("|") < 2:
        return None
    inner = stripped.removeprefix("|").removesuffix("|")
    return [cell.strip().replace("\\|", "|") for cell in _UNESCAPED_PIPE.split(inner)]


def table_records(lines: list[str], fields: KeyMap) -> list[dict[str, str]]:
    """Rows of markdown or comma-separated tables whose header names at least two known fields."""
    records: list[dict[str, str]] = []
    header: list[str] | None = None
    comma = False
    for line in lines:
        cells = table_cells(line)
        if cells is None and (header is None or comma) and "," in line:
            cells, comma = comma_cells(line), True
        if cells is None:
            header, comma = None, False
        elif cells and header is None:
            known = [field for cell in cells if (field := fields.field_of(_plain_cell(cell)))]
            header = [_plain_cell(cell) for cell in cells] if len(set(known)) > 1 and "name" in known else None
        elif cells and header:
            records.append(dict(zip(header, cells, strict=False)))
    return records


def comma_cells(line: str) -> list[str]:
    """The cells of a comma-separated line; commas between quotes separate nothing."""
    return _cells(line, ",")


def _cells(line: str, separator: str) -> list[str]:
    if '"' not in line:
        return [cell.strip() for cell in line.split(separator)]
    try:
        (cells,) = csv.reader([line], delimiter=separator, skipinitialspace=True)
    except (csv.Error, ValueError):
        cells = line.split(separator)
    return [cell.strip().strip('"') for cell in cells]


def _plain_cell(cell: str) -> str:
    return cell.strip("*_` ")


def labelled_records(lines: list[str], fields: KeyMap) -> Iterator[dict[str, str]]:
    """Blocks of "Title: CEO" lines, under a name that is a list item, a heading or a "Name:" line of its own.

    A block without any labelled line is not a record. The heading above a "Name:" line comes as ``heading``.
    """
    record: dict[str, str] = {}
    for line in lines:
        heading = heading_of(line)
        text, marked = split_marker(line)
        label = labelled(text, fields)
        if label:
            key, value = label
            if fields.field_of(key) == "name" and record.get("name"):
                if len(record) > 1:
                    yield record
                    record = {}
                else:
                    record = {"heading": record["name"]}
            record.setdefault("name" if fields.field_of(key) == "name" else key, value)
        elif text and (heading or marked):
            if len(record) > 1 and "name" in record:
                yield record
            record = {"name": heading or heading_of(text) or text}
    if len(record) > 1 and "name" in record:
        yield record


def labelled(text: str, fields: KeyMap) -> tuple[str, str] | None:
    """("Title", "CEO") from "**Title:** CEO" or 'title: "CEO"' when the label is a known field."""
    match = _LABELLED_BOLD.fullmatch(text) or _LABELLED.fullmatch(text)
    if match and fields.field_of(match[1]):
        value = match[2].strip()
        quoted = _QUOTED.fullmatch(value)
        return match[1], quoted[2] if quoted else value
    return None
