"""Whole runs of the research pipeline: real Airflow, real PostgreSQL, outside services that stand in."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import psycopg
import pytest
from sqlalchemy import Engine, text

from prospecting.persistence.companies import CompanyRow, upsert_companies
from prospecting.persistence.persons import PersonRow, upsert_persons
from tests.dags.runs import Airflow, Run, libpq
from tests.db.factories import content, count, ids, stored, versions
from tests.stand_in.parallel_tasks import ParallelTasks
from tests.stand_in.server import StandIn

pytestmark = pytest.mark.airflow

DAG: dict[str, Any] = {"dag_id": "research_pipeline"}
BACKFILL: dict[str, Any] = {"dag_id": "briefing_backfill"}
COMPANY, PERSON, ICP = (
    "company.derive.intel_briefing",
    "person.derive.intel_briefing",
    "company.derive.icp_job_titles",
)
KEY = "parallel-key-19c4e7"
CLIENT = {"client_company_name": "SecurityPal", "client_company_description": "Answers security questionnaires."}
BRIEFINGS = ("company_intel_briefings", "person_intel_briefings", "icp_job_titles", "extracted_icp_job_title_details")


def companies(number: int) -> list[dict[str, str]]:
    return [{"company_name": f"Vendor {n}", "domain": f"vendor-{n}.com"} for n in range(1, number + 1)]


def asking(*operations: str, entities: list[dict[str, Any]] | None = None, **more: Any) -> dict[str, Any]:
    """A run's configuration."""
    chosen = {} if "steps" in more else {"operations": list(operations or [COMPANY])}
    return {"org": "acme", "entities": entities or companies(1), **CLIENT, **chosen, **more}


@pytest.fixture
def research(airflow: Airflow, stand_in_server: StandIn) -> StandIn:
    """The outside services, and Airflow's connections to them; waiting takes no time worth mentioning."""
    stand_in_server.reset()
    extra = {"poll_delays": [0.05], "timeout_seconds": 20}
    airflow.variables["AIRFLOW_CONN_PROSPECTING_PARALLEL"] = json.dumps(
        {"conn_type": "generic", "host": stand_in_server.url, "password": KEY, "extra": extra}
    )
    airflow.variables["AIRFLOW_CONN_PROSPECTING_OPERATIONS"] = json.dumps(
        {
            "conn_type": "generic",
            "host": f"{stand_in_server.url}/v1",
            "password": "operations-key",
            "extra": {"calls_per_minute": 60_000},
        }
    )
    return stand_in_server


def billed(stand_in: StandIn) -> int:
    """How many deep research runs exist outside."""
    return sum(1 for request in stand_in.requests("parallel") if request["method"] == "POST")


def rows(engine: Engine, table: str, columns: str = "*", order: str = "1") -> list[dict[str, Any]]:
    with engine.connect() as connection:
        return stored(connection, table, columns, order)


def submission(engine: Engine) -> dict[str, Any]:
    (only,) = rows(engine, "submissions")
    return only


def what_is_known(engine: Engine) -> dict[str, list[str]]:
    with engine.connect() as connection:
        return content(connection, *BRIEFINGS)


def forget_briefings(engine: Engine) -> None:
    with engine.begin() as connection:
        for table in ("briefing_writes", *BRIEFINGS[:3]):
            connection.execute(text(f"delete from {table}"))


def until(condition: Callable[[], bool], seconds: float = 180) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it never happened"
        time.sleep(0.02)


def assets(airflow: Airflow, run: Run) -> list[str]:
    with psycopg.connect(libpq(airflow.metadata)) as connection:
        found = connection.execute(
            "select a.name from asset_event as e join asset as a on a.id = e.asset_id where e.source_run_id = %s",
            [run.run_id],
        ).fetchall()
    return [name for (name,) in found]


def failing(task_id: str, run: Run) -> list[str]:
    return [task["state"] for task in run.tasks if task["task_id"] == task_id]


