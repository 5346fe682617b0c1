"""Circuits of providers: who may be asked, and what came of it. ``prospecting.agents.circuits`` says when and why.

Functions take a connection and never commit. Commit at once: others wait for the row of a provider that is failing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Connection

from prospecting.persistence.statements import statement


@dataclass(frozen=True, slots=True)
class Permission:
    """The answer to the question whether a provider may be asked.

    ``trial_until`` belongs to a ``trial`` and identifies it; ``wait_seconds`` and ``opened_at`` to ``open``.
    """

    state: Literal["closed", "trial", "open"]
    trial_until: datetime | None = None
    opened_at: datetime | None = None
    wait_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class CountedFailure:
    """A circuit after a failure: ``opened`` just now, for ``pause_seconds``, after so many ``failures`` in a row."""

    opened: bool
    failures: int
    pause_seconds: float | None


def ask_circuit(connection: Connection, provider: str, *, lease_seconds: float) -> Permission:
    """May ``provider`` be asked? When it is time to try again, one caller gets the trial, for ``lease_seconds``."""
    row = connection.execute(
        statement("agent_calls/ask_circuit"), {"provider": provider, "lease_seconds": lease_seconds}
    ).one()
    if row.state == "open":
        return Permission("open", opened_at=row.opened_at, wait_seconds=row.wait_seconds)
    return Permission(row.state, trial_until=row.trial_until)


def query_shut_providers(connection: Connection, providers: Sequence[str]) -> dict[str, float]:
    """Seconds to wait by provider, of those of ``providers`` that may not be asked now. Begins no trial."""
    rows = connection.execute(statement("agent_calls/shut_providers"), {"providers": list(providers)})
    return {row.provider: row.wait_seconds for row in rows}


def note_failure(
    connection: Connection,
    provider: str,
    *,
    error_kind: str,
    trial_until: datetime | None,
    threshold: int,
    window_seconds: float,
    first_pause: float,
    longest_pause: float,
) -> CountedFailure | None:
    """Count a failure; ``None`` when the circuit had opened, or the trial ran out, before the call ended."""
    row = connection.execute(
        statement("agent_calls/note_failure"),
        {
            "provider": provider,
            "error_kind": error_kind,
            "trial_until": trial_until,
            "threshold": threshold,
            "window_seconds": window_seconds,
            "first_pause": first_pause,
            "longest_pause": longest_pause,
        },
    ).one_or_none()
    return None if row is None else CountedFailure(row.opened, row.failures, row.pause_seconds)


def note_success(connection: Connection, provider: str) -> bool:
    """Close the circuit and forget failures; returns True when it was not closed."""
    found = connection.execute(statement("agent_calls/note_success"), {"provider": provider}).scalar_one_or_none()
    return bool(found)


def return_trial(connection: Connection, provider: str, trial_until: datetime) -> None:
    """Let somebody else try, for this trial has shown nothing."""
    connection.execute(statement("agent_calls/return_trial"), {"provider": provider, "trial_until": trial_until})


def query_open_circuits(connection: Connection) -> list[dict[str, Any]]:
    """provider, state, failures (in a row), error_kind, last_failure_at, opened_at, retry_at, pause_seconds.

    Circuits that are not closed come first, then providers that failed within a day and have not answered since.
    """
    return [dict(row) for row in connection.execute(statement("agent_calls/open_circuits")).mappings()]
