"""Budgets: nobody is refused who could be paid for, and nobody admitted who could not, however many ask at once."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import Engine, text

from prospecting.agents.budgets import Budget, Limit
from prospecting.agents.errors import (
    AgentError,
    AgentTimeout,
    AgentUnavailable,
    BudgetExceeded,
    QuotaExceeded,
    RateLimited,
)
from prospecting.agents.ledger import Ledger
from prospecting.agents.metering import SpentBeforeFailure
from prospecting.agents.searches import Answer, PeopleSearch, Search
from prospecting.agents.steps import Steps
from prospecting.hooks.agents import AgentsHook
from prospecting.persistence import agent_calls
from prospecting.persistence.agent_calls import query_spending
from prospecting.persistence.database import application_url, make_engine
from prospecting.services.runtime import Runtime

PRICE = Decimal("0.25")


class PricedAgents:
    """Every answer costs ``price``, and may cost ``most``; without a price known to the ledger it costs nothing."""

    provider = "llm"
    ttl_seconds = 0

    def __init__(self, *, price: Decimal = PRICE, most: Decimal = PRICE, seconds: float = 0.0) -> None:
        self.price = price
        self.most = most
        self.seconds = seconds
        self.version_now = "model-1/abc"
        self.asked = 0
        self.fails_with: AgentError | None = None
        self._lock = threading.Lock()

    def reserve_usd(self, search: Search) -> Decimal:
        return self.most

    def version(self, search: Search) -> str:
        return self.version_now

    def answer(self, search: Search, steps: Steps) -> Answer:
        with self._lock:
            self.asked += 1
        time.sleep(self.seconds)
        if self.fails_with is not None:
            raise self.fails_with from self.fails_with.__cause__
        return Answer(b"{}", 10, 5, self.price)


def question(number: int) -> PeopleSearch:
    return PeopleSearch(f"Company {number}")


def reserved(engine: Engine, call_id: int) -> Decimal:
    with engine.connect() as connection:
        found: Decimal = connection.execute(
            text("select reserved_usd from agent_calls where id = :id"), {"id": call_id}
        ).scalar_one()
    return found


@contextmanager
def engines(url: str, number: int) -> Iterator[list[Engine]]:
    """Engines as so many processes have them, each with a small pool."""
    with ExitStack() as stack:
        found = [make_engine(application_url(url), pool_size=2, max_overflow=3) for _ in range(number)]
        for engine in found:
            stack.callback(engine.dispose)
        yield found


@pytest.mark.parametrize("counts", ["calls", "dollars", "dollars reserved ten times over"])
def test_of_two_hundred_callers_a_budget_for_fifty_admits_fifty(engine: Engine, database_url: str, counts: str) -> None:
    budget = Budget(max_calls=50) if counts == "calls" else Budget(max_usd=50 * PRICE)
    most = PRICE * 10 if counts == "dollars reserved ten times over" else PRICE
    agents = PricedAgents(most=most, seconds=0.005)
    refused: list[BudgetExceeded] = []

    def ask(number: int) -> None:
        try:
            ledgers[number % len(ledgers)].ask(question(number))
        except BudgetExceeded as error:
            refused.append(error)

    with engines(database_url, 4) as several:
        # The last engine has two ledgers: two tasks of one process.
        ledgers = [Ledger(one, agents, "a", budget=budget) for one in (*several, several[-1])]
        with ThreadPoolExecutor(200) as pool:
            list(pool.map(ask, range(200)))
    assert (agents.asked, len(refused)) == (50, 150)
    with engine.connect() as connection:
        spent = query_spending(connection, "a")
    assert (spent.calls, spent.spent_usd, spent.in_flight) == (50, 50 * PRICE, 0)


def test_a_reservation_follows_what_calls_have_cost(engine: Engine) -> None:
    agents = PricedAgents(price=Decimal("0.01"), most=Decimal("0.90"))
    ledger = Ledger(engine, agents, "a")
    costs = [Decimal(cents) / 100 for cents in (2, *[1] * 16, 3, 5, 4)]
    for number, cost in enumerate(costs):
        agents.price = cost
        assert reserved(engine, ledger.ask(question(number)).call_id) == Decimal("0.90"), "there is nothing to judge by"
    # 95 of 100: all of these twenty but the dearest.
    assert reserved(engine, ledger.ask(question(100)).call_id) == Decimal("0.04")
    agents.most = Decimal("0.03")
    assert reserved(engine, ledger.ask(question(101)).call_id) == Decimal("0.03"), "a call cannot cost more"
    agents.version_now = "model-2/abc"
    assert reserved(engine, ledger.ask(question(102)).call_id) == Decimal("0.03"), "another model is another price"
    agents.most, agents.version_now = Decimal("0.90"), "model-1/abc"
    with engine.begin() as connection:
        connection.execute(text("update agent_calls set finished_at = finished_at - interval '31 days'"))
    assert reserved(engine, ledger.ask(question(103)).call_id) == Decimal("0.90"), "old prices say nothing"


def test_a_call_that_fits_once_others_are_settled_waits_for_them(engine: Engine) -> None:
    """Each may cost 0.90 of 1.00 and costs 0.01: one after the other all of them are asked."""
    agents = PricedAgents(price=Decimal("0.01"), most=Decimal("0.90"), seconds=0.01)
    ledger = Ledger(engine, agents, "a", budget=Budget(max_usd=Decimal(1)))
    with ThreadPoolExecutor(8) as pool:
        assert len(list(pool.map(ledger.ask, map(question, range(10))))) == 10
    with engine.connect() as connection:
        assert query_spending(connection, "a").spent_usd == Decimal("0.10")


def in_flight(engine: Engine, scope: str, **values: Any) -> None:
    """A call that somebody has opened and not settled."""
    call: dict[str, Any] = {"agent": "people", "provider": "llm", "request_key": "other", "request": {}}
    call |= {"reserved_usd": PRICE} | values
    with engine.begin() as connection:
        agent_calls.open_call(connection, scope=scope, **call)


BUDGETS = [Budget(max_calls=1), Budget(max_usd=PRICE)]


@pytest.mark.parametrize("budget", BUDGETS, ids=["calls", "dollars"])
def test_nobody_waits_for_the_dead_or_for_those_who_take_an_hour(engine: Engine, budget: Budget) -> None:
    for provider in ("llm", "parallel"):
        scope = f"of {provider}"
        in_flight(engine, scope, provider=provider)
        started = time.monotonic()
        with pytest.raises(BudgetExceeded):
            Ledger(engine, PricedAgents(), scope, budget=budget).ask(question(1))
        assert time.monotonic() - started < 10
    with engine.connect() as connection:
        states = connection.execute(text("select provider, status from agent_calls order by id")).all()
    assert [tuple(row) for row in states] == [("llm", "abandoned"), ("parallel", "started")]


def test_waiting_for_the_living_ends(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    monkeypatch.setattr("prospecting.agents.ledger.log.info", lambda line, *values: said.append(line % values))
    in_flight(engine, "a")
    agents = PricedAgents()
    with engine.connect() as worker:
        assert agent_calls.try_lock_question(worker, scope="a", request_key="other")
        ledger = Ledger(engine, agents, "a", budget=Budget(max_usd=PRICE), max_budget_wait_seconds=3)
        with pytest.raises(RateLimited, match="not settled within"):
            ledger.ask(question(1))
        worker.rollback()
    assert agents.asked == 0
    assert said == [
        "The budget is 0.25 USD, 0.250000 USD of it reserved for calls in flight: the next call waits for them"
    ]


YESTERDAY = "now() - interval '25 hours'"


@pytest.mark.parametrize(
    ("limit", "counted"),
    [
        (Limit(Budget(), "here", provider="llm"), [("a", "llm")]),
        (Limit(Budget(), "here", is_daily=True), [("a", "llm"), ("a", "llm:big"), ("b", "llm")]),
        (Limit(Budget(), "here", provider="llm", is_daily=True), [("a", "llm"), ("b", "llm")]),
    ],
    ids=["a provider", "a day", "a provider's day"],
)
@pytest.mark.parametrize("kind", ["max_calls", "max_usd"])
def test_limits_beside_the_budget(engine: Engine, limit: Limit, counted: list[tuple[str, str]], kind: str) -> None:
    for scope, provider, day in (
        ("a", "llm", "now()"), ("a", "llm:big", "now()"), ("b", "llm", "now()"), ("b", "llm:big", YESTERDAY),
        ("b", "llm", YESTERDAY), ("b", "catalog", "now()"),
    ):  # fmt: skip
        with engine.begin() as connection:
            connection.execute(
                text(
                    "insert into agent_calls (scope, agent, provider, request_key, request, status, started_at, "
                    f"cost_usd, response) values (:scope, 'people', :provider, gen_random_uuid()::text, '{{}}', "
                    f"'succeeded', {day}, :cost, '')"
                ),
                {"scope": scope, "provider": provider, "cost": PRICE},
            )
    for room in (0, 1):
        number = len(counted) + room
        allowed = Budget(max_calls=number) if kind == "max_calls" else Budget(max_usd=number * PRICE)
        there = Limit(allowed, limit.where, provider=limit.provider, is_daily=limit.is_daily)
        ledger = Ledger(engine, PricedAgents(), "a", limits=[there])
        if room:
            assert ledger.ask(question(1)).cost_usd == PRICE
        else:
            with pytest.raises(BudgetExceeded, match="raise here or narrow"):
                ledger.ask(question(1))


@pytest.mark.parametrize(
    ("extra", "variable", "remedy"),
    [
        ({"max_calls_per_run": 0}, "", "max_calls_per_run of the connection prospecting_llm"),
        ({"max_usd_per_day": 0}, "", "max_calls_per_day of the connection prospecting_llm"),
        ({}, "AGENTS_MAX_USD_PER_DAY", "the Airflow variable agents_max_usd_per_day"),
        ({}, "AGENTS_MAX_CALLS_PER_DAY", "allows 0 agent calls .* the Airflow variable agents_max_calls_per_day"),
    ],
)
def test_limits_of_connections_and_variables_hold_for_live_agents(
    engine: Engine, monkeypatch: pytest.MonkeyPatch, extra: dict[str, Any], variable: str, remedy: str
) -> None:
    prices = {"model": "m", "input_usd_per_million": 1, "output_usd_per_million": 1}
    for name in ("LLM", "SEARCH"):
        values = {"conn_type": "generic", "host": "http://127.0.0.1:9", "password": "key", "extra": prices | extra}
        monkeypatch.setenv(f"AIRFLOW_CONN_PROSPECTING_{name}", json.dumps(values))
    if variable:
        monkeypatch.setenv(f"AIRFLOW_VAR_{variable}", "0")
    ledger = AgentsHook(provider="live").ledger(Runtime(engine), scope="a", budget=Budget())
    with pytest.raises(BudgetExceeded, match=remedy):
        ledger.ask(question(1))


def spent_before(error: AgentError) -> AgentError:
    error.__cause__ = SpentBeforeFailure(input_tokens=5, output_tokens=5, cost_usd=Decimal("0.01"))
    return error


@pytest.mark.parametrize(
    ("failure", "is_counted"),
    [
        (lambda: QuotaExceeded("no plan", http_status=402), False),
        (lambda: spent_before(AgentUnavailable("down")), True),
        (lambda: AgentTimeout("late"), True),
    ],
    ids=["not billed", "billed", "perhaps billed"],
)
def test_a_failed_call_counts_if_it_was_billed(
    engine: Engine, failure: Callable[[], AgentError], is_counted: bool
) -> None:
    agents = PricedAgents()
    agents.fails_with = failure()
    ledger = Ledger(engine, agents, "a", budget=Budget(max_calls=1))
    with pytest.raises(type(agents.fails_with)):
        ledger.ask(question(1))
    with engine.connect() as connection:
        used = query_spending(connection, "a")
    assert (used.calls, used.unbilled) == (1, 0 if is_counted else 1)
    agents.fails_with = None
    if is_counted:
        with pytest.raises(BudgetExceeded):
            ledger.ask(question(1))
    else:
        assert not ledger.ask(question(1)).reused
