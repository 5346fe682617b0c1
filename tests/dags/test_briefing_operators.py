"""Saving anybody's answer as a briefing, from a DAG of one's own: shapes, age, repetition, and what cannot be saved."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from airflow.sdk.exceptions import AirflowFailException
from pydantic import BaseModel
from sqlalchemy import Engine, text

from prospecting.operators.briefings import SaveBriefingOperator
from prospecting.persistence.briefings import save_briefings
from tests.dags.runs import FIRST_RUN, TaskCaller
from tests.db.factories import (
    a_run,
    a_step,
    a_submission,
    an_org,
    content,
    empty,
    hours,
    researched,
    stored,
    versions,
)

FOUND = {"target_business_summary": "Zelda Marker builds robots"}
TITLES = {"titles": [{"title": "CFO", "buyerRole": "decision_maker"}, {"title": "CIO"}]}


class Answer(BaseModel):
    target_business_summary: str


@pytest.fixture
def org(engine: Engine) -> UUID:
    with engine.begin() as connection:
        return an_org(connection)


def save(answer: Any, org_id: Any, kind: str = "company", **arguments: Any) -> SaveBriefingOperator:
    if kind != "person":
        arguments = {"company_domain": "https://www.Acme.com/about", **arguments}
    return SaveBriefingOperator(task_id="save_briefing", answer=answer, kind=kind, org_id=org_id, **arguments)


def rows(engine: Engine, table: str = "company_intel_briefings", columns: str = "*") -> list[dict[str, Any]]:
    with engine.connect() as connection:
        return stored(connection, table, columns)


def written(engine: Engine) -> dict[str, Any]:
    """Every row version but the bookkeeping about tries."""
    with engine.connect() as connection:
        return {table: rows for table, rows in versions(connection).items() if table != "task_attempts"}


# ----------------------------------------------------------------------------------------------------------- answers
@pytest.mark.parametrize(
    "answer",
    [
        FOUND,
        json.dumps(FOUND),
        f"Here it is:\n```json\n{json.dumps(FOUND)}\n```\nAnything else?",
        json.dumps(FOUND).encode(),
        str(FOUND),
        Answer.model_validate(FOUND),
        {"run": {"run_id": "trun_1", "processor": "pro"}, "output": {"content": FOUND}},
    ],
    ids=["dict", "json", "prose and fences", "bytes", "a dict as Python writes it", "model", "a provider's response"],
)
def test_any_answer_becomes_a_briefing_and_again_nothing(
    call: TaskCaller, engine: Engine, org: UUID, answer: Any
) -> None:
    operator = save(answer, org, company_name="Acme", client_company_name="Globex", source_system="our_agent")
    saved = call.execute(operator)
    (row,) = rows(engine)
    assert saved == {"briefing_ids": [str(row["id"])], "new": 1, "rejected": 0}
    assert (row["org_id"], row["company_domain"], row["company_name"]) == (org, "acme.com", "Acme")
    assert (row["client_company_name"], row["raw_parallel_output"]) == ("Globex", FOUND)
    names_itself = isinstance(answer, dict) and "run" in answer
    assert (row["parallel_run_id"], row["processor"]) == (("trun_1", "pro") if names_itself else (None, "our_agent"))
    # The try that wrote a row is one join away.
    assert [attempt["id"] for attempt in rows(engine, "task_attempts")] == [row["written_by"]]
    before = written(engine)
    again = save(answer, org, company_name="Acme", client_company_name="Globex", source_system="our_agent")
    assert call.execute(again, try_number=2) == saved | {"new": 0}
    assert written(engine) == before


def test_persons_and_the_titles_that_buy_are_saved_too(call: TaskCaller, engine: Engine, org: UUID) -> None:
    saved = call.execute(
        save(
            FOUND,
            org,
            "person",
            person_full_name="Zelda Marker",
            person_linkedin_url="linkedin.com/in/Zelda/",
            person_current_company_name="Acme",
            person_current_job_title="CEO",
            client_company_name="Globex",
            client_company_description="d",
            customer_company_name="Initech",
        )
    )
    (person,) = rows(engine, "person_intel_briefings")
    assert saved == {"briefing_ids": [str(person["id"])], "new": 1, "rejected": 0}
    assert (person["person_full_name"], person["person_linkedin_url"]) == (
        "Zelda Marker",
        "https://www.linkedin.com/in/zelda",
    )
    assert (person["person_current_job_title"], person["customer_company_name"]) == ("CEO", "Initech")
    call.execute(save(TITLES, org, "icp_job_titles", company_description="Robots"))
    (icp,) = rows(engine, "icp_job_titles")
    assert (icp["company_description"], icp["extracted_titles"]) == ("Robots", ["CFO", "CIO"])
    details = rows(engine, "extracted_icp_job_title_details", "title, buyer_role")
    assert [tuple(row.values()) for row in details] == [("CFO", "decision_maker"), ("CIO", None)]


def test_the_output_of_a_step_needs_no_arguments_and_ends_as_in_the_pipeline(
    call: TaskCaller, engine: Engine, org: UUID
) -> None:
    output = researched("company", "acme.com", FOUND, company_name="Acme", client_company_name="Globex")
    found = []
    for operator in (save(output, org, company_domain=None, researched_at=hours(1)), None):
        if operator:
            call.execute(operator)
        else:
            empty(engine)
            with engine.begin() as connection:
                run = a_run(connection, a_submission(connection, an_org(connection)))
                save_briefings(connection, "company", [a_step(connection, run, output, finished_at=hours(1))])
        with engine.connect() as connection:
            columns = (
                "company_domain, company_name, client_company_name, raw_parallel_output, parallel_run_id, processor"
            )
            found.append(stored(connection, "company_intel_briefings", f"{columns}, researched_at"))
    assert found[0] == found[1]
    assert len(found[0]) == 1


def test_an_answer_may_be_in_the_ledger_or_in_object_storage(
    call: TaskCaller, engine: Engine, org: UUID, tmp_path: Path
) -> None:
    asked = datetime(2025, 5, 5, 12, 30, tzinfo=UTC)
    with engine.begin() as connection:
        call_id = connection.execute(
            text(
                "insert into agent_calls (scope, agent, provider, request_key, request, status, response, finished_at) "
                "values ('a', 'research', 'x', 'x', '{}', 'succeeded', :response, :at) returning id"
            ),
            {"response": json.dumps(FOUND).encode(), "at": asked},
        ).scalar_one()
    saved = call.execute(save({"call_id": call_id, "reused": False, "cost_usd": 0.0}, org))
    assert call.execute(save(str(call_id), org)) == saved | {"new": 0}
    (row,) = rows(engine)
    assert row["researched_at"] == asked, "as old as the answer, to the moment"
    path = tmp_path / "answer.json"
    path.write_text(json.dumps({"a": 1}))
    assert call.execute(save(f"file://{path}", org))["briefing_ids"] == saved["briefing_ids"]
    (row,) = rows(engine)
    assert (row["raw_parallel_output"], row["researched_at"]) == ({"a": 1}, FIRST_RUN), "as old as the run"


def test_arguments_may_be_templates(call: TaskCaller, engine: Engine, org: UUID) -> None:
    params = {
        "org": str(org),
        "kind": "company",
        "domain": "acme.com",
        "client": "{{ 6 * 7 }}",
        "at": "2026-01-02T03:04:05+00:00",
        "answer": json.dumps(FOUND),
    }
    operator = SaveBriefingOperator(
        task_id="save_briefing",
        answer="{{ params.answer }}",
        kind="{{ params.kind }}",
        org_id="{{ params.org }}",
        company_domain="{{ params.domain }}",
        company_name="{{ params.nobody }}",
        client_company_name="{{ params.client }}",
        researched_at="{{ params.at }}",
    )
    call.execute(operator, params=params | {"nobody": None})
    (row,) = rows(engine)
    assert (row["company_name"], row["client_company_name"]) == (None, "{{ 6 * 7 }}")
    assert row["researched_at"] == datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


# --------------------------------------------------------------------------------------------------------------- age
def test_older_research_never_replaces_newer(call: TaskCaller, engine: Engine, org: UUID) -> None:
    new = call.execute(save({"n": "new"}, org, company_name="Acme", researched_at=hours(2)))
    old = call.execute(save({"n": "old"}, org, client_company_description="d", researched_at=hours(1)))
    assert old == new | {"new": 0}
    (row,) = rows(engine)
    assert (row["raw_parallel_output"], row["company_name"]) == ({"n": "new"}, "Acme")
    assert row["client_company_description"] == "d", "it fills a gap"
    (line,) = rows(engine, "company_intel_briefings_history")
    assert line["record"]["raw_parallel_output"] == {"n": "old"}
    before = written(engine)
    call.execute(save({"n": "old"}, org, client_company_description="d", researched_at=hours(1)))
    call.execute(save({"n": "new"}, org, company_name="Acme", researched_at=hours(2)))
    assert written(engine) == before


@pytest.mark.parametrize(
    ("kind", "table", "key"),
    [
        ("company", "company_intel_briefings", {}),
        ("person", "person_intel_briefings", {"person_full_name": "Zelda Marker"}),
        ("icp_job_titles", "icp_job_titles", {}),
    ],
)
def test_two_answers_of_one_run_do_not_take_turns_when_it_is_cleared(
    call: TaskCaller, engine: Engine, org: UUID, kind: str, table: str, key: dict[str, Any]
) -> None:
    """Both are of the moment of the run: the later one replaces the other, once."""
    for number in (1, 2):
        call.execute(save({"n": number}, org, kind, **key))
    before = written(engine)
    assert [row["raw_parallel_output"] for row in rows(engine, table)] == [{"n": 2}]
    for number in (1, 2, 1):
        call.execute(save({"n": number}, org, kind, **key))
    assert written(engine) == before


# ---------------------------------------------------------------------------------------------------- what cannot be
@pytest.mark.parametrize(
    ("answer", "arguments", "stage", "reason"),
    [
        ("Zelda Marker builds robots.", {}, "parse", "text_output"),
        (" ", {}, "parse", "empty_output"),
        ([FOUND], {}, "parse", "not_an_object"),
        ({"output": {"content": {}}}, {}, "parse", "empty_output"),
        (FOUND, {"company_domain": "n/a"}, "parse", "no_domain"),
        (FOUND, {"company_domain": None}, "parse", "no_domain"),
        (FOUND, {"kind": "person"}, "parse", "no_name"),
    ],
    ids=["prose", "blank", "list", "empty", "no domain", "no key", "no name"],
)
def test_what_cannot_be_stored_is_kept_with_the_reason(
    call: TaskCaller, engine: Engine, org: UUID, answer: Any, arguments: dict[str, Any], stage: str, reason: str
) -> None:
    for _ in range(2):
        saved = call.execute(save(answer, org, source_system="our_agent", **arguments))
        assert saved == {"briefing_ids": [], "new": 0, "rejected": 1}
    (rejected,) = rows(engine, "rejected_records")
    assert (rejected["stage"], rejected["record_type"], rejected["reason"]) == (stage, "briefing", reason)
    assert (rejected["source"], rejected["raw"]) == ("our_agent", answer)
    assert "Zelda" not in rejected["detail"]
    assert rows(engine) == []


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ({"org_id": str(uuid4())}, "No org .* is stored; see the table orgs"),
        ({"org_id": "nobody"}, "org_id: there is no org nobody; see the table orgs"),
        ({"org_id": "no body"}, "org_id: write the id or the slug of an org"),
        ({"org_id": None}, "org_id: Field required"),
        ({"kind": "companies"}, "kind: "),
        ({"person_full_name": "Zelda Marker"}, "person_full_name: a company briefing has no such field"),
        (
            {"company_description": "d", "person_linkedin_url": "x"},
            "company_description, person_linkedin_url: a company",
        ),
        ({"researched_at": "2026-01-01T00:00:00"}, "researched_at: Input should have timezone info"),
        ({"researched_at": "soon"}, "researched_at: "),
        ({"answer": None}, "answer is empty"),
        ({"answer": "17"}, "no call 17 with an answer is in the ledger"),
        ({"answer": "file:///nowhere/answer.json"}, "nothing is at file://"),
    ],
    ids=lambda value: "" if isinstance(value, str) else ",".join(value),
)
def test_what_cannot_be_asked_for_is_named_at_once(
    call: TaskCaller, engine: Engine, org: UUID, arguments: dict[str, Any], complaint: str
) -> None:
    with pytest.raises(AirflowFailException, match=complaint) as refusal:
        call.execute(save(**{"answer": FOUND, "org_id": org, **arguments}))
    assert "Zelda" not in str(refusal.value)
    assert rows(engine) == rows(engine, "rejected_records") == []


def test_nothing_personal_is_returned_or_logged(
    call: TaskCaller, engine: Engine, org: UUID, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG", logger="prospecting")
    saved = call.execute(save(FOUND, org, "person", person_full_name="Zelda Marker"))
    rejected = call.execute(save("Zelda Marker builds robots.", org, source_system="our_agent"))
    assert "our_agent: 0 briefings saved, 0 new, 1 rejected" in caplog.text
    assert "Zelda" not in caplog.text + json.dumps([saved, rejected])
    with engine.connect() as connection:
        assert len(content(connection, "person_intel_briefings")["person_intel_briefings"]) == 1
