"""Runs whose process was killed: closed by the next run of any DAG, in nobody's way, and finished by who goes on."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowSkipException
from sqlalchemy import Engine, text

from prospecting.operators.features import RefreshFeaturesOperator
from prospecting.operators.slots import EvaluateSlotsOperator
from prospecting.persistence.seats import Scope
from prospecting.services import slots
from prospecting.services.runtime import Runtime
from prospecting.tasks import (
    account_events,
    account_promotion,
    account_refresh,
    briefing_backfill,
    ml_feature_refresh,
    news_digest,
    person_erasure,
    research_pipeline,
    signal_execution,
    signal_schedule,
    slot_backfill,
    slot_evaluation,
)
from tests.dags.filling import somebody_waits, wait_for
from tests.dags.nights import Nights
from tests.dags.runs import ROOT, Airflow, TaskCaller
from tests.db.factories import a_run, a_submission, add_companies, an_org, be_silent, stored

pytestmark = pytest.mark.airflow

SIGNAL = {"name": "Ruby", "event_keywords": ["ruby"], "extract_sponsors": False, "date_from": "2026-06-01"}


def evaluations(engine: Engine) -> list[tuple[str, str | None]]:
    with engine.connect() as connection:
        return [(row["status"], row["error"]) for row in stored(connection, "slot_evaluations")]


def find_channels(call: Nights) -> None:
    with pytest.raises(AirflowSkipException, match="Nobody is to be told"):
        call(news_digest.find_channels, run_id="new")


# The first task of every DAG; and the operators that open a run of their own in a DAG of somebody else.
FIRST: dict[str, Callable[[Nights, dict[str, str]], object]] = {
    "signal_execution": lambda call, known: call(signal_execution.start_execution, params=SIGNAL, run_id="new"),
    "signal_schedule": lambda call, known: call(signal_schedule.close_abandoned_runs, run_id="new"),
    "slot_evaluation": lambda call, known: call(slot_evaluation.start_evaluation, run_id="new"),
    "slot_backfill": lambda call, known: call(slot_backfill.plan_backfill, run_id="new"),
    "ml_feature_refresh": lambda call, known: call(ml_feature_refresh.start_refresh, run_id="new"),
    "news_digest": lambda call, known: find_channels(call),
    "research_pipeline": lambda call, known: call(
        research_pipeline.start_submission, params={"submission_id": known["submission"]}, run_id="new"
    ),
    "briefing_backfill": lambda call, known: call(
        briefing_backfill.start_backfill, params={"kind": "company", "org_id": known["org"]}, run_id="new"
    ),
    "account_events": lambda call, known: call(
        account_events.start_recording, params={"path": "events.json", "provider": "a", "format": "plain"}, run_id="new"
    ),
    "account_promotion": lambda call, known: call(account_promotion.start_promotion, run_id="new"),
    "account_refresh": lambda call, known: call(account_refresh.start_refresh, run_id="new"),
    "person_erasure": lambda call, known: call(
        person_erasure.plan_erasure, params={"email": "jane@acme.com", "dry_run": False}, run_id="new"
    ),
    "EvaluateSlotsOperator": lambda call, known: call.execute(EvaluateSlotsOperator(task_id="their"), run_id="new"),
    "RefreshFeaturesOperator": lambda call, known: call.execute(RefreshFeaturesOperator(task_id="their"), run_id="new"),
}


def test_no_dag_is_left_out() -> None:
    assert {Path(path).stem for path in (ROOT / "dags").glob("*.py")} == {name for name in FIRST if name.islower()}


@pytest.mark.parametrize("opener", FIRST)
def test_whatever_runs_next_closes_what_the_dead_left(
    call: TaskCaller, monkeypatch: pytest.MonkeyPatch, engine: Engine, opener: str
) -> None:
    with engine.begin() as connection:
        org = an_org(connection)
        submission = a_submission(connection, org)
        a_run(connection, submission)
    known = {"org": str(org), "submission": str(submission)}
    slots.open_evaluation(Runtime(engine), airflow_run_id="the dead one's", params={}, scope=Scope())
    with engine.begin() as connection:
        be_silent(connection, 21)
    FIRST[opener](Nights(monkeypatch, call.database_url), known)
    (status, error), *_ = evaluations(engine)
    assert status == "failed"
    assert str(error).startswith("abandoned: The run gave no sign of life for 20 minutes")


def test_a_dry_run_closes_nothing(call: TaskCaller, engine: Engine) -> None:
    slots.open_evaluation(Runtime(engine), airflow_run_id="the dead one's", params={}, scope=Scope())
    with engine.begin() as connection:
        be_silent(connection, 21)
    call(slot_evaluation.start_evaluation, params={"dry_run": True}, run_id="new")
    assert evaluations(engine) == [("running", None)]


def test_an_evaluation_that_is_killed_is_closed_and_can_be_finished(
    airflow: Airflow, call: TaskCaller, engine: Engine
) -> None:
    dag: dict[str, Any] = {"dag_id": "slot_evaluation"}
    with engine.begin() as connection:
        add_companies(connection, "Acme", "Globex", "Initech")
    with engine.connect() as connection:
        connection.execute(text("lock table agent_routing_log in share row exclusive mode"))
        logical_date = airflow.start({"batch_size": 1}, **dag)
        wait_for(lambda: somebody_waits(engine), "a chunk waits")
        airflow.drivers.take().kill()
    assert evaluations(engine) == [("running", None)]
    with engine.begin() as connection:
        be_silent(connection, 21)

    # The next evaluation closes it, is not held up by it, and does its work.
    call.execute(EvaluateSlotsOperator(task_id="another"), run_id="new")
    killed, another = evaluations(engine)
    assert killed[0] == "failed"
    assert another == ("completed", None)
    # Cleared, it goes on to its own end.
    assert airflow.run({"batch_size": 1}, again=logical_date, **dag).state == "success"
    assert evaluations(engine) == [("completed", None)] * 2
