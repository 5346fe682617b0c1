"""Saving anybody's answer, and asking our agents, from a DAG of one's own."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from airflow.sdk.exceptions import AirflowFailException
from pydantic import BaseModel
from sqlalchemy import Engine, text

from prospecting.agents.errors import AuthenticationFailed, BudgetExceeded, NoSuchData, RateLimited
from prospecting.operators.agents import AskAgentOperator
from prospecting.operators.signals import SaveContactsOperator, SaveEventsOperator, SaveSponsorsOperator
from tests.dags.runs import TaskCaller, connection_variables
from tests.stand_in.server import StandIn

EVENTS: list[Any] = [{"name": "Ledger Days", "start_date": "2027-03-15", "city": "Berlin"}, {"name": ""}]
SPONSORS = '{"sponsors": [{"name": "Acme", "tier": "Gold", "website": "acme.com"}, {"tier": "Silver"}]}'
PEOPLE = (
    'I found: [{"name": "Zelda Marker", "title": "CEO", "email": "zelda@acme.com"}, {"name": "Max", "title": "CTO"}]'
)
QUESTION = {
    "agent": "event_discovery",
    "keyword": "BSidesSF",
    "starts_from": "2018-01-01",
    "starts_until": "2019-12-31",
}


def rows(engine: Engine, query: str, **values: Any) -> list[dict[str, Any]]:
    with engine.connect() as connection:
        return [dict(row) for row in connection.execute(text(query), values).mappings()]


def one(engine: Engine, query: str, **values: Any) -> Any:
    with engine.connect() as connection:
        return connection.execute(text(query), values).scalar_one()


def insert(engine: Engine, query: str, **values: Any) -> Any:
    with engine.begin() as connection:
        return connection.execute(text(query), values).scalar_one()


@pytest.fixture
def event(engine: Engine) -> int:
    found: int = insert(
        engine, "insert into events (name, name_key, source_system) values ('X', 'x', 'test') returning id"
    )
    return found


@pytest.fixture
def company(engine: Engine) -> int:
    found: int = insert(
        engine, "insert into companies (name, name_key, source_system) values ('Acme', 'acme', 'test') returning id"
    )
    return found


def save_sponsors(answer: Any, **arguments: Any) -> SaveSponsorsOperator:
    return SaveSponsorsOperator(task_id="save_sponsors", answer=answer, source_system="ours", **arguments)


def save_contacts(answer: Any, company_id: Any, **arguments: Any) -> SaveContactsOperator:
    return SaveContactsOperator(
        task_id="save_contacts", answer=answer, company_id=company_id, source_system="ours", **arguments
    )


# ----------------------------------------------------------------------------------------------------------- answers
class Company(BaseModel):
    name: str
    tier: str | None = None
    website: str | None = None


class Companies(BaseModel):
    sponsors: list[Company]


MODEL = Companies(sponsors=[Company(name="Acme", tier="Gold", website="acme.com"), Company(name="", tier="Silver")])


@pytest.mark.parametrize(
    "answer",
    [
        SPONSORS,
        f"Sure! Here they are:\n```json\n{SPONSORS}\n```\nAnything else?",
        json.loads(SPONSORS),
        json.loads(SPONSORS)["sponsors"],
        SPONSORS.encode(),
        str(json.loads(SPONSORS)),
        MODEL,
        MODEL.sponsors,
    ],
    ids=["json", "prose and fences", "dict", "list", "bytes", "a dict as Python writes it", "model", "list of models"],
)
def test_any_answer_can_be_saved(call: TaskCaller, engine: Engine, event: int, answer: Any) -> None:
    saved = call.execute(save_sponsors(answer, event_id=event))
    (company_id,) = saved["company_ids"]
    assert saved == {"company_ids": [company_id], "new": 1, "rejected": 1}
    assert rows(engine, "select id, name, domain, source_system from companies") == [
        {"id": company_id, "name": "Acme", "domain": "acme.com", "source_system": "ours"}
    ]
    assert rows(engine, "select event_id, company_id, sponsor_tier from event_sponsors") == [
        {"event_id": event, "company_id": company_id, "sponsor_tier": "gold"}
    ]
    assert rows(engine, "select stage, record_type, reason, source from rejected_records") == [
        {"stage": "parse", "record_type": "sponsor", "reason": "missing_name", "source": f"ours: event {event}"}
    ]
    # The try that wrote a row is one join away.
    assert rows(engine, "select a.task_id from companies as c join task_attempts as a on a.id = c.written_by") == [
        {"task_id": "save_sponsors"}
    ]
    assert call.execute(save_sponsors(answer, event_id=event)) == {**saved, "new": 0}
    assert one(engine, "select count(*) from rejected_records") == 1


def test_an_answer_may_lie_in_object_storage(call: TaskCaller, engine: Engine, tmp_path: Path) -> None:
    path = tmp_path / "answer.json"
    path.write_text(SPONSORS)
    saved = call.execute(save_sponsors(f"file://{path}"))
    assert (len(saved["company_ids"]), saved["new"], saved["rejected"]) == (1, 1, 1)
    assert one(engine, "select source from rejected_records") == f"ours: file://{path}"
    with pytest.raises(AirflowFailException, match="nothing is at file://"):
        call.execute(save_sponsors(f"file://{tmp_path}/nothing.json"))


def test_without_an_event_companies_are_saved_alone(call: TaskCaller, engine: Engine) -> None:
    saved = call.execute(save_sponsors(SPONSORS, event_id="{{ params.event_id }}"), params={"event_id": None})
    assert (saved["new"], saved["rejected"]) == (1, 1)
    assert one(engine, "select count(*) from event_sponsors") == 0
    assert one(engine, "select record_type from rejected_records") == "company"


def test_arguments_may_be_templates(call: TaskCaller, engine: Engine, event: int, company: int) -> None:
    params = {"event": event, "company": company, "answer": PEOPLE, "functions": ["CEO"], "nobody": "{{ 6 * 7 }}"}
    call.execute(save_sponsors("{{ params.answer }}", event_id="{{ params.event }}", limit="1"), params=params)
    saved = call.execute(
        save_contacts("{{ params.answer }}", "{{ params.company }}", target_functions="{{ params.functions }}"),
        params=params,
    )
    assert (saved["new"], saved["rejected"]) == (1, 1)
    # What a template brings is text, not another template.
    call.execute(SaveEventsOperator(task_id="x", answer="{{ params.nobody }}", source_system="ours"), params=params)
    assert rows(engine, "select raw from rejected_records where source = 'ours'") == [{"raw": "{{ 6 * 7 }}"}]


# ------------------------------------------------------------------------------------------------------------ events
def test_events_are_saved_for_an_execution(call: TaskCaller, engine: Engine) -> None:
    signal = insert(
        engine,
        "insert into signals (name, name_key, type, configuration) values ('x', 'x', 'conference', '{}') returning id",
    )
    execution = insert(
        engine, "insert into signal_executions (signal_id, configuration) values (:id, '{}') returning id", id=signal
    )
    operator = SaveEventsOperator(
        task_id="save_events", answer=EVENTS, source_system="ours", execution_id=str(execution)
    )
    saved = call.execute(operator)
    assert (len(saved["event_ids"]), saved["new"], saved["rejected"]) == (1, 1, 1)
    assert rows(engine, "select entity_type, entity_id from signal_execution_entities") == [
        {"entity_type": "event", "entity_id": saved["event_ids"][0]}
    ]
    assert one(engine, "select execution_id from rejected_records") == execution


# ---------------------------------------------------------------------------------------------------------- contacts
def test_people_are_saved_at_their_company(call: TaskCaller, engine: Engine, company: int) -> None:
    saved = call.execute(save_contacts(PEOPLE, company, target_functions="CEO, VP Sales", observed_on="2027-01-01"))
    (person,) = saved["person_ids"]
    assert saved == {"person_ids": [person], "new": 1, "rejected": 1}
    (role,) = rows(engine, "select company_id, person_id, role_title, observed_on::text from company_person_roles")
    assert role == {"company_id": company, "person_id": person, "role_title": "CEO", "observed_on": "2027-01-01"}
    assert call.execute(save_contacts(PEOPLE, company, target_functions="CEO, VP Sales", observed_on="2027-01-01")) == {
        "person_ids": [person],
        "new": 0,
        "rejected": 1,
    }


def test_without_target_functions_everyone_is_saved(call: TaskCaller, engine: Engine, company: int) -> None:
    assert len(call.execute(save_contacts(PEOPLE, company))["person_ids"]) == 2
    # The answer is as old as the run.
    assert rows(engine, "select distinct observed_on::text as day from company_person_roles") == [{"day": "2026-03-01"}]
    assert one(engine, "select count(*) from rejected_records") == 0


def test_an_answer_of_the_ledger_is_as_old_as_it_is(call: TaskCaller, engine: Engine, company: int) -> None:
    """Saved a year later, it is not newer evidence; used again by another scope, it is as old as the first one."""
    insert_call = """
        insert into agent_calls
            (scope, agent, provider, request_key, request, status, response, finished_at, reused_from_id)
        values (:scope, 'people', 'x', 'x', '{}', :status, :response, :at, :reused_from) returning id
    """
    answer = PEOPLE.encode()
    first = insert(
        engine, insert_call, scope="a", status="succeeded", response=answer, at="2025-05-05T12:00Z", reused_from=None
    )
    again = insert(
        engine, insert_call, scope="b", status="reused", response=answer, at="2026-02-02T12:00Z", reused_from=first
    )
    call.execute(save_contacts({"call_id": again, "reused": True, "cost_usd": 0.0}, company, limit=1))
    assert one(engine, "select observed_on::text from company_person_roles") == "2025-05-05"


def test_people_of_a_merged_company_are_people_of_the_other(call: TaskCaller, engine: Engine, company: int) -> None:
    loser = insert(
        engine,
        "insert into companies (name, name_key, source_system, merged_into_id) "
        "values ('A', 'a', 'x', :id) returning id",
        id=company,
    )
    call.execute(save_contacts(PEOPLE, loser))
    assert rows(engine, "select distinct company_id from company_person_roles") == [{"company_id": company}]


# ---------------------------------------------------------------------------------------------------- what cannot be
@pytest.mark.parametrize(
    ("operator", "complaint"),
    [
        (save_sponsors(SPONSORS, event_id=17), "event_id: no event 17 is stored; see the table events"),
        (save_sponsors(SPONSORS, event_id="soon"), "event_id: "),
        (save_sponsors(SPONSORS, event_id=0), "event_id: "),
        (save_sponsors(SPONSORS, limit=0), "limit: "),
        (save_sponsors(SPONSORS, execution_id="17"), "execution_id: "),
        (save_sponsors(SPONSORS, execution_id=str(uuid4())), "No signal execution "),
        (save_sponsors("17"), "no call 17 with an answer is in the ledger"),
        (save_sponsors({"call_id": 17, "reused": False, "cost_usd": 0.1}), "no call 17 with an answer"),
        (save_sponsors(None), "answer is empty"),
        (save_sponsors(""), "answer is empty"),
        (save_contacts(PEOPLE, 17), "company_id: no company 17 is stored; see the table companies"),
        (save_contacts(PEOPLE, None), "company_id: Field required"),
        (save_contacts(PEOPLE, "x", observed_on="soon"), "observed_on: "),
        (SaveEventsOperator(task_id="x", answer=EVENTS, source_system=""), "source_system: "),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_cannot_be_saved_is_named(call: TaskCaller, engine: Engine, operator: Any, complaint: str) -> None:
    with pytest.raises(AirflowFailException) as refusal:
        call.execute(operator)
    assert complaint in str(refusal.value)
    assert "Zelda" not in str(refusal.value)
    assert one(engine, "select count(*) from companies") == one(engine, "select count(*) from rejected_records") == 0


# ------------------------------------------------------------------------------------------------------------ asking
def ask(question: Any, **arguments: Any) -> AskAgentOperator:
    return AskAgentOperator(task_id="ask", question=question, **arguments)


def test_a_question_is_asked_once_a_run_and_its_answer_saved(call: TaskCaller, engine: Engine) -> None:
    asked = call.execute(ask(QUESTION))
    assert asked == {"call_id": one(engine, "select id from agent_calls"), "reused": False, "cost_usd": 0.0}
    assert call.execute(ask(json.dumps(QUESTION)), try_number=2) == {**asked, "reused": True}
    assert rows(engine, "select scope, agent, provider from agent_calls") == [
        {"scope": "signal_execution:manual__1:ask", "agent": "event_discovery", "provider": "catalog"}
    ]
    call.execute(
        ask("{{ params.question }}", scope="{{ params.scope }}"), params={"question": QUESTION, "scope": "ours"}
    )
    assert one(engine, "select count(*) from agent_calls where scope = 'ours'") == 1

    for answer in (asked, asked["call_id"], str(asked["call_id"])):
        saved = call.execute(SaveEventsOperator(task_id="save", answer=answer, source_system="ours"))
        assert len(saved["event_ids"]) == 2
    assert one(engine, "select count(*) from events") == 2


def test_a_question_that_cannot_be_asked_is_named(call: TaskCaller, engine: Engine) -> None:
    for operator, complaint in (
        (ask({"agent": "oracle"}), "question.agent must be one of event_discovery"),
        (ask({"agent": "people"}), "company_name: Field required"),
        (ask("who?"), "question: "),
        (ask(QUESTION, provider="oracle"), "No such provider"),
        (ask(QUESTION, max_calls=-1), "max_calls: "),
    ):
        with pytest.raises(AirflowFailException, match=complaint):
            call.execute(operator)
    assert one(engine, "select count(*) from agent_calls") == 0


def test_the_kind_of_an_agents_error_is_kept(call: TaskCaller, engine: Engine) -> None:
    """The retry policy decides by it."""
    with pytest.raises(AuthenticationFailed, match="connection ours"):
        call.execute(ask(QUESTION, provider="live", llm_conn_id="ours"))
    with pytest.raises(NoSuchData):
        call.execute(ask({"agent": "company_discovery", "signal_type": "funding", "keyword": "x"}))
    with pytest.raises(BudgetExceeded, match="allows 1 agent calls"):
        call.execute(ask(QUESTION, max_calls=1))


def test_live_agents_are_asked_by_connections_of_ones_own(
    call: TaskCaller, engine: Engine, stand_in_server: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    stand_in_server.reset()
    for name, value in connection_variables(stand_in_server.url).items():
        monkeypatch.setenv(name.replace("PROSPECTING", "OUR"), value)
    stand_in_server.script("llm", {"contains": "Rails World", "reply": SPONSORS})
    question = {"agent": "sponsor_extraction", "event_name": "Rails World"}
    connections = {"provider": "live", "llm_conn_id": "our_llm", "search_conn_id": "our_search"}
    asked = call.execute(ask(question, **connections))
    assert not asked["reused"]
    assert call.execute(save_sponsors(asked))["new"] == 1
    stand_in_server.dial("llm", status=429, retry_after=7)
    with pytest.raises(RateLimited) as limited:
        call.execute(ask({**question, "city": "Toronto"}, **connections))
    assert limited.value.retry_after == 7
