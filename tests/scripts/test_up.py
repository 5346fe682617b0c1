"""All of Airflow at once: it comes up on one local port and leaves nothing behind."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from scripts import up
from scripts.components import COMPONENTS
from scripts.environment import SetupError
from scripts.locks import scheduler_lock
from tests.scripts.conftest import IN_A_TERMINAL


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


def test_a_taken_port_is_one_line_that_names_another(taken_port: int, capsys: pytest.CaptureFixture[str]) -> None:
    assert up.main(["--port", str(taken_port)]) == 1
    error = capsys.readouterr().err
    assert error.startswith(f"error: port {taken_port} is in use")
    assert f"PORT={taken_port + 1}" in error
    assert error.count("\n") == 1


@pytest.mark.parametrize("text", ["0", "70000", "http"])
def test_what_is_no_port_is_refused(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert up.main(["--port", text]) == 1
    assert "is not a port" in capsys.readouterr().err


def test_a_free_port_is_accepted() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    up.check_port(port)
    with pytest.raises(SetupError):
        up.check_port(-1)


@pytest.mark.airflow
def test_airflow_comes_up_and_leaves_nobody_behind_when_its_terminal_is_closed(tiny_checkout: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("AIRFLOW", "PROSPECTING"))}
    terminal, slave = os.openpty()
    process = subprocess.Popen(
        [sys.executable, "-c", IN_A_TERMINAL, sys.executable, "-u", "-m", "scripts.up", "--port", str(port)],
        cwd=tiny_checkout,
        env=clean,
        stdin=slave,
        stdout=slave,
        stderr=slave,
        start_new_session=True,
    )
    os.close(slave)
    watchdog = threading.Timer(240, process.kill)
    watchdog.start()
    shown = ""
    try:
        while "Ctrl-C stops it" not in shown:
            shown += os.read(terminal, 4096).decode()
        assert f"http://localhost:{port}" in shown, shown
        assert not scheduler_lock(tiny_checkout).acquire(shared=True, wait=False), "terminal runs must keep apart"
        family = psutil.Process(process.pid).children(recursive=True)
        listening = {
            connection.laddr.ip
            for member in family
            for connection in member.net_connections("tcp")
            if connection.status == psutil.CONN_LISTEN
        }
        assert listening == {"127.0.0.1"}
    finally:
        os.close(terminal)
        process.wait(timeout=60)
        watchdog.cancel()
    assert process.returncode == 128 + signal.SIGHUP
    assert len(family) >= len(COMPONENTS)
    left = [member for member in family if member.is_running() and "postgres" not in member.name()]
    assert left == []
    assert scheduler_lock(tiny_checkout).acquire(wait=False)
