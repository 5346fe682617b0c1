"""How far an execution is, noted with it as it runs: percent, step and a message without personal data."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass, field
from functools import partial
from uuid import UUID

from sqlalchemy.exc import DBAPIError

from prospecting.persistence import signals
from prospecting.services.runtime import Runtime

log = logging.getLogger(__name__)

PAUSE_SECONDS = 2.0
"""Between two notes of an execution, whoever writes them."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an execution is. ``step`` is the task that works; ``percent`` is below 100 until it has ended."""

    execution_id: UUID
    percent: int
    step: str
    message: str
    signal_name: str


@dataclass(slots=True)
class ProgressNotes:
    """Notes the progress of one execution for one task, at most every ``pause_seconds``."""

    runtime: Runtime
    execution_id: UUID
    pause_seconds: float = PAUSE_SECONDS
    _noted_at: float | None = field(default=None, init=False)

    def note(self) -> None:
        """Note how far the execution is, unless somebody has just done so. Never fails: the work matters more."""
        now = time.monotonic()
        if self._noted_at is not None and now - self._noted_at < self.pause_seconds:
            return
        self._noted_at = now
        try:
            found = self.runtime.write(
                partial(signals.note_progress, execution_id=self.execution_id, pause_seconds=self.pause_seconds)
            )
        except DBAPIError as error:
            log.warning("The progress could not be noted (%s)", type(error).__name__)
            return
        if found is None:
            return
        progress = Progress(self.execution_id, found["percent"], found["step"], found["message"], found["signal_name"])
        log.info("Progress %d %%: %s, %s", progress.percent, progress.step, progress.message)
        if self.runtime.on_progress is not None:
            self.runtime.on_progress(progress)