# --------------------------------------------------------------------------------------------------- all goes well
def test_three_operations_one_after_the_other_fill_their_tables_and_the_backfill_says_the_same(
    airflow: Airflow, engine: Engine, research: StandIn
) -> None:
    steps = [
        {"operation_id": ICP},
        {"operation_id": COMPANY},
        {
            "operation_id": PERSON,
            "condition": {"field": "full_name", "op": "exists"},
        },
    ]
    entities = [
        {"company_name": "CoreWeave", "domain": "https://www.CoreWeave.com/about"},
        {
            "company_name": "Elastic",
            "domain": "elastic.co",
            "full_name": "Ada Quillfeather",
            "linkedin_url": "uk.linkedin.com/in/ada-quillfeather/",
        },
    ]
    run = airflow.run(asking(entities=entities, steps=steps), **DAG)
    assert run.state == "success"
    assert submission(engine)["status"] == "completed"
    assert [row["status"] for row in rows(engine, "pipeline_runs")] == ["succeeded", "succeeded"]
    assert Counter(row["status"] for row in rows(engine, "step_results")) == {"succeeded": 5, "skipped": 1}
    assert billed(research) == 5
    assert [row["company_domain"] for row in rows(engine, "company_intel_briefings", order="company_domain")] == [
        "coreweave.com",
        "elastic.co",
    ]
    (person,) = rows(engine, "person_intel_briefings")
    assert person["person_linkedin_url"] == "https://www.linkedin.com/in/ada-quillfeather"
    assert person["person_current_company_name"] == "Elastic"
    assert person["processor"] == "pro"
    with engine.connect() as connection:
        assert count(connection, "icp_job_titles") == 2
        assert count(connection, "extracted_icp_job_title_details") >= 20
        calls = stored(connection, "agent_calls", "agent, status, external_id, cost_usd, latency_ms")
    assert Counter(call["agent"] for call in calls) == {ICP: 2, COMPANY: 2, PERSON: 1}
    assert {call["status"] for call in calls} == {"succeeded"}
    assert all(call["external_id"].startswith("trun_") and call["latency_ms"] >= 0 for call in calls)
    assert sum(call["cost_usd"] for call in calls) == Decimal("0.9")
    assert assets(airflow, run) == ["prospecting_briefings"]

    # Neither names nor keys in what Airflow keeps or prints.
    for private in ("Ada", "Quillfeather", KEY, CLIENT["client_company_description"]):
        assert private not in airflow.stored_by_airflow(run.run_id)
        assert private not in run.log.replace(json.dumps(CLIENT)[1:-1], "")

    # A backfill over the same runs changes nothing; over empty tables it ends in the same rows.
    org = str(submission(engine)["org_id"])
    live = what_is_known(engine)
    with engine.connect() as connection:
        before = versions(connection)
    for kind in ("company", "person", "icp_job_titles"):
        again = airflow.run({"kind": kind, "org_id": org}, **BACKFILL)
        assert again.state == "success"
    with engine.connect() as connection:
        after = versions(connection)
    assert {name for name in after if after[name] != before[name]} <= {"task_attempts"}
    forget_briefings(engine)
    for kind in ("company", "person", "icp_job_titles"):
        airflow.run({"kind": kind, "org_id": org}, **BACKFILL)
    assert what_is_known(engine) == live


def test_fan_out_people_of_a_company_each_once_and_their_briefings(
    airflow: Airflow, engine: Engine, research: StandIn
) -> None:
    with engine.begin() as connection:
        (company,) = ids(upsert_companies(connection, [CompanyRow("Acme", "acme.com")], source_system="test").saved)
        people = [
            PersonRow("Jane Doe", company, "Chief Financial Officer", "linkedin.com/in/jane-doe"),
            PersonRow("John Roe", company, "VP Sales", "linkedin.com/in/john-roe"),
            PersonRow("Ann Poe", company, "Receptionist"),
        ]
        upsert_persons(connection, people, source_system="test")
    steps = [
        {
            "operation_id": "company.list.people",
            "fan_out": True,
            "step_config": {"target_functions": ["CFO", "VP Sales"]},
        },
        {"operation_id": PERSON},
    ]
    configuration = asking(entities=[{"company_name": "Acme", "domain": "www.acme.com"}], steps=steps)
    run = airflow.run(configuration, **DAG)
    assert run.state == "success"
    assert sorted(row["person_full_name"] for row in rows(engine, "person_intel_briefings")) == [
        "Jane Doe",
        "John Roe",
    ]
    parents = Counter(row["parent_pipeline_run_id"] is None for row in rows(engine, "pipeline_runs"))
    assert parents == {True: 1, False: 2}
    labels = [task["label"] for task in run.tasks if task["task_id"].endswith("run_steps") and task["label"]]
    assert labels == ["company 1: acme.com", "person 1", "person 2"]
    assert "Jane" not in airflow.stored_by_airflow(run.run_id)

    # The same again: everything is done.
    with engine.connect() as connection:
        before = versions(connection)
    again = airflow.run(configuration, **DAG)
    assert again.state == "success"
    assert "Everything that was asked is done; force_fresh asks, and pays, again" in again.log
    with engine.connect() as connection:
        after = versions(connection)
    assert {name for name in after if after[name] != before[name]} <= {"task_attempts"}
    assert billed(research) == 2


