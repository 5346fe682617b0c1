"""A cancelled execution: its tasks ask nothing more and are skipped, and the run says why."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException
from sqlalchemy import Engine, text

from prospecting.operators.retry import refusals_fail_at_once
from prospecting.services.executions import cancel_execution, is_cancelled
from prospecting.services.runtime import Runtime
from prospecting.tasks import signal_execution as tasks
from tests.dags.runs import TaskCaller
from tests.stand_in.server import StandIn
from tests.stand_in.webhook_receiver import PATH, SECRET

pytestmark = pytest.mark.airflow

SIGNAL = {"name": "Ruby", "event_keywords": ["ruby"], "target_functions": ["CEO"]}


@pytest.fixture
def receiver(monkeypatch: pytest.MonkeyPatch) -> Iterator[StandIn]:
    with StandIn() as server:
        connection = {"conn_type": "http", "host": f"{server.url}{PATH}", "password": SECRET}
        monkeypatch.setenv("AIRFLOW_CONN_PROSPECTING_WEBHOOK", json.dumps(connection))
        yield server


def told(receiver: StandIn) -> list[tuple[str, str]]:
    return [(each["body"]["type"], each["body"]["data"]["status"]) for each in receiver.requests("webhook")]


def test_a_cancelled_execution_skips_what_is_left_and_is_gone_on_with(
    call: TaskCaller, engine: Engine, receiver: StandIn
) -> None:
    execution_id = call(tasks.start_execution, params=SIGNAL, run_id="first")
    with pytest.raises(AirflowFailException, match="under way in another run"):
        call(tasks.start_execution, params={"resume_execution": execution_id}, run_id="second")
    cancel_execution(Runtime(engine), execution_id)
    for task in (tasks.plan_discovery, tasks.plan_sponsors, tasks.plan_people, tasks.summarize_execution):
        with pytest.raises(AirflowSkipException, match="was cancelled"):
            call(task, execution_id, run_id="first")
    assert is_cancelled(Runtime(engine), execution_id)
    assert told(receiver) == [
        ("signal_execution.started", "running"),
        ("signal_execution.finished", "cancelled"),
    ]

    assert call(tasks.start_execution, params={"resume_execution": execution_id}, run_id="second") == execution_id
    assert call(tasks.plan_discovery, execution_id, run_id="second") == ["ruby"]
    with engine.connect() as connection:
        assert connection.execute(text("select status, airflow_run_id from signal_executions")).one() == (
            "running",
            "second",
        )


def test_a_task_that_was_about_to_ask_is_skipped() -> None:
    from prospecting.agents.errors import Cancelled

    with pytest.raises(AirflowSkipException, match="nothing more"), refusals_fail_at_once():
        raise Cancelled("nothing more is asked")
