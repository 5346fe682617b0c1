"""Giving things back when Airflow kills a task.

``on_kill`` runs in a signal handler, in the middle of whatever the task's main thread was doing, and that goes on when
the handler returns. So a service is told to stop, which it looks for between its steps, and what it holds is given back
over a connection of its own, from a thread of its own: neither can wait for anything the interrupted code has locked.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import replace

from sqlalchemy import NullPool
from sqlalchemy.exc import DBAPIError

from prospecting.persistence.database import make_engine
from prospecting.services.runtime import Runtime

log = logging.getLogger(__name__)

# Airflow kills for good five seconds after it asked a task to end; libpq waits for a server two seconds at least.
_LONGEST_SECONDS = 4.0
_CONNECT_SECONDS = 2
_STATEMENT_SECONDS = 1.0


class Interrupted(Exception):
    """The task was killed before its work was done. What it held was given back."""


def work_apart(runtime: Runtime, work: Callable[[Runtime], object]) -> bool:
    """Run ``work`` with a runtime that shares nothing with the interrupted code; safe in a signal handler.

    Returns False when it returned False, failed, or was not done within four seconds.
    """
    done: list[object] = []

    def run() -> None:
        engine = make_engine(runtime.engine.url, connect_timeout=_CONNECT_SECONDS, poolclass=NullPool)
        try:
            # Without the attempt: the interrupted transaction may hold its row in task_attempts.
            apart = replace(runtime, engine=engine, attempt=None, timeout_seconds=_STATEMENT_SECONDS, heartbeat=None)
            done.append(work(apart))
        except DBAPIError as error:
            log.warning("What was to be given back could not be (%s)", type(error).__name__)

    thread = threading.Thread(target=run, name="interruption", daemon=True)
    thread.start()
    thread.join(_LONGEST_SECONDS)
    return bool(done) and done[0] is not False
