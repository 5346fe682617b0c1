"""What the slot tests share: a world with news for an evaluation, and what they do to it."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from decimal import Decimal

from sqlalchemy import Connection, text

from prospecting.agents.searches import Answer, Search, SeatSearch
from prospecting.agents.steps import Steps
from prospecting.persistence.slot_evaluations import Counters
from tests.clock import date_ago, days_ago
from tests.db.factories import (
    add_companies,
    add_person,
    claim,
    end_roles,
    evaluate,
    from_outside,
    nobody_found,
    person_name,
    requests,
    versions,
)

NOTHING_HELD = {"CEO": ("open", 0), "CFO": ("open", 0), "HR": ("open", 0)}
PENDING = ("pending", "queued", "assigned", "running")


def long_ago() -> datetime:
    return days_ago(200)


def fill_long_ago(connection: Connection) -> None:
    """Within one transaction it is always now; a seat filled long ago shows whether its date is kept."""
    connection.execute(
        text("update company_slot set filled_at = :at where person_unique_id is not null"), {"at": long_ago()}
    )


def merge(connection: Connection, table: str, loser: int, winner: int) -> None:
    values = {"winner": winner, "loser": loser}
    connection.execute(text(f"update {table} set merged_into_id = :winner where id = :loser"), values)


def delete(connection: Connection, table: str, row_id: int) -> None:
    connection.execute(text(f"delete from {table} where id = :id"), {"id": row_id})


def pending_per_seat(connection: Connection) -> Counter[tuple[str, str]]:
    return Counter((row["company_unique_id"], row["slot_type"]) for row in requests(connection, *PENDING))


def assert_no_news(connection: Connection) -> Counters:
    """Another evaluation writes nothing: no row of any table has a new version. It may take notes, if there are any."""
    before = versions(connection)
    counters = evaluate(connection)
    assert versions(connection) | {"seat_changes": before["seat_changes"]} == before
    assert not versions(connection)["seat_changes"]
    events = (counters.slots_created, counters.slots_updated, counters.backfill_triggered, counters.requests_cancelled)
    assert (*events, counters.verifications_triggered) == (0, 0, 0, 0, 0)
    return counters


def busy_world(connection: Connection) -> dict[str, int]:
    """Companies in every situation there is, some of them with news since their last evaluation."""
    names = (
        "Closed",
        "Compound",
        "Crowd",
        "Deputy",
        "Ended",
        "Filled",
        "Kept",
        "Left",
        "Removed",
        "Running",
        "Upgrade",
    )
    found = dict(zip(names, add_companies(connection, *names), strict=True))
    add_person(connection, found["Kept"], "Ann Kay", "Chief Financial Officer")
    add_person(connection, found["Deputy"], "Ann Day", "Deputy CFO")
    leaver = add_person(connection, found["Left"], "Ann Lee", "CEO")
    gone = add_person(connection, found["Removed"], "Ann Roe", "CHRO")
    add_person(connection, found["Upgrade"], "Ann Ude", "Interim CEO", date_ago(20))
    evaluate(connection)
    for _ in range(2):
        nobody_found(connection, company_unique_ids=unique_ids(connection, found["Closed"]))
        evaluate(connection)
    claim(connection, "busy", company_unique_ids=unique_ids(connection, found["Running"]))
    # What has happened since.
    found |= dict(zip(("New", "Merged"), add_companies(connection, "New", "Merged"), strict=True))
    from_outside(connection, "failed", f"record_id in ({intake_of(found['Ended'])})")
    end_roles(connection, leaver)
    delete(connection, "persons", gone)
    merge(connection, "companies", found["Merged"], found["New"])
    add_person(connection, found["Merged"], "Ann Mee", "CEO")
    add_person(connection, found["Compound"], "Ann Coe", "CEO & CFO")
    add_person(connection, found["Closed"], "Ann Cle", "Head of HR")
    add_person(connection, found["Filled"], "Ann Fee", "CHRO")
    add_person(connection, found["Upgrade"], "Ann Upe", "CEO", date_ago(300))
    for number in range(3):
        add_person(connection, found["Crowd"], person_name(number), "HR Manager")
    return found


def unique_ids(connection: Connection, *company_ids: int) -> tuple[str, ...]:
    found = connection.execute(
        text("select company_unique_id from companies where id = any(:ids) order by id"), {"ids": list(company_ids)}
    )
    return tuple(found.scalars())


def intake_of(company_id: int) -> str:
    """SQL: the ids of the company's requests, as text."""
    return (
        "select i.id::text from intake.people_raw_intake as i join companies as c using (company_unique_id) "
        f"where c.id = {company_id}"
    )


class KnowsNobody:
    """A provider that answers for money and knows nobody. ``asked``: the names of the companies, in their order."""

    provider = "llm"
    ttl_seconds = 0

    def __init__(self) -> None:
        self.asked: list[str] = []

    def reserve_usd(self, search: Search) -> Decimal:
        return Decimal(0)

    def answer(self, search: Search, steps: Steps) -> Answer:
        assert isinstance(search, SeatSearch)
        self.asked.append(search.company_name)
        return Answer(b'{"contacts": []}')
