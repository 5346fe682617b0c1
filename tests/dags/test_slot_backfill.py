"""Whole backfills: real Airflow, real PostgreSQL, the shipped catalog, and outside services that stand in."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowFailException
from sqlalchemy import Engine, text

from prospecting.operators.slots import FillSlotsOperator
from prospecting.persistence import agent_calls
from prospecting.persistence.database import TaskAttempt, unit_of_work
from prospecting.services.slot_backfill import NO_LIVE_PROVIDER
from prospecting.tasks import slot_backfill as tasks
from prospecting.tasks import slot_evaluation
from tests.dags.filling import (
    CHIEF,
    IN_CATALOG,
    OTHERS,
    SEATS,
    UNKNOWN,
    WAITING,
    asked,
    asked_about,
    by_seat,
    evaluate_again,
    leases,
    promoted,
    queue,
    queued,
    somebody_waits,
    state_of,
    wait_for,
)
from tests.dags.runs import Airflow, Run, TaskCaller, connection_variables
from tests.db.factories import add_companies, claim, count, seats, stored
from tests.stand_in.server import StandIn

pytestmark = pytest.mark.airflow

DAG: dict[str, Any] = {"dag_id": "slot_backfill"}


@pytest.fixture
def backup(airflow: Airflow) -> Iterator[StandIn]:
    """Another language model, ``live:backup``; it searches with the same service."""
    with StandIn() as server:
        (model, _) = connection_variables(server.url).values()
        airflow.variables["AIRFLOW_CONN_PROSPECTING_LLM_BACKUP"] = model
        yield server


def reasons(engine: Engine) -> list[tuple[str, str]]:
    with engine.connect() as connection:
        return sorted((row["stage"], row["reason"]) for row in stored(connection, "rejected_records"))


def keeps_names_private(airflow: Airflow, run: Run, engine: Engine, *names: str) -> None:
    """People are in the application database, and there not among the errors."""
    with engine.connect() as connection:
        people = [row["full_name"] for row in stored(connection, "persons")]
    errors = " ".join(str(row["error_message"]) for row in queued(engine))
    for name in [*people, *names]:
        assert name not in run.log
        assert name not in airflow.stored_by_airflow(run.run_id)
        assert name not in errors


# ------------------------------------------------------------------------------------------------------ the catalog
def test_the_catalog_fills_what_it_knows_and_the_rest_waits_for_somebody_else(airflow: Airflow, engine: Engine) -> None:
    known, unknown = queue(engine, IN_CATALOG, UNKNOWN)
    run = airflow.run({}, **DAG)
    assert run.state == "success"
    assert {task["state"] for task in run.tasks} == {"success"}
    assert [task["label"] for task in run.tasks if task["task_id"] == "work_requests"] == ["requests 1-6 of 6"]
    assert airflow.asset_events(run) == {"prospecting_persons": 1}
    assert "6 requests wait, up to 6 are worked on now; asked in order: catalog" in run.log
    for line in (
        "Requests completed (a person was found): 1",
        "Requests failed (an attempt was counted): 0",
        "Requests that the catalog cannot answer (wait for another provider; no attempt): 5",
        "No provider configured: only the shipped catalog is asked",
    ):
        assert line in run.log

    ceo = by_seat(engine, known)["CEO"]
    assert (ceo["status"], ceo["error_message"], ceo["data_quality_score"]) == ("completed", None, 100)
    assert (ceo["cost_credits"], ceo["settled_at"], ceo["lease_expires_at"]) == (0, None, None)
    assert ceo["duration_ms"] >= 0
    assert ceo["assigned_at"] <= ceo["completed_at"]
    assert (ceo["validated"], ceo["validated_by"], ceo["enriched_by"]) == (True, "slot_backfill", "catalog")
    assert (ceo["full_name"], ceo["first_name"], ceo["last_name"]) == (CHIEF, "Michael", "Roman")
    assert (ceo["title"], ceo["seniority"]) == ("Chief Executive Officer & Director", "C-Suite")
    with engine.connect() as connection:
        (person,) = stored(connection, "persons")
        (role,) = stored(connection, "company_person_roles")
        wrote = connection.execute(
            text("select dag_id, task_id from task_attempts where id = :id"), {"id": person["written_by"]}
        ).one()
        (call_of_known, _) = stored(connection, "agent_calls")
    assert (person["full_name"], person["source_system"]) == (CHIEF, "slot_backfill")
    assert (role["company_id"], role["person_id"], role["is_current"]) == (known, person["id"], True)
    assert str(role["observed_on"]).startswith("2020-02"), "what the catalog says is that old"
    assert tuple(wrote) == ("slot_backfill", "work_requests")
    assert (call_of_known["scope"], call_of_known["status"]) == (f"slot_backfill:{run.run_id}", "succeeded")

    others = [row for company in (known, unknown) for row in by_seat(engine, company).values() if row is not ceo]
    waiting = [row for row in others if row["routing_id"] != ceo["routing_id"]]
    assert {(row["status"], row["claimed_by"]) for row in waiting} == {("queued", None)}
    assert {row["error_message"] for row in waiting} == {
        f"Waits for a provider that can find out who is the {slot}; catalog cannot say more next time. "
        "See docs/live-agents.md"
        for slot in SEATS
    }
    assert not any(row["validated"] for row in waiting)
    keeps_names_private(airflow, run, engine)

    # The next night: the seat is filled with somebody of 2020, who is to be confirmed; the others stay open.
    counters = evaluate_again(engine)
    assert (counters.slots_filled, counters.slots_open, counters.backfill_triggered) == (1, 5, 0)
    assert counters.verifications_triggered == 1
    assert state_of(engine, known) == {"CEO": ("filled", 0), "CFO": ("open", 0), "HR": ("open", 0)}
    second = airflow.run({"chunk_size": 2}, **DAG)
    assert second.state == "success"
    assert [second.states("announce_people"), airflow.asset_events(second)] == [["skipped"], {}]
    assert "others that wait or are held: 6" in second.log
    # And in the night after that nothing is closed either: the catalog alone closes nothing.
    counters = evaluate_again(engine)
    assert (counters.slots_closed_missing, counters.slots_open, counters.backfill_triggered) == (0, 5, 0)
    assert state_of(engine, unknown) == dict.fromkeys(SEATS, ("open", 0))
    assert len(queued(engine, *WAITING)) == 6
    with engine.connect() as connection:
        assert (count(connection, "persons"), count(connection, "agent_calls")) == (1, 2)


def test_a_holder_of_2020_gives_way_to_one_live_answer(
    call: TaskCaller, engine: Engine, stand_in_server: StandIn
) -> None:
    (company,) = queue(engine, IN_CATALOG)
    assert work(call, {"providers": ["catalog"]})["completed"] == 1
    evaluate_again(engine)
    stand_in_server.reset()
    for name, value in connection_variables(stand_in_server.url).items():
        call.monkeypatch.setenv(name, value)
    counts = work(call, {"providers": ["catalog", "live"], "slot_types": ["CEO"]})
    assert (counts["completed"], counts["failed"]) == (1, 0)
    evaluate_again(engine)
    with engine.connect() as connection:
        seat = seats(connection, company)["CEO"]
        names = {row["id"]: row["full_name"] for row in stored(connection, "persons", "id, full_name")}
        history = stored(connection, "slot_transitions", "id, slot_type, transition, person_unique_id")
    assert names[seat["person"]] != CHIEF
    told = [(row["transition"], row["person_unique_id"]) for row in history if row["slot_type"] == "CEO"]
    assert [transition for transition, _ in told] == ["open", "requested", "filled", "requested", "filled"]
    assert told[2][1] == told[3][1] != told[4][1] == seat["person_unique_id"]


def test_with_an_empty_queue_nothing_happens(airflow: Airflow, engine: Engine) -> None:
    run = airflow.run({}, **DAG)
    assert run.state == "success"
    assert set(run.states("work_requests")) <= {"skipped"}
    assert run.states("announce_people") == ["skipped"]
    assert "Requests still waiting or held by others: 0" in run.log
    assert "No request is waiting" in run.log
    assert airflow.asset_events(run) == {}


# ------------------------------------------------------------------------------------------------------ live agents
def test_a_waterfall_asks_once_per_company_and_splits_the_cost(
    airflow: Airflow, engine: Engine, stand_in: StandIn
) -> None:
    airflow.variables |= connection_variables(stand_in.url, input_usd_per_million=900, output_usd_per_million=0)
    queue(engine, UNKNOWN, OTHERS[0])
    run = airflow.run({"providers": ["catalog", "live"], "budget": 500}, **DAG)
    assert run.state == "success"
    questions = asked(stand_in)
    assert asked_about(stand_in) == ["Alder Works", "Zorgblatt Fördertechnik"]
    assert [question["target_functions"] for question in questions] == [list(SEATS)] * 2
    assert (questions[0]["domain"], questions[0]["industry"]) == ("zorgblatt-conveyors.com", "Conveyors")

    done = queued(engine)
    assert {row["enriched_by"] for row in done} == {"live"}
    # Two rounds of 1000 tokens each.
    assert [row["cost_credits"] for row in done] == [Decimal("0.6")] * 6
    with engine.connect() as connection:
        calls = stored(connection, "agent_calls")
    assert [(each["provider"], each["cost_usd"]) for each in calls if each["cost_usd"]] == [("llm", Decimal("1.8"))] * 2
    for line in (
        "Cost in USD: 3.6000",
        "Spent in USD, calls that led to nothing included: 3.6000",
        "Attempts per fill: 1.00 in the last 30 days, 1.00 ever, target < 2: met",
        "US dollars per fill: 0.60 in the last 30 days, 0.60 ever, target < 2: met",
    ):
        assert line in run.log
    assert "asked in order: catalog, live" in run.log
    keeps_names_private(airflow, run, engine)
    promoted(engine, 2)


def test_the_next_provider_answers_for_one_that_is_down(
    airflow: Airflow, engine: Engine, stand_in: StandIn, backup: StandIn
) -> None:
    (company,) = queue(engine, UNKNOWN)
    stand_in.dial("llm", status=503)
    run = airflow.run({"providers": ["catalog", "live", "live:backup"]}, **DAG)
    assert run.state == "success"
    assert run.tries("work_requests") == [1]
    assert asked_about(backup) == [UNKNOWN.name]
    assert {row["enriched_by"] for row in by_seat(engine, company).values()} == {"live:backup"}
    with engine.connect() as connection:
        assert [(each["provider"], each["status"]) for each in stored(connection, "agent_calls")] == [
            ("catalog", "succeeded"),
            ("llm", "failed"),
            ("llm:backup", "succeeded"),
        ]
    promoted(engine, 1)


def test_when_all_are_down_no_attempt_is_counted(
    airflow: Airflow, engine: Engine, stand_in: StandIn, backup: StandIn
) -> None:
    (company,) = queue(engine, UNKNOWN)
    for service in (stand_in, backup):
        service.dial("llm", status=503)
    run = airflow.run({"providers": ["catalog", "live", "live:backup"]}, **DAG)
    assert run.state == "failed"
    assert run.tries("work_requests") == [4]
    assert run.states("announce_people") == ["skipped"]
    assert "their requests are back in the queue" in run.log
    assert "docs/runbooks/slots.md" in run.log
    waiting = by_seat(engine, company)
    assert {(row["status"], row["claimed_by"], row["lease_expires_at"]) for row in waiting.values()} == {
        ("queued", None, None)
    }
    assert {row["error_message"] for row in waiting.values()} == {"Put back: unavailable"}
    assert state_of(engine, company) == dict.fromkeys(SEATS, ("open", 0))
    counters = evaluate_again(engine)
    assert (counters.slots_open, counters.slots_updated, counters.backfill_triggered) == (3, 0, 0)


def test_a_wrong_key_fails_at_once_and_what_others_knew_is_kept(
    airflow: Airflow, engine: Engine, stand_in: StandIn
) -> None:
    known, unknown = queue(engine, IN_CATALOG, UNKNOWN)
    stand_in.dial("llm", status=401)
    run = airflow.run({"providers": ["catalog", "live"]}, **DAG)
    assert run.state == "failed"
    assert (run.states("work_requests"), run.tries("work_requests")) == (["failed"], [1])
    assert "check the password of the connection prospecting_llm" in run.log
    assert len(stand_in.requests("llm")) == 1, "a key that is wrong once is wrong for all"
    assert by_seat(engine, known)["CEO"]["status"] == "completed"
    waiting = queued(engine, "queued")
    assert len(waiting) == 5
    assert {row["claimed_by"] for row in waiting} == {None}
    assert airflow.asset_events(run) == {"prospecting_persons": 1}
    assert state_of(engine, unknown) == dict.fromkeys(SEATS, ("open", 0))
    counters = evaluate_again(engine)
    assert (counters.slots_filled, counters.slots_open, counters.backfill_triggered) == (1, 5, 0)


def test_a_rate_limit_is_waited_for_with_what_is_done_kept(airflow: Airflow, engine: Engine, stand_in: StandIn) -> None:
    queue(engine, *OTHERS[:2])
    stand_in.dial("llm", skip=2, status=429, times=1, retry_after=1)  # the first company takes two rounds
    run = airflow.run({"providers": ["live"]}, retry_delay=60, **DAG)
    assert run.state == "success"
    assert run.tries("work_requests") == [2]
    assert asked_about(stand_in).count("Alder Works") == 1
    assert {row["error_message"] for row in queued(engine)} == {None}
    promoted(engine, 2)


def test_the_budget_ends_a_run_and_the_rest_waits(airflow: Airflow, engine: Engine, stand_in: StandIn) -> None:
    first, second = queue(engine, *OTHERS[:2])
    run = airflow.run({"providers": ["live"], "chunk_size": 3, "budget": {"max_calls": 1}}, **DAG)
    assert run.state == "success"
    assert run.tries("work_requests") == [1, 1]
    assert len(asked(stand_in)) == 1
    assert "Requests put back (the budget was used up): 3" in run.log
    assert "Requests still waiting or held by others: 3" in run.log
    found = sorted((row["status"], row["claimed_by"] is None) for row in queued(engine))
    assert found == [("completed", False)] * 3 + [("queued", True)] * 3
    assert {row["error_message"] for row in queued(engine, "queued")} == {"Put back: budget"}
    assert {attempts for company in (first, second) for _, attempts in state_of(engine, company).values()} == {0}
    # What waits is the next run's; nobody is asked about the first company again.
    again = airflow.run({"providers": ["live"]}, **DAG)
    assert again.state == "success"
    assert asked_about(stand_in) == ["Alder Works", "Birch Works"]
    promoted(engine, 2)


def test_who_does_not_fit_is_not_promoted(airflow: Airflow, engine: Engine, stand_in: StandIn) -> None:
    (company,) = queue(engine, UNKNOWN)
    reply = """I found: {"contacts": [
      {"name": "Zelda Marker", "title": "Assistant to the CEO", "email": "zelda.marker@zorgblatt-conveyors.com"},
      {"name": "Yuri Marker", "title": "VP Sales"}, {"name": "Xenia Marker"}, {"title": "CEO"}]}"""
    stand_in.script("llm", {"contains": '"company_name"', "reply": reply})
    run = airflow.run({"providers": ["live"]}, **DAG)
    assert run.state == "success"
    with engine.connect() as connection:
        assert count(connection, "persons") == count(connection, "company_person_roles") == 0
        (raw,) = {
            json.dumps(row["raw"]) for row in stored(connection, "rejected_records") if row["reason"] == "no_title"
        }
        sources = {row["source"] for row in stored(connection, "rejected_records")}
    assert "Xenia Marker" in raw
    assert sources == {f"slot requests of company {company}"}
    assert reasons(engine) == [
        ("filter", "no_seat"),
        ("filter", "no_seat"),
        ("filter", "no_title"),
        ("parse", "missing_name"),
    ]
    closed = by_seat(engine, company)
    assert {(row["status"], row["enriched_by"]) for row in closed.values()} == {("failed", None)}
    assert closed["HR"]["error_message"] == (
        "No HR found in attempt 1: 3 people named, none for this seat; asked: live"
    )
    assert state_of(engine, company) == dict.fromkeys(SEATS, ("open", 1))
    assert evaluate_again(engine).backfill_triggered == 3
    keeps_names_private(airflow, run, engine, "Zelda Marker", "zelda.marker@zorgblatt-conveyors.com", "Xenia Marker")


def test_whatever_an_agent_writes_can_be_saved(airflow: Airflow, engine: Engine, stand_in: StandIn) -> None:
    """One company that cannot be saved would stop the queue for all that wait behind it."""
    first, second = queue(engine, *OTHERS[:2])
    nasty = {
        "contacts": [
            {
                "name": "Zoë\x00 Márker \ud800👩🏽‍🚀",
                "title": "CEO\x00 " + "and so on " * 100,
                "bio": "'; drop table persons; -- \udc00\ud800" + "x" * 10_000,
                "linkedinUrl": "https://linkedin.com/in/" + "z" * 3_000,
                "email": "z" * 600 + "@example.com",
                "phone": "+49 " + "1" * 100,
            },
            {"name": "Y" * 2_000, "title": "CFO"},
            {"name": "\x00", "title": "HR"},
        ]
    }
    stand_in.script("llm", {"contains": "Alder", "reply": json.dumps(nasty)})
    run = airflow.run({"providers": ["live"]}, **DAG)
    assert run.state == "success"
    assert run.tries("work_requests") == [1]
    ended = {slot: row["status"] for slot, row in by_seat(engine, first).items()}
    assert (ended["CEO"], ended["HR"]) == ("completed", "failed")
    assert {row["status"] for row in by_seat(engine, second).values()} == {"completed"}
    counters = evaluate_again(engine)
    assert counters.slots_filled == 3 + list(ended.values()).count("completed")
    keeps_names_private(airflow, run, engine, "Márker")


# ------------------------------------------------------------------------------------------- killed, slow, two at once
def test_a_process_killed_before_it_closes_loses_nothing(airflow: Airflow, engine: Engine, stand_in: StandIn) -> None:
    """Killed between the agent's answer and the closing: people of that answer are not saved, the next run asks
    again."""
    _, second = queue(engine, *OTHERS[:2])
    with engine.connect() as connection:
        connection.execute(
            text(
                "select from company_slot as s join companies as c using (company_unique_id) "
                "where c.id = :id for update of s"
            ),
            {"id": second},
        )
        # Providers from the Airflow variable, as long as no param names any.
        airflow.variables["AIRFLOW_VAR_SLOT_BACKFILL_PROVIDERS"] = "catalog, live"
        airflow.start({"lease_seconds": 1}, **DAG)
        del airflow.variables["AIRFLOW_VAR_SLOT_BACKFILL_PROVIDERS"]
        # Others wait for a moment, too, while they write down what they ask.
        asked = ["Alder Works", "Birch Works"]
        wait_for(
            lambda: asked_about(stand_in) == asked and somebody_waits(engine), "the second company is being closed"
        )
        airflow.drivers.take().kill()
        assert len(queued(engine, "completed")) == len(queued(engine, "running")) == 3
        connection.rollback()
    with engine.connect() as connection:
        assert count(connection, "persons") == 3

    airflow.drivers.take()
    wait_for(lambda: all(row["lease_is_over"] for row in leases(engine)), "the lease runs out")
    run = airflow.run({"providers": ["live"], "lease_seconds": 1}, **DAG)
    assert run.state == "success"
    assert asked_about(stand_in) == [*asked, "Birch Works"]
    promoted(engine, 2)


def test_a_task_that_loses_its_database_goes_on_with_what_it_holds(airflow: Airflow, engine: Engine) -> None:
    queue(engine, IN_CATALOG, UNKNOWN)
    with engine.connect() as connection:
        connection.execute(text("select from company_slot where slot_type = 'CEO' for update"))
        airflow.start({}, **DAG)
        wait_for(lambda: somebody_waits(engine), "a company is being closed")
        connection.execute(
            text(
                "select pg_terminate_backend(pid) from pg_stat_activity "
                "where datname = current_database() and wait_event_type = 'Lock'"
            )
        )
        connection.rollback()
    run = airflow.finish()
    assert run.state == "success"
    assert run.tries("work_requests") == [2]
    assert sorted(row["status"] for row in queued(engine)) == ["completed"] + ["queued"] * 5
    with engine.connect() as connection:
        assert (count(connection, "persons"), count(connection, "agent_calls")) == (1, 2)
    assert {attempts for _, attempts in state_of(engine, 2).values()} == {0}


def test_a_process_killed_while_it_asks_is_cleared_and_goes_on(
    airflow: Airflow, engine: Engine, stand_in: StandIn
) -> None:
    """The run is the same, so what was answered is not asked again."""
    queue(engine, *OTHERS[:2])
    stand_in.dial("llm", skip=2, delay=60)
    conf = {"providers": ["live"], "lease_seconds": 1}
    logical_date = airflow.start(conf, **DAG)
    wait_for(lambda: len(asked(stand_in)) == 2, "the second company is asked about")
    airflow.drivers.take().kill()
    stand_in.dial("llm")
    assert len(queued(engine, "completed")) == len(queued(engine, "running")) == 3
    airflow.drivers.take()
    wait_for(lambda: all(row["lease_is_over"] for row in leases(engine)), "the lease runs out")
    run = airflow.run(conf, again=logical_date, **DAG)
    assert run.state == "success"
    assert asked_about(stand_in) == ["Alder Works", "Birch Works", "Birch Works"]
    with engine.connect() as connection:
        assert [each["status"] for each in stored(connection, "agent_calls")] == ["succeeded", "abandoned", "succeeded"]
    promoted(engine, 2)


def test_two_runs_share_the_work_and_slow_answers_keep_their_claim(
    airflow: Airflow, engine: Engine, stand_in: StandIn
) -> None:
    """An answer takes longer than the lease; nobody else may claim, ask or promote meanwhile."""
    for driver in (0, 1):  # a process that has run before is quicker; both must be the same
        assert airflow.run({}, driver=driver, **DAG).state == "success"
    queue(engine, *OTHERS)
    stand_in.dial("llm", delay=3.2)  # per round; two rounds per question
    conf = {"providers": ["live"], "lease_seconds": 6, "chunk_size": 3}
    for driver in (0, 1):
        airflow.start(conf, driver=driver, **DAG)
    expired = 0

    def all_asked() -> bool:
        nonlocal expired
        with engine.begin() as connection:
            held = connection.execute(
                text("select count(*) from agent_routing_log where status = 'running' and lease_expires_at < now()")
            )
            expired += held.scalar_one()
        return len(asked(stand_in)) == len(OTHERS)

    wait_for(all_asked, "all companies are asked about")
    runs = [airflow.finish(driver) for driver in (0, 1)]
    assert [run.state for run in runs] == ["success", "success"]
    assert asked_about(stand_in) == [company.name for company in OTHERS]
    assert expired == 0
    assert "nothing was saved" not in runs[0].log + runs[1].log
    assert len({row["claimed_by"].partition(" ")[0] for row in queued(engine)}) == 2, "both had a share"
    promoted(engine, len(OTHERS))


# ----------------------------------------------------------------------------------------------------------- params
BAD = [
    ({"providers": ["catalogue"]}, 'No such provider: "catalogue"; there are catalog, live, and live:<suffix>'),
    ({"providers": ["catalog", "Live"]}, 'No such provider: "Live"'),
    ({"providers": ["live:"]}, 'No such provider: "live:"'),
    ({"company_ids": ["3M"]}, "company_ids.0: write a company's id as 04.04.01.NN.NNNNN.NNN"),
    ({"company_ids": [99, 1]}, "company_ids: no such companies: 99; see the table companies"),
    ({"slot_types": ["CTO"]}, "slot_types.0: "),
    ({"budget": "a lot"}, "budget: "),
    ({"budget": {"usd": 1}}, "budget.usd: "),
    ({"provider": "live"}, "provider: unknown parameter; allowed: providers, "),
]


@pytest.mark.parametrize(("params", "message"), BAD, ids=lambda value: str(value)[:40])
def test_unusable_params_are_named_at_once(
    call: TaskCaller, engine: Engine, params: dict[str, Any], message: str
) -> None:
    queue(engine, UNKNOWN)
    with pytest.raises(AirflowFailException) as refusal:
        call(tasks.plan_backfill, params=params)
    assert message in str(refusal.value)
    assert "\n" not in str(refusal.value)
    assert len(queued(engine, "queued")) == 3


@pytest.mark.parametrize(
    ("variable", "message"),
    [("catalogue", 'No such provider: "catalogue"'), (", ".join(f"live:{n}" for n in range(11)), "10 items")],
)
def test_an_unusable_variable_is_named_like_a_param(
    call: TaskCaller, engine: Engine, monkeypatch: pytest.MonkeyPatch, variable: str, message: str
) -> None:
    monkeypatch.setenv("AIRFLOW_VAR_SLOT_BACKFILL_PROVIDERS", variable)
    with pytest.raises(AirflowFailException, match=message) as refusal:
        call(tasks.plan_backfill)
    assert "slot_backfill_providers" in str(refusal.value)
    assert call(tasks.plan_backfill, params={"providers": ["catalog"]}) == []


def test_an_unusable_provider_fails_the_run_in_its_first_task(airflow: Airflow, engine: Engine) -> None:
    run = airflow.run({"providers": ["catalog", "perplexity"]}, **DAG)
    assert run.state == "failed"
    assert (run.states("plan_backfill"), run.tries("plan_backfill")) == (["failed"], [1])
    assert run.states("work_requests") == run.states("summarize_backfill") == ["skipped"]
    assert 'No such provider: "perplexity"; there are catalog, live, and live:<suffix>' in run.log
    assert "Requests completed" not in run.log, "there is nothing to sum up"


@pytest.mark.parametrize("extra", [{}, {"model": "m"}], ids=["no connection", "no key"])
def test_a_provider_without_its_connection_costs_no_attempt(
    call: TaskCaller, engine: Engine, caplog: pytest.LogCaptureFixture, extra: dict[str, str]
) -> None:
    """The first task of a backfill refuses; an evaluation goes on, and opens no seat for a provider nobody can ask."""
    (company,) = queue(engine, UNKNOWN)
    if extra:
        for name in ("LLM", "SEARCH"):
            call.monkeypatch.setenv(
                f"AIRFLOW_CONN_PROSPECTING_{name}", json.dumps({"conn_type": "generic", "extra": extra})
            )
    with pytest.raises(AirflowFailException) as refusal:
        call(tasks.plan_backfill, params={"providers": ["catalog", "live"]})
    assert str(refusal.value).startswith("The provider live cannot be asked, and nobody was: ")
    assert "the Airflow connection prospecting_llm" in str(refusal.value)
    opened = call(slot_evaluation.start_evaluation, params={"providers": ["live"]}, run_id="night")
    assert "The provider live counts as not configured" in caplog.text
    assert NO_LIVE_PROVIDER in caplog.messages
    with engine.connect() as connection:
        params = {row["id"]: row["params"] for row in stored(connection, "slot_evaluations", "id, params")}
    assert params[opened["evaluation_id"]]["providers"] == ["catalog"]
    assert state_of(engine, company) == dict.fromkeys(SEATS, ("open", 0))


def plan(call: TaskCaller, **params: Any) -> list[tuple[int, str]]:
    return [(part["limit"], part["map_label"]) for part in call(tasks.plan_backfill, params=params)]


def work(call: TaskCaller, part: dict[str, Any], **arguments: Any) -> Any:
    """One mapped task; ``arguments`` are those that are not part of the plan."""
    return call.execute(FillSlotsOperator(task_id="work_requests", **part, **arguments), dag_id="slot_backfill")


def test_params_narrow_what_is_worked_on(call: TaskCaller, engine: Engine) -> None:
    companies = queue(engine, *OTHERS)
    assert plan(call) == [(12, "requests 1-12 of 12")]
    assert plan(call, chunk_size=5) == [
        (5, "requests 1-5 of 12"), (5, "requests 6-10 of 12"), (2, "requests 11-12 of 12")
    ]  # fmt: skip
    assert plan(call, max_requests=4, chunk_size=3) == [(3, "requests 1-3 of 4"), (1, "requests 4-4 of 4")]
    assert plan(call, slot_types=["HR", "CFO"]) == [(8, "requests 1-8 of 8")]
    in_both_spellings = [companies[0], f"04.04.01.02.{companies[1]:05d}.002"]
    assert plan(call, company_ids=in_both_spellings, slot_types=["CEO"]) == [(2, "requests 1-2 of 2")]


def test_only_requests_in_scope_are_worked_on(call: TaskCaller, engine: Engine) -> None:
    known, other, _ = queue(engine, IN_CATALOG, *OTHERS[:2])
    params = {"company_ids": [known, str(other)], "slot_types": ["CEO"], "budget": 0.5}
    (part,) = call(tasks.plan_backfill, params=params)
    counts = work(call, part, company_ids=params["company_ids"])
    assert counts == {"completed": 1, "failed": 0, "waiting": 1, "lost": 0, "released": 0}
    assert {(row["company_id"], row["slot_type"]): row["status"] for row in queued(engine) if row["error_message"]} == {
        (other, "CEO"): "queued"
    }
    assert [(row["company_id"], row["slot_type"]) for row in queued(engine, "completed")] == [(known, "CEO")]
    assert len(queued(engine, "queued")) == 8
    assert call(tasks.summarize_backfill, [part], [counts], pushed={"asks_catalog_only": True}) == {
        "completed": 1,
        "failed": 0,
        "cancelled": 0,
        "put_back": 0,
        "waiting": 1,
        "pending": 8,
        "cost_usd": 0.0,
        "notes": [NO_LIVE_PROVIDER],
        "provider_orders": [],
    }
    assert NO_LIVE_PROVIDER.startswith("No provider configured: ")
    assert call(tasks.announce_people, [part]) == 1


def test_a_company_is_asked_about_once_although_its_requests_are_more_than_a_tasks_share(
    call: TaskCaller, engine: Engine
) -> None:
    queue(engine, IN_CATALOG)
    first, *others = call(tasks.plan_backfill, params={"chunk_size": 1})
    assert len(others) == 2
    counts = [work(call, part) for part in [first, *others]]
    assert [sum(found.values()) for found in counts] == [3, 0, 0]
    with engine.connect() as connection:
        assert count(connection, "agent_calls") == 1


def test_what_others_hold_is_not_taken(call: TaskCaller, engine: Engine) -> None:
    known, _ = queue(engine, IN_CATALOG, UNKNOWN)
    with engine.begin() as connection:
        assert len(claim(connection, "another", company_unique_ids=(f"04.04.01.01.{known:05d}.001",))) == 3
    (part,) = call(tasks.plan_backfill)
    assert part["limit"] == 3
    counts = work(call, part)
    assert counts == {"completed": 0, "failed": 0, "waiting": 3, "lost": 0, "released": 0}
    assert {row["claimed_by"] for row in queued(engine, "running")} == {"another"}
    assert call(tasks.summarize_backfill, [part], [counts])["pending"] == 6


def test_a_seat_filled_meanwhile_is_not_asked_for(call: TaskCaller, engine: Engine) -> None:
    (company,) = queue(engine, IN_CATALOG)
    with engine.begin() as connection:
        connection.execute(
            text(
                "insert into persons (full_name, name_key, source_system) "
                "values ('Zelda Marker', 'zelda marker', 'test')"
            )
        )
        connection.execute(
            text(
                "update company_slot set filled_at = now(), person_unique_id = (select person_unique_id from persons) "
                "where slot_type = 'CEO'"
            )
        )
    (part,) = call(tasks.plan_backfill)
    counts = work(call, part)
    assert by_seat(engine, company)["CEO"]["status"] == "cancelled"
    assert call(tasks.summarize_backfill, [part], [counts])["cancelled"] == 1
    with engine.connect() as connection:
        assert seats(connection, company)["CEO"]["enrichment_attempts"] == 0


def test_a_backfill_that_nothing_waits_for_says_so(
    call: TaskCaller, engine: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    """The seats of one company are asked for; those of another are filled, and it has no request."""
    queue(engine, UNKNOWN)
    with engine.begin() as connection:
        (other,) = add_companies(connection, "Acme")
    with caplog.at_level(logging.INFO, "prospecting"):
        part = call(tasks.plan_backfill, params={"company_ids": [other]})
        summary = call(tasks.summarize_backfill, part, [])
    said = "No request waits for the companies, seats and providers of this run; others that wait or are held: 3"
    assert (part, caplog.messages.count(said), summary["pending"]) == ([], 2, 3)


def test_calls_of_a_killed_backfill_are_settled_by_the_next(call: TaskCaller, engine: Engine) -> None:
    """At once, however short a time ago it died; what was reserved keeps counting."""
    queue(engine, UNKNOWN)
    with unit_of_work(engine, TaskAttempt("slot_backfill", "killed", "work_requests", 0)) as connection:
        agent_calls.open_call(
            connection,
            scope="slot_backfill:killed",
            agent="people",
            provider="llm",
            request_key="a question",
            request={},
            reserved_usd=Decimal("0.5"),
        )
    call(tasks.plan_backfill, run_id="next", dag_id="slot_backfill")
    with engine.connect() as connection:
        (lost,) = stored(connection, "agent_calls")
        spent = agent_calls.query_spending(connection, "slot_backfill:killed")
    assert (lost["status"], lost["error_kind"], lost["cost_usd"]) == ("abandoned", "abandoned", None)
    assert lost["error_message"] == "The worker ended before the outcome of the call was known"
    assert (spent.calls, spent.spent_usd) == (1, Decimal("0.5"))
