"""Several who claim, close and evaluate at once, and those who are killed half-way."""

from __future__ import annotations

import itertools
import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

import pytest
from sqlalchemy import Connection, Engine, text

from prospecting.persistence import slot_requests
from prospecting.persistence.database import unit_of_work
from prospecting.persistence.slot_requests import ClaimLost, Outcome
from tests.db.factories import (
    add_companies,
    add_companies_with_ids,
    add_person,
    at_once,
    claim,
    close,
    content,
    empty,
    evaluate,
    killed_midway,
    person_name,
    requests,
    seats,
    states,
    stored,
    wait_for_blocked,
    write_backfill,
)
from tests.db.queueing import ask_again, asked, let_expire, routing_ids, tally


def test_what_another_is_claiming_is_skipped_not_waited_for(engine: Engine) -> None:
    with unit_of_work(engine) as connection:
        add_companies(connection, "Acme", "Globex", "Initech")
        evaluate(connection)
    with unit_of_work(engine) as first, unit_of_work(engine, timeout_seconds=5) as second:
        taken = claim(first, "first", limit=1)
        others = claim(second, "second", limit=1)
        assert asked(taken) == list(itertools.product(["Acme"], ["CEO", "CFO", "HR"]))
        assert asked(others) == list(itertools.product(["Globex"], ["CEO", "CFO", "HR"]))
    with unit_of_work(engine) as connection:
        assert len(claim(connection, "third")) == 3


def test_putting_back_waits_for_nobody(engine: Engine) -> None:
    """What a transaction is just ending is left to it; the rest goes back at once."""
    with unit_of_work(engine) as connection:
        add_companies(connection, "Acme", "Globex")
        evaluate(connection)
        claimed = claim(connection, "worker")
    with unit_of_work(engine) as closing, unit_of_work(engine, timeout_seconds=5) as releasing:
        close(closing, claimed[:3], "worker")
        assert slot_requests.count_held(releasing, claimed_by="worker") == 6
        assert slot_requests.release_requests(releasing, claimed_by="worker", reason="Killed") == 3
        assert slot_requests.count_held(releasing, claimed_by="worker") == 3
    with unit_of_work(engine) as connection:
        assert tally(connection) == {"failed": 3, "queued": 3}
        assert slot_requests.count_held(connection, claimed_by="worker") == 0


def test_claimers_at_once_share_no_request(engine: Engine) -> None:
    with unit_of_work(engine) as connection:
        add_companies(connection, *[f"Company {i}" for i in range(20)])
        evaluate(connection)
    works = [lambda connection, name=f"worker {i}": claim(connection, name, limit=15) for i in range(4)]
    claimed = [request.routing_id for found in at_once(engine, works) for request in found]
    assert len(claimed) == len(set(claimed))
    with unit_of_work(engine) as connection:
        rest = claim(connection, "last")
        assert len(claimed) + len(rest) == len(set(claimed) | routing_ids(rest)) == 60
        holder = {row["routing_id"]: row["claimed_by"] for row in requests(connection)}
        assert set(holder.values()) >= {f"worker {i}" for i in range(4)}


def test_one_worker_twice_at_once_closes_every_request_once(engine: Engine) -> None:
    """A task that was thought dead still runs beside its next try: what one has closed the other cannot."""
    with unit_of_work(engine) as connection:
        add_companies(connection, "Acme")
        evaluate(connection)
        claimed = claim(connection)

    def work(connection: Connection) -> str:
        try:
            with connection.begin_nested():
                close(connection, claimed)
        except ClaimLost:
            return "lost"
        return "closed"

    assert sorted(at_once(engine, [work] * 3)) == ["closed", "lost", "lost"]
    with unit_of_work(engine) as connection:
        assert {row["enrichment_attempts"] for row in stored(connection, "company_slot")} == {1}


def test_evaluations_while_requests_are_claimed_and_closed(engine: Engine) -> None:
    """Two workers and two evaluators until nothing is left to do: every seat ends filled or after two attempts."""
    with unit_of_work(engine) as connection:
        companies = add_companies(connection, *[f"Company {i}" for i in range(12)])
    ends = itertools.cycle([("CEO", "CEO"), ("HR", "CHRO"), ("CFO", "Nurse")])
    findable = {(company, slot): title for company, (slot, title) in zip(companies, ends, strict=False)}
    done = threading.Event()
    numbers = itertools.count()

    def worker(connection: Connection) -> None:
        connection.commit()
        while not done.is_set():
            with unit_of_work(engine, timeout_seconds=30) as mine:
                batch = f"worker {next(numbers)}"
                claimed = claim(mine, batch, limit=4)
            with unit_of_work(engine, timeout_seconds=30) as mine:
                outcomes = []
                for request in claimed:
                    title = findable.get((request.company_id, request.slot_type))
                    name = person_name(request.company_id % 600)
                    if title:
                        add_person(mine, request.company_id, name, title)
                        outcomes.append(Outcome(request.routing_id, full_name=name, title=title))
                    else:
                        outcomes.append(Outcome(request.routing_id, error="Nobody"))
                slot_requests.close_requests(mine, outcomes, claimed_by=batch)

    def evaluator(connection: Connection) -> None:
        connection.commit()
        for _ in range(100):
            with unit_of_work(engine, timeout_seconds=30) as mine:
                evaluate(mine)
            with unit_of_work(engine) as mine:
                open_seats = mine.execute(text("select count(*) from company_slot where status = 'open'")).scalar_one()
            if not open_seats:
                break
        done.set()

    at_once(engine, [worker, worker, evaluator, evaluator])
    with unit_of_work(engine) as connection:
        evaluate(connection)
        found = {(company, slot): state for company in companies for slot, state in states(connection, company).items()}
        expected = {
            seat: ("filled", 0) if findable.get(seat) in ("CEO", "CHRO") else ("closed_missing", 2) for seat in found
        }
        assert found == expected
        ended = Counter((row["company_id"], row["slot_type"], row["status"]) for row in requests(connection))
        for (company, slot), (status, _) in expected.items():
            assert ended[company, slot, "completed"] + ended[company, slot, "failed"] == (
                1 if status == "filled" else 2
            )
        assert all(row["settled_at"] for row in requests(connection))


