"""Prints reports in a terminal: lines, tables, pairs, and how values are written.

Reports hold what agents said and users typed. ``print_line`` and ``print_table`` print it as it is: nothing in it is
markup, an emoji code, a sequence for the terminal or a second line.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table as Grid
from rich.text import Text

from prospecting.parsing.invisible import visible
from prospecting.services.reports.report import Figures, Kind, Lines, NextStep, Report, Table

ROWS = 12
"""Rows shown of a table; the rest is counted."""

Part = str | tuple[str, str]
"""A piece of text, or one with its style."""

_LINE_BREAKS = re.compile(r"[\n\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]+")


def terminal() -> Console:
    """Where a report is printed unless its caller says otherwise."""
    return Console(highlight=False, soft_wrap=False, width=None if sys.stdout.isatty() else 120)


def print_heading(out: Console, title: str) -> None:
    """The first line of a report."""
    out.print()
    out.rule(_text((title, "bold")))


def _text(*parts: Part) -> Text:
    """One line of text, of which only the styles given here are styles."""
    pieces = [(part, "") if isinstance(part, str) else part for part in parts]
    return Text.assemble(*((_LINE_BREAKS.sub(" ", visible(text)), style) for text, style in pieces))


def print_line(out: Console, *parts: Part, style: str = "", before: int = 0, soft_wrap: bool = False) -> None:
    """Print one line, as it is; ``before`` is the number of empty lines before it."""
    for _ in range(before):
        out.print()
    out.print(_text(*parts), style=style or None, soft_wrap=soft_wrap)


def print_table(
    out: Console, title: str, columns: Sequence[str], rows: Iterable[Sequence[Any]], total: int | None = None
) -> None:
    """The first rows under a heading with their number; ``total`` when ``rows`` are not all there are."""
    cells = [[str(cell) for cell in row] for row in rows]
    if not cells:
        return
    total = total or len(cells)
    table = Grid(box=None, pad_edge=False)
    for column in columns:
        justify: Any = "right" if column in ("id", "records", "requests", "runs") else "left"
        table.add_column(column, overflow="fold", justify=justify)
    for row in cells[:ROWS]:
        table.add_row(*map(_text, row))
    # A table's own heading would be as narrow as the table.
    print_line(out, f"{title} ({total})", style="bold", before=1)
    out.print(table)
    if total > ROWS:
        print_line(out, f"... and {total - ROWS} more", style="dim")


def print_pairs(out: Console, *rows: tuple[str, object, str]) -> None:
    """Numbers with what they are."""
    table = Grid(box=None, pad_edge=False, show_header=False)
    for justify in ("left", "right", "left"):
        table.add_column(justify=justify)
    for name, number, note in rows:
        table.add_row(_text(name), _text(str(number)), _text((note, "dim")))
    out.print()
    out.print(table)


def print_report(out: Console, report: Report) -> None:
    """A whole report. Its tables are shown when they have rows."""
    print_heading(out, report.title)
    _print_standing(out, report)
    for part in report.parts:
        match part:
            case Table():
                print_rows(out, part)
            case Figures():
                print_pairs(out, *part.rows)
            case NextStep():
                conf = f" CONF='{json.dumps(dict(part.conf), ensure_ascii=False)}'" if part.conf else ""
                print_line(out, part.text, before=1)
                print_line(out, f"make dag DAG={part.dag_id}{conf}", soft_wrap=True)
            case Lines() if part.lines:
                out.print()
                for line in part.lines:
                    style = "yellow" if part.is_warning else "bold" if part.is_bold else ""
                    print_line(out, line, style=style, soft_wrap=True)


def _print_standing(out: Console, report: Report) -> None:
    parts: list[Part] = []
    if report.about:
        parts.append(f"{report.about}   ")
    if report.status:
        parts += ["status ", (report.status, "bold")]
    if report.started_at:
        parts.append(f"   {_duration(report)}")
    if report.decided:
        parts.append(f"   {report.decided}")
    if parts:
        print_line(out, *parts)
    if report.problem:
        print_line(out, report.problem, style="yellow")


def print_rows(out: Console, table: Table) -> None:
    """A table of a report."""
    rows = [[_cell(value, column.kind) for value, column in zip(row, table.columns, strict=True)] for row in table.rows]
    print_table(out, table.title, [column.title for column in table.columns], rows, total=table.total)


def _cell(value: Any, kind: Kind) -> str:
    if kind == "usd" and value is None:
        return "unknown"
    if kind in _DASHED and value is None:
        return "-"
    if value is None:
        return ""
    return _CELLS[kind](value) if kind in _CELLS else str(value)


_DASHED = ("decimal", "percent", "yes_no")
_CELLS: dict[Kind, Callable[[Any], str]] = {
    "words": lambda code: str(code).replace("_", " "),
    "usd": lambda amount: f"{amount:.4f}",
    "decimal": lambda number: f"{number:.2f}",
    "percent": lambda number: f"{number:.1f}",
    "yes_no": lambda value: "yes" if value else "no",
    "day": lambda day: f"{day:%Y-%m-%d}",
    "month": lambda day: f"{day:%Y-%m}",
    "moment": lambda moment: f"{moment:%Y-%m-%d %H:%M}",
    "company": lambda found: f"{found[1]} ({found[0]})",
    "person": lambda found: f"{found[1]} ({found[0]})",
}


def _duration(report: Report) -> str:
    if report.started_at is None or report.completed_at is None:
        return "still running"
    return f"{(report.completed_at - report.started_at).total_seconds():.0f} s"
