"""Saving a batch as a whole, and finding the bad record when the whole does not save."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from prospecting.persistence.statements import statement

Row = TypeVar("Row")

LARGE = 200
"""Records; a larger batch is worth statistics for the planner. Joined to tables that it believes empty, a batch costs
the cube of its size: a thousand people took minutes."""

# Data exceptions, integrity violations, and values over a limit (an index row that is too large).
_BAD_DATA = ("22", "23", "54")


@dataclass(frozen=True, slots=True)
class Saved:
    """Where a record lives now. ``is_new``: this call created the row."""

    id: int
    is_new: bool


@dataclass(frozen=True, slots=True)
class Failure:
    """A record that was not saved: its position in the batch, a reason code, a sentence without its values."""

    position: int
    reason: str
    detail: str


@dataclass(slots=True)
class Upserted:
    """Result of an upsert, aligned with the input: ``saved[i]`` is ``None`` exactly when ``i`` is in ``failures``."""

    saved: list[Saved | None]
    failures: list[Failure] = field(default_factory=list)

    @property
    def created(self) -> int:
        """How many distinct rows this call created."""
        return len({saved.id for saved in self.saved if saved and saved.is_new})


def correct_statistics(connection: Connection, *tables: str) -> None:
    """Analyze those of ``tables`` that the planner believes to be empty, though they are not.

    Autovacuum makes it believe so when it analyzes a table whose first rows are not yet committed. Joining thousands of
    staged records to such a table then takes a minute instead of a tenth of a second. Waits for nobody: a table that
    another transaction is analyzing is left alone.
    """
    believed_empty = connection.execute(statement("batches/believed_empty"), {"tables": list(tables)}).scalars().all()
    for table in believed_empty:
        connection.execute(text(f"analyze (skip_locked) {table}"))


def describe(error: DBAPIError) -> tuple[str, str]:
    """Reason code and sentence for a database error, without the values that PostgreSQL likes to quote."""
    state = getattr(error.orig, "sqlstate", None) or "unknown"
    diagnosis = getattr(error.orig, "diag", None)
    constraint, column = getattr(diagnosis, "constraint_name", None), getattr(diagnosis, "column_name", None)
    if column and state == "23502":
        return f"missing_{column}", f"The database refused the record: {column} is missing (SQLSTATE {state})"
    if constraint:
        return constraint, f"The database refused the record: it violates {constraint} (SQLSTATE {state})"
    return f"sqlstate_{state}", f"The database refused the record ({type(error.orig).__name__}, SQLSTATE {state})"


def save_isolating(
    connection: Connection,
    positions: Sequence[int],
    save: Callable[[Sequence[int]], dict[int, Saved]],
    result: Upserted,
) -> None:
    """Save ``positions`` in one go; when that fails, halve until only the bad records are left out.

    Every attempt is a savepoint. Locks must be taken before calling, because a rolled-back savepoint gives up the
    locks taken inside it.
    """
    if not positions:
        return
    try:
        with connection.begin_nested():
            saved = save(positions)
    except DBAPIError as error:
        if not (getattr(error.orig, "sqlstate", None) or "").startswith(_BAD_DATA):
            raise
        reason, detail = describe(error)
    else:
        for position, record in saved.items():
            result.saved[position] = record
        return
    if len(positions) == 1:
        result.failures.append(Failure(positions[0], reason, detail))
        return
    middle = len(positions) // 2
    save_isolating(connection, positions[:middle], save, result)
    save_isolating(connection, positions[middle:], save, result)


def without_nones(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Drop empty fields, so that staged JSON stays small; a missing field reads as NULL, and so does an empty text."""
    return [
        {
            key: value
            for key, value in row.items()
            if value is not None and (not isinstance(value, str) or value.strip())
        }
        for row in rows
    ]
