"""Starting all of Airflow: what is refused, and what ends it. That it comes up and leaves nothing behind is in
``tests/dags/test_standalone.py``, where one is up anyway."""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from scripts import environment, up
from scripts.components import ProcessFile
from scripts.environment import SetupError
from scripts.locks import scheduler_lock

ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


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


@pytest.fixture
def handlers() -> Iterator[None]:
    """Signals are handled afterwards as before."""
    kept = {number: signal.getsignal(number) for number in ENDING}
    yield
    for number, handler in kept.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("number", ENDING)
def test_each_ending_signal_stops_a_start_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, handlers: None, number: int
) -> None:
    def interrupted(**_: object) -> None:
        assert "up" in ProcessFile(tmp_path).living()
        assert not scheduler_lock(tmp_path).acquire(shared=True, wait=False), "terminal runs must keep apart"
        os.kill(os.getpid(), number)
        raise AssertionError("not interrupted")

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    signal.signal(signal.SIGHUP, signal.SIG_DFL)  # these tests may themselves run under nohup
    monkeypatch.setattr(environment, "ROOT", tmp_path)
    monkeypatch.setattr(environment, "prepare", interrupted)
    assert up.run(port) == 128 + number
    assert ProcessFile(tmp_path).living() == {}
