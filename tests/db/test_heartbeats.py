"""Signs of life of runs, closing those that give none, and opening again those that go on after all."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, create_engine, text

from prospecting.agents.parallel import PROVIDER
from prospecting.operators.retry import _LONGEST_DELAY
from prospecting.parsing.subjects import Subject
from prospecting.persistence import (
    account_refreshes,
    agent_calls,
    agent_steps,
    erasures,
    feature_refreshes,
    heartbeats,
    promotions,
    signals,
    slot_evaluations,
)
from prospecting.persistence.database import TaskAttempt, application_url, engine_for, unit_of_work
from prospecting.persistence.erasure import Target
from prospecting.persistence.heartbeats import Closed
from prospecting.services.abandoned_runs import SILENT_MINUTES, close_abandoned_runs, settle_lost_calls
from prospecting.services.heartbeat import BEAT_SECONDS, Heartbeat
from prospecting.services.runtime import Runtime
from tests.dags.filling import wait_for
from tests.db.factories import OTHER_SESSIONS, at_once, be_silent, count, stored, write_signal

ROOT = Path(__file__).resolve().parents[2]
FIRST = TaskAttempt("the_dag", "run 1", "start")
WORKER = TaskAttempt("the_dag", "run 1", "work", 3)
OTHERS = TaskAttempt("the_dag", "run 2", "start")
TABLES = (
    "signal_executions",
    "slot_evaluations",
    "feature_refreshes",
    "account_refreshes",
    "contact_promotions",
    "erasures",
)


def open_run(connection: Connection, table: str, run_id: str) -> Any:
    """A run of the kind that ``table`` keeps; its id."""
    if table == "signal_executions":
        signal = write_signal(connection)
        return signals.start_execution(connection, signal_id=signal, configuration={}, airflow_run_id=run_id)
    if table == "slot_evaluations":
        return slot_evaluations.start_evaluation(connection, airflow_run_id=run_id, params={}, is_full=True)
    if table == "account_refreshes":
        return account_refreshes.start_refresh(connection, airflow_run_id=run_id, params={}).id
    if table == "contact_promotions":
        return promotions.open_promotion(connection, airflow_run_id=run_id, params={}).id
    if table == "erasures":
        return erasures.open_erasure(connection, Target("person:1", Subject()), airflow_run_id=run_id).id
    return feature_refreshes.start_refresh(
        connection, airflow_run_id=run_id, params={}, watermark=None, snapshot_months=1
    ).id


def finish_run(connection: Connection, table: str, run: Any) -> None:
    if table == "signal_executions":
        assert signals.finish_execution(connection, run, status="completed", stats={})
    elif table == "slot_evaluations":
        slot_evaluations.finish_evaluation(connection, run, status="completed")
    elif table == "account_refreshes":
        account_refreshes.finish_refresh(connection, run, {}, status="completed")
    elif table == "contact_promotions":
        promotions.finish_promotion(connection, run)
    elif table == "erasures":
        erasures.finish(connection, run, status="completed")
    else:
        feature_refreshes.finish_refresh(connection, run, feature_refreshes.Counters(), status="completed")


def runtime_of(engine: Engine, attempt: TaskAttempt) -> Runtime:
    """As a task gets it."""
    return Runtime(engine, attempt, timeout_seconds=60, heartbeat=Heartbeat(engine, attempt))


def start(engine: Engine, table: str, attempt: TaskAttempt) -> Any:
    return runtime_of(engine, attempt).write(lambda connection: open_run(connection, table, attempt.run_id))


def close(engine: Engine) -> int:
    return close_abandoned_runs(Runtime(engine)).total


def row(engine: Engine, table: str, run: Any) -> dict[str, Any]:
    with engine.connect() as connection:
        return next(found for found in stored(connection, table) if found["id"] == run)


def silence(engine: Engine, minutes: float = SILENT_MINUTES + 1, run_id: str | None = None) -> None:
    with engine.begin() as connection:
        be_silent(connection, minutes, run_id=run_id)


# ------------------------------------------------------------------------------------------------------------ closed
def test_silence_is_longer_than_any_pause_of_a_run_that_lives() -> None:
    assert _LONGEST_DELAY + 2 * BEAT_SECONDS < SILENT_MINUTES * 60


@pytest.mark.parametrize("table", TABLES)
def test_a_silent_run_is_closed_and_nobody_elses(engine: Engine, table: str) -> None:
    dead, alive = start(engine, table, FIRST), start(engine, table, OTHERS)
    silence(engine, SILENT_MINUTES - 1)
    assert close(engine) == 0
    silence(engine, 2)
    # Of the other run another task gives a sign of life; the one that opened it ended long ago.
    runtime_of(engine, replace(OTHERS, task_id="work", map_index=7)).write(lambda connection: None)
    closer = replace(FIRST, dag_id="any_dag")
    assert close_abandoned_runs(Runtime(engine, closer)) == replace(Closed(), **{table: 1})
    found = row(engine, table, dead)
    error = found["error"]
    assert found["status"] == "failed"
    assert found["completed_at"] == found["abandoned_at"]
    assert (error["kind"] if table == "signal_executions" else error.partition(":")[0]) == "abandoned"
    assert "Clear its unfinished tasks in Airflow" in str(error)
    with engine.connect() as connection:
        writers = {each["id"]: each["dag_id"] for each in stored(connection, "task_attempts")}
    assert writers[found["written_by"]] == "any_dag"
    assert row(engine, table, alive)["status"] == "running"
    assert close(engine) == 0


@pytest.mark.parametrize("table", TABLES)
def test_a_run_that_ended_is_not_closed(engine: Engine, table: str) -> None:
    run = start(engine, table, FIRST)
    with engine.begin() as connection:
        finish_run(connection, table, run)
    silence(engine)
    assert close(engine) == 0
    assert row(engine, table, run)["status"] == "completed"


@pytest.mark.parametrize("table", TABLES)
def test_a_run_that_no_task_opened_lives_from_its_opening_on(engine: Engine, table: str) -> None:
    with engine.begin() as connection:
        run = open_run(connection, table, "by hand")
    assert close(engine) == 0
    silence(engine)
    assert close(engine) == 1
    assert row(engine, table, run)["status"] == "failed"


def test_closers_at_once_close_everything_once_and_wait_for_nobody(engine: Engine) -> None:
    for number in range(10):
        for table in TABLES:
            start(engine, table, replace(FIRST, run_id=f"run {number}"))
    ended = start(engine, "slot_evaluations", replace(FIRST, run_id="ends now"))
    silence(engine)
    with engine.begin() as connection:
        finish_run(connection, "slot_evaluations", ended)
        closing: Callable[[Connection], Closed] = lambda other: heartbeats.close_abandoned(  # noqa: E731
            other, silent_seconds=SILENT_MINUTES * 60, message="gone"
        )
        # With the end of one run not committed yet: whoever waited for it would never come to an end here.
        closed = at_once(engine, [closing] * 4)
    assert sum(each.total for each in closed) == 10 * len(TABLES)
    assert row(engine, "slot_evaluations", ended)["status"] == "completed"


# ------------------------------------------------------------------------------------------------------- opened again
@pytest.mark.parametrize("table", TABLES)
def test_the_task_that_goes_on_opens_its_run_again(engine: Engine, table: str) -> None:
    run = start(engine, table, FIRST)
    silence(engine)
    assert close(engine) == 1
    for stranger in (OTHERS, replace(FIRST, dag_id="another_dag")):
        runtime_of(engine, stranger).write(lambda connection: None)
    assert row(engine, table, run)["status"] == "failed"

    runtime_of(engine, replace(WORKER, try_number=2)).write(lambda connection: None)
    found = row(engine, table, run)
    assert [found[name] for name in ("status", "error", "completed_at", "abandoned_at")] == ["running", *[None] * 3]
    # It is silent once more, is closed once more, and opened once more.
    silence(engine)
    assert close(engine) == 1
    runtime_of(engine, replace(WORKER, try_number=3)).write(lambda connection: finish_run(connection, table, run))
    assert row(engine, table, run)["status"] == "completed"


@pytest.mark.parametrize("table", TABLES)
def test_a_run_ends_with_its_true_result_even_when_it_was_closed(engine: Engine, table: str) -> None:
    run = start(engine, table, FIRST)
    silence(engine)
    assert close(engine) == 1
    with engine.begin() as connection:
        finish_run(connection, table, run)
    found = row(engine, table, run)
    assert (found["status"], found["error"], found["abandoned_at"]) == ("completed", None, None)
    runtime_of(engine, WORKER).write(lambda connection: None)
    assert row(engine, table, run)["status"] == "completed", "nothing is opened that has ended"


@pytest.mark.parametrize("table", TABLES)
def test_a_run_that_starts_over_is_open(engine: Engine, table: str) -> None:
    run = start(engine, table, FIRST)
    silence(engine)
    assert close(engine) == 1
    again = replace(FIRST, try_number=2)
    with unit_of_work(engine, again) as connection:
        assert open_run(connection, table, again.run_id) == run
    found = row(engine, table, run)
    assert (found["status"], found["completed_at"], found["abandoned_at"]) == ("running", None, None)
    assert close(engine) == 0


def test_what_a_person_has_cancelled_stays_so(engine: Engine) -> None:
    run = start(engine, "signal_executions", FIRST)
    silence(engine)
    assert close(engine) == 1
    with engine.begin() as connection:
        connection.execute(text("update signal_executions set status = 'cancelled'"))
    runtime_of(engine, WORKER).write(lambda connection: None)
    assert row(engine, "signal_executions", run)["status"] == "cancelled"


def test_what_a_killed_task_said_of_itself_stays(engine: Engine) -> None:
    run = start(engine, "slot_evaluations", FIRST)
    silence(engine)
    assert close(engine) == 1
    with engine.begin() as connection:
        slot_evaluations.fail_evaluation(connection, run, "The task was killed")
    runtime_of(engine, FIRST).write(lambda connection: None)
    found = row(engine, "slot_evaluations", run)
    assert (found["status"], found["error"]) == ("failed", "The task was killed")


# ---------------------------------------------------------------------------------------------------------- heartbeat
@pytest.fixture
def beating(engine: Engine) -> Iterator[Heartbeat]:
    heartbeat = Heartbeat(engine, WORKER, interval_seconds=0.02)
    yield heartbeat
    heartbeat.stop()


def is_fresh(engine: Engine) -> bool:
    with engine.connect() as connection:
        return bool(
            connection.execute(
                text("select count(*) from task_attempts where heartbeat_at > now() - interval '10 minutes'")
            ).scalar_one()
        )


def test_a_task_that_waits_for_long_keeps_its_run_alive(engine: Engine, beating: Heartbeat) -> None:
    run = start(engine, "signal_executions", FIRST)
    runtime_of(engine, WORKER).write(lambda connection: None)
    silence(engine)
    beating.start()
    # Nothing but the thread does anything from here on.
    wait_for(lambda: is_fresh(engine), "a beat of the thread")
    assert close(engine) == 0
    beating.stop()
    silence(engine)
    assert close(engine) == 1
    assert row(engine, "signal_executions", run)["status"] == "failed"


def test_the_thread_opens_again_what_was_closed(engine: Engine, beating: Heartbeat) -> None:
    """A machine that slept: its run was closed meanwhile, and the task goes on in the middle of its work."""
    run = start(engine, "feature_refreshes", FIRST)
    runtime_of(engine, WORKER).write(lambda connection: None)
    silence(engine)
    assert close(engine) == 1
    beating.start()
    wait_for(lambda: row(engine, "feature_refreshes", run)["status"] == "running", "it is open again")


def test_a_long_transaction_hides_no_sign_of_life(engine: Engine, beating: Heartbeat) -> None:
    """The first thing a task does may take an hour, in one transaction that has registered the same try."""

    def work(connection: Connection) -> None:
        silence(engine)
        beating.start()
        wait_for(lambda: is_fresh(engine), "a beat beside the transaction")

    runtime_of(engine, WORKER).write(work)


def test_a_heartbeat_outlives_its_connection_and_a_lost_database(
    engine: Engine, database_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    pooled = engine_for(application_url(database_url))
    runtime_of(engine, WORKER).write(lambda connection: None)
    others = set(threading.enumerate())
    heartbeat = Heartbeat(pooled, WORKER, interval_seconds=0.02)
    heartbeat.start()
    try:
        for _ in range(2):
            silence(engine)
            wait_for(lambda: is_fresh(engine), "a beat")
            with engine.connect() as connection:
                connection.execute(text(f"select pg_terminate_backend(pid) from ({OTHER_SESSIONS}) as others"))
    finally:
        heartbeat.stop()
        pooled.dispose()
    # A beat that hangs is not waited for, but it is the last one.
    wait_for(lambda: "heartbeat" not in {each.name for each in {*threading.enumerate()} - others}, "the thread's end")

    nowhere = create_engine("postgresql+psycopg://nobody:hush@127.0.0.1:9/none")
    with caplog.at_level(logging.WARNING):
        Heartbeat(nowhere, WORKER).beat_if_due()
    assert "A sign of life could not be stored (OperationalError)" in caplog.text
    assert "hush" not in caplog.text


def test_a_try_beats_once_in_a_while_and_only_when_it_writes(engine: Engine) -> None:
    runtime = runtime_of(engine, WORKER)
    assert runtime.read(lambda connection: count(connection, "task_attempts")) == 0
    with engine.begin() as connection:
        heartbeats.beat(connection, WORKER)
        assert count(connection, "task_attempts") == 0, "a dry run leaves no trace"
    runtime.write(lambda connection: None)
    silence(engine)
    runtime.write(lambda connection: None)
    assert not is_fresh(engine), "it beat just now"


def test_beats_leave_the_indexes_alone(connection: Connection) -> None:
    heartbeats.beat(connection, WORKER, register=True)
    for _ in range(5):
        assert heartbeats.beat(connection, WORKER) == 0
    updated, in_place = connection.execute(
        text(
            "select pg_stat_get_xact_tuples_updated(c), pg_stat_get_xact_tuples_hot_updated(c) "
            "from cast('task_attempts'::regclass as oid) as c"
        )
    ).one()
    assert updated == in_place == 5


def test_a_heartbeat_keeps_no_process_alive_and_follows_into_none() -> None:
    script = """
