"""A queue of requests for the tests of the backfill, and looking at what became of it."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

from sqlalchemy import Engine, text

from prospecting.persistence.companies import CompanyRow, upsert_companies
from prospecting.persistence.slot_requests import Queue, count_claimable
from tests.db.factories import count, evaluate, ids, requests, states
from tests.stand_in.server import StandIn

SEATS = ("CEO", "CFO", "HR")
# Public officers as the shipped catalog has them.
IN_CATALOG = CompanyRow("3M", "http://www.3m.com")
CHIEF = "Michael F. Roman"
UNKNOWN = CompanyRow("Zorgblatt Fördertechnik", "zorgblatt-conveyors.com", primary_industry="Conveyors")
OTHERS = tuple(CompanyRow(f"{name} Works") for name in ("Alder", "Birch", "Cedar", "Elm"))
WAITING = ("pending", "queued", "assigned", "running")


def queue(engine: Engine, *companies: CompanyRow) -> list[int]:
    """Companies without people, evaluated: three requests each. Returns their ids."""
    with engine.begin() as connection:
        found = ids(upsert_companies(connection, companies, source_system="test").saved)
        evaluate(connection)
    return found


def evaluate_again(engine: Engine) -> Any:
    with engine.begin() as connection:
        return evaluate(connection)


def queued(engine: Engine, *statuses: str) -> list[dict[str, Any]]:
    with engine.connect() as connection:
        return requests(connection, *statuses)


def by_seat(engine: Engine, company: int) -> dict[str, dict[str, Any]]:
    """The latest request of each seat of the company."""
    return {row["slot_type"]: row for row in queued(engine) if row["company_id"] == company}


def state_of(engine: Engine, company: int) -> dict[str, tuple[str, int]]:
    with engine.connect() as connection:
        return states(connection, company)


def asked(stand_in: StandIn) -> list[dict[str, Any]]:
    """The questions that reached the model, without its search rounds."""
    questions = []
    for request in stand_in.requests("llm"):
        messages = request["body"]["messages"]
        if not any(message["role"] == "tool" for message in messages):
            (user,) = (message["content"] for message in messages if message["role"] == "user")
            questions.append(json.loads(user)["request"])
    return questions


def asked_about(*services: StandIn) -> list[str]:
    return sorted(question["company_name"] for service in services for question in asked(service))


def promoted(engine: Engine, companies: int) -> None:
    """Every seat of so many companies got one person, with one role; nobody is there twice."""
    done = queued(engine)
    assert [row["status"] for row in done] == ["completed"] * 3 * companies
    with engine.connect() as connection:
        assert count(connection, "persons") == count(connection, "company_person_roles") == 3 * companies
        assert count(connection, "intake.people_raw_intake") == 3 * companies
    counters = evaluate_again(engine)
    assert (counters.slots_filled, counters.slots_open, counters.backfill_triggered) == (3 * companies, 0, 0)


def holds_nothing(engine: Engine) -> bool:
    return queued(engine, "running") == []


def was_put_back(engine: Engine, companies: int) -> None:
    """So many companies' requests wait, as if nobody had ever claimed them, and no attempt is counted."""
    waiting = queued(engine, "queued")
    with engine.connect() as connection:
        claimable = count_claimable(connection, Queue())
    assert len(waiting) == claimable == 3 * companies
    assert {(row["claimed_by"], row["lease_expires_at"], row["error_message"]) for row in waiting} == {
        (None, None, "Put back: killed")
    }


def wait_for(condition: Callable[[], object], what: str) -> None:
    deadline = time.monotonic() + 90
    while not condition():
        assert time.monotonic() < deadline, f"never: {what}"
        time.sleep(0.02)


def somebody_waits(engine: Engine) -> bool:
    """True when any transaction waits for a lock."""
    query = "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"
    with engine.connect() as connection:
        return bool(connection.execute(text(query)).scalar_one())


def leases(engine: Engine) -> list[Any]:
    with engine.connect() as connection:
        found = connection.execute(
            text("select lease_expires_at < now() as lease_is_over from agent_routing_log where status = 'running'")
        )
        return list(found.mappings())
