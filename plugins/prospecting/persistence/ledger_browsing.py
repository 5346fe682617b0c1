"""The ledger for people to read: calls, what days cost, one call with its texts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, RowMapping

from prospecting.persistence.statements import statement

STATUSES = ("succeeded", "reused", "failed", "abandoned", "started")
_LAST = 2**63 - 1
_EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
_LATEST = datetime(9999, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class CallFilter:
    """The calls that are meant; what is left out means all. ``run_id`` goes with ``dag_id``."""

    since: datetime | None = None
    until: datetime | None = None
    provider: str | None = None
    status: str | None = None
    dag_id: str | None = None
    run_id: str | None = None


def query_calls(
    connection: Connection, wanted: CallFilter, *, after: Sequence[Any] | None = None, limit: int
) -> list[dict[str, Any]]:
    """Calls, the newest first, after the key (``started_at``, ``id``), with the task that made each."""
    after_started_at, after_id = after or (None, _LAST)
    until = wanted.until or _LATEST
    if after_started_at is not None:
        # The index is entered at this bound, not at the key.
        until = min(until, after_started_at + timedelta(microseconds=1))
    values = {
        "since": wanted.since or _EARLIEST,
        "until": until,
        "provider": wanted.provider,
        "status": wanted.status,
        "dag_id": wanted.dag_id,
        "run_id": wanted.run_id,
        "after_started_at": after_started_at,
        "after_id": after_id,
        "limit": limit,
    }
    return [dict(row) for row in connection.execute(statement("agent_calls/browse_calls"), values).mappings()]


def query_calls_of_scope(
    connection: Connection, scope: str, *, after_id: int | None = None, limit: int
) -> list[dict[str, Any]]:
    """The calls of a scope, as ``query_calls`` has them, the newest first, before the call ``after_id``."""
    values = {"scope": scope, "after_id": after_id, "limit": limit}
    return [dict(row) for row in connection.execute(statement("agent_calls/calls_of_scope"), values).mappings()]


def query_cost_by_day(connection: Connection, first: date) -> list[dict[str, Any]]:
    """day (UTC), provider, calls, reused, failed, cost_usd, reserved_usd, unpriced from the day ``first`` on."""
    return [dict(row) for row in connection.execute(statement("agent_calls/cost_by_day"), {"first": first}).mappings()]


def find_call(connection: Connection, call_id: int) -> RowMapping | None:
    """One call with everything that is stored of it, and the task that made it; ``None`` when there is none."""
    return connection.execute(statement("agent_calls/find_call"), {"call_id": call_id}).mappings().one_or_none()