def start(pool: ThreadPoolExecutor, engine: Engine, work: Callable[[Connection], object]) -> Future[None]:
    """Do it in a transaction of its own, beside everything else."""

    def in_transaction() -> None:
        with unit_of_work(engine, timeout_seconds=30) as connection:
            work(connection)

    return pool.submit(in_transaction)


@pytest.mark.parametrize("companies", [(1, 34), (67,)])
def test_closing_and_evaluating_the_same_seats_lock_them_in_one_order(
    engine: Engine, companies: tuple[int, ...]
) -> None:
    """Whichever has the first seat gets the second: the order of the seats' ids as text is not that of companies."""
    with unit_of_work(engine) as connection:
        add_companies_with_ids(connection, *companies)
        evaluate(connection)
        claimed = claim(connection)
        for number, company in enumerate(companies):
            add_person(connection, company, person_name(number), "CEO & CFO")
    first_seat = text(
        "select from company_slot where company_unique_id like '%.' || :id and slot_type = 'CEO' for update"
    )
    with ThreadPoolExecutor(2) as pool, unit_of_work(engine) as holding:
        holding.execute(first_seat, {"id": f"{companies[0]:03}"})
        evaluating = start(pool, engine, evaluate)
        wait_for_blocked(holding, 1)
        closing = start(pool, engine, lambda connection: close(connection, reversed(claimed)))
        wait_for_blocked(holding, 2)
        holding.rollback()
        closing.result(timeout=60)
        evaluating.result(timeout=60)
    with unit_of_work(engine) as connection:
        for company in companies:
            assert states(connection, company) == {"CEO": ("filled", 0), "CFO": ("filled", 0), "HR": ("open", 1)}


def test_an_attempt_that_ends_while_it_is_evaluated_is_not_lost(engine: Engine) -> None:
    """The evaluation has made its plan and waits for the seat, which the worker has just given another attempt."""
    with unit_of_work(engine) as connection:
        (acme,) = add_companies(connection, "Acme")
        evaluate(connection, slot_types=("CEO",))
        close(connection, claim(connection), full_name="Ann Poe", title="Nurse")
        ask_again(connection)
        claimed = claim(connection, "another")
    with ThreadPoolExecutor(1) as pool:
        with unit_of_work(engine) as connection:
            close(connection, claimed, "another")
            evaluating = start(pool, engine, evaluate)
            wait_for_blocked(connection, 1)
        evaluating.result(timeout=60)
    with unit_of_work(engine) as connection:
        assert states(connection, acme)["CEO"] == ("closed_missing", 2)


def test_a_backfill_killed_midway_leaves_nothing_and_the_next_is_complete(engine: Engine, database_url: str) -> None:
    killed_midway(database_url, "backfill")
    with engine.connect() as connection:
        assert not any(content(connection).values())
    with unit_of_work(engine, timeout_seconds=30) as connection:
        write_backfill(connection)
        after_kill = content(connection)
        assert tally(connection) == {"completed": 2, "failed": 4, "queued": 6}
    empty(engine)
    with unit_of_work(engine) as connection:
        write_backfill(connection)
        assert content(connection) == after_kill


def test_a_worker_killed_with_a_claim_is_followed_by_another(engine: Engine) -> None:
    """The claim was committed, the answer was not: the request is open, held until its lease ends, then claimable."""
    with unit_of_work(engine) as connection:
        (acme,) = add_companies(connection, "Acme")
        evaluate(connection)
        claimed = claim(connection, "killed")
    connection = engine.connect()
    close(connection, claimed, "killed")
    connection.close()
    with unit_of_work(engine) as connection:
        assert tally(connection) == {"running": 3}
        assert evaluate(connection).backfill_triggered == 0
        assert claim(connection, "next") == []
        let_expire(connection)
        assert evaluate(connection).backfill_triggered == 0
        again = claim(connection, "next")
        assert routing_ids(again) == routing_ids(claimed)
        close(connection, again, "next")
        assert {row["enrichment_attempts"] for row in seats(connection, acme).values()} == {1}