def test_other_operations_go_to_the_operations_service_once(
    airflow: Airflow, engine: Engine, research: StandIn
) -> None:
    found = {
        "status": "found",
        "output": {
            "results": [
                {"company_name": "A", "domain": "a-one.com"},
                {"company_name": "A again", "domain": "https://www.a-one.com"},
                {"company_name": "B", "domain": "b-two.com"},
                "nonsense",
            ]
        },
    }
    research.script("operations", {"operation_id": "company.search.lookalikes", "result": found})
    steps = [
        {"operation_id": "company.search.lookalikes", "fan_out": True},
        {"operation_id": COMPANY, "condition": {"all": [{"field": "domain", "op": "icontains", "value": "ONE"}]}},
    ]
    run = airflow.run(asking(steps=steps), **DAG)
    assert run.state == "success"
    assert len(research.requests("operations")) == 1
    assert [row["company_domain"] for row in rows(engine, "company_intel_briefings")] == ["a-one.com"]
    (fan_out,) = [
        row["output_payload"]["fan_out"]
        for row in rows(engine, "step_results")
        if "fan_out" in (row["output_payload"] or {})
    ]
    assert fan_out["child_count"] == 2
    assert fan_out["child_count_skipped_duplicates"] == 1
    assert fan_out["skipped_duplicate_identifiers"] == ["company:domain:a-one.com"]
    skipped = [
        row["output_payload"]["skip_reason"] for row in rows(engine, "step_results") if row["status"] == "skipped"
    ]
    assert sorted(skipped) == ["condition_not_met", "fanned_out"]


# ------------------------------------------------------------------------------------------------------- killed
def test_ten_companies_killed_twice_on_the_way_are_ten_briefings_each_billed_once(
    airflow: Airflow, engine: Engine, research: StandIn
) -> None:
    configuration = asking(entities=companies(10))

    # In the middle of waiting for a run that was created and never looked at: the third one, whichever it is, as
    # Airflow takes mapped tasks in no particular order.
    research.script("parallel", {"after": 2, "seconds": 600, "polls": 1})
    airflow.start(configuration, **DAG)
    until(lambda: billed(research) >= 3 and len(_numbers(engine)) >= 3)
    airflow.drivers.take().kill()
    number = str(submission(engine)["id"])
    assert len(rows(engine, "company_intel_briefings")) == 2

    # The provider goes on, whoever waits for it; killed again between its answer and the next one's.
    research.script("parallel")
    _let_end(research)
    # Asking for the same again is the same submission.
    airflow.start(configuration | {"budget": 50}, **DAG)
    until(lambda: billed(research) >= 7 and len(_numbers(engine)) >= 7)
    airflow.drivers.take().kill()

    run = airflow.run({"submission_id": number}, **DAG)
    assert run.state == "success"
    assert submission(engine)["status"] == "completed"
    assert billed(research) == 10
    found = rows(engine, "company_intel_briefings", order="company_domain")
    assert sorted(row["company_domain"] for row in found) == sorted(f"vendor-{n}.com" for n in range(1, 11))
    assert len({row["parallel_run_id"] for row in found}) == 10
    assert {row["status"] for row in rows(engine, "briefing_writes")} == {"written"}

    with engine.connect() as connection:
        before = versions(connection)
    again = airflow.run({"kind": "company", "org_id": str(submission(engine)["org_id"])}, **BACKFILL)
    assert again.state == "success"
    with engine.connect() as connection:
        after = versions(connection)
    assert {name for name in after if after[name] != before[name]} <= {"task_attempts"}


def _numbers(engine: Engine) -> list[str]:
    return [row["external_id"] for row in rows(engine, "agent_calls") if row["external_id"]]


def _let_end(stand_in: StandIn) -> None:
    """Runs that are under way have ended by now."""
    next(each for each in stand_in.contracts if isinstance(each, ParallelTasks)).hurry()


