"""Briefings of people with one name at one company: whose a briefing is."""

from __future__ import annotations

import itertools
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine

from prospecting.persistence.briefings import query_person_intel_briefings, save_briefings
from tests.db.briefing_rows import at, kept, person
from tests.db.factories import an_org, at_once, hours, stored, versions
from tests.db.past_research import Past

X, Y, Z = (f"https://www.linkedin.com/in/jane-{letter}" for letter in "xyz")
TABLE = "person_intel_briefings"


@pytest.fixture
def acme(connection: Connection) -> UUID:
    return an_org(connection)


def jane(connection: Connection, org: UUID, profile: str | None, hour: int, **values: Any) -> dict[str, Any]:
    fields = {"person_current_company_name": "Acme", "client_company_name": "Globex", **at(hour), **values}
    return person(connection, org, "Jane Doe", person_linkedin_url=profile, **fields)


def rows(connection: Connection) -> dict[str | None, Any]:
    """The hour of the current research, by profile."""
    found = stored(connection, TABLE, "person_linkedin_url, raw_parallel_output")
    return {row["person_linkedin_url"]: row["raw_parallel_output"]["hour"] for row in found}


def test_namesakes_with_different_profiles_are_two_and_each_is_found_by_the_own(
    connection: Connection, acme: UUID
) -> None:
    first, second = jane(connection, acme, X, 1), jane(connection, acme, Y, 2)
    assert first["id"] != second["id"]
    for profile, row in ((X, first), (Y, second)):
        (found,) = query_person_intel_briefings(connection, org_id=acme, person_linkedin_url=profile)
        assert found == row
    assert kept(connection, TABLE) == []
    again = [jane(connection, acme, profile, hour) for profile, hour in ((Y, 2), (X, 1))]
    assert again == [second, first]
    assert jane(connection, acme, X, 3)["id"] == first["id"]
    assert rows(connection) == {X: 3, Y: 2}
    assert kept(connection, TABLE) == [(hours(1), {"hour": 1})]


def test_a_profile_that_comes_later_is_of_the_only_namesake(connection: Connection, acme: UUID) -> None:
    first = jane(connection, acme, None, 1)
    assert jane(connection, acme, X, 2)["id"] == first["id"]
    assert jane(connection, acme, None, 3)["id"] == first["id"]
    assert jane(connection, acme, Y, 4)["id"] != first["id"]
    assert rows(connection) == {X: 3, Y: 4}


def test_without_a_profile_nobody_can_tell_which_of_two_is_meant(connection: Connection, acme: UUID) -> None:
    jane(connection, acme, X, 1)
    jane(connection, acme, Y, 2)
    unknown = jane(connection, acme, None, 3)
    assert rows(connection) == {X: 1, Y: 2, None: 3}
    assert jane(connection, acme, None, 4)["id"] == unknown["id"]
    assert jane(connection, acme, Z, 5)["id"] != unknown["id"], "it may be of any of the others"
    assert rows(connection) == {X: 1, Y: 2, None: 4, Z: 5}


def test_other_companies_and_clients_have_namesakes_of_their_own(connection: Connection, acme: UUID) -> None:
    for company, client in itertools.product(("Acme", "Initech"), ("Globex", None)):
        jane(connection, acme, X, 1, person_current_company_name=company, client_company_name=client)
        jane(connection, acme, Y, 2, person_current_company_name=company, client_company_name=client)
    assert len(stored(connection, TABLE)) == 8


PROFILES = st.sampled_from([None, X, Y, Z])


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(PROFILES, st.integers(0, 9)), max_size=7, unique_by=lambda one: one[1]))
def test_the_same_again_writes_nothing(shared_engine: Engine, given_rows: list[tuple[str | None, int]]) -> None:
    with shared_engine.connect() as connection:
        org = an_org(connection)
        first = [jane(connection, org, profile, hour)["id"] for profile, hour in given_rows]
        before = versions(connection)
        assert [jane(connection, org, profile, hour)["id"] for profile, hour in given_rows] == first
        assert versions(connection) == before


@pytest.mark.parametrize("force", [False, True])
def test_results_of_steps_are_told_apart_in_one_page(connection: Connection, force: bool) -> None:
    past = Past(connection)
    steps = [
        past.found("person", {"hour": hour}, fields={"linkedin_url": profile, "person_current_company_name": "Acme"},
                   finished_at=hours(hour))
        for hour, profile in enumerate((X, Y, X, Y, ""), start=1)
    ]  # fmt: skip
    save_briefings(connection, "person", steps, force=force)
    assert rows(connection) == {X: 3, Y: 4, None: 5}
    before = versions(connection)
    save_briefings(connection, "person", steps, force=force)
    if not force:
        assert versions(connection) == before
    assert rows(connection) == {X: 3, Y: 4, None: 5}


def test_namesakes_at_once(engine: Engine) -> None:
    with engine.begin() as connection:
        org = an_org(connection)
    at_once(
        engine,
        [lambda connection, profile=profile: jane(connection, org, profile, 1) for profile in (X, Y, Z, X, Y, Z)],
    )
    with engine.connect() as connection:
        assert rows(connection) == {X: 1, Y: 1, Z: 1}
