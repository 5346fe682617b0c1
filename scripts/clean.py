"""Remove everything that was made in this checkout: the environment, caches, builds, and, once asked, the data.

Standard library only: it removes the environment that the other commands run in.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from scripts import interruption
from scripts.locks import scheduler_lock

ROOT = Path(__file__).resolve().parent.parent
MADE = (".venv", ".local", "dist", "build", ".pytest_cache", ".mypy_cache", ".ruff_cache", ".hypothesis")
# Nothing makes these again: the application database and Airflow's; models, passwords, logs.
DATA = (Path(".local") / "postgres", Path(".local") / "airflow")


class CleanError(Exception):
    """Nothing was removed; the message says why."""


def what_was_made(root: Path) -> list[Path]:
    """Files and folders of this checkout that git does not know and commands make again."""
    found = [path for name in MADE if (path := root / name).exists() or path.is_symlink()]
    return [*found, *_byte_code(root)]


def _byte_code(root: Path) -> Iterator[Path]:
    for folder, names, _ in os.walk(root):
        for name in [*names]:
            if name in MADE or name == ".git":
                names.remove(name)
            elif name == "__pycache__":
                names.remove(name)
                yield Path(folder, name)


def megabytes(path: Path) -> int:
    """The size of a folder and all in it."""
    if path.is_symlink() or not path.is_dir():
        return 0
    files = (Path(folder, name) for folder, _, names in os.walk(path) for name in names)
    return sum(file.lstat().st_size for file in files if file.exists()) // 1_000_000


def check_idle(root: Path) -> None:
    """Raise `CleanError` while Airflow, or a run in a terminal, works in this checkout."""
    if not (root / ".local" / "scheduler.lock").exists():
        return
    lock = scheduler_lock(root)
    if not lock.acquire(wait=False):
        raise CleanError(
            "Airflow, or a run in another terminal, is at work in this folder: end it first (Ctrl-C there)"
        )
    lock.release()


def confirm(root: Path) -> None:
    """Ask before data is deleted, unless YES=1 says so. Raises `CleanError` without a yes."""
    if not any((root / path).exists() for path in DATA) or os.environ.get("YES", "").strip() in ("1", "yes", "true"):
        return
    loss = (
        f"the embedded PostgreSQL ({megabytes(root / DATA[0])} MB: all that was found, and Airflow's runs) and "
        f".local/airflow ({megabytes(root / DATA[1])} MB: models, passwords, logs)"
    )
    if not sys.stdin.isatty():
        raise CleanError(f"this deletes {loss}; to do so without being asked: make clean YES=1")
    print(f'This deletes {loss}.\nA backup first: pg_dump -Fc "$(make -s db-url)" > prospecting.dump', file=sys.stderr)
    if input("Delete it? Type yes: ").strip().lower() != "yes":
        raise CleanError("nothing was removed")


def stop_servers(root: Path) -> None:
    """Stop the embedded servers. Raises `CleanError` when one goes on: it would write to files that are gone."""
    running = list((root / ".local").glob("*postgres/postmaster.pid"))
    python = root / ".venv" / "bin" / "python"
    if not running:
        return
    if not python.exists():
        raise CleanError(f"{running[0]} says that PostgreSQL may be running, and .venv is gone: run make stop first")
    stop = [str(python), "-m", "scripts.local_postgres", "stop"]
    if subprocess.run(stop, cwd=root, check=False).returncode:
        raise CleanError("the embedded PostgreSQL does not stop")


def remove(path: Path) -> None:
    """Remove a file, a folder with all in it, or a link, but not where it leads."""
    if path.is_symlink() or path.is_file():
        path.unlink()
    else:
        shutil.rmtree(path)


def main() -> int:
    """`python -m scripts.clean`; YES=1 answers its question."""
    try:
        check_idle(ROOT)
        confirm(ROOT)
        stop_servers(ROOT)
        found = what_was_made(ROOT)
        for path in found:
            remove(path)
    except (CleanError, OSError, EOFError) as error:
        print(f"error: {error or 'nothing was removed'}", file=sys.stderr)
        return 1
    named = [str(path.relative_to(ROOT)) for path in found if path.name != "__pycache__"]
    print(f"removed {', '.join(named) or 'nothing'}; byte code in {len(found) - len(named)} folders", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(interruption.run(main))
