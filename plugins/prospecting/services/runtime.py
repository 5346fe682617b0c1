"""The runtime that a service is given: a database, the task try it works for, and how long it may take."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from threading import RLock
from typing import TYPE_CHECKING, TypeVar

from sqlalchemy import Connection, Engine, text

from prospecting.persistence.database import TaskAttempt, run_in_savepoint, run_in_transaction
from prospecting.services.heartbeat import Heartbeat
from prospecting.services.reading_bounds import USUAL, ReadingBounds

if TYPE_CHECKING:
    from prospecting.agents.circuits import CircuitChange
    from prospecting.agents.ledger import SettledCall
    from prospecting.services.execution_progress import Progress

R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Runtime:
    """Where and for whom a service works.

    ``attempt`` is what ``written_by`` points to; without one (a script, a test) rows say nobody wrote them.
    ``timeout_seconds`` bounds every statement. ``is_last_try`` tells that a failure now is final. ``heartbeat`` tells
    others that the try works: before everything it writes, when it has not done so lately. ``reading`` bounds what
    reading one answer may take. ``is_journalled``: what the try writes can be taken back (``backfill_journal``).
    ``on_settled_call`` is told how each call to an agent ended, ``on_saved_briefings`` how many briefings of a kind
    were written, ``on_circuit_change`` that a provider is left alone or asked again, ``on_progress`` how far an
    execution is; all after the commit, and none may raise.
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
    on_progress: Callable[[Progress], None] | None = None

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


@dataclass(frozen=True, slots=True, kw_only=True)
class OneTransaction(Runtime):
    """A runtime whose units of work are all parts of one transaction, that of ``connection``, with a savepoint each.

    Whoever opened the transaction commits it, or rolls all of it back: that shows what a service would write without
    writing it. Later units see what earlier ones wrote, nobody else does. Threads take turns. The locks of all units
    are held until the end. The connection says for whom it works; ``attempt`` and ``timeout_seconds`` do not matter.
    """

    connection: Connection
    turn: RLock = field(default_factory=RLock, repr=False, compare=False)

    def write(self, work: Callable[[Connection], R]) -> R:
        """Run ``work(connection)`` with a savepoint, again when it lost a race."""
        with self.turn:
            return run_in_savepoint(work, self.connection)

    def read(self, work: Callable[[Connection], R], *, prepare: Callable[[Connection], None] | None = None) -> R:
        """Run ``work(connection)`` with a savepoint in which PostgreSQL refuses to write."""
        with self.turn:
            if prepare is not None:
                prepare(self.connection)
            return run_in_savepoint(work, self.connection, read_only=True)
