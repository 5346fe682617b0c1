"""Ctrl-C below `make`, as a terminal sends it: to the whole process group."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from scripts import interruption

ROOT = Path(__file__).resolve().parents[2]
COMMAND = """
import signal, sys, time
from scripts import interruption

def main():
    print("begun", flush=True)
    time.sleep(60)
    return 0

signal.signal(signal.SIGINT, signal.default_int_handler)
sys.exit(interruption.run(main))
"""

INTERRUPTIBLE = """
import os, signal, sys
signal.signal(signal.SIGINT, signal.SIG_DFL)
os.execvp(sys.argv[1], sys.argv[1:])
"""


def interrupted(make: str, folder: Path) -> tuple[int, str]:
    """The exit code of a `make` that was interrupted while its command ran, and all that was said."""
    (folder / "Makefile").write_text(make)
    environ = {**os.environ, "PYTHONPATH": str(ROOT), "PY": sys.executable, "COMMAND": COMMAND}
    environ.pop("MAKE_PID", None)
    with subprocess.Popen(
        # These tests may themselves run where an interrupt is ignored, as under nohup; that is handed down.
        [sys.executable, "-c", INTERRUPTIBLE, "make", "-f", str(folder / "Makefile")],
        env=environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as running:
        assert running.stdout is not None
        assert running.stdout.readline() == "begun\n"
        os.killpg(running.pid, signal.SIGINT)
        said = running.stdout.read()
        return running.wait(30), said


def test_make_ends_as_interrupted_without_calling_it_an_error(tmp_path: Path) -> None:
    recipe = 'go:\n\t@trap : INT; export MAKE_PID=$$PPID; exec "$$PY" -c "$$COMMAND"\n'
    assert interrupted(recipe, tmp_path) == (-signal.SIGINT, "interrupted\n")


def test_elsewhere_the_exit_code_is_that_of_an_interruption(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt() -> int:
        raise KeyboardInterrupt

    monkeypatch.delenv("MAKE_PID", raising=False)
    assert interruption.run(interrupt) == 130
    with subprocess.Popen(["sleep", "60"], start_new_session=True) as stranger:
        monkeypatch.setenv("MAKE_PID", str(stranger.pid))  # the number of a make that is gone
        assert interruption.run(lambda: 130) == 130
        assert stranger.poll() is None
        stranger.kill()
    assert interruption.run(lambda: 3) == 3
