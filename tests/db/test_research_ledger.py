"""Researches created once, paid once and found again, by threads, by processes that die, and over broken lines."""

from __future__ import annotations

import json
import logging
import os
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import Engine, NullPool, create_engine, event, text

from prospecting.agents.errors import AgentError, BudgetExceeded, RateLimited
from prospecting.agents.ledger import Budget
from prospecting.agents.parallel import (
    DeepResearchError,
    ParallelSettings,
    ResearchPhase,
    TaskRun,
    require_completed,
)
from prospecting.agents.rate_limits import RateLimit, RateLimiter
from prospecting.agents.research_ledger import DeepResearchAgents, ResearchLedger, research_metadata
from prospecting.agents.searches import PeopleSearch
from prospecting.agents.steps import Steps
from prospecting.persistence.agent_calls import query_call_summary, query_spending
from prospecting.persistence.database import TaskAttempt
from prospecting.persistence.research import StepToRun
from tests.db.factories import OTHER_SESSIONS
from tests.db.researching import COMPANY, KEY, MARKER, PERSON, PRICE, QUESTION, SCOPE, Researcher, settings_for
from tests.stand_in.dials import patience
from tests.stand_in.server import StandIn

ROOT = Path(__file__).resolve().parents[2]
ANSWER = b'{"run": {}, "output": {"type": "json", "content": {}}}'
NEXT = replace(QUESTION, input="Who leads Globex?")


def rows(engine: Engine) -> list[Any]:
    with engine.connect() as connection:
        return list(connection.execute(text("select * from agent_calls order by id")))


def spent(engine: Engine, scope: str = SCOPE) -> tuple[int, Decimal]:
    """Calls and dollars."""
    with engine.connect() as connection:
        spending = query_spending(connection, scope)
    return spending.calls, spending.spent_usd


@pytest.fixture(scope="module")
def server() -> Iterator[StandIn]:
    with StandIn() as stand_in:
        yield stand_in


@pytest.fixture
def stand_in(server: StandIn) -> StandIn:
    server.reset()
    return server


@pytest.fixture
def settings(stand_in: StandIn) -> ParallelSettings:
    return settings_for(stand_in.url)


@pytest.fixture
def researcher(engine: Engine, settings: ParallelSettings) -> Researcher:
    return Researcher(engine, settings)


def refused(researcher: Researcher, **options: Any) -> DeepResearchError:
    with pytest.raises(DeepResearchError) as error:
        researcher.start(**options)
    return error.value


def assert_discreet(error: BaseException, caplog: pytest.LogCaptureFixture, *stored: Any) -> None:
    """Neither the error, as Airflow would print it, nor logs, nor what the ledger says of it, name keys or prompts."""
    printed = "".join(traceback.format_exception(error)) + repr(error) + caplog.text
    printed += "".join(f"{row.error_message}" for row in stored)
    for secret in (KEY, MARKER, "Acme Rockets", "sk-par", "began with"):
        assert secret not in printed


