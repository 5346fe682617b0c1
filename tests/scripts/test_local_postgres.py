"""The embedded server: who runs it, and what its log keeps to itself."""

from __future__ import annotations

import contextlib
import os
import stat
from pathlib import Path

import psycopg
import pytest

from scripts import local_postgres

MARKER = "Zelda Marker"


@pytest.fixture
def data_dir(tiny_checkout: Path) -> Path:
    """A running server of this version of the settings."""
    folder = tiny_checkout / ".local" / "postgres"
    local_postgres.start(folder)
    return folder


def log_of(data_dir: Path) -> str:
    return data_dir.with_name(f"{data_dir.name}.log").read_text()


def test_its_log_has_no_values_of_statements_that_fail(data_dir: Path) -> None:
    refused = [
        (f"select '{MARKER}'::date", None),
        ("select %s::date", [MARKER]),
        ("insert into people values (%s), (%s)", [MARKER, MARKER]),
        ("insert into people values (%s)", [f"{MARKER} and more than thirty characters"]),
        (
            f"do $$ begin raise exception 'about %', '{MARKER}' using detail = '{MARKER}', hint = '{MARKER}'; end $$",
            None,
        ),
        (f"do $$ begin raise warning '{MARKER}'; raise exception 'x' using errcode = 'XX000'; end $$", None),
        (f'select "{MARKER}" from people', None),
    ]
    with psycopg.connect(local_postgres.url(data_dir, "postgres"), autocommit=True) as connection:
        connection.execute("create temporary table people (name varchar(30) unique)")
        for statement, values in refused:
            with pytest.raises(psycopg.Error):
                connection.execute(statement, values)
        connection.execute("select pg_log_backend_memory_contexts(pg_backend_pid())")  # of the level LOG
    log = log_of(data_dir)
    assert MARKER not in log
    assert "Grand total" in log, "what the server has to say about itself is still there"


def test_waits_for_locks_are_logged_without_statements(data_dir: Path) -> None:
    url = local_postgres.url(data_dir, "postgres")
    with psycopg.connect(url) as one, psycopg.connect(url, autocommit=True) as admin:
        admin.execute("create table if not exists locked (name text)")
        one.execute(
            "set local log_lock_waits = on; set local deadlock_timeout = '10ms'; set local lock_timeout = '60ms'"
        )
        with psycopg.connect(url) as two:
            two.execute("lock table locked")
            with contextlib.suppress(psycopg.Error):
                one.execute(f"insert into locked values ('{MARKER}')")
    log = log_of(data_dir)
    assert "still waiting for" in log
    assert MARKER not in log


def test_its_files_are_private(data_dir: Path) -> None:
    log = data_dir.with_name(f"{data_dir.name}.log")
    assert stat.S_IMODE(log.stat().st_mode) == 0o600
    assert stat.S_IMODE(data_dir.stat().st_mode) == 0o700
    sockets = local_postgres.socket_dir(data_dir)
    assert stat.S_IMODE(sockets.stat().st_mode) == 0o700
    assert stat.S_IMODE((sockets / local_postgres.SOCKET_NAME).stat().st_mode) == 0o700


@pytest.mark.skipif(os.geteuid() != 0, reason="only root changes users")
def test_as_root_it_says_what_it_changes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tmp_path.chmod(0o700)
    account = local_postgres.server_account().pw_name
    folder, programs = tmp_path / "data", tmp_path / "closed" / "bin"
    folder.mkdir(mode=0o700)
    programs.mkdir(mode=0o700, parents=True)
    for _ in range(2):
        local_postgres.open_paths(folder, programs)
    notes = capsys.readouterr().err
    for said in (
        f"note: the files of the embedded PostgreSQL belong to the user {account}: PostgreSQL does not run as root",
        f"note: letting other users pass through {tmp_path} (chmod o+x)",
        f"note: letting other users read {programs.parent} (chmod go+rX)",
    ):
        assert notes.count(said) == 1, notes
    assert folder.stat().st_uid == local_postgres.server_account().pw_uid
