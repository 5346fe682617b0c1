"""The message about a run that failed: one, about its first cause, from as much as Airflow tells."""

from __future__ import annotations

import json
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import DAG

from prospecting.tasks.notifications import tell_failure
from prospecting.tasks.run_notes import CAUSE_KEY, NOTE_KEY
from tests.stand_in.server import StandIn

CAUSE = "The key of connection prospecting_llm is refused: give it another one"


@pytest.fixture
def slack(monkeypatch: pytest.MonkeyPatch) -> Iterator[StandIn]:
    with StandIn() as server:
        connection = {"conn_type": "generic", "password": f"{server.url}/services/T/B/ops"}
        monkeypatch.setenv("AIRFLOW_CONN_PROSPECTING_SLACK_FAILURE", json.dumps(connection))
        yield server


def failed_run(*, states: dict[str, str], kept: dict[tuple[str, str], list[str]], reason: str = "task_failure") -> Any:
    """What the callback of a DAG gets: ``kept`` are the XComs of its tasks, by task and key."""
    with DAG("d", dag_display_name="The DAG", schedule=None) as dag:
        find, ask, end = (EmptyOperator(task_id=name) for name in ("find_events", "ask_people", "summarize"))
        find >> ask >> end

    def pull(*, task_ids: list[str], key: str) -> list[str | None]:
        return [value for task_id in task_ids for value in kept.get((task_id, key), [None])]

    ti = SimpleNamespace(
        dag_id="d", run_id="a b", get_task_states=lambda **_: {"a b": states}, xcom_pull=pull, task=end
    )
    return {"dag": dag, "run_id": "a b", "reason": reason, "ti": ti, "task": end}


def told(slack: StandIn) -> list[str]:
    return [each["body"]["text"] for each in slack.requests()]


@pytest.mark.parametrize("base_url", ["https://air.example/flow/", None])
def test_one_message_has_the_first_cause_the_note_and_the_ways_on(
    slack: StandIn, monkeypatch: pytest.MonkeyPatch, base_url: str | None
) -> None:
    if base_url:
        monkeypatch.setenv("AIRFLOW__API__BASE_URL", base_url)
    else:
        monkeypatch.delenv("AIRFLOW__API__BASE_URL", raising=False)
    states = {"find_events": "success", "ask_people_0": "failed", "ask_people_1": "failed", "summarize": "failed"}
    kept = {
        ("ask_people", CAUSE_KEY): [CAUSE, CAUSE],
        ("summarize", CAUSE_KEY): ["The execution failed"],
        ("summarize", NOTE_KEY): ["Ruby & <co>: found 3 events"],
    }
    tell_failure(failed_run(states=states, kept=kept))
    (message,) = told(slack)
    run = "/dags/d/runs/a%20b"
    result, log = f"{run}/plugin/prospecting-result", f"{run}/tasks/ask_people"
    at = "https://air.example/flow"
    ways = (
        [f"<{at}{result}|What the run has to show>", f"<{at}{log}|The log of ask_people>"]
        if base_url
        else [f"What the run has to show ({result})", f"The log of ask_people ({log})"]
    )
    assert message.splitlines() == [
        "*The DAG failed*", "Ruby &amp; &lt;co&gt;: found 3 events", f"ask_people: {CAUSE}", *ways
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("context", "said"),
    [
        ({"states": {"find_events": "failed"}, "kept": {}}, "find_events: it ended without an error of its own"),
        ({"states": {}, "kept": {}, "reason": "timed_out"}, "It took longer than the DAG allows (dagrun_timeout)"),
    ],
)
def test_a_task_that_was_killed_and_a_run_that_took_too_long(slack: StandIn, context: Any, said: str) -> None:
    tell_failure(failed_run(**context))
    assert said in told(slack)[0]


def test_without_a_task_the_run_is_named(slack: StandIn) -> None:
    context = failed_run(states={}, kept={})
    del context["ti"]
    tell_failure(context)
    assert "The run and its logs" in told(slack)[0]


def test_a_failure_to_tell_is_no_failure(
    slack: StandIn, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    context = failed_run(states={"find_events": "failed"}, kept={})
    context["ti"].xcom_pull = lambda **_: 1 / 0
    tell_failure(context)
    assert caplog.messages == ["Nobody was told of the failed run (ZeroDivisionError)"]
    caplog.clear()
    tell_failure({**context, "dag_run": SimpleNamespace(triggering_user_name="dag_test")})
    monkeypatch.delenv("AIRFLOW_CONN_PROSPECTING_SLACK_FAILURE")
    tell_failure(context)
    assert (caplog.messages, told(slack)) == ([], [])
