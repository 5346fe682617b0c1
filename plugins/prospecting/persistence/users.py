"""Users, known from their first research or interaction on, and the ids and times that their programs hand over."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy import Connection

from prospecting.parsing.dates import FIRST_YEAR
from prospecting.persistence.statements import statement


def register_users(connection: Connection, user_ids: Iterable[UUID]) -> None:
    """Store users that are not known yet; the identity provider is elsewhere."""
    connection.execute(statement("access/register_users"), {"user_ids": list(user_ids)})


def checked_uuid(value: object, name: str) -> UUID:
    """``value`` as a UUID. Raises ``ValueError`` that names the argument and not its value."""
    try:
        return value if isinstance(value, UUID) else UUID(value)  # type: ignore[arg-type]
    except (ValueError, TypeError, AttributeError):
        raise ValueError(f"{name} is not a UUID; give one") from None


def checked_time(moment: object, name: str, tolerance: timedelta) -> datetime:
    """``moment`` (a datetime, or ISO 8601 text) in UTC.

    Raises ``ValueError`` for what is not a time, has no zone, is long past, or is further ahead than ``tolerance``.
    """
    if isinstance(moment, str):
        with suppress(ValueError):
            moment = datetime.fromisoformat(moment)
    if not isinstance(moment, datetime):
        raise ValueError(f"{name} is not a time; give one with a zone")
    if moment.utcoffset() is None:
        raise ValueError(f"{name} has no time zone; give one with a zone")
    try:
        in_utc = moment.astimezone(UTC)
    except OverflowError:
        raise ValueError(f"{name} is beyond the calendar; give a real time") from None
    if in_utc.year < FIRST_YEAR:
        raise ValueError(f"{name} lies before {FIRST_YEAR}; check the clock it comes from")
    if in_utc > datetime.now(UTC) + tolerance:
        raise ValueError(f"{name} lies in the future; check the clock it comes from")
    return in_utc
