"""One answer can poison only itself: unreadable ones, and those that meet an error nobody expected."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError, OperationalError

from prospecting.agents.ledger import Ledger
from prospecting.agents.searches import Answer, EventSearch, PeopleSearch, Search, SeatSearch, SponsorSearch
from prospecting.agents.steps import Steps
from prospecting.persistence import signals
from prospecting.persistence.companies import CompanyRow, upsert_companies
from prospecting.persistence.database import unit_of_work
from prospecting.persistence.slot_requests import Queue
from prospecting.services.answers import Origin, save_companies, save_events
from prospecting.services.discovery import discover, extract_sponsors, find_people
from prospecting.services.executions import Execution, find_execution, resume_execution, summarize_execution
from prospecting.services.findings import pass_on_unused_shares
from prospecting.services.reading_bounds import ReadingBounds
from prospecting.services.rejections import MAX_ALIKE
from prospecting.services.runtime import Runtime
from prospecting.services.seat_findings import MAX_PEOPLE
from prospecting.services.signal_params import SignalParams
from prospecting.services.slot_backfill import Backfill
from tests.db.factories import evaluate, ids, person_name, requests, stored

PRICE = Decimal("0.25")
POISON = "Poison"
NAMES = [*(f"{person_name(number)} Works" for number in range(7)), POISON]
LONG_LIST = json.dumps([{"name": f"{person_name(n % 600)} {person_name(n // 600)}"} for n in range(12_000)])
# Only the long list is read by a process of its own, which then has no time for it.
HURRY = ReadingBounds(short=20_000, cpu_seconds=0.01, cpu_seconds_per_million=0)


class KnownAnswers:
    """A provider with an answer for each name that can be asked about, which others may use for a week."""

    provider = "llm"
    ttl_seconds = 7 * 24 * 3600

    def __init__(self, answers: Mapping[str, str]) -> None:
        self.answers = dict(answers)
        self.asked: list[str] = []

    def reserve_usd(self, search: Search) -> Decimal:
        return PRICE

    def answer(self, search: Search, steps: Steps) -> Answer:
        name = subject(search)
        self.asked.append(name)
        return Answer(self.answers[name].encode(), cost_usd=PRICE)


def subject(search: Search) -> str:
    if isinstance(search, EventSearch):
        return search.keyword
    if isinstance(search, SponsorSearch):
        return search.event_name
    assert isinstance(search, PeopleSearch | SeatSearch)
    return search.company_name


@contextmanager
def refusing(engine: Engine, table: str, column: str, errcode: str = "P0001") -> Iterator[None]:
    """The database raises an error, with the row's words in it, about whatever begins with Poison."""
    with engine.begin() as connection:
        connection.execute(
            text(
                "create function refuse() returns trigger language plpgsql as $$ begin "
                f"if new.{column} like 'Poison%' then raise exception '%', new.{column} using errcode = '{errcode}'; "
                f"end if; return new; end $$; create trigger refuse before insert on {table} "
                "for each row execute function refuse()"
            )
        )
    try:
        yield
    finally:
        with engine.begin() as connection:
            connection.execute(text(f"drop trigger refuse on {table}; drop function refuse"))


def seen(engine: Engine, query: str) -> list[tuple[Any, ...]]:
    with engine.connect() as connection:
        return [tuple(row) for row in connection.execute(text(query))]


def opened(engine: Engine, run: str, **fields: Any) -> Execution:
    configuration = SignalParams.model_validate(
        {"name": "Any", "event_keywords": ["money"], "target_functions": ["CEO"], **fields}
    )
    with unit_of_work(engine) as connection:
        signal = signals.upsert_signal(connection, name="Any", type=configuration.type, configuration={})
        execution = signals.start_execution(
            connection,
            signal_id=signal,
            configuration=configuration.stored_configuration(),
            airflow_run_id=run,
        )
        return find_execution(connection, execution)


Step = Callable[[Runtime, Ledger, Execution, list[int]], dict[str, int]]


