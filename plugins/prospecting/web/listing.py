"""Lists: pages of 50 by keyset, and all of them as CSV."""

from __future__ import annotations

import base64
import csv
import io
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from itertools import chain
from typing import Any
from uuid import UUID

from fastapi import HTTPException, status
from fastapi.responses import StreamingResponse
from sqlalchemy import Connection

from prospecting.persistence.database import clean_text

ROWS = 50
"""Rows of a page."""

# Also behind blanks and characters without width; some spreadsheets take the full-width signs for the others.
_FORMULA = re.compile(
    "[\t\r\n]|[\\s\x00-\x1f\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]*[-=+@\uff0d\uff1d\uff0b\uff20]"
)


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a list: ``name`` is that of the row's value, ``title`` what people read in the CSV."""

    name: str
    title: str


# ------------------------------------------------------------------ keyset paging
def after(cursor: str | None, kinds: Sequence[type]) -> list[Any] | None:
    """The key of the row after which the page begins, or None for the first page.

    ``kinds`` are the types of the key's parts, each ``int``, ``float``, ``str``, ``UUID``, ``date`` or ``datetime``; a
    part may be None. Raises 400 for a cursor that none of our pages made.
    """
    if not cursor:
        return None
    try:
        parts = json.loads(base64.urlsafe_b64decode(cursor.encode() + b"=="))
        if not isinstance(parts, list) or len(parts) != len(kinds):
            raise ValueError
        return [None if part is None else _part(part, kind) for part, kind in zip(parts, kinds, strict=True)]
    except (ValueError, TypeError, AttributeError, RecursionError):
        raise HTTPException(
            status.HTTP_400_BAD_REQUEST, "The address is not one of a page of this list; open it anew"
        ) from None


def _part(value: Any, kind: type) -> Any:
    if kind is datetime:
        moment = datetime.fromisoformat(value)
        if moment.tzinfo is None or not 1 < moment.year < 9999:
            raise ValueError
        return moment
    if kind is date:
        return date.fromisoformat(value)
    if kind is UUID:
        return UUID(value)
    if isinstance(value, bool) or not isinstance(value, (int, float) if kind is float else kind):
        raise ValueError
    if isinstance(value, int) and abs(value) >= 2**63:
        raise ValueError
    if isinstance(value, str) and clean_text(value) != value:
        raise ValueError
    return value


def cursor_of(key: Sequence[Any]) -> str:
    """The cursor that ``after`` reads back."""
    parts = [
        str(part) if isinstance(part, (date, UUID)) else float(part) if isinstance(part, Decimal) else part
        for part in key
    ]
    return base64.urlsafe_b64encode(json.dumps(parts).encode()).rstrip(b"=").decode()


@dataclass(frozen=True, slots=True)
class Listed:
    """Rows of a page, and the cursor of the next one (None on the last)."""

    rows: list[Mapping[str, Any]]
    next: str | None


def listed(rows: Sequence[Mapping[str, Any]], key: Sequence[str], *, size: int = ROWS) -> Listed:
    """A page of rows from a statement that was asked for ``size + 1``; ``key`` are the columns it is ordered by."""
    shown = list(rows[:size])
    more = len(rows) > size
    return Listed(shown, cursor_of([shown[-1][name] for name in key]) if more else None)


# ------------------------------------------------------------------ CSV
def csv_answer(
    name: str,
    columns: Sequence[Column],
    open_database: Callable[[], AbstractContextManager[Connection]],
    portions: Callable[[Connection], Iterator[Sequence[Mapping[str, Any]]]],
) -> StreamingResponse:
    """A download ``<name>.csv``, streamed while it is read. It begins once its first rows are there: a database that
    does not answer is told as on pages. Errors after that end it early."""
    headers = {"Content-Disposition": f'attachment; filename="{name}.csv"', "Cache-Control": "no-store"}
    parts = _csv(columns, open_database, portions)
    first = next(parts)
    return StreamingResponse(chain([first], parts), media_type="text/csv; charset=utf-8", headers=headers)


def _csv(
    columns: Sequence[Column],
    open_database: Callable[[], AbstractContextManager[Connection]],
    portions: Callable[[Connection], Iterator[Sequence[Mapping[str, Any]]]],
) -> Iterator[str]:
    text = io.StringIO()
    writer = csv.writer(text)

    def taken() -> str:
        written = text.getvalue()
        text.seek(0)
        text.truncate()
        return written

    text.write("\ufeff")  # a byte order mark: spreadsheets then read UTF-8
    writer.writerow([column.title for column in columns])
    with open_database() as connection:
        for rows in portions(connection):
            writer.writerows([cell(row[column.name]) for column in columns] for row in rows)
            yield taken()
    if rest := taken():
        yield rest


def cell(value: Any) -> Any:
    """A value as a cell that no spreadsheet takes for a formula: text that begins like one is led by an apostrophe."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (list, tuple)):
        value = "; ".join(str(part) for part in value)
    if isinstance(value, str) and _FORMULA.match(value):
        return f"'{value}"
    return value.isoformat() if isinstance(value, (date, datetime)) else value
