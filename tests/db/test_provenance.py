"""Which task try wrote a row; units of work, their time limit, and repeating what lost a race."""

from __future__ import annotations

import json
import threading
import time
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine, create_engine, text
from sqlalchemy.exc import DBAPIError, OperationalError

from prospecting.persistence.companies import CompanyRow, upsert_companies
from prospecting.persistence.database import (
    TaskAttempt,
    application_url,
    clean_text,
    engine_for,
    lock_keys,
    run_in_transaction,
    to_json,
    unit_of_work,
)
from prospecting.persistence.events import upsert_event_sponsors
from prospecting.persistence.persons import PersonRow, upsert_persons
from prospecting.persistence.schema.tables import metadata
from tests.db.factories import SPONSORS, WRITERS, at_once, count, stored, write_companies, write_events

FIRST = TaskAttempt("signal_execution", "manual__1", "extract_sponsors", 3, 1)
SECOND = TaskAttempt("signal_execution", "manual__1", "extract_sponsors", 3, 2)


def writers(connection: Connection, table: str) -> list[int | None]:
    """The try number behind every row."""
    return [
        row["try_number"]
        for row in stored(
            connection, f"{table} as t left join task_attempts as a on a.id = t.written_by", "a.*", "t.ctid"
        )
    ]


@pytest.mark.parametrize("writer", sorted(WRITERS))
def test_every_row_names_the_try_that_wrote_it(engine: Engine, writer: str) -> None:
    with unit_of_work(engine, FIRST) as connection:
        WRITERS[writer](connection)
    with unit_of_work(engine, SECOND) as connection:
        WRITERS[writer](connection)
    with engine.connect() as connection:
        reopened = {"signal_executions", "feature_refreshes"}  # by a second start
        for table in metadata.sorted_tables:
            if "written_by" in table.c:
                assert set(writers(connection, table.fullname)) <= ({1, 2} if table.fullname in reopened else {1}), (
                    table.fullname
                )
        (row,) = stored(connection, "task_attempts", order="id limit 1")
        assert (row["dag_id"], row["run_id"], row["task_id"], row["map_index"]) == (
            FIRST.dag_id,
            FIRST.run_id,
            FIRST.task_id,
            3,
        )


def test_an_update_names_the_try_that_made_it(engine: Engine) -> None:
    def write(description: str | None, tier: int, title: str | None) -> Any:
        def work(connection: Connection) -> None:
            (event, _) = write_events(connection)
            row = CompanyRow("Acme", "acme.com", description=description)
            acme = upsert_companies(connection, [row, CompanyRow("Globex")], source_system="test").saved[0]
            assert acme
            upsert_event_sponsors(connection, event, [(acme.id, SPONSORS[tier])], source_system="test")
            person = PersonRow("Jane Doe", acme.id, title, "linkedin.com/in/jane")
            upsert_persons(connection, [person], source_system="test")

        return work

    run_in_transaction(write(None, 1, None), engine, FIRST)
    run_in_transaction(write("new", 0, "CEO"), engine, SECOND)
    with engine.connect() as connection:
        by_name = {row["name"]: row["written_by"] for row in stored(connection, "companies")}
        first, second = (row["id"] for row in stored(connection, "task_attempts", order="id"))
        assert by_name == {"Acme": second, "Globex": first}
        assert writers(connection, "events") == [1, 1]
        assert writers(connection, "event_sponsors") == [2]
        assert writers(connection, "persons") == [2]
        assert sorted(found for found in writers(connection, "company_person_roles") if found) == [1, 2]


def test_without_a_task_nobody_is_named_even_on_a_connection_used_before(database_url: str) -> None:
    engine = create_engine(application_url(database_url), pool_size=1, max_overflow=0)
    with unit_of_work(engine, FIRST) as connection:
        upsert_companies(connection, [CompanyRow("Acme")], source_system="test")
    with unit_of_work(engine) as connection:
        upsert_companies(connection, [CompanyRow("Globex")], source_system="test")
    with engine.connect() as connection:
        assert writers(connection, "companies") == [1, None]
    engine.dispose()


def test_statements_are_not_compiled_not_even_after_a_rollback(database_url: str) -> None:
    engine = engine_for(application_url(database_url))
    with pytest.raises(ZeroDivisionError), unit_of_work(engine):
        raise ZeroDivisionError
    with unit_of_work(engine) as connection:
        assert connection.execute(text("show jit")).scalar_one() == "off"
    engine.dispose()


