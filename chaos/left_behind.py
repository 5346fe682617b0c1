"""Remains of a run that has ended: rows that have not, locks, sessions, temporary files, processes."""

from __future__ import annotations

import time
from pathlib import Path

from sqlalchemy import Connection, String, text

from prospecting.persistence.schema.tables import metadata

UNFINISHED = ("running", "started", "assigned", "claimed")
_PATIENCE = 10.0

_SESSIONS = """
    select pid, state, left(regexp_replace(query, '\\s+', ' ', 'g'), 60) as query from pg_stat_activity
    where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend'"""
_LOCKS = """
    select count(*) from pg_locks where locktype = 'advisory'
    and database = (select oid from pg_database where datname = current_database())"""


def unfinished_rows(connection: Connection) -> dict[str, int]:
    """By table and status: rows that say somebody works on them."""
    found = {}
    for table in metadata.sorted_tables:
        if "status" in table.columns and isinstance(table.columns["status"].type, String):
            query = f"select status, count(*) from {table.fullname} where status = any(:unfinished) group by status"
            for status, number in connection.execute(text(query), {"unfinished": list(UNFINISHED)}):
                found[f"{table.name} {status}"] = number
    return found


def sessions(connection: Connection, patience: float = _PATIENCE) -> list[str]:
    """Sessions and advisory locks that stay, once a server had time to notice that their owner is gone."""
    deadline = time.monotonic() + patience
    while True:
        left = [f"session {row.state}: {row.query}" for row in connection.execute(text(_SESSIONS))]
        if locks := connection.execute(text(_LOCKS)).scalar_one():
            left.append(f"{locks} advisory locks")
        connection.rollback()  # a transaction sees pg_stat_activity as it was at first
        if not left or time.monotonic() > deadline:
            return left
        time.sleep(0.1)


def files(folder: Path) -> list[str]:
    """Temporary files."""
    return [f"file {path.name}" for path in folder.rglob("*") if path.is_file()]
