"""Locks between the commands of one checkout. The kernel releases them when their holder dies, however it dies."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path


class FileLock:
    """An advisory lock on a file that is released at the latest when the process ends.

    A child process that is given the file descriptor holds the lock as well, until it ends too.
    """

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._handle = os.fdopen(os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600), "a")

    def fileno(self) -> int:
        """The file descriptor, for `pass_fds` of a child process."""
        return self._handle.fileno()

    def acquire(self, *, shared: bool = False, wait: bool = True) -> bool:
        """Take the lock; False when it is held elsewhere and `wait` is False."""
        try:
            fcntl.flock(self._handle, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            return False
        return True

    def release(self) -> None:
        """Give the lock back; harmless when it is not held."""
        fcntl.flock(self._handle, fcntl.LOCK_UN)


def scheduler_lock(root: Path) -> FileLock:
    """Held exclusively by a running Airflow, shared by runs in a terminal.

    A scheduler takes every task in the metadata database for its own and would start the tasks of a terminal's run a
    second time, so the two never use one metadata database at the same time.
    """
    return FileLock(root / ".local" / "scheduler.lock")