def companies_of(runtime: Runtime, execution: Execution) -> list[int]:
    names = json.dumps([{"name": name} for name in NAMES])
    return save_companies(runtime, names, Origin("test", "test", execution.id), limit=100).ids


def events_of(runtime: Runtime, execution: Execution) -> list[int]:
    names = json.dumps([{"name": name, "start_date": "2027-03-01"} for name in NAMES])
    return save_events(runtime, names, Origin("test", "test", execution.id), limit=100).ids


def people_answers(poison: str) -> dict[str, str]:
    answers = {
        name: json.dumps({"contacts": [{"name": f"{person_name(n)} Chief", "title": "CEO"}]})
        for n, name in enumerate(NAMES)
    }
    return answers | {POISON: poison}


def sponsor_answers(poison: str) -> dict[str, str]:
    answers = {name: json.dumps({"sponsors": [{"name": f"Sponsor of {name}"}]}) for name in NAMES}
    return answers | {POISON: poison}


PEOPLE = "select count(*) from persons"
LINKS = "select count(*) from event_sponsors"
POISONOUS_PEOPLE = '{"contacts": [{"name": "Poison Ivy", "title": "CEO"}, {"name": "Ada Good", "title": "CEO"}]}'
POISONOUS_SPONSORS = '{"sponsors": [{"name": "Poison Ltd."}, {"name": "Good Ltd."}]}'
STAGES = pytest.mark.parametrize(
    ("step", "items_of", "answers", "table", "poisonous", "result"),
    [
        pytest.param(find_people, companies_of, people_answers, "persons", POISONOUS_PEOPLE, PEOPLE, id="people"),
        pytest.param(
            extract_sponsors, events_of, sponsor_answers, "companies", POISONOUS_SPONSORS, LINKS, id="sponsors"
        ),
    ],
)
COLUMN = {"persons": "full_name", "companies": "name"}


def left_out(engine: Engine) -> list[tuple[Any, ...]]:
    return seen(engine, "select stage, reason, source, detail from rejected_records where source <> 'test'")


def marked(engine: Engine) -> list[tuple[Any, ...]]:
    return seen(
        engine,
        "select error_kind, status, expires_at <= now() from agent_calls where error_kind is not null order by id",
    )


@STAGES
@pytest.mark.parametrize("is_unreadable", [True, False], ids=["unreadable", "refused"])
def test_a_poisoned_answer_costs_itself_and_is_asked_for_again(
    engine: Engine,
    step: Step,
    items_of: Callable[[Runtime, Execution], list[int]],
    answers: Callable[[str], dict[str, str]],
    table: str,
    poisonous: str,
    result: str,
    is_unreadable: bool,
    caplog: pytest.LogCaptureFixture,
) -> None:
    runtime = Runtime(engine, reading=HURRY)
    execution = opened(engine, "run 1")
    items = items_of(runtime, execution)
    agents = KnownAnswers(answers(LONG_LIST if is_unreadable else poisonous))
    reason = "took_too_long" if is_unreadable else "unexpected_error"
    with refusing(engine, table, COLUMN[table]):
        counts = step(runtime, Ledger(engine, agents, execution.scope), execution, items)
        assert counts == {"found": 7, "rejected": 1}
        assert seen(engine, result) == [(7,)]
        assert len(agents.asked) == 8
        ((_, noted, source, detail),) = left_out(engine)
        assert noted == reason
        assert source.split()[0] in ("company", "event")
        assert "Poison" not in detail
        assert marked(engine) == [(reason, "succeeded", True)]

        # Another try, a cleared task: it is not paid for again, and noted once.
        resume_execution(runtime, execution.id, [source])
        assert step(runtime, Ledger(engine, agents, execution.scope), execution, items) == counts
        assert len(agents.asked) == 8
        assert len(left_out(engine)) == 1

        # Another execution asks for this one anew; the good ones are used again.
        second = opened(engine, "run 2")
        items_of(runtime, second)
        agents.answers[POISON] = answers("")[NAMES[0]].replace("Sponsor of", "Backer of")
        assert step(runtime, Ledger(engine, agents, second.scope), second, items)["found"] == 8
        assert agents.asked[8:] == [POISON]
    assert summarize_execution(runtime, execution.id, failed_tasks=0).status == "completed_with_errors"
    assert "Poison" not in caplog.text.replace("Poison Works", "")


