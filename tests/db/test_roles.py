"""When a role is over: what ends it, what only casts doubt on it, and that it does not matter what came first."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, timedelta
from functools import partial
from random import Random
from typing import Any, NamedTuple

import pytest
from sqlalchemy import Connection, Engine, text

from prospecting.persistence.persons import PersonRow, upsert_persons
from prospecting.persistence.roles import CLEARLY_NEWER_DAYS, settle_all_roles
from tests.db.factories import at_once, stored, versions
from tests.db.person_rows import companies

OLD = date(2025, 1, 1)
NEW = OLD + timedelta(CLEARLY_NEWER_DAYS)
SOON = NEW - timedelta(1)


class Seen(NamedTuple):
    """Somebody, known by a profile unless the name is lower case, is seen in a role at a company on a day."""

    who: str
    company: int
    title: str | None
    on: date | None


def rows_of(evidence: Sequence[Seen], company_ids: Sequence[int]) -> list[PersonRow]:
    return [
        PersonRow(
            f"{seen.who} Doe",
            company_ids[seen.company],
            seen.title,
            f"linkedin.com/in/{seen.who}" if seen.who[0].isupper() else None,
            f"{seen.who}@mail.example",
            observed_on=seen.on,
        )
        for seen in evidence
    ]


def save(connection: Connection, evidence: Sequence[Seen], company_ids: Sequence[int], *, at: int = 1) -> None:
    """Save so many at a time."""
    rows = rows_of(evidence, company_ids)
    for start in range(0, len(rows), at):
        assert not upsert_persons(connection, rows[start : start + at], source_system="test").failures


def standings(connection: Connection) -> dict[tuple[str, str, str | None], str]:
    """By person, company and title: why a role is over, "doubted", or "held"."""
    found = connection.execute(
        text(
            "select p.first_name, c.name, r.role_title, r.is_current, r.is_doubted, r.ended_because, r.ended_on "
            "from company_person_roles as r join persons as p on p.id = r.person_id "
            "join companies as c on c.id = r.company_id"
        )
    ).all()
    assert all(row.is_current == (row.ended_because is None) == (row.ended_on is None) for row in found)
    assert not any(row.is_doubted and not row.is_current for row in found)
    return {
        (row.first_name.lower(), row.name, row.role_title): f"{row.ended_because} {row.ended_on}"
        if row.ended_because
        else "doubted"
        if row.is_doubted
        else "held"
        for row in found
    }


@pytest.fixture
def company_ids(connection: Connection) -> list[int]:
    return companies(connection, "Acme", "Globex", "Initech")


CASES: list[tuple[list[Any], str]] = [
    # A job elsewhere since, of somebody who is known.
    ([("Jane", 0, "CTO", OLD), ("Jane", 1, "CTO", SOON)], f"newer_role_elsewhere {SOON}"),
    ([("Jane", 0, None, OLD), ("Jane", 1, "CTO", SOON)], f"newer_role_elsewhere {SOON}"),
    ([("Jane", 0, "CTO", OLD), ("Jane", 1, "CTO", SOON), ("Jane", 2, "CTO", NEW)], f"newer_role_elsewhere {SOON}"),
    ([("jane", 0, "CTO", OLD), ("jane", 1, "CTO", SOON)], "doubted"),
    ([("Jane", 0, "CTO", OLD), ("Jane", 1, "CTO", SOON), ("Jane", 2, "CFO", SOON)], "doubted"),
    ([("Jane", 0, "CTO", OLD), ("Jane", 1, None, SOON)], "doubted"),
    ([("Jane", 0, "CTO", OLD), ("Jane", 1, "CTO", OLD)], "held"),
    ([("Jane", 0, "CTO", OLD), ("Jane", 1, "Board Member", SOON), ("Jane", 2, "Angel Investor", SOON)], "held"),
    ([("Jane", 0, "CTO", OLD), ("Jane", 1, "Fractional CTO", SOON)], "held"),
    ([("Jane", 0, "Part-time CFO", OLD), ("Jane", 1, "Virtual CFO", SOON)], "held"),
    ([("Jane", 0, "Contract Manager", OLD), ("Jane", 1, "CTO", SOON)], f"newer_role_elsewhere {SOON}"),
    ([("Jane", 0, "CTO", OLD), ("Jane", 1, "Former CTO", SOON)], "held"),
    ([("Jane", 0, "Board Member", OLD), ("Jane", 1, "CTO", SOON)], "held"),
    ([("Jane", 0, "CTO", None), ("Jane", 1, "CTO", SOON)], "held"),
    # The next holder of an office that is one person's.
    ([("Jane", 0, "CEO", OLD), ("Bob", 0, "Chief Executive Officer", NEW)], f"successor {NEW}"),
    ([("Jane", 0, "President & CEO", OLD), ("bob", 0, "CEO", NEW)], f"successor {NEW}"),
    ([("Jane", 0, "CHRO", OLD), ("Bob", 0, "Chief People Officer", NEW)], f"successor {NEW}"),
    ([("Jane", 0, "CEO", OLD), ("Bob", 0, "CEO", NEW), ("Bob", 1, "CEO", NEW + timedelta(9))], f"successor {NEW}"),
    ([("Jane", 0, "CEO & CFO", OLD), ("Bob", 0, "CFO", NEW), ("Cy", 0, "CEO", NEW)], f"successor {NEW}"),
    ([("Jane", 0, "CEO & CFO", OLD), ("Bob", 0, "CFO", NEW)], "doubted"),
    ([("Jane", 0, "CEO", OLD), ("Bob", 0, "CEO", SOON)], "doubted"),
    ([("Jane", 0, "CEO", OLD), ("Bob", 0, "CEO", OLD)], "held"),
    ([("Jane", 0, "Co-CEO", OLD), ("Bob", 0, "Co-CEO", NEW)], "held"),
    ([("Jane", 0, "CEO", OLD), ("Bob", 0, "Interim CEO", NEW)], "held"),
    ([("Jane", 0, "CEO", OLD), ("Bob", 0, "Deputy CEO", NEW)], "held"),
    ([("Jane", 0, "CEO", OLD), ("Bob", 0, "CEO, North America", NEW)], "held"),
    ([("Jane", 0, "HR Director", OLD), ("Bob", 0, "HR Director", NEW)], "held"),
    ([("Jane", 0, "CTO", OLD), ("Bob", 0, "CTO", NEW)], "held"),
    ([("Jane", 0, "CEO", OLD), ("Bob", 1, "CEO", NEW)], "held"),
    # Another title at the company since, or on the same day.
    ([("Jane", 0, "CFO", OLD), ("Jane", 0, "CEO", SOON)], f"newer_title {SOON}"),
    ([("Jane", 0, "CFO", OLD), ("Jane", 0, "CEO", SOON), ("Jane", 0, "COO", NEW)], f"newer_title {SOON}"),
    ([("Jane", 0, "CFO", OLD), ("Jane", 0, "Former CFO", SOON)], f"newer_title {SOON}"),
    ([("Jane", 0, "CFO", OLD), ("Jane", 0, "Board Member", SOON)], "doubted"),
    ([("Jane", 0, "Board Member", OLD), ("Jane", 0, "CFO", SOON)], "held"),
    ([("Jane", 0, "CEO", OLD), ("Jane", 0, "President & CEO", OLD)], f"same_role {OLD}"),
    ([("Jane", 0, "VP Marketing", OLD), ("Jane", 0, "CMO", OLD)], f"same_role {OLD}"),
    ([("Jane", 0, "CEO", OLD), ("Jane", 0, "CEO, North America", OLD)], "held"),
    ([("Jane", 0, "CEO", OLD), ("Jane", 0, "Founder", OLD)], "held"),
    ([("Jane", 0, "CEO", OLD), ("Jane", 0, "CFO", OLD)], "held"),
    ([("Jane", 0, "CFO", None), ("Jane", 0, "CEO", OLD)], "held"),
]


def test_what_becomes_of_the_first_role(connection: Connection) -> None:
    """All cases side by side, each with people and companies of its own: in order, backwards, and all at once."""
    company_ids = companies(connection, *(f"Company {number}" for number in range(3 * len(CASES))))
    turns: list[list[Seen]] = [[], [], []]
    firsts, expected = [], {}
    for number, (evidence, first) in enumerate(CASES):
        for turn, (who, company, title, on) in enumerate(evidence):
            seen = Seen(f"{who}{chr(97 + number // 26)}o{chr(97 + number % 26)}", 3 * number + company, title, on)
            turns[turn].append(seen)
            if turn == 0:
                firsts.append((seen.who.lower(), f"Company {seen.company}", title))
        expected[firsts[-1]] = first
    forwards = [seen for turn in turns for seen in turn]
    found = []
    for order in (turns, turns[::-1], [forwards]):
        with connection.begin_nested() as tried:
            for turn in order:
                save(connection, turn, company_ids, at=len(forwards))
            found.append(standings(connection))
            before = versions(connection)
            for turn in order:
                save(connection, turn, company_ids, at=len(forwards))
            assert settle_all_roles(connection) == 0
            assert versions(connection) == before
            tried.rollback()
    assert {first: found[0][first] for first in firsts} == expected
    assert found[0] == found[1] == found[2]


STORY = [
    Seen("Jane", 0, "CEO", OLD),
    Seen("Jane", 0, "President & CEO", OLD),
    Seen("Jane", 1, "Board Member", NEW),
    Seen("Jane", 1, "CFO", date(2025, 9, 1)),
    Seen("Jane", 0, "CEO", date(2024, 1, 1)),
    Seen("Bob", 0, "CEO", date(2025, 6, 1)),
    Seen("Bob", 0, "CFO", date(2024, 6, 1)),
    Seen("Bob", 2, "CEO", date(2026, 1, 1)),
    Seen("Cy", 1, "CFO", date(2025, 1, 1)),
    Seen("Cy", 2, "CFO", date(2025, 10, 1)),
    Seen("Cy", 0, "Founder", None),
    Seen("Di", 2, "Chief Executive Officer", date(2025, 12, 1)),
]


def test_evidence_ends_the_same_in_any_order(connection: Connection, company_ids: list[int]) -> None:
    random, expected = Random(16), None
    for _ in range(8):
        order = random.sample(STORY, len(STORY))
        with connection.begin_nested() as tried:
            save(connection, order, company_ids, at=random.choice([1, 3, len(STORY)]))
            expected = expected or standings(connection)
            assert standings(connection) == expected
            assert settle_all_roles(connection) == 0
            tried.rollback()
    assert expected is not None
    assert {key for key, standing in expected.items() if standing == "held"} == {
        ("jane", "Globex", "CFO"),
        ("jane", "Globex", "Board Member"),
        ("bob", "Initech", "CEO"),
        ("cy", "Initech", "CFO"),
        ("cy", "Acme", "Founder"),
    }
    assert expected["jane", "Acme", "President & CEO"] == "successor 2025-06-01"
    assert expected["cy", "Globex", "CFO"] == "successor 2025-09-01"
    assert expected["di", "Initech", "Chief Executive Officer"] == "doubted"


def test_two_writers_see_each_others_evidence(engine: Engine, connection: Connection, company_ids: list[int]) -> None:
    """A successor and moves, written at the same time as what they end; one writer knows the people by their profiles,
    the other by their addresses."""
    names = [f"J{chr(97 + number)}ne" for number in range(6)]
    save(connection, [Seen(name, 2, "Engineer", date(2024, 1, 1)) for name in names], company_ids)
    connection.commit()
    here = rows_of([Seen(name, 0, "Engineer", OLD) for name in names], company_ids)
    elsewhere = rows_of([Seen(name, 1, "Engineer", NEW) for name in names], company_ids)
    ann, bob = rows_of([Seen("Ann", 0, "CEO", OLD), Seen("Bob", 0, "CEO", NEW)], company_ids)
    for rows, others in (
        ([replace(row, email=None) for row in here], [replace(row, linkedin_url=None) for row in elsewhere[::-1]]),
        ([ann], [bob]),
    ):
        works: list[Callable[[Connection], Any]] = [
            partial(upsert_persons, rows=given, source_system="test") for given in (rows, others)
        ]
        at_once(engine, works)
    found = standings(connection)
    assert found["ann", "Acme", "CEO"] == f"successor {NEW}"
    assert {found[name.lower(), "Acme", "Engineer"] for name in names} == {f"newer_role_elsewhere {NEW}"}


@pytest.mark.parametrize("because", [None, "left", "corrected"])
def test_what_a_person_ended_stays_so_until_there_is_later_evidence(
    connection: Connection, company_ids: list[int], because: str | None
) -> None:
    save(connection, [Seen("Jane", 0, "CEO", OLD), Seen("Bob", 0, "CEO", NEW)], company_ids)
    connection.execute(
        text(
            "update company_person_roles set is_current = false, ended_because = :because, ended_on = :on "
            "where observed_on = :seen"
        ),
        {"because": because, "on": date(2025, 12, 1) if because else None, "seen": NEW},
    )
    settle_all_roles(connection)
    # Whoever left has been there; what was wrong says nothing of others.
    (first, second) = stored(connection, "company_person_roles", "is_current, ended_because", "id")
    assert first["ended_because"] == ("successor" if because == "left" else None)
    assert second == {"is_current": False, "ended_because": because}
    save(connection, [Seen("Bob", 0, "CEO", date(2025, 11, 1) if because else NEW)], company_ids)
    assert stored(connection, "company_person_roles", "is_current", "id")[1] == {"is_current": False}
    save(connection, [Seen("Bob", 0, "CEO", date(2025, 12, 2))], company_ids)
    assert stored(connection, "company_person_roles", "is_current, ended_on", "id")[1] == {
        "is_current": True,
        "ended_on": None,
    }


@pytest.mark.parametrize(
    ("setting", "role", "standing"),
    [
        (None, "true, false, date '2024-06-15'", "current"),
        (None, "true, false, date '2024-06-14'", "unconfirmed"),
        ("24", "true, false, date '2024-06-14'", "current"),
        ("", "true, false, null", "unconfirmed"),
        (None, "true, true, date '2025-12-01'", "doubted"),
        (None, "false, true, date '2025-12-01'", "ended"),
    ],
)
def test_how_a_role_stands_on_a_day(connection: Connection, setting: str | None, role: str, standing: str) -> None:
    if setting is not None:
        connection.execute(
            text("select set_config('prospecting.unconfirmed_after_months', :months, true)"), {"months": setting}
        )
    asked = f"select role_standing({role}, date '2025-12-15')"
    assert connection.execute(text(asked)).scalar_one() == standing
