"""Errors of the database, as they reach logs: nothing of a row in them, whatever PostgreSQL has to say about it."""

from __future__ import annotations

import logging
import pickle
import re
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog
from sqlalchemy import Connection, Engine, NullPool, event, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError, ProgrammingError

from prospecting.persistence.database import engine_for, make_engine, run_in_transaction
from prospecting.services.interruption import work_apart
from prospecting.services.runtime import Runtime

ROOT = Path(__file__).resolve().parents[2]
MARKERS = ("Zelda Marker", "zelda.marker@marker-bank.com", "marker-bank.com")
NAME, EMAIL, DOMAIN = MARKERS


@pytest.fixture
def product_engine(database_url: str) -> Engine:
    """The engine that tasks work with."""
    return engine_for(make_url(database_url))


@pytest.fixture
def working(product_engine: Engine) -> Iterator[Connection]:
    """A transaction of it that is rolled back."""
    with product_engine.connect() as connection:
        yield connection
    product_engine.dispose()


def as_logged(error: BaseException) -> str:
    """An error in all forms that logs give it: as text, with its causes, and as Airflow's structured tasks' logs do."""
    formats = structlog.tracebacks.ExceptionDictTransformer(use_rich=False, show_locals=False)
    structured = formats((type(error), error, error.__traceback__))
    parts = ["".join(traceback.format_exception(error)), str(structured)]
    cause: BaseException | None = error
    while cause is not None:
        parts += [str(cause), repr(cause), str(cause.args)]
        cause = cause.__cause__ or cause.__context__
    return "\n".join(parts)


def gives_nothing_away(error: BaseException) -> str:
    """The error as logged; fails when anything of the markers is in it."""
    logged = as_logged(error)
    assert "psycopg" in logged or "refused" in logged
    assert not [marker for marker in MARKERS if marker.lower() in logged.lower()], logged
    return logged


def failing(connection: Connection, statement: str, **values: Any) -> BaseException:
    with pytest.raises(Exception) as caught, connection.begin_nested():  # noqa: PT011
        connection.execute(text(statement), values)
    return caught.value


def test_a_refused_row_is_told_by_its_table_and_constraint(working: Connection) -> None:
    working.execute(text("create temporary table people (name text, born date)"))
    working.execute(text("create unique index uq_people_name on people (name)"))
    working.execute(text("insert into people values (:name)"), {"name": NAME})
    twice = failing(working, "insert into people values (:name)", name=NAME)
    assert isinstance(twice, IntegrityError)
    assert "SQLSTATE 23505, table pg_temp" in gives_nothing_away(twice)
    assert "people, constraint uq_people_name" in str(twice)
    assert (twice.orig.sqlstate, twice.orig.diag.constraint_name) == ("23505", "uq_people_name")  # type: ignore[union-attr]
    assert f"({NAME})" in (twice.orig.diag.message_detail or ""), "for code that asks"  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("statement", "state"),
    [
        ("select cast(:name as date)", "22007"),
        ("select cast(:name as int)", "22P02"),
        ("select cast(:name as varchar(3))::char(3)::int", "22P02"),
        ("insert into companies (name) select repeat(md5(:name || i), 1) from generate_series(1, 2) i", "23502"),
        ("select ('{\"a\": ' || :name)::jsonb", "22P02"),
        ("select 1 / length(:name) / 0", "22012"),
        # Functions know more than they are given; so do these.
        ("do $$ begin raise exception 'no %', 'Zelda ' || 'Marker'; end $$", "P0001"),
        ("do $$ begin execute 'select 1 Zelda ' || 'Marker x'; end $$", "42601"),
        ("do $$ begin raise exception 'full of %', 'Zelda ' || 'Marker' using errcode = '53100'; end $$", "53100"),
        (
            "do $$ begin raise exception 'no' using errcode = 'P0002', hint = 'Zelda ' || 'Marker',"
            " detail = 'Zelda ' || 'Marker'; end $$",
            "P0002",
        ),
    ],
)
def test_messages_details_hints_and_contexts_are_withheld(working: Connection, statement: str, state: str) -> None:
    values = {"name": NAME} if ":name" in statement else {}
    assert f"SQLSTATE {state}" in gives_nothing_away(failing(working, statement, **values))


