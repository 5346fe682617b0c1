"""DAGs of another team, made of our operators, on the real database and a server that speaks the outside contracts."""

from __future__ import annotations

import json
from typing import Any

import pytest
from sqlalchemy import Engine

from prospecting.parsing.records import EventRecord, Location
from prospecting.persistence.companies import CompanyRow, upsert_companies
from prospecting.persistence.events import upsert_events
from tests.dags.runs import ROOT, Airflow
from tests.db.factories import a_run, a_step, a_submission, add_companies, an_org, content, researched, stored
from tests.stand_in.server import StandIn

pytestmark = pytest.mark.airflow

THEIRS: dict[str, Any] = {"bundle": "examples"}
EXAMPLES = sorted(path.stem for path in (ROOT / "include/examples/dags").glob("*.py"))
SPONSORS = """Gladly! These are the sponsors I found:

```json
{"sponsors": [
  {"name": "Acme Robotics GmbH", "tier": "Gold", "website": "https://www.acme-robotics.com"},
  {"name": "Boreal Data", "tier": "Silver", "website": "borealdata.io"},
  {"tier": "Bronze"}
]}
```
Let me know if you need more."""


def an_event(engine: Engine) -> int:
    with engine.begin() as connection:
        event = EventRecord(name="PyCon DE 2025", location=Location(city="Darmstadt", country_code="DE"))
        (saved,) = upsert_events(connection, [event], source_system="test").saved
    assert saved is not None
    return saved.id


def test_every_example_is_run_by_a_test() -> None:
    source = (ROOT / "tests/dags/test_example_dags.py").read_text(encoding="utf-8")
    assert len(EXAMPLES) >= 4
    assert all(f'dag_id="{dag_id}"' in source for dag_id in EXAMPLES)


def test_sponsors_of_a_foreign_agent_are_saved_and_their_seats_evaluated(
    airflow: Airflow, engine: Engine, stand_in: StandIn
) -> None:
    event_id = an_event(engine)
    airflow.variables["AIRFLOW_CONN_OUR_LLM"] = json.dumps(
        {
            "conn_type": "pydanticai",
            "host": f"{stand_in.url}/v1",
            "password": "their-key-1f2e3d",
            "extra": {"model": "openai-chat:stand-in"},
        }
    )
    stand_in.script("llm", {"contains": "Who sponsors PyCon DE 2025", "searches": [], "reply": SPONSORS})
    run = airflow.run({"event_id": event_id}, dag_id="sponsors_from_our_agent", **THEIRS)
    assert run.state == "success", run.log[-4000:]
    with engine.connect() as connection:
        companies = stored(connection, "companies", "name, domain, source_system")
        assert [(row["domain"], row["source_system"]) for row in companies] == [
            ("acme-robotics.com", "our_agent"),
            ("borealdata.io", "our_agent"),
        ]
        tiers = stored(connection, "event_sponsors", "event_id, sponsor_tier", order="tier_rank")
        assert [(row["event_id"], row["sponsor_tier"].casefold()) for row in tiers] == [
            (event_id, "gold"),
            (event_id, "silver"),
        ]
        assert len(stored(connection, "company_slot")) == 6
        assert [row["reason"] for row in stored(connection, "rejected_records")] == ["missing_name"]
        (evaluation,) = stored(connection, "slot_evaluations")
        assert evaluation["status"] == "completed"
        before = content(connection, "companies", "event_sponsors", "company_slot", "rejected_records")

    again = airflow.run({"event_id": event_id}, dag_id="sponsors_from_our_agent", **THEIRS)
    assert again.state == "success"
    with engine.connect() as connection:
        assert content(connection, "companies", "event_sponsors", "company_slot", "rejected_records") == before