# --------------------------------------------------------------------------------------------------- all goes wrong
def test_failures_stop_their_entity_only_and_the_next_trigger_goes_on_where_they_failed(
    airflow: Airflow, engine: Engine, research: StandIn
) -> None:
    research.script(
        "parallel",
        {"contains": "vendor-1.com", "status": "failed"},
        {"contains": "vendor-2.com", "status": "cancelled"},
        {"contains": "vendor-3.com", "content": "I am sorry, I found nothing I could put into JSON."},
        {"contains": "vendor-4.com", "content": 'Here you are: {"target_business_summary": "Sells clouds."} Bye!'},
        {"contains": "vendor-5.com", "create_status": 402},
        {"contains": "vendor-6.com", "output": None},
    )
    entities = [*companies(7), {"company_name": "Nowhere Ltd"}, {"company_name": "Nowhere", "domain": "n/a"}]
    run = airflow.run(asking(COMPANY, ICP, entities=entities), **DAG)
    assert run.state == "failed"
    assert submission(engine)["status"] == "failed"
    by_index = {row["entity_index"]: row for row in rows(engine, "pipeline_runs")}
    assert {index: row["status"] for index, row in by_index.items()} == {
        0: "failed",
        1: "failed",
        2: "failed",
        3: "succeeded",
        4: "failed",
        5: "failed",
        6: "succeeded",
        7: "failed",
        8: "failed",
    }
    codes = {index: (row["error_details"] or {}).get("code") for index, row in by_index.items()}
    assert codes[0] == "parallel_task_failed"
    assert codes[2] == "text_output"
    assert "trigger with force_fresh" in by_index[2]["error_message"]
    assert codes[4] == "task_creation_failed"
    assert codes[5] == "no_output"
    assert codes[8] == "no_domain"
    assert "missing_inputs" in by_index[7]["error_message"]
    details = by_index[4]["error_details"]
    assert (details["phase"], details["kind"], details["http_status"]) == ("create", "quota", 402)
    briefings = rows(engine, "company_intel_briefings", order="company_domain")
    assert [row["company_domain"] for row in briefings] == ["vendor-4.com", "vendor-7.com"]
    assert briefings[0]["raw_parallel_output"] == {"target_business_summary": "Sells clouds."}
    statuses = Counter(row["status"] for row in rows(engine, "step_results"))
    assert statuses == {"succeeded": 4, "failed": 7, "skipped": 7}
    # A failed research is not asked a second time by the retries of the task.
    assert billed(research) == 7 + 2
    assert failing("wave_1.run_steps", run).count("failed") == 7
    assert "7 of 9 runs failed" in run.log
    assert KEY not in run.log

    research.script("parallel")
    run = airflow.run({"submission_id": str(submission(engine)["id"])}, **DAG)
    assert run.state == "failed"  # what was paid for stays as it was answered, and two cannot be asked
    by_index = {row["entity_index"]: row for row in rows(engine, "pipeline_runs")}
    assert sorted(index for index, row in by_index.items() if row["status"] == "failed") == [2, 5, 7, 8]
    assert by_index[0]["attempt"] == 2
    assert by_index[0]["error_message"] is None
    tries = [row for row in rows(engine, "step_results") if row["pipeline_run_id"] == by_index[0]["id"]]
    assert sorted((row["step_position"], row["attempt"], row["status"]) for row in tries) == [
        (1, 1, "failed"),
        (1, 2, "succeeded"),
        (2, 1, "skipped"),
        (2, 2, "succeeded"),
    ]


def test_trouble_that_passes_is_waited_out(airflow: Airflow, engine: Engine, research: StandIn) -> None:
    research.dial("parallel_create", status=429, times=1, retry_after=0)
    research.dial("parallel_status", status=503, times=2)
    research.dial("parallel_result", status=408, times=1)
    run = airflow.run(asking(), **DAG)
    assert run.state == "success"
    assert len(rows(engine, "company_intel_briefings")) == 1
    calls = rows(engine, "agent_calls", order="id")
    assert [(call["status"], call["http_status"]) for call in calls] == [("failed", 429), ("succeeded", None)]
    assert len({request["path"] for request in research.requests("parallel") if request["method"] == "GET"}) == 2


