"""Filters of lists, read from the query of an address: what is empty is no filter, what cannot be meant is refused."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, date, datetime, time
from typing import NoReturn
from uuid import UUID

from fastapi import HTTPException, Request, status

MAX_TEXT = 200


def refuse_null_characters(request: Request) -> None:
    """400 for an address with a NUL character, which no database can compare with anything."""
    if "\x00" in request.scope["path"] or b"%00" in request.scope.get("query_string", b""):
        raise HTTPException(status.HTTP_400_BAD_REQUEST, "The address has a character (NUL) that no text has")


def text(request: Request, name: str) -> str | None:
    """A text of up to ``MAX_TEXT`` characters."""
    value = request.query_params.get(name, "").strip()
    if len(value) > MAX_TEXT:
        _refuse(name, f"a text of at most {MAX_TEXT} characters")
    return value or None


def choice(request: Request, name: str, allowed: Collection[str]) -> str | None:
    """One of some values."""
    value = text(request, name)
    if value is not None and value not in allowed:
        _refuse(name, f"one of {', '.join(allowed)}")
    return value


def whole(request: Request, name: str, least: int = 1, most: int = 2**63 - 1) -> int | None:
    """A whole number from ``least`` to ``most``."""
    value = text(request, name)
    if value is None:
        return None
    if not (value.isascii() and value.isdecimal()) or len(value) > 19 or not least <= int(value) <= most:
        _refuse(name, f"a whole number from {least} to {most}")
    return int(value)


def uuid(request: Request, name: str) -> UUID | None:
    """A UUID."""
    value = text(request, name)
    try:
        return None if value is None else UUID(value)
    except ValueError:
        _refuse(name, "the id of a record: follow a link instead of writing it")


def day(request: Request, name: str) -> date | None:
    """A calendar day, ``YYYY-MM-DD``."""
    value = text(request, name)
    try:
        return None if value is None else date.fromisoformat(value)
    except ValueError:
        _refuse(name, "a day such as 2026-01-31")


def beginning_of(day: date | None) -> datetime | None:
    """The moment at which a day begins, UTC."""
    return None if day is None else datetime.combine(day, time(), UTC)


def _refuse(name: str, wanted: str) -> NoReturn:
    raise HTTPException(status.HTTP_400_BAD_REQUEST, f"The filter {name} is not {wanted}")
