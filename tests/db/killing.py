"""Processes that are killed in the middle of a live execution.

``python -m tests.db.killing`` is what they are forked from, once it has loaded what all of them need: that takes longer
than what most of them do. It reads the arguments of ``carry_out_and_die`` as JSON, a line for each process, and answers
with its id, and once it has ended with its exit code. (The fork server of the standard library is one for all tests.)
"""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
from contextlib import suppress
from typing import IO, Any, Self

from sqlalchemy import event

from prospecting.persistence.database import application_url, engine_for
from tests.conftest import ROOT
from tests.db.executing import Carrier, settings_for


class MortalExecutions:
    """Starts executions, one after the other, each in a process of its own."""

    def __enter__(self) -> Self:
        self._nursery = subprocess.Popen(
            [sys.executable, "-m", __name__],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            bufsize=0,
        )
        return self

    def __exit__(self, *_: object) -> None:
        self._input.close()
        self._output.close()
        self._nursery.wait()

    @property
    def _input(self) -> IO[bytes]:
        assert self._nursery.stdin is not None
        return self._nursery.stdin

    @property
    def _output(self) -> IO[bytes]:
        assert self._nursery.stdout is not None
        return self._nursery.stdout

    def start(self, *arguments: Any) -> None:
        """Start a process that does ``carry_out_and_die`` with these arguments."""
        self._input.write(json.dumps(arguments).encode() + b"\n")
        self._pid = int(self._output.readline())

    def is_running(self) -> bool:
        return not select.select([self._output], [], [], 0)[0]

    def kill(self) -> None:
        if self.is_running():
            with suppress(ProcessLookupError):
                os.kill(self._pid, signal.SIGKILL)

    def wait(self) -> int:
        """The exit code of the process, once it has ended; negative: the signal that ended it."""
        return int(self._output.readline())


def carry_out_and_die(
    database_url: str,
    stand_in_url: str,
    settings: dict[str, Any],
    configuration: dict[str, Any],
    max_in_flight: int,
    last_commit: int | None,
) -> None:
    """The work of a process that is killed: by itself, before its commit number ``last_commit``, if there is one."""
    engine = engine_for(application_url(database_url))
    if last_commit is not None:
        commits = iter(range(last_commit - 1))

        @event.listens_for(engine, "commit")
        def die(_: object) -> None:
            if next(commits, None) is None:
                os.kill(os.getpid(), signal.SIGKILL)

    Carrier(engine, settings_for(stand_in_url, **settings), max_in_flight).carry_out(configuration)


def _load() -> None:
    import pydantic_ai.models.anthropic
    import pydantic_ai.models.openai  # noqa: F401

    from prospecting.parsing.locations import is_known_place

    is_known_place("Berlin, Germany")


def _fork(arguments: list[Any]) -> None:
    pid = os.fork()
    if pid == 0:
        os.dup2(os.open(os.devnull, os.O_RDWR), sys.stdout.fileno())
        try:
            carry_out_and_die(*arguments)
        except BaseException:
            os._exit(1)
        os._exit(0)
    os.write(sys.stdout.fileno(), b"%d\n" % pid)
    _, status = os.waitpid(pid, 0)
    os.write(sys.stdout.fileno(), b"%d\n" % os.waitstatus_to_exitcode(status))


if __name__ == "__main__":
    _load()
    while line := sys.stdin.buffer.readline():
        _fork(json.loads(line))