# ------------------------------------------------------------------------------------------------------------- once
def test_a_run_is_started_attached_to_completed_and_replayed(
    engine: Engine, researcher: Researcher, stand_in: StandIn, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    started = researcher.start()
    assert started.created is not None
    assert (started.external_id, started.answer, started.created.status) == (started.created.run_id, None, "queued")
    (row,) = rows(engine)
    assert (row.id, row.status, row.external_id) == (started.call_id, "started", started.external_id)
    assert (row.scope, row.agent, row.provider) == (SCOPE, COMPANY, "parallel")
    assert (row.reserved_usd, row.cost_usd, row.finished_at) == (PRICE, None, None)
    assert row.request == QUESTION.to_request()
    (task,) = stand_in.tasks()
    assert (task["run_id"], task["metadata"]) == (started.external_id, {"call_id": str(started.call_id)})
    assert spent(engine) == (1, PRICE)

    again = researcher.start()
    assert (again.call_id, again.external_id, again.answer, again.created) == (row.id, row.external_id, None, None)

    researcher.ledger.complete(started.call_id, ANSWER, cost_usd=PRICE)
    replayed = researcher.start()
    assert (replayed.call_id, replayed.answer, replayed.created) == (row.id, ANSWER, None)
    assert len(stand_in.requests("parallel")) == len(rows(engine)) == 1
    (row,) = rows(engine)
    assert (row.status, row.response, row.cost_usd, row.expires_at) == ("succeeded", ANSWER, PRICE, None)
    assert spent(engine) == (1, PRICE)
    for secret in (KEY, MARKER, "Acme Rockets"):
        assert secret not in caplog.text


def test_the_answer_is_kept_byte_by_byte(engine: Engine, researcher: Researcher) -> None:
    raw = bytes(range(256))
    researcher.ledger.complete(researcher.start().call_id, raw, cost_usd=PRICE)
    assert researcher.start().answer == raw


def test_completing_twice_changes_nothing(engine: Engine, researcher: Researcher) -> None:
    call_id = researcher.start().call_id
    researcher.ledger.complete(call_id, ANSWER, cost_usd=PRICE)
    before = rows(engine)
    researcher.ledger.complete(call_id, b"another", cost_usd=Decimal(7))
    researcher.ledger.fail(call_id, AgentError("late"), cost_usd=None)
    assert rows(engine) == before


def test_latency_is_the_time_from_the_question_to_the_answer(engine: Engine, researcher: Researcher) -> None:
    first, second = researcher.start(), researcher.start(NEXT)
    with engine.begin() as connection:
        for call_id, age in ((first.call_id, "90 seconds"), (second.call_id, "30 days")):
            connection.execute(
                text("update agent_calls set started_at = now() - cast(:age as interval) where id = :id"),
                {"age": age, "id": call_id},
            )
    for started in (first, second):
        researcher.ledger.complete(started.call_id, ANSWER, cost_usd=PRICE)
    asked_first, asked_second = rows(engine)
    assert 90_000 <= asked_first.latency_ms < 100_000
    assert asked_second.latency_ms == 2**31 - 1, "as much as an integer can say"


def test_workers_with_one_question_create_one_research(
    engine: Engine, settings: ParallelSettings, stand_in: StandIn
) -> None:
    stand_in.dial("parallel_create", delay=0.3)
    with ThreadPoolExecutor(4) as pool:
        started = list(pool.map(lambda _: Researcher(engine, settings).start(), range(4)))
    assert len(stand_in.tasks()) == len(rows(engine)) == 1
    assert len({(each.call_id, each.external_id) for each in started}) == 1
    assert sum(each.created is not None for each in started) == 1


def test_workers_who_fetch_one_answer_record_it_once(engine: Engine, settings: ParallelSettings) -> None:
    def work(number: int) -> bytes | None:
        researcher = Researcher(engine, settings)
        started = researcher.start()
        researcher.ledger.complete(started.call_id, b"%d" % number, cost_usd=PRICE)
        return researcher.start().answer

    with ThreadPoolExecutor(4) as pool:
        answers = set(pool.map(work, range(4)))
    assert len(answers) == len(rows(engine)) == 1
    assert spent(engine) == (1, PRICE)


def test_an_answer_recorded_while_somebody_looks_is_not_overlooked(
    engine: Engine, database_url: str, settings: ParallelSettings, stand_in: StandIn
) -> None:
    """Whichever of its two looks comes first, the answer arrives between them."""
    first = Researcher(engine, settings)
    call_id = first.start().call_id
    watched = create_engine(database_url, poolclass=NullPool)
    looks: list[str] = []

    def watch(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if "pg_try_advisory_lock" in statement:
            looks.append("lock")
        elif looks and "from agent_calls" in statement:
            looks.append("look")
            if looks == ["lock", "look"]:
                first.ledger.complete(call_id, ANSWER, cost_usd=PRICE)

    event.listen(watched, "after_cursor_execute", watch)
    started = Researcher(watched, settings).start()
    assert looks == ["lock", "look", "look"]
    assert (started.call_id, started.answer) == (call_id, ANSWER)
    assert len(stand_in.tasks()) == len(rows(engine)) == 1


@pytest.mark.parametrize(
    "other",
    [
        replace(QUESTION, fresh="research_pipeline run 2"),
        replace(QUESTION, processor="ultra"),
        replace(QUESTION, operation_id=PERSON),
        NEXT,
    ],
    ids=["fresh", "processor", "operation", "input"],
)
def test_another_question_is_another_research(
    engine: Engine, researcher: Researcher, stand_in: StandIn, other: Any
) -> None:
    first, second = researcher.start(), researcher.start(other)
    assert first.external_id != second.external_id
    assert researcher.start(other).external_id == second.external_id, "which in turn is created once"
    researcher.ledger.complete(first.call_id, ANSWER, cost_usd=PRICE)
    assert researcher.start(other).answer is None
    assert len(stand_in.tasks()) == 2


def test_a_new_prompt_finds_what_the_old_one_began(researcher: Researcher, stand_in: StandIn) -> None:
    """An update while a run is under way must not pay for it again."""
    asked = replace(QUESTION, subject='{"company_name":"Acme"}')
    started = researcher.start(asked)
    later = replace(asked, input="In other words, who leads them?")
    assert researcher.start(later).external_id == started.external_id
    assert researcher.start(replace(later, subject='{"company_name":"Globex"}')).created is not None
    assert len(stand_in.tasks()) == 2


def test_what_an_earlier_version_began_is_attached_to_and_its_answer_replayed(
    engine: Engine, researcher: Researcher, stand_in: StandIn
) -> None:
    """It put the same question in other words."""
    before = replace(QUESTION, subject='{"domain":"acme.com","company_name":"Acme"}')
    now = replace(QUESTION, subject='{"key":["acme.com"]}', former_subject=before.subject)
    began = researcher.start(before)
    assert researcher.start(now).external_id == began.external_id
    assert "former_subject" not in rows(engine)[0].request
    researcher.ledger.complete(began.call_id, ANSWER, cost_usd=PRICE)
    assert researcher.start(now).answer == ANSWER
    assert len(stand_in.tasks()) == 1


def test_submissions_share_nothing(engine: Engine, settings: ParallelSettings, stand_in: StandIn) -> None:
    first, second = Researcher(engine, settings, "research:a"), Researcher(engine, settings, "research:b")
    first.ledger.complete(first.start().call_id, ANSWER, cost_usd=PRICE)
    assert second.start().created is not None
    assert len(stand_in.tasks()) == 2


def test_rows_say_which_task_began_a_research(engine: Engine, settings: ParallelSettings) -> None:
    attempt = TaskAttempt("research_pipeline", "run", "wave_1.run_steps", 3, 2)
    Researcher(engine, settings, attempt=attempt).start()
    with engine.connect() as connection:
        by = connection.execute(
            text("select task_id, map_index from agent_calls c join task_attempts t on t.id = c.written_by")
        ).one()
    assert tuple(by) == ("wave_1.run_steps", 3)


def test_nothing_is_open_while_the_research_is_created(engine: Engine, settings: ParallelSettings) -> None:
    """No transaction, and the intent is committed before the request."""
    seen: list[Any] = []

    def create(call_id: int) -> TaskRun:
        with engine.connect() as connection:
            seen.append(connection.execute(text("select id, status from agent_calls")).one())
            seen.extend(connection.execute(text(f"select state, xact_start from ({OTHER_SESSIONS}) as others")))
        return TaskRun(f"trun_{call_id}", "queued", True)

    started = ResearchLedger(engine, DeepResearchAgents(settings.usd_for), SCOPE).start(QUESTION, create)
    intent, *sessions = seen
    assert tuple(intent) == (started.call_id, "started")
    assert [tuple(session) for session in sessions] == [("idle", None)], "the session of the lock, and nothing else"


# ------------------------------------------------------------------------------------------------------------- lost
def kill_while_creating(database_url: str, stand_in: StandIn) -> None:
    """A worker that dies between sending the question and hearing the run's number."""
    stand_in.dial("parallel_create", delay=20, times=1)
    worker = subprocess.Popen(
        [sys.executable, "-m", "tests.db.researching", database_url, stand_in.url, SCOPE],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": f"{ROOT / 'plugins'}{os.pathsep}{ROOT}"},
    )
    try:
        while not stand_in.tasks():
            assert worker.poll() is None, "the worker ended before it asked"
            time.sleep(0.02)
    finally:
        worker.send_signal(signal.SIGKILL)
        worker.wait()


def test_a_worker_killed_between_intent_and_number(
    engine: Engine, database_url: str, researcher: Researcher, stand_in: StandIn, caplog: pytest.LogCaptureFixture
) -> None:
    kill_while_creating(database_url, stand_in)
    (left,) = rows(engine)
    assert (left.status, left.external_id, left.cost_usd) == ("started", None, None)

    for _ in range(2):
        error = refused(researcher)
        assert (error.code, error.phase, error.retryable) == ("task_creation_unknown", ResearchPhase.CREATE, False)
        assert f"call_id={left.id}" in str(error)
        assert_discreet(error, caplog)
    assert len(stand_in.tasks()) == 1
    assert rows(engine) == [left]

    again = researcher.start(resubmit_lost=True)
    assert again.created is not None
    lost, paid = rows(engine)
    assert (lost.id, lost.status, lost.cost_usd, lost.reserved_usd) == (left.id, "abandoned", None, PRICE)
    assert (paid.id, paid.status, paid.external_id) == (again.call_id, "started", again.external_id)
    assert spent(engine) == (2, 2 * PRICE), "nobody knows whether the lost one was billed"
    assert researcher.start(resubmit_lost=True).external_id == again.external_id, "what is under way is not lost"
    assert len(stand_in.tasks()) == 2


def test_a_number_found_by_hand_attaches_to_the_lost_research(
    engine: Engine, database_url: str, researcher: Researcher, stand_in: StandIn
) -> None:
    kill_while_creating(database_url, stand_in)
    (task,) = stand_in.tasks()
    (row,) = rows(engine)
    assert task["metadata"] == {"call_id": str(row.id)}, "this is how somebody finds it"
    with engine.begin() as connection:
        connection.execute(text("update agent_calls set external_id = :run_id"), {"run_id": task["run_id"]})
    assert researcher.start().external_id == task["run_id"]
    assert len(stand_in.tasks()) == 1


@pytest.mark.parametrize(
    "dial",
    [{"drop": True}, {"truncate": 5}, {"body": "no run"}, {"delay": 4}, {"status": 504}],
    ids=["dropped", "truncated", "unreadable", "too late", "gateway timeout"],
)
def test_an_answer_that_was_lost_is_not_asked_for_again(
    engine: Engine,
    stand_in: StandIn,
    dial: dict[str, Any],
    caplog: pytest.LogCaptureFixture,
) -> None:
    stand_in.dial("parallel_create", times=1, **dial)
    researcher = Researcher(engine, settings_for(stand_in.url, timeout_seconds=patience(dial)))
    error = refused(researcher)
    assert (error.may_have_been_sent, error.retryable) == (True, False)
    (row,) = rows(engine)
    assert (row.status, row.external_id, row.cost_usd) == ("started", None, None)
    assert spent(engine) == (1, PRICE)
    unknown = refused(researcher)
    assert unknown.code == "task_creation_unknown"
    assert len(stand_in.requests("parallel")) == 1
    for each in (error, unknown):
        assert_discreet(each, caplog, row)
    assert researcher.start(resubmit_lost=True).created is not None
    assert [row.status for row in rows(engine)] == ["abandoned", "started"]


def test_whatever_interrupts_the_creation_leaves_it_unknown(engine: Engine, researcher: Researcher) -> None:
    def interrupted(call_id: int) -> TaskRun:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        researcher.ledger.start(QUESTION, interrupted)
    assert refused(researcher).code == "task_creation_unknown"


def test_when_it_was_lost_is_said_in_utc(database_url: str, settings: ParallelSettings, engine: Engine) -> None:
    far_east = create_engine(database_url, poolclass=NullPool, connect_args={"options": "-c timezone=Asia/Tokyo"})
    researcher = Researcher(far_east, settings)
    researcher.start()
    with engine.begin() as connection:
        connection.execute(text("update agent_calls set external_id = null, started_at = '2026-05-01 20:30:00+00'"))
    assert "sent at 2026-05-01 20:30:00 UTC" in str(refused(researcher))


# ---------------------------------------------------------------------------------------------------------- refused
@pytest.mark.parametrize(
    ("status", "kind"),
    [(401, "authentication"), (402, "quota"), (429, "rate_limited"), (500, "unavailable"), (422, "refused")],
)
def test_a_refused_research_cost_nothing_and_may_be_created_later(
    engine: Engine,
    researcher: Researcher,
    stand_in: StandIn,
    status: int,
    kind: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    stand_in.dial("parallel_create", status=status, times=1)
    error = refused(researcher)
    assert (error.kind, error.http_status, error.may_have_been_sent) == (kind, status, False)
    (row,) = rows(engine)
    assert (row.status, row.error_kind, row.http_status, row.cost_usd) == ("failed", kind, status, 0)
    assert row.latency_ms >= 0
    assert row.finished_at >= row.started_at
    assert_discreet(error, caplog, row)
    assert spent(engine) == (1, 0)
    assert researcher.start().created is not None
    assert [row.status for row in rows(engine)] == ["failed", "started"]
    assert len(stand_in.tasks()) == 1


def test_a_host_that_cannot_be_reached_was_not_asked(engine: Engine, stand_in: StandIn) -> None:
    assert refused(Researcher(engine, settings_for("http://127.0.0.1:9"))).retryable
    (row,) = rows(engine)
    assert (row.status, row.cost_usd, row.http_status) == ("failed", 0, None)
    assert Researcher(engine, settings_for(stand_in.url)).start().created is not None


def test_without_a_key_nothing_is_asked(engine: Engine, stand_in: StandIn) -> None:
    error = refused(Researcher(engine, replace(settings_for(stand_in.url), api_key=" ")))
    assert error.code == "missing_parallel_api_key"
    assert stand_in.requests() == []


def test_a_processor_without_a_price_leaves_no_row(engine: Engine, researcher: Researcher) -> None:
    assert refused(researcher, search=replace(QUESTION, processor="mega")).code == "unknown_processor"
    assert rows(engine) == []


def test_a_research_that_failed_is_closed_and_a_new_one_may_be_paid_for(
    engine: Engine, researcher: Researcher, stand_in: StandIn, caplog: pytest.LogCaptureFixture
) -> None:
    stand_in.script("parallel", {"status": "failed", "polls": 0})
    started = researcher.start()
    with pytest.raises(DeepResearchError) as error:
        require_completed(researcher.client.status(started.external_id or ""))
    researcher.ledger.fail(started.call_id, error.value, cost_usd=None)
    (row,) = rows(engine)
    assert (row.status, row.error_kind, row.cost_usd, row.external_id) == (
        "failed",
        "failed",
        None,
        started.external_id,
    )
    assert_discreet(error.value, caplog, row)
    assert spent(engine) == (1, PRICE), "the provider may have billed it"

    stand_in.script("parallel")
    second = researcher.start()
    assert second.created is not None
    assert second.external_id != started.external_id
    researcher.ledger.complete(second.call_id, ANSWER, cost_usd=PRICE)
    assert researcher.start().answer == ANSWER
    assert [row.status for row in rows(engine)] == ["failed", "succeeded"]
    with engine.connect() as connection:
        (summary,) = query_call_summary(connection, SCOPE)
    assert (summary.agent, summary.calls, summary.succeeded, summary.failed) == (COMPANY, 2, 1, 1)
    assert (summary.cost_usd, summary.unsettled_usd) == (PRICE, PRICE)


# ----------------------------------------------------------------------------------------------------------- limits
@pytest.mark.parametrize("budget", [Budget(max_usd=Decimal("0.15")), Budget(max_calls=1)], ids=["dollars", "calls"])
def test_the_budget_is_checked_before_anything_is_asked(
    engine: Engine, settings: ParallelSettings, stand_in: StandIn, budget: Budget, caplog: pytest.LogCaptureFixture
) -> None:
    researcher = Researcher(engine, settings, budget=budget)
    started = researcher.start()
    with pytest.raises(BudgetExceeded) as error:
        researcher.start(NEXT)
    assert_discreet(error.value, caplog)
    assert len(stand_in.requests("parallel")) == len(rows(engine)) == 1
    assert researcher.start().external_id == started.external_id, "attaching costs nothing"
    researcher.ledger.complete(started.call_id, ANSWER, cost_usd=PRICE)
    assert researcher.start().answer == ANSWER, "nor does an answer that is there"
    assert Researcher(engine, settings, "research:b", budget=budget).start().created is not None


def test_a_budget_counts_all_runs_of_a_submission(
    engine: Engine, settings: ParallelSettings, stand_in: StandIn
) -> None:
    """However many workers there are at once."""

    def start(number: int) -> bool:
        try:
            Researcher(engine, settings, budget=Budget(max_usd=Decimal("0.35"))).start(
                replace(QUESTION, input=f"Company {number}")
            )
        except BudgetExceeded:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(start, range(12))) == len(stand_in.tasks()) == 3
    assert spent(engine) == (3, 3 * PRICE)


def test_a_research_costs_what_its_processor_costs(engine: Engine, stand_in: StandIn) -> None:
    settings = settings_for(stand_in.url, usd_per_run={"pro": Decimal("0.05"), "ultra": Decimal("0.30")})
    researcher = Researcher(engine, settings, budget=Budget(max_usd=Decimal("0.34")))
    researcher.start()
    with pytest.raises(BudgetExceeded):
        researcher.start(replace(QUESTION, processor="ultra"))
    assert [row.reserved_usd for row in rows(engine)] == [Decimal("0.05")]


def test_no_turn_means_no_research(engine: Engine, settings: ParallelSettings, stand_in: StandIn) -> None:
    limiter = RateLimiter(engine, {"parallel": RateLimit(1, 0.001, max_wait_seconds=0)})
    researcher = Researcher(engine, settings, rate_limiter=limiter)
    researcher.start()
    with pytest.raises(RateLimited):
        researcher.start(NEXT)
    assert len(stand_in.requests("parallel")) == len(rows(engine)) == 1
    assert researcher.start().external_id, "attaching needs no turn"


# ------------------------------------------------------------------------------------------------------------ details
def test_the_provider_is_told_which_rows_a_run_belongs_to(stand_in: StandIn, researcher: Researcher) -> None:
    step = StepToRun(uuid4(), uuid4(), uuid4(), uuid4(), 1, COMPANY, {}, "company", {})
    metadata = research_metadata(step, 7)
    assert metadata == {
        "call_id": "7",
        "submission_id": str(step.submission_id),
        "pipeline_run_id": str(step.run_id),
        "step_result_id": str(step.step_result_id),
    }
    researcher.client.create("Who?", "pro", metadata)
    assert stand_in.tasks()[0]["metadata"] == json.loads(json.dumps(metadata)), "within the provider's limits"


def test_deep_research_is_not_answered_at_once(researcher: Researcher) -> None:
    agents = DeepResearchAgents(lambda processor: PRICE)
    with pytest.raises(TypeError, match="started and completed"):
        agents.answer(QUESTION, Steps())
    with pytest.raises(TypeError, match="Not deep research"):
        agents.reserve_usd(PeopleSearch("Acme"))
