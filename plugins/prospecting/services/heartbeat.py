"""The heartbeat of a task try: what it writes about once a minute, so that its run is not taken for dead.

A try beats before it writes, and a thread beats for it while it waits for a provider or for one long statement. The
thread dies with its process, and does not follow into a process that was forked from it.
"""

from __future__ import annotations

import logging
import threading
import time

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from prospecting.persistence import heartbeats
from prospecting.persistence.database import TaskAttempt, unit_of_work

log = logging.getLogger(__name__)

BEAT_SECONDS = 60.0
"""The pause between two beats of a try."""

_STATEMENT_SECONDS = 10.0
_STOP_SECONDS = 2.0


class Heartbeat:
    """Beats for one try of a task. Nothing happens before ``beat_if_due`` or ``start``.

    Every beat is a short transaction of its own. One that fails is left out: the work itself will notice that the
    database is away, and a run that was closed meanwhile is opened again by the next beat.
    """

    def __init__(self, engine: Engine, attempt: TaskAttempt, *, interval_seconds: float = BEAT_SECONDS) -> None:
        self._engine = engine
        self._attempt = attempt
        self._interval_seconds = interval_seconds
        self._last_beat: float | None = None
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None

    def beat_if_due(self) -> None:
        """Beat, registering the try, unless it has done so lately.

        To be called outside of transactions: one that has registered the try, and works on, would keep it unseen.
        """
        if self._last_beat is None or time.monotonic() - self._last_beat >= self._interval_seconds:
            self._beat(register=True)

    def start(self) -> None:
        """Beat in a thread of its own until ``stop``. Tries that have not written anything stay unregistered."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="heartbeat", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """End the thread. A beat that hangs is not waited for."""
        self._stopped.set()
        if self._thread is not None:
            self._thread.join(_STOP_SECONDS)

    def _run(self) -> None:
        while not self._stopped.wait(self._interval_seconds):
            self._beat(register=False)

    def _beat(self, *, register: bool) -> None:
        try:
            with unit_of_work(self._engine, timeout_seconds=_STATEMENT_SECONDS) as connection:
                reopened = heartbeats.beat(connection, self._attempt, register=register)
        except SQLAlchemyError as error:
            # The type alone: a driver's text may repeat a row.
            log.warning("A sign of life could not be stored (%s)", type(error).__name__)
            return
        self._last_beat = time.monotonic()
        if reopened:
            log.warning("This run had been closed as abandoned; it goes on, and is open again")
