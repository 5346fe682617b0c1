"""Tasks that ask many questions at once: how many, what stops them, and what is kept when there is no money left."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import Engine, text

from prospecting.agents.errors import AgentError, AgentUnavailable, AuthenticationFailed, BudgetExceeded
from prospecting.agents.ledger import Budget, Ledger
from prospecting.agents.searches import Answer, PeopleSearch, Search
from prospecting.agents.steps import Steps
from prospecting.persistence import signals
from prospecting.persistence.companies import CompanyRow, upsert_companies
from prospecting.persistence.database import unit_of_work
from prospecting.persistence.execution_questions import Stage, plan_questions
from prospecting.persistence.slot_requests import Queue
from prospecting.services.answers import Origin, save_companies
from prospecting.services.discovery import find_people
from prospecting.services.executions import Execution, find_execution, resume_execution, summarize_execution
from prospecting.services.findings import save_waiting
from prospecting.services.interruption import Interrupted
from prospecting.services.runtime import Runtime
from prospecting.services.signal_params import SignalParams
from prospecting.services.slot_backfill import Backfill
from tests.db.factories import count, evaluate, ids, person_name, requests

PRICE = Decimal("0.1")
COMPANIES = 24


class Staff:
    """Knows one chief executive of every company; can be told to fail, and counts how many ask at once."""

    provider = "llm"
    ttl_seconds = 0

    def __init__(self, fails: Callable[[int], AgentError | None] = lambda number: None, *, expected: int = 1) -> None:
        """Nobody but the first is answered before ``expected`` questions have been asked at once."""
        self.fails = fails
        self._expected = expected
        self._are_there = threading.Event()
        self.asked: list[str] = []
        self.most = 0
        self._running = 0
        self._lock = threading.Lock()

    def reserve_usd(self, search: Search) -> Decimal:
        return PRICE

    def answer(self, search: Search, steps: Steps) -> Answer:
        assert isinstance(search, PeopleSearch)
        with self._lock:
            self.asked.append(search.company_name)
            number = len(self.asked)
            self._running += 1
            self.most = max(self.most, self._running)
            if self.most >= self._expected:
                self._are_there.set()
        if number > 1:
            self._are_there.wait(60)
        time.sleep(0.02)
        with self._lock:
            self._running -= 1
        if error := self.fails(number):
            raise error
        boss = {"name": f"{search.company_name.split()[0]} Boss", "title": "CEO"}
        return Answer(json.dumps({"contacts": [boss]}).encode(), cost_usd=PRICE)


def names() -> list[str]:
    return [f"{person_name(number)} Works" for number in range(COMPANIES)]


def opened(engine: Engine, **fields: Any) -> tuple[Execution, list[int]]:
    """An execution that has found companies, and has planned to ask about their people."""
    runtime = Runtime(engine)
    configuration = SignalParams.model_validate(
        {"name": "Any", "type": "funding", "event_keywords": ["money"], "target_functions": ["CEO"], **fields}
    )
    with unit_of_work(engine) as connection:
        signal = signals.upsert_signal(connection, name="Any", type=configuration.type, configuration={})
        execution_id = signals.start_execution(
            connection, signal_id=signal, configuration=configuration.stored_configuration(), airflow_run_id="run 1"
        )
        execution = find_execution(connection, execution_id)
    found = json.dumps([{"name": name} for name in names()])
    companies = save_companies(runtime, found, Origin("test", "test", execution.id), limit=100).ids
    with unit_of_work(engine) as connection:
        plan_questions(connection, execution.id, Stage.FIND_PEOPLE, companies)
    return execution, companies


def ask(engine: Engine, agents: Staff, execution: Execution, companies: list[int], **options: Any) -> dict[str, int]:
    runtime = Runtime(engine)
    resume_execution(runtime, execution.id, [Stage.FIND_PEOPLE.source(one) for one in companies])
    ledger = Ledger(engine, agents, execution.scope, budget=execution.budget)
    return find_people(runtime, ledger, execution, companies, **options)


@pytest.mark.parametrize(("configured", "given", "most"), [(None, None, 8), (3, None, 3), (3, 5, 5), (8, 1, 1)])
def test_so_many_questions_at_once(engine: Engine, configured: int | None, given: int | None, most: int) -> None:
    execution, companies = opened(engine, **({"max_in_flight": configured} if configured else {}))
    agents = Staff(expected=most)
    assert ask(engine, agents, execution, companies, max_in_flight=given) == {"found": COMPANIES, "rejected": 0}
    assert agents.most == most
    assert sorted(agents.asked) == sorted(names())


def test_an_error_that_a_person_has_to_mend_stops_the_rest_and_keeps_what_came(engine: Engine) -> None:
    execution, companies = opened(engine)
    agents = Staff(lambda number: AuthenticationFailed("wrong key") if number == 10 else None)
    with pytest.raises(AuthenticationFailed):
        ask(engine, agents, execution, companies)
    asked = len(agents.asked)
    assert 10 <= asked < COMPANIES
    with engine.connect() as connection:
        assert count(connection, "persons") == asked - 1, "whoever was found by then is saved"
    agents.fails = lambda number: None
    assert ask(engine, agents, execution, companies)["found"] == COMPANIES
    assert len(agents.asked) == COMPANIES + 1, "only the one that failed is asked again"


def test_an_error_that_may_pass_stops_nobody(engine: Engine) -> None:
    execution, companies = opened(engine)
    agents = Staff(lambda number: AgentUnavailable("down") if number % 2 else None)
    with pytest.raises(AgentUnavailable):
        ask(engine, agents, execution, companies)
    assert len(agents.asked) == COMPANIES


def test_over_budget_what_there_is_is_kept_and_the_rest_is_counted(engine: Engine) -> None:
    execution, companies = opened(engine, budget={"max_usd": 10 * float(PRICE)})
    agents = Staff()
    with pytest.raises(BudgetExceeded):
        ask(engine, agents, execution, companies)
    assert len(agents.asked) == 10
    runtime = Runtime(engine)
    save_waiting(runtime, execution.id, *Stage)
    summary = summarize_execution(runtime, execution.id, failed_tasks=1)
    assert (summary.status, summary.stats["contactsDiscovered"]) == ("completed_with_errors", 10)
    left = COMPANIES - 10
    assert summary.stats["questionsOverBudget"] == left
    assert f"{left} questions not asked, as the budget was used up" in (summary.error or "")
    assert f"{left} questions not asked: the budget was used up; run again with a larger one." in summary.notes
    # With more money the same task goes on, and what it had noted is gone.
    richer = Ledger(engine, agents, execution.scope, budget=Budget())
    resume_execution(runtime, execution.id, [Stage.FIND_PEOPLE.source(one) for one in companies])
    find_people(runtime, richer, execution, companies)
    assert len(agents.asked) == COMPANIES
    assert summarize_execution(runtime, execution.id, failed_tasks=0).stats["questionsOverBudget"] == 0


def test_a_killed_task_asks_nothing_more(engine: Engine) -> None:
    execution, companies = opened(engine)
    agents = Staff()
    with pytest.raises(Interrupted, match="of its questions were not asked"):
        ask(engine, agents, execution, companies, is_killed=lambda: len(agents.asked) >= 8)
    assert 8 <= len(agents.asked) <= 16
    with engine.connect() as connection:
        assert connection.execute(text("select distinct status from agent_calls")).scalars().all() == ["succeeded"]


# ------------------------------------------------------------------------------------------------------------- seats
def backfill(engine: Engine, agents: Staff, **options: Any) -> Backfill:
    budget = options.pop("budget", None)
    return Backfill(
        Runtime(engine),
        claimed_by="run 1",
        queue=Queue(),
        limit=1_000,
        lease_seconds=60,
        providers=["llm"],
        open_ledger=lambda _: Ledger(engine, agents, "run 1", budget=budget),
        **options,
    )


def queued(engine: Engine) -> None:
    with engine.begin() as connection:
        ids(upsert_companies(connection, [CompanyRow(name) for name in names()], source_system="test").saved)
        evaluate(connection)


def test_seats_of_many_companies_at_once(engine: Engine) -> None:
    queued(engine)
    agents = Staff(expected=6)
    counts = backfill(engine, agents, max_in_flight=6).run()
    assert (counts["completed"], counts["released"]) == (COMPANIES, 0)
    assert agents.most == 6
    assert len(set(agents.asked)) == len(agents.asked) == COMPANIES


def test_seats_beyond_the_budget_wait(engine: Engine) -> None:
    queued(engine)
    agents = Staff()
    counts = backfill(engine, agents, budget=Budget(max_calls=10)).run()
    assert (counts["completed"], counts["released"]) == (10, 3 * (COMPANIES - 10))
    assert len(agents.asked) == 10
    with engine.begin() as connection:
        waiting = [row for row in requests(connection) if row["status"] == "queued"]
    assert {row["error_message"] for row in waiting} == {"Put back: budget"}


def test_a_wrong_key_stops_the_seats_and_keeps_what_came(engine: Engine) -> None:
    queued(engine)
    agents = Staff(lambda number: AuthenticationFailed("wrong key") if number == 10 else None)
    with pytest.raises(AuthenticationFailed):
        backfill(engine, agents).run()
    asked = len(agents.asked)
    assert 10 <= asked < COMPANIES
    with engine.begin() as connection:
        states = [row["status"] for row in requests(connection)]
    assert states.count("completed") == asked - 1
    assert states.count("queued") >= 3 * (COMPANIES - asked)


def test_killed_while_it_asks_about_many_it_saves_nothing_more(engine: Engine) -> None:
    queued(engine)
    work = backfill(engine, agents := Staff())
    saved: list[int] = []

    def kill(number: int) -> None:
        if number == 4:
            work.stop()
            with engine.connect() as connection:
                saved.append(count(connection, "persons"))

    agents.fails = kill
    with pytest.raises(Interrupted):
        work.run()
    assert len(agents.asked) <= 16
    with engine.begin() as connection:
        assert count(connection, "persons") <= saved[0] + 1, "one was being saved at that moment"
        states = [row["status"] for row in requests(connection)]
    assert "running" not in states
    assert states.count("queued") >= 3 * (COMPANIES - 16)
