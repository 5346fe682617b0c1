"""Executions that say how far they are, that are cancelled while they run, and that are gone on with."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import Engine, text

from prospecting import cli
from prospecting.agents.errors import Cancelled
from prospecting.agents.ledger import Ledger
from prospecting.agents.searches import Answer, PeopleSearch, Search
from prospecting.agents.steps import Steps
from prospecting.persistence.database import TaskAttempt
from prospecting.persistence.execution_questions import Stage
from prospecting.services.discovery import extract_sponsors
from prospecting.services.execution_progress import Progress, ProgressNotes
from prospecting.services.executions import (
    cancel_execution,
    find_execution,
    is_cancelled,
    note_of,
    resume_execution,
    start_execution,
    summarize_execution,
)
from prospecting.services.findings import save_waiting
from prospecting.services.runtime import Runtime
from prospecting.services.signal_params import SignalParams
from tests.db.test_findings_in_order import ManyAnswers, ask, end_stage, opened, planned


class CancelledMeanwhile(ManyAnswers):
    """Somebody cancels the execution while the question ``number`` is being answered."""

    def __init__(self, cancel: Callable[[], None], number: int) -> None:
        super().__init__()
        self._cancel = cancel
        self._number = number

    def answer(self, search: Search, steps: Steps) -> Answer:
        answer = super().answer(search, steps)
        if len(self.asked) == self._number:
            self._cancel()
        return answer


def row(engine: Engine) -> Any:
    with engine.connect() as connection:
        return connection.execute(text("select * from signal_executions")).one()


def test_asking_stops_before_the_next_question_and_what_is_there_stays(engine: Engine) -> None:
    runtime = Runtime(engine)
    execution = opened(runtime)
    agents = CancelledMeanwhile(lambda: cancel_execution(runtime, execution.id), 6)
    for stage in (Stage.DISCOVER, Stage.EXTRACT_SPONSORS):
        chunks = planned(runtime, execution, stage)
        if stage is Stage.DISCOVER:
            for chunk in chunks:
                ask(runtime, agents, execution, stage, chunk)
            end_stage(runtime, execution, stage)
    ledger = Ledger(engine, agents, execution.scope)
    events = [event for chunk in chunks for event in chunk]
    assert len(events) > 4
    with pytest.raises(Cancelled, match="nothing more is asked, and what it had found is kept"):
        extract_sponsors(runtime, ledger, execution, events, max_in_flight=1)
    assert len(agents.asked) == 6, "four keywords, two events: not one question more"
    with pytest.raises(Cancelled):
        resume_execution(runtime, execution.id, [])
    with pytest.raises(Cancelled):
        ledger.ask(PeopleSearch("Somebody else"))
    assert ledger.find(PeopleSearch("Somebody else")) is None
    assert len(agents.asked) == 6

    # The last task saves what was answered, and leaves the execution as the person wanted it.
    save_waiting(runtime, execution.id, *Stage)
    with pytest.raises(ValueError, match="was cancelled meanwhile"):
        summarize_execution(runtime, execution.id, failed_tasks=0)
    found = row(engine)
    assert (found.status, found.error["kind"]) == ("cancelled", "cancelled")
    assert "what it had found is kept" in found.error["message"]
    assert note_of(runtime, execution.id) == "Any: cancelled"
    with engine.connect() as connection:
        rejected = connection.execute(text("select count(*) from rejected_records where stage = 'agent'")).scalar_one()
        companies = connection.execute(text("select count(*) from event_sponsors")).scalar_one()
    assert rejected == 0, "that nobody asked is no failure of an agent"
    assert companies > 2, "what the two answers brought is saved"


def test_cancelling_concerns_one_execution_that_runs(engine: Engine) -> None:
    runtime = Runtime(engine)
    one, other = opened(runtime, "run 1", name="One"), opened(runtime, "run 2", name="Other")
    cancel_execution(runtime, one.id)
    cancel_execution(runtime, one.id)
    assert (is_cancelled(runtime, one.id), is_cancelled(runtime, other.id)) == (True, False)
    for scope in (other.scope, "slot_backfill:run", "signal_execution:no-uuid"):
        Ledger(engine, ManyAnswers(), scope).ask(PeopleSearch("Acme"))
    with engine.begin() as connection:
        connection.execute(text("update signal_executions set status = 'failed' where id = :id"), {"id": other.id})
    with pytest.raises(ValueError, match=r"has ended \(failed\): there is nothing to cancel"):
        cancel_execution(runtime, other.id)


def test_an_execution_is_gone_on_with_in_another_run_at_no_cost(engine: Engine) -> None:
    agents = ManyAnswers()
    first = Runtime(engine, TaskAttempt("signal_execution", "run 1", "start_execution"))
    execution = opened(first)
    for chunk in planned(first, execution, Stage.DISCOVER):
        ask(first, agents, execution, Stage.DISCOVER, chunk)
    asked = len(agents.asked)
    params = SignalParams.model_validate({"resume_execution": str(execution.id)})
    with pytest.raises(ValueError, match="under way in another run: cancel it first"):
        start_execution(first, params, airflow_run_id="run 2")

    cancel_execution(first, execution.id)
    second = Runtime(engine, TaskAttempt("signal_execution", "run 2", "start_execution"))
    assert start_execution(second, params, airflow_run_id="run 2") == execution.id
    assert start_execution(second, params, airflow_run_id="run 2") == execution.id, "a retry of the first task"
    found = row(engine)
    assert (found.status, found.error, found.completed_at, found.airflow_run_id) == ("running", None, None, "run 2")
    with engine.connect() as connection:
        opener = connection.execute(
            text("select run_id from task_attempts where id = :id"), {"id": found.opened_by}
        ).scalar_one()
    assert opener == "run 2", "the signs of life of the new run count"
    assert find_execution_again(second, execution.id) == execution

    for stage in Stage:
        for chunk in planned(second, execution, stage):
            ask(second, agents, execution, stage, chunk)
        end_stage(second, execution, stage)
    assert summarize_execution(second, execution.id, failed_tasks=0).status == "completed"
    assert len(agents.keys) == len(set(agents.keys)), "no question is paid for twice"
    assert len(agents.asked) > asked


def find_execution_again(runtime: Runtime, execution_id: object) -> object:
    return runtime.read(lambda connection: find_execution(connection, str(execution_id)))


def test_progress_is_noted_as_it_runs_and_told(engine: Engine, caplog: pytest.LogCaptureFixture) -> None:
    told: list[Progress] = []
    runtime = replace(Runtime(engine), on_progress=told.append)
    execution = opened(runtime)
    assert (row(engine).progress_percent, row(engine).progress_step) == (0, "start_execution")
    agents = ManyAnswers()
    with caplog.at_level(logging.INFO, "prospecting"):
        for stage in Stage:
            for chunk in planned(runtime, execution, stage):
                ask(runtime, agents, execution, stage, chunk)
                ProgressNotes(runtime, execution.id, pause_seconds=0.0).note()
            end_stage(runtime, execution, stage)
    percents = [progress.percent for progress in told]
    assert percents == sorted(percents)
    assert {0, 15, 50, 95} <= set(percents)
    assert {progress.step for progress in told} == set(Stage)
    assert told[-1].message == f"{len(agents.asked) - 4 - 7} of {len(agents.asked) - 4 - 7} companies asked about"
    assert "Progress 95 %: find_people, " in caplog.text
    ProgressNotes(runtime, execution.id, pause_seconds=3600.0).note()
    assert len(told) == len(percents), "not twice within the pause, whichever task notes it"
    summarize_execution(runtime, execution.id, failed_tasks=0)
    assert (row(engine).progress_percent, row(engine).progress_step) == (100, "summarize_execution")
    ProgressNotes(runtime, execution.id, pause_seconds=0.0).note()
    assert row(engine).progress_percent == 100, "an execution that has ended stays as it is"


def test_the_command_cancels(engine: Engine, database_url: str, capsys: pytest.CaptureFixture[str]) -> None:
    execution = opened(Runtime(engine))
    command = ["cancel", str(execution.id), "--db-url", database_url]
    assert cli.main(command) == 0
    assert f"{execution.id} is cancelled" in capsys.readouterr().out
    assert cli.main([command[0], json.dumps(None), *command[2:]]) == 1
    assert "is no id of an execution" in capsys.readouterr().err
    with engine.begin() as connection:
        connection.execute(text("update signal_executions set status = 'completed'"))
    assert cli.main(command) == 1
    assert "has ended (completed)" in capsys.readouterr().err
