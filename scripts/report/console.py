"""Shared by all reports: lines, tables, pairs, the agent calls of a scope, and how values are written.

Reports hold what agents said and users typed. ``print_line`` and ``print_table`` print it as it is: nothing in it is
markup, an emoji code, a sequence for the terminal or a second line.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text
from sqlalchemy import Connection

from prospecting.parsing.invisible import visible
from prospecting.persistence.agent_calls import query_call_summary

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
    table = Table(box=None, pad_edge=False)
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
    table = Table(box=None, pad_edge=False, show_header=False)
    for justify in ("left", "right", "left"):
        table.add_column(justify=justify)
    for name, number, note in rows:
        table.add_row(_text(name), _text(str(number)), _text((note, "dim")))
    out.print()
    out.print(table)


def print_lines(out: Console, lines: Iterable[str]) -> None:
    """Lines as they are."""
    for line in lines:
        print_line(out, line)


def print_calls(out: Console, connection: Connection, scope: str) -> None:
    """The ledger's calls of a scope, by agent. Reserved is what calls whose cost is not known may have cost."""
    print_table(
        out,
        "Agent calls",
        ("agent", "asked", "reused", "failed", "abandoned", "tokens", "USD", "USD reserved"),
        (
            (
                c.agent,
                c.calls,
                c.reused,
                c.failed,
                c.abandoned,
                c.input_tokens + c.output_tokens,
                usd(c.cost_usd),
                usd(c.unsettled_usd),
            )
            for c in query_call_summary(connection, scope)
        ),
    )


def usd(amount: Decimal | None) -> str:
    """US dollars to a hundredth of a cent."""
    return f"{amount or 0:.4f}"


def duration(run: Any) -> str:
    """How long an execution or evaluation took."""
    if run["completed_at"] is None:
        return "still running"
    return f"{(run['completed_at'] - run['started_at']).total_seconds():.0f} s"


def percent(value: Decimal | None) -> str:
    """A share in per cent, without the sign; a dash when there is none."""
    return "-" if value is None else f"{value:.1f}"


def number(value: Decimal | None) -> str:
    """A figure to a hundredth; a dash when there is none."""
    return "-" if value is None else f"{value:.2f}"


def yes_or_no(value: bool | None) -> str:
    """A dash when it is unknown."""
    return {True: "yes", False: "no", None: "-"}[value]


def month(day: date | None) -> str:
    """The month of evidence; empty when it is unknown."""
    return f"{day:%Y-%m}" if day else ""


def company(row: Any) -> str:
    """A company with its id; empty when a row has none."""
    return f"{row['company']} ({row['company_id']})" if row["company_id"] else ""
