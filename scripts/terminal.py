"""The lines that a run in a terminal shows, one per task event. Everything else that is written goes to a log file."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TextIO


class Progress:
    """Writes one line per task event, and remembers what failed. Registered as an Airflow listener."""

    def __init__(self, out: TextIO, *, on_first_task: Callable[[], None] = lambda: None) -> None:
        self.out = out
        self.interrupted: int | None = None
        self.failures: dict[str, str] = {}  # task label: last line of its error
        self._on_first_task = on_first_task
        self._started: dict[Any, float] = {}
        self._seen_task = False

    def line(self, text: str) -> None:
        """One line on the terminal, stamped with the time of day."""
        with contextlib.suppress(OSError):  # nobody reads any more: a closed pipe or terminal
            print(f"{datetime.now(UTC).astimezone():%H:%M:%S}  {text}", file=self.out, flush=True)

    def started(self, task: Any) -> None:
        """A try begins, or continues after having waited for a trigger."""
        if not self._seen_task:
            self._seen_task = True
            self._on_first_task()
        resumed = task.id in self._started
        self._started.setdefault(task.id, time.monotonic())
        again = f" (try {task.try_number})" if task.try_number > 1 and not resumed else ""
        self.line(f"{'resume' if resumed else 'start':<8} {label(task)}{again}")

    def ended(self, task: Any, state: str, error: object = None) -> None:
        """A try ended; with an error, its last line is shown below."""
        seconds = time.monotonic() - self._started.pop(task.id, time.monotonic())
        self.line(f"{state:<8} {label(task)}  {seconds:.1f} s")
        if error is not None and not self.interrupted:
            reason = last_line(error)
            self.line(f"{'':<8} {reason}")
            if state == "failed":
                self.failures[label(task)] = reason
        if self.interrupted:
            # The task runner turns an interruption into a failed try and would go on with the next task.
            raise KeyboardInterrupt


def ending_signals(out: TextIO) -> list[signal.Signals]:
    """The signals that ask a command to end. SIGHUP is none under nohup: ignored, and the output is no terminal."""
    hang_up = signal.getsignal(signal.SIGHUP) != signal.SIG_IGN or out.isatty()
    return [signal.SIGINT, signal.SIGTERM, *([signal.SIGHUP] if hang_up else [])]


def hang_up_watch(out: TextIO) -> Callable[[], bool]:
    """Returns a function that is true once the terminal `out` is gone, and never when it is a file or a pipe.

    SIGHUP reaches the first process of the session alone, such as a shell or `make`, which may keep it to itself.
    """
    if not out.isatty():
        return lambda: False
    kept = os.dup(out.fileno())
    return lambda: not os.isatty(kept)


def label(task: Any) -> str:
    """`task_id`, with the rendered name of a mapped instance: `persist[TechCrunch Disrupt]`."""
    index = getattr(task, "map_index", -1)
    name = getattr(task, "rendered_map_index", None) or (str(index) if index is not None and index >= 0 else "")
    return f"{task.task_id}[{name}]" if name else str(task.task_id)


def last_line(error: object) -> str:
    """Returns what went wrong, on one line: type and first line of the message of an exception."""
    lines = [line.strip() for line in str(error).strip().splitlines() if line.strip()]
    message = lines[0] if lines else ""
    if isinstance(error, BaseException):
        return f"{type(error).__name__}: {message}"[:400] if message else type(error).__name__
    return message[:400]


def listener(progress: Progress) -> object:
    """The Airflow listener that feeds `progress`."""
    from airflow.listeners import hookimpl

    class Listener:
        @hookimpl
        def on_task_instance_running(self, task_instance: Any) -> None:
            progress.started(task_instance)

        @hookimpl
        def on_task_instance_success(self, task_instance: Any) -> None:
            progress.ended(task_instance, "success")

        @hookimpl
        def on_task_instance_skipped(self, task_instance: Any) -> None:
            progress.ended(task_instance, "skipped")

        @hookimpl
        def on_task_instance_failed(self, task_instance: Any, error: Any) -> None:
            state = str(getattr(task_instance.state, "value", task_instance.state))
            progress.ended(task_instance, "retry" if state == "up_for_retry" else "failed", error or "no error message")

    return Listener()


@contextlib.contextmanager
def logs_to(path: Path) -> Iterator[TextIO]:
    """Send everything written to stdout and stderr, by this process or its children, to `path`; yields the terminal."""
    path.parent.mkdir(parents=True, exist_ok=True)
    sys.stdout.flush()
    sys.stderr.flush()
    kept = os.dup(1), os.dup(2)
    terminal = os.fdopen(os.dup(1), "w", encoding="utf-8", errors="replace")
    with path.open("ab") as log:
        os.dup2(log.fileno(), 1)
        os.dup2(log.fileno(), 2)
        try:
            yield terminal
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os.dup2(kept[0], 1)
            os.dup2(kept[1], 2)
            os.close(kept[0])
            os.close(kept[1])
            with contextlib.suppress(OSError):  # what a closed terminal did not take is lost
                terminal.close()
