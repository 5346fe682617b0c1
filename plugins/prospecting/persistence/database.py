"""Engines, and the unit of work: one transaction that knows which task try it belongs to.

Persistence functions take a connection and never commit; whoever opens the unit of work owns the transaction.
"""

from __future__ import annotations

import json
import logging
import random
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeVar
from zlib import crc32

import pydantic_core
from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError

from prospecting.persistence.database_errors import withhold_values
from prospecting.persistence.database_urls import EXPECTED, encoded_url
from prospecting.persistence.statements import statement

if TYPE_CHECKING:
    import psycopg
    from sqlalchemy.pool import ConnectionPoolEntry, PoolResetState

log = logging.getLogger(__name__)
R = TypeVar("R")

# Serialization failure, deadlock; a parent row deleted, or the same key added, since the transaction looked: it lost a
# race and is worth repeating. Anything else fails again.
_LOST_RACE = {"40001", "40P01", "23503", "23505"}
_KEY_BUCKETS = 256

ACTED_FOR_USER = "acted_for_user"
"""Key in the ``info`` of a connection that has acted on behalf of a user since it was taken from the pool."""

SILENT_SECONDS = 600.0
"""For how long a task may be silent in the middle of a transaction. Between two statements it computes for seconds."""


@dataclass(frozen=True, slots=True)
class TaskAttempt:
    """One try of one (mapped) Airflow task: who writes."""

    dag_id: str
    run_id: str
    task_id: str
    map_index: int = -1
    try_number: int = 1


def application_url(url: str | URL) -> URL:
    """Accept ``postgres://``, ``postgresql://`` and ``postgresql+psycopg://``; returns a URL for psycopg 3.

    Raises ``ValueError`` for another product, and for a URL that can be read in more ways than one.
    """
    try:
        parsed = make_url(encoded_url(url).replace("postgres://", "postgresql://", 1) if isinstance(url, str) else url)
    except ArgumentError:
        raise ValueError(f"the database URL cannot be read; {EXPECTED}") from None
    if parsed.get_backend_name() != "postgresql":
        raise ValueError(
            f"The application database must be PostgreSQL, not {parsed.get_backend_name()}: set PROSPECTING_DB_URL or "
            "the Airflow connection prospecting_db to a postgresql:// URL"
        )
    return parsed.set(drivername="postgresql+psycopg")


def make_engine(url: URL, *, connect_timeout: int = 15, **options: Any) -> Engine:
    """An engine for the application database; ``options`` are SQLAlchemy's. Errors carry no value of any row.

    ``connect_timeout`` is in seconds.
    """
    engine = create_engine(
        url,
        hide_parameters=True,
        json_serializer=to_json,
        connect_args={"application_name": "prospecting", "connect_timeout": connect_timeout},
        **options,
    )
    event.listen(engine, "connect", _set_up_session)
    event.listen(engine, "reset", _reset_session)
    event.listen(engine, "handle_error", withhold_values)
    return engine


@lru_cache(maxsize=8)
def engine_for(url: URL) -> Engine:
    """One small pooled engine per process and database.

    Sessions are kept: threads that take turns at more than are kept would open and close one for each transaction.
    """
    return make_engine(url, connect_timeout=10, pool_size=5, max_overflow=0, pool_pre_ping=True)


def _set_up_session(connection: psycopg.Connection[Any], _record: object) -> None:
    """Set once connected rather than by start-up options, which poolers refuse and which would replace the URL's own.

    Statements here read their tables row by row, by key: compiling them costs more than most of them take to run.
    Notices and warnings may quote rows, and SQLAlchemy logs them.
    """
    connection.autocommit = True
    connection.execute("set jit = off; set client_min_messages = error")
    connection.autocommit = False


