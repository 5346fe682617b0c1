"""Rows together with how many there are: the one way queries with a limit return them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Generic, TypeVar

from sqlalchemy import RowMapping

T = TypeVar("T")


class Page(list[T], Generic[T]):
    """Some rows. ``total``: how many there are regardless of limit and offset."""

    def __init__(self, rows: Iterable[T] = (), *, total: int = 0) -> None:
        super().__init__(rows)
        self.total = total


def page_of(rows: Sequence[RowMapping]) -> Page[dict[str, Any]]:
    """The rows of a statement whose column ``total`` repeats ``count(*) over ()`` in each; without that column."""
    total = rows[0]["total"] if rows else 0
    return Page(({name: row[name] for name in row if name != "total"} for row in rows), total=total)
