"""Locks the questions that are being asked, so that of all workers with the same question one pays.

A ledger holds the locks of all its questions on one database session, which lives as long as there are any: however
many are in flight, the ledger takes one session for them. The session is idle and outside any transaction, and its end
frees the locks, whatever happened to the worker.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from prospecting.persistence import agent_calls

log = logging.getLogger(__name__)


class QuestionLocks:
    """The locks of one ledger. For several threads: each question is held by one of them.

    A pooler between us and PostgreSQL must pool sessions, not transactions.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._mutex = threading.Lock()
        self._session: Connection | None = None
        self._users = 0
        # The session that holds a question: locks of a session are no obstacle to itself.
        self._held: dict[tuple[str, str], Connection] = {}

    @contextmanager
    def lock(self, scope: str, request_key: str) -> Iterator[QuestionLock]:
        """The lock of one question, not taken yet; given back at the end of the block."""
        lock = QuestionLock(self, (scope, request_key))
        with self._mutex:
            self._users += 1
        try:
            yield lock
        finally:
            self._leave(lock)

    def try_lock(self, question: tuple[str, str]) -> bool:
        """Take the lock of a question; False when somebody else has it."""
        with self._mutex:
            if question in self._held:
                return False
            try:
                session, is_ours = self._try(question)
            except DBAPIError as error:
                if not error.connection_invalidated:
                    raise
                # Gone, and with it its locks. Whoever answers meanwhile records the answer all the same.
                log.warning("The session that held the locks of questions was lost; going on with another one")
                self._discard()
                session, is_ours = self._try(question)
            if is_ours:
                self._held[question] = session
            return is_ours

    def _try(self, question: tuple[str, str]) -> tuple[Connection, bool]:
        if self._session is None:
            self._session = self._opened()
        scope, request_key = question
        return self._session, agent_calls.try_lock_question(self._session, scope=scope, request_key=request_key)

    def _opened(self) -> Connection:
        """A session taken out of the pool: closing it ends it."""
        session = self._engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        try:
            session.detach()
            agent_calls.keep_session_alive(session)
        except BaseException:
            session.close()
            raise
        return session

    def _leave(self, lock: QuestionLock) -> None:
        with self._mutex:
            self._users -= 1
            held_by = self._held.pop(lock.question, None) if lock.is_held else None
            if self._users == 0:
                self._discard()
            elif held_by is not None and held_by is self._session:
                scope, request_key = lock.question
                try:
                    agent_calls.unlock_question(held_by, scope=scope, request_key=request_key)
                except DBAPIError:
                    # Ending the session is the sure way; the questions in flight lose their locks, and are recorded.
                    self._discard()

    def _discard(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            session.close()


class QuestionLock:
    """The lock of one question."""

    def __init__(self, locks: QuestionLocks, question: tuple[str, str]) -> None:
        self._locks = locks
        self.question = question
        self.is_held = False

    def try_lock(self) -> bool:
        """Take it; False when somebody else has it, another thread of this process included."""
        self.is_held = self.is_held or self._locks.try_lock(self.question)
        return self.is_held
