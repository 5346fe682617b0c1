"""Questions asked once, paid once and within budget, by threads, by processes, and by processes that die."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, NullPool, create_engine, event, text

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
from prospecting.agents.live import LiveAgents
from prospecting.agents.live_settings import LiveSettings
from prospecting.agents.metering import Prices, SpentBeforeFailure
from prospecting.agents.rate_limits import RateLimit, RateLimiter
from prospecting.agents.searches import Answer, PeopleSearch, Search
from prospecting.agents.steps import Steps
from prospecting.persistence import agent_calls
from prospecting.persistence.agent_calls import query_spending
from prospecting.persistence.database import TaskAttempt
from prospecting.services.abandoned_runs import close_abandoned_runs
from prospecting.services.runtime import Runtime
from tests.dags.filling import somebody_waits, wait_for
from tests.db.asking import PRICE, QUESTION, PlainAgents, ask_many
from tests.db.factories import OTHER_SESSIONS, be_silent
from tests.stand_in.server import StandIn

ROOT = Path(__file__).resolve().parents[2]
MARKER = "ada.marker@private.example"


class ScriptedAgents:
    """Answers, or raises, whatever ``outcome`` says; counts its calls."""

    provider = "llm"

    def __init__(self, outcome: Callable[[Search], Answer], *, ttl_seconds: int = 0, reserve: Decimal = PRICE) -> None:
        self.ttl_seconds = ttl_seconds
        self.asked = 0
        self._outcome = outcome
        self._reserve = reserve
        self._lock = threading.Lock()

    def reserve_usd(self, search: Search) -> Decimal:
        return self._reserve

    def answer(self, search: Search, steps: Steps) -> Answer:
        with self._lock:
            self.asked += 1
        return self._outcome(search)


def answering(content: bytes = b"{}", cost: Decimal = PRICE, seconds: float = 0.0, **options: Any) -> ScriptedAgents:
    def outcome(search: Search) -> Answer:
        time.sleep(seconds)
        return Answer(content, 10, 5, cost)

    return ScriptedAgents(outcome, **options)


def failing(error: BaseException, cause: BaseException | None = None) -> ScriptedAgents:
    def outcome(search: Search) -> Answer:
        raise error from cause

    return ScriptedAgents(outcome)


def rows(engine: Engine) -> list[Any]:
    with engine.connect() as connection:
        return list(connection.execute(text("select * from agent_calls order by id")))


def spent(engine: Engine, scope: str = "a") -> Decimal:
    with engine.connect() as connection:
        return query_spending(connection, scope).spent_usd


@pytest.fixture
def stand_in() -> Iterator[StandIn]:
    with StandIn() as server:
        yield server


# ----------------------------------------------------------------------------------------------------- answers
def test_an_answer_is_replayed_at_no_cost(engine: Engine) -> None:
    raw = bytes(range(256))
    agents = answering(raw)
    first = Ledger(engine, agents, "a").ask(QUESTION)
    again = Ledger(engine, agents, "a").ask(QUESTION)
    assert (first.content, first.reused, first.cost_usd) == (raw, False, PRICE)
    assert (again.content, again.reused, again.cost_usd) == (raw, True, Decimal(0))
    assert again.call_id == first.call_id
    assert agents.asked == len(rows(engine)) == 1
    assert spent(engine) == PRICE


def test_a_replay_needs_no_budget_and_no_turn(engine: Engine) -> None:
    Ledger(engine, answering(), "a").ask(QUESTION)
    with engine.begin() as connection:
        connection.execute(
            text("insert into rate_limits (provider, capacity, refill_per_second, tokens) values ('llm', 1, 0.001, 0)")
        )
    limiter = RateLimiter(engine, {"llm": RateLimit(1, 0.001, max_wait_seconds=0)})
    broke = Ledger(engine, answering(), "a", budget=Budget(Decimal(0), 0), rate_limiter=limiter)
    assert broke.ask(QUESTION).reused


def test_another_execution_reuses_an_answer_within_its_time_to_live(engine: Engine) -> None:
    agents = answering(b"raw", ttl_seconds=3600)
    first = Ledger(engine, agents, "a").ask(QUESTION)
    other = Ledger(engine, agents, "b", budget=Budget(max_calls=0)).ask(QUESTION)
    assert (other.content, other.reused, other.cost_usd) == (b"raw", True, Decimal(0))
    paid, reused = rows(engine)
    assert (reused.status, reused.reused_from_id, reused.cost_usd, reused.scope) == ("reused", paid.id, 0, "b")
    assert paid.id == first.call_id
    assert Ledger(engine, agents, "b").ask(QUESTION).call_id == other.call_id
    assert agents.asked == 1
    assert len(rows(engine)) == 2


def test_an_old_answer_is_asked_for_again(engine: Engine) -> None:
    agents = answering(ttl_seconds=3600)
    Ledger(engine, agents, "a").ask(QUESTION)
    with engine.begin() as connection:
        connection.execute(text("update agent_calls set expires_at = now() - interval '1 second'"))
    assert not Ledger(engine, agents, "b").ask(QUESTION).reused
    assert agents.asked == 2


def test_without_time_to_live_executions_share_nothing(engine: Engine) -> None:
    agents = answering()
    Ledger(engine, agents, "a").ask(QUESTION)
    assert not Ledger(engine, agents, "b").ask(QUESTION).reused


def test_rows_say_which_task_wrote_them(engine: Engine) -> None:
    Ledger(engine, answering(), "a", attempt=TaskAttempt("signal_execution", "run", "find_people", 3, 2)).ask(QUESTION)
    with engine.connect() as connection:
        written_by = connection.execute(
            text("select task_id, try_number from agent_calls c join task_attempts t on t.id = c.written_by")
        ).one()
    assert tuple(written_by) == ("find_people", 2)


def test_no_transaction_is_open_while_the_agent_works(engine: Engine) -> None:
    seen: list[Any] = []

    def outcome(search: Search) -> Answer:
        with engine.connect() as connection:
            seen.extend(connection.execute(text(f"select state, xact_start from ({OTHER_SESSIONS}) as others")))
        return Answer(b"{}")

    Ledger(engine, ScriptedAgents(outcome), "a").ask(QUESTION)
    assert [(row.state, row.xact_start) for row in seen] == [("idle", None)], (
        "the session of the lock, and nothing else"
    )


def test_nothing_is_left_locked_or_connected(engine: Engine) -> None:
    Ledger(engine, answering(), "a").ask(QUESTION)
    with pytest.raises(AgentTimeout):
        Ledger(engine, failing(AgentTimeout("late")), "b").ask(QUESTION)
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        with engine.connect() as connection:
            others = connection.execute(text(f"select count(*) from ({OTHER_SESSIONS}) as others")).scalar_one()
        if others == 0:
            break
        time.sleep(0.05)
    assert others == 0


# ------------------------------------------------------------------------------------------------------ budgets
def test_eight_workers_never_overshoot_the_budget(engine: Engine) -> None:
    agents = answering(seconds=0.05)
    ledger = Ledger(engine, agents, "a", budget=Budget(max_usd=Decimal("1.30")))

    def ask(number: int) -> bool:
        try:
            ledger.ask(PeopleSearch(f"Company {number}"))
        except BudgetExceeded:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        answered = sum(pool.map(ask, range(24)))
    assert answered == agents.asked == 5
    assert spent(engine) == Decimal("1.25")
    assert {row.status for row in rows(engine)} == {"succeeded"}, "a refused question leaves no row"


def test_eight_workers_never_overshoot_the_number_of_calls(engine: Engine) -> None:
    agents = answering(cost=Decimal(0), reserve=Decimal(0))
    ledger = Ledger(engine, agents, "a", budget=Budget(max_calls=6))

    def ask(number: int) -> None:
        with suppress(BudgetExceeded):
            ledger.ask(PeopleSearch(f"Company {number}"))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(ask, range(16)))
    assert agents.asked == len(rows(engine)) == 6


def test_what_a_call_did_not_use_of_its_reservation_is_free_again(engine: Engine) -> None:
    agents = answering(cost=Decimal("0.01"), reserve=Decimal("0.90"))
    ledger = Ledger(engine, agents, "a", budget=Budget(max_usd=Decimal(1)))
    for number in range(5):
        ledger.ask(PeopleSearch(f"Company {number}"))
    assert spent(engine) == Decimal("0.05")


def test_scopes_have_budgets_of_their_own(engine: Engine) -> None:
    for scope in ("a", "b"):
        ledger = Ledger(engine, answering(), scope, budget=Budget(max_usd=PRICE))
        ledger.ask(QUESTION)
        with pytest.raises(BudgetExceeded, match=r"0\.25 USD"):
            ledger.ask(PeopleSearch("Another"))


# -------------------------------------------------------------------------------------------------- one question
def test_eight_workers_with_one_question_pay_once(engine: Engine, stand_in: StandIn) -> None:
    stand_in.dial("llm", delay=0.3)
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: Ledger(engine, PlainAgents(stand_in.url), "a").ask(QUESTION), range(8)))
    assert len(stand_in.requests("llm")) == len(rows(engine)) == 1
    assert len({answer.content for answer in answers}) == 1
    assert sorted(answer.reused for answer in answers) == [False] + [True] * 7


def test_a_question_held_too_long_is_given_up(engine: Engine) -> None:
    given_up = threading.Event()

    def outcome(search: Search) -> Answer:
        given_up.wait(60)
        return Answer(b"{}", 10, 5, PRICE)

    slow = ScriptedAgents(outcome)
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(Ledger(engine, slow, "a").ask, QUESTION)
        try:
            while not slow.asked:
                time.sleep(0.01)
            with pytest.raises(AgentUnavailable, match="same question"):
                Ledger(engine, slow, "a", max_lock_wait_seconds=0.2).ask(QUESTION)
        finally:
            given_up.set()
        assert first.result().cost_usd == PRICE
    assert slow.asked == 1


def test_when_the_first_worker_fails_the_second_asks(engine: Engine) -> None:
    turns = iter([AgentUnavailable("down"), None])

    def outcome(search: Search) -> Answer:
        time.sleep(0.2)
        if error := next(turns):
            raise error
        return Answer(b"{}")

    agents = ScriptedAgents(outcome)
    with ThreadPoolExecutor(2) as pool:
        asked = [pool.submit(Ledger(engine, agents, "a").ask, QUESTION) for _ in range(2)]
        failed = [future.exception() for future in asked]
    assert sorted(type(error).__name__ for error in failed) == ["AgentUnavailable", "NoneType"]
    assert [row.status for row in rows(engine)] == ["failed", "succeeded"]


def test_a_worker_killed_in_the_middle_of_a_call(engine: Engine, database_url: str, stand_in: StandIn) -> None:
    stand_in.dial("llm", delay=20, times=1)
    worker = subprocess.Popen(
        [sys.executable, "-m", "tests.db.asking", database_url, stand_in.url, "a"],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": f"{ROOT / 'plugins'}{os.pathsep}{ROOT}"},
    )
    try:
        while not stand_in.requests("llm"):
            assert worker.poll() is None, "the worker ended before it called"
            time.sleep(0.02)
    finally:
        worker.send_signal(signal.SIGKILL)
        worker.wait()
    (left,) = rows(engine)
    assert (left.status, left.cost_usd) == ("started", None)

    answer = Ledger(engine, PlainAgents(stand_in.url), "a", budget=Budget(max_usd=2 * PRICE)).ask(QUESTION)
    assert not answer.reused
    lost, paid = rows(engine)
    assert (lost.status, lost.error_kind, lost.cost_usd, lost.reserved_usd) == ("abandoned", "abandoned", None, PRICE)
    assert (paid.status, paid.cost_usd) == ("succeeded", PRICE)
    assert len(stand_in.requests("llm")) == 2
    assert spent(engine) == 2 * PRICE, "nobody knows whether the lost call was billed"
    with pytest.raises(BudgetExceeded):
        Ledger(engine, PlainAgents(stand_in.url), "a", budget=Budget(max_usd=2 * PRICE)).ask(PeopleSearch("Another"))
    assert Ledger(engine, PlainAgents(stand_in.url), "a").ask(QUESTION).reused


def abandon_all(engine: Engine) -> None:
    """Nobody has heard of anybody for an hour."""
    with engine.begin() as connection:
        be_silent(connection, 60)
    assert close_abandoned_runs(Runtime(engine)).agent_calls == 1


def test_an_answer_that_comes_late_is_an_answer(engine: Engine) -> None:
    def outcome(search: Search) -> Answer:
        abandon_all(engine)
        return Answer(b"late", 10, 5, Decimal("0.2"))

    late = Ledger(engine, ScriptedAgents(outcome), "a").ask(QUESTION)
    assert (late.content, late.cost_usd) == (b"late", Decimal("0.2"))
    (row,) = rows(engine)
    assert (row.status, row.error_kind, row.error_message, row.cost_usd) == ("succeeded", None, None, Decimal("0.2"))
    assert spent(engine) == Decimal("0.2"), "counted once, and no reservation beside it"
    replayed = Ledger(engine, answering(b"another"), "a").ask(QUESTION)
    assert (replayed.content, replayed.reused) == (b"late", True)


def test_a_failure_that_comes_late_is_recorded(engine: Engine) -> None:
    def outcome(search: Search) -> Answer:
        abandon_all(engine)
        raise QuotaExceeded("plan used up", http_status=432)

    with pytest.raises(QuotaExceeded):
        Ledger(engine, ScriptedAgents(outcome), "a").ask(QUESTION)
    (row,) = rows(engine)
    assert (row.status, row.error_kind, row.cost_usd) == ("failed", "quota", 0)
    assert spent(engine) == 0


@pytest.mark.parametrize("at_once", [False, True], ids=["after it", "at the same moment"])
def test_of_two_answers_the_first_that_is_recorded_stays(engine: Engine, at_once: bool) -> None:
    """A worker loses its lock, another one asks meanwhile: both are paid, and all read the same answer."""
    recorded: list[Connection] = []

    def outcome(search: Search) -> Answer:
        with engine.begin() as connection:
            connection.execute(text(f"select pg_terminate_backend(pid) from ({OTHER_SESSIONS}) as others"))
        if not at_once:
            assert Ledger(engine, answering(b"first"), "a").ask(QUESTION).content == b"first"
            return Answer(b"late", 10, 5, Decimal("0.2"))
        abandon_all(engine)
        recorded.append(engine.connect())
        values: dict[str, Any] = {
            "scope": "a",
            "agent": "people",
            "provider": "llm",
            "request": {},
            "reserved_usd": PRICE,
        }
        call_id = agent_calls.open_call(recorded[0], request_key=QUESTION.key("llm"), **values)
        cost: dict[str, Any] = {"latency_ms": 1, "input_tokens": 1, "output_tokens": 1, "cost_usd": PRICE}
        assert agent_calls.finish_call(recorded[0], call_id, response=b"first", ttl_seconds=0, **cost)
        return Answer(b"late", 10, 5, Decimal("0.2"))

    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(Ledger(engine, ScriptedAgents(outcome), "a").ask, QUESTION)
        if at_once:
            try:
                wait_for(lambda: recorded and somebody_waits(engine), "the late answer waits for the first")
            finally:
                for transaction in recorded:
                    transaction.commit()
                    transaction.close()
        late = asked.result(timeout=60)
    assert (late.content, late.reused, late.cost_usd) == (b"first", False, Decimal("0.2"))
    lost, first = rows(engine)
    assert (first.status, first.cost_usd, first.id) == ("succeeded", PRICE, late.call_id)
    assert (lost.status, lost.error_kind, lost.response, lost.cost_usd) == (
        "abandoned",
        "superseded",
        None,
        Decimal("0.2"),
    )
    assert spent(engine) == PRICE + Decimal("0.2")


# ------------------------------------------------------------------------------------------------------ failures
def test_a_failure_is_recorded_and_never_replayed(engine: Engine) -> None:
    with pytest.raises(QuotaExceeded):
        Ledger(engine, failing(QuotaExceeded("plan used up", http_status=432)), "a").ask(QUESTION)
    (failed,) = rows(engine)
    assert (failed.status, failed.error_kind, failed.http_status) == ("failed", "quota", 432)
    assert (failed.error_message, failed.cost_usd) == ("plan used up", 0)
    assert failed.latency_ms >= 0
    agents = answering()
    assert not Ledger(engine, agents, "a").ask(QUESTION).reused
    assert agents.asked == 1


def test_what_a_failed_call_had_cost_is_counted(engine: Engine) -> None:
    cause = SpentBeforeFailure(input_tokens=500, output_tokens=20, cost_usd=Decimal("0.07"))
    with pytest.raises(RateLimited):
        Ledger(engine, failing(RateLimited("slow down", retry_after=3), cause), "a").ask(QUESTION)
    (failed,) = rows(engine)
    assert (failed.input_tokens, failed.output_tokens, failed.cost_usd) == (500, 20, Decimal("0.07"))
    assert spent(engine) == Decimal("0.07")


@pytest.mark.parametrize("error", [AgentTimeout("late"), ValueError(f"a defect near {MARKER}"), KeyboardInterrupt()])
def test_a_call_broken_off_keeps_its_reservation(error: BaseException, engine: Engine) -> None:
    with pytest.raises(type(error)):
        Ledger(engine, failing(error), "a").ask(QUESTION)
    (failed,) = rows(engine)
    assert (failed.status, failed.cost_usd) == ("failed", None)
    assert MARKER not in failed.error_message
    assert spent(engine) == PRICE


def test_no_turn_means_no_call(engine: Engine) -> None:
    limiter = RateLimiter(engine, {"llm": RateLimit(1, 0.001, max_wait_seconds=0)})
    agents = answering()
    ledger = Ledger(engine, agents, "a", rate_limiter=limiter)
    ledger.ask(QUESTION)
    with pytest.raises(RateLimited):
        ledger.ask(PeopleSearch("Another"))
    assert agents.asked == len(rows(engine)) == 1


def test_a_paid_answer_survives_a_lost_database_connection(engine: Engine) -> None:
    def outcome(search: Search) -> Answer:
        with engine.begin() as connection:
            connection.execute(text(f"select pg_terminate_backend(pid) from ({OTHER_SESSIONS}) as others"))
        return Answer(b"paid", cost_usd=PRICE)

    agents = ScriptedAgents(outcome)
    assert Ledger(engine, agents, "a").ask(QUESTION).content == b"paid"
    assert Ledger(engine, agents, "a").ask(QUESTION).reused


def test_a_database_away_for_a_moment_does_not_cost_the_answer(engine: Engine) -> None:
    refusals = 0

    def refuse(*_: object) -> None:
        nonlocal refusals
        if agents.asked and refusals < 2:
            refusals += 1
            import psycopg

            raise psycopg.OperationalError("connection refused")

    agents = answering(b"paid")
    unpooled = create_engine(engine.url, poolclass=NullPool)
    event.listen(unpooled, "do_connect", refuse)
    assert Ledger(unpooled, agents, "a", outcome_pauses=(0, 0.01, 0.01)).ask(QUESTION).content == b"paid"
    assert refusals == 2
    assert [row.status for row in rows(engine)] == ["succeeded"]


# ------------------------------------------------------------------------------------------- the live agents in it
@pytest.fixture
def live(stand_in: StandIn) -> LiveAgents:
    return LiveAgents(
        LiveSettings(
            llm_api_key="llm-key-7f3a91",
            llm_model="stand-in-1",
            search_api_key="search-key-52c0de",
            llm_base_url=f"{stand_in.url}/v1",
            search_base_url=stand_in.url,
            prices=Prices(Decimal("2.5"), Decimal(10), Decimal("0.008")),
            timeout_seconds=20,
        )
    )


def test_live_agents_through_the_ledger(
    engine: Engine, live: LiveAgents, stand_in: StandIn, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    stand_in.script("llm", {"reply": f'{{"contacts": [{{"email": "{MARKER}"}}]}}'})
    question = PeopleSearch("Acme Rockets", outreach_context=f"like {MARKER}")
    answer = Ledger(engine, live, "a", budget=Budget(max_usd=Decimal(1))).ask(question)
    assert MARKER in answer.content.decode()
    (row,) = rows(engine)
    assert (row.provider, row.agent, row.status, row.input_tokens) == ("llm", "people", "succeeded", 2000)
    assert row.request["outreach_context"] == f"like {MARKER}"
    assert row.cost_usd == Decimal("0.015") == answer.cost_usd
    assert row.expires_at is not None
    for secret in (MARKER, "llm-key-7f3a91", "search-key-52c0de", "Acme Rockets"):
        assert secret not in caplog.text


@pytest.mark.parametrize(
    "reply", [{"reply": "{}"}, {"searches": ["once"] * 50, "reply": "{}"}], ids=["answer", "failure"]
)
def test_without_a_known_price_a_call_has_no_cost(engine: Engine, stand_in: StandIn, reply: dict[str, Any]) -> None:
    settings = LiveSettings(
        llm_api_key="llm-key",
        llm_model="stand-in-1",
        search_api_key="search-key",
        llm_base_url=f"{stand_in.url}/v1",
        search_base_url=stand_in.url,
        prices=Prices(usd_per_search=Decimal("0.01"), are_known=False),
    )
    stand_in.script("llm", reply)
    ledger = Ledger(engine, LiveAgents(settings), "a", budget=Budget(max_usd=Decimal("0.09"), max_calls=5))
    for search in (QUESTION, PeopleSearch("Another")):
        with suppress(RequestRefused, BudgetExceeded):
            ledger.ask(search)
    (row,) = rows(engine)
    assert (row.cost_usd, row.reserved_usd) == (None, Decimal("0.05")), "what is known keeps counting"
    assert row.input_tokens


@pytest.mark.parametrize(
    ("dial", "kind"),
    [
        ({"status": 401}, AuthenticationFailed),
        ({"status": 429, "retry_after": 2}, RateLimited),
        ({"status": 402}, QuotaExceeded),
        ({"status": 503}, AgentUnavailable),
    ],
)
def test_live_failures_through_the_ledger(
    dial: dict[str, Any],
    kind: type[AgentError],
    engine: Engine,
    live: LiveAgents,
    stand_in: StandIn,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    stand_in.dial("llm", times=1, **dial)
    question = PeopleSearch("Acme Rockets", outreach_context=f"like {MARKER}")
    with pytest.raises(kind):
        Ledger(engine, live, "a").ask(question)
    (failed,) = rows(engine)
    assert (failed.error_kind, failed.http_status) == (kind.kind, dial["status"])
    for secret in (MARKER, "llm-key", "Acme Rockets"):
        assert secret not in failed.error_message + caplog.text
    assert not Ledger(engine, live, "a").ask(question).reused


# ------------------------------------------------------------------------------- refusals, and versions of the agents
def test_a_refusal_stands_within_its_scope(engine: Engine) -> None:
    agents = failing(RequestRefused("The language model declined to answer this question", http_status=422))
    for _ in range(2):
        with pytest.raises(RequestRefused, match="declined") as refused:
            Ledger(engine, agents, "a").ask(QUESTION)
        assert refused.value.http_status == 422
    assert agents.asked == len(rows(engine)) == 1
    with pytest.raises(RequestRefused):
        Ledger(engine, agents, "b").ask(QUESTION)
    assert agents.asked == 2, "what was refused elsewhere is asked"


class VersionedAgents(ScriptedAgents):
    now = "model-1/abc"

    def version(self, search: Search) -> str:
        return self.now


def test_another_version_of_the_agents_is_another_question(engine: Engine) -> None:
    def outcome(search: Search) -> Answer:
        if agents.now == "model-0/abc":
            raise RequestRefused("not by this model")
        return Answer(agents.now.encode())

    agents = VersionedAgents(outcome, ttl_seconds=3600)
    for version in ("model-0/abc", "model-1/abc", "model-1/def"):
        agents.now = version
        for scope in ("a", "b"):
            if version == "model-0/abc":
                with pytest.raises(RequestRefused):
                    Ledger(engine, agents, scope).ask(QUESTION)
            else:
                assert Ledger(engine, agents, scope).ask(QUESTION).content == version.encode()
    assert agents.asked == 4, "every version is asked, and shares its answers with other scopes"
    assert [row.version for row in rows(engine) if row.status != "failed"] == ["model-1/abc"] * 2 + ["model-1/def"] * 2


def test_an_answer_from_before_there_were_versions_is_its_scopes_own(engine: Engine) -> None:
    Ledger(engine, answering(b"before", ttl_seconds=3600), "a").ask(QUESTION)
    agents = VersionedAgents(lambda search: Answer(b"now"), ttl_seconds=3600)
    assert Ledger(engine, agents, "a").ask(QUESTION).content == b"before"
    assert Ledger(engine, agents, "b").ask(QUESTION).content == b"now"


def test_the_version_of_live_agents_follows_model_prompt_and_tools(
    live: LiveAgents, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = LiveSettings(llm_api_key="key", llm_model="stand-in-2", search_api_key="key")
    versions = [live.version(QUESTION), LiveAgents(settings).version(QUESTION)]
    monkeypatch.setattr("prospecting.agents.live.instructions", lambda agent: "Another prompt")
    versions.append(live.version(QUESTION))
    monkeypatch.setattr("prospecting.agents.live.WebTools.look_at_page", lambda self, url: "", raising=False)
    versions.append(live.version(QUESTION))
    assert len(set(versions)) == 4
    assert live.version(QUESTION) == versions[-1]
    assert [version.partition("/")[0] for version in versions] == ["stand-in-1", "stand-in-2"] + ["stand-in-1"] * 2


def test_many_questions_hold_their_locks_on_one_session(engine: Engine) -> None:
    """Eight are in flight, each with its lock; a question of the same ledger waits as for a stranger's."""
    sessions: list[tuple[int, int]] = []
    together = threading.Barrier(8, timeout=60)

    def outcome(search: Search) -> Answer:
        together.wait()
        with engine.connect() as connection:
            held = "select count(*), count(distinct pid) from pg_locks where locktype = 'advisory' and database = "
            found = connection.execute(text(f"{held}(select oid from pg_database where datname = current_database())"))
            locks, holders = found.one()
            sessions.append((locks, holders))
        together.wait()
        return Answer(b"{}")

    agents = ScriptedAgents(outcome)
    ledger = Ledger(engine, agents, "a")
    with ThreadPoolExecutor(12) as pool:
        asked = list(pool.map(ledger.ask, [PeopleSearch(f"Company {number % 8}") for number in range(12)]))
    assert sessions == [(8, 1)] * 8
    assert (agents.asked, sum(answer.reused for answer in asked)) == (8, 4)


def test_a_worker_killed_with_many_questions_in_flight(engine: Engine, database_url: str, stand_in: StandIn) -> None:
    """It leaves as many open intents as there were in flight, and the next try settles every one of them."""
    at_once = 8
    stand_in.dial("llm", skip=5, delay=20)
    worker = subprocess.Popen(
        [sys.executable, "-m", "tests.db.asking", database_url, stand_in.url, "a", "20", str(at_once)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": f"{ROOT / 'plugins'}{os.pathsep}{ROOT}"},
    )
    try:
        while len(stand_in.requests("llm")) < 5 + at_once:
            assert worker.poll() is None, "the worker ended before it called"
            time.sleep(0.02)
    finally:
        worker.send_signal(signal.SIGKILL)
        worker.wait()
    left = [row.status for row in rows(engine)]
    assert (left.count("succeeded"), left.count("started")) == (5, at_once)
    stand_in.dial("llm")
    ask_many(Ledger(engine, PlainAgents(stand_in.url), "a"), 20, at_once)
    now = [row.status for row in rows(engine)]
    assert {status: now.count(status) for status in now} == {"succeeded": 20, "abandoned": at_once}
    assert len(stand_in.requests("llm")) == 20 + at_once
