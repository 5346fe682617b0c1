"""Pages of long lists: by the keys of the last row, and without looking at more rows than a page may cost.

Filters that an index answers choose the candidates. The others have to be asked of each candidate; they are asked of so
many at a time, and of so many for a page: a page that few of a million rows belong to takes no longer than any other,
and says how far it has looked.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from prospecting.persistence.database import read_in_portions
from prospecting.persistence.statements import statement

Row = Mapping[str, Any]

LOOKED_AT = 3_000
"""Candidates that a page looks at, at most, for those that match."""
PORTION = 1_000
"""Candidates that are asked at a time."""
FEW = 10_000
"""Rows that are read and put in order for a page, at most."""


def rows_of(connection: Connection, name: str, values: Mapping[str, Any]) -> list[Row]:
    """The rows of a statement, by the names of their columns."""
    found = connection.execute(statement(name), values)
    names = list(found.keys())
    return [dict(zip(names, row, strict=True)) for row in found.all()]  # downloads make millions


@dataclass(frozen=True, slots=True)
class Found:
    """Rows of a page, the keys after which the next one begins (``None`` on the last), and how many candidates were
    looked at for it, if it ended because these were enough."""

    rows: list[Row]
    next_key: list[Any] | None = None
    looked_at: int | None = None


def find_in_portions(
    candidates: Callable[[Sequence[Any] | None, int], Sequence[Row]],
    rows: Callable[[list[Any], int], Sequence[Row]],
    *,
    keys: Sequence[str],
    after: Sequence[Any] | None,
    limit: int,
    is_asked_of_each: bool,
) -> Found:
    """A page of up to ``limit`` rows, each with an ``id``.

    ``candidates(after, number)`` are the next candidates, with their ``id`` and the ``keys`` of the order;
    ``rows(ids, number)`` the first of them that match, whole. Unless ``is_asked_of_each``, all candidates match.
    """
    found: list[Row] = []
    looked_at, portion = 0, PORTION if is_asked_of_each else limit + 1
    keys_of: dict[Any, list[Any]] = {}
    while True:
        portion_rows = candidates(after, portion)
        keys_of |= {row["id"]: [row[name] for name in keys] for row in portion_rows}
        if portion_rows:
            found += rows([row["id"] for row in portion_rows], limit + 1 - len(found))
        looked_at += len(portion_rows)
        if len(found) > limit:
            return Found(found[:limit], keys_of[found[limit - 1]["id"]])
        if len(portion_rows) < portion:
            return Found(found)
        after = [portion_rows[-1][name] for name in keys]
        if looked_at >= LOOKED_AT:
            return Found(found, after, looked_at)


@dataclass(frozen=True, slots=True)
class FilteredList:
    """A list by three statements: ``candidates``, in the ``:sorting`` of the list, after the keys of a row; ``rows``,
    whole, of those of the ``:ids`` that pass all filters; ``count``, how many rows the narrowest of the ``narrowing``
    filters has, counted no further than ``:limit``.

    sort_keys: the columns that each order goes by. after: the parameter of each of these columns. narrowing: filters
    that have an index. served: those of them that the index of an order answers in that order, given its name and the
    values of all filters.
    """

    candidates: str
    rows: str
    count: str
    sort_keys: Mapping[Any, Sequence[str]]
    after: Mapping[str, str]
    narrowing: Collection[str]
    served: Callable[[str, Mapping[str, Any]], Collection[str]]

    def find(
        self,
        connection: Connection,
        values: Mapping[str, Any],
        *,
        sorting: str,
        after: Sequence[Any] | None,
        limit: int,
        is_asked_of_each: bool,
    ) -> Found:
        """A page of up to ``limit`` rows; ``values`` are those of the filters.

        A list goes through the index of its order. Filters that this index does not answer have to be asked of each
        row it has, unless few rows pass one of them: these are read by its index instead, and put in order.
        """
        columns = self.sort_keys[sorting]
        served = self.served(sorting, values)
        others = [name for name in self.narrowing if values[name] is not None and name not in served]
        are_few = bool(others) and self._are_few(connection, values)
        walked = dict(values) if are_few else {**values, **dict.fromkeys(others)}

        def candidates(after: Sequence[Any] | None, number: int) -> Sequence[Row]:
            given = zip(columns, after, strict=True) if after is not None else ()
            keys = dict.fromkeys(self.after.values()) | {self.after[name]: value for name, value in given}
            # All of the few: a planner who knows of a limit may hope to meet so many on the way through the order.
            reading = {**walked, **keys, "sorting": sorting, "limit": None if are_few else number}
            return rows_of(connection, self.candidates, reading)[:number]

        def rows(ids: list[Any], number: int) -> Sequence[Row]:
            return rows_of(connection, self.rows, {**values, "ids": ids, "limit": number})

        return find_in_portions(
            candidates,
            rows,
            keys=columns,
            after=after,
            limit=limit,
            is_asked_of_each=is_asked_of_each or (bool(others) and not are_few),
        )

    def _are_few(self, connection: Connection, values: Mapping[str, Any]) -> bool:
        counted = connection.execute(statement(self.count), {**values, "limit": FEW + 1}).scalar_one()
        return counted is not None and counted <= FEW

    def read(self, connection: Connection, values: Mapping[str, Any], *, sorting: str) -> Iterator[Sequence[Row]]:
        """All rows, in portions of thousands."""
        reading = {**values, "sorting": sorting, **dict.fromkeys(self.after.values()), "limit": None}
        for candidates in read_in_portions(connection, self.candidates, reading, ["id"]):
            wanted = {**values, "ids": [candidate[0] for candidate in candidates], "limit": None}
            yield rows_of(connection, self.rows, wanted)
