"""What becomes of an answer: records are saved, the rest is kept with its reason, and nothing is counted twice."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import Engine, text

from prospecting.parsing.records import EventRecord
from prospecting.persistence.database import unit_of_work
from prospecting.services.answers import Origin, SavedRecords, save_companies, save_events, save_people
from prospecting.services.runtime import Runtime
from tests.db.factories import add_companies, new_execution, stored, versions

OURS = Origin("our_agent", "our_agent: call 1")
EVENTS = """Here you are:
```json
{"events": [
  {"name": "Ledger Days", "start_date": "2027-03-15", "location": "Berlin, Germany"},
  {"name": "Ledger Days", "start_date": "2027-03-15", "location": "Berlin"},
  {"name": "", "start_date": "2027-04-01"},
  {"name": "Paiements Forum", "date": "June 2-4, 2027"},
]}
``` Anything else?"""
SPONSORS = 'Sponsors: [{"name": "Acme", "tier": "Gold", "website": "acme.com"}, {"tier": "Silver"}, {"name": "Globex"}]'
PEOPLE = {
    "contacts": [
        {"name": "Max Marker", "title": "Assistant to the CEO", "email": "max@acme.com"},
        {"name": "Vera Vice", "title": "VP Sales", "linkedinUrl": "linkedin.com/in/vera"},
        {"name": "Zelda Marker", "title": "CEO", "linkedinUrl": "linkedin.com/in/zelda"},
        {"title": "CFO"},
    ]
}


def save_them(runtime: Runtime, origin: Origin, company_id: int) -> dict[str, SavedRecords]:
    return {
        "events": save_events(runtime, EVENTS, origin, limit=10),
        "companies": save_companies(runtime, SPONSORS, origin, limit=10),
        "people": save_people(
            runtime,
            PEOPLE,
            origin,
            company_id=company_id,
            target_functions=["CEO"],
            limit=5,
            observed_on=date(2027, 1, 1),
        ),
    }


def rejected(engine: Engine) -> list[tuple[str, str, str]]:
    with engine.connect() as connection:
        rows = stored(connection, "rejected_records", order="id")
    return [(row["stage"], row["record_type"], row["reason"]) for row in rows]


@pytest.fixture
def runtime(engine: Engine) -> Runtime:
    return Runtime(engine)


@pytest.fixture
def company(engine: Engine) -> int:
    with unit_of_work(engine) as connection:
        return add_companies(connection, "Initech")[0]


# -------------------------------------------------------------------------------------------------------- what is saved
def test_messy_answers_are_saved_and_the_rest_is_kept(runtime: Runtime, engine: Engine, company: int) -> None:
    saved = save_them(runtime, OURS, company)
    assert {kind: (len(one.ids), one.new, one.records, one.rejected) for kind, one in saved.items()} == {
        "events": (2, 2, 3, 1),  # two mentions are one event
        "companies": (2, 2, 2, 1),
        "people": (1, 1, 1, 3),
    }
    with engine.connect() as connection:
        names = stored(connection, "events", "id, name", "id")
        assert [(row["id"], row["name"]) for row in names] == list(
            zip(saved["events"].ids, ["Ledger Days", "Paiements Forum"], strict=True)
        )
        (zelda,) = stored(connection, "persons", "id, full_name, source_system")
        assert zelda == {"id": saved["people"].ids[0], "full_name": "Zelda Marker", "source_system": "our_agent"}
        assert stored(connection, "event_sponsors") == []
        assert {row["source"] for row in stored(connection, "rejected_records")} == {"our_agent: call 1"}
        assert {row["execution_id"] for row in stored(connection, "rejected_records")} == {None}
    assert sorted(rejected(engine)) == [
        ("filter", "person", "other_function"),
        ("filter", "person", "other_function"),
        ("parse", "company", "missing_name"),
        ("parse", "event", "missing_name"),
        ("parse", "person", "missing_name"),
    ]


def test_the_same_answer_again_changes_nothing(runtime: Runtime, engine: Engine, company: int) -> None:
    first = save_them(runtime, OURS, company)
    with engine.connect() as connection:
        before = versions(connection)
    again = save_them(runtime, OURS, company)
    with engine.connect() as connection:
        assert versions(connection) == before
    for kind, saved in again.items():
        assert (saved.ids, saved.new, saved.rejected) == (first[kind].ids, 0, first[kind].rejected)


def test_an_execution_is_linked_with_what_was_saved_for_it(runtime: Runtime, engine: Engine, company: int) -> None:
    with unit_of_work(engine) as connection:
        execution = new_execution(connection)
    saved = save_them(runtime, Origin("our_agent", "keyword x", execution), company)
    with engine.connect() as connection:
        links = stored(connection, "signal_execution_entities", "entity_type, entity_id", "1, 2")
        assert {row["execution_id"] for row in stored(connection, "rejected_records")} == {execution}
    for entity_type, kind in (("event", "events"), ("company", "companies"), ("person", "people")):
        assert [row["entity_id"] for row in links if row["entity_type"] == entity_type] == sorted(saved[kind].ids)


@pytest.mark.parametrize("answer", [None, "", "n/a", "I could not find anything, sorry.", b"\xff\xfe", 7, [], {}, [[]]])
def test_an_answer_without_anything_saves_nothing(runtime: Runtime, engine: Engine, answer: Any) -> None:
    assert save_events(runtime, answer, OURS, limit=5).records == 0
    assert save_companies(runtime, answer, OURS, limit=5).records == 0
    assert {stage for stage, _, _ in rejected(engine)} <= {"filter", "parse"}


# ------------------------------------------------------------------------------------------------------------- limits
def test_what_is_over_the_limit_is_what_it_is(runtime: Runtime, engine: Engine) -> None:
    """Companies that were found directly are no sponsors of an event, and nothing "per event" was exceeded."""
    with unit_of_work(engine) as connection:
        event = connection.execute(
            text("insert into events (name, name_key, source_system) values ('X', 'x', 'test') returning id")
        ).scalar_one()
    answer = [{"name": name} for name in ("Acme", "Globex", "Initech")]
    assert save_companies(runtime, answer, OURS, limit=2, per="keyword").rejected == 1
    assert save_companies(runtime, answer, OURS, limit=1, per="event", event_id=event).rejected == 2
    assert save_events(runtime, answer, OURS, limit=2).rejected == 1
    with engine.connect() as connection:
        rows = stored(connection, "rejected_records", "record_type, reason, detail, raw", "id")
    assert [(row["record_type"], row["detail"], row["raw"]["name"]) for row in rows] == [
        ("company", "Only 2 companies per keyword are kept", "Initech"),
        *sorted(("sponsor", "Only 1 sponsors per event are kept", name) for name in ("Globex", "Initech")),
        ("event", "Only 2 events per answer are kept", "Initech"),
    ]
    assert {row["reason"] for row in rows} == {"over_limit"}


def test_what_does_not_fit_does_not_count_for_the_limit(runtime: Runtime, engine: Engine) -> None:
    def misfit(event: EventRecord) -> tuple[str, str] | None:
        return ("too_small", "It is too small") if event.name.startswith("Small") else None

    answer = [{"name": name, "venue": "Hall"} for name in ("Small One", "Big One", "Small Two", "Big Two", "Big Three")]
    saved = save_events(runtime, answer, OURS, limit=2, misfit=misfit)
    assert (saved.records, saved.rejected) == (2, 3)
    assert sorted(reason for _, _, reason in rejected(engine)) == ["over_limit", "too_small", "too_small"]


# ---------------------------------------------------------------------------------------------------- what is not there
def test_sponsors_of_an_unknown_event_are_refused(runtime: Runtime, engine: Engine) -> None:
    with pytest.raises(LookupError, match="no event 17 is stored"):
        save_companies(runtime, SPONSORS, OURS, limit=5, event_id=17)
    with engine.connect() as connection:
        assert stored(connection, "companies") == stored(connection, "rejected_records") == []


def test_people_of_an_unknown_company_are_refused(runtime: Runtime, engine: Engine) -> None:
    with pytest.raises(LookupError, match="no company 17 is stored"):
        save_people(runtime, PEOPLE, OURS, company_id=17, target_functions=[], limit=5, observed_on=date(2027, 1, 1))
    assert rejected(engine) == []


def test_a_merged_company_means_the_one_it_was_merged_into(runtime: Runtime, engine: Engine) -> None:
    with unit_of_work(engine) as connection:
        loser, winner = add_companies(connection, "Acme Limited Partners", "Acme")
        connection.execute(
            text("update companies set merged_into_id = :to where id = :id"), {"to": winner, "id": loser}
        )
    save_people(
        runtime, PEOPLE, OURS, company_id=loser, target_functions=["CEO"], limit=5, observed_on=date(2027, 1, 1)
    )
    with engine.connect() as connection:
        assert [row["company_id"] for row in stored(connection, "company_person_roles")] == [winner]


def test_an_unknown_execution_is_named(runtime: Runtime, engine: Engine, company: int) -> None:
    missing = uuid4()
    with pytest.raises(LookupError, match=str(missing)):
        save_events(runtime, EVENTS, Origin("our_agent", "x", missing), limit=5)
    with engine.connect() as connection:
        assert stored(connection, "events") == []


# -------------------------------------------------------------------------------------------------------- lost races
def lose_a_race(engine: Engine, table: str, times: int) -> None:
    """The first ``times`` transactions that write to a table fail, as PostgreSQL fails one in favour of another.

    A sequence remembers how often, since it does not roll back.
    """
    with engine.begin() as connection:
        connection.execute(text("create sequence races_lost"))
        connection.execute(
            text(
                f"""
                create function lose_race() returns trigger language plpgsql as $$
                begin
                    if nextval('races_lost') <= {times} then
                        raise exception 'could not serialize access' using errcode = '40001';
                    end if;
                    return null;
                end $$
                """
            )
        )
        connection.execute(text(f"create trigger lose_race after insert on {table} execute function lose_race()"))


def refuse(engine: Engine, table: str, column: str, value: str) -> None:
    """Make the database refuse one record."""
    with engine.begin() as connection:
        connection.execute(text(f"alter table {table} add constraint refused check ({column} <> '{value}')"))


@pytest.fixture
def tampered(engine: Engine, request: pytest.FixtureRequest) -> Callable[[str, str, str], None]:
    """Refuse a record of a table, and let two transactions lose a race when they have written everything."""

    def tamper(table: str, column: str, value: str) -> None:
        def undo() -> None:
            with engine.begin() as connection:
                connection.execute(text("drop trigger lose_race on rejected_records"))
                connection.execute(text("drop function lose_race"))
                connection.execute(text("drop sequence races_lost"))
                connection.execute(text(f"alter table {table} drop constraint refused"))

        refuse(engine, table, column, value)
        lose_a_race(engine, "rejected_records", 2)
        request.addfinalizer(undo)

    return tamper


def attempts(engine: Engine) -> int:
    with engine.connect() as connection:
        found: int = connection.execute(text("select last_value from races_lost")).scalar_one()
    return found


def test_events_are_counted_once_however_often_they_are_saved(
    runtime: Runtime, engine: Engine, tampered: Callable[[str, str, str], None]
) -> None:
    tampered("events", "name", "Paiements Forum")
    saved = save_events(runtime, EVENTS, OURS, limit=10)
    assert attempts(engine) == 3
    assert (saved.records, saved.new, saved.rejected) == (2, 1, 2)
    assert sorted(rejected(engine)) == [("parse", "event", "missing_name"), ("save", "event", "refused")]


def test_companies_are_counted_once_however_often_they_are_saved(
    runtime: Runtime, engine: Engine, tampered: Callable[[str, str, str], None]
) -> None:
    tampered("companies", "name", "Globex")
    saved = save_companies(runtime, SPONSORS, OURS, limit=10)
    assert attempts(engine) == 3
    assert (saved.records, saved.new, saved.rejected) == (1, 1, 2)
    assert sorted(rejected(engine)) == [("parse", "company", "missing_name"), ("save", "company", "refused")]


def test_people_are_counted_once_however_often_they_are_saved(
    runtime: Runtime, engine: Engine, company: int, tampered: Callable[[str, str, str], None]
) -> None:
    tampered("persons", "full_name", "Vera Vice")
    saved = save_people(
        runtime, PEOPLE, OURS, company_id=company, target_functions=["CEO", "VP Sales"], limit=5,
        observed_on=date(2027, 1, 1),
    )  # fmt: skip
    assert attempts(engine) == 3
    assert (saved.records, saved.new, saved.rejected) == (1, 1, 3)
    assert sorted(rejected(engine)) == [
        ("filter", "person", "other_function"),
        ("parse", "person", "missing_name"),
        ("save", "person", "refused"),
    ]
