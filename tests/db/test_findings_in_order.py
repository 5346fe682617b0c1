"""What an execution leaves behind follows from the answers, not from which of several tasks was faster."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError

from chaos.comparison import Contents, difference, read
from prospecting.agents.errors import AgentTimeout, RequestRefused
from prospecting.agents.ledger import Ledger
from prospecting.agents.searches import Answer, Search
from prospecting.agents.steps import Steps
from prospecting.persistence.execution_questions import Stage
from prospecting.services.discovery import discover, extract_sponsors, find_people
from prospecting.services.executions import (
    Execution,
    companies_to_ask_about,
    events_to_ask_about,
    find_execution,
    keywords_to_search,
    resume_execution,
    start_execution,
    summarize_execution,
)
from prospecting.services.findings import pass_on_unused_shares, save_waiting
from prospecting.services.runtime import Runtime
from prospecting.services.signal_params import SignalParams
from tests.db.factories import empty, versions

CONFIGURATION = {
    "name": "Any",
    "event_keywords": ["ruby", "rust", "python", "go"],
    "target_functions": ["CEO", "CTO"],
    "limits": {"max_events": 12},
}

EVENTS: dict[str, list[dict[str, Any]]] = {
    "ruby": [
        {"name": "Gem Days", "start_date": "2027-03-01", "website": "https://gemdays.org/2027", "attendees": 800},
        {"name": "Rail Summit", "start_date": "2027-03-02", "sponsors": ["Acme", "Initech"]},
        {"name": "Mixed Conf", "start_date": "2027-03-03", "description": "Ruby and more"},
    ],
    "rust": [
        {"name": "gem days", "start_date": "2027-03-01", "website": "https://gemdays.org", "attendees": 900},
        {"name": "Crab Camp", "start_date": "2027-03-04"},
    ],
    "python": [
        {"name": "MIXED CONF", "start_date": "2027-03-03", "description": "Python, mostly", "city": "Berlin"},
        {"name": "Snake Week", "start_date": "2027-03-05"},
        {"name": "Pie Fair", "start_date": "2027-03-06"},
    ],
    "go": [{"name": "Gopher Meet", "start_date": "2027-03-07"}],
}
"""Every name, website, industry and person of these answers contradicts another one, so every order would show."""

SPONSORS: dict[str, list[tuple[str, str | None, str | None]]] = {
    "gem days": [("Acme Developer Advocates", "acme.com", "Anvils"), ("Globex", None, None)],
    "rail summit": [("Acme", "https://acme.com/jobs", "Rockets"), ("Globex", "globex.com", "Money")],
    "mixed conf": [("ACME", "acme.com", None), ("Globex", "globex.io", "Power"), ("Pinterest", None, None)],
    "crab camp": [("Pinterest Careers", "pinterestcareers.com", None), ("Alphabet", "google.com", None)],
    "snake week": [("Pinterest", "pinterest.com", "Pictures"), ("Google", "google.com", "Search")],
    "pie fair": [("Google", None, None), ("Globex", None, "Paper"), ("Acme Cloud", "acme.com", None)],
    "gopher meet": [("Acme Cloud", None, None), ("Initech", "https://initech.com/en", "Software")],
}


class ManyAnswers:
    """A provider that contradicts itself: about companies, and about a person who leads several of them."""

    provider = "llm"
    ttl_seconds = 7 * 24 * 3600

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.keys: list[str] = []
        self.errors: dict[str, list[Exception]] = {}
        self.answers: dict[str, str] = {}

    def reserve_usd(self, search: Search) -> Decimal:
        return Decimal(0)

    def answer(self, search: Search, steps: Steps) -> Answer:
        request: Mapping[str, Any] = search.to_request()
        subject = request.get("keyword") or request.get("event_name") or request["company_name"]
        self.asked.append(subject)
        self.keys.append(search.key(self.provider))
        if errors := self.errors.get(subject):
            raise errors.pop(0)
        if subject in self.answers:
            return Answer(self.answers[subject].encode())
        if "signal_type" in request:
            sponsors = [*SPONSORS.values()][len(subject) :]
            companies = [
                {"name": name, "website": site, "industry": what} for one in sponsors for name, site, what in one
            ]
            return Answer(json.dumps({"companies": companies}).encode())
        if "keyword" in request:
            return Answer(json.dumps({"events": EVENTS[subject]}).encode())
        if "event_name" in request:
            sponsors = [
                {"name": name, "website": site, "industry": industry, "tier": "Gold"}
                for name, site, industry in SPONSORS[subject.casefold()]
            ]
            return Answer(json.dumps({"sponsors": sponsors}).encode())
        people = [
            {
                "name": "Jane Doe" if len(subject) % 2 else "Jane M. Doe",
                "title": f"CEO of {subject}",
                "linkedin_url": "https://www.linkedin.com/in/jane-doe",
                "location": f"{subject} City",
            },
            {"name": f"Kim {subject}", "title": "CTO", "email": "kim@example-mail.com"},
        ]
        return Answer(json.dumps({"contacts": people}).encode())


Order = Callable[[Sequence[Any]], Sequence[Any]]
STEPS = (
    (Stage.DISCOVER, keywords_to_search, 1),
    (Stage.EXTRACT_SPONSORS, events_to_ask_about, 2),
    (Stage.FIND_PEOPLE, companies_to_ask_about, 2),
)


def ask(runtime: Runtime, agents: ManyAnswers, execution: Execution, stage: Stage, chunk: Sequence[Any]) -> None:
    """One task of a stage, as the operators carry it out."""
    resume_execution(runtime, execution.id, [stage.source(one) for one in chunk])
    ledger = Ledger(runtime.engine, agents, execution.scope)
    if stage is Stage.DISCOVER:
        discover(runtime, ledger, execution, chunk[0])
    elif stage is Stage.EXTRACT_SPONSORS:
        extract_sponsors(runtime, ledger, execution, chunk)
    else:
        find_people(runtime, ledger, execution, chunk)


def opened(runtime: Runtime, run: str = "run 1", **fields: Any) -> Execution:
    params = SignalParams.model_validate(CONFIGURATION | fields)
    execution_id = start_execution(runtime, params, airflow_run_id=run)
    return runtime.read(partial(find_execution, execution_id=execution_id))


def planned(runtime: Runtime, execution: Execution, stage: Stage) -> list[list[Any]]:
    """The chunks of a stage, after what the tasks between the stages do."""
    for wanted, plan, size in STEPS:
        if wanted is stage:
            subjects = plan(runtime, execution.id)
            return [list(subjects[start : start + size]) for start in range(0, len(subjects), size)]
    raise AssertionError(stage)


def end_stage(runtime: Runtime, execution: Execution, stage: Stage) -> None:
    save_waiting(runtime, execution.id, stage)
    if stage is Stage.DISCOVER:
        pass_on_unused_shares(runtime, execution.id)


def run_through(
    engine: Engine, carry_out: Callable[[Callable[[list[Any]], None], list[list[Any]]], None], **fields: Any
) -> Contents:
    """A whole execution on an empty database; ``carry_out`` is given the task of a stage and its chunks."""
    empty(engine)
    runtime, agents = Runtime(engine), ManyAnswers()
    execution = opened(runtime, **fields)
    for stage in Stage:
        carry_out(partial(ask, runtime, agents, execution, stage), planned(runtime, execution, stage))
        end_stage(runtime, execution, stage)
    assert summarize_execution(runtime, execution.id, failed_tasks=0).status == "completed"
    assert len(agents.keys) == len(set(agents.keys)), "nothing is asked twice"
    with engine.connect() as connection:
        return read(connection)


def one_after_another(order: Order) -> Callable[[Callable[[list[Any]], None], list[list[Any]]], None]:
    def carry_out(task: Callable[[list[Any]], None], chunks: list[list[Any]]) -> None:
        for chunk in order(chunks):
            task(chunk)

    return carry_out


def at_once(task: Callable[[list[Any]], None], chunks: list[list[Any]]) -> None:
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(task, chunks))


def shuffled(chunks: Sequence[Any]) -> Sequence[Any]:
    return random.Random(1).sample(chunks, len(chunks))


def test_any_order_of_tasks_leaves_the_same_rows(engine: Engine) -> None:
    quiet = run_through(engine, one_after_another(lambda chunks: chunks))
    assert len(quiet["companies"]) > 6
    assert len(quiet["persons"]) > 3
    for carry_out in (one_after_another(lambda chunks: chunks[::-1]), one_after_another(shuffled), at_once):
        other = run_through(engine, carry_out)
        assert (difference(quiet, other), difference(other, quiet)) == ({}, {})


def test_companies_that_raise_money_are_the_same_in_any_order(engine: Engine) -> None:
    quiet = run_through(engine, one_after_another(lambda chunks: chunks), type="funding")
    other = run_through(engine, one_after_another(lambda chunks: chunks[::-1]), type="funding")
    assert (difference(quiet, other), difference(other, quiet)) == ({}, {})
    assert len(quiet["companies"]) == 6


# ------------------------------------------------------------------------------------------------- whose turn it is
@pytest.fixture
def runtime(engine: Engine) -> Runtime:
    return Runtime(engine)


@pytest.fixture
def agents() -> ManyAnswers:
    return ManyAnswers()


@pytest.fixture
def execution(runtime: Runtime) -> Execution:
    execution = opened(runtime)
    keywords_to_search(runtime, execution.id)
    return execution


def seen(engine: Engine, query: str) -> list[Any]:
    with engine.connect() as connection:
        return list(connection.execute(text(query)).scalars())


def events(engine: Engine) -> list[str]:
    return seen(engine, "select name from events order by id")


def statuses(engine: Engine) -> list[str]:
    return seen(engine, "select status from execution_questions where stage = 'discover' order by position")


def search(runtime: Runtime, agents: ManyAnswers, execution: Execution, *keywords: str) -> None:
    for keyword in keywords:
        ask(runtime, agents, execution, Stage.DISCOVER, [keyword])


def test_an_answer_is_saved_in_its_turn_by_whoever_brings_the_one_before(
    engine: Engine, runtime: Runtime, agents: ManyAnswers, execution: Execution
) -> None:
    search(runtime, agents, execution, "rust")
    assert events(engine) == []
    assert statuses(engine) == ["planned", "answered", "planned", "planned"]
    search(runtime, agents, execution, "ruby")
    assert events(engine) == ["Gem Days", "Rail Summit", "Mixed Conf", "Crab Camp"]
    assert statuses(engine) == ["saved", "saved", "planned", "planned"]
    search(runtime, agents, execution, "python")
    assert statuses(engine) == ["saved", "saved", "saved", "planned"]


def test_saving_again_changes_nothing(
    engine: Engine, runtime: Runtime, agents: ManyAnswers, execution: Execution
) -> None:
    search(runtime, agents, execution, "ruby", "rust")
    keep = {"execution_questions", "signal_executions"}  # what is asked again, and how far that is
    with engine.connect() as connection:
        before = versions(connection)
    search(runtime, agents, execution, "rust", "ruby")
    assert statuses(engine) == ["saved", "saved", "planned", "planned"]
    with engine.connect() as connection:
        after = versions(connection)
    assert {name: rows for name, rows in after.items() if name not in keep} == {
        name: rows for name, rows in before.items() if name not in keep
    }
    with engine.connect() as connection:
        before = versions(connection)
    assert keywords_to_search(runtime, execution.id) == CONFIGURATION["event_keywords"]
    with engine.connect() as connection:
        after = versions(connection)
    assert after | {"signal_executions": set()} == before | {"signal_executions": set()}, "planning again"


def test_what_was_not_planned_is_saved_at_once(engine: Engine, runtime: Runtime, agents: ManyAnswers) -> None:
    execution = opened(runtime)
    search(runtime, agents, execution, "rust")
    assert events(engine) == ["gem days", "Crab Camp"]


@pytest.mark.parametrize("is_refused", [True, False], ids=["refused", "last try"])
def test_who_is_not_going_to_answer_keeps_nobody_waiting(engine: Engine, agents: ManyAnswers, is_refused: bool) -> None:
    runtime = Runtime(engine, is_last_try=True)
    execution = opened(runtime)
    keywords_to_search(runtime, execution.id)
    search(runtime, agents, execution, "rust")
    agents.errors["ruby"] = [RequestRefused("no") if is_refused else AgentTimeout("late")]
    if is_refused:
        search(runtime, agents, execution, "ruby")
    else:
        with pytest.raises(AgentTimeout):
            search(runtime, agents, execution, "ruby")
    assert events(engine) == ["gem days", "Crab Camp"]
    assert statuses(engine) == ["failed", "saved", "planned", "planned"]


def test_who_is_to_be_asked_again_is_waited_for_until_nobody_asks_any_more(
    engine: Engine, runtime: Runtime, agents: ManyAnswers, execution: Execution
) -> None:
    agents.errors["ruby"] = [AgentTimeout("late")]
    with pytest.raises(AgentTimeout):
        search(runtime, agents, execution, "ruby")
    search(runtime, agents, execution, "rust")
    assert events(engine) == []
    save_waiting(runtime, execution.id, Stage.DISCOVER)
    assert events(engine) == ["gem days", "Crab Camp"]
    assert statuses(engine) == ["failed", "saved", "failed", "failed"]
    # Somebody clears the task that failed, much later.
    search(runtime, agents, execution, "ruby")
    assert events(engine) == ["gem days", "Crab Camp", "Rail Summit", "Mixed Conf"]
    assert statuses(engine) == ["saved", "saved", "failed", "failed"]


class Killed(BaseException):
    """The end of a process."""


def test_who_is_killed_leaves_the_answer_to_the_next(
    engine: Engine, runtime: Runtime, agents: ManyAnswers, execution: Execution, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("prospecting.services.answers.record_rejected", killed)
        with pytest.raises(Killed):
            search(runtime, agents, execution, "ruby")
    assert events(engine) == []
    assert statuses(engine)[0] == "answered"
    search(runtime, agents, execution, "rust")
    assert events(engine) == ["Gem Days", "Rail Summit", "Mixed Conf", "Crab Camp"]
    assert agents.asked == ["ruby", "rust"]


def killed(*_: Any) -> None:
    raise Killed


def test_an_answer_that_somebody_deleted_keeps_nobody_waiting(
    engine: Engine, runtime: Runtime, agents: ManyAnswers, execution: Execution
) -> None:
    search(runtime, agents, execution, "rust", "python")
    with engine.begin() as connection:
        connection.execute(text("delete from agent_calls where request ->> 'keyword' = 'rust'"))
    search(runtime, agents, execution, "ruby")
    assert events(engine) == ["Gem Days", "Rail Summit", "Mixed Conf", "Snake Week", "Pie Fair"]
    search(runtime, agents, execution, "rust")
    assert events(engine)[-1] == "Crab Camp"


def test_two_at_once_save_every_answer_once(
    engine: Engine, runtime: Runtime, agents: ManyAnswers, execution: Execution
) -> None:
    search(runtime, agents, execution, "go", "python", "rust")
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(partial(search, runtime, agents, execution), ["ruby", "ruby"]))
    assert statuses(engine) == ["saved"] * 4
    names = dict.fromkeys(event["name"].casefold() for found in EVENTS.values() for event in found)
    assert [name.casefold() for name in events(engine)] == list(names)
    assert seen(engine, "select count(*) from signal_execution_entities where entity_type = 'event'") == [7]


# ---------------------------------------------------------------------------------------------- unexpected errors
@pytest.fixture
def refusing(engine: Engine) -> Iterator[Callable[[], None]]:
    """The database raises an error about Gem Days, until the function is called that this returns."""
    with engine.begin() as connection:
        connection.execute(
            text(
                "create function refuse() returns trigger language plpgsql as $$ begin "
                "if lower(new.name) = 'gem days' then raise exception 'no'; end if; return new; end $$; "
                "create trigger refuse before insert on events for each row execute function refuse()"
            )
        )

    def stop() -> None:
        with engine.begin() as connection:
            connection.execute(text("drop trigger if exists refuse on events; drop function if exists refuse"))

    yield stop
    stop()


def test_an_answer_that_cannot_be_saved_costs_itself(
    engine: Engine, runtime: Runtime, agents: ManyAnswers, execution: Execution, refusing: Callable[[], None]
) -> None:
    search(runtime, agents, execution, "go", "python", "rust", "ruby")
    assert statuses(engine) == ["saved"] * 4
    assert events(engine) == ["MIXED CONF", "Snake Week", "Pie Fair", "Gopher Meet"]
    assert seen(engine, "select source from rejected_records order by 1") == ["keyword ruby", "keyword rust"]
    assert seen(engine, "select error_kind from agent_calls where error_kind is not null") == ["unexpected_error"] * 2


def test_an_error_that_every_answer_meets_loses_none(
    engine: Engine, runtime: Runtime, agents: ManyAnswers, refusing: Callable[[], None]
) -> None:
    execution = opened(runtime, event_keywords=["ruby", "rust"])
    keywords_to_search(runtime, execution.id)
    search(runtime, agents, execution, "rust")
    with pytest.raises(DBAPIError):
        search(runtime, agents, execution, "ruby")
    save_waiting(runtime, execution.id, Stage.DISCOVER)
    assert statuses(engine) == ["answered", "answered"]
    assert len(seen(engine, "select source from rejected_records")) == 2
    assert seen(engine, "select error_kind from agent_calls where error_kind is not null") == []
    refusing()
    search(runtime, agents, execution, "ruby")
    assert statuses(engine) == ["saved", "saved"]
    assert agents.asked == ["rust", "ruby"]
