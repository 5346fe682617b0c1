"""Whole executions: real Airflow, real PostgreSQL, the shipped catalog, and outside services that stand in."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException
from sqlalchemy import Engine, text

from chaos.comparison import Contents, difference, read
from prospecting.operators.signals import DiscoverOperator, ExtractSponsorsOperator, FindPeopleOperator
from prospecting.persistence.briefings import upsert_icp_job_titles
from prospecting.tasks import signal_execution as tasks
from prospecting.tasks import signal_schedule
from tests.dags.runs import Airflow, Run, TaskCaller, connection_variables
from tests.db.factories import be_silent, empty
from tests.stand_in.server import StandIn

pytestmark = pytest.mark.airflow

BSIDES = {
    "name": "Who sponsors BSidesSF",
    "event_keywords": ["BSidesSF"],
    "date_from": "2018-01-01",
    "date_to": "2019-12-31",
    "target_functions": ["CEO"],
    "agents": "catalog",
}
TABLES = ("events", "companies", "persons", "event_sponsors", "company_person_roles", "contact_channels")
MARKERS = ("Zelda Marker", "zelda.marker@marker-bank.com", "zelda-marker")


def rows(engine: Engine, query: str, **values: Any) -> list[Any]:
    with engine.connect() as connection:
        return list(connection.execute(text(query), values).mappings())


def one(engine: Engine, query: str, **values: Any) -> Any:
    with engine.connect() as connection:
        return connection.execute(text(query), values).scalar_one()


def sizes(engine: Engine) -> dict[str, int]:
    return {table: one(engine, f"select count(*) from {table}") for table in TABLES}


def execution(engine: Engine, run: Run) -> Any:
    (found,) = rows(engine, "select * from signal_executions where airflow_run_id = :run", run=run.run_id)
    return found


def reasons(engine: Engine, run: Run, stage: str) -> list[str]:
    return [
        row["reason"]
        for row in rows(
            engine,
            "select reason from rejected_records where execution_id = :id and stage = :stage order by reason",
            id=execution(engine, run)["id"],
            stage=stage,
        )
    ]


def asked(stand_in: StandIn) -> list[dict[str, Any]]:
    """The questions that reached the model, without its search rounds."""
    questions = []
    for request in stand_in.requests("llm"):
        messages = request["body"]["messages"]
        if not any(message["role"] == "tool" for message in messages):
            (user,) = (message["content"] for message in messages if message["role"] == "user")
            questions.append(json.loads(user)["request"])
    return questions


# ------------------------------------------------------------------------------------------------------ the catalog
def test_an_execution_finds_saves_and_links(airflow: Airflow, engine: Engine) -> None:
    run = airflow.run(BSIDES)
    assert run.state == "success"
    assert {task["state"] for task in run.tasks} == {"success"}
    assert {task["label"] for task in run.tasks if task["task_id"] == "discover"} == {"BSidesSF"}

    found = execution(engine, run)
    assert (found["status"], found["error"]) == ("completed", None)
    assert found["completed_at"] >= found["started_at"]
    results = found["results"]
    for part, table, stat in (
        ("events", "events", "eventsDiscovered"),
        ("companies", "companies", "companiesFound"),
        ("contacts", "persons", "contactsDiscovered"),
    ):
        ids = {item["id"] for item in results[part]}
        assert ids
        assert ids == {row["id"] for row in rows(engine, f"select id from {table}")}
        assert found["stats"][stat] == len(ids) == len(results[part])
    assert results["stats"] == found["stats"]
    assert found["stats"]["newCompanies"] == found["stats"]["companiesFound"]
    assert {event["name"] for event in results["events"]} == {"BSidesSF 2018", "BSidesSF 2019"}
    assert {contact["company"] for contact in results["contacts"]} >= {"Apple", "Netflix"}
    company_ids = {company["id"] for company in results["companies"]}
    assert {contact["company_id"] for contact in results["contacts"]} <= company_ids
    assert all("Chief Executive Officer" in contact["title"] for contact in results["contacts"])
    assert one(engine, "select count(*) from event_sponsors where sponsor_tier is not null") > 0

    # Which try wrote a row is one join.
    writers = rows(
        engine,
        """
        select distinct a.task_id from task_attempts as a
        join (select written_by from persons union select written_by from events union select written_by from companies)
            as w on w.written_by = a.id
        where a.run_id = :run
        """,
        run=run.run_id,
    )
    assert {row["task_id"] for row in writers} == {"discover", "extract_sponsors", "find_people"}

    before = sizes(engine)
    again = airflow.run(BSIDES)
    assert again.state == "success"
    assert sizes(engine) == before
    stats = execution(engine, again)["stats"]
    assert (stats["newEvents"], stats["newCompanies"], stats["newContacts"]) == (0, 0, 0)
    assert stats["companiesFound"] == found["stats"]["companiesFound"]
    assert one(engine, "select count(*) from signals") == 1


def test_what_people_do_decides_whether_they_are_saved(airflow: Airflow, engine: Engine) -> None:
    run = airflow.run(BSIDES | {"target_functions": ["CFO"]})
    assert run.state == "success"
    found = execution(engine, run)
    assert found["status"] == "completed"
    assert sizes(engine)["persons"] == 0
    assert found["results"]["contacts"] == []
    assert "other_function" in reasons(engine, run, "filter")
    assert found["stats"]["filteredRecords"] > 0
    assert found["stats"]["rejectedRecords"] == 0


def test_without_sponsors_an_execution_ends_with_events(airflow: Airflow, engine: Engine) -> None:
    conf = {
        "name": "Python in North America",
        "event_keywords": ["DjangoCon", "PyCon US"],
        "locations": ["Chicago", "Durham"],
        "date_from": "2024-01-01",
        "date_to": "2026-12-31",
        "extract_sponsors": False,
    }
    run = airflow.run(conf)
    assert run.state == "success"
    assert run.states("extract_sponsors") == run.states("find_people") == ["skipped"]
    assert run.states("discover") == ["success", "success"]
    found = execution(engine, run)
    assert found["status"] == "completed"
    assert {event["location"] for event in found["results"]["events"]} == {"Chicago", "Durham"}
    assert all("2024-01-01" <= event["date"] <= "2026-12-31" for event in found["results"]["events"])
    assert sizes(engine)["companies"] == 0


def test_the_catalog_says_what_it_does_not_have(airflow: Airflow, engine: Engine) -> None:
    run = airflow.run({"name": "Fresh money", "type": "funding", "event_keywords": ["databases"], "agents": "catalog"})
    assert run.state == "success"
    assert run.tries("discover") == [1]
    found = execution(engine, run)
    assert found["status"] == "completed_with_errors"
    assert "The shipped catalog has no funding rounds" in found["error"]["message"]
    assert found["results"]["companies"] == []
    assert reasons(engine, run, "agent") == ["no_such_data"]


def test_a_keyword_is_no_template(airflow: Airflow, engine: Engine) -> None:
    """Templates can read connections: whatever a user types is a word, on its way to the agent and in the UI."""
    keywords = ["{{ 6 * 7 }}", "{% raw %} conf", "{{ no.such.thing }}"]
    run = airflow.run({"name": "Braces", "event_keywords": keywords, "extract_sponsors": False})
    assert run.state == "success"
    asked = rows(engine, "select request ->> 'keyword' as keyword from agent_calls")
    assert {row["keyword"] for row in asked} == set(keywords)
    assert {task["label"] for task in run.tasks if task["task_id"] == "discover"} == set(keywords)


def test_two_executions_at_once_create_nothing_twice(airflow: Airflow, engine: Engine) -> None:
    airflow.drivers.take(1)
    for driver in (0, 1):
        airflow.start(BSIDES, driver=driver)
    runs = [airflow.finish(driver) for driver in (0, 1)]
    assert [run.state for run in runs] == ["success", "success"]
    stats = [execution(engine, run)["stats"] for run in runs]
    for new, found, table in (
        ("newEvents", "eventsDiscovered", "events"),
        ("newCompanies", "companiesFound", "companies"),
        ("newContacts", "contactsDiscovered", "persons"),
    ):
        assert stats[0][found] == stats[1][found] == sizes(engine)[table]
        assert stats[0][new] + stats[1][new] == sizes(engine)[table]
    assert one(engine, "select count(*) - count(distinct name_key) from persons") == 0


# ----------------------------------------------------------------------------------------------------------- params
BAD = [
    ({}, "give signal_id"),
    ({"event_keywords": ["ruby"]}, "give signal_id"),
    ({"name": "  ", "event_keywords": ["ruby"]}, "give signal_id"),
    ({"name": "x"}, "event_keywords needs at least one keyword"),
    ({"name": "x", "event_keywords": ["ruby"], "target_functions": []}, "target_functions needs at least one"),
    (
        {"name": "x", "event_keywords": ["ruby"], "keywrods": ["python"]},
        "keywrods: unknown parameter; allowed: signal_id, name, ",
    ),
    (
        {"name": "x", "event_keywords": ["ruby"], "date_from": "2026-02-01", "date_to": "2026-01-01"},
        "date_from lies after date_to",
    ),
    ({"name": "x", "event_keywords": ["ruby"], "date_from": "soon"}, "date_from: "),
    ({"name": "x", "event_keywords": 7}, "event_keywords: "),
    ({"name": "x", "event_keywords": ["ruby"], "limits": {"max_events": 0}}, "limits.max_events: "),
    ({"name": "x", "event_keywords": ["ruby"], "schedule": {"timezone": "Mars"}}, "schedule.timezone: "),
    ({"signal_id": "17"}, "signal_id: a signal's id is a UUID"),
    ({"signal_id": "00000000-0000-0000-0000-000000000000"}, "No signal 00000000-"),
]


@pytest.mark.parametrize(("params", "message"), BAD, ids=lambda value: str(value)[:40])
def test_unusable_params_are_named_and_nothing_is_written(
    call: TaskCaller, engine: Engine, params: dict[str, Any], message: str
) -> None:
    with pytest.raises(AirflowFailException) as refusal:
        call(tasks.start_execution, params=params)
    assert message in str(refusal.value)
    assert "\n" not in str(refusal.value)
    assert one(engine, "select count(*) from signals") == 0
    assert one(engine, "select count(*) from signal_executions") == 0


@pytest.mark.parametrize(
    "params", [{}, BSIDES | {"date_from": "2026-02-01", "date_to": "2026-01-01", "keywrods": ["x"]}]
)
def test_unusable_params_fail_the_first_task_alone(airflow: Airflow, engine: Engine, params: dict[str, Any]) -> None:
    run = airflow.run(params)
    assert run.state == "failed"
    assert (run.states("start_execution"), run.tries("start_execution")) == (["failed"], [1])
    assert run.states("params_accepted") == ["upstream_failed"]
    first = ("start_execution", "params_accepted")
    assert {task["state"] for task in run.tasks if task["task_id"] not in first} == {"skipped"}
    assert ("keywrods: unknown parameter" if params else "give signal_id") in run.log
    assert one(engine, "select count(*) from signals") == 0


@pytest.mark.parametrize("stored", [False, True])
def test_live_agents_without_a_connection_are_refused_before_anything_is_stored(
    call: TaskCaller, engine: Engine, stored: bool
) -> None:
    params: dict[str, Any] = BSIDES | {"agents": "live"}
    if stored:
        call(tasks.start_execution, params=BSIDES)
        with engine.begin() as connection:
            connection.execute(text("""update signals set configuration = configuration || '{"agents": "live"}'"""))
        params = {"signal_id": str(one(engine, "select id from signals"))}
    with pytest.raises(AirflowFailException, match="Live agents need the Airflow connection prospecting_llm "):
        call(tasks.start_execution, params=params, run_id="live")
    assert one(engine, "select count(*) from signal_executions") == int(stored)


def test_a_stored_signal_is_executed_by_its_id(call: TaskCaller, engine: Engine) -> None:
    call(tasks.start_execution, params=BSIDES, run_id="manual__1")
    signal_id = str(one(engine, "select id from signals"))
    call(tasks.start_execution, params={"signal_id": signal_id}, run_id="manual__2")
    configurations = rows(engine, "select configuration from signal_executions")
    assert len(configurations) == 2
    assert configurations[0] == configurations[1]
    assert configurations[0]["configuration"]["event_keywords"] == ["BSidesSF"]

    with engine.begin() as connection:
        connection.execute(text("update signals set status = 'archived'"))
    with pytest.raises(AirflowFailException, match="is archived"):
        call(tasks.start_execution, params={"signal_id": signal_id}, run_id="manual__3")


def test_a_retried_start_opens_no_second_execution(call: TaskCaller, engine: Engine) -> None:
    first = call(tasks.start_execution, params=BSIDES)
    assert call(tasks.start_execution, params=BSIDES) == first
    assert one(engine, "select count(*) from signal_executions") == 1


def test_a_failed_execution_can_be_resumed(call: TaskCaller, engine: Engine) -> None:
    """Clearing the failed tasks and the last one, as the runbook says, must be able to end well."""
    execution_id = call(tasks.start_execution, params=BSIDES)
    with pytest.raises(AirflowFailException, match="2 tasks failed"):
        call(tasks.summarize_execution, execution_id, failed_tasks=2)
    call.execute(DiscoverOperator(task_id="discover", execution_id=execution_id, keyword="BSidesSF"))
    assert call(tasks.summarize_execution, execution_id)["status"] == "completed"
    (found,) = rows(engine, "select status, error, stats from signal_executions")
    assert (found["status"], found["error"]) == ("completed", None)
    assert found["stats"]["newEvents"] == 2


def test_mapped_tasks_in_any_order_leave_the_same_rows(call: TaskCaller, engine: Engine) -> None:
    def run(order: int) -> Contents:
        """A whole run; ``order`` -1: the last mapped task of each step is the fastest."""
        empty(engine)
        params = BSIDES | {
            "event_keywords": ["BSidesSF", "Rails World", "DDD Perth"],
            "date_to": "2025-12-31",
            "limits": {"max_companies": 30},
        }
        execution_id = call(tasks.start_execution, params=params)
        for keyword in call(tasks.plan_discovery, execution_id)[::order]:
            call.execute(DiscoverOperator(task_id="discover", execution_id=execution_id, keyword=keyword))
        for chunk in call(tasks.plan_sponsors, execution_id)[::order]:
            del chunk["map_label"]
            call.execute(ExtractSponsorsOperator(task_id="extract_sponsors", **chunk))
        for chunk in call(tasks.plan_people, execution_id)[::order]:
            del chunk["map_label"]
            call.execute(FindPeopleOperator(task_id="find_people", **chunk))
        assert call(tasks.summarize_execution, execution_id)["status"] == "completed"
        with engine.connect() as connection:
            return read(connection)

    forwards, backwards = run(1), run(-1)
    assert (difference(forwards, backwards), difference(backwards, forwards)) == ({}, {})
    assert len(forwards["companies"]) > 100
    assert one(engine, "select count(distinct status) from execution_questions where status = 'saved'") == 1


def test_a_cancelled_execution_stays_cancelled(call: TaskCaller, engine: Engine) -> None:
    execution_id = call(tasks.start_execution, params=BSIDES)
    with engine.begin() as connection:
        connection.execute(text("update signal_executions set status = 'cancelled'"))
    with pytest.raises(AirflowSkipException, match="cancelled"):
        call(tasks.summarize_execution, execution_id)
    assert one(engine, "select status from signal_executions") == "cancelled"


# ------------------------------------------------------------------------------------------------------ live agents
LIVE = {
    "name": "Fintech in Europe",
    "event_keywords": ["fintech", "insurtech"],
    "locations": ["Berlin", "France"],
    "date_from": "2027-01-01",
    "date_to": "2027-12-31",
    "min_attendees": 300,
    "industries": ["Banking"],
    "target_functions": ["CEO", "VP Sales"],
    "outreach_context": "We make payments boring.",
    "agents": "live",
}

MESSY_EVENTS = """Sure! Here is what I found:
```json
{"events": [
  {"name": "Ledger Days", "start_date": "2027-03-15", "location": "Berlin, Germany", "attendees": "1,200",},
  {"name": "Paiements Forum", "date": "June 2-4, 2027", "location": "Paris, France"},
  {"name": "Refused Fair", "start_date": "2027-09-01", "location": "Lyon, France", "attendees": 900},
  {"name": "Tokyo Bank Week", "start_date": "2027-05-01", "location": "Tokyo, Japan", "attendees": 5000},
  {"name": "Kleine Runde", "start_date": "2027-05-01", "location": "Berlin, Germany", "attendees": 40},
  {"name": "Ledger Days", "start_date": "2025-03-15", "location": "Berlin, Germany", "attendees": 900},
  {"name": "", "start_date": "2027-04-01", "location": "Berlin, Germany"},
]}
``` Let me know if you need more!"""
MESSY_SPONSORS = (
    '{"sponsors": [{"name": "Marker Bank AG", "tier": "Gold", "website": "https://www.marker-bank.com/?utm=1"},'
    ' {"name": "marker bank", "tier": "Silver", "website": "marker-bank.com"}, "N/A", {"tier": "Bronze"}]}'
)
MESSY_PEOPLE = """These people fit: {"contacts": [
  {"name": "Zelda Marker", "title": "Chief Executive Officer", "linkedinUrl": "https://linkedin.com/in/zelda-marker",
   "email": "zelda.marker@marker-bank.com"},
  {"name": "Zelda Marker", "title": "CEO", "linkedinUrl": "www.linkedin.com/in/zelda-marker/"},
  {"name": "Max Marker", "title": "Assistant to the CEO", "email": "not an e-mail"}, {"title": "VP Sales"}]}"""


def script(stand_in: StandIn) -> None:
    stand_in.script(
        "llm",
        {"contains": '"keyword":"fintech"', "reply": MESSY_EVENTS},
        {"contains": '"keyword":"insurtech"', "reply": "I could not find any events, sorry."},
        {"contains": "Refused Fair", "searches": [], "refusal": "I will not help with this."},
        {"contains": '"event_name"', "reply": MESSY_SPONSORS},
        {"contains": '"company_name"', "reply": MESSY_PEOPLE},
    )


def test_live_agents_answer_messily_and_one_refuses(airflow: Airflow, engine: Engine, stand_in: StandIn) -> None:
    script(stand_in)
    run = airflow.run(LIVE | {"max_error_share": 0.8})
    assert run.state == "success"
    found = execution(engine, run)
    assert found["status"] == "completed_with_errors"

    questions = asked(stand_in)
    about_events = {question["keyword"]: question for question in questions if "keyword" in question}
    assert set(about_events) == {"fintech", "insurtech"}
    first = about_events["fintech"]
    assert first["locations"] == ["Berlin", "France"]
    assert (first["starts_from"], first["starts_until"]) == ("2027-01-01", "2027-12-31")
    assert (first["min_attendees"], first["industries"]) == (300, ["Banking"])
    (about_people,) = (question for question in questions if "company_name" in question)
    assert about_people["target_functions"] == ["CEO", "VP Sales"]
    assert about_people["outreach_context"] == "We make payments boring."

    events = {event["name"]: event for event in found["results"]["events"]}
    assert set(events) == {"Ledger Days", "Paiements Forum", "Refused Fair"}
    assert (events["Paiements Forum"]["date"], events["Paiements Forum"]["end_date"]) == ("2027-06-02", "2027-06-04")
    assert events["Ledger Days"]["attendees"] == 1200
    assert [company["domain"] for company in found["results"]["companies"]] == ["marker-bank.com"]
    (contact,) = found["results"]["contacts"]
    assert (contact["name"], contact["email"]) == MARKERS[:2]
    assert {"elsewhere", "too_early", "too_small", "other_function"} <= set(reasons(engine, run, "filter"))
    assert reasons(engine, run, "agent") == ["refused"]
    assert "missing_name" in reasons(engine, run, "parse")
    assert found["stats"]["rejectedRecords"] == found["error"]["rejected_records"]
    assert found["error"]["agent_failures"] == 1

    # Personal data is in the application database, and nowhere else.
    stored = airflow.stored_by_airflow(run.run_id)
    for marker in MARKERS:
        assert marker.casefold() not in run.log.casefold()
        assert marker.casefold() not in stored.casefold()
    for secret in ("llm-key-7f3a91", "search-key-52c0de"):
        assert secret not in run.log + stored


def test_a_rate_limit_is_waited_for_as_long_as_asked(airflow: Airflow, engine: Engine, stand_in: StandIn) -> None:
    stand_in.dial("llm", status=429, times=1, retry_after=1)
    run = airflow.run(LIVE | {"event_keywords": ["fintech"], "extract_sponsors": False}, retry_delay=60)
    assert run.state == "success"
    assert run.tries("discover") == [2]
    assert execution(engine, run)["status"] == "completed"
    refused, *others = stand_in.requests("llm")
    assert others[0]["at"] - refused["at"] >= 1
    kinds = rows(engine, "select status, error_kind, http_status from agent_calls order by id")
    assert [tuple(kind.values()) for kind in kinds] == [("failed", "rate_limited", 429), ("succeeded", None, None)]


def test_a_wrong_key_fails_everything_at_once(airflow: Airflow, engine: Engine, stand_in: StandIn) -> None:
    stand_in.dial("llm", status=401)
    run = airflow.run(LIVE)
    assert run.state == "failed"
    assert (run.states("discover"), run.tries("discover")) == (["failed", "failed"], [1, 1])
    assert len(stand_in.requests("llm")) == 2
    found = execution(engine, run)
    assert found["status"] == "failed"
    assert "2 tasks failed" in found["error"]["message"]
    assert "check the password of the connection prospecting_llm" in found["error"]["message"]
    assert "discover failed first, see its log" in run.log
    assert {name: found["error"]["first_cause"][name] for name in ("stage", "record_type", "kind")} == {
        "stage": "agent", "record_type": "event", "kind": "authentication"
    }  # fmt: skip
    assert found["results"]["events"] == []


def test_an_outage_is_retried_to_the_end(airflow: Airflow, engine: Engine, stand_in: StandIn) -> None:
    stand_in.dial("llm", status=503)
    run = airflow.run(LIVE | {"event_keywords": ["fintech"]})
    assert run.state == "failed"
    assert run.tries("discover") == [4]
    assert reasons(engine, run, "agent") == ["unavailable"]
    assert execution(engine, run)["status"] == "failed"


def test_the_budget_ends_an_execution(airflow: Airflow, engine: Engine, stand_in: StandIn) -> None:
    run = airflow.run(LIVE | {"budget": {"max_calls": 1}})
    found = execution(engine, run)
    assert found["status"] == "completed_with_errors"
    assert "The budget allows 1 agent calls" in found["error"]["message"]
    assert set(reasons(engine, run, "agent")) == {"budget"}
    assert len(found["results"]["events"]) == 3
    assert len(asked(stand_in)) == 1
    assert {task["tries"] for task in run.tasks if task["state"] == "failed"} == {1}


def test_a_lost_worker_costs_one_answer(airflow: Airflow, call: TaskCaller, engine: Engine, stand_in: StandIn) -> None:
    """Killed between two answers, then cleared: what was answered is not asked again, what was saved is not doubled."""
    conf = LIVE | {"event_keywords": ["fintech"], "max_in_flight": 1}
    stand_in.dial("llm", skip=6, delay=30)  # two rounds per question: events and two events' sponsors are answered
    logical_date = airflow.start(conf)
    deadline = time.monotonic() + 60
    while len(asked(stand_in)) < 4 and time.monotonic() < deadline:
        time.sleep(0.05)
    before = asked(stand_in)
    airflow.drivers.take().kill()
    assert len(before) == 4
    assert one(engine, "select count(*) from agent_calls where status = 'started'") == 1
    stand_in.dial("llm")
    # Nobody goes on for a while: what the worker left is closed meanwhile, and opened again by who goes on.
    with engine.begin() as connection:
        be_silent(connection, 21)
    closed = call(signal_schedule.close_abandoned_runs)
    assert {table: rows for table, rows in closed.items() if rows} == {"signal_executions": 1, "agent_calls": 1}
    assert one(engine, "select status from signal_executions") == "failed"

    run = airflow.run(conf, again=logical_date)
    assert run.state == "success"
    assert execution(engine, run)["status"] == "completed"
    assert one(engine, "select count(*) from signal_executions") == 1
    after = asked(stand_in)
    assert after[4] == before[3]
    assert [after.count(question) for question in before] == [1, 1, 1, 2]
    assert one(engine, "select count(*) from agent_calls where status = 'abandoned'") == 1
    first = sizes(engine)
    assert first["events"] == 3

    again = airflow.run(conf, again=logical_date)
    assert again.run_id == run.run_id
    assert again.state == "success"
    assert asked(stand_in) == after
    assert sizes(engine) == first


def test_companies_are_found_directly_for_funding(airflow: Airflow, engine: Engine, stand_in: StandIn) -> None:
    example = Path(__file__).resolve().parents[2] / "include/examples/signal_funding_live.json"
    run = airflow.run(json.loads(example.read_text()))
    assert run.state == "success"
    assert run.states("extract_sponsors") == ["skipped"]
    found = execution(engine, run)
    assert found["status"] == "completed"
    assert found["results"]["events"] == []
    assert found["stats"]["companiesFound"] == 6
    assert found["stats"]["contactsDiscovered"] > 0
    assert {question["signal_type"] for question in asked(stand_in) if "signal_type" in question} == {"funding"}


def test_companies_over_the_limit_are_companies(
    call: TaskCaller, engine: Engine, stand_in_server: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    stand_in_server.reset()
    stand_in_server.script("llm", {"contains": "databases", "reply": '[{"name": "Acme"}, {"name": "Globex"}]'})
    # The DAG's own connections, which its first task looks for, lead nowhere.
    for name, value in connection_variables("http://127.0.0.1:9").items():
        monkeypatch.setenv(name, value)
    for name, value in connection_variables(stand_in_server.url).items():
        monkeypatch.setenv(name.replace("PROSPECTING", "OUR"), value)
    params = {
        "name": "Fresh money", "type": "funding", "event_keywords": ["databases"], "agents": "live",
        "limits": {"max_companies": 1},
    }  # fmt: skip
    execution_id = call(tasks.start_execution, params=params)
    discover = DiscoverOperator(
        task_id="discover",
        execution_id=execution_id,
        keyword="databases",
        llm_conn_id="our_llm",
        search_conn_id="our_search",
    )
    assert call.execute(discover) == {"found": 1, "rejected": 1}
    left = rows(engine, "select stage, record_type, reason, detail, source from rejected_records")
    assert [tuple(row.values()) for row in left] == [
        ("filter", "company", "over_limit", "Only 1 companies per keyword are kept", "keyword databases")
    ]


# ------------------------------------------------------------------------------- target functions from research
def test_icp_research_of_an_org_suggests_target_functions(call: TaskCaller, engine: Engine) -> None:
    titles = [
        {"title": "VP of Security", "buyerRole": "decision_maker", "reasoning": "Signs."},
        {"title": "Chief Executive Officer", "buyerRole": "decision_maker"},
        {"title": "Compliance Manager", "buyerRole": "evaluator"},
    ]
    asked = {**BSIDES, "target_functions_from": "acme"}
    with pytest.raises(AirflowFailException, match="no such org"):
        call(tasks.start_execution, params=asked)
    with engine.begin() as connection:
        org = connection.execute(
            text("insert into orgs (name, slug) values ('Acme', 'acme') returning id")
        ).scalar_one()
    with pytest.raises(AirflowFailException, match="names no job titles yet"):
        call(tasks.start_execution, params={**asked, "target_functions": []})
    with engine.begin() as connection:
        for domain in ("one.com", "two.com"):
            upsert_icp_job_titles(connection, org_id=org, company_domain=domain, raw_parallel_output={"titles": titles})
    call(tasks.start_execution, params=asked)
    (found,) = rows(
        engine,
        "select e.configuration as used, s.configuration as stored "
        "from signal_executions as e join signals as s on s.id = e.signal_id",
    )
    # What is given comes first; a title that it covers is not added, and decision makers come before evaluators.
    assert found["used"]["target_functions"] == ["CEO", "VP of Security", "Compliance Manager"]
    # The signal itself keeps asking: the next execution may get others.
    assert found["stored"]["target_functions"] == ["CEO"]
    assert found["stored"]["target_functions_from"] == "acme"
