"""The runtime that a service is given: a database, the task try it works for, and how long it may take."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from sqlalchemy import Connection, Engine, text

from prospecting.persistence.database import TaskAttempt, run_in_transaction
from prospecting.services.heartbeat import Heartbeat
from prospecting.services.reading_bounds import USUAL, ReadingBounds

if TYPE_CHECKING:
    from prospecting.agents.circuits import CircuitChange
    from prospecting.agents.ledger import SettledCall

R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Runtime:
    """Where and for whom a service works.

    ``attempt`` is what ``written_by`` points to; without one (a script, a test) rows say nobody wrote them.
    ``timeout_seconds`` bounds every statement. ``is_last_try`` tells that a failure now is final. ``heartbeat`` tells
    others that the try works: before everything it writes, when it has not done so lately. ``reading`` bounds what
    reading one answer may take. ``is_journalled``: what the try writes can be taken back (``backfill_journal``).
    ``on_settled_call`` is told how each call to an agent ended, ``on_saved_briefings`` how many briefings of a kind
    were written, ``on_circuit_change`` that a provider is left alone or asked again; all after the commit, and none may
    raise.
    """

    engine: Engine
    attempt: TaskAttempt | None = None
    timeout_seconds: float | None = None
    is_last_try: bool = False
    heartbeat: Heartbeat | None = None
    reading: ReadingBounds = USUAL
    is_journalled: bool = False
    on_settled_call: Callable[[SettledCall], None] | None = None
    on_saved_briefings: Callable[[str, int], None] | None = None
    on_circuit_change: Callable[[CircuitChange], None] | None = None

    def write(self, work: Callable[[Connection], R]) -> R:
        """Run ``work(connection)`` as one transaction of the task try, repeated when it lost a race.

        ``work`` may run up to five times: it must not change anything outside its connection.
        """
        if self.heartbeat is not None:
            self.heartbeat.beat_if_due()
        return run_in_transaction(
            work,
            self.engine,
            self.attempt,
            timeout_seconds=self.timeout_seconds,
            is_journalled=self.is_journalled,
        )

    def saved_briefings(self, kind: str, count: int) -> None:
        """Tell that ``count`` briefings of a kind were written, if anybody wants to know."""
        if self.on_saved_briefings is not None:
            self.on_saved_briefings(kind, count)

    def read(self, work: Callable[[Connection], R], *, prepare: Callable[[Connection], None] | None = None) -> R:
        """Run ``work(connection)`` as one transaction in which PostgreSQL refuses to write; it leaves no trace.

        Temporary tables can be written, so a dry run takes the same way as what it previews. They cannot be created
        any more, though: ``prepare(connection)`` does that, before the transaction becomes read-only.
        """
        if prepare is None:
            return run_in_transaction(work, self.engine, timeout_seconds=self.timeout_seconds, read_only=True)

        def prepared(connection: Connection) -> R:
            prepare(connection)
            connection.execute(text("set transaction read only"))
            return work(connection)

        return run_in_transaction(prepared, self.engine, timeout_seconds=self.timeout_seconds)