def test_an_agent_that_finds_nobody_does_not_evaluate_everybody(
    airflow: Airflow, engine: Engine, stand_in: StandIn
) -> None:
    event_id = an_event(engine)
    with engine.begin() as connection:
        add_companies(connection, "Bystander")
    airflow.variables["AIRFLOW_CONN_OUR_LLM"] = json.dumps(
        {
            "conn_type": "pydanticai",
            "host": f"{stand_in.url}/v1",
            "password": "their-key-1f2e3d",
            "extra": {"model": "openai-chat:stand-in"},
        }
    )
    stand_in.script("llm", {"searches": [], "reply": '{"sponsors": []}'})
    run = airflow.run({"event_id": event_id}, dag_id="sponsors_from_our_agent", **THEIRS)
    assert (run.state, run.states("evaluate_seats")) == ("success", ["skipped"])
    with engine.connect() as connection:
        assert stored(connection, "company_slot") == []


def test_a_watchlist_is_researched_once(airflow: Airflow, engine: Engine, stand_in: StandIn) -> None:
    airflow.variables["AIRFLOW_CONN_PROSPECTING_PARALLEL"] = json.dumps(
        {
            "conn_type": "generic",
            "host": stand_in.url,
            "password": "parallel-key-55d0f2",
            "extra": {"poll_delays": [0.05]},
        }
    )
    run = airflow.run({}, dag_id="deep_research_watchlist", **THEIRS)
    assert run.state == "success", run.log[-4000:]
    assert sorted(task["label"] for task in run.tasks) == ["CoreWeave", "Elastic"]
    assert len(stand_in.tasks()) == 2
    with engine.connect() as connection:
        briefings = stored(connection, "company_intel_briefings", "company_domain", order="1")
        assert [row["company_domain"] for row in briefings] == ["coreweave.com", "elastic.co"]

    again = airflow.run({}, dag_id="deep_research_watchlist", **THEIRS)
    assert again.state == "success"
    assert len(stand_in.tasks()) == 2
    assert "parallel-key-55d0f2" not in run.log + again.log


def test_the_seats_of_one_industry_are_evaluated_and_a_failure_is_told(airflow: Airflow, engine: Engine) -> None:
    with engine.begin() as connection:
        upsert_companies(
            connection,
            [
                CompanyRow("St. Mary", primary_industry="hospital"),
                CompanyRow("Boreal Data", primary_industry="software"),
            ],
            source_system="test",
        )
    run = airflow.run({}, dag_id="hospital_seats_nightly", **THEIRS)
    assert run.state == "success", run.log[-4000:]
    with engine.connect() as connection:
        seats = stored(connection, "company_slot", "slot_type", order="1")
        assert [row["slot_type"] for row in seats] == ["CEO", "CFO"]
    assert "were not evaluated" not in run.log

    airflow.variables["AIRFLOW_CONN_PROSPECTING_DB"] = json.dumps({"conn_type": "mysql"})
    failed = airflow.run({}, dag_id="hospital_seats_nightly", **THEIRS)
    assert failed.state == "failed"
    assert f"The seats of hospitals were not evaluated: {failed.run_id}" in failed.log


def test_briefings_of_an_org_come_from_its_past_research(airflow: Airflow, engine: Engine) -> None:
    with engine.begin() as connection:
        org_id = an_org(connection)
        submission_id = a_submission(connection, org_id)
        run_id = a_run(connection, submission_id)
        a_step(connection, run_id, researched("company", "acme.com", {"target_business_summary": "Robots"}))
    dry = airflow.run({"org_id": str(org_id)}, dag_id="briefings_of_an_org", **THEIRS)
    assert dry.state == "success", dry.log[-4000:]
    with engine.connect() as connection:
        assert stored(connection, "company_intel_briefings") == []
    run = airflow.run({"org_id": str(org_id), "dry_run": False}, dag_id="briefings_of_an_org", **THEIRS)
    assert run.state == "success", run.log[-4000:]
    assert sorted(task["label"] for task in run.tasks) == ["company", "icp_job_titles", "person"]
    with engine.connect() as connection:
        assert len(stored(connection, "company_intel_briefings")) == 1
