"""Run all of Airflow on this machine until Ctrl-C: scheduler, DAG processor, API server with the UI, and triggerer.

The four are started directly rather than through `airflow standalone`: that command leaves children behind when it is
terminated, does not notice when one of them dies, and opens log servers on every network interface.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
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

import psutil  # type: ignore[import-untyped]

from scripts import environment, local_postgres
from scripts.environment import Environment, SetupError
from scripts.run_dag import last_line, scheduler_lock

# `--skip-serve-logs`: the API server reads the logs from disk; no port is opened for them.
COMPONENTS: dict[str, tuple[str, ...]] = {
    "api-server": ("api-server",),
    "scheduler": ("scheduler", "--skip-serve-logs"),
    "dag-processor": ("dag-processor",),
    "triggerer": ("triggerer", "--skip-serve-logs"),
}
HEALTHY_PARTS = ("metadatabase", "scheduler", "triggerer", "dag_processor")
START_SECONDS = 180
STOP_SECONDS = 20


class Stopped(Exception):
    """SIGINT or SIGTERM arrived."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


def say(message: str) -> None:
    """A line for whoever watches the terminal."""
    with contextlib.suppress(BrokenPipeError):
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
    """The components as child processes, each with its own log file."""

    def __init__(self, prepared: Environment) -> None:
        self.logs = prepared.local / "logs"
        self.variables = prepared.variables
        self.root = prepared.root
        self.processes: dict[str, subprocess.Popen[bytes]] = {}

    def start(self) -> None:
        """Start all components, in sessions of their own: Ctrl-C in the terminal reaches this process alone."""
        self.logs.mkdir(parents=True, exist_ok=True)
        for name, command in COMPONENTS.items():
            with self.log(name).open("wb") as log:
                self.processes[name] = subprocess.Popen(
                    [sys.executable, "-m", "airflow", *command],
                    env=self.variables,
                    cwd=self.root,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                )

    def log(self, name: str) -> Path:
        """The log file of a component's latest start."""
        return self.logs / f"up-{name}.log"

    def dead(self) -> str | None:
        """The name of a component that ended by itself, or None."""
        return next((name for name, process in self.processes.items() if process.poll() is not None), None)

    def members(self) -> list[psutil.Process]:
        """Every living process of this start: the components' children, and whoever is left in their sessions."""
        sessions = {process.pid for process in self.processes.values()}
        found: set[psutil.Process] = set()
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error, OSError):
                if os.getsid(process.pid) in sessions and process.status() != psutil.STATUS_ZOMBIE:
                    found.add(process)
        for pid in sessions:
            with contextlib.suppress(psutil.Error):
                found.update(psutil.Process(pid).children(recursive=True))
        return list(found)

    def stop(self) -> None:
        """End every process of this start: the components first, in their own way, then firmly whatever they left."""
        everyone = self.members()
        for process in self.processes.values():
            process.terminate()
        deadline = time.monotonic() + STOP_SECONDS
        for process in self.processes.values():
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(max(0.1, deadline - time.monotonic()))
        for end in (psutil.Process.terminate, psutil.Process.kill):
            left = {process for process in [*everyone, *self.members()] if process.is_running()}
            for process in left:
                with contextlib.suppress(psutil.Error):
                    end(process)
            psutil.wait_procs(left, timeout=5)
        for process in self.processes.values():
            process.poll()


def run(port: int) -> int:
    """Start everything, wait for a signal or a component's end, stop everything; returns the exit code."""

    def stop(number: int, frame: FrameType | None) -> None:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        raise Stopped(number)

    check_port(port)
    lock = scheduler_lock(environment.ROOT)
    if not lock.acquire(wait=False):
        say("waiting for a run in another terminal to end (or Airflow is up already in this folder) ...")
        lock.acquire()
    signal.signal(signal.SIGINT, stop)
    signal.signal(signal.SIGTERM, stop)
    airflow: Airflow | None = None
    try:
        prepared = environment.prepare(port=port)
        say("preparing the databases ...")
        # In a process of its own: this one stays small, it lives as long as Airflow does.
        done = subprocess.run(
            [sys.executable, "-m", "scripts.migrate"], cwd=prepared.root, env=prepared.variables, check=False
        )
        if done.returncode:
            return 1
        airflow = Airflow(prepared)
        say("starting Airflow (about half a minute) ...")
        airflow.start()
        return watch(airflow, port)
    except Stopped as signalled:
        return 128 + signalled.number
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        if airflow is not None:
            say("\nstopping Airflow ...")
            airflow.stop()
            say("stopped; the embedded PostgreSQL keeps running (make stop ends it)")


def watch(airflow: Airflow, port: int) -> int:
    """Announce the UI once all is healthy, then wait; returns 1 when a component ends or never gets healthy."""
    started = time.monotonic()
    announced = False
    while True:
        if name := airflow.dead():
            log = airflow.log(name)
            say(f"error: Airflow's {name} ended: {local_postgres.log_tail(log)} (log: {log})")
            return 1
        if not announced and is_healthy(port):
            announced = True
            say(f"\nAirflow is up: http://localhost:{port}   ({time.monotonic() - started:.0f} s)")
            say("  users: admin / admin (may do everything), viewer / viewer (may look)")
            say(f"  logs:  {airflow.logs.relative_to(airflow.root)}/up-*.log")
            say("  Ctrl-C stops it")
        if not announced and time.monotonic() - started > START_SECONDS:
            say(f"error: Airflow is not healthy after {START_SECONDS} s; see {airflow.logs}/up-*.log")
            return 1
        time.sleep(0.5)


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
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
