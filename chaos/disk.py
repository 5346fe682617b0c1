"""A disk that is really full: a tablespace on a small file system in memory, which only root may mount."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from chaos.servers import ApplicationServer
from scripts import local_postgres

TABLESPACE = "small"
_MEGABYTES = 256


@dataclass(frozen=True, slots=True)
class Disk:
    """The mounted folder."""

    folder: Path

    def full_for(self, seconds: float) -> None:
        """Take all the room there is, and give it back."""
        filler = self.folder / "filler"
        try:
            with filler.open("wb", buffering=0) as file, suppress(OSError):
                for size in (1 << 20, 1 << 12):
                    with suppress(OSError):
                        while True:
                            file.write(bytes(size))
            time.sleep(seconds)
        finally:
            filler.unlink(missing_ok=True)


@contextmanager
def mounted(folder: Path, server: ApplicationServer) -> Iterator[Disk | None]:
    """The disk, with a tablespace on it; ``None`` where mounting is not allowed."""
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={_MEGABYTES}m", "tmpfs", str(folder)]
    if os.geteuid() or subprocess.run(command, capture_output=True, check=False).returncode:
        yield None
        return
    try:
        data = folder / "data"
        data.mkdir(mode=0o700)
        account = local_postgres.server_account()
        os.chown(data, account.pw_uid, account.pw_gid)
        folder.chmod(0o755)
        server.execute(f"create tablespace {TABLESPACE} location '{data}'")
        yield Disk(folder)
    finally:
        unmount(folder)


def unmount(folder: Path) -> None:
    """Harmless when nothing is mounted there; a server that still uses it keeps it until it ends."""
    if os.path.ismount(folder):
        subprocess.run(["umount", "--lazy", str(folder)], capture_output=True, check=False)
