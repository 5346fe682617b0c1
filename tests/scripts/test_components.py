"""The processes of an Airflow end with whoever started them, however that one ends."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from scripts import up
from scripts.components import COMPONENTS, SUPERVISOR, ProcessFile, end, is_alive, members
from scripts.environment import SetupError
from scripts.locks import scheduler_lock

ROOT = Path(__file__).resolve().parents[2]

# In the place of Airflow's components: each has a child in a process group of its own, as tasks are. The file
# `end-<component>` makes one end by itself.
STAND_IN = """
import subprocess, sys, time
from pathlib import Path
subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], process_group=0)
Path(f"started-{sys.argv[1]}").touch()
while not Path(f"end-{sys.argv[1]}").exists():
    time.sleep(0.05)
print("it had to end like this")
sys.exit(3)
"""

# What `make up` does once the databases are prepared.
OWNER = """
import os
from pathlib import Path
from scripts import up
from scripts.environment import Environment
from scripts.locks import scheduler_lock
root = Path.cwd()
lock = scheduler_lock(root)
lock.acquire()
airflow = up.Airflow(Environment(root, dict(os.environ), "", "", False, False), lock)
name = airflow.ended(300)
airflow.stop()
print(name, flush=True)
"""


def wait_until(holds: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def have_ended(family: set[psutil.Process]) -> Callable[[], bool]:
    return lambda: not any(is_alive(member) for member in family)


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    (tmp_path / "airflow").mkdir()
    (tmp_path / "airflow" / "__init__.py").touch()
    (tmp_path / "airflow" / "__main__.py").write_text(STAND_IN)
    return tmp_path


@pytest.fixture
def owner(checkout: Path) -> Iterator[subprocess.Popen[str]]:
    """A process with an Airflow of stand-ins, all of them started."""
    process = subprocess.Popen(
        [sys.executable, "-c", OWNER],
        cwd=checkout,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        wait_until(lambda: all((checkout / f"started-{name}").exists() for name in COMPONENTS))
        yield process
    finally:
        process.kill()
        process.communicate()
        end([member.pid for member in ProcessFile(checkout).living().values()])


def family_of(checkout: Path) -> set[psutil.Process]:
    """The supervisor, the components, and the child that each of them has."""
    noted = ProcessFile(checkout).living()
    assert set(noted) == {"up", SUPERVISOR, *COMPONENTS}
    found = members([process.pid for name, process in noted.items() if name != "up"])
    assert len(found) == 1 + 2 * len(COMPONENTS)
    return found


def test_a_second_airflow_is_told_where_the_first_one_is(checkout: Path, owner: subprocess.Popen[str]) -> None:
    with pytest.raises(SetupError, match=f"Airflow is up already in this folder .process {owner.pid}."):
        up.acquire(scheduler_lock(checkout), checkout, 8080)


def test_all_end_with_their_owner(checkout: Path, owner: subprocess.Popen[str]) -> None:
    family = family_of(checkout)
    owner.kill()
    lock = scheduler_lock(checkout)
    wait_until(lambda: lock.acquire(wait=False))
    wait_until(have_ended(family))
    assert ProcessFile(checkout).living() == {}


def test_all_end_with_one_of_them_which_is_named(checkout: Path, owner: subprocess.Popen[str]) -> None:
    family = family_of(checkout)
    (checkout / "end-scheduler").touch()
    assert owner.communicate(timeout=60)[0] == "scheduler\n"
    assert "it had to end like this" in (checkout / ".local" / "logs" / "up-scheduler.log").read_text()
    wait_until(have_ended(family))
    assert scheduler_lock(checkout).acquire(wait=False)


def test_all_end_when_the_supervisor_is_killed(checkout: Path, owner: subprocess.Popen[str]) -> None:
    family = family_of(checkout)
    ProcessFile(checkout).living()[SUPERVISOR].kill()
    assert owner.communicate(timeout=60)[0] == f"{SUPERVISOR}\n"
    wait_until(have_ended(family))
    assert scheduler_lock(checkout).acquire(wait=False)


def test_what_is_left_when_both_are_killed_is_ended_by_the_next(
    checkout: Path, owner: subprocess.Popen[str], capsys: pytest.CaptureFixture[str]
) -> None:
    family = family_of(checkout)
    noted = ProcessFile(checkout).living()
    noted[SUPERVISOR].suspend()  # it must not see its owner's death before its own
    owner.kill()
    noted[SUPERVISOR].kill()
    wait_until(have_ended({noted["up"], noted[SUPERVISOR]}))
    assert not scheduler_lock(checkout).acquire(wait=False)

    up.acquire(scheduler_lock(checkout), checkout, free_port())
    said = capsys.readouterr().out
    assert said.startswith("ended what a killed Airflow left: ")
    assert all(f"{name} ({noted[name].pid})" in said for name in COMPONENTS)
    wait_until(have_ended(family))


def test_a_process_that_has_been_given_a_noted_number_is_left_alone(tmp_path: Path) -> None:
    noted = ProcessFile(tmp_path)
    noted.write({"scheduler": os.getpid()})
    assert set(noted.living()) == {"scheduler"}
    text = noted.path.read_text().replace(f"[{os.getpid()}, ", f"[{os.getpid()}, 1")
    noted.path.write_text(text)
    assert noted.living() == {}
    noted.path.write_text("{")
    assert noted.living() == {}