def test_one_try_is_registered_once_however_often_it_writes(engine: Engine) -> None:
    for _ in range(3):
        with unit_of_work(engine, FIRST):
            pass
    with unit_of_work(engine, SECOND):
        pass
    with engine.connect() as connection:
        assert [row["try_number"] for row in stored(connection, "task_attempts")] == [1, 2]


def test_a_try_registered_twice_at_once_is_named_by_both(engine: Engine) -> None:
    for attempt in range(10):
        task = TaskAttempt("dag", "run", "task", -1, attempt + 1)
        barrier = threading.Barrier(3)
        named: list[object] = []

        def work(task: TaskAttempt = task, barrier: threading.Barrier = barrier, named: list[object] = named) -> None:
            barrier.wait()
            with unit_of_work(engine, task) as connection:
                time.sleep(0.01)
                named.append(
                    connection.execute(text("select current_setting('prospecting.task_attempt')")).scalar_one()
                )

        threads = [threading.Thread(target=work) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(named) == 3
        assert len(set(named)) == 1


def test_a_failing_unit_of_work_leaves_nothing(engine: Engine) -> None:
    def fail() -> None:
        with unit_of_work(engine, FIRST) as connection:
            write_companies(connection)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    with engine.connect() as connection:
        assert count(connection, "companies") == count(connection, "task_attempts") == 0


# ------------------------------------------------------------------ time limits
def test_the_time_limit_cancels_a_statement(engine: Engine) -> None:
    started = time.monotonic()
    with pytest.raises(OperationalError) as caught, unit_of_work(engine, FIRST, timeout_seconds=0.3) as connection:
        connection.execute(text("select pg_sleep(30)"))
    assert getattr(caught.value.orig, "sqlstate", None) == "57014"
    assert time.monotonic() - started < 10


def test_the_time_limit_ends_waiting_for_a_lock(engine: Engine) -> None:
    with unit_of_work(engine) as holder:
        lock_keys(holder, "company", ["n:acme"])
        with pytest.raises(OperationalError), unit_of_work(engine, timeout_seconds=0.3) as connection:
            upsert_companies(connection, [CompanyRow("Acme")], source_system="test")


def test_the_time_limit_ends_with_the_transaction(database_url: str) -> None:
    engine = create_engine(application_url(database_url), pool_size=1, max_overflow=0)
    with unit_of_work(engine, timeout_seconds=5) as connection:
        assert connection.execute(text("show statement_timeout")).scalar_one() == "5s"
    with unit_of_work(engine) as connection:
        assert connection.execute(text("show statement_timeout")).scalar_one() == "0"
    engine.dispose()


# ------------------------------------------------------------------ lost races
def test_a_deadlock_is_repeated(engine: Engine) -> None:
    with engine.begin() as connection:
        write_companies(connection)
        low, high = (row["id"] for row in stored(connection, "companies", "id", "id limit 2"))
    barrier = threading.Barrier(2)
    tries: list[int] = []

    def crossing(order: tuple[int, int]) -> None:
        def work(connection: Connection) -> None:
            tries.append(1)
            update = text("update companies set description = coalesce(description, '') || 'x' where id = :id")
            connection.execute(update, {"id": order[0]})
            if len(tries) <= 2:
                barrier.wait(timeout=20)
            connection.execute(update, {"id": order[1]})

        run_in_transaction(work, engine)

    threads = [threading.Thread(target=crossing, args=[order]) for order in ((low, high), (high, low))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(tries) == 3
    with engine.connect() as connection:
        assert [row["description"] for row in stored(connection, "companies", order="id limit 2")] == ["xx", "xx"]


def test_a_race_lost_every_time_is_raised(engine: Engine) -> None:
    tries: list[int] = []

    def work(connection: Connection) -> None:
        tries.append(1)
        connection.execute(text("do $$ begin raise exception 'x' using errcode = '40001'; end $$"))

    with pytest.raises(DBAPIError):
        run_in_transaction(work, engine, tries=3)
    assert len(tries) == 3


def test_any_other_error_is_raised_at_once(engine: Engine) -> None:
    tries: list[int] = []

    def work(connection: Connection) -> None:
        tries.append(1)
        connection.execute(text("select 1/0"))

    with pytest.raises(DBAPIError):
        run_in_transaction(work, engine)
    assert len(tries) == 1


def test_errors_do_not_repeat_what_was_written(engine: Engine) -> None:
    secret = "jane.secret@acme.com"
    with pytest.raises(DBAPIError) as caught, unit_of_work(engine) as connection:
        connection.execute(text("insert into companies (name, bogus) values (:name, 1)"), {"name": secret})
    assert secret not in str(caught.value)


# ------------------------------------------------------------------ locks
def test_many_keys_need_few_locks_and_any_text_is_a_key(engine: Engine) -> None:
    with unit_of_work(engine) as connection:
        lock_keys(connection, "company", [f"n:{i}" for i in range(5000)] + ["\x00", "\ud800", "", "😀"])
        locks = connection.execute(
            text("select count(*) from pg_locks where locktype = 'advisory' and pid = pg_backend_pid()")
        ).scalar_one()
        assert locks == 256
        lock_keys(connection, "company", [])


def test_keys_are_locked_per_namespace_until_the_transaction_ends(engine: Engine) -> None:
    with unit_of_work(engine) as holder:
        lock_keys(holder, "company", ["a"])
        with unit_of_work(engine, timeout_seconds=5) as other:
            lock_keys(other, "person", ["a"])
        with pytest.raises(OperationalError), unit_of_work(engine, timeout_seconds=0.2) as other:
            lock_keys(other, "company", ["a"])
    with unit_of_work(engine, timeout_seconds=5) as other:
        lock_keys(other, "company", ["a"])


def test_opposite_orders_of_many_keys_do_not_deadlock(engine: Engine) -> None:
    keys = [f"n:{i}" for i in range(300)]
    for _ in range(10):
        at_once(
            engine,
            [
                lambda connection, order=order: lock_keys(connection, "company", order)
                for order in (keys, keys[::-1], keys[150:] + keys[:150], keys)
            ],
        )


# ------------------------------------------------------------------ what PostgreSQL can store
@pytest.mark.parametrize(
    ("url", "driver"),
    [
        ("postgres://u:p@h/d", "postgresql+psycopg://u:p@h/d"),
        ("postgresql://u:p@h:5433/d", "postgresql+psycopg://u:p@h:5433/d"),
        ("postgresql+psycopg2://h/d", "postgresql+psycopg://h/d"),
    ],
)
def test_any_postgresql_url_gets_our_driver(url: str, driver: str) -> None:
    assert application_url(url).render_as_string(hide_password=False) == driver


def test_another_database_is_refused_without_its_password() -> None:
    with pytest.raises(ValueError, match="must be PostgreSQL, not mysql") as caught:
        application_url("mysql://user:secret@host/db")
    assert "secret" not in str(caught.value)


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters(exclude_categories=()))
    | st.binary(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(st.characters(exclude_categories=()), max_size=5), inner, max_size=3)
    ),
    max_leaves=8,
)


