"""When stored signals are due, and that every due time is executed once."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException
from sqlalchemy import Connection, Engine, text

from prospecting.persistence import signals
from prospecting.services.signal_params import Frequency, Schedule, SignalParams
from prospecting.services.stored_signals import explain_version
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


def the_signal(engine: Engine) -> dict[str, Any]:
    with engine.connect() as connection:
        return dict(connection.execute(text("select * from signals where name_key = 'ruby'")).mappings().one())


def executed(engine: Engine, run_id: str) -> dict[str, Any]:
    with engine.connect() as connection:
        found = text("select * from signal_executions where airflow_run_id = :run_id")
        return dict(connection.execute(found, {"run_id": run_id}).mappings().one())


@pytest.mark.parametrize(
    "change",
    [
        {"event_keywords": ["rust"]},
        {"max_events": 3, "agents": "catalog"},
        {"type": "funding", "max_usd": 0.5},
        {"description": "Of mine"},
    ],
)
def test_a_trial_never_changes_what_a_schedule_runs(
    call: TaskCaller, engine: Engine, caplog: pytest.LogCaptureFixture, change: dict[str, Any]
) -> None:
    signal_id = store_signal(call, engine, "Ruby", {"frequency": "daily"})
    before = the_signal(engine)
    given = CONF | {"name": "RUBY"} | change
    for run_id in ("trial", "trial", "trial again"):
        call(signal_execution.start_execution, params=given, run_id=run_id)
    assert the_signal(engine) == before
    assert "A trial: version 2 runs, and version 1 is published" in caplog.messages
    trial = executed(engine, "trial")
    assert (str(trial["signal_id"]), trial["signal_version"]) == (signal_id, 2)
    assert {name: trial["configuration"][name] for name in ("event_keywords", "type", "description")} == {
        "event_keywords": change.get("event_keywords", ["ruby"]),
        "type": change.get("type", "conference"),
        "description": change.get("description"),
    }
    # The same words, and the schedule itself, run what is published.
    (start,) = due(call)
    for run_id, params in (("same", CONF | {"schedule": {"frequency": "daily", "time": "06:00"}}), ("due", start)):
        call(signal_execution.start_execution, params=params, run_id=run_id)
        assert executed(engine, run_id)["signal_version"] == 1
        assert executed(engine, run_id)["configuration"]["event_keywords"] == ["ruby"]
    assert executed(engine, "trial again")["signal_version"] == 2
    # Published by its number, or by storing it on purpose; a run that began before stays with its version.
    by_number = {"signal_id": signal_id, "signal_version": 2, "replace_scheduled": True}
    call(signal_execution.start_execution, params=by_number, run_id="by number")
    published = the_signal(engine)
    assert (published["configuration"], published["type"]) == (trial["configuration"], trial["configuration"]["type"])
    call(signal_execution.start_execution, params=start, run_id="due")
    assert (executed(engine, "due")["signal_version"], the_signal(engine)) == (1, published)
    call(signal_execution.start_execution, params=CONF | {"replace_scheduled": True}, run_id="on purpose")
    assert the_signal(engine)["configuration"] == before["configuration"]
    assert "replace_scheduled" not in the_signal(engine)["configuration"]
    with engine.connect() as connection:
        assert connection.execute(text("select count(*) from signal_versions")).scalar_one() == 2


def test_another_schedule_under_a_name_and_what_no_id_has_are_refused(call: TaskCaller, engine: Engine) -> None:
    signal_id = store_signal(call, engine, "Ruby", {"frequency": "daily"})
    before = the_signal(engine)
    for params, refusal in (
        (CONF | {"schedule_frequency": "weekly"}, "has this name and another schedule; nothing was stored. To run it"),
        ({"signal_id": signal_id, "signal_version": 7}, f"The signal {signal_id} has no version 7"),
        ({"signal_id": signal_id, "overrides": {"name": "x"}}, "'name' cannot be overridden; allowed: agents, "),
        ({"signal_id": signal_id, "max_events": 3, "overrides": {"limits": 4}}, "max_events and overrides.max_events"),
        ({"signal_id": signal_id, "next_days": 3, "date_to": "2027-01-01"}, "say different things: give days from the"),
        ({"signal_id": signal_id, "date_to": "2026-01-01"}, "The overrides do not work: date_from lies after date_to"),
        ({"signal_id": signal_id, "change_schedule": "clear", "schedule_frequency": "daily"}, "not both"),
        (CONF | {"change_schedule": "pause"}, "change_schedule: of a stored signal; give its signal_id as well"),
    ):
        with pytest.raises(AirflowFailException, match=re.escape(refusal)):
            call(signal_execution.start_execution, params=params, run_id="refused")
    assert the_signal(engine) == before
    with engine.connect() as connection:
        assert connection.execute(text("select count(*) from signal_executions")).scalar_one() == 1


def test_two_who_store_one_name_at_once_do_not_overwrite_each_other(engine: Engine) -> None:
    """Whoever comes second meets a schedule that was not there a moment ago."""

    def store(number: int, connection: Connection) -> bool:
        keyword = {"event_keywords": [f"keyword {number}"], "schedule_frequency": "daily"}
        return store_as_given(connection, SignalParams.model_validate(CONF | keyword)).is_trial

    assert sorted(at_once(engine, [partial(store, number) for number in range(4)])) == [False, True, True, True]
    with engine.connect() as connection:
        versions = connection.execute(text("select version from signal_versions order by version")).scalars().all()
    assert versions == [1, 2, 3, 4]


# ---------------------------------------------------------------------------------------------------------- overrides
def test_overrides_hold_for_one_run_and_are_recorded(call: TaskCaller, engine: Engine) -> None:
    call(
        signal_execution.start_execution,
        params=CONF | {"max_events": 9, "max_usd": 1, "target_functions": ["CFO"], "schedule_frequency": "daily"},
        run_id="stored",
    )
    before = the_signal(engine)
    by_id = {"signal_id": str(before["id"]), "event_keywords": ["ignored"]}
    fields = {"max_events": 3, "max_calls": 7, "target_functions": ["CTO"], "date_from": "2026-07-01"}
    call(signal_execution.start_execution, params=by_id | fields, run_id="fields")
    # Also what is the default of the form, which says nothing in a field of it.
    defaults = {"overrides": {"agents": "catalog", "max_events": 25, "budget": {"max_usd": 5}, "fresh_days": 30}}
    call(signal_execution.start_execution, params=by_id | defaults, run_id="defaults")
    call(signal_execution.start_execution, params=by_id | {"limits": {"max_events": 25}}, run_id="object")
    call(signal_execution.start_execution, params=by_id, run_id="none")
    assert the_signal(engine) == before
    ran = {run_id: executed(engine, run_id) for run_id in ("fields", "defaults", "object", "none")}
    assert {run_id: row["overrides"] for run_id, row in ran.items()} == {
        "fields": {
            "limits": {"max_events": 3}, "budget": {"max_calls": 7}, "target_functions": ["CTO"],
            "date_from": "2026-07-01",
        },
        "defaults": {"limits": {"max_events": 25}, "budget": {"max_usd": "5"}},
        "object": {"limits": {"max_events": 25}},
        "none": None,
    }  # fmt: skip
    assert {row["signal_version"] for row in ran.values()} == {1}
    configuration = ran["fields"]["configuration"]
    assert configuration == before["configuration"] | {
        "limits": before["configuration"]["limits"] | {"max_events": 3},
        "budget": before["configuration"]["budget"] | {"max_calls": 7},
        "target_functions": ["CTO"],
        "date_from": "2026-07-01",
    }
    assert ran["none"]["configuration"] == before["configuration"]


@pytest.mark.parametrize(
    ("given", "zone", "first", "last"),
    [
        ({"next_days": 30}, "UTC", "2026-03-01", "2026-03-31"),
        ({"past_days": 30}, "Pacific/Auckland", "2026-01-31", "2026-03-02"),
        ({"past_days": 1, "next_days": 0}, "America/Los_Angeles", "2026-02-28", "2026-03-01"),
    ],
)
def test_relative_days_are_dates_of_the_run_in_its_timezone(
    call: TaskCaller, engine: Engine, given: dict[str, int], zone: str, first: str, last: str
) -> None:
    """2026-03-01 22:30 UTC is the next day in Auckland. A run that is cleared keeps the days that it began with."""
    schedule = {"frequency": "daily", "timezone": zone}
    conf = {name: value for name, value in CONF.items() if name != "date_from"}
    call(signal_execution.start_execution, params=conf | given | {"schedule": schedule}, run_id="one")
    with engine.begin() as connection:
        connection.execute(text("update signal_executions set started_at = '2026-03-01T22:30Z'"))
    call(signal_execution.start_execution, params={"signal_id": str(the_signal(engine)["id"])}, run_id="one")
    configuration = executed(engine, "one")["configuration"]
    assert [configuration[name] for name in ("date_from", "date_to", "next_days", "past_days")] == [
        first, last, None, None,
    ]  # fmt: skip
    stored = the_signal(engine)["configuration"]
    assert {name: stored[name] for name in ("next_days", "past_days")} == {"next_days": None, "past_days": None} | given
    # Dates take the place of days, for one run, and the other way round.
    dates = {"signal_id": str(the_signal(engine)["id"]), "date_to": "2026-05-01"}
    call(signal_execution.start_execution, params=dates, run_id="dates")
    absolute = executed(engine, "dates")
    assert (absolute["configuration"]["date_from"], absolute["configuration"]["date_to"]) == (None, "2026-05-01")
    assert absolute["overrides"]["date_to"] == "2026-05-01"


# ------------------------------------------------------------------------------------------------------------- paused
def test_paused_is_said_and_a_schedule_is_changed_by_its_id_without_a_run(
    call: TaskCaller, engine: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    signal_id = store_signal(call, engine, "Ruby", {"frequency": "daily"})
    (start,) = due(call)

    def change(wanted: str) -> str:
        with pytest.raises(AirflowSkipException) as skipped:
            call(signal_execution.start_execution, params={"signal_id": signal_id, "change_schedule": wanted})
        return str(skipped.value)

    said = change("pause")
    assert said == f"The signal {signal_id} is paused: its schedule starts nothing until it is resumed. Nothing was run"
    assert change("pause") == said
    alter(engine, signal_id, "updated_at = now() - interval '90 days'")
    assert due(call) == []
    assert f"Signal {signal_id} is due and paused: not started. Resume it to have its schedule go on" in caplog.messages
    # The schedule had started this run before; by hand it runs, and says so.
    with pytest.raises(AirflowSkipException, match="The signal is paused"):
        call(signal_execution.start_execution, params=start, run_id="due")
    by_hand = call(signal_execution.start_execution, params={"signal_id": signal_id, "max_events": 3}, run_id="by hand")
    assert "The signal is paused: this run goes on, its schedule starts nothing until it is resumed" in caplog.messages
    with engine.connect() as connection:
        row = signals.find_execution(connection, by_hand)
        assert explain_version(connection, row) == [
            "The signal is paused: its schedule starts nothing until it is resumed.",
            "In this run alone: limits max events 3.",
        ]
    assert change("resume").endswith("its schedule goes on with the next due time. Nothing was run")
    assert the_signal(engine)["status"] == "active"
    assert due(call) == []  # what passed meanwhile is not made up for
    change("clear")
    assert the_signal(engine)["schedule"] is None
    with engine.connect() as connection:
        assert connection.execute(text("select count(*) from signal_executions")).scalar_one() == 2


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