@STAGES
def test_an_error_that_every_question_meets_is_no_answers_fault(
    engine: Engine,
    step: Step,
    items_of: Callable[[Runtime, Execution], list[int]],
    answers: Callable[[str], dict[str, str]],
    table: str,
    poisonous: str,
    result: str,
) -> None:
    runtime = Runtime(engine)
    execution = opened(engine, "run 1")
    items = items_of(runtime, execution)
    agents = KnownAnswers(dict.fromkeys(NAMES, poisonous))
    ledger = Ledger(engine, agents, execution.scope)
    with refusing(engine, table, COLUMN[table]), pytest.raises(DBAPIError):
        step(runtime, ledger, execution, items)
    assert marked(engine) == []
    assert len(left_out(engine)) == 8
    resume_execution(runtime, execution.id, [row[2] for row in left_out(engine)])
    assert left_out(engine) == []
    assert step(runtime, ledger, execution, items)["rejected"] == 0
    assert len(agents.asked) == 8, "repaired, and nothing is paid for again"


@pytest.mark.parametrize("errcode", ["53100", "57014", "40001"], ids=["disk full", "cancelled", "lost races"])
def test_what_the_next_one_would_meet_ends_the_try(engine: Engine, errcode: str) -> None:
    runtime = Runtime(engine)
    execution = opened(engine, "run 1")
    items = companies_of(runtime, execution)
    agents = KnownAnswers(people_answers(POISONOUS_PEOPLE))
    with refusing(engine, "persons", "full_name", errcode), pytest.raises(OperationalError):
        find_people(runtime, Ledger(engine, agents, execution.scope), execution, items)
    assert marked(engine) == []


class Killed(BaseException):
    """What Airflow raises in a task that takes too long is no ``Exception`` either."""


def test_nothing_keeps_a_task_that_is_told_to_end(engine: Engine) -> None:
    class Killing(KnownAnswers):
        def answer(self, search: Search, steps: Steps) -> Answer:
            raise Killed

    runtime = Runtime(engine)
    execution = opened(engine, "run 1")
    items = companies_of(runtime, execution)
    with pytest.raises(Killed):
        find_people(runtime, Ledger(engine, Killing({}), execution.scope), execution, items)


def test_a_poisoned_keyword_costs_its_events(engine: Engine) -> None:
    def events(*names: str) -> str:
        return json.dumps({"events": [{"name": name, "start_date": "2027-03-01"} for name in names]})

    runtime = Runtime(engine, reading=HURRY)
    execution = opened(
        engine, "run 1", event_keywords=["good", "long", "bad"], limits={"max_events": 6}, extract_sponsors=False
    )
    agents = KnownAnswers(
        {"good": events("One", "Two", "Three", "Four"), "long": LONG_LIST, "bad": events("Fine", "Too", "Poison Days")}
    )
    ledger = Ledger(engine, agents, execution.scope)
    with refusing(engine, "events", "name"):
        assert discover(runtime, ledger, execution, "good")["found"] == 2
        assert discover(runtime, ledger, execution, "long") == {"found": 0, "rejected": 1}
        assert discover(runtime, ledger, execution, "bad")["found"] == 2
        # The share of the unreadable answer is free; one keyword's next event cannot be saved, the other's can.
        assert pass_on_unused_shares(runtime, execution.id) == 1
    assert {row[1:3] for row in left_out(engine)} == {
        ("took_too_long", "keyword long"),
        ("unexpected_error", "keyword bad"),
        ("over_limit", "keyword good"),
    }
    assert len(agents.asked) == 3


# ------------------------------------------------------------------------------------------------------------- seats
def queued(engine: Engine) -> None:
    with engine.begin() as connection:
        ids(upsert_companies(connection, [CompanyRow(name) for name in NAMES], source_system="test").saved)
        evaluate(connection)


