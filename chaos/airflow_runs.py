"""DAG runs that can be killed: each try is a process of its own, a copy of one that has imported Airflow."""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count
from multiprocessing import forkserver
from pathlib import Path
from typing import Any

import psutil  # type: ignore[import-untyped]

from chaos.airflow_process import carry_out
from tests.dags.runs import ROOT

_PROCESSES = multiprocessing.get_context("forkserver")
_numbers = count(1)


@contextmanager
def _environment(variables: Mapping[str, str]) -> Iterator[None]:
    kept, folder = dict(os.environ), Path.cwd()
    os.environ.clear()
    os.environ.update(variables)
    os.chdir(ROOT)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(kept)
        os.chdir(folder)


def import_airflow(variables: Mapping[str, str]) -> None:
    """Once per process: everything started later has imported Airflow, under these variables."""
    _PROCESSES.set_forkserver_preload(["chaos.nursery", "chaos.airflow_process"])
    with _environment(variables):
        forkserver.ensure_running()


@dataclass
class Attempt:
    """One process that carries a run on."""

    process: Any
    reply: Path
    log: Path
    started: float = field(default_factory=time.monotonic)

    @property
    def pid(self) -> int:
        return int(self.process.pid)

    @property
    def is_alive(self) -> bool:
        return bool(self.process.is_alive())

    def signal(self, number: int) -> bool:
        """True when the process was there to get it."""
        if not self.is_alive:
            return False
        with suppress(ProcessLookupError):
            os.kill(self.pid, number)
            return True
        return False

    def kill(self) -> bool:
        """SIGKILL; True when there was something to kill."""
        hit = self.signal(signal.SIGKILL)
        self.process.join()
        return hit

    def wait(self, seconds: float) -> bool:
        """True when it ended within this time."""
        self.process.join(seconds)
        return not self.is_alive

    @property
    def state(self) -> str | None:
        """How the run ended; ``None`` when the process ended before it."""
        if not self.reply.is_file():
            return None
        return str(json.loads(self.reply.read_text(encoding="utf-8"))["state"])

    def children(self) -> list[str]:
        """Returns the processes that it has started and left running."""
        left = []
        for process in psutil.process_iter():
            with suppress(OSError, psutil.Error):
                if os.getpgid(process.pid) == self.pid and process.status() != psutil.STATUS_ZOMBIE:
                    left.append(f"process {process.name()}")
        return left


@dataclass
class DagRun:
    """A run of a DAG, and the processes that have carried it so far."""

    dag_id: str
    conf: Mapping[str, Any]
    variables: Mapping[str, str]
    logical_date: datetime
    folder: Path
    attempts: list[Attempt] = field(default_factory=list)
    cleared: int = 0
    """How often a person had to clear what failed."""

    def go_on(self, retry_delay: float = 0) -> Attempt:
        """Carry the run on in a new process, which takes it over from all others."""
        if self.attempts and self.attempts[-1].state == "failed":
            self.cleared += 1
        number = next(_numbers)
        baton = self.folder / f"{self.logical_date:%Y%m%dT%H%M%S%f}.baton"
        baton.write_text(str(number), encoding="utf-8")
        request = {
            "dag_id": self.dag_id,
            "conf": dict(self.conf),
            "variables": dict(self.variables),
            "logical_date": self.logical_date.isoformat(),
            "retry_delay": retry_delay,
            "log": str(self.folder / f"{number}.log"),
            "reply": str(self.folder / f"{number}.json"),
            "baton": str(baton),
            "number": number,
        }
        process = _PROCESSES.Process(target=carry_out, args=(request,))
        process.start()
        attempt = Attempt(process, Path(str(request["reply"])), Path(str(request["log"])))
        self.attempts.append(attempt)
        return attempt
