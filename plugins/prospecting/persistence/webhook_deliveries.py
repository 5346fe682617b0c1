"""Tries to tell another system of an execution. Functions take a connection and never commit."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import Connection

from prospecting.persistence.pages import Page, page_of
from prospecting.persistence.statements import statement

ErrorKind = Literal["unreachable", "timeout", "redirected", "refused", "unavailable"]
"""Why a try failed: no answer, none in time, a redirect, a status that stays, a status that may pass."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """One try: ``message_id`` is the same for every try of a message and for its repeats, ``attempt`` counts from 1.

    ``status_code``: that of HTTP, if there was an answer. ``delivered_at``: when it was taken; else ``error_kind``.
    """

    execution_id: str
    message_id: str
    event: str
    attempt: int
    attempted_at: datetime
    status_code: int | None = None
    error_kind: ErrorKind | None = None
    delivered_at: datetime | None = None


def note_delivery(connection: Connection, delivery: Delivery) -> None:
    """Note one try, unless its execution is gone by now."""
    connection.execute(statement("webhook_deliveries/note_delivery"), asdict(delivery))


def query_deliveries(connection: Connection, execution_id: UUID | str, *, limit: int) -> Page[dict[str, Any]]:
    """The latest tries of an execution: event, message_id, attempt, status_code, error_kind and moments."""
    values = {"execution_id": execution_id, "limit": limit}
    return page_of(connection.execute(statement("webhook_deliveries/deliveries_of"), values).mappings().all())