def test_what_speaks_of_no_row_is_told(working: Connection) -> None:
    missing = failing(working, "select * from nowhere")
    assert isinstance(missing, ProgrammingError)
    assert 'relation "nowhere" does not exist [SQLSTATE 42P01]' in str(missing)
    working.execute(text("set local statement_timeout = 20"))
    late = failing(working, "select pg_sleep(10)")
    assert "canceling statement due to statement timeout [SQLSTATE 57014]" in str(late)


def test_a_database_out_of_reach_is_told() -> None:
    engine = make_engine(make_url("postgresql+psycopg://nobody@127.0.0.1:9/none"), poolclass=NullPool)
    with pytest.raises(OperationalError, match="Connection refused"):
        engine.connect()


def test_values_that_python_refuses_are_withheld(working: Connection) -> None:
    for value in (f"{NAME} \ud800", f"{NAME}\x00"):
        gives_nothing_away(failing(working, "select cast(:name as text)", name=value))
    gives_nothing_away(failing(working, "select cast(:name as int)", name=object()))
    with pytest.raises(DBAPIError) as far:
        working.execute(text("select date '99999-01-01'")).all()
    assert "99999-01" not in str(far.value.args) + repr(far.value.orig)


def test_the_commit_and_cursors_of_a_transaction_are_watched_too(product_engine: Engine) -> None:
    with product_engine.connect() as connection:
        connection.execute(
            text("create temporary table people (name text unique deferrable initially deferred, born text)")
        )
        connection.execute(text("insert into people values (:name), (:name)"), {"name": NAME})
        with pytest.raises(IntegrityError) as refused:
            connection.commit()
    assert "constraint people_name_key" in gives_nothing_away(refused.value)

    streamed = text("select cast(:name || case when i > 5 then '' end as date) from generate_series(1, 9) i")
    with product_engine.connect() as connection, pytest.raises(DBAPIError) as refused_row:
        connection.execute(streamed, {"name": NAME}, execution_options={"yield_per": 2}).all()
    gives_nothing_away(refused_row.value)
    product_engine.dispose()


def test_errors_that_travel_stay_silent(working: Connection) -> None:
    error = failing(working, "select cast(:name as date)", name=NAME)
    assert isinstance(error, DBAPIError)
    assert NAME not in str(pickle.loads(pickle.dumps(error)))


def test_notices_and_warnings_are_not_logged(working: Connection, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "sqlalchemy.dialects.postgresql")
    caplog.set_level(logging.DEBUG, "psycopg")
    for level in ("notice", "warning", "log"):
        working.execute(text(f"do $$ begin raise {level} 'about Zelda Marker'; end $$"))
    assert NAME not in "".join(
        record.getMessage() for record in caplog.records if record.name.startswith(("sqlalchemy.dialects", "psycopg"))
    )


def test_what_is_given_back_in_a_hurry_is_watched_too(product_engine: Engine, caplog: pytest.LogCaptureFixture) -> None:
    heard: list[BaseException] = []

    def give_back(runtime: Runtime) -> None:
        event.listen(runtime.engine, "handle_error", lambda context: heard.append(context.original_exception))
        run_in_transaction(
            lambda connection: connection.execute(text("select cast(:name as date)"), {"name": NAME}), runtime.engine
        )

    assert not work_apart(Runtime(engine=product_engine), give_back)
    assert len(heard) == 1
    assert NAME not in str(heard[0]) + caplog.text


def test_there_is_one_place_that_makes_engines() -> None:
    """Commands may look into Airflow's database, and start the embedded server, by themselves."""
    found = {
        str(path.relative_to(ROOT))
        for folder, connecting in (
            ("plugins", "create_engine|psycopg.connect"),
            ("migrations", "create_engine|psycopg.connect"),
            ("dags", "create_engine|psycopg.connect"),
            ("scripts", "create_engine"),
        )
        for path in (ROOT / folder).rglob("*.py")
        if re.search(rf"\b({connecting})\(", path.read_text(encoding="utf-8"))
    }
    assert found == {"plugins/prospecting/persistence/database.py"}
