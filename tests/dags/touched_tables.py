"""Which tables a piece of code reads and writes, by PostgreSQL's own counters."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from sqlalchemy import Connection, Engine, event

from prospecting.operators.lineage import OF_EVERY_TASK, Tables

_COUNTED = """
    select schemaname, relname, n_tup_ins + n_tup_upd + n_tup_del, coalesce(seq_scan, 0) + coalesce(idx_scan, 0)
    from pg_stat_xact_user_tables
    where schemaname !~ '^pg_'
"""
Counts = dict[str, tuple[int, int]]


@dataclass
class Touched:
    """The tables that committed transactions have written and scanned; of other schemas than public with their schema.
    Those that foreign keys point to count as scanned.
    """

    written: set[str] = field(default_factory=set)
    scanned: set[str] = field(default_factory=set)


@contextmanager
def touched_tables() -> Iterator[Touched]:
    """Looks on at all engines of this process."""
    touched = Touched()
    before: dict[int, Counts] = {}

    def counts(connection: Connection) -> Counts:
        # Not through the connection, which would begin the transaction that is just beginning.
        with connection.connection.cursor() as cursor:
            cursor.execute(_COUNTED)
            return {
                name if schema == "public" else f"{schema}.{name}": (written, scanned)
                for schema, name, written, scanned in cursor.fetchall()
            }

    def begin(connection: Connection) -> None:
        # What a session has done before may not have been passed on yet, and would count again.
        before[id(connection)] = counts(connection)

    def commit(connection: Connection) -> None:
        known = before.pop(id(connection), {})
        for table, (written, scanned) in counts(connection).items():
            was_written, was_scanned = known.get(table, (0, 0))
            if written > was_written:
                touched.written.add(table)
            if scanned > was_scanned:
                touched.scanned.add(table)

    event.listen(Engine, "begin", begin)
    event.listen(Engine, "commit", commit)
    try:
        yield touched
    finally:
        event.remove(Engine, "begin", begin)
        event.remove(Engine, "commit", commit)


@contextmanager
def only_declared(tables: Tables) -> Iterator[Touched]:
    """Fails when anything else is written than the tables say."""
    with touched_tables() as touched:
        yield touched
    undeclared = touched.written - set(tables.writes) - OF_EVERY_TASK
    assert not undeclared, f"not among the tables that are declared: {sorted(undeclared)}"