def texts_in(value: Any) -> list[str]:
    """Every string in a JSON value, keys included."""
    if isinstance(value, dict):
        return [text for key, item in value.items() for text in (key, *texts_in(item))]
    if isinstance(value, list):
        return [text for item in value for text in texts_in(item)]
    return [value] if isinstance(value, str) else []


@given(JSON)
@example(b"\\u0000")  # a backslash and "u0000", spelled out: harmless
@example("\x00")
@example({"\ud800": [float("inf"), b"\xff"]})
def test_any_value_becomes_json_that_can_be_stored(value: Any) -> None:
    written = to_json(value)
    read = json.loads(written, parse_constant=lambda constant: pytest.fail(f"{constant} is not JSON"))
    assert all("\x00" not in text for text in texts_in(read))
    written.encode("utf-8")


def test_values_survive_the_way_through_jsonb(connection: Connection) -> None:
    value = {"a": [1, 2.5, None, True, "é😀", {"b": "x\ufffdy"}]}
    sent = to_json({"a": [1, 2.5, float("nan"), True, "é😀", {"b": "x\x00y"}]})
    found = connection.execute(text("select cast(:sent as jsonb)"), {"sent": sent}).scalar_one()
    assert found == {**value, "a": [1, 2.5, None, True, "é😀", {"b": "x\ufffdy"}]}


@pytest.mark.parametrize(
    ("given_text", "clean"),
    [
        ("plain", "plain"),
        ("a\x00b", "a\ufffdb"),
        ("\ud800", "\ufffd"),
        ("x\udc00y", "x\ufffdy"),
        ("\ud83d\ude00", "😀"),
        ("😀\x00\ud83d", "😀\ufffd\ufffd"),
        ("", ""),
    ],
)
def test_clean_text(given_text: str, clean: str) -> None:
    assert clean_text(given_text) == clean
