"""Deep research as an operator: alone, deferred, retried, killed; each deep research run is paid for once."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException, TaskDeferred
from sqlalchemy import Engine, text

from prospecting.agents.parallel import DeepResearchError
from prospecting.operators.research import DeepResearchOperator, ResearchRunOperator
from prospecting.operators.triggers import ResearchTrigger
from prospecting.services.interruption import Interrupted
from prospecting.services.submissions import claim_of
from prospecting.tasks import research_pipeline
from prospecting.tasks.runs import literal
from tests.dags.runs import TaskCaller
from tests.db.factories import stored, versions
from tests.db.researching import COMPANY, FIND, PERSON, only, run_of, step, submit
from tests.stand_in.server import StandIn

pytestmark = pytest.mark.airflow

KEY = "parallel-key-7b1d90"
ACME = {"company_name": "Acme", "domain": "acme.com"}
CLIENT = {"client_company_name": "SecurityPal", "client_company_description": "Answers security questionnaires."}
ENDED = {"polls": 0}
UNDER_WAY = {"polls": 2}


@pytest.fixture
def provider(call: TaskCaller, stand_in_server: StandIn) -> StandIn:
    """The provider of deep research, and the connection to it."""
    stand_in_server.reset()
    extra = {"poll_delays": [0.01], "timeout_seconds": 60}
    connection = {"conn_type": "generic", "host": stand_in_server.url, "password": KEY, "extra": extra}
    call.monkeypatch.setenv("AIRFLOW_CONN_PROSPECTING_PARALLEL", json.dumps(connection))
    return stand_in_server


def research(**changes: Any) -> DeepResearchOperator:
    arguments: dict[str, Any] = {"org": "acme", "entity": ACME, "operation": COMPANY, **CLIENT, **changes}
    return DeepResearchOperator(task_id="research", **arguments)


def deferred(call: TaskCaller, operator: Any, **options: Any) -> TaskDeferred:
    with pytest.raises(TaskDeferred) as waiting:
        call.execute(operator, **options)
    json.dumps(waiting.value.kwargs)
    return waiting.value


def rebuilt(waiting: TaskDeferred) -> ResearchTrigger:
    """The trigger, as a triggerer makes it from what Airflow stores of it."""
    _, arguments = waiting.trigger.serialize()
    return ResearchTrigger(**json.loads(json.dumps(arguments)))


def event_of(waiting: TaskDeferred) -> dict[str, Any]:
    async def first() -> Any:
        return (await anext(rebuilt(waiting).run())).payload

    found: dict[str, Any] = asyncio.run(first())
    return found


def resume(call: TaskCaller, operator: Any, waiting: TaskDeferred, **options: Any) -> Any:
    """What a worker does when the trigger has fired: in a process that knows nothing of the first one."""
    event = event_of(waiting)
    context = call.context(operator.task_id, task=operator, **options)
    operator.execution_timeout = timedelta(minutes=1)
    return operator.resume_execution(waiting.method_name, {**(waiting.kwargs or {}), "event": event}, context)


def the(engine: Engine, table: str) -> dict[str, Any]:
    with engine.connect() as connection:
        (row,) = stored(connection, table)
    return row


def states(engine: Engine) -> list[str]:
    """Status of the submission, its run and its step."""
    return [the(engine, table)["status"] for table in ("submissions", "pipeline_runs", "step_results")]


def billed(provider: StandIn) -> int:
    return len(provider.tasks())


# ------------------------------------------------------------------------------------------------------------ alone
def test_a_company_is_researched_by_an_operator_alone_and_once(
    call: TaskCaller, engine: Engine, provider: StandIn
) -> None:
    provider.script("parallel", UNDER_WAY)
    operator = research(processor="pro")
    waiting = deferred(call, operator, dag_id="watchlist")
    assert states(engine) == ["running", "running", "running"]
    assert waiting.timeout is not None
    assert waiting.timeout >= timedelta(seconds=1800)
    assert KEY not in json.dumps(waiting.trigger.serialize())
    (task,) = provider.tasks()
    page = f"{provider.url}/v1/tasks/runs/{task['run_id']}"
    assert operator.provider_run_url == page

    operator = research(processor="pro")
    result = resume(call, operator, waiting, dag_id="watchlist")
    assert result == {
        "submission_id": str(the(engine, "submissions")["id"]),
        "pipeline_run_id": str(the(engine, "pipeline_runs")["id"]),
        "status": "succeeded",
        "provider_run_id": task["run_id"],
        "cost_usd": 0.1,
    }
    assert operator.provider_run_url == page
    assert states(engine) == ["completed", "succeeded", "succeeded"]
    assert the(engine, "submissions")["source"] == "watchlist"
    briefing = the(engine, "company_intel_briefings")
    assert (briefing["company_domain"], briefing["processor"]) == ("acme.com", "pro")
    assert briefing["client_company_name"] == "SecurityPal"
    assert the(engine, "briefing_writes")["status"] == "written"

    # The same words, in whatever run of whatever DAG.
    with engine.connect() as connection:
        before = versions(connection)
    again = research(processor="pro")
    assert call.execute(again, dag_id="another_dag", run_id="manual__2") == result
    assert again.provider_run_url == page
    with engine.connect() as connection:
        after = versions(connection)
    assert {name for name in after if after[name] != before[name]} <= {"task_attempts"}
    assert billed(provider) == 1

    # Other words are another submission; asking again on purpose pays again, once per run of the DAG.
    provider.script("parallel", ENDED)
    other = call.execute(research(processor="lite"), dag_id="watchlist")
    assert other["submission_id"] != result["submission_id"]
    for _ in range(2):
        fresh = call.execute(research(processor="pro", force_fresh=True), dag_id="watchlist", run_id="manual__3")
        assert fresh["submission_id"] == result["submission_id"]
        assert fresh["provider_run_id"] != result["provider_run_id"]
        assert fresh["cost_usd"] == 0.2
    assert billed(provider) == 3


def test_rendered_arguments_are_read_as_what_they_are(call: TaskCaller, engine: Engine, provider: StandIn) -> None:
    provider.script("parallel", ENDED)
    operator = research(
        org="{{ params.org }}",
        entity='{"company_name": "Acme", "domain": "{{ params.domain }}"}',
        max_usd="{{ params.max_usd }}",
        max_calls="{{ params.nothing }}",
        force_fresh="{{ params.fresh }}",
        processor="{{ params.nothing }}",
    )
    params = {"org": "acme", "domain": "acme.com", "max_usd": 0.5, "fresh": False, "nothing": None}
    assert call.execute(operator, params=params)["status"] == "succeeded"
    assert provider.tasks()[0]["processor"] == "ultra"
    assert the(engine, "company_intel_briefings")["company_domain"] == "acme.com"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"org": " "}, "org: Field required"),
        ({"entity": {"company_name": " ", "domain": None}}, "entity: the entity is empty; give, for example,"),
        ({"entity": "Ann Poe"}, "entity: Input should be a valid dictionary"),
        ({"operation": "company.list.people"}, f"operation: unknown operation; allowed: .*{COMPANY}"),
        ({"max_usd": "-1"}, "max_usd: Input should be greater than or equal to 0"),
        ({"force_fresh": "perhaps"}, "force_fresh: Input should be a valid boolean"),
        ({"org": "b8001673-d0a4-4c4f-824a-9904964d8400"}, "No org b8001673-d0a4-4c4f-824a-9904964d8400"),
    ],
    ids=str,
)
def test_arguments_that_cannot_be_right_are_named_and_nothing_is_stored(
    call: TaskCaller, engine: Engine, provider: StandIn, changes: dict[str, Any], said: str
) -> None:
    with pytest.raises(AirflowFailException, match=said) as failed:
        call.execute(research(**changes))
    assert "Ann Poe" not in str(failed.value)
    with engine.connect() as connection:
        assert stored(connection, "submissions") == []
    assert billed(provider) == 0


@pytest.mark.parametrize(
    ("changes", "rule", "said"),
    [
        ({}, {"polls": 0, "status": "failed"}, "failed; the reason is in the provider's console"),
        ({}, {"polls": 0, "content": "Nothing found, sorry."}, "is a text without a JSON object in it"),
        ({}, {"create_status": 402}, "402"),
        ({"client_company_name": None}, ENDED, "missing_inputs: client_company_name"),
        ({"processor": "mega"}, ENDED, 'Unknown processor: "mega"; allowed: lite, base'),
        ({"processor": "{ }"}, ENDED, "processor must be the name of a processor"),
        ({"max_usd": 0.01}, ENDED, "The budget is 0.01 USD"),
        ({"parallel_conn_id": "elsewhere"}, ENDED, "needs the Airflow connection elsewhere"),
    ],
    ids=str,
)
def test_research_that_fails_fails_the_task_with_the_reason(
    call: TaskCaller, engine: Engine, provider: StandIn, changes: dict[str, Any], rule: dict[str, Any], said: str
) -> None:
    provider.script("parallel", rule)
    with pytest.raises(AirflowFailException, match=said):
        call.execute(research(**changes))
    assert states(engine) == ["failed", "failed", "failed"]


def test_a_canceled_run_skips_the_task(call: TaskCaller, engine: Engine, provider: StandIn) -> None:
    waiting = deferred(call, research())
    with engine.begin() as connection:
        connection.execute(text("update pipeline_runs set status = 'canceled'"))
    with pytest.raises(AirflowSkipException, match="The run was canceled"):
        resume(call, research(), waiting)


# ----------------------------------------------------------------------------------------------------------- tries
def test_what_may_pass_is_tried_again_and_attached_to(call: TaskCaller, engine: Engine, provider: StandIn) -> None:
    waiting = deferred(call, research())
    provider.dial("parallel_result", status=503, times=2)
    with pytest.raises(DeepResearchError) as error:
        resume(call, research(), waiting)
    assert error.value.retryable
    assert states(engine) == ["queued", "queued", "retrying"], "nobody works on it until the next try"
    with pytest.raises(DeepResearchError):
        call.execute(research(), try_number=2)
    assert call.execute(research(), try_number=3)["status"] == "succeeded"
    assert billed(provider) == 1

    provider.dial("parallel_create", status=503)
    with pytest.raises(AirflowFailException, match="503"):
        call.execute(research(processor="lite"), try_number=4)  # the last one


# ---------------------------------------------------------------------------------------------------------- killed
def until(condition: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it never happened"
        time.sleep(0.02)


def test_a_person_who_kills_a_task_that_waits_frees_its_run(
    call: TaskCaller, engine: Engine, provider: StandIn
) -> None:
    waiting = deferred(call, research(), run_id="manual__1")
    claim = the(engine, "pipeline_runs")["trigger_run_id"]
    asyncio.run(rebuilt(waiting).on_kill())
    assert states(engine) == ["queued", "queued", "retrying"]
    assert the(engine, "agent_calls")["status"] == "started", "what is paid for goes on"

    # Another run takes it up at once, and waits for the same.
    other = deferred(call, research(), run_id="manual__2")
    assert the(engine, "pipeline_runs")["trigger_run_id"] != claim
    assert event_of(other)["run_id"] == event_of(waiting)["run_id"]
    # A kill that comes late takes nothing away from it.
    asyncio.run(rebuilt(waiting).on_kill())
    assert states(engine) == ["running", "running", "running"]
    assert resume(call, research(), other, run_id="manual__2")["status"] == "succeeded"
    assert billed(provider) == 1


def test_a_trigger_stored_by_an_earlier_version_has_nothing_to_let_go_of() -> None:
    asyncio.run(ResearchTrigger("trun_1", "prospecting_parallel", 10.0).on_kill())


def test_a_worker_that_is_killed_frees_its_run_while_it_is_asking(
    call: TaskCaller, engine: Engine, provider: StandIn
) -> None:
    """The signal comes in the middle of the request that pays: its number must not be lost, nor the run be held."""
    provider.dial("parallel_create", delay=8, times=1)
    operator = research()
    seen: list[list[str]] = []

    def on_signal(*_: object) -> None:
        operator.on_kill()
        seen.append(states(engine))

    before = signal.signal(signal.SIGTERM, on_signal)

    def kill_once_asked() -> None:
        until(lambda: bool(provider.requests("parallel")))
        os.kill(os.getpid(), signal.SIGTERM)

    killer = threading.Thread(target=kill_once_asked)
    try:
        killer.start()
        with pytest.raises(Interrupted):
            call.execute(operator)
    finally:
        killer.join()
        signal.signal(signal.SIGTERM, before)
    assert seen == [["queued", "queued", "retrying"]], "free before the provider had answered"
    assert the(engine, "agent_calls")["external_id"] == provider.tasks()[0]["run_id"]
    assert states(engine) == ["queued", "queued", "retrying"]

    waiting = deferred(call, research(), run_id="manual__2")
    assert resume(call, research(), waiting, run_id="manual__2")["status"] == "succeeded"
    assert billed(provider) == 1


def test_a_task_killed_before_it_had_a_run_has_nothing_to_let_go_of(call: TaskCaller, engine: Engine) -> None:
    operator = research()
    operator.on_kill()
    with engine.connect() as connection:
        assert stored(connection, "submissions") == []


# ------------------------------------------------------------------------------------------------------ in a pipeline
def started(submission_id: UUID, **options: Any) -> dict[str, Any]:
    """What the first task returns."""
    usual = {"retry_failed": True, "force_fresh": False, "resubmit_lost": False, "max_usd": "7.5", "max_calls": None}
    usual["max_age_days"] = 7.0
    return {"submission_id": str(submission_id), **usual, **options}


def test_a_run_of_a_submission_goes_through_its_steps(call: TaskCaller, engine: Engine, provider: StandIn) -> None:
    provider.script("parallel", ENDED)
    person = {"full_name": "Ann Poe", **ACME, **CLIENT}
    with engine.begin() as connection:
        submission_id = submit(connection, [COMPANY, PERSON], [person])
        run_id = only(connection, submission_id)
    (arguments,) = call(research_pipeline.plan_runs, started(submission_id), 1, dag_id="research_pipeline")
    assert arguments == {
        "pipeline_run_id": str(run_id),
        "entity": literal("company 1: acme.com"),
        "force_fresh": False,
        "resubmit_lost": False,
        "max_usd": "7.5",
        "max_calls": None,
        "max_age_days": 7.0,
    }
    operator = ResearchRunOperator(task_id="run_steps", **arguments)
    assert call.execute(operator) == {"pipeline_run_id": str(run_id), "status": "succeeded"}
    assert operator.entity == "company 1: acme.com"
    assert operator.provider_run_url == f"{provider.url}/v1/tasks/runs/{provider.tasks()[-1]['run_id']}"
    assert [task["processor"] for task in provider.tasks()] == ["ultra", "pro"]
    assert the(engine, "person_intel_briefings")["person_full_name"] == "Ann Poe"


def test_plans_follow_the_options_of_the_first_task_and_read_no_params(call: TaskCaller, engine: Engine) -> None:
    names = ["a.com", "b.com", "c.com", "d.com"]
    with engine.begin() as connection:
        submission_id = submit(connection, [FIND], [{"domain": name} for name in names])
        for index, status in enumerate(["succeeded", "failed", "running"]):
            connection.execute(
                text("update pipeline_runs set status = :status, trigger_run_id = :index where entity_index = :index"),
                {"status": status, "index": index},
            )

    def planned(wave: int, **options: Any) -> list[str]:
        plan = call(research_pipeline.plan_runs, started(submission_id, **options), wave, params={"force_fresh": True})
        assert all(each["force_fresh"] == options.get("force_fresh", False) for each in plan)
        assert {each["max_age_days"] for each in plan} == {7.0}
        return [name for name in names for each in plan if name in each["entity"]]

    assert planned(1) == ["b.com", "c.com", "d.com"]
    assert planned(1, retry_failed=False) == ["c.com", "d.com"]
    assert planned(1, force_fresh=True, retry_failed=False) == names
    assert planned(2) == ["d.com"]
    with engine.begin() as connection:
        connection.execute(text("update pipeline_runs set status = 'queued' where entity_index = 2"))
    assert planned(2) == ["d.com"], "somebody has worked on the third one, and let go of it"


def test_a_name_that_is_a_template_is_not_rendered(call: TaskCaller, engine: Engine) -> None:
    name = "{{ conn.prospecting_db.password }}"
    with engine.begin() as connection:
        submission_id = submit(connection, [FIND], [{"company_name": name}])
    (arguments,) = call(research_pipeline.plan_runs, started(submission_id), 1)
    operator = ResearchRunOperator(task_id="run_steps", **arguments)
    operator.render_template_fields(call.context("run_steps", task=operator))
    assert operator.entity == f"company 1: {name}"


def test_without_a_submission_later_tasks_are_skipped_and_the_last_one_fails(call: TaskCaller) -> None:
    for task, arguments in (
        (research_pipeline.plan_runs, [None, 2]),
        (research_pipeline.persist_briefings, [None]),
        (research_pipeline.announce_briefings, [None]),
    ):
        with pytest.raises(AirflowSkipException, match="No submission was opened: see the log of start_submission"):
            call(task, *arguments)
    with pytest.raises(AirflowFailException, match="No submission was opened: see the log of start_submission"):
        call(research_pipeline.summarize_research, None)


def test_the_summary_fails_runs_that_were_let_go_of_and_not_taken_up(call: TaskCaller, engine: Engine) -> None:
    with engine.begin() as connection:
        submission_id = submit(connection, [step(COMPANY)])
        run_id = only(connection, submission_id)
        connection.execute(
            text("update pipeline_runs set status = 'queued', trigger_run_id = :claim"),
            {"claim": f"{claim_of('research_pipeline', 'manual__1')}/{run_id}"},
        )
    said = rf"1 of 1 runs failed: Interrupted: .*Trigger again with submission_id {submission_id}"
    with pytest.raises(AirflowFailException, match=said):
        call(research_pipeline.summarize_research, started(submission_id), dag_id="research_pipeline")
    with engine.connect() as connection:
        assert run_of(connection, run_id).status == "failed"


def test_a_result_that_cannot_be_stored_fails_its_step_alone(
    call: TaskCaller, engine: Engine, provider: StandIn, caplog: pytest.LogCaptureFixture
) -> None:
    nested: dict[str, Any] = {"note": "Zelda Marker"}
    for _ in range(600):
        nested = {"deeper": nested}
    provider.script("parallel", {**ENDED, "content": nested})
    with pytest.raises(RecursionError):
        call.execute(research())
    assert billed(provider) == 1
    with pytest.raises(AirflowFailException, match=r"Step 1 .*: RecursionError"):
        call.execute(research(), try_number=4)
    assert states(engine) == ["failed", "failed", "failed"]
    assert "Zelda" not in caplog.text
    assert billed(provider) == 1