import os, threading
from sqlalchemy import create_engine
from prospecting.persistence.database import TaskAttempt
from prospecting.services.heartbeat import Heartbeat

Heartbeat(create_engine("postgresql+psycopg://nobody@127.0.0.1:9/none"), TaskAttempt("d", "r", "t")).start()
child = os.fork()
if child == 0:
    os._exit(len(threading.enumerate()))
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), len(threading.enumerate()))
"""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", script],
        env={**os.environ, "PYTHONPATH": str(ROOT / "plugins")},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert done.stdout.split() == ["1", "2"], done.stderr


# -------------------------------------------------------------------------------------------------------------- calls
def open_call(engine: Engine, attempt: TaskAttempt | None, provider: str = "llm", key: str = "key") -> int:
    with unit_of_work(engine, attempt) as connection:
        return agent_calls.open_call(
            connection,
            scope="scope",
            agent="people",
            provider=provider,
            request_key=key,
            request={},
            reserved_usd=Decimal("0.5"),
        )


def test_calls_of_the_dead_are_abandoned_and_keep_their_reservation(engine: Engine) -> None:
    dead = open_call(engine, FIRST)
    settled = open_call(engine, FIRST, key="settled")
    with engine.begin() as connection:
        for call, number, cost in ((dead, 1, "0.01"), (dead, 2, None), (settled, 1, "0.02")):
            step = agent_steps.open_step(
                connection, call_id=call, sequence=number, kind="search", step_key=str(number), request={}
            )
            if cost is not None:
                spent_on = {"input_tokens": 1, "output_tokens": 1, "cost_usd": Decimal(cost)}
                agent_steps.finish_step(connection, step, response=b"", latency_ms=1, **spent_on)  # type: ignore[arg-type]
    # What the provider works on without us is fetched by whoever comes, or resubmitted when a person says so.
    research = open_call(engine, FIRST, PROVIDER, "research")
    nobodys = open_call(engine, None, key="nobody's")
    silence(engine, SILENT_MINUTES - 1)
    assert close(engine) == 0
    silence(engine, 2)
    alive = open_call(engine, WORKER, key="alive")
    with engine.begin() as connection:
        connection.execute(text("update agent_calls set started_at = now() - interval '5 hours'"))
    assert close_abandoned_runs(Runtime(engine)) == Closed(agent_calls=3)
    with engine.connect() as connection:
        # The step that was in flight ends with its call, which costs what its steps cost once each of them is known.
        assert list(connection.execute(text("select status, error_kind from agent_steps order by id"))) == [
            ("succeeded", None),
            ("failed", "interrupted"),
            ("succeeded", None),
        ]
        costs = dict(connection.execute(text("select id, cost_usd from agent_calls")).all())
        assert (costs[dead], costs[settled]) == (None, Decimal("0.02"))
        found = {each["id"]: (each["status"], each["error_kind"]) for each in stored(connection, "agent_calls")}
        spent = agent_calls.query_spending(connection, "scope")
    assert found[dead] == found[nobodys] == ("abandoned", "abandoned")
    assert found[research] == found[alive] == ("started", None)
    assert (spent.calls, spent.spent_usd) == (5, Decimal("2.02"))


def test_calls_are_lost_when_nobody_holds_the_lock_of_their_question(engine: Engine) -> None:
    """However short a time ago: whoever asks holds it, in a session of its own, until the outcome is recorded."""
    worker, runtime = engine.connect(), Runtime(engine)
    assert agent_calls.try_lock_question(worker, scope="scope", request_key="asked")
    asked = open_call(engine, WORKER, key="asked")
    lost = open_call(engine, WORKER, key="lost")
    research = open_call(engine, WORKER, PROVIDER, "research")
    with engine.connect() as connection:
        before = agent_calls.query_spending(connection, "scope")
    assert (settle_lost_calls(runtime), settle_lost_calls(runtime)) == (1, 0)
    worker.close()
    assert sum(at_once(engine, [lambda c: agent_calls.abandon_lost(c, outlasting=[PROVIDER])] * 3)) == 1
    with engine.connect() as connection:
        found = {each["id"]: (each["status"], each["cost_usd"]) for each in stored(connection, "agent_calls")}
        assert agent_calls.query_spending(connection, "scope") == before, "what was reserved keeps counting"
    assert found == {asked: ("abandoned", None), lost: ("abandoned", None), research: ("started", None)}
    # A worker that was only cut off from the database records its answer all the same.
    with engine.begin() as connection:
        assert agent_calls.finish_call(
            connection,
            asked,
            response=b"{}",
            latency_ms=1,
            input_tokens=1,
            output_tokens=1,
            cost_usd=Decimal("0.1"),
            ttl_seconds=60,
        )
