"""Signs of life of task tries, and what is closed when there are none.

A run (``signal_executions``, ``slot_evaluations``, ``feature_refreshes``, ``account_refreshes``,
``contact_promotions``, ``erasures``) lives as long as any try of any of its tasks does; a call in the ledger, as long
as the try that made it. Time is the database's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from sqlalchemy import Connection

from prospecting.persistence.database import TaskAttempt
from prospecting.persistence.statements import statement


@dataclass(frozen=True, slots=True)
class Closed:
    """How many rows of each table were closed."""

    signal_executions: int = 0
    slot_evaluations: int = 0
    feature_refreshes: int = 0
    account_refreshes: int = 0
    contact_promotions: int = 0
    erasures: int = 0
    agent_calls: int = 0

    @property
    def total(self) -> int:
        """All of them."""
        return sum(asdict(self).values())


def beat(connection: Connection, attempt: TaskAttempt, *, register: bool = False) -> int:
    """Note that a try works, and open again what was closed of its run. Returns how many runs were opened again.

    A try that is not registered, because it has not written anything, has nothing to live for unless ``register``.
    Commit at once: whoever registers the same try waits until then.
    """
    values = asdict(attempt)
    name = "heartbeats/register" if register else "heartbeats/beat"
    attempt_id = connection.execute(statement(name), values).scalar_one_or_none()
    if attempt_id is None:
        return 0
    run = {"attempt_id": attempt_id, "dag_id": attempt.dag_id, "run_id": attempt.run_id}
    reopened: int = connection.execute(statement("heartbeats/reopen"), run).scalar_one()
    return reopened


def close_abandoned(
    connection: Connection, *, silent_seconds: float, message: str, outlasting: Sequence[str] = ()
) -> Closed:
    """Close the runs and calls that gave no sign of life for ``silent_seconds``; several may do so at once.

    ``message`` is stored as the error of runs. Calls to the providers ``outlasting`` outlast their worker and stay.
    """
    values = {"silent_seconds": silent_seconds, "message": message, "outlasting": list(outlasting)}
    return Closed(**connection.execute(statement("heartbeats/close_abandoned"), values).mappings().one())