def backfill(runtime: Runtime, agents: KnownAnswers, scope: str = "run 1") -> dict[str, int]:
    return Backfill(
        runtime,
        claimed_by=scope,
        queue=Queue(),
        limit=100,
        lease_seconds=60,
        providers=["llm"],
        open_ledger=lambda _: Ledger(runtime.engine, agents, scope),
    ).run()


@pytest.mark.parametrize("is_unreadable", [True, False], ids=["unreadable", "refused"])
def test_a_poisoned_answer_costs_one_company_its_requests(engine: Engine, is_unreadable: bool) -> None:
    runtime = Runtime(engine, reading=HURRY)
    queued(engine)
    agents = KnownAnswers(people_answers(LONG_LIST if is_unreadable else POISONOUS_PEOPLE))
    reason = "took_too_long" if is_unreadable else "unexpected_error"
    with refusing(engine, "persons", "full_name"):
        assert backfill(runtime, agents) == {"completed": 7, "failed": 17, "waiting": 0, "lost": 0, "released": 0}
    assert seen(engine, PEOPLE) == [(7,)]
    assert {row[1] for row in left_out(engine)} == {reason}
    assert marked(engine) == [(reason, "succeeded", True)]
    with engine.begin() as connection:
        poisoned = [row for row in requests(connection) if row["company_name"] == POISON]
        assert {row["status"] for row in poisoned} == {"failed"}
        assert sum(row["cost_credits"] for row in poisoned) == pytest.approx(PRICE, abs=Decimal("0.01"))
        # Attempts count, so the next evaluation asks for what nobody was found for, and the poisoned are asked anew.
        evaluate(connection)
    asked = len(agents.asked)
    agents.answers[POISON] = people_answers("")[NAMES[0]]
    assert backfill(runtime, agents, "run 2")["completed"] == 1
    assert agents.asked[asked:].count(POISON) == 1


def test_seats_of_all_companies_wait_when_all_meet_the_error(engine: Engine) -> None:
    queued(engine)
    agents = KnownAnswers(dict.fromkeys(NAMES, POISONOUS_PEOPLE))
    with refusing(engine, "persons", "full_name"):
        with pytest.raises(DBAPIError):
            backfill(Runtime(engine), agents)
        with engine.connect() as connection:
            assert len(requests(connection, "running")) == 24, "the next try goes on with them"
        with pytest.raises(DBAPIError):
            backfill(Runtime(engine, is_last_try=True), agents)
    with engine.connect() as connection:
        assert len(requests(connection, "queued")) == 24
        assert stored(connection, "company_slot", "distinct enrichment_attempts") == [{"enrichment_attempts": 0}]
    assert marked(engine) == []
    assert len(agents.asked) == 8


def test_an_answer_fills_seats_and_not_the_database(engine: Engine) -> None:
    queued(engine)
    crowd = [{"name": f"{person_name(number)} Chief", "title": "Interim CEO"} for number in range(MAX_PEOPLE + 250)]
    crowd.append({"name": "Ada Real", "title": "CEO"})
    agents = KnownAnswers(people_answers(json.dumps({"contacts": crowd})))
    assert backfill(Runtime(engine), agents)["completed"] == 8
    assert seen(engine, PEOPLE) == [(7 + MAX_PEOPLE,)]
    assert seen(engine, "select full_name from persons where full_name = 'Ada Real'") == [("Ada Real",)]
    assert seen(engine, "select count(*) from rejected_records") == [(MAX_ALIKE + 1,)]


def test_unexpected_errors_are_logged_by_class_and_place(engine: Engine, caplog: pytest.LogCaptureFixture) -> None:
    queued(engine)
    agents = KnownAnswers(people_answers(POISONOUS_PEOPLE))
    with caplog.at_level(logging.INFO), refusing(engine, "persons", "full_name"):
        backfill(Runtime(engine), agents)
    (record,) = [record for record in caplog.records if "unexpected" in record.getMessage()]
    assert "SQLSTATE P0001" in record.getMessage()
    assert "in upsert_persons" in record.getMessage()
    assert "Ivy" not in caplog.text
