"""The history of seats: every change on record, none of it ever changed, and the state of any moment in it."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError

from prospecting.persistence import slot_evaluations, slot_requests
from prospecting.persistence.database import TaskAttempt, unit_of_work
from tests.db.evaluating import delete
from tests.db.factories import (
    add_companies,
    add_person,
    claim,
    close,
    count,
    end_roles,
    evaluate,
    from_outside,
    holders,
    nobody_found,
    person_name,
    seats,
    states,
    stored,
)

State = tuple[str, str, str, str | None, int]


def right_now(connection: Connection) -> datetime:
    found: datetime = connection.execute(text("select clock_timestamp()")).scalar_one()
    return found


def as_stored(connection: Connection) -> set[State]:
    found = connection.execute(
        text(
            "select company_slot_unique_id, slot_type, status, person_unique_id, enrichment_attempts from company_slot"
        )
    )
    return {(row[0], row[1], row[2], row[3], row[4]) for row in found}


def as_rebuilt(connection: Connection, at: datetime, company_unique_ids: Sequence[str] | None = None) -> set[State]:
    return {
        (
            row["company_slot_unique_id"], row["slot_type"], row["status"], row["person_unique_id"],
            row["enrichment_attempts"],
        )
        for row in slot_evaluations.query_states_at(connection, at, company_unique_ids)
    }  # fmt: skip


def life_of(connection: Connection, slot_type: str) -> list[tuple[str, str, int, bool]]:
    """Transition, status, attempts and whether somebody holds the seat, in the order of history."""
    return [
        (row["transition"], row["status"], row["enrichment_attempts"], row["person_unique_id"] is not None)
        for row in stored(connection, "slot_transitions", order="id")
        if row["slot_type"] == slot_type
    ]


# ------------------------------------------------------------------ what is on record
def test_the_life_of_a_seat_is_on_record(connection: Connection, acme: int) -> None:
    evaluate(connection)
    for _ in range(2):
        nobody_found(connection)
        evaluate(connection)
    ann = add_person(connection, acme, "Ann Poe", "CEO")
    evaluate(connection)
    end_roles(connection, ann)
    evaluate(connection)
    bea = add_person(connection, acme, "Bea Poe", "Interim CEO")
    evaluate(connection)
    add_person(connection, acme, "Cat Poe", "CEO")
    evaluate(connection)
    delete(connection, "persons", bea)
    delete(connection, "companies", acme)
    assert life_of(connection, "CEO") == [
        ("open", "open", 0, False),
        ("requested", "open", 0, False),
        ("open", "open", 1, False),
        ("requested", "open", 1, False),
        ("closed", "closed_missing", 2, False),
        ("filled", "filled", 0, True),
        ("reopened", "open", 0, False),
        ("requested", "open", 0, False),
        ("filled", "filled", 0, True),
        ("filled", "filled", 0, True),
        ("removed", "filled", 0, True),
    ]
    assert [step[0] for step in life_of(connection, "HR")] == [
        "open", "requested", "open", "requested", "closed", "removed",
    ]  # fmt: skip


def test_a_seat_that_is_filled_at_first_sight_was_never_open(connection: Connection, acme: int) -> None:
    add_person(connection, acme, "Ann Poe", "CFO")
    evaluate(connection)
    assert life_of(connection, "CFO") == [("filled", "filled", 0, True)]


def test_a_closed_seat_that_is_opened_by_hand_was_reopened(connection: Connection, acme: int) -> None:
    evaluate(connection)
    for attempts in (2, 3, 0):
        connection.execute(text("update company_slot set enrichment_attempts = :n"), {"n": attempts})
    assert [step[0] for step in life_of(connection, "HR")] == ["open", "requested", "closed", "closed", "reopened"]


def test_a_holder_who_is_deleted_leaves_a_line(connection: Connection, acme: int) -> None:
    ann = add_person(connection, acme, "Ann Poe", "CEO & CFO")
    evaluate(connection)
    delete(connection, "persons", ann)
    assert states(connection, acme)["CEO"] == ("open", 0)
    assert life_of(connection, "CEO")[-1] == life_of(connection, "CFO")[-1] == ("reopened", "open", 0, False)
    assert as_rebuilt(connection, right_now(connection)) == as_stored(connection)


def test_what_changes_nothing_of_a_seat_is_no_history(connection: Connection, acme: int) -> None:
    add_person(connection, acme, "Ann Poe", "CEO")
    evaluate(connection)
    before = count(connection, "slot_transitions")
    connection.execute(text("update company_slot set last_refreshed_at = clock_timestamp(), confidence_score = 0.5"))
    evaluate(connection)
    assert count(connection, "slot_transitions") == before
    assert str(seats(connection, acme)["CEO"]["confidence_score"]) == "1.00"


def test_a_seat_filled_by_hand_is_on_record(connection: Connection, acme: int) -> None:
    ann = add_person(connection, acme, "Ann Poe", "Nurse")
    evaluate(connection)
    connection.execute(
        text(
            "update company_slot set person_unique_id = (select person_unique_id from persons where id = :ann) "
            "where slot_type = 'HR'"
        ),
        {"ann": ann},
    )
    assert (holders(connection, acme), states(connection, acme)["HR"]) == ({"HR": ann}, ("filled", 0))
    assert life_of(connection, "HR")[-1] == ("filled", "filled", 0, True)
    connection.execute(text("update company_slot set person_unique_id = null"))
    assert life_of(connection, "HR")[-1] == ("reopened", "open", 0, False)
    assert len(life_of(connection, "CEO")) == 2, "nothing happened to the other seats"


def test_a_seat_moved_by_hand_is_refused_or_on_record(connection: Connection) -> None:
    """The id of a seat follows from its company and type; moving it may not leave a seat in history that is gone."""
    add_companies(connection, "Acme")
    evaluate(connection, slot_types=("CEO",))
    moved = connection.begin_nested()
    try:
        connection.execute(text("update company_slot set slot_type = 'CFO'"))
    except DBAPIError:
        moved.rollback()
    assert as_rebuilt(connection, right_now(connection)) == as_stored(connection)


def test_history_says_who_wrote_it(engine: Engine) -> None:
    with unit_of_work(engine) as connection:
        (acme,) = add_companies(connection, "Acme")
        ann = add_person(connection, acme, "Ann Poe", "CEO")
    works: list[Callable[[Connection], object]] = [evaluate, nobody_found, evaluate]
    for number, work in enumerate(works, start=1):
        with unit_of_work(engine, TaskAttempt("slots", "run 1", "any", try_number=number)) as connection:
            work(connection)
    with unit_of_work(engine) as connection:
        delete(connection, "persons", ann)
        tries = {row["id"]: row["try_number"] for row in stored(connection, "task_attempts")}
        found = [
            (row["transition"], row["slot_type"], tries.get(row["written_by"]))
            for row in stored(connection, "slot_transitions", order="written_by, slot_type, transition")
        ]
    assert found == [
        ("filled", "CEO", 1), ("open", "CFO", 1), ("requested", "CFO", 1), ("open", "HR", 1), ("requested", "HR", 1),
        ("open", "CFO", 2), ("open", "HR", 2),
        ("requested", "CFO", 3), ("requested", "HR", 3),
        ("reopened", "CEO", None),
    ]  # fmt: skip


# ------------------------------------------------------------------ what is refused
@pytest.mark.parametrize(
    "change",
    [
        "update slot_transitions set status = 'filled'",
        "update slot_transitions set changed_at = now() where false",
        "delete from slot_transitions",
        "truncate slot_transitions",
    ],
)
def test_history_is_never_changed(connection: Connection, acme: int, change: str) -> None:
    evaluate(connection)
    savepoint = connection.begin_nested()
    with pytest.raises(DBAPIError, match="append-only") as refused:
        connection.execute(text(change))
    assert getattr(refused.value.orig, "sqlstate", None) == "23001"
    savepoint.rollback()
    assert count(connection, "slot_transitions") == 6


@pytest.mark.parametrize(
    ("change", "sqlstate"),
    [
        ("update company_slot set is_filled = true", "428C9"),
        ("update company_slot set status = 'filled'", "428C9"),
        ("update company_slot set company_slot_unique_id = '04.04.05.01.00001.001'", "428C9"),
        (
            "insert into company_slot (company_unique_id, slot_type, is_filled) "
            "select company_unique_id, 'HR', true from companies",
            "428C9",
        ),
        ("update company_slot set enrichment_attempts = -1", "23514"),
        ("update company_slot set enrichment_attempts = null", "23502"),
        ("update company_slot set slot_type = 'CTO'", "23001"),
        ("update company_slot set confidence_score = 1.5", "23514"),
        ("update company_slot set person_unique_id = '04.04.02.99.99999.999'", "23503"),
        (
            "insert into company_slot (company_unique_id, slot_type) select company_unique_id, 'CEO' from companies",
            "23505",
        ),
        ("insert into company_slot (company_unique_id, slot_type) values ('04.04.01.99.99999.999', 'CEO')", "23503"),
    ],
)  # fmt: skip
def test_a_seat_cannot_lie(connection: Connection, acme: int, change: str, sqlstate: str) -> None:
    connection.execute(
        text("insert into company_slot (company_unique_id, slot_type) select company_unique_id, 'CEO' from companies")
    )
    with pytest.raises(DBAPIError) as refused:
        connection.execute(text(change))
    assert getattr(refused.value.orig, "sqlstate", None) == sqlstate


def test_status_follows_from_person_and_attempts(connection: Connection, acme: int) -> None:
    add_person(connection, acme, "Ann Poe", "CEO")
    evaluate(connection)
    for attempts, empty in ((0, "open"), (1, "open"), (2, "closed_missing"), (3, "closed_missing")):
        connection.execute(text("update company_slot set enrichment_attempts = :n"), {"n": attempts})
        assert states(connection, acme) == {
            "CEO": ("filled", attempts),
            "CFO": (empty, attempts),
            "HR": (empty, attempts),
        }
        assert {slot: row["is_filled"] for slot, row in seats(connection, acme).items()} == {
            "CEO": True, "CFO": False, "HR": False,
        }  # fmt: skip


# ------------------------------------------------------------------ the state of any moment
TITLES = ["CEO", "Interim CEO", "CEO & CFO", "CFO", "Controller", "CHRO", "HR Intern", "Nurse", "Former CEO", None]


@dataclass
class Everything:
    """Does any of the things that happen to seats, as a seed decides."""

    connection: Connection
    chance: random.Random
    companies: list[int] = field(default_factory=list)
    people: list[int] = field(default_factory=list)
    founded: int = 0

    def new_company(self) -> None:
        self.founded += 1
        self.companies += add_companies(self.connection, f"Company {self.founded}")

    def new_person(self) -> None:
        name, title = person_name(len(self.people)), self.chance.choice(TITLES)
        self.people.append(add_person(self.connection, self.chance.choice(self.companies), name, title))

    def end_of_role(self) -> None:
        end_roles(self.connection, self.chance.choice(self.people))

    def evaluation(self) -> None:
        some = tuple(self.chance.sample(self.companies, len(self.companies) // 2 + 1))
        evaluate(self.connection, company_ids=self.chance.choice([None, None, some]))

    def backfill(self) -> None:
        worker = f"worker {self.chance.random()}"
        claimed = claim(self.connection, worker, limit=self.chance.choice([1, 4]))
        end = self.chance.random()
        if end < 0.15:
            slot_requests.release_requests(self.connection, claimed_by=worker, reason="Not now")
        elif end < 0.3:
            close(self.connection, claimed, worker, full_name="Ann Poe", title="CEO")
        else:
            close(self.connection, claimed, worker)

    def outside(self) -> None:
        from_outside(self.connection, self.chance.choice(["failed", "completed"]))

    def end_of_person(self) -> None:
        delete(self.connection, "persons", self.chance.choice(self.people))

    def end_of_company(self) -> None:
        self.connection.execute(
            text(
                "delete from companies where id = :id and not exists (select from companies where merged_into_id = :id)"
            ),
            {"id": self.companies.pop(self.chance.randrange(len(self.companies)))},
        )
        self.new_company()

    def merger(self) -> None:
        loser, winner = self.chance.sample(self.companies, 2)
        self.connection.execute(
            text(
                "update companies as loser set merged_into_id = winner.id from companies as winner "
                "where loser.id = :loser and winner.id = :winner and winner.merged_into_id is null "
                "and not exists (select from companies where merged_into_id = :loser)"
            ),
            {"loser": loser, "winner": winner},
        )

    def repair(self) -> None:
        change = self.chance.choice(
            [
                "update company_slot set person_unique_id = null",
                "update company_slot set enrichment_attempts = enrichment_attempts + 1",
                "update company_slot set person_unique_id = (select min(person_unique_id) from persons)",
                "delete from company_slot",
            ]
        )
        self.connection.execute(
            text(f"{change} where slot_type = :slot"), {"slot": self.chance.choice(["CEO", "CFO", "HR"])}
        )

    def happens(self) -> None:
        often: list[Callable[[], None]] = [self.evaluation, self.evaluation, self.backfill, self.new_person]
        sometimes = [self.outside, self.end_of_role, self.end_of_person, self.repair, self.new_company]
        rarely = [self.merger, self.end_of_company]
        (what,) = self.chance.choices([often, sometimes, rarely], [14, 5, 1])
        self.chance.choice(what)()


@pytest.mark.parametrize("seed", range(3))
def test_the_state_of_every_moment_can_be_rebuilt(connection: Connection, seed: int) -> None:
    world = Everything(connection, random.Random(seed))
    for _ in range(4):
        world.new_company()
    world.new_person()
    snapshots: list[tuple[datetime, set[State]]] = []
    for _ in range(70):
        world.happens()
        snapshots.append((right_now(connection), as_stored(connection)))
    assert len({frozenset(state) for _, state in snapshots}) >= 20, "much has happened"
    assert len({row["transition"] for row in stored(connection, "slot_transitions")}) >= 5
    for at, state in snapshots:
        assert as_rebuilt(connection, at) == state
    assert as_rebuilt(connection, datetime(2020, 1, 1, tzinfo=UTC)) == set()
    assert as_rebuilt(connection, datetime(2120, 1, 1, tzinfo=UTC)) == snapshots[-1][1]


def test_the_state_of_some_companies(connection: Connection) -> None:
    add_companies(connection, "Acme", "Globex", "Initech")
    evaluate(connection)
    now, rows = right_now(connection), stored(connection, "company_slot")
    found = sorted({row["company_unique_id"] for row in rows})
    for wanted in ([], found[:1], found[1:], [*found, "04.04.01.99.99999.999"]):
        expected = {row["company_slot_unique_id"] for row in rows if row["company_unique_id"] in wanted}
        assert {state[0] for state in as_rebuilt(connection, now, wanted)} == expected


def test_the_state_says_since_when(connection: Connection, acme: int) -> None:
    before = right_now(connection)
    evaluate(connection)
    between = right_now(connection)
    nobody_found(connection, slot_types=("HR",))
    found: dict[str, dict[str, Any]] = {
        row["slot_type"]: dict(row) for row in slot_evaluations.query_states_at(connection, right_now(connection))
    }
    assert [(slot, row["transition"]) for slot, row in found.items()] == [
        ("CEO", "requested"), ("CFO", "requested"), ("HR", "open"),
    ]  # fmt: skip
    assert before < found["CEO"]["changed_at"] < between < found["HR"]["changed_at"]
