"""Circuits of providers: an outage costs a handful of calls, and one caller at a time finds out that it is over."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import Engine, text

from prospecting.agents.circuits import CircuitChange, CircuitRules, Circuits
from prospecting.agents.errors import (
    AgentError,
    AgentTimeout,
    AgentUnavailable,
    AuthenticationFailed,
    BudgetExceeded,
    CircuitOpen,
    RateLimited,
    RequestRefused,
)
from prospecting.agents.ledger import Budget, Ledger
from prospecting.agents.live import LiveAgents
from prospecting.agents.live_settings import LiveSettings
from prospecting.agents.operations_service import operation_search
from prospecting.agents.parallel import DeepResearchError
from prospecting.agents.searches import PeopleSearch
from prospecting.agents.web_search import WebSearch
from prospecting.hooks.metrics import count_circuit_change
from prospecting.hooks.operations import OperationsHook
from prospecting.persistence.provider_circuits import query_open_circuits
from prospecting.persistence.research import StepToRun
from prospecting.persistence.submissions import ensure_org
from prospecting.services.deep_research import DeepResearcher
from prospecting.services.runtime import Runtime
from tests.db.researching import COMPANY, settings_for, submit
from tests.stand_in.server import StandIn

RULES = CircuitRules(threshold=3, window_seconds=600, first_pause=100, longest_pause=300, trial_seconds=50)


@pytest.fixture
def circuits(engine: Engine) -> Circuits:
    return Circuits(engine, RULES)


@pytest.fixture
def stand_in() -> Iterator[StandIn]:
    with StandIn() as server:
        yield server


def call(circuits: Circuits, error: BaseException | None = None, provider: str = "llm") -> type[BaseException] | None:
    """Call the provider, who answers or fails with ``error``; returns the type of what comes out."""
    try:
        with circuits.calling(provider):
            if error is not None:
                raise error
    except BaseException as raised:
        return type(raised)
    return None


def fail(circuits: Circuits, times: int = 1) -> list[type[BaseException] | None]:
    return [call(circuits, AgentUnavailable("down", http_status=503)) for _ in range(times)]


def pass_time(engine: Engine, seconds: float) -> None:
    columns = ("last_failure_at", "opened_at", "retry_at", "trial_until")
    moved = ", ".join(f"{column} = {column} - make_interval(secs => :seconds)" for column in columns)
    with engine.begin() as connection:
        connection.execute(text(f"update provider_circuits set {moved}"), {"seconds": seconds})


def circuit(engine: Engine) -> dict[str, Any]:
    with engine.connect() as connection:
        (found,) = query_open_circuits(connection)
        return found


def test_failures_in_a_row_open_it_and_a_success_forgets_them(engine: Engine, circuits: Circuits) -> None:
    fail(circuits, 2)
    assert call(circuits) is None
    fail(circuits, 2)
    pass_time(engine, 601)
    fail(circuits, 2)
    assert circuit(engine)["state"] == "closed", "the first of the row was too long ago"
    assert fail(circuits, 2) == [AgentUnavailable, CircuitOpen]
    assert call(circuits, provider="llm:other") is None, "others have circuits of their own"
    with pytest.raises(CircuitOpen, match=r"llm has failed .* try again then, and check its connection") as failure:
        circuits.calling("llm").__enter__()
    assert failure.value.retry_after == pytest.approx(100, abs=30)
    assert failure.value.kind == "unavailable"


@pytest.mark.parametrize(
    ("error", "counts"),
    [
        (AgentUnavailable("5xx"), True),
        (AgentTimeout("slow"), True),
        (RateLimited("429", http_status=429), False),
        (RequestRefused("400", http_status=400), False),
        (AuthenticationFailed("401", http_status=401), False),
        (BudgetExceeded("no money"), False),
        (KeyError("a bug"), False),
        (KeyboardInterrupt(), False),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_counts_as_a_failure(error: BaseException, counts: bool, circuits: Circuits) -> None:
    assert [call(circuits, error) for _ in range(4)] == [*3 * [type(error)], CircuitOpen if counts else type(error)]


def test_one_caller_at_a_time_tries_again_and_pauses_grow(engine: Engine, circuits: Circuits) -> None:
    fail(circuits, 3)
    for pause in (200, 300, 300):
        assert call(circuits) is CircuitOpen
        pass_time(engine, 301)
        trial = circuits.calling("llm")
        trial.__enter__()
        assert call(circuits) is CircuitOpen, "somebody is trying"
        trial.__exit__(AgentTimeout, AgentTimeout("still down"), None)
        assert (circuit(engine)["state"], circuit(engine)["pause_seconds"]) == ("open", pause)
    pass_time(engine, 301)
    assert call(circuits) is None
    assert fail(circuits, 3) == 3 * [AgentUnavailable]
    assert circuit(engine)["pause_seconds"] == 100, "the outage before is over"


def test_a_trial_that_shows_nothing_is_given_back(engine: Engine, circuits: Circuits) -> None:
    fail(circuits, 3)
    pass_time(engine, 101)
    assert call(circuits, BudgetExceeded("no money")) is BudgetExceeded
    assert call(circuits, RequestRefused("400", http_status=400)) is RequestRefused
    assert call(circuits) is None, "a refusal is an answer"


def test_a_trial_whose_worker_died_ends_with_its_lease(engine: Engine, circuits: Circuits) -> None:
    fail(circuits, 3)
    pass_time(engine, 101)
    lost = circuits.calling("llm")
    lost.__enter__()
    with pytest.raises(CircuitOpen) as failure:
        circuits.calling("llm").__enter__()
    assert failure.value.retry_after == pytest.approx(50, abs=20)
    pass_time(engine, 51)
    with circuits.calling("llm"):
        late = AgentTimeout("late")
        assert lost.__exit__(AgentTimeout, late, None) is False
        assert circuit(engine)["state"] == "half_open", "the trial is another's by now"
    assert call(circuits) is None


def test_calls_under_way_when_it_opens_do_not_prolong_the_pause(engine: Engine, circuits: Circuits) -> None:
    under_way = [circuits.calling("llm") for _ in range(8)]
    for one in under_way:
        one.__enter__()
    for one in under_way[:7]:
        one.__exit__(AgentTimeout, AgentTimeout("slow"), None)
    assert circuit(engine)["failures"] == 3
    assert circuit(engine)["pause_seconds"] == 100
    under_way[7].__exit__(None, None, None)
    assert call(circuits) is None, "an answer is an answer"


def test_many_find_out_at_once(engine: Engine) -> None:
    """Eight workers at the moment a pause ends: one asks."""
    fail(Circuits(engine, RULES), 3)
    pass_time(engine, 101)
    asked, barrier, done = [], threading.Barrier(8), threading.Event()

    def work(number: int) -> type[BaseException] | None:
        circuits = Circuits(engine, RULES)
        barrier.wait()
        try:
            with circuits.calling("llm"):
                asked.append(number)
                done.wait(30)
        except CircuitOpen:
            return CircuitOpen
        return None

    with ThreadPoolExecutor(8) as pool:
        futures = [pool.submit(work, number) for number in range(8)]
        while sum(future.done() for future in futures) < 7:
            pass
        done.set()
    assert len(asked) == 1
    assert [future.result() for future in futures].count(CircuitOpen) == 7


def test_changes_are_logged_and_told(engine: Engine, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    told: list[CircuitChange] = []
    circuits = Circuits(engine, RULES, on_change=told.append)
    call(circuits)
    fail(circuits, 4)
    pass_time(engine, 101)
    call(circuits)
    call(circuits)
    assert told == [CircuitChange("llm", "open"), CircuitChange("llm", "closed")]
    assert [each for each in caplog.messages if each.startswith("llm")] == [
        "llm has failed 3 times in a row, now with unavailable: it is not asked for 100 s",
        "llm is tried again",
        "llm answers again",
    ]
    count_circuit_change(told[0])


# ---------------------------------------------------------------------------------------------- through the ledger
def live(engine: Engine, server: StandIn, circuits: Circuits, **options: Any) -> Ledger:
    settings = LiveSettings(
        llm_api_key="key",
        llm_model="stand-in",
        search_api_key="key",
        llm_base_url=f"{server.url}/v1",
        search_base_url=server.url,
        timeout_seconds=60,
        **options,
    )
    return Ledger(engine, LiveAgents(settings, circuits=circuits), "a", budget=Budget(max_calls=30), circuits=circuits)


def ask_about_eight(ledger: Ledger) -> list[type[BaseException] | None]:
    raised: list[type[BaseException] | None] = []
    for number in range(8):
        try:
            ledger.ask(PeopleSearch(f"Company {number}"))
            raised.append(None)
        except AgentError as error:
            raised.append(type(error))
    return raised


@pytest.mark.parametrize("down", ["llm", "search"])
def test_an_outage_costs_a_handful_of_calls(down: str, engine: Engine, stand_in: StandIn) -> None:
    """Four tries of a task with eight companies, the pause over before each."""
    circuits = Circuits(engine, RULES, needs={"llm": ["web_search"]})
    ledger = live(engine, stand_in, circuits)
    stand_in.dial(down, status=503)
    assert ask_about_eight(ledger) == 3 * [AgentUnavailable] + 5 * [CircuitOpen]
    for _ in range(3):
        pass_time(engine, 301)
        assert ask_about_eight(ledger) == [AgentUnavailable, *7 * [CircuitOpen]]
    assert len(stand_in.requests(down)) == 6
    # A round of the model that was paid for is not asked for again.
    assert len(stand_in.requests("llm")) == {"llm": 6, "search": 3}[down]
    stand_in.dial(down)
    pass_time(engine, 301)
    assert ask_about_eight(ledger) == 8 * [None]
    with engine.connect() as connection:
        statuses = connection.execute(text("select status, count(*) from agent_calls group by 1 order by 1")).all()
        assert [tuple(row) for row in statuses] == [("failed", 6), ("succeeded", 8)]


def test_an_answer_that_is_known_needs_no_circuit(engine: Engine, stand_in: StandIn) -> None:
    circuits = Circuits(engine, RULES)
    ledger = live(engine, stand_in, circuits)
    ledger.ask(PeopleSearch("Company 0"))
    fail(circuits, 3)
    assert ledger.ask(PeopleSearch("Company 0")).reused
    assert ledger.ask(PeopleSearch("Company 0")).cost_usd == Decimal(0)


def test_the_second_search_answers_while_the_first_is_left_alone(engine: Engine, stand_in: StandIn) -> None:
    fail_search = AgentUnavailable("down", http_status=503)
    circuits = Circuits(engine, RULES, needs={"llm": ["web_search", "web_search:fallback"]})
    assert [call(circuits, fail_search, "web_search") for _ in range(3)] == 3 * [AgentUnavailable]
    fallback = WebSearch("key", base_url=stand_in.url, api="brave", provider="web_search:fallback")
    assert ask_about_eight(live(engine, stand_in, circuits, fallback_search=fallback)) == 8 * [None]
    assert [len(stand_in.requests(each)) for each in ("search", "brave")] == [0, 8]


def test_deep_research_that_is_down_is_left_alone(engine: Engine, stand_in: StandIn) -> None:
    """Neither creating runs nor looking at those that are paid for goes on as if nothing were wrong."""
    settings = settings_for(stand_in.url)
    told: list[CircuitChange] = []
    researcher = DeepResearcher(Runtime(engine, on_circuit_change=told.append), lambda: settings, Budget())

    def research(number: int) -> type[BaseException] | None:
        context = {"target_company_name": f"Company {number}", "target_company_domain": f"company{number}.com"}
        context |= {"client_company_name": "Us", "client_company_domain": "us.com", "client_company_description": "We"}
        step = StepToRun(uuid4(), org_id, submission_id, uuid4(), 1, COMPANY, {}, "company", context)
        try:
            researcher.research(step)
        except AgentError as error:
            return type(error)
        return None

    with engine.begin() as connection:
        submission_id = submit(connection, [COMPANY])
        org_id = ensure_org(connection, "acme")
    assert research(0) is None
    for contract in ("parallel_create", "parallel_status", "parallel_result"):
        stand_in.dial(contract, status=503)
    assert [research(number) for number in range(1, 8)] == 5 * [DeepResearchError] + 2 * [CircuitOpen]
    # The run that is paid for has to wait as well; that costs no request.
    assert research(0) is CircuitOpen
    assert len(stand_in.requests("parallel")) == 6
    assert circuit(engine)["provider"] == "parallel"
    with engine.connect() as connection:
        assert connection.execute(text("select count(*) from agent_calls")).scalar_one() == 6
    for contract in ("parallel_create", "parallel_status", "parallel_result"):
        stand_in.dial(contract)
    pass_time(engine, 601)
    assert [research(number) for number in range(1, 8)] == 7 * [None]
    assert research(0) is None
    assert told == [CircuitChange("parallel", "open"), CircuitChange("parallel", "closed")]


def test_the_operations_service_that_is_down_is_left_alone(
    engine: Engine, stand_in: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    values = {"conn_type": "generic", "host": f"{stand_in.url}/v1", "password": "key"}
    monkeypatch.setenv("AIRFLOW_CONN_PROSPECTING_OPERATIONS", json.dumps(values))
    ledger = OperationsHook().ledger(Runtime(engine), scope="research:1", budget=Budget())

    def execute(number: int) -> type[BaseException] | None:
        search = operation_search("company.find.site", "company", {}, pipeline_run_id=str(number), step_position=1)
        try:
            ledger.ask(search)
        except AgentError as error:
            return type(error)
        return None

    stand_in.dial("operations", status=503)
    assert [execute(number) for number in range(7)] == 5 * [AgentUnavailable] + 2 * [CircuitOpen]
    stand_in.dial("operations")
    pass_time(engine, 601)
    assert [execute(number) for number in range(7)] == 7 * [None]
    assert len(stand_in.requests("operations")) == 12
