"""Transactions as services get them: of a task try, read-only, and apart from code that was interrupted."""

from __future__ import annotations

import threading
import time
from dataclasses import asdict

import pytest
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError, InternalError

from prospecting.persistence.database import TaskAttempt
from prospecting.persistence.statements import statement
from prospecting.services.interruption import work_apart
from prospecting.services.runtime import Runtime
from tests.db.factories import add_companies, count

ATTEMPT = TaskAttempt("their_dag", "run 1", "some_task")


@pytest.fixture
def runtime(engine: Engine) -> Runtime:
    return Runtime(engine, ATTEMPT, timeout_seconds=60)


def limits(connection: Connection) -> tuple[str, str]:
    names = ("statement_timeout", "idle_in_transaction_session_timeout")
    statement_timeout, silent = (connection.execute(text(f"show {name}")).scalar_one() for name in names)
    return statement_timeout, silent


def test_a_transaction_is_bounded(engine: Engine, runtime: Runtime) -> None:
    assert runtime.write(limits) == runtime.read(limits) == ("1min", "10min")
    database = text("select quote_ident(current_database())")
    with engine.begin() as connection:
        name = connection.execute(database).scalar_one()
        connection.execute(text(f"alter database {name} set idle_in_transaction_session_timeout = '30s'"))
    engine.dispose()  # of new sessions alone
    try:
        assert runtime.write(limits) == ("1min", "30s"), "the server's own limit stays"
    finally:
        with engine.begin() as connection:
            connection.execute(text(f"alter database {name} reset idle_in_transaction_session_timeout"))
        engine.dispose()


def test_a_process_that_was_stopped_keeps_no_lock(
    engine: Engine, runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    runtime.write(lambda connection: add_companies(connection, "Acme"))
    monkeypatch.setattr("prospecting.persistence.database.SILENT_SECONDS", 0.2)
    rename = text("update companies set name = :name")
    holds, is_over = threading.Event(), threading.Event()
    errors: list[DBAPIError] = []

    def stop_in_the_middle(connection: Connection) -> None:
        connection.execute(rename, {"name": "Globex"})
        holds.set()
        is_over.wait(60)
        connection.execute(rename, {"name": "Initech"})

    def write() -> None:
        try:
            runtime.write(stop_in_the_middle)
        except DBAPIError as error:
            errors.append(error)

    thread = threading.Thread(target=write)
    thread.start()
    assert holds.wait(60)
    runtime.write(lambda connection: connection.execute(rename, {"name": "Umbrella"}))
    is_over.set()
    thread.join(60)
    assert [error.connection_invalidated for error in errors] == [True], (
        "the task is tried again, no answer is to blame"
    )
    with engine.connect() as connection:
        assert connection.execute(text("select name from companies")).scalars().all() == ["Umbrella"]


def make_list(connection: Connection) -> None:
    connection.execute(text("create temporary table chosen (id bigint) on commit drop"))


def registered(engine: Engine) -> int:
    with engine.connect() as connection:
        return count(connection, "task_attempts")


def test_what_is_written_is_the_tries(engine: Engine, runtime: Runtime) -> None:
    runtime.write(lambda connection: add_companies(connection, "Acme"))
    with engine.connect() as connection:
        wrote = connection.execute(
            text("select a.task_id from companies as c join task_attempts as a on a.id = c.written_by")
        )
        assert wrote.scalars().all() == ["some_task"]


@pytest.mark.parametrize("prepare", [None, make_list], ids=["at once", "prepared"])
def test_reading_writes_nothing_and_registers_nobody(engine: Engine, runtime: Runtime, prepare: object) -> None:
    with pytest.raises(InternalError) as refused:
        runtime.read(lambda connection: add_companies(connection, "Acme"), prepare=prepare)  # type: ignore[arg-type]
    assert getattr(refused.value.orig, "sqlstate", None) == "25006"
    assert runtime.read(lambda connection: count(connection, "companies"), prepare=prepare) == 0  # type: ignore[arg-type]
    assert registered(engine) == 0


def test_temporary_tables_are_made_before_nothing_can_be_written(runtime: Runtime) -> None:
    def work(connection: Connection) -> int:
        connection.execute(text("insert into chosen values (1), (2)"))
        return count(connection, "chosen")

    assert runtime.read(work, prepare=make_list) == 2
    with pytest.raises(InternalError):
        runtime.read(make_list)


# ------------------------------------------------------------------------------------------------------ giving back
def test_what_is_done_apart_waits_for_nothing_the_interrupted_code_holds(engine: Engine, runtime: Runtime) -> None:
    """All connections of the pool are taken, one of them by a transaction that has registered the same task attempt."""
    with engine.begin() as connection:
        add_companies(connection, "Acme")
    taken = [engine.connect() for _ in range(5)]
    try:
        taken[0].execute(text("select from companies for update"))
        taken[0].execute(statement("provenance/register_attempt"), asdict(ATTEMPT))
        seen: list[Runtime] = []

        def work(apart: Runtime) -> bool:
            apart.write(lambda connection: add_companies(connection, "Globex"))
            seen.append(apart)
            return True

        assert work_apart(runtime, work)
        assert seen[0].attempt is None
    finally:
        for connection in taken:
            connection.close()
    with engine.connect() as connection:
        assert count(connection, "companies") == 2


def test_what_cannot_be_done_apart_is_given_up_soon(engine: Engine, runtime: Runtime) -> None:
    def rename(apart: Runtime) -> bool:
        rename_all = text("update companies set name = 'Globex'")
        return bool(apart.write(lambda connection: connection.execute(rename_all).rowcount))

    with engine.begin() as connection:
        add_companies(connection, "Acme")
    with engine.connect() as connection:
        connection.execute(text("select from companies for update"))
        started = time.monotonic()
        assert not work_apart(runtime, rename), "the row is locked"
        release = threading.Event()
        assert not work_apart(runtime, lambda apart: release.wait(60))
        assert time.monotonic() - started < 30
        release.set()
        connection.rollback()
    assert work_apart(runtime, rename)
