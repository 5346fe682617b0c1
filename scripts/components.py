"""The processes of one running Airflow: started together, ended together, with whoever asked for them.

`python -m scripts.components` keeps them for `make up`. It is a process apart, in a session of its own, because
`make up` can die in ways that leave it no time to end anything: then the pipe between the two closes, and this one
does it.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import select
import signal
import subprocess
import sys
from collections.abc import Collection
from pathlib import Path

import psutil  # type: ignore[import-untyped]

from scripts.private_files import replace_private

# `--skip-serve-logs`: the API server reads the logs from disk; no port is opened for them.
COMPONENTS: dict[str, tuple[str, ...]] = {
    "api-server": ("api-server",),
    "scheduler": ("scheduler", "--skip-serve-logs"),
    "dag-processor": ("dag-processor",),
    "triggerer": ("triggerer", "--skip-serve-logs"),
}
SUPERVISOR = "supervisor"
STOP_SECONDS = 20


# ------------------------------------------------------------------ which processes


class ProcessFile:
    """The file that names the living processes of an Airflow, for whoever finds them without their owner."""

    def __init__(self, root: Path) -> None:
        self.path = root / ".local" / "airflow" / "processes.json"

    def write(self, processes: dict[str, int]) -> None:
        """Note these process ids by name, each with its time of birth: ids are used again."""
        noted = {}
        for name, pid in processes.items():
            with contextlib.suppress(psutil.NoSuchProcess):
                noted[name] = [pid, psutil.Process(pid).create_time()]
        replace_private(self.path, json.dumps(noted))

    def living(self) -> dict[str, psutil.Process]:
        """Those of the noted processes that are alive, by name."""
        found = {}
        try:
            noted = json.loads(self.path.read_text())
        except (OSError, ValueError):
            return {}
        for name, (pid, born) in noted.items():
            with contextlib.suppress(psutil.NoSuchProcess):
                process = psutil.Process(pid)
                # The clock may have been set in between, by which times of birth move.
                if abs(process.create_time() - born) < 2 and is_alive(process):
                    found[name] = process
        return found

    def remove(self) -> None:
        """Forget all of them."""
        self.path.unlink(missing_ok=True)


def is_alive(process: psutil.Process) -> bool:
    """False as well when it has ended and its parent has not asked how."""
    try:
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def members(leaders: Collection[int]) -> set[psutil.Process]:
    """Every living process in the sessions that these processes lead, and their descendants in other sessions."""
    found: set[psutil.Process] = set()
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            if os.getsid(process.pid) in leaders and is_alive(process):
                found.add(process)
    for pid in leaders:
        with contextlib.suppress(psutil.Error):
            found.update(psutil.Process(pid).children(recursive=True))
    return found


def end(leaders: Collection[int]) -> None:
    """End these processes in their own way, then firmly whatever is left of their sessions and descendants."""
    everyone = members(leaders)
    first = [process for process in everyone if process.pid in leaders]
    for process in first:
        with contextlib.suppress(psutil.Error):
            process.terminate()
    psutil.wait_procs(first, timeout=STOP_SECONDS)
    for finish in (psutil.Process.terminate, psutil.Process.kill):
        left = {process for process in everyone | members(leaders) if is_alive(process)}
        for process in left:
            with contextlib.suppress(psutil.Error):
                finish(process)
        psutil.wait_procs(left, timeout=5)


# ------------------------------------------------------------------ the supervisor


def log_path(logs: Path, name: str) -> Path:
    """The log file of a component's latest start."""
    return logs / f"up-{name}.log"


def start(name: str, logs: Path) -> subprocess.Popen[bytes]:
    """Start a component in a session of its own: signals of the terminal do not reach it."""
    with log_path(logs, name).open("wb") as log:
        return subprocess.Popen(
            [sys.executable, "-m", "airflow", *COMPONENTS[name]],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            close_fds=False,  # the lock of `make up` is handed down, and held while any of them lives
        )


def supervise(root: Path, owner: int) -> int:
    """Run all components until the standard input ends, SIGTERM arrives, or one of them ends, which is then printed."""
    logs = root / ".local" / "logs"
    logs.mkdir(parents=True, exist_ok=True)
    noted = ProcessFile(root)
    running: dict[str, subprocess.Popen[bytes]] = {}

    def note() -> None:
        noted.write({"up": owner, SUPERVISOR: os.getpid(), **{name: child.pid for name, child in running.items()}})

    asked: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, frame: asked.append(number))
    for nothing in (signal.SIGINT, signal.SIGHUP):
        signal.signal(nothing, lambda number, frame: None)  # to ignore them would go on to the components
    try:
        note()
        for name in COMPONENTS:
            running[name] = start(name, logs)
            note()
        while not asked and not select.select([sys.stdin], [], [], 0.5)[0]:
            for name, child in running.items():
                if child.poll() is not None:
                    with contextlib.suppress(OSError):
                        print(name, flush=True)
                    return 1
        return 0
    finally:
        end([child.pid for child in running.values()])
        noted.remove()


def main() -> int:
    """`python -m scripts.components --owner PID`, in the checkout and with its environment."""
    parser = argparse.ArgumentParser(prog="components", description=main.__doc__)
    parser.add_argument("--owner", type=int, required=True)
    return supervise(Path.cwd(), parser.parse_args().owner)


if __name__ == "__main__":
    sys.exit(main())
