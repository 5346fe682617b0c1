"""Contacts: one per person and per address, kept with the person where it is the person's, counted and searched."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from sqlalchemy import Connection, Engine, text

from prospecting.parsing.names import clean_person_name
from prospecting.persistence.contacts import (
    Contact,
    create_contact,
    find_contacts_by_company,
    find_contacts_by_role,
    find_decision_makers,
    find_primary_contact,
    get_contact_by_email,
    get_contact_by_id,
    make_primary_contact,
    search_contacts,
    update_contact,
)
from prospecting.persistence.database import clean_text
from prospecting.persistence.erased_identities import Identity, record_identities
from prospecting.persistence.persons import PersonRow, upsert_persons
from prospecting.persistence.suppressions import Suppression, suppress_addresses
from tests.clock import from_now
from tests.db.engaging import add_contact
from tests.db.factories import NASTY_TEXTS, add_companies, at_once, count, person_name, stored, versions

ADA: dict[str, Any] = {
    "first_name": "Ada",
    "last_name": "Lovelace",
    "email": "ada@acme.com",
    "phone": "+1 (555) 010-0",
    "title": "Chief Marketing Officer",
    "role": "executive",
    "department": "Marketing",
    "linkedin_url": "https://www.linkedin.com/in/ada-lovelace",
    "twitter_url": "https://twitter.com/ada",
    "personal_website": "https://ada.dev",
    "interests": ["engines"],
    "communication_preferences": {"preferred_channel": "email", "do_not_contact": False},
    "research_data": {"papers": 1},
    "is_primary_contact": True,
    "is_champion": True,
    "last_researched_at": datetime(2026, 1, 2, tzinfo=UTC),
}


@pytest.fixture
def ada(connection: Connection, acme: int) -> Contact:
    """A contact of Acme."""
    return create_contact(connection, {**ADA, "company_id": acme})


def only(connection: Connection, table: str, **values: Any) -> dict[str, Any]:
    """The one row of the table with these values."""
    (row,) = (row for row in stored(connection, table) if all(row[name] == values[name] for name in values))
    return row


def totals(connection: Connection) -> dict[str, int]:
    """How many contacts companies are said to have; it is how many they have."""
    rows = stored(
        connection,
        "companies as m",
        "name, total_contacts as stored, (select count(*) from contacts as c where c.company_id = m.id) as counted",
    )
    assert all(row["stored"] == row["counted"] for row in rows), rows
    return {row["name"]: row["stored"] for row in rows}


# ---------------------------------------------------------------------------------------------------------- creating
def test_a_contact_is_created_with_the_person_behind_it(connection: Connection, acme: int, ada: Contact) -> None:
    expected = {**ADA, "linkedin_url": "https://linkedin.com/in/ada-lovelace"}
    assert {name: getattr(ada, name) for name in ADA} == expected | {"linkedin_url": ada.linkedin_url}
    assert ada.linkedin_url is not None
    assert ada.linkedin_url.endswith("linkedin.com/in/ada-lovelace")
    assert (ada.full_name, ada.company_id, ada.status) == ("Ada Lovelace", acme, "active")
    assert (ada.seniority_level, ada.is_decision_maker) == ("c-level", True)
    assert (ada.engagement_score, ada.total_touchpoints, ada.last_engaged_at, ada.job_changed_at) == (0, 0, None, None)
    person = only(connection, "persons", id=ada.person_id)
    assert (person["full_name"], person["current_title"], person["source_system"]) == (
        "Ada Lovelace", "Chief Marketing Officer", "manual",
    )  # fmt: skip
    role = only(connection, "company_person_roles", person_id=ada.person_id)
    assert (role["company_id"], role["role_title"], role["is_current"]) == (acme, "Chief Marketing Officer", True)
    assert role["observed_on"] == datetime.now(UTC).date()
    channels = stored(connection, "contact_channels", "channel_type, value, is_identity", "1")
    assert [tuple(row.values()) for row in channels] == [
        ("email", "ada@acme.com", True),
        ("phone", ADA["phone"], False),
    ]
    assert get_contact_by_id(connection, str(ada.id)) == ada
    assert totals(connection) == {"Acme": 1}
    with pytest.raises(ValidationError, match="frozen"):
        ada.status = "inactive"


def test_creating_again_finds_the_contact_and_writes_nothing(connection: Connection, acme: int, ada: Contact) -> None:
    before = versions(connection)
    for again in (
        {**ADA, "company_id": acme},
        {**ADA, "company_id": acme, "email": "ADA@ACME.com", "is_primary_contact": False},
        {"full_name": "Lovelace, Ada", "email": "Ada Lovelace <ada@acme.com>"},
        {"full_name": "Ada L.", "linkedin_url": "linkedin.com/in/ada-lovelace/"},
        {**ADA, "role": "admin", "department": "Sales", "seniority_level": "vp", "interests": ["other"],
         "research_data": {"papers": 2}, "is_decision_maker": False, "company_id": acme},
    ):  # fmt: skip
        assert create_contact(connection, again) == ada
    assert versions(connection) == before
    # Without a title it is still said that she works there.
    assert create_contact(connection, {"full_name": "Dr. Ada Lovelace", "company_id": acme}) == ada


def test_a_known_person_becomes_a_contact_and_what_is_unknown_is_filled_in(connection: Connection, acme: int) -> None:
    found = PersonRow("Ada Lovelace", acme, "VP Sales", ADA["linkedin_url"], observed_on=date(2025, 1, 1))
    (saved,) = upsert_persons(connection, [found], source_system="test").saved
    assert saved is not None
    least = create_contact(connection, {"full_name": "Ada Lovelace", "linkedin_url": ADA["linkedin_url"]})
    assert (least.person_id, least.title, least.seniority_level) == (saved.id, "VP Sales", "vp")
    assert (least.company_id, least.email, least.is_decision_maker) == (None, None, True)
    filled = create_contact(connection, {**ADA, "company_id": acme})
    expected = {**ADA, "linkedin_url": least.linkedin_url}
    assert filled.id == least.id
    assert {name: getattr(filled, name) for name in ADA} == expected
    # What somebody decided stays, also when the title has become a better one.
    assert filled.seniority_level == "vp"
    more = {"communication_preferences": {"do_not_contact": True, "timezone": "UTC"}, "status": "unsubscribed"}
    filled = create_contact(connection, {**ADA, **more, "company_id": acme})
    assert filled.communication_preferences == {**ADA["communication_preferences"], "timezone": "UTC"}
    assert filled.status == "unsubscribed"
    assert create_contact(connection, {**ADA, "company_id": acme}).status == "unsubscribed"
    assert totals(connection) == {"Acme": 1}


TITLES = [
    ("CTO", "c-level", True),
    ("Vice President of Sales", "vp", True),
    ("Director of IT", "director", True),
    ("Office Manager", "manager", False),
    ("Senior Physician", "individual_contributor", False),
    (None, None, False),
]


def test_seniority_follows_from_the_title_unless_it_is_given(connection: Connection, acme: int) -> None:
    for number, (title, level, decides) in enumerate(TITLES):
        contact = {"full_name": f"Ada {person_name(number)}", "company_id": acme, "title": title}
        made = create_contact(connection, contact)
        assert (made.seniority_level, made.is_decision_maker) == (level, decides), title
        given = {"seniority_level": "director", "is_decision_maker": not decides}
        other = create_contact(connection, {**contact, **given, "full_name": f"Bea {person_name(number)}"})
        assert {name: getattr(other, name) for name in given} == given


def test_names_are_split_as_they_are_given(connection: Connection, acme: int) -> None:
    contact = {"first_name": "Mary Ann", "last_name": "García Márquez", "company_id": acme}
    made = create_contact(connection, contact)
    assert (made.first_name, made.last_name) == ("Mary Ann", "García Márquez")
    assert made.full_name == "Mary Ann García Márquez"
    titled = create_contact(connection, {"first_name": "Dr. Sarah", "last_name": "Williams, MD", "company_id": acme})
    assert (titled.first_name, titled.last_name, titled.full_name) == ("Sarah", "Williams", "Sarah Williams")
    short = create_contact(connection, {"full_name": "Madonna", "company_id": acme})
    assert (short.first_name, short.last_name, short.full_name) == ("Madonna", "", "Madonna")


def test_an_address_has_one_contact(connection: Connection, acme: int, ada: Contact) -> None:
    taken = f"The e-mail address belongs to contact {ada.id}: change that contact instead"
    before = versions(connection)
    for other in (
        {"full_name": "Grace Hopper", "email": "ADA@acme.com", "company_id": acme},
        {"full_name": "Ada Lovelace", "email": "ada@acme.com", "linkedin_url": "linkedin.com/in/other-ada"},
    ):
        with pytest.raises(ValueError, match=taken) as refused:
            create_contact(connection, other)
        assert "acme.com" not in str(refused.value)
    assert versions(connection) == before
    grace = create_contact(connection, {"full_name": "Grace Hopper", "email": "grace@acme.com"})
    with pytest.raises(ValueError, match=taken):
        update_contact(connection, grace.id, {"email": "Ada@Acme.com"})


def test_a_contact_is_found_by_an_address_that_no_channel_has(connection: Connection, acme: int) -> None:
    known = add_contact(connection, acme, email="ada@acme.com")
    assert create_contact(connection, {"full_name": "Ada Lovelace", "email": "ada@acme.com"}).id == known
    assert [row["value_key"] for row in stored(connection, "contact_channels")] == ["ada@acme.com"]


@pytest.mark.parametrize(
    ("reason", "status"),
    [("bounced", "bounced"), ("unsubscribed", "unsubscribed"), ("complained", "unsubscribed")],
)
def test_a_suppressed_address_is_never_active(connection: Connection, acme: int, reason: str, status: str) -> None:
    suppress_addresses(connection, [Suppression("email", "ada@acme.com", reason)])
    made = create_contact(connection, {**ADA, "company_id": acme})
    assert made.status == status
    with pytest.raises(ValueError, match=f"The address of contact {made.id} must not be written to \\({reason}\\)"):
        update_contact(connection, made.id, {"status": "active"})
    grace = create_contact(connection, {"full_name": "Grace Hopper", "company_id": acme})
    assert grace.status == "active"
    update_contact(connection, made.id, {"email": None})
    assert update_contact(connection, grace.id, {"email": "ada@acme.com"}).status == status
    # A new address is a new start for one that bounced, not for somebody who wants no mail.
    moved_on = update_contact(connection, grace.id, {"email": "grace@acme.com"})
    assert moved_on.status == ("active" if reason == "bounced" else status)


def test_who_asked_to_be_forgotten_is_not_stored(connection: Connection, acme: int, ada: Contact) -> None:
    erasure = connection.execute(
        text("insert into erasures (airflow_run_id, subject_hash) values ('run 1', 'x') returning id")
    ).scalar_one()
    profile = "https://www.linkedin.com/in/grace"
    forgotten = [
        Identity("email", "grace@acme.com"),
        Identity("linkedin", profile),
        Identity("name_at_company", f"grace hopper@{acme}", profile_known=True),
    ]
    record_identities(connection, erasure, forgotten)
    lin = create_contact(connection, {"full_name": "Lin Lee", "email": "lin@acme.com"})
    hopper = create_contact(connection, {"full_name": "Grace Hopper", "email": "grace.hopper@globex.com"})
    before = versions(connection)
    writes: list[Callable[[], Contact]] = [
        lambda: create_contact(connection, {"full_name": "G Hopper", "email": "Grace@acme.com"}),
        lambda: create_contact(connection, {"full_name": "Grace Hopper", "company_id": acme}),
        lambda: update_contact(connection, lin.id, {"email": "grace@acme.com"}),
        lambda: update_contact(connection, lin.id, {"linkedin_url": profile}),
        lambda: update_contact(connection, lin.id, {"full_name": "Grace Hopper", "company_id": acme}),
        lambda: update_contact(connection, hopper.id, {"company_id": acme}),
    ]
    for write in writes:
        with pytest.raises(ValueError, match="A person who asked to be forgotten"):
            write()
    assert versions(connection) == before
    # A namesake with another profile is somebody else.
    assert update_contact(connection, ada.id, {"full_name": "Grace Hopper"}).full_name == "Grace Hopper"


UNUSABLE: list[tuple[dict[str, Any], str]] = [
    ({"email": "secret"}, "email"),
    ({"email": "secret@"}, "email"),
    ({"email": "firstname.lastname@secret.com"}, "email"),
    ({"phone": "secret"}, "phone"),
    ({"linkedin_url": "linkedin.com/company/secret"}, "linkedin_url"),
    ({"linkedin_url": "secret"}, "linkedin_url"),
    ({"twitter_url": "secret"}, "twitter_url"),
    ({"personal_website": "javascript:secret"}, "personal_website"),
    ({"seniority_level": "C-Suite"}, "seniority_level"),
    ({"status": "secret"}, "status"),
    ({"interests": "secret"}, "interests"),
    ({"interests": [{"secret": 1}]}, "interests"),
    ({"communication_preferences": ["secret"]}, "communication_preferences"),
    ({"communication_preferences": {"do_not_contact": "secret"}}, "do_not_contact is neither true nor false"),
    ({"research_data": None}, "research_data"),
    ({"is_primary_contact": None}, "is_primary_contact"),
    ({"total_touchpoints": 7}, "total_touchpoints"),
    ({"engagement_score": 7}, "engagement_score"),
    ({"last_engaged_at": timedelta(0)}, "last_engaged_at"),
    ({"person_id": 7}, "person_id"),
    ({"last_researched_at": timedelta(hours=1)}, "lies in the future"),
    ({"company_id": -1}, "company_id"),
    ({"full_name": "secret@acme.com"}, "no name of a person"),
    ({"full_name": "Current CMO"}, "no name of a person"),
]


def test_unusable_values_are_refused_and_not_repeated(connection: Connection, ada: Contact) -> None:
    before = versions(connection)
    for values, named in UNUSABLE:
        fields = from_now(values)
        with pytest.raises(ValueError, match=named) as created:
            create_contact(connection, {**ADA, **fields})
        with pytest.raises(ValueError, match=named) as updated:
            update_contact(connection, ada.id, fields)
        assert "secret" not in f"{created.value} {updated.value}", fields
    assert versions(connection) == before


def test_what_is_missing_is_named(connection: Connection, acme: int, ada: Contact) -> None:
    for nobody in ({}, {"email": "ada@acme.com"}, {"first_name": "n/a", "last_name": ""}):
        with pytest.raises(ValueError, match="The name is missing"):
            create_contact(connection, nobody)
    with pytest.raises(ValueError, match="A name alone identifies nobody"):
        create_contact(connection, {"full_name": "Grace Hopper", "email": "info@acme.com"})
    with pytest.raises(LookupError, match="No company 99: it was deleted"):
        create_contact(connection, {"full_name": "Grace Hopper", "company_id": 99})
    with pytest.raises(LookupError, match="No company 99: it was deleted"):
        update_contact(connection, ada.id, {"company_id": 99})
    nobody_id = UUID(int=1)
    for change in (
        lambda: update_contact(connection, nobody_id, {}),
        lambda: make_primary_contact(connection, nobody_id),
    ):
        with pytest.raises(LookupError, match=f"No contact {nobody_id}: it was deleted"):
            change()
    assert get_contact_by_id(connection, nobody_id) is None
    assert (count(connection, "contacts"), count(connection, "persons")) == (1, 1)


def test_two_at_once_create_one_contact(engine: Engine) -> None:
    with engine.begin() as connection:
        (acme,) = add_companies(connection, "Acme")
    whole = {**ADA, "company_id": acme}
    data = [
        whole,
        {"full_name": "Ada Lovelace", "linkedin_url": ADA["linkedin_url"]},
        {**whole, "email": "ADA@acme.com"},
    ]
    made = at_once(engine, [lambda c, given=given: create_contact(c, given).id for given in data * 2])  # type: ignore[misc]
    assert len(set(made)) == 1
    with engine.begin() as connection:
        assert totals(connection) == {"Acme": 1}
        assert count(connection, "persons") == 1


def test_a_contact_that_is_rolled_back_leaves_nothing(engine: Engine) -> None:
    with engine.connect() as connection:
        (acme,) = add_companies(connection, "Acme")
        connection.commit()
        create_contact(connection, {**ADA, "company_id": acme})
        connection.rollback()
        assert (totals(connection), count(connection, "persons")) == ({"Acme": 0}, 0)
        create_contact(connection, {**ADA, "company_id": acme})
        assert totals(connection) == {"Acme": 1}


# ---------------------------------------------------------------------------------------------------------- changing
def test_an_update_changes_what_is_given(connection: Connection, acme: int, ada: Contact) -> None:
    changes = {
        "first_name": "Augusta",
        "last_name": "King",
        "email": "Augusta@acme.com",
        "phone": "+44 20 7946 0000",
        "title": "Engineer",
        "role": "staff",
        "department": None,
        "twitter_url": " ",
        "interests": [],
        "communication_preferences": {"do_not_contact": True},
        "research_data": {},
        "is_primary_contact": False,
        "is_champion": False,
        "status": "inactive",
        "last_researched_at": None,
    }
    changed = update_contact(connection, str(ada.id), changes)
    expected = {**changes, "email": "augusta@acme.com", "twitter_url": None}
    assert {name: getattr(changed, name) for name in changes} == expected
    assert (changed.full_name, changed.linkedin_url, changed.company_id) == ("Augusta King", ada.linkedin_url, acme)
    # What the old title said gives way to what the new one says.
    assert (changed.seniority_level, changed.is_decision_maker) == ("individual_contributor", False)
    person = only(connection, "persons", id=ada.person_id)
    assert (person["name_key"], person["seniority"]) == ("augusta king", "Individual Contributor")
    roles = stored(connection, "company_person_roles", "role_title, is_current", "id")
    assert [tuple(row.values()) for row in roles] == [("Chief Marketing Officer", False), ("Engineer", True)]
    assert get_contact_by_email(connection, "augusta@acme.com") == changed
    assert get_contact_by_email(connection, "ada@acme.com") is None
    before = versions(connection)
    assert update_contact(connection, ada.id, changes) == changed
    assert update_contact(connection, ada.id, {}) == changed
    assert versions(connection) == before
    # Whoever comes with the new name, or with the old address, means the same contact.
    assert create_contact(connection, {"full_name": "Augusta King", "company_id": acme}).id == ada.id


def test_updated_at_moves_with_the_person(engine: Engine) -> None:
    with engine.connect() as connection:
        made = create_contact(connection, {**ADA, "company_id": None})
        connection.commit()
        for changes in ({"title": "CTO"}, {"phone": None}, {"last_name": "King"}, {"role": "admin"}):
            changed = update_contact(connection, made.id, changes)
            assert changed.updated_at > made.updated_at
            connection.commit()
            made = changed
        assert update_contact(connection, made.id, {"title": "CTO", "role": "admin"}).updated_at == made.updated_at


def test_what_somebody_set_does_not_follow_a_title(connection: Connection, ada: Contact) -> None:
    update_contact(connection, ada.id, {"seniority_level": "director", "is_decision_maker": False})
    changed = update_contact(connection, ada.id, {"title": "CTO"})
    assert (changed.seniority_level, changed.is_decision_maker) == ("director", False)
    cleared = update_contact(connection, ada.id, {"title": None})
    assert (cleared.title, cleared.seniority_level) == (None, "director")
    assert update_contact(connection, ada.id, {"title": "CTO", "seniority_level": "vp"}).seniority_level == "vp"


def test_a_profile_says_who_somebody_is(connection: Connection, acme: int, ada: Contact) -> None:
    with pytest.raises(ValueError, match=f"The person of contact {ada.id} has another LinkedIn profile"):
        update_contact(connection, ada.id, {"linkedin_url": "linkedin.com/in/secret"})
    with pytest.raises(ValueError, match="has another LinkedIn profile"):
        update_contact(connection, ada.id, {"linkedin_url": None})
    assert update_contact(connection, ada.id, {"linkedin_url": "linkedin.com/in/ada-lovelace?trk=x"}) == ada
    grace = create_contact(connection, {"full_name": "Grace Hopper", "company_id": acme})
    with pytest.raises(ValueError, match=f"Person {ada.person_id} has this LinkedIn profile already"):
        update_contact(connection, grace.id, {"linkedin_url": ADA["linkedin_url"]})
    profile = update_contact(connection, grace.id, {"linkedin_url": "linkedin.com/in/grace"}).linkedin_url
    assert only(connection, "persons", id=grace.person_id)["linkedin_url"] == profile


def test_phones_are_channels_and_the_last_one_is_shown(connection: Connection, ada: Contact) -> None:
    for phone in ("+44 20 7946 0000", ADA["phone"], "+1 555 0100"):
        assert update_contact(connection, ada.id, {"phone": phone}).phone == phone
    phones = "contact_channels where channel_type = 'phone'"
    assert [row["value"] for row in stored(connection, phones, "value", "id")] == ["+44 20 7946 0000", "+1 555 0100"]
    assert update_contact(connection, ada.id, {"phone": None}).phone is None
    assert count(connection, phones) == 0


def test_an_address_somebody_else_is_known_by_makes_a_doubtful_pair(
    connection: Connection, acme: int, ada: Contact
) -> None:
    found = PersonRow("Grace Hopper", acme, email="grace@acme.com")
    (grace,) = upsert_persons(connection, [found], source_system="test").saved
    assert grace is not None
    assert update_contact(connection, ada.id, {"email": "grace@acme.com"}).email == "grace@acme.com"
    pair = only(connection, "merge_candidates")
    assert (pair["left_id"], pair["right_id"], pair["reason"]) == (
        *sorted((ada.person_id, grace.id)), "same_email_different_name",
    )  # fmt: skip
    channels = stored(connection, "contact_channels where value_key = 'grace@acme.com'", "person_id, is_identity", "2")
    assert [tuple(row.values()) for row in channels] == [(ada.person_id, False), (grace.id, True)]


# ------------------------------------------------------------------------------- companies and their primary contacts
def test_who_moves_is_counted_where_they_are_and_is_no_primary_contact(
    connection: Connection, acme: int, ada: Contact
) -> None:
    (globex,) = add_companies(connection, "Globex")
    for name in ("Grace Hopper", "Lin Lee"):
        add_contact(connection, acme, name)
    assert totals(connection) == {"Acme": 3, "Globex": 0}
    moved = update_contact(connection, ada.id, {"company_id": globex, "title": "CEO"})
    assert (moved.company_id, moved.is_primary_contact) == (globex, False)
    assert totals(connection) == {"Acme": 2, "Globex": 1}
    roles = stored(connection, "company_person_roles", "company_id, role_title, is_current", "id")
    assert [tuple(row.values()) for row in roles] == [
        (acme, "Chief Marketing Officer", True),
        (globex, "CEO", True),
    ]
    assert update_contact(connection, ada.id, {"company_id": acme, "is_primary_contact": True}).is_primary_contact
    assert update_contact(connection, ada.id, {"company_id": None}).company_id is None
    assert totals(connection) == {"Acme": 2, "Globex": 0}


def test_contacts_are_counted_whatever_statement_moves_them(connection: Connection, acme: int) -> None:
    globex, hooli = add_companies(connection, "Globex", "Hooli")
    contacts = [add_contact(connection, acme, f"Contact Number {letter}") for letter in "abcdef"]
    steps = [
        ("update contacts set company_id = :globex where id = any(:half)", (3, 3, 0)),
        (
            "update contacts set company_id = case when company_id = :globex then :acme else :globex end",
            (3, 3, 0),
        ),
        ("update contacts set company_id = null where id = any(:half)", (0, 3, 0)),
        ("update contacts set company_id = :hooli where company_id is null or id = any(:half)", (0, 3, 3)),
        ("delete from contacts where id = any(:half)", (0, 3, 0)),
        ("delete from persons", (0, 0, 0)),
    ]
    values = {"acme": acme, "globex": globex, "hooli": hooli, "half": contacts[:3]}
    for sql, expected in steps:
        used = {name: value for name, value in values.items() if f":{name}" in sql}
        connection.execute(text(sql), used)
        assert totals(connection) == dict(zip(("Acme", "Globex", "Hooli"), expected, strict=True)), sql


def test_a_company_has_one_primary_contact(connection: Connection, acme: int, ada: Contact) -> None:
    grace = create_contact(connection, {"full_name": "Grace Hopper", "company_id": acme})
    (globex,) = add_companies(connection, "Globex")
    lin = create_contact(connection, {"full_name": "Lin Lee", "company_id": globex, "is_primary_contact": True})
    refused = f"Contact {ada.id} is the primary contact of the company"
    writes: list[Callable[[], Contact]] = [
        lambda: update_contact(connection, grace.id, {"is_primary_contact": True}),
        lambda: update_contact(connection, lin.id, {"company_id": acme, "is_primary_contact": True}),
        lambda: create_contact(connection, {"full_name": "Ann Poe", "company_id": acme, "is_primary_contact": True}),
        lambda: create_contact(
            connection, {"full_name": "Grace Hopper", "company_id": acme, "is_primary_contact": True}
        ),
    ]
    for write in writes:
        with pytest.raises(ValueError, match=refused):
            write()
    assert create_contact(connection, {"full_name": "Lin Lee", "company_id": globex, "email": "lin@globex.com"}) != lin
    elsewhere = {"full_name": "Lin Lee", "email": "lin@globex.com", "company_id": acme}
    with pytest.raises(ValueError, match=f"Contact {lin.id} is at another company"):
        create_contact(connection, {**elsewhere, "is_primary_contact": True})
    assert create_contact(connection, elsewhere).company_id == globex
    assert find_primary_contact(connection, acme) == ada


def test_the_primary_contact_is_replaced_in_one_go(connection: Connection, acme: int, ada: Contact) -> None:
    grace = create_contact(connection, {"full_name": "Grace Hopper", "company_id": acme})
    # In both directions: whichever row comes first in the table.
    for contact in (grace, ada, grace):
        assert make_primary_contact(connection, contact.id).is_primary_contact
        primary = find_primary_contact(connection, acme)
        assert primary is not None
        assert primary.id == contact.id
    before = versions(connection)
    make_primary_contact(connection, str(grace.id))
    assert versions(connection) == before
    alone = create_contact(connection, {"full_name": "Lin Lee", "email": "lin@globex.com"})
    with pytest.raises(ValueError, match=f"Contact {alone.id} has no company"):
        make_primary_contact(connection, alone.id)


def test_two_at_once_make_one_primary_contact(engine: Engine) -> None:
    with engine.begin() as connection:
        (acme,) = add_companies(connection, "Acme")
        contacts = [add_contact(connection, acme, f"Contact Number {letter}") for letter in "abc"]

    def make_primary(connection: Connection, contact: UUID, by_update: bool) -> bool:
        if not by_update:
            return make_primary_contact(connection, contact).is_primary_contact
        try:
            return update_contact(connection, contact, {"is_primary_contact": True}).is_primary_contact
        except ValueError:
            return False

    at_once(
        engine,
        [
            lambda c, contact=contact, by=by: make_primary(c, contact, by)  # type: ignore[misc]
            for contact in contacts
            for by in (True, False)
        ],
    )
    with engine.begin() as connection:
        assert count(connection, "contacts where is_primary_contact") == 1


# ----------------------------------------------------------------------------------------------------------- finding
def names(contacts: list[Contact]) -> list[str]:
    return [contact.full_name for contact in contacts]


def test_contacts_of_a_company_are_found_by_what_they_are(connection: Connection, acme: int) -> None:
    (globex, merged) = add_companies(connection, "Globex", "Initech")
    add_contact(connection, acme, "Cat C", role="Doctor", is_decision_maker=True)
    add_contact(connection, acme, "bob B", role="admin")
    add_contact(connection, acme, "Ann A", role="doctor", status="unsubscribed", is_decision_maker=True)
    add_contact(connection, globex, "Dan D", role="doctor", is_primary_contact=True, status="bounced")
    add_contact(connection, merged, "Eve E", role="executive")
    connection.execute(
        text("update companies set merged_into_id = :acme where id = :merged"), {"acme": acme, "merged": merged}
    )
    assert names(find_contacts_by_company(connection, acme)) == ["bob B", "Cat C", "Eve E"]
    assert names(find_contacts_by_company(connection, merged)) == ["bob B", "Cat C", "Eve E"]
    assert names(find_contacts_by_company(connection, acme, status=None)) == ["Ann A", "bob B", "Cat C", "Eve E"]
    assert names(find_contacts_by_company(connection, acme, "unsubscribed")) == ["Ann A"]
    assert names(find_contacts_by_role(connection, acme, ["DOCTOR", "executive"])) == ["Cat C", "Eve E"]
    assert names(find_contacts_by_role(connection, acme, ["doctor"], None)) == ["Ann A", "Cat C"]
    assert names(find_contacts_by_role(connection, acme, [])) == []
    assert names(find_decision_makers(connection, acme)) == ["Cat C"]
    assert find_primary_contact(connection, acme) is None
    primary = find_primary_contact(connection, globex)
    assert primary is not None
    assert primary.full_name == "Dan D"
    assert find_contacts_by_company(connection, 99) == []
    with pytest.raises(ValueError, match="Unknown status of a contact; allowed: active"):
        find_contacts_by_company(connection, acme, "secret")
    with pytest.raises(ValueError, match="roles is one text"):
        find_contacts_by_role(connection, acme, "doctor")


def test_an_address_is_found_in_any_spelling(connection: Connection, ada: Contact) -> None:
    for spelling in ("ada@acme.com", "ADA@Acme.COM", " Ada <ada@acme.com> ", "mailto:ada@acme.com"):
        assert get_contact_by_email(connection, spelling) == ada, spelling
    for other in ("xada@acme.com", "ada", "", "ada@acme.co"):
        assert get_contact_by_email(connection, other) is None, other


SEARCHES = [
    ("ann", ["Ann Lee", "Annika Berg", "Lee, Annabel", "Rose-Ann Poe", "Joann Fox", "Leeann Fox"]),
    ("LEE", ["Ann Lee", "Lee, Annabel", "Leeann Fox"]),
    ("Lee, Ann", ["Ann Lee", "Lee, Annabel"]),
    ("Ánn Lée", ["Ann Lee"]),
    ("lee.ann@acme.com", ["Ann Lee"]),
    ("Lee Ann <Lee.Ann@ACME.com>", ["Ann Lee"]),
    ("acme", ["Ann Lee"]),
    ("fox", ["Joann Fox", "Leeann Fox"]),
    ("a%b", ["a%b Smith"]),
    ("%", ["a%b Smith"]),
    ("_", []),
    ("an.", ["Dan. Doe"]),
    ("'; --", []),
]


def test_contacts_are_searched_literally_and_ranked(connection: Connection) -> None:
    for name in ("Leeann Fox", "Joann Fox", "Rose-Ann Poe", "Annika Berg", "a%b Smith", "Dan. Doe", "Lee, Annabel"):
        add_contact(connection, None, name)
    add_contact(connection, None, "Ann Lee", email="lee.ann@acme.com", status="inactive")
    for term, found in SEARCHES:
        assert names(search_contacts(connection, term)) == found, term
        assert names(search_contacts(connection, term, 2)) == found[:2], term
    for term, limit, named in (("", 20, "term"), (" ", 20, "term"), ("a", 0, "limit"), ("a", 1001, "limit")):
        with pytest.raises(ValueError, match=named):
            search_contacts(connection, term, limit)


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.one_of(
        st.text(min_size=1, max_size=12),
        st.text(alphabet="aA%_\\.*+?()[]{}|^$-& \n:@", min_size=1, max_size=8),
        st.sampled_from([given for given in NASTY_TEXTS.values() if len(given) < 200]),
    ).filter(lambda term: clean_text(term).strip())
)
def test_any_term_finds_the_names_it_is_a_part_of(connection: Connection, term: str) -> None:
    part = clean_text(term).strip()
    named = [part, f"{part} Works", f"Corner {part} Works", f"x{part}x"]
    savepoint = connection.begin_nested()
    for name in named:
        add_contact(connection, None, name)
    found = names(search_contacts(connection, term, 1000))
    savepoint.rollback()
    assert found[:1] == named[:1]
    assert set(named) == set(found)


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(max_size=30), st.text(max_size=30))
def test_any_name_is_a_contact_or_refused(connection: Connection, first: str, last: str) -> None:
    savepoint = connection.begin_nested()
    data = {"first_name": first, "last_name": last, "email": "somebody.else@acme.com"}
    if clean_person_name(" ".join(filter(None, (clean_text(first).strip(), clean_text(last).strip())))) is None:
        with pytest.raises(ValueError, match="The name is missing"):
            create_contact(connection, data)
    else:
        made = create_contact(connection, data)
        assert made.full_name
        assert made.first_name
        assert create_contact(connection, data) == made == get_contact_by_email(connection, data["email"])
        assert update_contact(connection, made.id, {"first_name": first, "last_name": last}) == made
    savepoint.rollback()
