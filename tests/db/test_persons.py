"""Who is the same person, how to reach them, and which roles they hold."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine, text

from prospecting.parsing.records import ContactRecord
from prospecting.persistence.batches import Saved
from prospecting.persistence.companies import CompanyRow, upsert_companies
from prospecting.persistence.database import unit_of_work
from prospecting.persistence.persons import PersonRow, upsert_persons
from tests.db.factories import at_once, content, count, empty, ids, stored, versions

PROFILE = "https://www.linkedin.com/in/jane-doe"
SPELLINGS = [
    "https://www.linkedin.com/in/jane-doe",
    "http://linkedin.com/in/jane-doe/",
    "linkedin.com/in/Jane-Doe",
    "https://de.linkedin.com/in/jane-doe/de",
    "https://m.linkedin.com/in/jane-doe?trk=public_profile",
    "www.linkedin.com/in/jane%2Ddoe#about",
    "https://www.linkedin.com/in/jane-doe/overlay/contact-info/",
    "<https://www.linkedin.com/in/jane-doe>",
    "https://www.linkedin.com/pub/jane-doe",
    "HTTPS://WWW.LINKEDIN.COM/IN/JANE-DOE",
]


def companies(connection: Connection, *names: str) -> list[int]:
    return ids(upsert_companies(connection, [CompanyRow(name) for name in names], source_system="test").saved)


def save(connection: Connection, *rows: PersonRow) -> list[int]:
    return ids(upsert_persons(connection, rows, source_system="test").saved)


def jane(company: int | None = None, **fields: Any) -> PersonRow:
    merged: dict[str, Any] = {"full_name": "Jane Doe", "company_id": company} | fields
    return PersonRow(**merged)


def one_person(connection: Connection) -> dict[str, Any]:
    (row,) = stored(connection, "persons")
    return row


def merge(connection: Connection, loser: int, winner: int) -> None:
    connection.execute(
        text("update persons set merged_into_id = :winner where id = :loser"), {"winner": winner, "loser": loser}
    )


# ------------------------------------------------------------------ identity
@pytest.mark.parametrize("in_one_batch", [True, False])
def test_every_spelling_of_a_profile_is_one_person(connection: Connection, in_one_batch: bool) -> None:
    rows = [PersonRow(f"Jane {chr(97 + i)}oe", linkedin_url=url) for i, url in enumerate(SPELLINGS)]
    found = save(connection, *rows) if in_one_batch else [save(connection, row)[0] for row in rows]
    assert len(set(found)) == 1
    assert one_person(connection)["linkedin_url"] == PROFILE


SAME = [
    ("personal e-mail, other name", {"email": "jane@acme.com"}, {"email": "Jane@ACME.com", "full_name": "J. Smith"}),
    ("personal e-mail, no company", {"email": "jane@acme.com"}, {"email": "mailto:jane@acme.com", "company_id": None}),
    ("name at the company", {}, {"full_name": "Dr. Jane DOE, PhD"}),
    ("a profile that comes later", {}, {"linkedin_url": PROFILE}),
    ("a profile known before", {"linkedin_url": PROFILE}, {}),
    ("an e-mail that comes later", {}, {"email": "jane@acme.com"}),
    ("two e-mails at one company", {"email": "jane@acme.com"}, {"email": "jane.doe@acme.com"}),
    ("a profile for a known e-mail", {"email": "j@acme.com"}, {"email": "j@acme.com", "linkedin_url": PROFILE}),
    (
        "one profile, two e-mails",
        {"linkedin_url": PROFILE, "email": "a@x.com"},
        {"linkedin_url": PROFILE, "email": "b@x.com"},
    ),
    ("a shared mailbox is no obstacle", {"email": "info@acme.com"}, {"email": "sales@acme.com"}),
]
DIFFERENT = [
    ("two profiles of one name", {"linkedin_url": PROFILE}, {"linkedin_url": PROFILE + "-2"}),
    (
        "two profiles with one e-mail",
        {"linkedin_url": PROFILE, "email": "jane@acme.com"},
        {"linkedin_url": PROFILE + "-2", "email": "jane@acme.com"},
    ),
    ("two names without a profile", {}, {"full_name": "John Roe"}),
    (
        "two names with one shared mailbox",
        {"email": "info@acme.com"},
        {"email": "info@acme.com", "full_name": "John Roe"},
    ),
    (
        "two names with empty addresses",
        {"linkedin_url": "", "email": ""},
        {"linkedin_url": "", "full_name": "John Roe"},
    ),
    (
        "a company page is not a profile",
        {"linkedin_url": "linkedin.com/company/acme"},
        {"linkedin_url": "linkedin.com/company/acme", "full_name": "John Roe"},
    ),
]


@pytest.mark.parametrize("in_one_batch", [True, False])
@pytest.mark.parametrize(("one", "other"), [case[1:] for case in SAME], ids=[case[0] for case in SAME])
def test_same_person(
    connection: Connection, acme: int, one: dict[str, Any], other: dict[str, Any], in_one_batch: bool
) -> None:
    rows = [jane(acme, **fields) for fields in (one, other)]
    found = save(connection, *rows) if in_one_batch else [save(connection, row)[0] for row in rows]
    assert found[0] == found[1]
    assert count(connection, "persons") == 1
    before = versions(connection)
    assert save(connection, *rows) == found
    assert versions(connection) == before


@pytest.mark.parametrize("in_one_batch", [True, False])
@pytest.mark.parametrize(("one", "other"), [case[1:] for case in DIFFERENT], ids=[case[0] for case in DIFFERENT])
def test_different_persons(
    connection: Connection, acme: int, one: dict[str, Any], other: dict[str, Any], in_one_batch: bool
) -> None:
    rows = [jane(acme, **fields) for fields in (one, other)]
    found = save(connection, *rows) if in_one_batch else [save(connection, row)[0] for row in rows]
    assert found[0] != found[1]
    assert {row["linkedin_url"] for row in stored(connection, "persons")} != {""}
    before = versions(connection)
    assert save(connection, *rows) == found
    assert versions(connection) == before


def test_one_name_at_two_companies_is_two_people(connection: Connection) -> None:
    acme, globex = companies(connection, "Acme", "Globex")
    first, second = save(connection, jane(acme), jane(globex))
    assert first != second
    assert save(connection, jane(globex), jane(acme)) == [second, first]


def test_a_name_alone_identifies_nobody(connection: Connection) -> None:
    rows = [jane(), jane(email="info@acme.com"), jane(linkedin_url="linkedin.com/company/acme"), jane(email="nonsense")]
    result = upsert_persons(connection, rows, source_system="test")
    assert [failure.reason for failure in result.failures] == ["no_identity"] * 4
    assert not any("Jane" in failure.detail for failure in result.failures)
    assert count(connection, "persons") == 0


def test_a_person_without_a_name_is_refused_alone(connection: Connection, acme: int) -> None:
    names = ("", "  ", "N/A", "jane@acme.com", "\x00", "123", "x" * 600, "Jane Doe")
    result = upsert_persons(connection, [PersonRow(name, acme) for name in names], source_system="test")
    assert [(failure.position, failure.reason) for failure in result.failures] == [
        (i, "missing_name") for i in range(7)
    ]
    assert result.saved[7] is not None


@pytest.mark.parametrize("in_one_batch", [True, False])
@pytest.mark.parametrize(
    ("fields", "reason"),
    [({}, "same_name_and_company"), ({"email": "jane@acme.com", "full_name": "J. D."}, "same_email_different_profile")],
)
def test_two_profiles_that_may_be_one_person_are_on_record(
    connection: Connection, acme: int, in_one_batch: bool, fields: dict[str, Any], reason: str
) -> None:
    base = {"email": fields["email"]} if fields else {}
    rows = [jane(acme, linkedin_url=PROFILE, **base), jane(acme, linkedin_url=PROFILE + "-2", **fields)]
    found = save(connection, *rows) if in_one_batch else [save(connection, row)[0] for row in rows]
    (pair,) = stored(connection, "merge_candidates")
    assert (pair["entity_type"], [pair["left_id"], pair["right_id"]], pair["reason"]) == ("person", found, reason)
    assert "@" not in str(pair["evidence"])


def test_a_profile_is_taken_by_one_person_and_a_person_takes_one_profile(connection: Connection, acme: int) -> None:
    """The known one is reached by e-mail from one profile, by name from another."""
    (known,) = save(connection, jane(acme, email="jane@acme.com"))
    rows = [jane(acme, linkedin_url=PROFILE + "-2"), jane(email="jane@acme.com", linkedin_url=PROFILE)]
    by_name, by_email = save(connection, *rows)
    assert by_email == known
    assert by_name != known
    assert save(connection, *rows) == [by_name, by_email]
    assert count(connection, "persons") == 2


def test_one_profile_with_the_addresses_of_two_people_goes_to_the_first(connection: Connection, acme: int) -> None:
    first, second = save(connection, jane(acme, email="a@x.com"), PersonRow("Jo Roe", acme, email="b@x.com"))
    rows = [jane(email="a@x.com", linkedin_url=PROFILE), jane(email="b@x.com", linkedin_url=PROFILE)]
    assert save(connection, *rows) == [first, first]
    profiles = {row["id"]: row["linkedin_url"] for row in stored(connection, "persons")}
    assert profiles == {first: PROFILE, second: None}


def test_an_address_is_somebodys_before_a_name_is(connection: Connection, acme: int) -> None:
    """Both rows carry one address; the second also has the name of somebody known."""
    (known,) = save(connection, jane(acme))
    rows = [PersonRow("Jan Do", acme, linkedin_url=PROFILE, email="j@acme.com"), jane(acme, email="j@acme.com")]
    found = save(connection, *rows)
    assert found[0] == found[1] != known
    before = versions(connection)
    assert save(connection, *rows) == found
    assert versions(connection) == before


def test_one_new_address_of_two_known_people_goes_to_the_first(connection: Connection) -> None:
    acme, globex = companies(connection, "Acme", "Globex")
    first, second = save(connection, jane(acme), jane(globex))
    assert first != second
    rows = [jane(acme, email="jane@x.com"), jane(globex, email="jane@x.com")]
    assert save(connection, *rows) == save(connection, *rows) == [first, first]


def test_of_namesakes_the_one_known_longest_at_the_company_is_meant(connection: Connection) -> None:
    acme, globex = companies(connection, "Acme", "Globex")
    (elsewhere,) = save(connection, jane(globex, email="jane@globex.com"))
    (known,) = save(connection, jane(acme, linkedin_url=PROFILE))
    assert save(connection, jane(acme)) == [known]
    save(connection, jane(acme, email="jane@globex.com"))  # the other one changes jobs
    assert elsewhere != known
    assert save(connection, jane(acme)) == [known]


def test_a_merged_person_answers_for_the_one_it_was_merged_into(connection: Connection, acme: int) -> None:
    loser, winner = save(
        connection,
        jane(acme, linkedin_url=PROFILE, email="jane@acme.com"),
        PersonRow("Janet Doe", acme, email="janet@acme.com"),
    )
    merge(connection, loser, winner)
    assert save(connection, jane(linkedin_url=PROFILE)) == [winner]
    assert save(connection, jane(email="jane@acme.com")) == [winner]
    assert save(connection, jane(acme)) == [winner]
    assert count(connection, "persons") == 2
    profiles = {row["id"]: row["linkedin_url"] for row in stored(connection, "persons")}
    assert profiles == {loser: PROFILE, winner: None}


# ------------------------------------------------------------------ channels
def test_an_address_is_stored_as_a_channel_and_found_again(connection: Connection, acme: int) -> None:
    (person,) = save(connection, jane(acme, email="Jane.Doe@Acme.com", phone="+1 (555) 0100", linkedin_url=PROFILE))
    assert save(connection, PersonRow("Somebody Else", email="jane.doe@acme.com")) == [person]
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
    assert PersonRow.from_contact(contact, company_id=7, observed_on=NOW) == PersonRow(
        "Jane Doe", 7, "CEO", PROFILE, "j@x.com", "1", "Berlin", "bio", NOW
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


def test_a_person_without_a_title_has_one_role(connection: Connection, acme: int) -> None:
    for _ in range(2):
        save(connection, jane(acme), jane(acme, title=""), jane(acme, title=None, observed_on=NOW))
    assert roles(connection) == {None: True}


def test_what_is_new_is_said_once(connection: Connection, acme: int) -> None:
    result = upsert_persons(connection, [jane(acme), jane(acme), jane(acme)], source_system="test")
    assert result.created == 1
    result = upsert_persons(connection, [jane(acme), PersonRow("Jo Roe", acme)], source_system="test")
    assert [saved.is_new for saved in result.saved if isinstance(saved, Saved)] == [False, True]


# ------------------------------------------------------------------ any batches, twice, at once
MENTIONS = st.fixed_dictionaries(
    {
        "full_name": st.sampled_from(["Jane Doe", "JANE DOE", "Jo Roe"]),
        "company": st.sampled_from([0, 1, None]),
        "title": st.sampled_from([None, "CEO", "CTO"]),
        "linkedin_url": st.sampled_from([None, None, PROFILE, PROFILE + "-2", PROFILE + "-3"]),
        "email": st.sampled_from([None, None, "a@x.com", "b@x.com", "info@x.com"]),
        "observed_on": st.sampled_from([None, OLD, NOW]),
        "bio": st.sampled_from([None, "a", "b"]),
    }
)
BATCHES = st.lists(st.lists(MENTIONS, max_size=6), min_size=1, max_size=4)


def person_rows(batch: list[dict[str, Any]], known: list[int]) -> list[PersonRow]:
    return [
        PersonRow(company_id=None if mention["company"] is None else known[mention["company"]], **fields)
        for mention in batch
        for fields in [{key: value for key, value in mention.items() if key != "company"}]
    ]


def save_any(connection: Connection, rows: list[PersonRow]) -> list[int | None]:
    result = upsert_persons(connection, rows, source_system="test")
    assert {failure.reason for failure in result.failures} <= {"no_identity"}
    return [saved.id if saved else None for saved in result.saved]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(batches=BATCHES)
def test_any_batches_again_change_nothing(shared_engine: Engine, batches: list[list[dict[str, Any]]]) -> None:
    with shared_engine.connect() as connection:
        known = companies(connection, "Acme", "Globex")
        staged = [person_rows(batch, known) for batch in batches]
        first = [save_any(connection, rows) for rows in staged]
        before = versions(connection)
        assert [save_any(connection, rows) for rows in staged] == first
        assert versions(connection) == before


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(batches=BATCHES)
def test_each_batch_twice_is_each_batch_once(shared_engine: Engine, batches: list[list[dict[str, Any]]]) -> None:
    with shared_engine.connect() as connection:
        known = companies(connection, "Acme", "Globex")
        for batch in batches:
            rows = person_rows(batch, known)
            found = save_any(connection, rows)
            before = versions(connection)
            assert save_any(connection, rows) == found
            assert versions(connection) == before


def test_overlapping_batches_in_opposite_orders_at_once(engine: Engine) -> None:
    for _ in range(6):
        empty(engine)
        with unit_of_work(engine) as connection:
            (acme,) = companies(connection, "Acme")
        rows = [
            PersonRow(
                f"Jane D{chr(97 + i)}e",
                acme,
                "CEO",
                f"linkedin.com/in/jane{i}" if i % 3 == 0 else None,
                f"jane{i}@acme.com" if i % 3 < 2 else None,
                observed_on=NOW,
            )
            for i in range(24)
        ]
        batches = [rows, rows[::-1], rows[12:] + rows[:12], rows[::2] + rows[1::2]]
        answers = at_once(engine, [lambda connection, batch=batch: save(connection, *batch) for batch in batches])
        found = [
            dict(zip((row.full_name for row in batch), answer, strict=True))
            for batch, answer in zip(batches, answers, strict=True)
        ]
        assert all(answer == found[0] for answer in found)
        with engine.connect() as connection:
            assert count(connection, "persons") == count(connection, "company_person_roles") == 24
            assert count(connection, "contact_channels") == 16
            assert count(connection, "merge_candidates") == 0


def test_one_person_reached_by_different_keys_at_once(engine: Engine) -> None:
    """No key is common to the batches, so nothing but the order of row locks prevents a deadlock."""
    with unit_of_work(engine) as connection:
        (acme,) = companies(connection, "Acme")
        rows = [
            PersonRow(f"Jane Doe {chr(97 + i)}x", acme, None, f"linkedin.com/in/jane{i}", f"jane{i}@acme.com")
            for i in range(20)
        ]
        save(connection, *rows)
    for day, bio in enumerate(("location_text", "bio", "title"), start=1):
        value: dict[str, Any] = {bio: "CEO", "observed_on": date(2025, 1, day)}
        by_profile = [
            PersonRow(f"Any One{chr(97 + i)}", None, linkedin_url=f"linkedin.com/in/jane{i}", **value)
            for i in range(20)
        ]
        by_email = [PersonRow(f"Some Body{chr(97 + i)}", None, email=f"jane{i}@acme.com", **value) for i in range(20)]
        by_name = [PersonRow(f"Jane Doe {chr(97 + i)}x", acme, **value) for i in range(20)]
        at_once(
            engine,
            [
                lambda connection, batch=batch: save(connection, *batch)
                for batch in (by_profile, by_email[::-1], by_name, by_profile[::-1], by_name[::-1])
            ],
        )
        with engine.connect() as connection:
            assert count(connection, "persons") == 20


def test_a_profile_that_arrives_twice_at_once_is_taken_once(engine: Engine) -> None:
    for _ in range(8):
        empty(engine)
        with unit_of_work(engine) as connection:
            (acme,) = companies(connection, "Acme")
            save(connection, jane(acme, email="jane@acme.com"))
        at_once(
            engine,
            [
                lambda connection, row=row: save(connection, row)
                for row in (
                    jane(acme, linkedin_url=PROFILE),
                    jane(email="jane@acme.com", linkedin_url=PROFILE),
                    jane(acme, linkedin_url=PROFILE + "-2"),
                    jane(email="jane@acme.com", linkedin_url=PROFILE + "-2"),
                )
            ],
        )
        with engine.connect() as connection:
            profiles = sorted(row["linkedin_url"] for row in stored(connection, "persons"))
            assert profiles == [PROFILE, PROFILE + "-2"]
            assert content(connection, "contact_channels")
