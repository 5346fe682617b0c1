"""One question to several providers through the real ledger; live ones over real HTTP, in every state of health."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import Engine, text

from prospecting.agents.errors import (
    AgentError,
    AgentTimeout,
    AgentUnavailable,
    AuthenticationFailed,
    BudgetExceeded,
    QuotaExceeded,
    RateLimited,
    RequestRefused,
)
from prospecting.agents.ledger import Budget, Ledger
from prospecting.agents.searches import SeatSearch
from prospecting.agents.waterfall import WaterfallResult, ask_in_order
from prospecting.hooks.agents import AgentsHook
from prospecting.parsing.contacts import parse_contacts
from prospecting.parsing.records import ContactRecord
from prospecting.persistence.database import TaskAttempt
from prospecting.scoring.seats import SEATS, choose_for_seats
from prospecting.services.runtime import Runtime
from tests.stand_in.dials import patience
from tests.stand_in.server import StandIn

OpenLedger = Callable[[str], Ledger]
Connect = Callable[..., None]

ACME = SeatSearch("Acme Rockets", target_functions=SEATS)
APPLE = SeatSearch("Apple", "apple.com", target_functions=("CEO",))
NOBODY = {"reply": '{"contacts": []}'}
MARKER = "Ada Marker"
# Two rounds of 1,000 and 100 tokens, and one search between them.
PRICE = 2 * (Decimal("0.0025") + Decimal("0.001")) + Decimal("0.008")
FIRST_ROUND = Decimal("0.0035")


@pytest.fixture
def first() -> Iterator[StandIn]:
    with StandIn() as server:
        yield server


@pytest.fixture
def second() -> Iterator[StandIn]:
    with StandIn() as server:
        yield server


@pytest.fixture
def connect(monkeypatch: pytest.MonkeyPatch) -> Connect:
    """Gives Airflow a connection, as an environment variable; without a host it takes it away."""

    def set_connection(connection_id: str, host: str | None, **extra: Any) -> None:
        name = f"AIRFLOW_CONN_{connection_id.upper()}"
        if host is None:
            monkeypatch.delenv(name)
            return
        value = {"conn_type": "generic", "host": host, "password": "key-7f3a91", "extra": extra}
        monkeypatch.setenv(name, json.dumps(value))

    return set_connection


@pytest.fixture
def open_ledger(engine: Engine, first: StandIn, second: StandIn, connect: Connect) -> OpenLedger:
    """``live:first`` and ``live:second``, a server each; the second searches with the usual connection."""
    prices = {"input_usd_per_million": 2.5, "output_usd_per_million": 10}
    connect("prospecting_llm_first", f"{first.url}/v1", model="m", timeout_seconds=20, **prices)
    connect("prospecting_search_first", first.url, usd_per_search=0.008)
    connect("prospecting_llm_second", f"{second.url}/v1", model="m", timeout_seconds=20, **prices)
    connect("prospecting_search", second.url, usd_per_search=0.008)
    return ledgers(engine)


def ledgers(engine: Engine, scope: str = "slot_backfill:a", budget: Budget | None = None) -> OpenLedger:
    """The ledger of each provider, as a task opens it."""
    runtime = Runtime(engine, TaskAttempt("slot_backfill", "run", "ask", 0, 1))
    return lambda provider: AgentsHook(provider=provider).ledger(runtime, scope=scope, budget=budget or Budget())


def fills(*seats: str) -> Callable[[bytes], bool]:
    return lambda content: set(choose_for_seats(parse_contacts(content).items, seats).by_seat) == set(seats)


def calls(engine: Engine) -> list[Any]:
    """(provider, status, error kind, cost) of every call, oldest first."""
    with engine.connect() as connection:
        return [
            tuple(row)
            for row in connection.execute(
                text("select provider, status, error_kind, cost_usd from agent_calls order by id")
            )
        ]


def ask(open_ledger: OpenLedger, *asked: str, search: SeatSearch = ACME) -> WaterfallResult:
    return ask_in_order(asked, open_ledger, search, fills(*search.target_functions))


# ----------------------------------------------------------------------------------------------------------- order
def test_nobody_is_asked_after_an_answer_that_is_enough(
    engine: Engine, open_ledger: OpenLedger, first: StandIn
) -> None:
    result = ask(open_ledger, "catalog", "live:first", "live:nowhere", search=APPLE)
    assert (result.answered_by, list(result.answers), result.errors) == ("catalog", ["catalog"], {})
    assert (result.cost_usd, result.unsettled) == (0, None)
    assert calls(engine) == [("catalog", "succeeded", None, 0)]
    assert first.requests() == []


def test_the_next_one_is_asked_when_an_answer_is_not_enough(engine: Engine, open_ledger: OpenLedger) -> None:
    result = ask(open_ledger, "catalog", "live:first", "live:second", search=replace(APPLE, target_functions=SEATS))
    assert (result.answered_by, list(result.answers)) == ("live:first", ["catalog", "live:first"])
    assert (result.cost_usd, result.unsettled) == (PRICE, None)
    assert "Cook" in result.answers["catalog"].content.decode()
    assert calls(engine) == [("catalog", "succeeded", None, 0), ("llm:first", "succeeded", None, PRICE)]


def test_answers_may_be_enough_together(open_ledger: OpenLedger, first: StandIn) -> None:
    first.script("llm", {"reply": '{"contacts": [{"name": "Bo Li", "title": "CFO"}]}'})
    named: list[ContactRecord] = []

    def complete(content: bytes) -> bool:
        named.extend(parse_contacts(content).items)
        return set(choose_for_seats(named, SEATS).by_seat) == {"CEO", "CFO"}

    result = ask_in_order(["catalog", "live:first", "live:second"], open_ledger, APPLE, complete)
    assert (result.answered_by, list(result.answers)) == ("live:first", ["catalog", "live:first"])


def test_all_were_asked_and_none_knew(engine: Engine, open_ledger: OpenLedger, first: StandIn, second: StandIn) -> None:
    first.script("llm", NOBODY)
    second.script("llm", {"refusal": "I will not"})
    result = ask(open_ledger, "catalog", "live:first", "live:second")
    assert (result.answered_by, result.unsettled) == (None, None)
    assert list(result.answers) == ["catalog", "live:first"]
    assert list(result.errors) == ["live:second"]
    assert isinstance(result.errors["live:second"], RequestRefused)
    assert result.cost_usd == sum(cost for *_, cost in calls(engine)) == 2 * PRICE, "a refusal is paid for as well"


def test_a_provider_named_twice_is_asked_once(open_ledger: OpenLedger, first: StandIn) -> None:
    first.dial("llm", status=503)
    ask(open_ledger, "live:first", "live:first")
    assert len(first.requests("llm")) == 1


# -------------------------------------------------------------------------------------------------------- failures
@pytest.mark.parametrize(
    ("dial", "kind"),
    [
        ({"status": 429, "retry_after": 600}, RateLimited),
        ({"status": 503}, AgentUnavailable),
        ({"drop": True}, AgentUnavailable),
        ({"delay": 1}, AgentTimeout),
        ({"status": 401}, AuthenticationFailed),
        ({"status": 402}, QuotaExceeded),
        ({"status": 400}, RequestRefused),
    ],
    ids=["429", "503", "dropped", "too slow", "401", "402", "400"],
)
def test_the_second_answers_for_a_first_that_cannot(
    dial: dict[str, Any],
    kind: type[AgentError],
    engine: Engine,
    open_ledger: OpenLedger,
    connect: Connect,
    first: StandIn,
    second: StandIn,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    connect("prospecting_llm_first", f"{first.url}/v1", model="m", timeout_seconds=patience(dial))
    first.dial("llm", **dial)
    held = {"contacts": [{"name": MARKER, "title": "CEO & CFO"}, {"name": "Bo Li", "title": "CHRO"}]}
    second.script("llm", {"reply": json.dumps(held)})

    result = ask(open_ledger, "live:first", "live:second")
    assert (result.answered_by, list(result.answers), list(result.errors)) == (
        "live:second",
        ["live:second"],
        ["live:first"],
    )
    assert (type(result.errors["live:first"]), result.cost_usd, result.unsettled) == (kind, PRICE, None)
    # Nobody knows whether a call broken off was billed: it has no cost, and its reservation keeps counting.
    cost = None if kind is AgentTimeout else 0
    assert calls(engine) == [("llm:first", "failed", kind.kind, cost), ("llm:second", "succeeded", None, PRICE)]
    for secret in (MARKER, "Acme Rockets", "key-7f3a91"):
        assert secret not in caplog.text


@pytest.mark.parametrize(
    ("first_status", "second_status", "kind", "provider"),
    [
        (429, 200, RateLimited, "live:first"),
        (200, 503, AgentUnavailable, "live:second"),
        (401, 503, AgentUnavailable, "live:second"),
        (402, 401, QuotaExceeded, "live:first"),
        (400, 401, AuthenticationFailed, "live:second"),
    ],
)
def test_the_question_stays_open_when_somebody_who_might_know_could_not_be_asked(
    first_status: int,
    second_status: int,
    kind: type[AgentError],
    provider: str,
    open_ledger: OpenLedger,
    first: StandIn,
    second: StandIn,
) -> None:
    for server, status in ((first, first_status), (second, second_status)):
        server.script("llm", NOBODY)
        if status != 200:
            server.dial("llm", status=status)
    result = ask(open_ledger, "live:first", "live:second")
    assert result.answered_by is None
    assert type(result.unsettled) is kind
    assert result.unsettled is result.errors[provider]


def test_a_provider_without_connections_is_passed_over(open_ledger: OpenLedger) -> None:
    result = ask(open_ledger, "live:nowhere", "live:second")
    assert result.answered_by == "live:second"
    assert isinstance(result.errors["live:nowhere"], AuthenticationFailed)
    assert "prospecting_llm_nowhere" in str(result.errors["live:nowhere"])


def test_what_a_failed_try_had_cost_is_counted(engine: Engine, open_ledger: OpenLedger, first: StandIn) -> None:
    first.dial("search", status=500)
    result = ask(open_ledger, "live:first", "live:second")
    assert result.cost_usd == FIRST_ROUND + PRICE, "an error is no search that is billed"
    assert result.cost_usd == sum(cost for *_, cost in calls(engine))


def test_a_defect_is_not_taken_for_a_failure_of_the_provider(open_ledger: OpenLedger) -> None:
    with pytest.raises(ValueError, match="No such provider"):
        ask(open_ledger, "Live", "live:second")


def test_without_money_only_the_free_ones_answer(engine: Engine, open_ledger: OpenLedger, first: StandIn) -> None:
    poor = ledgers(engine, budget=Budget(max_usd=Decimal(0)))
    result = ask(poor, "live:first", "catalog", search=APPLE)
    assert result.answered_by == "catalog"
    assert isinstance(result.errors["live:first"], BudgetExceeded)
    assert calls(engine) == [("catalog", "succeeded", None, 0)]
    assert first.requests() == []
    assert isinstance(ask(poor, "catalog", "live:first").unsettled, BudgetExceeded)


# ----------------------------------------------------------------------------------------------------- asking again
def test_a_second_run_replays_what_was_answered_and_asks_who_failed(
    engine: Engine, open_ledger: OpenLedger, first: StandIn, second: StandIn
) -> None:
    first.script("llm", NOBODY)
    second.dial("llm", status=503, times=1)
    assert isinstance(ask(open_ledger, "live:first", "live:second").unsettled, AgentUnavailable)

    result = ask(open_ledger, "live:first", "live:second")
    assert result.answered_by == "live:second"
    assert [answer.reused for answer in result.answers.values()] == [True, False]
    assert result.cost_usd == PRICE
    assert [(provider, status) for provider, status, *_ in calls(engine)] == [
        ("llm:first", "succeeded"),
        ("llm:second", "failed"),
        ("llm:second", "succeeded"),
    ]
    assert ask(open_ledger, "live:first", "live:second").cost_usd == 0


def test_a_second_attempt_is_not_answered_by_the_first(engine: Engine, open_ledger: OpenLedger, first: StandIn) -> None:
    tomorrow = ledgers(engine, "slot_backfill:b")
    first.script("llm", NOBODY)
    ask(open_ledger, "live:first")
    assert ask(tomorrow, "live:first").answers["live:first"].reused
    first.script("llm")
    result = ask(tomorrow, "live:first", search=replace(ACME, attempt=2))
    assert not result.answers["live:first"].reused
    assert result.answered_by == "live:first"


# ------------------------------------------------------------------------------------------------------ named ones
def test_named_providers_have_rate_limits_of_their_own(
    engine: Engine, open_ledger: OpenLedger, connect: Connect, first: StandIn, second: StandIn
) -> None:
    first.script("llm", NOBODY)
    connect("prospecting_llm_second", f"{second.url}/v1", model="m", calls_per_minute=6)
    ask(open_ledger, "live:first", "live:second")
    with engine.connect() as connection:
        limits = connection.execute(text("select provider, capacity, refill_per_second from rate_limits order by 1"))
        assert [(provider, float(capacity), float(refill)) for provider, capacity, refill in limits] == [
            ("llm:first", 10.0, 1.0),
            ("llm:second", 1.0, 0.1),
            ("web_search", 10.0, 1.0),
            ("web_search:first", 10.0, 1.0),
        ]


def test_named_providers_search_with_their_own_connection_or_the_usual_one(
    open_ledger: OpenLedger, connect: Connect, first: StandIn, second: StandIn
) -> None:
    first.script("llm", NOBODY)
    ask(open_ledger, "live:first", "live:second")
    assert [len(server.requests("search")) for server in (first, second)] == [1, 1]
    connect("prospecting_search_first", None)
    ask(open_ledger, "live:first", search=replace(ACME, attempt=2))
    assert [len(server.requests("search")) for server in (first, second)] == [1, 2]


def test_calls_say_which_task_made_them(engine: Engine, open_ledger: OpenLedger) -> None:
    ask(open_ledger, "catalog", "live:first")
    with engine.connect() as connection:
        rows = connection.execute(
            text(
                "select c.scope, c.agent, t.dag_id, t.task_id from agent_calls c join task_attempts t on t.id = "
                "c.written_by"
            )
        )
        assert [tuple(row) for row in rows] == 2 * [("slot_backfill:a", "people", "slot_backfill", "ask")]
