"""Imports past runs out of dumps, in one transaction, so that a backfill can make briefings of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import TextIO

from sqlalchemy import Connection

from prospecting.parsing.dumps import DumpError, read_dump
from prospecting.parsing.past_runs import TABLES, read_past_row
from prospecting.parsing.records import Rejected
from prospecting.persistence.rejected_records import RejectedRow, record_rejected
from prospecting.persistence.run_imports import (
    DETAILS,
    SOURCE_SYSTEM,
    ImportedRow,
    TableCounts,
    load_past_rows,
)
from prospecting.services.runtime import Runtime

_SHOWN = 20


@dataclass(frozen=True, slots=True)
class DumpFile:
    """A dump: ``name`` for people, ``stem`` may name the table of its rows, ``open`` begins to read it."""

    name: str
    stem: str
    open: Callable[[], AbstractContextManager[TextIO]] = field(repr=False)


@dataclass(frozen=True, slots=True)
class RejectedLine:
    """A line that is not taken, and why. The detail repeats nothing of it."""

    file: str
    line: int
    table: str | None
    reason: str
    detail: str

    def __str__(self) -> str:
        return f"{self.file}, line {self.line}: {self.table or 'a line'}, {self.reason}: {self.detail}"


@dataclass(slots=True)
class RunImport:
    """The outcome of an import: counts by table, the lines not taken, and the columns left out of the rows taken."""

    counts: dict[str, TableCounts]
    rejected: list[RejectedLine]
    unknown_columns: dict[str, list[str]]
    is_dry_run: bool


def import_runs(runtime: Runtime, files: Sequence[DumpFile], *, dry_run: bool = False) -> RunImport:
    """Import the rows of the dumps, in whatever order they are. Importing them again changes nothing.

    Lines that cannot be taken are left out alone, and are in ``rejected_records``. A dry run does the same and takes it
    back. Raises ``OSError`` for a file that cannot be read.
    """
    if not dry_run:
        return runtime.write(lambda connection: _Import(connection, files).run(is_dry_run=False))
    with runtime.engine.connect() as connection:
        transaction = connection.begin()
        try:
            return _Import(connection, files).run(is_dry_run=True)
        finally:
            transaction.rollback()


class _Import:
    def __init__(self, connection: Connection, files: Sequence[DumpFile]) -> None:
        self._connection = connection
        self._files = files
        self._places: list[tuple[str, int]] = []
        """File and line of each row, by its ordinal."""
        self._rejected: list[tuple[RejectedLine, RejectedRow]] = []
        self._unread: dict[str, int] = {}
        """Lines that could not be read, by table."""
        self._unknown: dict[str, set[str]] = {}

    def run(self, *, is_dry_run: bool) -> RunImport:
        loaded = load_past_rows(self._connection, self._rows())
        for row in loaded.not_taken:
            detail = DETAILS.get(row.reason, "The database refused it")
            self._reject(*self._places[row.ordinal], row.table, "save", Rejected(row.reason, detail, row.values))
        for table, number in self._unread.items():
            counts = loaded.counts.setdefault(table, TableCounts())
            counts.read += number
            counts.rejected += number
        record_rejected(self._connection, None, [row for _, row in self._rejected])
        return RunImport(
            loaded.counts,
            [line for line, _ in self._rejected],
            {table: sorted(columns) for table, columns in sorted(self._unknown.items())},
            is_dry_run,
        )

    def _rows(self) -> Iterator[ImportedRow]:
        for file in self._files:
            with file.open() as lines:
                for found in read_dump(lines, TABLES, file.stem):
                    if isinstance(found, DumpError):
                        self._cannot_be_read(file.name, found.line, found.table, found.rejected)
                        continue
                    read = read_past_row(found.table, found.values)
                    if isinstance(read, Rejected):
                        self._cannot_be_read(file.name, found.line, found.table, read)
                        continue
                    if read.unknown:
                        self._unknown.setdefault(found.table, set()).update(read.unknown)
                    self._places.append((file.name, found.line))
                    yield ImportedRow(len(self._places) - 1, found.table, read.values)

    def _cannot_be_read(self, file: str, line: int, table: str | None, rejected: Rejected) -> None:
        self._unread[table or "?"] = self._unread.get(table or "?", 0) + 1
        self._reject(file, line, table, "parse", rejected)

    def _reject(self, file: str, line: int, table: str | None, stage: str, rejected: Rejected) -> None:
        source = f"{SOURCE_SYSTEM} {file}, line {line}"
        row = RejectedRow(stage, table or "line", rejected.reason, rejected.detail, rejected.raw, source)
        self._rejected.append((RejectedLine(file, line, table, rejected.reason, rejected.detail), row))


def summary_lines(result: RunImport) -> list[str]:
    """The outcome of an import as lines for a terminal, without anything of the rows."""
    lines = []
    for table, counts in result.counts.items():
        parts = {
            "new": counts.new,
            "updated": counts.updated,
            "unchanged": counts.unchanged,
            "repeated": counts.repeated,
            "rejected": counts.rejected,
        }
        shown = ", ".join(f"{number} {name}" for name, number in parts.items() if number)
        lines.append(f"{table}: {counts.read} read" + (f": {shown}" if shown else ""))
    lines += [f"left out of {table}: {', '.join(columns)}" for table, columns in result.unknown_columns.items()]
    lines += [f"not taken: {line}" for line in result.rejected[:_SHOWN]]
    if more := len(result.rejected[_SHOWN:]):
        where = "" if result.is_dry_run else "; all of them are in rejected_records"
        lines.append(f"not taken: {more} more{where}")
    if not lines:
        lines.append(f"no row of {', '.join(TABLES)} was found")
    if result.is_dry_run:
        lines.append("dry run: nothing was written")
    return lines