def test_a_lost_answer_is_left_to_a_person(airflow: Airflow, engine: Engine, research: StandIn) -> None:
    research.dial("parallel_create", drop=True, times=1)
    run = airflow.run(asking(), **DAG)
    assert run.state == "failed"
    (failed,) = rows(engine, "pipeline_runs")
    assert failed["error_details"]["phase"] == "create"
    assert "agent_calls.external_id" in failed["error_message"]
    assert "resubmit_lost" in failed["error_message"]
    assert billed(research) == 1
    number = {"submission_id": str(submission(engine)["id"])}
    assert airflow.run(number, **DAG).state == "failed"
    assert rows(engine, "pipeline_runs")[0]["error_details"]["code"] == "task_creation_unknown"
    assert billed(research) == 1
    run = airflow.run({**number, "resubmit_lost": True}, **DAG)
    assert run.state == "success"
    assert billed(research) == 2


def test_a_write_that_fails_is_on_record_retried_by_its_own_task_and_mended_by_the_backfill(
    airflow: Airflow, engine: Engine, research: StandIn
) -> None:
    with engine.begin() as connection:
        connection.execute(
            text(
                "create function refuse() returns trigger language plpgsql as "
                "$$ begin raise exception 'the disk is full of Vendor 1' using errcode = 'disk_full'; end $$"
            )
        )
        connection.execute(
            text("create trigger refuse before insert on company_intel_briefings execute function refuse()")
        )
    try:
        run = airflow.run(asking(), **DAG)
        assert run.state == "failed"
        assert run.tries("persist_briefings") == [4]
        assert run.states("persist_briefings") == ["failed"]
        # The research itself is fine.
        assert run.states("wave_1.run_steps") == ["success"]
        assert submission(engine)["status"] == "completed"
        (write,) = rows(engine, "briefing_writes")
        assert (write["status"], write["kind"], write["reason"]) == ("failed", "company", "sqlstate_53100")
        assert write["attempts"] == 5
        assert "disk is full of Vendor" not in run.log
    finally:
        with engine.begin() as connection:
            connection.execute(text("drop trigger refuse on company_intel_briefings"))
            connection.execute(text("drop function refuse"))
    again = airflow.run({"kind": "company", "org_id": str(submission(engine)["org_id"])}, **BACKFILL)
    assert again.state == "success"
    assert [row["status"] for row in rows(engine, "briefing_writes")] == ["written"]
    assert len(rows(engine, "company_intel_briefings")) == 1
    assert billed(research) == 1


# ------------------------------------------------------------------------------------------------------- choices
def test_fresh_entities_are_skipped_budgets_hold_and_force_fresh_pays_again(
    airflow: Airflow, engine: Engine, research: StandIn
) -> None:
    fresh = {"skip_if_fresh": {"max_age_hours": 24, "identity_fields": ["domain"]}}
    steps = [{"operation_id": COMPANY, "step_config": fresh}]
    assert airflow.run(asking(steps=steps, budget={"max_calls": 0}), **DAG).state == "failed"
    (run,) = rows(engine, "pipeline_runs")
    assert run["error_details"]["code"] == "budget"
    assert billed(research) == 0

    number = {"submission_id": str(submission(engine)["id"])}
    assert airflow.run(number, **DAG).state == "success"
    assert (
        airflow.run(asking(entities=[{"company_name": "V", "domain": "www.vendor-1.com"}], steps=steps), **DAG).state
        == "success"
    )
    assert billed(research) == 1
    assert [row["status"] for row in rows(engine, "step_results", order="created_at")] == [
        "failed",
        "succeeded",
        "skipped",
    ]

    first = rows(engine, "company_intel_briefings")[0]["parallel_run_id"]
    assert airflow.run({**number, "force_fresh": True}, **DAG).state == "success"
    assert billed(research) == 2
    (now,) = rows(engine, "company_intel_briefings")
    assert now["parallel_run_id"] != first
    (before,) = rows(engine, "company_intel_briefings_history")
    assert before["record"]["parallel_run_id"] == first


def test_bad_params_and_unknown_submissions_are_refused_with_a_remedy(airflow: Airflow, engine: Engine) -> None:
    run = airflow.run({"submission_id": "b8001673-d0a4-4c4f-824a-9904964d8400"}, **DAG)
    assert run.state == "failed"
    assert "No submission b8001673-d0a4-4c4f-824a-9904964d8400: see the table submissions" in run.log
    airflow.variables["AIRFLOW_CONN_PROSPECTING_PARALLEL"] = json.dumps({"conn_type": "generic"})
    run = airflow.run(asking(), **DAG)
    assert run.state == "failed"
    assert "needs the Airflow connection prospecting_parallel" in run.log
    assert (run.states("start_submission"), run.states("summarize_research")) == (["failed"], ["skipped"])
    assert rows(engine, "pipeline_runs") == rows(engine, "agent_calls") == []
