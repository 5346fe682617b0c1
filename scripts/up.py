"""Run all of Airflow on this machine until Ctrl-C: scheduler, DAG processor, API server with the UI, and triggerer.

The four are started by a supervisor of our own rather than through `airflow standalone`: that command leaves children
behind when it is terminated, does not notice when one of them dies, and opens log servers on every network interface.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from types import FrameType

from scripts import environment, interruption, local_postgres, local_users
from scripts.components import SUPERVISOR, ProcessFile, end, log_path
from scripts.environment import Environment, SetupError
from scripts.locks import FileLock, scheduler_lock
from scripts.terminal import ending_signals, hang_up_watch, last_line

HEALTHY_PARTS = ("metadatabase", "scheduler", "triggerer", "dag_processor")
START_SECONDS = 180
STOP_SECONDS = 60  # the supervisor's own patience ends before


class Stopped(Exception):
    """SIGINT, SIGTERM or SIGHUP arrived."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


def say(message: str) -> None:
    """A line for whoever watches the terminal."""
    with contextlib.suppress(OSError):  # nobody reads any more: a closed pipe or terminal
        print(message, flush=True)


def check_port(port: int) -> None:
    """Refuse a port that something listens on.

    Raises:
        SetupError: the port is taken or not a port.
    """
    if not 0 < port < 65536:
        raise SetupError(f"PORT={port} is not a port number")
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise SetupError(
                f"port {port} is in use ({error.strerror}); choose another: make up PORT={port + 1}"
            ) from None


def is_healthy(port: int) -> bool:
    """True when the API answers and says that every component is healthy."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # a proxy has no business on this machine
    try:
        with opener.open(f"http://127.0.0.1:{port}/api/v2/monitor/health", timeout=5) as answer:
            health = json.load(answer)
    except (OSError, ValueError):
        return False
    return all((health.get(part) or {}).get("status") == "healthy" for part in HEALTHY_PARTS)


class Airflow:
    """The supervisor of the components as a child process. It ends them all when its standard input does."""

    def __init__(self, prepared: Environment, lock: FileLock) -> None:
        self.root = prepared.root
        self.logs = prepared.local / "logs"
        self.logs.mkdir(parents=True, exist_ok=True)
        with log_path(self.logs, SUPERVISOR).open("wb") as log:
            self.supervisor = subprocess.Popen(
                [sys.executable, "-m", "scripts.components", "--owner", str(os.getpid())],
                env=prepared.variables,
                cwd=self.root,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                start_new_session=True,
                pass_fds=(lock.fileno(),),  # the lock is held while any of them lives
            )

    def ended(self, seconds: float) -> str | None:
        """The name of the process that ended by itself within these seconds, or None."""
        assert self.supervisor.stdout is not None
        if not select.select([self.supervisor.stdout], [], [], seconds)[0]:
            return None
        return self.supervisor.stdout.readline().decode().strip() or SUPERVISOR

    def stop(self) -> None:
        """End every process of this start."""
        assert self.supervisor.stdin is not None
        self.supervisor.stdin.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.supervisor.wait(STOP_SECONDS)
        end_left_behind(self.root)


def end_left_behind(root: Path) -> list[str]:
    """End the noted processes of an Airflow that have lost whoever should end them; returns their names."""
    noted = ProcessFile(root)
    left = {name: process.pid for name, process in noted.living().items() if name != "up"}
    if left:
        end(left.values())
    noted.remove()
    return [f"{name} ({pid})" for name, pid in left.items()]


def acquire(lock: FileLock, root: Path, port: int) -> None:
    """Take the scheduler's lock, waiting for whoever holds it, unless that is an Airflow in another terminal.

    Raises:
        SetupError: Airflow is up in this folder, or the port is taken.
    """
    if lock.acquire(wait=False):
        check_port(port)
        return
    living = ProcessFile(root).living()
    if "up" in living:
        raise SetupError(
            f"Airflow is up already in this folder (process {living['up'].pid}); end it with Ctrl-C in its terminal, "
            f"or kill {living['up'].pid}"
        )
    if SUPERVISOR in living:
        say("waiting for the end of an Airflow whose terminal is gone ...")
    elif left := end_left_behind(root):
        say(f"ended what a killed Airflow left: {', '.join(left)}")
    else:
        check_port(port)
        say("waiting for a run in another terminal to end ...")
    lock.acquire()
    check_port(port)


def run(port: int) -> int:
    """Start everything, wait for a signal or a component's end, stop everything; returns the exit code."""
    signals = ending_signals(sys.stdout)

    def ignore() -> None:
        for number in signals:
            signal.signal(number, signal.SIG_IGN)

    def stop(number: int, frame: FrameType | None) -> None:
        ignore()
        raise Stopped(number)

    root = environment.ROOT
    lock = scheduler_lock(root)
    acquire(lock, root, port)
    for number in signals:
        signal.signal(number, stop)
    airflow: Airflow | None = None
    try:
        ProcessFile(root).write({"up": os.getpid()})
        prepared = environment.prepare(port=port)
        if warning := local_users.check_address(prepared):
            say(warning)
        users = local_users.make_users(prepared)
        say("preparing the databases ...")
        # In processes of their own: this one stays small, it lives as long as Airflow does.
        for module in ("scripts.migrate", "scripts.run_owners"):
            done = subprocess.run(
                [sys.executable, "-m", module],
                cwd=root,
                env=prepared.variables,
                check=False,
                pass_fds=(lock.fileno(),),
            )
            if done.returncode:
                return 1
        say("starting Airflow (about half a minute) ...")
        airflow = Airflow(prepared, lock)
        return watch(airflow, port, users)
    except Stopped as signalled:
        return 128 + signalled.number
    finally:
        ignore()
        if airflow is not None:
            say("\nstopping Airflow ...")
            airflow.stop()
            say("stopped; the embedded PostgreSQL keeps running (make stop ends it)")
        ProcessFile(root).remove()


def watch(airflow: Airflow, port: int, users: Sequence[str]) -> int:
    """Announce the UI once all is healthy, then wait; returns 1 when a component ends or never gets healthy."""
    started = time.monotonic()
    announced = False
    hung_up = hang_up_watch(sys.stdout)
    while True:
        if hung_up():
            raise Stopped(signal.SIGHUP)
        if name := airflow.ended(0.5):
            log = log_path(airflow.logs, name)
            say(f"error: Airflow's {name} ended: {local_postgres.log_tail(log)} (log: {log})")
            return 1
        if not announced and is_healthy(port):
            announced = True
            say(f"\nAirflow is up: http://localhost:{port}   ({time.monotonic() - started:.0f} s)")
            for line in users:
                say(f"  {line}")
            say(f"  logs:  {airflow.logs.relative_to(airflow.root)}/up-*.log")
            say("  what runs by itself is paused until you switch it on: docs/deployment.md, Switching on")
            say("  Ctrl-C stops it")
        if not announced and time.monotonic() - started > START_SECONDS:
            say(f"error: Airflow is not healthy after {START_SECONDS} s; see {airflow.logs}/up-*.log")
            return 1


def main(arguments: Sequence[str] | None = None) -> int:
    """`python -m scripts.up [--port N]`."""
    parser = argparse.ArgumentParser(prog="up", description=main.__doc__)
    parser.add_argument("--port", default="8080")
    text = parser.parse_args(arguments).port
    try:
        return run(int(text) if text.isdigit() else 0)
    except (SetupError, local_postgres.ServerError, OSError) as error:
        print(f"error: {last_line(str(error))}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(interruption.run(main))
