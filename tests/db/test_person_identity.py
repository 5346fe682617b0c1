"""Who is the same person, alone, in any batches, and at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine

from prospecting.persistence.database import unit_of_work
from prospecting.persistence.persons import PersonRow, upsert_persons
from tests.db.factories import at_once, content, count, empty, stored, versions, wait_for_blocked
from tests.db.person_rows import PROFILE, companies, jane, merge, one_person, save

OLD, NOW, LATER = date(2024, 1, 1), date(2025, 1, 1), date(2025, 6, 1)
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


@pytest.mark.parametrize("in_one_batch", [True, False])
def test_every_spelling_of_a_profile_is_one_person(connection: Connection, in_one_batch: bool) -> None:
    rows = [PersonRow(f"Jane {chr(97 + i)}oe", linkedin_url=url) for i, url in enumerate(SPELLINGS)]
    found = save(connection, *rows) if in_one_batch else [save(connection, row)[0] for row in rows]
    assert len(set(found)) == 1
    assert one_person(connection)["linkedin_url"] == PROFILE


SAME = [
    ("personal e-mail, initial", {"email": "jane@acme.com"}, {"email": "Jane@ACME.com", "full_name": "J. Doe"}),
    (
        "personal e-mail, nickname",
        {"email": "jon@acme.com", "full_name": "Jon Smith"},
        {"email": "jon@acme.com", "full_name": "Jonathan Smith"},
    ),
    (
        "personal e-mail, order of names",
        {"email": "jane@acme.com", "company_id": None},
        {"email": "jane@acme.com", "full_name": "Doe, Jane Mary", "company_id": None},
    ),
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
    ("two names with one address", {"email": "jane@acme.com"}, {"email": "jane@acme.com", "full_name": "John Roe"}),
    (
        "two names with one address, at no company",
        {"email": "jane@acme.com", "company_id": None},
        {"email": "jane@acme.com", "company_id": None, "full_name": "John Roe"},
    ),
    (
        "two names with one address and one profile",
        {"email": "jane@acme.com"},
        {"email": "jane@acme.com", "full_name": "John Roe", "linkedin_url": PROFILE},
    ),
    *(
        (
            f"two names with the placeholder {address}",
            {"email": address},
            {"email": address, "full_name": "John Roe"},
        )
        for address in ("email_not_unlocked@domain.com", "firstname.lastname@acme.com", "j***@acme.com")
    ),
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


@pytest.mark.parametrize("in_one_batch", [True, False])
@pytest.mark.parametrize("company_known", [True, False])
def test_one_address_under_two_unlike_names_is_two_people_and_a_doubt(
    connection: Connection, acme: int, in_one_batch: bool, company_known: bool
) -> None:
    company = acme if company_known else None
    rows = [
        PersonRow(name, company, email="jane@acme.com") for name in ("Jane Doe", "John Roe", "J. Doe", "Johnny Roe")
    ]
    found = save(connection, *rows) if in_one_batch else [save(connection, row)[0] for row in rows]
    jane_doe, john_roe, *others = found
    assert jane_doe != john_roe
    assert others == [jane_doe, john_roe]
    (pair,) = stored(connection, "merge_candidates")
    assert (pair["left_id"], pair["right_id"], pair["reason"]) == (jane_doe, john_roe, "same_email_different_name")
    assert "@" not in str(pair["evidence"])
    channels = stored(connection, "contact_channels", "person_id, value, is_identity", "id")
    assert [tuple(channel.values()) for channel in channels] == [
        (jane_doe, "jane@acme.com", True),
        (john_roe, "jane@acme.com", False),
    ]
    before = versions(connection)
    assert save(connection, *rows) == found
    assert versions(connection) == before


def test_the_address_of_somebody_else_is_a_doubt_about_people_known_before(connection: Connection, acme: int) -> None:
    jane_doe, john_roe = save(connection, jane(acme, email="jane@acme.com"), PersonRow("John Roe", acme))
    assert save(connection, PersonRow("John Roe", acme, email="jane@acme.com")) == [john_roe]
    (pair,) = stored(connection, "merge_candidates")
    assert (pair["left_id"], pair["right_id"], pair["reason"]) == (jane_doe, john_roe, "same_email_different_name")


def test_an_address_that_many_names_share_makes_one_person_each(connection: Connection, acme: int) -> None:
    """Letters alone tell these names apart, so that none is like another."""
    names = [f"{chr(97 + i)}aron Q{chr(97 + i)}dler" for i in range(26)] * 2
    rows = [PersonRow(name, acme, email="the.team@acme.com") for name in names]
    found = save(connection, *rows)
    assert len(set(found)) == 26
    assert found[:26] == found[26:]
    assert save(connection, *rows[::-1]) == found[::-1]


def test_once_merged_two_names_of_one_address_are_one_person(connection: Connection, acme: int) -> None:
    rows = [jane(acme, email="jane@acme.com"), PersonRow("Jane Roe", acme, email="jane@acme.com")]
    maiden, married = save(connection, *rows)
    assert maiden != married
    merge(connection, maiden, married)
    assert save(connection, *rows) == [married, married]


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
    rows = [PersonRow("J. Doe", acme, linkedin_url=PROFILE, email="j@acme.com"), jane(acme, email="j@acme.com")]
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


# ------------------------------------------------------------------ any batches, twice, at once
MENTIONS = st.fixed_dictionaries(
    {
        "full_name": st.sampled_from(["Jane Doe", "JANE DOE", "J. Doe", "Jo Roe", "Joseph Roe"]),
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


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
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
    for _ in range(3):
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
        by_email = [PersonRow(f"J. {chr(97 + i)}x", None, email=f"jane{i}@acme.com", **value) for i in range(20)]
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


def test_whoever_waits_for_a_person_undoes_nothing(engine: Engine) -> None:
    """Two writers that have no key in common: the second compares what it knows with what the first has left."""
    with unit_of_work(engine) as connection:
        (acme,) = companies(connection, "Acme")
        save(connection, jane(acme, linkedin_url=PROFILE, email="jane@acme.com", title="CFO", observed_on=NOW))

    def by_email() -> None:
        with unit_of_work(engine, timeout_seconds=60) as connection:
            late = PersonRow("J. D.", None, "CTO", email="jane@acme.com", location_text="Oslo", observed_on=NOW)
            save(connection, late)

    with ThreadPoolExecutor(1) as pool, engine.connect() as watching:
        with unit_of_work(engine) as connection:
            save(connection, jane(linkedin_url=PROFILE, bio="Runs Acme", title="CEO", observed_on=LATER))
            waiting = pool.submit(by_email)
            wait_for_blocked(watching, 1)
        waiting.result(timeout=60)
    with engine.connect() as connection:
        (person,) = stored(connection, "persons")
        assert (person["bio"], person["location_text"], person["current_title"]) == ("Runs Acme", "Oslo", "CEO")


def test_a_profile_that_arrives_twice_at_once_is_taken_once(engine: Engine) -> None:
    for _ in range(4):
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
