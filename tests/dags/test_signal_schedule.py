"""When stored signals are due, and that every due time is executed once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException
from sqlalchemy import Connection, Engine, text

from prospecting.services.signal_params import Frequency, Schedule, SignalParams
from prospecting.services.stored_signals import store_signal as store_as_given
from prospecting.tasks import signal_execution, signal_schedule
from tests.dags.runs import Airflow, TaskCaller
from tests.db.factories import at_once, be_silent

CONF = {"name": "Ruby", "event_keywords": ["ruby"], "extract_sponsors": False, "date_from": "2026-06-01"}


def utc(moment: str) -> datetime:
    return datetime.fromisoformat(moment).replace(tzinfo=UTC)


# -------------------------------------------------------------------------------------------------------- due times
# Berlin leaves 02:00-03:00 out on 2026-03-29 and has 02:00-03:00 twice on 2026-10-25.
DUE_TIMES = [
    ("daily", {}, "2026-05-10T06:00", "2026-05-10T06:00"),
    ("daily", {}, "2026-05-10T05:59", "2026-05-09T06:00"),
    ("daily", {"time": "23:30"}, "2026-01-01T00:10", "2025-12-31T23:30"),
    ("daily", {"timezone": "Europe/Berlin"}, "2026-01-15T12:00", "2026-01-15T05:00"),
    ("daily", {"timezone": "Europe/Berlin"}, "2026-07-15T12:00", "2026-07-15T04:00"),
    ("daily", {"timezone": "Asia/Kolkata"}, "2026-07-15T00:29", "2026-07-14T00:30"),
    ("daily", {"timezone": "Asia/Kolkata"}, "2026-07-15T00:30", "2026-07-15T00:30"),
    ("daily", {"timezone": "Pacific/Auckland", "time": "08:00"}, "2026-07-15T00:00", "2026-07-14T20:00"),
    ("daily", {"timezone": "America/Los_Angeles", "time": "23:00"}, "2026-07-15T05:00", "2026-07-14T06:00"),
    # Skipped by the clock change: an hour later on the wall, the same moment as 01:30 before the change plus an hour.
    ("daily", {"timezone": "Europe/Berlin", "time": "02:30"}, "2026-03-29T01:30", "2026-03-29T01:30"),
    ("daily", {"timezone": "Europe/Berlin", "time": "02:30"}, "2026-03-29T01:29", "2026-03-28T01:30"),
    ("daily", {"timezone": "Europe/Berlin", "time": "02:30"}, "2026-03-30T00:30", "2026-03-30T00:30"),
    # Repeated by the clock change: the first of the two, and not again an hour later.
    ("daily", {"timezone": "Europe/Berlin", "time": "02:30"}, "2026-10-25T00:30", "2026-10-25T00:30"),
    ("daily", {"timezone": "Europe/Berlin", "time": "02:30"}, "2026-10-25T01:30", "2026-10-25T00:30"),
    ("daily", {"timezone": "Europe/Berlin", "time": "02:30"}, "2026-10-26T01:30", "2026-10-26T01:30"),
    # Monday 2026-05-11.
    ("weekly", {"weekday": 0}, "2026-05-11T06:00", "2026-05-11T06:00"),
    ("weekly", {"weekday": 0}, "2026-05-11T05:59", "2026-05-04T06:00"),
    ("weekly", {"weekday": 6}, "2026-05-11T06:00", "2026-05-10T06:00"),
    # Still Sunday in Honolulu.
    ("weekly", {"weekday": 6, "timezone": "Pacific/Honolulu"}, "2026-05-11T08:00", "2026-05-10T16:00"),
    ("weekly", {"weekday": 0, "timezone": "Pacific/Honolulu"}, "2026-05-11T08:00", "2026-05-04T16:00"),
    ("monthly", {"day": 1}, "2026-05-01T06:00", "2026-05-01T06:00"),
    ("monthly", {"day": 1}, "2026-05-01T05:00", "2026-04-01T06:00"),
    ("monthly", {"day": 31}, "2026-04-30T06:00", "2026-04-30T06:00"),
    ("monthly", {"day": 31}, "2026-03-01T00:00", "2026-02-28T06:00"),
    ("monthly", {"day": 30}, "2028-03-01T00:00", "2028-02-29T06:00"),
    ("monthly", {"day": 31}, "2026-12-31T05:00", "2026-11-30T06:00"),
    ("monthly", {"day": 31, "timezone": "Pacific/Kiritimati"}, "2026-12-30T16:00", "2026-12-30T16:00"),
]


@pytest.mark.parametrize(("frequency", "settings", "now", "expected"), DUE_TIMES)
def test_latest_due_time(frequency: str, settings: dict[str, Any], now: str, expected: str) -> None:
    due_time = Schedule.model_validate({"frequency": frequency, **settings}).latest_due_time(utc(now))
    assert due_time == utc(expected)
    assert due_time is not None
    assert due_time.tzinfo is UTC


@pytest.mark.parametrize("settings", [{"frequency": "on-demand"}, {"frequency": "daily", "enabled": False}])
def test_some_schedules_are_never_due(settings: dict[str, Any]) -> None:
    assert Schedule(**settings).latest_due_time(utc("2026-05-10T06:00")) is None


@pytest.mark.parametrize("timezone", ["UTC", "Europe/Berlin", "America/Sao_Paulo", "Australia/Lord_Howe", "Asia/Gaza"])
@pytest.mark.parametrize("at", ["00:00", "01:45", "02:30", "23:59"])
def test_a_year_has_one_due_time_a_day_in_every_timezone(timezone: str, at: str) -> None:
    schedule = Schedule.model_validate({"frequency": "daily", "time": at, "timezone": timezone})
    first = utc("2026-01-01T12:00")
    due_times = {schedule.latest_due_time(first + timedelta(minutes=30 * step)) for step in range(2 * 24 * 365)}
    assert len(due_times) in (365, 366)


# -------------------------------------------------------------------------------------------------------------- due
def store_signal(
    call: TaskCaller,
    engine: Engine,
    name: str,
    schedule: dict[str, Any] | None,
    created: timedelta = timedelta(days=90),
) -> str:
    """A signal as it is stored by executing it once; ``created`` ago."""
    call(signal_execution.start_execution, params=CONF | {"name": name, "schedule": schedule}, run_id=f"manual__{name}")
    with engine.begin() as connection:
        return str(
            connection.execute(
                text("update signals set created_at = :at, updated_at = :at where name = :name returning id"),
                {"at": datetime.now(UTC) - created, "name": name},
            ).scalar_one()
        )


def alter(engine: Engine, signal_id: str, assignment: str) -> None:
    with engine.begin() as connection:
        connection.execute(text(f"update signals set {assignment} where id = :id"), {"id": signal_id})


def due(call: TaskCaller) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = call(signal_schedule.find_due_signals)
    return found


def test_a_signal_is_due_once_per_due_time(call: TaskCaller, engine: Engine) -> None:
    signal_id = store_signal(call, engine, "Ruby", {"frequency": "daily"})
    (start,) = due(call)
    assert due(call) == [start]  # not started yet: still due, under the same run id
    assert start["signal_id"] == signal_id
    assert datetime.fromisoformat(start["scheduled_for"]) == Schedule().latest_due_time(datetime.now(UTC))

    execution_id = call(signal_execution.start_execution, params=start, run_id="one")
    assert due(call) == []
    # Whatever becomes of it: a due time that failed is not executed again by itself.
    with engine.begin() as connection:
        connection.execute(text("update signal_executions set status = 'failed' where id = :id"), {"id": execution_id})
    assert due(call) == []


def test_of_missed_due_times_only_the_latest_is_made_up_for(call: TaskCaller, engine: Engine) -> None:
    signal_id = store_signal(call, engine, "Ruby", {"frequency": "daily"})
    long_ago = datetime.now(UTC) - timedelta(days=30)
    call(
        signal_execution.start_execution,
        params={"signal_id": signal_id, "scheduled_for": long_ago.isoformat()},
        run_id="old",
    )
    (start,) = due(call)
    call(signal_execution.start_execution, params=start, run_id="new")
    assert due(call) == []


def test_a_new_signal_has_missed_nothing(call: TaskCaller, engine: Engine) -> None:
    store_signal(call, engine, "Ruby", {"frequency": "daily"}, created=timedelta(0))
    assert due(call) == []


def test_a_stored_signal_is_given_a_schedule_by_its_id(
    call: TaskCaller, engine: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    """It is executed as it is stored, and due from now on: times before that were not missed."""
    signal_id = store_signal(call, engine, "Ruby", None)
    daily = {"schedule_frequency": "weekly", "schedule_weekday": 2, "schedule_timezone": "Europe/Berlin"}
    for run_id, options in (("given", {}), ("given", {}), ("again", {"paused": ["signal_schedule"]})):
        call(signal_execution.start_execution, params={"signal_id": signal_id, **daily}, run_id=run_id, **options)
    with engine.connect() as connection:
        (stored,) = connection.execute(text("select schedule, configuration, updated_at from signals")).mappings()
        executed = connection.execute(text("select configuration from signal_executions")).scalars().all()
        changes = connection.execute(text("select count(distinct written_by) from signals")).scalar_one()
    assert Schedule.model_validate(stored["schedule"]) == Schedule(
        frequency=Frequency.weekly, weekday=2, timezone="Europe/Berlin"
    )
    assert [each["event_keywords"] for each in executed] == [["ruby"]] * 3
    assert (due(call), changes) == ([], 1)
    assert [message for message in caplog.messages if "paused" in message] == [
        "The DAG signal_schedule is paused, so the signal does not run by its schedule: switch it on, with the switch "
        "beside its name in Airflow or with `airflow dags unpause signal_schedule`"
    ]
    with engine.begin() as connection:
        connection.execute(text("update signals set updated_at = now() - interval '30 days'"))
    assert [start["signal_id"] for start in due(call)] == [signal_id]


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"event_keywords": ["rust"]}, "event_keywords"),
        ({"max_events": 3, "agents": "catalog"}, "limits"),
        ({"type": "funding", "max_usd": 0.5}, "type, budget"),
        ({"description": "Of mine"}, "description"),
        ({"schedule_frequency": "weekly"}, "schedule"),
        ({"schedule": {"frequency": "daily", "time": "07:00"}}, "schedule"),
    ],
)
def test_what_a_schedule_runs_is_not_changed_unasked(
    call: TaskCaller, engine: Engine, change: dict[str, Any], named: str
) -> None:
    signal_id = store_signal(call, engine, "Ruby", {"frequency": "daily"})

    def kept() -> list[Any]:
        with engine.connect() as connection:
            stored = text("select s.*, (select count(*) from signal_executions) from signals as s order by s.id")
            return [tuple(row) for row in connection.execute(stored)]

    before = kept()
    given = CONF | {"name": "RUBY"} | change
    with pytest.raises(AirflowFailException) as refusal:
        call(signal_execution.start_execution, params=given, run_id="other")
    assert str(refusal.value).startswith(
        f"The signal {signal_id} has this name and a schedule, and what you gave differs from it in {named}; "
    )
    assert kept() == before
    # The ways it names: as it is stored (the schedule of it or none), under another name, or on purpose.
    for same in ({}, {"schedule": {"frequency": "daily", "time": "06:00"}}, {"schedule_frequency": "daily"}):
        call(signal_execution.start_execution, params=CONF | same, run_id=f"same {same}")
    assert [row[:-1] for row in kept()] == [row[:-1] for row in before]
    call(signal_execution.start_execution, params=given | {"name": "Other"}, run_id="beside")
    assert kept()[0][:-1] in [row[:-1] for row in kept()]
    call(signal_execution.start_execution, params=given | {"replace_scheduled": True}, run_id="on purpose")
    with engine.connect() as connection:
        changed = connection.execute(text("select * from signals where name_key = 'ruby'")).mappings().one()
    assert "replace_scheduled" not in changed["configuration"]
    assert [tuple(changed.values())] != [row[:-1] for row in before]


def test_two_who_store_one_name_at_once_do_not_overwrite_each_other(engine: Engine) -> None:
    """Whoever comes second meets a schedule that was not there a moment ago."""

    def store(number: int, connection: Connection) -> str:
        keyword = {"event_keywords": [f"keyword {number}"], "schedule_frequency": "daily"}
        try:
            return str(store_as_given(connection, SignalParams.model_validate(CONF | keyword))[0])
        except ValueError as refusal:
            return str(refusal)

    outcomes = at_once(engine, [partial(store, number) for number in range(4)])
    assert sum("has this name and a schedule" in outcome for outcome in outcomes) == 3


@pytest.mark.parametrize(
    "assignment",
    [
        "status = 'paused'",
        "status = 'archived'",
        "schedule = null",
        """schedule = schedule || '{"frequency": "on-demand"}'""",
        """schedule = schedule || '{"enabled": false}'""",
    ],
)
def test_signals_that_do_not_run_by_themselves(call: TaskCaller, engine: Engine, assignment: str) -> None:
    signal_id = store_signal(call, engine, "Ruby", {"frequency": "daily"})
    assert len(due(call)) == 1
    alter(engine, signal_id, assignment)
    assert due(call) == []


def test_a_signal_without_schedule_runs_on_demand(call: TaskCaller, engine: Engine) -> None:
    store_signal(call, engine, "Ruby", None)
    assert due(call) == []


@pytest.mark.parametrize(
    "schedule",
    [
        '{"frequency": "hourly"}',
        '{"frequency": "daily", "timezone": "Mars"}',
        '{"frequency": "daily", "time": 6}',
        '{"frequency": "daily", "enabled": "maybe"}',
        '{"timezone": "UTC", "note": "no frequency"}',
        "[]",
        '"daily"',
    ],
)
def test_an_unusable_schedule_does_not_stop_the_others(
    call: TaskCaller, engine: Engine, caplog: pytest.LogCaptureFixture, schedule: str
) -> None:
    broken = store_signal(call, engine, "Broken", {"frequency": "daily"})
    fine = store_signal(call, engine, "Fine", {"frequency": "daily"})
    alter(engine, broken, f"schedule = '{schedule}'")
    assert [start["signal_id"] for start in due(call)] == [fine]


def test_a_due_time_is_executed_by_one_run_only(call: TaskCaller, engine: Engine) -> None:
    store_signal(call, engine, "Ruby", {"frequency": "daily"})
    (start,) = due(call)
    first = call(signal_execution.start_execution, params=start, run_id="one")
    with pytest.raises(AirflowSkipException, match="Another run has executed the signal for this due time"):
        call(signal_execution.start_execution, params=start, run_id="two")
    assert call(signal_execution.start_execution, params=start, run_id="one") == first


@pytest.mark.airflow
def test_a_second_run_for_a_due_time_is_skipped(airflow: Airflow, call: TaskCaller, engine: Engine) -> None:
    store_signal(call, engine, "Ruby", {"frequency": "daily"})
    (start,) = due(call)
    runs = [airflow.run(start) for _ in range(2)]
    assert [run.state for run in runs] == ["success", "success"]
    assert {task["state"] for task in runs[1].tasks} == {"skipped"}
    with engine.connect() as connection:
        executed = connection.execute(text("select count(*) from signal_executions where scheduled_for is not null"))
        assert executed.scalar_one() == 1


@pytest.mark.airflow
def test_the_schedule_starts_each_due_signal_once(airflow: Airflow, call: TaskCaller, engine: Engine) -> None:
    signal_id = store_signal(call, engine, "Ruby", {"frequency": "daily"})
    (start,) = due(call)
    due_time = datetime.fromisoformat(start["scheduled_for"])
    run_id = f"signal_schedule__{signal_id}__{due_time:%Y%m%dT%H%M%SZ}"
    first = airflow.run({}, dag_id="signal_schedule")
    assert first.state == "success"
    assert first.states("start_signal") == ["success"]
    assert [task["label"] for task in first.tasks if task["task_id"] == "start_signal"] == [run_id]
    assert airflow.conf_of("signal_execution", run_id) == start
    # It has not begun yet, so its due time has not been executed; the run is there already.
    second = airflow.run({}, dag_id="signal_schedule")
    assert second.state == "success"
    assert second.states("start_signal") == ["skipped"]


# ------------------------------------------------------------------------------------------------------------ closed
def test_what_gives_no_sign_of_life_is_closed(call: TaskCaller, engine: Engine) -> None:
    silent_for = (1, 19, 21, 400)
    for number in range(4):
        call(signal_execution.start_execution, params=CONF, run_id=f"manual__{number}")
    with engine.begin() as connection:
        for number, minutes in enumerate(silent_for):
            be_silent(connection, minutes, run_id=f"manual__{number}")
    nothing = {
        "slot_evaluations": 0, "feature_refreshes": 0, "account_refreshes": 0, "contact_promotions": 0, "erasures": 0,
        "agent_calls": 0,
    }  # fmt: skip
    assert call(signal_schedule.close_abandoned_runs) == {"signal_executions": 2, **nothing}
    assert call(signal_schedule.close_abandoned_runs) == {"signal_executions": 0, **nothing}
    with engine.connect() as connection:
        states = connection.execute(
            text("select status, error ->> 'kind' from signal_executions order by airflow_run_id")
        )
        assert [tuple(row) for row in states] == [("running", None)] * 2 + [("failed", "abandoned")] * 2
