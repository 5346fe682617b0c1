"""The parts of a report, whoever shows it: lines, figures and tables, each value with the kind of thing that it is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

Kind = Literal[
    "text", "words", "number", "usd", "decimal", "percent", "yes_no", "day", "month", "moment", "company", "person"
]
"""What a value of a column is. ``company`` and ``person``: a pair of id and name, or None; ``month`` and ``day``: a
date; ``percent``: a figure in per cent; ``words``: a code, to be read without its underscores."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table: its heading and the kind of its values."""

    title: str
    kind: Kind = "text"


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under a heading. ``total``: how many there are when ``rows`` are the first of them only.

    ``name`` is what the table is called in addresses, ``old`` the numbers of rows, from 0, whose evidence is old;
    ``after`` the position from which the next rows follow, ``None`` when these are the last.
    """

    name: str
    title: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[Any]]
    total: int
    old: frozenset[int] = frozenset()
    after: int | None = None


@dataclass(frozen=True, slots=True)
class Lines:
    """Sentences, one a line; ``is_warning``: they need somebody's attention. ``for_terminals``: of no use in pages."""

    lines: Sequence[str]
    is_warning: bool = False
    is_bold: bool = False
    for_terminals: bool = False


@dataclass(frozen=True, slots=True)
class Figures:
    """Numbers, each as (what it is called, value, what it means)."""

    rows: Sequence[tuple[str, object, str]]


@dataclass(frozen=True, slots=True)
class NextStep:
    """A step that can be done now: a sentence, and the params of the DAG that does it."""

    text: str
    dag_id: str
    conf: Mapping[str, Any]


Part = Table | Lines | Figures | NextStep


@dataclass(frozen=True, slots=True)
class Report:
    """The deeds of a run. ``about`` says which row of the database it is about, ``decided`` who decided what."""

    title: str
    about: str = ""
    status: str | None = None
    started_at: datetime | None = None
    completed_at: datetime | None = None
    decided: str = ""
    problem: str | None = None
    parts: Sequence[Part] = field(default_factory=tuple)

    def table(self, name: str) -> Table | None:
        """The table of this name."""
        return next((part for part in self.parts if isinstance(part, Table) and part.name == name), None)


def table(
    name: str, title: str, columns: Sequence[Column], rows: Iterable[Sequence[Any]], total: int | None = None
) -> Table:
    """A table of all ``rows``, or of the first of ``total``."""
    listed = [tuple(row) for row in rows]
    return Table(name, title, columns, listed, len(listed) if total is None else total)


def company(row: Mapping[str, Any]) -> tuple[int, str] | None:
    """The company of a row, as a value of the kind ``company``."""
    return (row["company_id"], row["company"]) if row["company_id"] else None


def decided(decision: str | None, decided_by: str | None) -> str:
    """Who decided, in words."""
    return f"{decision} by {decided_by or 'nobody in time'}" if decision else ""
