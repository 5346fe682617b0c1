"""Conversations that are broken off go on where they stopped: what was paid is not asked for again."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, text

from prospecting.agents.errors import AgentError, AgentTimeout, AgentUnavailable, RequestRefused
from prospecting.agents.ledger import Ledger, LedgerAnswer
from prospecting.agents.metering import SpentBeforeFailure
from prospecting.agents.steps import RecordedSteps
from prospecting.persistence import agent_calls, agent_steps
from prospecting.services.answers import Origin, save_companies
from prospecting.services.runtime import Runtime
from tests.dags.filling import wait_for
from tests.db.conversing import QUESTION, live_agents
from tests.stand_in.server import StandIn

ROOT = Path(__file__).resolve().parents[2]
SEARCHES = ["who sells rockets", "who leads sales"]
REPLY = '{"contacts": [{"name": "Ada Moe", "title": "VP Sales"}]}'
# Rounds of the model and searches take turns; in this order they are asked for.
STEPS = ["llm", "search", "llm", "search", "llm"]
ROUND = Decimal("0.0035")
SEARCH = Decimal("0.008")


@pytest.fixture(scope="module")
def server() -> Iterator[StandIn]:
    with StandIn() as stand_in:
        yield stand_in


@pytest.fixture
def stand_in(server: StandIn) -> StandIn:
    server.reset()
    server.script("llm", {"searches": SEARCHES, "reply": REPLY})
    return server


def ask(engine: Engine, stand_in: StandIn, scope: str = "a", **settings: Any) -> LedgerAnswer:
    return Ledger(engine, live_agents(stand_in.url, **settings), scope).ask(QUESTION)


def rows(engine: Engine, table: str) -> list[Any]:
    with engine.begin() as connection:
        return list(connection.execute(text(f"select * from {table} order by id")).all())


def billed(stand_in: StandIn) -> list[str]:
    """The requests that were paid for; the same twice is money lost."""
    return [json.dumps([each["contract"], each["body"]], sort_keys=True) for each in stand_in.billed()]


def assert_each_was_paid_once(stand_in: StandIn) -> None:
    paid = billed(stand_in)
    assert len(paid) == len(set(paid)) == len(STEPS)


# ------------------------------------------------------------------------------------------------ faults in the middle
# A search whose answer got lost is not among them: it was billed, and its provider knows no keys.
FAULTS: list[tuple[int, dict[str, Any]]] = [
    *((step, {"status": status}) for status in (429, 500) for step in range(len(STEPS))),
    *((step, fault) for fault in ({"drop": True}, {"body": "<html>"}) for step in range(0, len(STEPS), 2)),
]


@pytest.mark.parametrize(("step", "fault"), FAULTS, ids=str)
def test_a_retry_goes_on_where_a_fault_stopped_it(
    engine: Engine, stand_in: StandIn, step: int, fault: dict[str, Any]
) -> None:
    contract = STEPS[step]
    stand_in.dial(contract, skip=STEPS[:step].count(contract), times=1, **fault)
    with pytest.raises(AgentError) as failure:
        ask(engine, stand_in)
    answer = ask(engine, stand_in)
    assert (answer.content.decode(), answer.reused) == (REPLY, False)
    assert len(stand_in.requests()) == len(STEPS) + 1
    assert_each_was_paid_once(stand_in)

    # Each call costs what its own steps cost.
    costs = [ROUND if each == "llm" else SEARCH for each in STEPS]
    first, second = rows(engine, "agent_calls")
    assert (first.cost_usd, second.cost_usd) == (sum(costs[:step]), sum(costs[step:]))
    assert answer.cost_usd == second.cost_usd
    assert second.input_tokens == 1000 * STEPS[step:].count("llm")
    spent = failure.value.__cause__
    assert spent.cost_usd == sum(costs[:step]) if isinstance(spent, SpentBeforeFailure) else step == 0

    steps = rows(engine, "agent_steps")
    kinds = ["model" if each == "llm" else each for each in STEPS]
    assert [each.kind for each in steps] == [*kinds[: step + 1], *kinds[step:]]
    assert [each.status for each in steps] == ["succeeded"] * step + ["failed"] + ["succeeded"] * (len(STEPS) - step)
    assert [each.sequence for each in steps] == [*range(1, step + 2), *range(1, len(STEPS) - step + 1)]
    if contract == "llm":
        failed, again = steps[step], steps[step + 1]
        assert failed.step_key == again.step_key
        keys = [each["headers"]["idempotency-key"] for each in stand_in.requests("llm")]
        round_ = STEPS[:step].count("llm")
        assert len(set(keys)) == 3
        assert keys[round_] == keys[round_ + 1]


def test_what_nobody_knows_the_outcome_of_is_asked_for_under_the_same_key(engine: Engine, stand_in: StandIn) -> None:
    stand_in.dial("llm", skip=1, times=1, delay=8)
    with pytest.raises(AgentTimeout):
        ask(engine, stand_in, timeout_seconds=4)
    assert ask(engine, stand_in).content.decode() == REPLY
    assert len(stand_in.requests()) == len(STEPS) + 1
    assert_each_was_paid_once(stand_in)
    _, lost, again, _ = (each["headers"]["idempotency-key"] for each in stand_in.requests("llm"))
    assert lost == again
    assert [(each.status, each.error_kind, each.cost_usd) for each in rows(engine, "agent_steps")][2] == (
        "failed",
        "interrupted",
        None,
    )


class Killed(BaseException):
    """Workers are not ended by an ``Exception``."""


@pytest.mark.parametrize("step", range(len(STEPS)))
@pytest.mark.parametrize("moment", ["_begin", "_finish"])
def test_a_worker_that_ends_between_two_steps(
    engine: Engine, stand_in: StandIn, monkeypatch: pytest.MonkeyPatch, moment: str, step: int
) -> None:
    act, calls = getattr(RecordedSteps, moment), iter(range(100))

    def act_and_die(*arguments: Any) -> Any:
        done = act(*arguments)
        if next(calls) == step:
            raise Killed
        return done

    with monkeypatch.context() as patched:
        patched.setattr(RecordedSteps, moment, act_and_die)
        with pytest.raises(Killed):
            ask(engine, stand_in)
    # It costs what its steps cost, if that is known: nobody knows of the one that was in flight.
    (call,), steps = rows(engine, "agent_calls"), rows(engine, "agent_steps")
    costs = [ROUND if each == "llm" else SEARCH for each in STEPS[: step + 1]]
    assert (call.status, call.cost_usd) == ("failed", sum(costs) if moment == "_finish" else None)
    assert [each.error_kind for each in steps if each.status != "succeeded"] == ["interrupted"] * (moment == "_begin")

    assert ask(engine, stand_in).content.decode() == REPLY
    assert len(stand_in.requests()) == len(STEPS)
    assert_each_was_paid_once(stand_in)


def test_a_worker_killed_in_the_middle_of_a_conversation(engine: Engine, database_url: str, stand_in: StandIn) -> None:
    stand_in.dial("llm", skip=1, times=1, delay=60)
    worker = subprocess.Popen(
        [sys.executable, "-m", "tests.db.conversing", database_url, stand_in.url, "a"], cwd=ROOT, env={**os.environ}
    )
    try:
        wait_for(lambda: len(stand_in.requests("llm")) == 2, "a second round")
    finally:
        worker.send_signal(signal.SIGKILL)
        worker.wait()
    assert ask(engine, stand_in).content.decode() == REPLY
    assert [row.status for row in rows(engine, "agent_calls")] == ["abandoned", "succeeded"]
    assert_each_was_paid_once(stand_in)


@pytest.mark.parametrize(
    ("costs", "cost"), [([], None), ([ROUND, SEARCH], ROUND + SEARCH), ([ROUND, None], None)], ids=str
)
@pytest.mark.parametrize("everywhere", [False, True])
def test_a_dead_workers_call_costs_what_its_steps_cost_if_that_is_known(
    engine: Engine, costs: list[Decimal | None], cost: Decimal | None, everywhere: bool
) -> None:
    with engine.begin() as connection:
        call = agent_calls.open_call(
            connection,
            scope="a",
            agent="people",
            provider="llm",
            request_key="k",
            request={},
            reserved_usd=Decimal("0.25"),
        )
        for number, of_step in enumerate(costs, 1):
            step = agent_steps.open_step(
                connection, call_id=call, sequence=number, kind="search", step_key=str(number), request={}
            )
            if of_step is not None:
                agent_steps.finish_step(
                    connection,
                    step,
                    response=b"",
                    latency_ms=1,
                    input_tokens=None,
                    output_tokens=None,
                    cost_usd=of_step,
                )
    with engine.begin() as connection:
        if everywhere:
            assert agent_calls.abandon_lost(connection) == 1
        else:
            assert agent_calls.abandon_unfinished(connection, scope="a", request_key="k") == 1
        spent = agent_calls.query_spending(connection, "a").spent_usd
    assert (rows(engine, "agent_calls")[0].cost_usd, spent) == (cost, Decimal("0.25") if cost is None else cost)


def test_two_at_once_pay_once(engine: Engine, stand_in: StandIn) -> None:
    stand_in.dial("llm", skip=1, times=1, status=500)

    def try_to_ask(_: int) -> str:
        try:
            return ask(engine, stand_in).content.decode()
        except AgentUnavailable:
            return "failed"

    with ThreadPoolExecutor(4) as pool:
        answers = sorted(pool.map(try_to_ask, range(4)))
    assert answers == sorted(["failed", REPLY, REPLY, REPLY])
    assert_each_was_paid_once(stand_in)


# ---------------------------------------------------------------------------------------------- the same conversation
def test_a_question_that_is_taken_up_the_next_day_is_the_same(engine: Engine, stand_in: StandIn) -> None:
    stand_in.dial("llm", times=1, status=500)
    with pytest.raises(AgentUnavailable):
        ask(engine, stand_in)
    with engine.begin() as connection:
        connection.execute(text("update agent_calls set started_at = '2026-03-01 23:59:59.9+00'"))
    assert ask(engine, stand_in).content.decode() == REPLY
    asked = json.loads(stand_in.requests("llm")[-1]["body"]["messages"][1]["content"])
    assert asked["today"] == "2026-03-01"


def test_a_refused_search_is_refused_again(engine: Engine, stand_in: StandIn) -> None:
    stand_in.dial("search", times=1, status=400)
    stand_in.dial("llm", skip=1, times=1, status=500)
    with pytest.raises(AgentUnavailable):
        ask(engine, stand_in)
    assert ask(engine, stand_in).content.decode() == REPLY
    assert [each["body"]["query"] for each in stand_in.requests("search")] == SEARCHES


def test_a_search_that_is_repeated_is_paid_once(engine: Engine, stand_in: StandIn) -> None:
    stand_in.script("llm", {"searches": ["the same", "the same"], "reply": REPLY})
    answer = ask(engine, stand_in)
    assert len(stand_in.requests("search")) == 1
    assert answer.cost_usd == 3 * ROUND + SEARCH


def test_an_empty_answer_is_asked_for_again(engine: Engine, stand_in: StandIn) -> None:
    stand_in.script("llm", {"searches": [], "reply": ""})
    with pytest.raises(AgentUnavailable):
        ask(engine, stand_in)
    stand_in.script("llm", {"searches": [], "reply": REPLY})
    assert ask(engine, stand_in).content.decode() == REPLY
    failed, empty, answered = rows(engine, "agent_steps")
    assert [(each.status, each.error_kind, each.cost_usd) for each in (failed, empty)] == [
        ("failed", "empty", ROUND)
    ] * 2
    assert answered.status == "succeeded"
    keys = [each["headers"]["idempotency-key"] for each in stand_in.requests("llm")]
    assert len(set(keys)) == 3, "a provider that knows the key would give its empty answer again"


def test_another_scope_asks_for_itself(engine: Engine, stand_in: StandIn) -> None:
    stand_in.dial("llm", skip=2, times=1, status=500)
    with pytest.raises(AgentUnavailable):
        ask(engine, stand_in)
    ask(engine, stand_in, "b")
    assert len(stand_in.requests()) == 2 * len(STEPS)


# --------------------------------------------------------------------------------------------------- truncated answers
CUT_OFF = {
    "json": ('{"sponsors": [{"name": "Acme Corporation"}, {"name": "Beta Indus', "{"),
    "lines": ("- Acme Corporation\n- Beta Indus", "- Acme Corporation\n"),
}


@pytest.mark.parametrize("form", CUT_OFF)
def test_an_answer_that_was_cut_off_is_its_own_scopes_and_read_as_far_as_it_is_whole(
    engine: Engine, stand_in: StandIn, form: str
) -> None:
    said, kept = CUT_OFF[form]
    stand_in.script("llm", {"searches": [], "reply": said, "finish_reason": "length"})
    answer = ask(engine, stand_in, ttl_seconds=3600)
    assert answer.content.decode().startswith(kept)
    (row,) = rows(engine, "agent_calls")
    assert (row.truncated, row.expires_at) == (True, None)
    assert said in bytes(rows(engine, "agent_steps")[0].response).decode().replace('\\"', '"').replace("\\n", "\n")
    assert ask(engine, stand_in, ttl_seconds=3600).reused
    assert not ask(engine, stand_in, "b", ttl_seconds=3600).reused, "nobody else wants half an answer"

    saved = save_companies(Runtime(engine), answer.content, Origin("llm", "event 1", call_id=answer.call_id), limit=10)
    assert (saved.records, saved.rejected) == (1, 1)
    assert [each.name for each in rows(engine, "companies")] == ["Acme Corporation"]
    assert [(each.stage, each.reason) for each in rows(engine, "rejected_records")] == [("parse", "truncated")]


@pytest.mark.parametrize("form", ["no answer", "half a search"])
def test_an_answer_that_was_cut_off_before_it_began_says_what_to_raise(
    engine: Engine, stand_in: StandIn, form: str
) -> None:
    half = tool_call('{"query": "who sells roc')
    stand_in.dial("llm", body=completion({"tool_calls": [half]} if form == "half a search" else {}))
    with pytest.raises(RequestRefused, match="raise max_output_tokens in the connection prospecting_llm"):
        ask(engine, stand_in)
    steps = rows(engine, "agent_steps")
    assert {row.status for row in steps} == {"succeeded"}
    (call,) = rows(engine, "agent_calls")
    assert call.cost_usd == len(steps) * ROUND


def tool_call(arguments: str) -> dict[str, Any]:
    return {"id": "call_1", "type": "function", "function": {"name": "search_web", "arguments": arguments}}


def completion(message: dict[str, Any]) -> str:
    """A completion that stopped at the limit of tokens."""
    choice = {"index": 0, "message": {"role": "assistant", "content": None, **message}, "finish_reason": "length"}
    usage = {"prompt_tokens": 1000, "completion_tokens": 100, "total_tokens": 1100}
    return json.dumps(
        {"id": "1", "object": "chat.completion", "created": 1, "model": "m", "choices": [choice], "usage": usage}
    )
