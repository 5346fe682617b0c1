"""Who works elsewhere now: what confirms itself, what a person decides, and what follows for seats and contacts."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Connection, Engine, text

from prospecting.persistence.contacts import create_contact
from prospecting.persistence.job_changes import (
    Found,
    confirm_evident,
    decide_job_change,
    find_job_changes,
    query_job_changes,
)
from prospecting.persistence.persons import PersonRow, upsert_persons
from tests.db.acting import act_as
from tests.db.engaging import add_conversation, add_touchpoint
from tests.db.factories import at_once, evaluate, holders, ids, states, stored, versions
from tests.db.promoting import approve, plan, promote

OLD, NEW = date(2024, 3, 1), date(2026, 2, 1)
PROFILE = "linkedin.com/in/jane-doe"


@pytest.fixture
def acme(connection: Connection) -> int:
    return company(connection, "Acme", "acme.com")


@pytest.fixture
def globex(connection: Connection) -> int:
    return company(connection, "Globex", "globex.com")


def company(connection: Connection, name: str, domain: str | None = None) -> int:
    found: int = connection.execute(
        text(
            "insert into companies (name, name_key, domain, source_system) "
            "values (:name, lower(:name), :domain, 'test') returning id"
        ),
        {"name": name, "domain": domain},
    ).scalar_one()
    return found


def seen(
    connection: Connection,
    company_id: int,
    title: str | None = "CFO",
    on: date | None = NEW,
    *,
    name: str = "Jane Doe",
    profile: str | None = PROFILE,
    email: str | None = None,
) -> int:
    """Somebody was seen in a role; known again by the profile, or by name and address."""
    row = PersonRow(name, company_id, title, profile, email, observed_on=on)
    return ids(upsert_persons(connection, [row], source_system="test").saved)[0]


def changes(connection: Connection) -> list[tuple[str, str | None]]:
    return [
        (row["status"], row["reason"]) for row in stored(connection, "job_changes", order="created_at, from_role_id")
    ]


def works_at(connection: Connection, person: int) -> set[int]:
    found = connection.execute(
        text("select company_id from company_person_roles where person_id = :id and is_current"), {"id": person}
    )
    return set(found.scalars())


def contact_of(connection: Connection, person: int, company_id: int | None, **columns: Any) -> UUID:
    values = {"person_id": person, "company_id": company_id, **columns}
    names = ", ".join(f":{name}" for name in values)
    found: UUID = connection.execute(
        text(f"insert into contacts ({', '.join(values)}) values ({names}) returning id"), values
    ).scalar_one()
    return found


def find_and_confirm(connection: Connection) -> tuple[Found, int]:
    return find_job_changes(connection), confirm_evident(connection, decided_by="account_refresh")


# ---------------------------------------------------------------------------------------------------- what follows
def test_a_job_change_opens_the_old_seat_and_takes_the_contact_along(
    engine: Engine, connection: Connection, acme: int, globex: int
) -> None:
    jane = seen(connection, acme, "CFO", OLD, email="jane@acme.com")
    seen(connection, acme, "Chief Financial Officer", None)
    seen(connection, acme, "Board Member", OLD)
    contact = contact_of(connection, jane, acme, email="jane.d@eu.acme.com", is_primary_contact=True, is_champion=True)
    at_acme = add_conversation(connection, contact, acme, metadata={"kept": 1}, context={"next_steps": ["call"]})
    lost = add_conversation(connection, contact, acme, status="lost")
    at_globex = add_conversation(connection, contact, globex)
    sent = add_touchpoint(connection, at_acme)
    evaluate(connection)
    assert holders(connection, acme) == {"CFO": jane}
    seen(connection, globex, "CEO", NEW, email="jane@finance.globex.com")
    connection.commit()
    act_as(connection, "prospecting_app")

    assert find_and_confirm(connection) == (Found(proposed=1), 1)
    connection.execute(text("reset role"))

    (change,) = stored(connection, "job_changes")
    assert (change["person_id"], change["status"], change["observed_on"]) == (jane, "confirmed", NEW)
    assert change["decided_by"] == "account_refresh"
    current = stored(connection, "company_person_roles", "company_id, role_title, is_current", "id")
    assert [(row["company_id"], row["role_title"]) for row in current if row["is_current"]] == [
        (acme, "Board Member"),
        (globex, "CEO"),
    ]
    (moved,) = stored(connection, "contacts")
    assert (moved["company_id"], moved["is_primary_contact"], moved["is_champion"]) == (globex, False, True)
    assert moved["job_changed_at"] is not None
    assert moved["email"] is None
    conversations = {row["id"]: row for row in stored(connection, "conversations")}
    assert {row["company_id"] for row in (conversations[at_acme], conversations[lost])} == {acme}
    assert [conversations[each]["status"] for each in (at_acme, lost, at_globex)] == ["paused", "lost", "active"]
    assert conversations[at_acme]["metadata"] == {"kept": 1, "paused_because": "job_change"}
    assert conversations[at_acme]["context"] == {"next_steps": ["call"]}
    assert conversations[lost]["metadata"] == {}
    assert [row["id"] for row in stored(connection, "touchpoints")] == [sent]
    channels = stored(connection, "contact_channels", "value_key, validation_status, is_identity", "value_key")
    assert [tuple(row.values()) for row in channels] == [
        ("jane.d@eu.acme.com", "stale", False),
        ("jane@acme.com", "stale", True),
        ("jane@finance.globex.com", "unverified", True),
    ]
    counted = stored(connection, "companies", "total_contacts, active_conversations", "id")
    assert [tuple(row.values()) for row in counted] == [(0, 0), (1, 1)]

    # The seat is open again, and asked for; she sits elsewhere.
    evaluate(connection)
    assert states(connection, acme)["CFO"] == ("open", 0)
    assert holders(connection, acme) == {}
    assert holders(connection, globex) == {"CEO": jane}

    connection.commit()
    before = versions(connection)
    assert find_and_confirm(connection) == (Found(), 0)
    assert decide_job_change(connection, change["id"], "confirmed", "somebody").decided_by == "account_refresh"
    assert versions(connection) == before


def test_evidence_from_before_the_change_brings_nobody_back(connection: Connection, acme: int, globex: int) -> None:
    jane = seen(connection, acme, "CFO", OLD)
    seen(connection, globex, "CEO", NEW)
    find_and_confirm(connection)
    seen(connection, acme, "CFO", date(2025, 6, 1))
    assert works_at(connection, jane) == {globex}, "newer than what was known, and still older than the change"
    assert find_and_confirm(connection) == (Found(), 0)
    # Later than the change, it is another one: she is back.
    contact_of(connection, jane, globex)
    seen(connection, acme, "CFO", date(2026, 6, 1))
    assert find_and_confirm(connection) == (Found(proposed=1), 1)
    assert works_at(connection, jane) == {acme}
    assert stored(connection, "contacts", "company_id") == [{"company_id": acme}]


def test_nobody_becomes_a_contact_with_the_address_of_a_company_they_left(
    connection: Connection, acme: int, globex: int
) -> None:
    seen(connection, acme, "CFO", OLD, email="jane@acme.com")
    seen(connection, globex, "CEO", NEW)
    find_and_confirm(connection)
    evaluate(connection)
    promotion, _ = plan(connection, include_seats=True, company_ids=(globex,))
    approve(connection, promotion)
    promote(connection, promotion)
    assert stored(connection, "contacts", "company_id, email") == [{"company_id": globex, "email": None}]


def test_who_still_knows_the_old_address_does_not_bring_it_back(connection: Connection, acme: int, globex: int) -> None:
    known = {"first_name": "Jane", "last_name": "Doe", "email": "jane@acme.com"}
    contact = create_contact(connection, {**known, "company_id": acme, "linkedin_url": PROFILE, "title": "CFO"})
    assert contact.email == "jane@acme.com"
    connection.execute(text("update company_person_roles set observed_on = :on"), {"on": OLD})
    seen(connection, globex, "CEO", NEW)
    assert find_and_confirm(connection) == (Found(proposed=1), 1)
    again = create_contact(connection, known)
    assert (again.id, again.company_id, again.email) == (contact.id, globex, None)
    # Another address of hers is welcome.
    assert create_contact(connection, {**known, "email": "jane@globex.com", "linkedin_url": PROFILE}).email == (
        "jane@globex.com"
    )


def test_companies_and_people_that_were_merged_are_one(connection: Connection, acme: int, globex: int) -> None:
    jane = seen(connection, acme, "CFO", OLD, profile=None, email="jane@acme.com")
    known = seen(connection, globex, "CEO", NEW)
    branch = company(connection, "Acme Branch", "acme.example")
    assert find_job_changes(connection) == Found(), "two people"
    connection.execute(text("update persons set merged_into_id = :known where id = :id"), {"known": known, "id": jane})
    connection.execute(text("update companies set merged_into_id = :to where id = :id"), {"to": acme, "id": branch})
    contact_of(connection, jane, branch, email="jane@acme.example")
    assert find_and_confirm(connection) == (Found(proposed=1, settled=1), 1)
    assert works_at(connection, jane) == set()
    assert stored(connection, "contacts", "company_id, email") == [{"company_id": globex, "email": None}]
    seen(connection, company(connection, "Initech"), "CEO", date(2026, 3, 1))
    connection.execute(text("update companies set merged_into_id = :to where name = 'Initech'"), {"to": globex})
    assert find_and_confirm(connection) == (Found(settled=1), 0), "a later role at the same company"


def test_a_contact_that_was_moved_by_hand_only_loses_the_address(
    connection: Connection, acme: int, globex: int
) -> None:
    jane = seen(connection, acme, "CFO", OLD)
    seen(connection, globex, "CEO", NEW)
    initech = company(connection, "Initech", "initech.com")
    contact_of(connection, jane, initech, email="jane@acme.com", is_primary_contact=True)
    find_and_confirm(connection)
    (contact,) = stored(connection, "contacts")
    assert (contact["company_id"], contact["is_primary_contact"]) == (initech, True)
    assert (contact["email"], contact["job_changed_at"]) == (None, None)


# -------------------------------------------------------------------------------------------- what is proposed, and not
@pytest.mark.parametrize(
    ("roles", "expected"),
    [
        ([("CFO", OLD), ("CEO", OLD)], []),
        ([("CFO", OLD), ("CEO", None)], []),
        ([("CFO", None), ("CEO", NEW)], []),
        ([("Board Member", OLD), ("CEO", NEW)], []),
        ([("CFO", OLD), ("Former CEO", NEW)], []),
        ([("CFO", OLD), ("Board Member", NEW)], [("proposed", "side_seat")]),
        ([("CFO", OLD), ("Advisor", NEW), ("CEO", date(2025, 1, 1))], [("confirmed", None), ("proposed", "side_seat")]),
        ([("CFO", OLD), (None, NEW)], [("proposed", "no_title")]),
        ([("CFO", OLD), ("CEO", NEW), ("CTO", NEW)], [("proposed", "several_companies")]),
        ([("CFO", OLD), ("CEO", NEW), ("Investor", NEW)], [("confirmed", None)]),
        ([("CFO", OLD), ("CEO", date(2025, 1, 1)), ("CTO", NEW)], [("confirmed", None)] * 2),
        ([(None, OLD), ("CEO", NEW)], [("confirmed", None)]),
    ],
)
def test_what_roles_at_several_companies_say(
    connection: Connection, roles: list[tuple[str | None, date | None]], expected: list[Any]
) -> None:
    for number, (title, on) in enumerate(roles):
        seen(connection, company(connection, f"Company {number}"), title, on)
    find_and_confirm(connection)
    assert changes(connection) == expected


def test_without_a_profile_a_person_decides(connection: Connection, acme: int, globex: int) -> None:
    jane = seen(connection, acme, "CFO", OLD, profile=None, email="jane@acme.com")
    seen(connection, globex, "CEO", NEW, profile=None, email="jane@acme.com")
    contact_of(connection, jane, acme)
    assert find_and_confirm(connection) == (Found(proposed=1), 0)
    (found,) = query_job_changes(connection, status="proposed")
    assert (found["reason"], found["full_name"], found["from_company"], found["to_title"]) == (
        "no_profile", "Jane Doe", "Acme", "CEO"
    )  # fmt: skip
    before = versions(connection)
    assert find_and_confirm(connection) == (Found(), 0)
    assert versions(connection) == before
    assert works_at(connection, jane) == {acme, globex}

    for decision, who, complaint in (
        ("maybe", "ann", "confirmed, dismissed"),
        ("confirmed", " ", "decided_by is empty"),
    ):
        with pytest.raises(ValueError, match=complaint):
            decide_job_change(connection, found["id"], decision, who)  # type: ignore[arg-type]
    with pytest.raises(LookupError, match="see the table job_changes"):
        decide_job_change(connection, uuid4(), "confirmed", "ann")

    decided = decide_job_change(connection, found["id"], "confirmed", " ann ")
    assert (decided.status, decided.decided_by, decided.decided_at is not None) == ("confirmed", "ann", True)
    assert works_at(connection, jane) == {globex}
    assert stored(connection, "contacts", "company_id") == [{"company_id": globex}]
    with pytest.raises(ValueError, match="was confirmed already"):
        decide_job_change(connection, found["id"], "dismissed", "bea")


def test_what_was_dismissed_is_not_proposed_again(connection: Connection, acme: int, globex: int) -> None:
    jane = seen(connection, acme, "CFO", OLD, profile=None, email="jane@acme.com")
    seen(connection, globex, "CEO", NEW, profile=None, email="jane@acme.com")
    find_job_changes(connection)
    (proposed,) = query_job_changes(connection)
    decide_job_change(connection, proposed["id"], "dismissed", "ann")
    # Meanwhile a profile says who she is, and she is seen at Globex once more.
    seen(connection, globex, "CEO", date(2026, 5, 1), email="jane@acme.com")
    before = versions(connection)
    assert find_and_confirm(connection) == (Found(), 0)
    assert versions(connection) == before
    assert works_at(connection, jane) == {acme, globex}
    # What comes next is another change, and no way back to what she does beside it.
    initech = company(connection, "Initech")
    seen(connection, initech, "CEO", date(2026, 1, 1))
    assert find_and_confirm(connection) == (Found(proposed=1), 1)
    assert works_at(connection, jane) == {globex, initech}


def test_proposals_follow_the_evidence(connection: Connection, acme: int, globex: int) -> None:
    jane = seen(connection, acme, "CFO", OLD, profile=None, email="jane@acme.com")
    seen(connection, globex, "Advisor", NEW, profile=None, email="jane@acme.com")
    find_job_changes(connection)
    assert changes(connection) == [("proposed", "side_seat")]
    # A job elsewhere is better evidence than the seat beside it.
    initech = company(connection, "Initech")
    seen(connection, initech, "CEO", NEW, profile=None, email="jane@acme.com")
    assert find_job_changes(connection) == Found(proposed=1, withdrawn=1)
    assert changes(connection) == [("proposed", "no_profile")]
    # With a profile it is clear.
    seen(connection, initech, "CEO", NEW, email="jane@acme.com")
    assert find_and_confirm(connection) == (Found(proposed=1), 1)
    assert works_at(connection, jane) == {globex, initech}


def test_two_at_once_and_one_that_is_undone(engine: Engine, connection: Connection, acme: int, globex: int) -> None:
    for number in range(20):
        profile = f"linkedin.com/in/person-{number}"
        name = f"Ann {chr(97 + number)}poe"
        person = seen(connection, acme, "Engineer", OLD, name=name, profile=profile)
        seen(connection, globex, "Engineer", NEW, name=name, profile=profile)
        add_conversation(connection, contact_of(connection, person, acme), acme)
    connection.commit()
    before = versions(connection)
    with engine.connect() as killed:
        find_and_confirm(killed)
        killed.rollback()
    assert versions(connection) == before
    connection.commit()

    work: Callable[[Connection], tuple[Found, int]] = find_and_confirm
    done = at_once(engine, [work] * 3)
    assert sum(found.proposed for found, _ in done) == 20
    assert sum(confirmed for _, confirmed in done) == 20
    assert changes(connection) == [("confirmed", None)] * 20
    counted = stored(connection, "companies", "name, total_contacts, active_conversations", "id")
    assert [tuple(row.values()) for row in counted] == [("Acme", 0, 0), ("Globex", 20, 0)]
    assert {row["status"] for row in stored(connection, "conversations")} == {"paused"}