def _reset_session(
    connection: psycopg.Connection[Any], record: ConnectionPoolEntry | None, state: PoolResetState
) -> None:
    """Nothing that was done on behalf of a user reaches whoever gets the connection next.

    Acting ends with its transaction. Settings, locks, cursors and prepared statements of the session do not.
    """
    # A connection that was detached from the pool has no record, and nobody gets it next.
    if record is not None and record.info.pop(ACTED_FOR_USER, False) and not state.terminate_only:
        connection.rollback()
        connection.autocommit = True
        # The driver does not notice that the statements it had prepared are gone as well, and would go on naming them.
        connection.prepare_threshold = None
        connection.execute("discard all")
        # psycopg does not always notice that the statements it has prepared are gone: it prepares none from here on.
        connection.prepare_threshold = None
        _set_up_session(connection, record)


def clean_text(value: str) -> str:
    """Replace what PostgreSQL cannot store as text: NUL bytes and lone surrogates become U+FFFD."""
    if "\x00" in value:
        value = value.replace("\x00", "\ufffd")
    if not value.isascii():
        value = value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return value


def clean_value(value: Any) -> Any:
    """``clean_text`` through any JSON-like value; keys included, unknown types as their text."""
    if isinstance(value, str):
        return clean_text(value)
    if isinstance(value, Mapping):
        return {clean_text(str(key)): clean_value(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [clean_value(item) for item in value]
    if isinstance(value, float) and (value != value or value in (float("inf"), float("-inf"))):
        return None
    if isinstance(value, bytes):
        return clean_text(value.decode("utf-8", "replace"))
    if value is None or isinstance(value, (bool, int, float)):
        return value
    return clean_text(str(value))


def to_json(value: Any) -> str:
    """JSON that PostgreSQL accepts as ``jsonb``, whatever an agent sent: no NUL, no lone surrogate, no NaN."""
    with suppress(ValueError):  # a lone surrogate, bytes that are not text, an unknown type
        encoded = pydantic_core.to_json(value, inf_nan_mode="null")
        if b"\\u0000" not in encoded:
            return encoded.decode()
    # Rare: walk through the value and clean it.
    return json.dumps(clean_value(value), ensure_ascii=False)


def read_in_portions(
    connection: Connection, name: str, values: Mapping[str, Any], columns: Sequence[str], *, portion_size: int = 10_000
) -> Iterator[Sequence[Sequence[Any]]]:
    """All rows of a statement, ``portion_size`` at a time from a server-side cursor; values as ``columns`` orders them.

    PostgreSQL assumes that a tenth of a cursor's rows is read, and plans nested loops, whose first rows come soonest;
    here all of them are read.
    """
    connection.execute(text("select set_config('cursor_tuple_fraction', '1', true)"))
    with connection.execute(statement(name), values, execution_options={"yield_per": portion_size}) as result:
        yield from result.columns(*columns).partitions(portion_size)


@contextmanager
def unit_of_work(
    engine: Engine,
    attempt: TaskAttempt | None = None,
    *,
    timeout_seconds: float | None = None,
    read_only: bool = False,
    is_journalled: bool = False,
) -> Iterator[Connection]:
    """One transaction: committed when the block ends, rolled back when it raises.

    ``attempt`` is registered in ``task_attempts`` and becomes the default of every ``written_by``.
    ``timeout_seconds`` becomes ``statement_timeout``, so that a killed task does not leave its query running; then
    PostgreSQL also ends a session that is silent for ``SILENT_SECONDS`` between two statements, so that a process that
    was stopped (a machine asleep, SIGSTOP) does not keep its locks. What the server is set to takes precedence.
    With ``read_only``, PostgreSQL itself refuses to write anything but temporary tables. With ``is_journalled``,
    ``backfill_journal`` keeps what is written to some tables, as changes of the ``attempt``.
    """
    with engine.begin() as connection:
        if read_only:
            connection.execute(text("set transaction read only"))
        if timeout_seconds:
            connection.execute(
                statement("provenance/limit_times"),
                {
                    "statement_ms": str(max(1, int(timeout_seconds * 1000))),
                    "silent_ms": str(int(SILENT_SECONDS * 1000)),
                },
            )
        if attempt is not None:
            _register(connection, attempt)
            if is_journalled:
                connection.execute(text("select set_config('prospecting.journal', 'on', true)"))
        yield connection


def _register(connection: Connection, attempt: TaskAttempt) -> None:
    for _ in range(2):
        # A statement does not see the row that another transaction of the same try committed while it waited for it;
        # the second one does.
        if connection.execute(statement("provenance/register_attempt"), asdict(attempt)).one_or_none():
            return
    raise LookupError("The task try could not be registered: its row disappeared from task_attempts")


def run_in_transaction(
    work: Callable[[Connection], R],
    engine: Engine,
    attempt: TaskAttempt | None = None,
    *,
    timeout_seconds: float | None = None,
    read_only: bool = False,
    is_journalled: bool = False,
    tries: int = 5,
) -> R:
    """Run ``work(connection)`` in a unit of work, repeating it when it lost a race against another transaction.

    Keys are locked in one order, so deadlocks should not happen; PostgreSQL may still choose a victim, for instance
    when somebody repairs data by hand meanwhile.
    """
    for attempt_number in range(1, tries + 1):
        try:
            with unit_of_work(
                engine, attempt, timeout_seconds=timeout_seconds, read_only=read_only, is_journalled=is_journalled
            ) as connection:
                return work(connection)
        except DBAPIError as error:
            if getattr(error.orig, "sqlstate", None) not in _LOST_RACE or attempt_number == tries:
                raise
            log.info("Transaction lost a race (try %d of %d), repeating it", attempt_number, tries)
            time.sleep(random.uniform(0, 0.1 * attempt_number))
    raise AssertionError("unreachable")


def run_in_savepoint(
    work: Callable[[Connection], R], connection: Connection, *, read_only: bool = False, tries: int = 5
) -> R:
    """Run ``work(connection)`` as a part of a transaction that is under way, with a savepoint; otherwise the same.

    What it wrote is undone alone when it raises. With ``read_only``, PostgreSQL refuses to write until it has ended.
    """
    for attempt_number in range(1, tries + 1):
        try:
            with connection.begin_nested():
                if read_only:
                    # Ends with the savepoint.
                    connection.execute(text("set transaction read only"))
                return work(connection)
        except DBAPIError as error:
            if getattr(error.orig, "sqlstate", None) not in _LOST_RACE or attempt_number == tries:
                raise
            log.info("Part of a transaction lost a race (try %d of %d), repeating it", attempt_number, tries)
    raise AssertionError("unreachable")


def lock_keys(connection: Connection, namespace: str, keys: Iterable[str], *, shared: bool = False) -> None:
    """Lock identity keys until the transaction ends, so that two writers cannot create the same thing twice.

    With ``shared`` they are locked only against those who lock them without it.

    Keys are hashed into 256 buckets per namespace, taken in ascending order: no deadlock between batches, and a bulk
    load of a million keys needs no more than 256 locks. Take namespaces in this order, each once per transaction:
    ``signal``, ``execution``, ``event``, ``job_change``, ``company``, ``company_signal``, ``person``, ``contact``,
    ``suppression``, ``briefing``, ``account``, ``intent``, ``recommendation``, ``model``, ``digest``.
    """
    # CRC-32: the same in every process and version of Python, which hash() is not.
    buckets = {crc32(key.encode("utf-8", "surrogatepass")) % _KEY_BUCKETS for key in keys}
    if buckets:
        name = "provenance/share_keys" if shared else "provenance/lock_keys"
        connection.execute(statement(name), {"namespace": namespace, "buckets": sorted(buckets)})


def lock_all_keys(connection: Connection, namespace: str) -> None:
    """Lock every identity key of a namespace until the transaction ends: whoever takes any of them waits."""
    values = {"namespace": namespace, "buckets": list(range(_KEY_BUCKETS))}
    connection.execute(statement("provenance/lock_keys"), values)
