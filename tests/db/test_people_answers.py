"""Whose people an answer names: those of the company that was asked about, of another one, of none that is known."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from sqlalchemy import Engine, text

from prospecting.persistence.companies import CompanyRow, upsert_companies
from prospecting.persistence.database import unit_of_work
from prospecting.services.answers import Origin, SavedRecords, save_people
from prospecting.services.rejections import MAX_ALIKE
from prospecting.services.runtime import Runtime
from tests.db.factories import ids, new_execution, person_name, stored, versions

OURS = Origin("our_agent", "our_agent: call 1")
JANE = {"name": "Jane Doe", "title": "CTO", "company": "Globex Corporation", "email": "jane@globex.com"}
ANN = {"name": "Ann Lee", "title": "CTO", "company": "Acme Robotics", "email": "ann@acme-robotics.com"}


@pytest.fixture
def runtime(engine: Engine) -> Runtime:
    return Runtime(engine)


def add(engine: Engine, *companies: CompanyRow) -> list[int]:
    with unit_of_work(engine) as connection:
        return ids(upsert_companies(connection, companies, source_system="test").saved)


@pytest.fixture
def acme(engine: Engine) -> int:
    return add(engine, CompanyRow("Acme Robotics", "acme-robotics.com"))[0]


def save(runtime: Runtime, company_id: int, *people: dict[str, Any], **fields: Any) -> SavedRecords:
    settings: dict[str, Any] = {"target_functions": [], "limit": 5, "observed_on": date(2027, 1, 1)} | fields
    origin = settings.pop("origin", OURS)
    return save_people(runtime, {"contacts": list(people)}, origin, company_id=company_id, **settings)


def staff(engine: Engine) -> dict[str, int]:
    query = """
        select p.full_name, r.company_id
        from company_person_roles as r join persons as p on p.id = r.person_id order by p.full_name"""
    with engine.connect() as connection:
        return {row.full_name: row.company_id for row in connection.execute(text(query))}


def rejected(engine: Engine) -> list[tuple[str, str]]:
    with engine.connect() as connection:
        rows = stored(connection, "rejected_records", "reason, raw", "id")
    return [(row["reason"], row["raw"]["name"]) for row in rows]


def test_somebody_of_an_unknown_company_is_rejected(runtime: Runtime, engine: Engine, acme: int) -> None:
    saved = save(runtime, acme, JANE, ANN)
    assert (saved.records, saved.rejected) == (1, 1)
    assert staff(engine) == {"Ann Lee": acme}
    assert rejected(engine) == [("other_company", "Jane Doe")]
    with engine.connect() as connection:
        (row,) = stored(connection, "rejected_records")
    assert (row["stage"], row["record_type"]) == ("filter", "person")
    assert row["raw"] == {"name": "Jane Doe", "title": "CTO", "company": "Globex Corporation"}
    assert "Jane" not in row["detail"]


@pytest.mark.parametrize(
    "known",
    [
        CompanyRow("Globex Corporation", "globex.com"),
        CompanyRow("GLOBEX CORP."),
        CompanyRow("Globex International", "https://www.globex.com/en"),
    ],
)
def test_somebody_of_a_known_company_is_saved_there(
    runtime: Runtime, engine: Engine, acme: int, known: CompanyRow
) -> None:
    (globex,) = add(engine, known)
    with unit_of_work(engine) as connection:
        execution = new_execution(connection)
    saved = save(runtime, acme, JANE, ANN, origin=Origin("our_agent", "x", execution))
    assert (saved.records, saved.rejected) == (2, 0)
    assert staff(engine) == {"Ann Lee": acme, "Jane Doe": globex}
    with engine.connect() as connection:
        linked = stored(connection, "signal_execution_entities", "entity_id", "entity_id")
    assert sorted(saved.ids) == [row["entity_id"] for row in linked]


def test_a_merged_company_leads_to_the_one_it_was_merged_into(runtime: Runtime, engine: Engine, acme: int) -> None:
    loser, winner = add(engine, CompanyRow("Globex Corporation", "globex.com"), CompanyRow("Initech", "initech.com"))
    with unit_of_work(engine) as connection:
        connection.execute(
            text("update companies set merged_into_id = :to where id = :id"), {"to": winner, "id": loser}
        )
    save(runtime, acme, JANE)
    assert staff(engine) == {"Jane Doe": winner}
    assert save(runtime, winner, JANE).rejected == 0


def test_of_two_companies_of_that_name_the_address_decides(runtime: Runtime, engine: Engine, acme: int) -> None:
    _, globex = add(engine, CompanyRow("Globex", "globex.de"), CompanyRow("Globex", "globex.com"))
    save(runtime, acme, JANE, {**JANE, "name": "John Roe", "email": "john@gmail.com"})
    assert staff(engine) == {"Jane Doe": globex}
    assert rejected(engine) == [("other_company", "John Roe")]


@pytest.mark.parametrize(
    "fields",
    [
        {"company": "Acme"},
        {"company": "Acme Robotics Inc."},
        {"company": "Acme (Robotics division)"},
        {"company": "Acme Ventures", "email": "jane@gmail.com"},
        {"company": "Globex", "email": "jane@acme-robotics.com"},
        {"company": None, "email": "jane@globex.com"},
        {"company": None, "email": "jane@gmail.com"},
        {"company": None, "title": "CTO at Acme Robotics"},
        {"company": None, "title": "CTO of Globex"},
        {"company": "N/A"},
    ],
    ids=repr,
)
def test_who_is_of_the_company_that_was_asked_about(
    runtime: Runtime, engine: Engine, acme: int, fields: dict[str, Any]
) -> None:
    save(runtime, acme, {"name": "Jane Doe", "title": "CTO", **fields})
    assert staff(engine) == {"Jane Doe": acme}
    assert rejected(engine) == []


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"company": "Boreal Robotics"}, "other_company"),
        ({"company": "Self-employed"}, "other_company"),
        ({"company": "globex.com"}, "other_company"),
        ({"company": None, "title": "CTO at Globex"}, "other_company"),
        ({"company": "ex-Acme Robotics"}, "past_role"),
        ({"company": "Acme Robotics (former)"}, "past_role"),
        ({"title": "CTO (until 2021)"}, "past_role"),
        ({"title": "CTO (2015-2019)"}, "past_role"),
        ({"title": "CTO [left 2022]"}, "past_role"),
        ({"title": "Outgoing CEO"}, "past_role"),
    ],
    ids=repr,
)
def test_who_is_not(runtime: Runtime, engine: Engine, acme: int, fields: dict[str, Any], reason: str) -> None:
    save(runtime, acme, {"name": "Jane Doe", "title": "CTO", **fields})
    assert staff(engine) == {}
    assert rejected(engine) == [(reason, "Jane Doe")]


def test_a_company_named_in_the_title_is_where_somebody_works_when_it_is_known(
    runtime: Runtime, engine: Engine, acme: int
) -> None:
    (globex,) = add(engine, CompanyRow("Globex", "globex.com"))
    save(runtime, acme, {"name": "Jane Doe", "title": "CEO of Globex"}, {"name": "Ann Lee", "title": "CTO at Globex"})
    assert staff(engine) == {"Ann Lee": globex, "Jane Doe": globex}


def test_an_address_at_a_domain_for_recruiting_is_one_at_the_company(
    runtime: Runtime, engine: Engine, acme: int
) -> None:
    (globex,) = add(engine, CompanyRow("Globex", "globexcareers.com"))
    assert add(engine, CompanyRow("Globex", "globex.com")) == [globex]
    save(runtime, acme, {**JANE, "company": "Globex People Team", "email": "jane@globexcareers.com"})
    assert staff(engine) == {"Jane Doe": globex}


def test_people_of_another_company_do_not_count_for_the_limit(runtime: Runtime, engine: Engine, acme: int) -> None:
    (globex,) = add(engine, CompanyRow("Globex Corporation", "globex.com"))
    strangers = [{**JANE, "name": f"Jane {name}oe", "email": None} for name in "BCD"]
    saved = save(runtime, acme, *strangers, ANN, {**ANN, "name": "Bo Ray"}, target_functions=["CTO"], limit=2)
    assert (saved.records, saved.rejected) == (4, 1)
    assert staff(engine) == {"Ann Lee": acme, "Bo Ray": acme, "Jane Boe": globex, "Jane Coe": globex}
    assert rejected(engine) == [("over_limit", "Jane Doe")]


@pytest.mark.parametrize("is_own_first", [True, False])
def test_of_an_execution_no_company_has_more_people_than_the_limit(
    runtime: Runtime, engine: Engine, acme: int, is_own_first: bool
) -> None:
    (globex,) = add(engine, CompanyRow("Globex Corporation", "globex.com"))
    with unit_of_work(engine) as connection:
        first, second = new_execution(connection, "run 1"), new_execution(connection, "run 2")

    def about_acme(execution: Any) -> SavedRecords:
        people = [{**JANE, "name": person_name(number), "email": None} for number in (1, 2)]
        return save(runtime, acme, *people, ANN, limit=3, origin=Origin("test", f"company {acme}", execution))

    def about_globex(execution: Any) -> SavedRecords:
        people = [{"name": person_name(number), "title": "CTO"} for number in (2, 3, 4, 5)]
        return save(runtime, globex, *people, limit=3, origin=Origin("test", f"company {globex}", execution))

    answers = [about_globex, about_acme] if is_own_first else [about_acme, about_globex]
    for answer in answers:
        answer(first)
    expected = {2, 3, 4} if is_own_first else {1, 2, 3}
    assert staff(engine) == {person_name(number): globex for number in expected} | {"Ann Lee": acme}
    left_out = {name for reason, name in rejected(engine) if reason == "over_limit"}
    assert left_out == {person_name(number) for number in {1, 2, 3, 4, 5} - expected}
    with engine.connect() as connection:
        before = versions(connection)
    for answer in answers:
        answer(first)
    with engine.connect() as connection:
        assert versions(connection) == before
    about_globex(second)
    assert person_name(4) in staff(engine), "another execution has a limit of its own"


def test_people_of_all_other_companies_together_are_not_more_than_the_limit(
    runtime: Runtime, engine: Engine, acme: int
) -> None:
    names = ["Globex", "Initech", "Umbrella"]
    add(engine, *(CompanyRow(name) for name in names))
    strangers = [{"name": f"{name} {letter}oe", "title": "CTO", "company": name} for letter in "BC" for name in names]
    saved = save(runtime, acme, *strangers, ANN, target_functions=["CTO"], limit=3)
    assert (saved.records, saved.rejected) == (4, 3)
    assert {reason for reason, _ in rejected(engine)} == {"over_limit"}
    assert staff(engine)["Ann Lee"] == acme


def test_many_people_left_out_for_one_reason_are_counted(runtime: Runtime, engine: Engine, acme: int) -> None:
    crowd = [{"name": f"Ann {person_name(number)}", "title": "Intern"} for number in range(MAX_ALIKE + 50)]
    saved = save(runtime, acme, *crowd, ANN, target_functions=["CTO"])
    assert (saved.records, saved.rejected) == (1, MAX_ALIKE + 50)
    with engine.connect() as connection:
        rows = stored(connection, "rejected_records", "reason, detail, raw", "id")
    assert len(rows) == MAX_ALIKE + 1
    assert [row for row in rows if row["detail"].endswith("more")] == [
        {"reason": "other_function", "detail": "50 more", "raw": {"count": 50}}
    ]


def test_people_of_another_company_are_wanted_in_a_target_function_too(
    runtime: Runtime, engine: Engine, acme: int
) -> None:
    add(engine, CompanyRow("Globex Corporation", "globex.com"))
    save(runtime, acme, {**JANE, "title": "Intern"}, target_functions=["CTO"])
    assert staff(engine) == {}
    assert rejected(engine) == [("other_function", "Jane Doe")]


def test_a_role_keeps_what_it_was_found_for(runtime: Runtime, engine: Engine, acme: int) -> None:
    save(runtime, acme, {**ANN, "title": "VP Sales"}, {**ANN, "name": "Bo Ray"}, target_functions=["CTO", "VP Sales"])
    with engine.connect() as connection:
        roles = stored(connection, "company_person_roles", "role_title, target_function, target_match", "role_title")
    assert [tuple(role.values()) for role in roles] == [("CTO", "CTO", "exact"), ("VP Sales", "VP Sales", "exact")]


def test_two_people_with_one_address_are_two(runtime: Runtime, engine: Engine, acme: int) -> None:
    people = [{**ANN, "name": name, "email": "team.acme@acme-robotics.com"} for name in ("Ann Lee", "Bo Ray")]
    saved = save(runtime, acme, *people)
    assert len(saved.ids) == 2
    with engine.connect() as connection:
        (pair,) = stored(connection, "merge_candidates", "entity_type, left_id, right_id, reason")
    assert tuple(pair.values()) == ("person", *saved.ids, "same_email_different_name")


def test_two_people_of_one_name_with_different_profiles_are_two(runtime: Runtime, engine: Engine, acme: int) -> None:
    people = [{**ANN, "email": None, "linkedinUrl": f"linkedin.com/in/ann-lee-{number}"} for number in (1, 2)]
    saved = save(runtime, acme, *people)
    assert len(saved.ids) == 2
    assert save(runtime, acme, *people[::-1]).ids == saved.ids[::-1]


def test_the_same_people_again_change_nothing(runtime: Runtime, engine: Engine, acme: int) -> None:
    add(engine, CompanyRow("Globex Corporation", "globex.com"))
    first = save(runtime, acme, JANE, ANN, target_functions=["CTO"])
    with engine.connect() as connection:
        before = versions(connection)
    assert save(runtime, acme, JANE, ANN, target_functions=["CTO"]).ids == first.ids
    with engine.connect() as connection:
        assert versions(connection) == before
