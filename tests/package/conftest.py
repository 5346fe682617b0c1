"""The wheel, and an Airflow of somebody else that it is installed into.

Installing all of Airflow takes minutes: the foreign environment borrows what requirements.txt brought into this
checkout's, and only the wheel is installed. Workers share both.
"""

from __future__ import annotations

import fcntl
import importlib.metadata
import os
import re
import subprocess
import sys
import sysconfig
import uuid
import venv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from sqlalchemy.engine import URL

ROOT = Path(__file__).resolve().parents[2]


def pip(python: Path | str, *arguments: str | Path) -> None:
    """Run this environment's pip on an environment; without any network."""
    command = [sys.executable, "-m", "pip", "--python", str(python), *map(str, arguments)]
    done = subprocess.run(
        command,
        env={**os.environ, "PIP_NO_INDEX": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that all workers of this run have in common."""
    own = tmp_path_factory.getbasetemp()
    folder = (own.parent if os.environ.get("PYTEST_XDIST_WORKER") else own) / "package"
    folder.mkdir(exist_ok=True)
    return folder


@contextmanager
def once(folder: Path) -> Iterator[bool]:
    """True for the first of several workers, which makes the folder; the others wait until it is there."""
    done = folder.with_suffix(".done")
    with folder.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield not done.exists()
        done.touch()


@pytest.fixture(scope="session")
def wheel(shared: Path) -> Path:
    """The wheel, built from this checkout as `make wheel` does."""
    folder = shared / "wheel"
    with once(folder) as first:
        if first:
            pip(sys.executable, "wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", folder, ROOT)
    (built,) = folder.iterdir()
    return built


def of_development() -> set[str]:
    """What only requirements-dev.txt brings, as names in site-packages: the wheel has to do without."""
    production, development = (
        set(re.findall(r"^([A-Za-z0-9][\w.-]*)==", (ROOT / name).read_text(), re.MULTILINE))
        for name in ("requirements.txt", "requirements-dev.txt")
    )
    found = {
        file.parts[0]
        for name in development - production
        for file in importlib.metadata.distribution(name).files or ()
        if file.parts[0] not in ("..", "__pycache__")
    }
    assert {"pytest", "mypy", "hatchling"} <= found
    return found


class Elsewhere:
    """An environment that has Airflow and the installed wheel, and nothing of this checkout."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.python = folder / "bin" / "python"
        self.command = folder / "bin" / "prospecting"

    @property
    def site_packages(self) -> Path:
        """Where its packages are."""
        return next((self.folder / "lib").glob("python3.*/site-packages"))

    @property
    def package(self) -> Path:
        """Where the wheel's package is."""
        return self.site_packages / "prospecting"

    def create(self, wheel: Path) -> None:
        """Make the environment and install the wheel."""
        venv.EnvBuilder(symlinks=True).create(self.folder)
        borrowed = self.folder / "borrowed"
        borrowed.mkdir()
        tools = of_development()
        for folder in {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}:
            for entry in Path(folder).iterdir():
                if entry.name not in tools and not entry.name.startswith(("prospecting", "_prospecting")):
                    (borrowed / entry.name).symlink_to(entry)
        (self.site_packages / "borrowed.pth").write_text(f"{borrowed}\n")
        pip(self.python, "install", "--no-deps", "--no-compile", wheel)

    def run(self, *command: str | Path, **variables: str) -> str:
        """What a command prints; with no variables but these."""
        environment = {"PATH": os.defpath, "HOME": str(self.folder), "LANG": "C.UTF-8", **variables}
        done = subprocess.run(
            list(map(str, command)), env=environment, cwd=self.folder, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-8000:]
        return done.stdout


@pytest.fixture(scope="session")
def elsewhere(wheel: Path, shared: Path) -> Elsewhere:
    environment = Elsewhere(shared / "venv")
    with once(environment.folder) as first:
        if first:
            environment.create(wheel)
    return environment


@pytest.fixture
def empty_database(server_url: URL) -> Iterator[str]:
    """libpq URL of a database without any table."""
    name = f"test_{uuid.uuid4().hex[:16]}"
    server = server_url.set(drivername="postgresql")
    with psycopg.connect(server.render_as_string(hide_password=False), autocommit=True) as connection:
        connection.execute(f'create database "{name}" template template0')
        yield server.set(database=name).render_as_string(hide_password=False)
        connection.execute(f'drop database "{name}" with (force)')
