"""Files and folders that nobody else on this machine may read: secrets, logs, databases."""

from __future__ import annotations

import os
from pathlib import Path
from typing import BinaryIO

PRIVATE = 0o077
"""The umask of whatever this checkout runs: everything it writes is its user's alone."""


def private_folder(path: Path, *, passable: bool = False) -> None:
    """Create a folder of mode 0700, or make an existing one so; with `passable`, others reach what they know in it."""
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.chmod(0o711 if passable else 0o700)


def write_once(path: Path, text: str) -> str:
    """The content of a file of mode 0600, created with `text` when missing; the first of two writers wins."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = _draft(path, text)
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
    return path.read_text()


def replace_private(path: Path, text: str) -> None:
    """Write a file of mode 0600 as a whole, in the place of an older one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    _draft(path, text).rename(path)


def _draft(path: Path, text: str) -> Path:
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.unlink(missing_ok=True)
    draft.touch(mode=0o600, exist_ok=False)
    draft.write_text(text)
    return draft


def open_private_log(path: Path) -> BinaryIO:
    """A log file of mode 0600, opened to append; one that exists loses what others may do with it."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.fchmod(descriptor, 0o600)
    return os.fdopen(descriptor, "ab")
