"""How to reach people, what is known of them, and which roles they hold."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import Connection

from prospecting.parsing.records import ContactRecord
from prospecting.persistence.batches import Saved
from prospecting.persistence.persons import PersonRow, upsert_persons
from tests.db.factories import count, stored, versions
from tests.db.person_rows import PROFILE, companies, jane, one_person, save


# ------------------------------------------------------------------ channels
def test_an_address_is_stored_as_a_channel_and_found_again(connection: Connection, acme: int) -> None:
    (person,) = save(connection, jane(acme, email="Jane.Doe@Acme.com", phone="+1 (555) 0100", linkedin_url=PROFILE))
    assert save(connection, PersonRow("J. Doe", email="jane.doe@acme.com")) == [person]
    channels = stored(connection, "contact_channels", "channel_type, value, value_key, is_identity, person_id")
    assert channels == [
        {
            "channel_type": "email",
            "value": "jane.doe@acme.com",
            "value_key": "jane.doe@acme.com",
            "is_identity": True,
            "person_id": person,
        },
        {
            "channel_type": "phone",
            "value": "+1 (555) 0100",
            "value_key": "15550100",
            "is_identity": False,
            "person_id": person,
        },
    ]


def test_shared_mailboxes_and_phones_identify_nobody(connection: Connection, acme: int) -> None:
    rows = [PersonRow(f"{name} Doe", acme, email="Sales@acme.com", phone="555-0100") for name in ("Ann", "Bob", "Cy")]
    assert len(set(save(connection, *rows))) == 3
    assert [row["is_identity"] for row in stored(connection, "contact_channels")] == [False] * 6
    before = versions(connection)
    save(connection, *rows)
    assert versions(connection) == before


def test_an_address_belongs_to_whoever_had_it_first(connection: Connection, acme: int) -> None:
    rows = [jane(acme, linkedin_url=PROFILE + str(i), email="jane@acme.com") for i in range(3)]
    first, *_ = save(connection, *rows)
    assert [row["person_id"] for row in stored(connection, "contact_channels") if row["is_identity"]] == [first]
    assert count(connection, "contact_channels") == 3
    assert save(connection, jane(email="jane@acme.com")) == [first]


@pytest.mark.parametrize("phone", ["", "n/a", "   "])
def test_a_phone_without_digits_is_no_channel(connection: Connection, acme: int, phone: str) -> None:
    save(connection, jane(acme, phone=phone, email=phone))
    assert count(connection, "contact_channels") == 0


# ------------------------------------------------------------------ what is known of a person
OLD, NOW, LATER = date(2024, 1, 1), date(2025, 1, 1), date(2025, 6, 1)


@pytest.mark.parametrize(
    ("known", "mention", "title"),
    [
        (("CEO", NOW), ("CTO", LATER), "CTO"),
        (("CEO", NOW), ("CTO", OLD), "CEO"),
        (("CEO", NOW), ("CTO", NOW), "CEO"),
        (("CEO", NOW), ("CTO", None), "CEO"),
        (("CEO", None), ("CTO", OLD), "CTO"),
        (("CEO", None), ("CTO", None), "CEO"),
        (("CEO", NOW), (None, LATER), "CEO"),
        (("CEO", NOW), ("  ", LATER), "CEO"),
        ((None, NOW), ("CTO", OLD), "CTO"),
        ((None, None), ("CTO", None), "CTO"),
    ],
)
@pytest.mark.parametrize("in_one_batch", [True, False])
def test_newer_evidence_replaces_a_title_and_nothing_else_does(
    connection: Connection,
    acme: int,
    known: tuple[str | None, date | None],
    mention: tuple[str | None, date | None],
    title: str,
    in_one_batch: bool,
) -> None:
    rows = [jane(acme, linkedin_url=PROFILE, title=said, observed_on=day) for said, day in (known, mention)]
    if in_one_batch:
        save(connection, *rows)
    else:
        for row in rows:
            save(connection, row)
    person = one_person(connection)
    assert (person["current_title"], person["seniority"]) == (title, "C-Suite")
    before = versions(connection)
    for row in rows:
        save(connection, row)
    assert versions(connection) == before


def test_nothing_known_is_erased_and_gaps_are_filled(connection: Connection, acme: int) -> None:
    save(connection, jane(acme, linkedin_url=PROFILE, bio="first", title="CEO", observed_on=NOW))
    save(connection, jane(acme, linkedin_url=PROFILE, bio="second", location_text="Berlin", observed_on=LATER))
    save(connection, jane(linkedin_url=PROFILE, bio="", location_text=" ", title="", email="", observed_on=LATER))
    person = one_person(connection)
    assert (person["bio"], person["location_text"], person["current_title"]) == ("first", "Berlin", "CEO")
    assert (person["first_name"], person["last_name"], person["title_observed_on"]) == ("Jane", "Doe", NOW)


def test_from_contact_takes_everything_along() -> None:
    contact = ContactRecord("Jane Doe", "CEO", PROFILE, "j@x.com", "Jane", "Doe", "Acme", "1", "Berlin", "bio")
    row = PersonRow("Jane Doe", 7, "CEO", PROFILE, "j@x.com", "1", "Berlin", "bio", NOW)
    assert PersonRow.from_contact(contact, company_id=7, observed_on=NOW) == row
    found = PersonRow.from_contact(contact, company_id=7, observed_on=OLD, target_function="CTO", target_match="above")
    assert found == replace(row, observed_on=OLD, target_function="CTO", target_match="above")
    # The day of the source itself is the evidence's; nobody knows of days after the answer.
    for said, day in ((OLD, OLD), (LATER, NOW)):
        assert (
            PersonRow.from_contact(replace(contact, observed_on=said), company_id=7, observed_on=NOW).observed_on == day
        )


# ------------------------------------------------------------------ roles
def roles(connection: Connection) -> dict[str | None, bool]:
    return {row["role_title"]: row["is_current"] for row in stored(connection, "company_person_roles")}


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
@pytest.mark.parametrize("in_one_batch", [True, False])
def test_an_older_role_is_over_whichever_came_first(
    connection: Connection, acme: int, order: tuple[int, int], in_one_batch: bool
) -> None:
    rows = [jane(acme, linkedin_url=PROFILE, title=t, observed_on=day) for t, day in (("CTO", OLD), ("CEO", NOW))]
    chosen = [rows[i] for i in order]
    if in_one_batch:
        save(connection, *chosen)
    else:
        for row in chosen:
            save(connection, row)
    assert roles(connection) == {"CTO": False, "CEO": True}
    before = versions(connection)
    for row in chosen:
        save(connection, row)
    assert versions(connection) == before


def test_a_role_seen_again_later_is_current_again(connection: Connection, acme: int) -> None:
    for title, day in (("CTO", OLD), ("CEO", NOW), ("CTO", LATER)):
        save(connection, jane(acme, linkedin_url=PROFILE, title=title, observed_on=day))
    assert roles(connection) == {"CTO": True, "CEO": False}
    assert one_person(connection)["current_title"] == "CTO"


def test_two_roles_of_one_day_are_both_held(connection: Connection, acme: int) -> None:
    both = [jane(acme, linkedin_url=PROFILE, title=title, observed_on=NOW) for title in ("CEO", "Founder")]
    save(connection, *both)
    assert roles(connection) == {"CEO": True, "Founder": True}
    save(connection, jane(acme, linkedin_url=PROFILE, title="Advisor", observed_on=None))
    assert roles(connection) == {"CEO": True, "Founder": True, "Advisor": True}


def test_a_role_elsewhere_ends_none_here(connection: Connection) -> None:
    acme, globex = companies(connection, "Acme", "Globex")
    save(connection, jane(acme, linkedin_url=PROFILE, title="CEO", observed_on=OLD))
    save(connection, jane(globex, linkedin_url=PROFILE, title="Chair", observed_on=NOW))
    assert roles(connection) == {"CEO": True, "Chair": True}


def test_a_role_says_what_its_title_says(connection: Connection, acme: int) -> None:
    save(connection, jane(acme, linkedin_url=PROFILE, title=" VP  Marketing ", observed_on=NOW))
    save(connection, jane(acme, linkedin_url=PROFILE, title="vp marketing", observed_on=LATER))
    (role,) = stored(connection, "company_person_roles")
    assert (role["role_title"], role["role_key"], role["role_category"]) == (
        "VP Marketing",
        "vp marketing",
        "marketing",
    )
    assert (role["seniority"], role["is_decision_maker"], role["observed_on"]) == ("VP", True, LATER)


def targets(connection: Connection) -> list[tuple[str | None, str | None]]:
    rows = stored(connection, "company_person_roles", "target_function, target_match", "id")
    return [(row["target_function"], row["target_match"]) for row in rows]


@pytest.mark.parametrize("in_one_batch", [True, False])
@pytest.mark.parametrize(
    ("known", "mention", "expected"),
    [
        ((None, None, NOW), ("CEO", "exact", NOW), ("CEO", "exact")),
        ((None, None, NOW), ("CEO", "exact", OLD), ("CEO", "exact")),
        ((None, None, None), ("CEO", "exact", None), ("CEO", "exact")),
        (("CEO", "exact", NOW), ("VP Sales", "above", LATER), ("VP Sales", "above")),
        (("CEO", "exact", NOW), ("VP Sales", "above", OLD), ("CEO", "exact")),
        (("CEO", "exact", NOW), ("VP Sales", "above", NOW), ("CEO", "exact")),
        (("CEO", "exact", NOW), ("VP Sales", "above", None), ("CEO", "exact")),
        (("CEO", "exact", None), ("VP Sales", "above", NOW), ("VP Sales", "above")),
        (("CEO", "exact", NOW), (None, None, LATER), ("CEO", "exact")),
        (("CEO", None, NOW), (None, "exact", NOW), (None, None)),
    ],
)
def test_a_role_keeps_for_which_function_it_was_found_last(
    connection: Connection,
    acme: int,
    known: tuple[str | None, str | None, date | None],
    mention: tuple[str | None, str | None, date | None],
    expected: tuple[str | None, str | None],
    in_one_batch: bool,
) -> None:
    rows = [
        jane(acme, linkedin_url=PROFILE, title="CEO", target_function=function, target_match=match, observed_on=day)
        for function, match, day in (known, mention)
    ]
    if in_one_batch:
        save(connection, *rows)
    else:
        for row in rows:
            save(connection, row)
    assert targets(connection) == [expected]
    before = versions(connection)
    for row in rows:
        save(connection, row)
    assert versions(connection) == before


def test_an_unknown_degree_of_match_is_refused_alone(connection: Connection, acme: int) -> None:
    rows = [
        jane(acme, title="CEO", target_function="CEO", target_match="roughly"),
        PersonRow("Jo Roe", acme, "CTO", target_function="CTO", target_match="exact"),
    ]
    result = upsert_persons(connection, rows, source_system="test")
    assert [failure.reason for failure in result.failures] == ["ck_company_person_roles_target_match"]
    assert targets(connection) == [("CTO", "exact")]


def test_a_person_without_a_title_has_one_role(connection: Connection, acme: int) -> None:
    for _ in range(2):
        save(connection, jane(acme), jane(acme, title=""), jane(acme, title=None, observed_on=NOW))
    assert roles(connection) == {None: True}


def test_what_is_new_is_said_once(connection: Connection, acme: int) -> None:
    result = upsert_persons(connection, [jane(acme), jane(acme), jane(acme)], source_system="test")
    assert result.created == 1
    result = upsert_persons(connection, [jane(acme), PersonRow("Jo Roe", acme)], source_system="test")
    assert [saved.is_new for saved in result.saved if isinstance(saved, Saved)] == [False, True]
