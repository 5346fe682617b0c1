"""What every writer promises: twice is once, killed is never, two at once are one after the other."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError, IntegrityError

from prospecting.parsing.records import EventRecord, Location, SponsorRecord
from prospecting.persistence import rejected_records, signals
from prospecting.persistence.batches import (
    LARGE,
    Failure,
    Saved,
    Upserted,
    describe,
    save_isolating,
    without_nones,
)
from prospecting.persistence.companies import CompanyRow, upsert_companies
from prospecting.persistence.database import unit_of_work
from prospecting.persistence.events import upsert_event_sponsors, upsert_events
from prospecting.persistence.persons import PersonRow, upsert_persons
from tests.db.factories import (
    NASTY_TEXTS,
    WRITERS,
    at_once,
    content,
    count,
    empty,
    killed_midway,
    new_execution,
    stored,
    versions,
)

# Opening an execution or a refresh again reopens it: the one row that is written again.
REOPENING = {"execution", "results", "refresh"}


@pytest.mark.parametrize("writer", sorted(set(WRITERS) - REOPENING))
def test_the_second_run_writes_nothing(engine: Engine, writer: str) -> None:
    with unit_of_work(engine) as connection:
        first = WRITERS[writer](connection)
    with unit_of_work(engine) as connection:
        before = versions(connection)
    assert any(before.values())
    with unit_of_work(engine) as connection:
        second = WRITERS[writer](connection)
    with unit_of_work(engine) as connection:
        assert versions(connection) == before
    assert first == second


@pytest.mark.parametrize("writer", sorted(REOPENING))
def test_the_second_run_of_what_is_reopened_ends_the_same(engine: Engine, writer: str) -> None:
    with unit_of_work(engine) as connection:
        first = WRITERS[writer](connection)
        before, rows = content(connection), versions(connection)
    with unit_of_work(engine) as connection:
        assert WRITERS[writer](connection) == first
        assert content(connection) == before
        found = versions(connection)
    assert {table for table in rows if rows[table] != found[table]} <= {"signal_executions", "feature_refreshes"}


@pytest.mark.parametrize("writer", ["companies", "persons", "sponsors", "results", "features", "refresh"])
def test_killed_midway_leaves_nothing_and_the_next_run_does_it_all(
    engine: Engine, database_url: str, writer: str
) -> None:
    killed_midway(database_url, writer)
    with engine.connect() as connection:
        assert not any(content(connection).values())
    with unit_of_work(engine, timeout_seconds=30) as connection:
        WRITERS[writer](connection)
    with engine.connect() as connection:
        after_kill = content(connection)
    empty(engine)
    with unit_of_work(engine) as connection:
        WRITERS[writer](connection)
        undisturbed = content(connection)
    after_kill.pop("signal_execution_entities")
    undisturbed.pop("signal_execution_entities")  # it holds ids
    for found in (after_kill, undisturbed):
        found["signal_executions"] = [str(len(found["signal_executions"]))]
    assert after_kill == undisturbed


@pytest.mark.parametrize("writer", sorted(WRITERS))
def test_four_at_once_are_one_after_the_other(engine: Engine, writer: str) -> None:
    with unit_of_work(engine) as connection:
        WRITERS[writer](connection)
        expected = content(connection)
    for found in (expected,):
        found.pop("signal_execution_entities")
        found["signal_executions"] = [str(len(found["signal_executions"]))]
    for _ in range(2):
        empty(engine)
        answers = at_once(engine, [WRITERS[writer]] * 4)
        assert all(answer == answers[0] for answer in answers)
        with engine.connect() as connection:
            found = content(connection)
        found.pop("signal_execution_entities")
        found["signal_executions"] = [str(len(found["signal_executions"]))]
        assert found == expected


# ------------------------------------------------------------------ one bad record costs only itself
def _refuse(connection: Connection, table: str, column: str) -> None:
    """A rule that parsing knows nothing of."""
    connection.execute(text(f"alter table {table} add constraint no_poison check ({column} <> 'poison secret')"))


def _companies(connection: Connection, descriptions: list[str]) -> Upserted:
    rows = [CompanyRow(f"Company {i}", f"company{i}.com", description=d) for i, d in enumerate(descriptions)]
    return upsert_companies(connection, rows, source_system="test")


def _persons(connection: Connection, descriptions: list[str]) -> Upserted:
    rows = [
        PersonRow(f"Jane Doe{chr(97 + i)}", linkedin_url=f"linkedin.com/in/jane{i}", bio=d)
        for i, d in enumerate(descriptions)
    ]
    return upsert_persons(connection, rows, source_system="test")


def _events(connection: Connection, descriptions: list[str]) -> Upserted:
    return upsert_events(
        connection, [EventRecord(f"Event {i}", description=d) for i, d in enumerate(descriptions)], source_system="test"
    )


@pytest.mark.parametrize(
    ("table", "column", "save"),
    [("companies", "description", _companies), ("persons", "bio", _persons), ("events", "description", _events)],
)
@pytest.mark.parametrize("bad", [{0}, {19}, {7}, {3, 4, 16}, set(range(20)), set()])
def test_a_record_the_database_refuses_costs_only_itself(
    connection: Connection, table: str, column: str, save: Callable[[Connection, list[str]], Upserted], bad: set[int]
) -> None:
    _refuse(connection, table, column)
    result = save(connection, ["poison secret" if i in bad else "fine" for i in range(20)])
    assert {failure.position for failure in result.failures} == bad
    assert {i for i, saved in enumerate(result.saved) if saved is None} == bad
    assert count(connection, table) == 20 - len(bad) == result.created
    for failure in result.failures:
        assert failure.reason == "no_poison"
        assert "secret" not in failure.detail


def test_a_person_at_a_company_that_is_gone_costs_only_itself(connection: Connection) -> None:
    company = upsert_companies(connection, [CompanyRow("Acme")], source_system="test").saved[0]
    assert company
    rows = [
        PersonRow("Jane Doe", company.id),
        PersonRow("John Private", 987_654_321, email="john.private@acme.com"),
        PersonRow("Ann Poe", company.id),
    ]
    result = upsert_persons(connection, rows, source_system="test")
    (failure,) = result.failures
    assert (failure.position, failure.reason) == (1, "fk_company_person_roles_company_id")
    assert "rivate" not in failure.detail
    assert "987" not in failure.detail
    assert [row["full_name"] for row in stored(connection, "persons", "full_name")] == ["Ann Poe", "Jane Doe"]
    assert count(connection, "contact_channels") == 0


def test_an_event_that_breaks_a_rule_costs_only_itself(connection: Connection) -> None:
    records = [
        EventRecord("Good"),
        EventRecord("Backwards secret", date(2025, 3, 17), date(2025, 3, 15)),
        EventRecord("x" * 501 + " secret"),
        EventRecord("Negative secret", attendees=-5),
        EventRecord("Too many secret", attendees=10**12),
        EventRecord("Odd precision secret", date(2025, 1, 1), date_precision="decade"),
        EventRecord("Also good"),
        EventRecord("\x00"),
        EventRecord("  "),
    ]
    result = upsert_events(connection, records, source_system="test")
    assert {failure.position: failure.reason for failure in result.failures} == {
        1: "ck_events_dates_in_order",
        2: "ck_events_name_length",
        3: "ck_events_attendees",
        4: "sqlstate_22003",
        5: "ck_events_date_precision",
        8: "missing_name",
    }
    assert not any("secret" in failure.detail or "2025" in failure.detail for failure in result.failures)
    assert [row["name"] for row in stored(connection, "events", "name", "id")] == ["Good", "Also good", "\ufffd"]


def test_a_key_too_long_for_an_index_costs_only_itself(connection: Connection) -> None:
    huge = NASTY_TEXTS["long_random"]
    company = upsert_companies(connection, [CompanyRow("Acme")], source_system="test").saved[0]
    assert company
    people = [PersonRow("Jane Doe", company.id, "CEO"), PersonRow("Ann Poe", company.id, huge)]
    result = upsert_persons(connection, people, source_system="test")
    assert [failure.position for failure in result.failures] == [1]
    assert result.failures[0].reason == "sqlstate_54000"
    assert huge[:5] not in result.failures[0].detail
    result = upsert_events(connection, [EventRecord(huge), EventRecord("Good")], source_system="test")
    assert [failure.position for failure in result.failures] == [0]


def test_a_good_batch_saves_in_one_go_and_a_bad_record_is_found_by_halving(connection: Connection) -> None:
    connection.execute(text("create temporary table numbers (n integer check (n <> 77))"))
    calls: list[int] = []

    def save(positions: Any) -> dict[int, Saved]:
        calls.append(len(positions))
        connection.execute(text("insert into numbers values (:n)"), [{"n": n} for n in positions])
        return {n: Saved(n, True) for n in positions}

    result = Upserted([None] * 128)
    save_isolating(connection, range(64), save, result)
    assert calls == [64]
    save_isolating(connection, range(64, 128), save, result)
    assert [failure.position for failure in result.failures] == [77]
    assert len(calls) <= 2 + 2 * 6
    assert count(connection, "numbers") == 127


def test_what_is_not_the_records_fault_is_raised(connection: Connection) -> None:
    def save(positions: Any) -> dict[int, Saved]:
        connection.execute(text("select * from no_such_table"))
        return {}

    with pytest.raises(DBAPIError):
        save_isolating(connection, [0, 1], save, Upserted([None] * 2))


def test_nothing_to_save_writes_nothing(connection: Connection) -> None:
    before = versions(connection)
    assert upsert_companies(connection, [], source_system="test") == Upserted([], [])
    assert upsert_persons(connection, [], source_system="test") == Upserted([], [])
    assert upsert_events(connection, [], source_system="test") == Upserted([], [])
    upsert_event_sponsors(connection, 1, [], source_system="test")
    assert versions(connection) == before


def test_created_counts_rows_not_mentions() -> None:
    result = Upserted([Saved(1, True), Saved(1, True), Saved(2, False), None], [Failure(3, "x", "y")])
    assert result.created == 1


def test_empty_texts_are_no_values() -> None:
    assert without_nones([{"a": None, "b": "", "c": " \t", "d": 0, "e": False, "f": "x"}]) == [
        {"d": 0, "e": False, "f": "x"}
    ]


# ------------------------------------------------------------------ whatever an agent may write
@pytest.mark.parametrize("nasty", NASTY_TEXTS)
def test_nasty_text_in_any_field_never_stops_the_rest(connection: Connection, nasty: str) -> None:
    ugly = NASTY_TEXTS[nasty]
    companies = [CompanyRow("Good", "good.com")] + [
        CompanyRow(**({"name": f"Company {field}"} | {field: ugly}))
        for field in ("name", "website_url", "linkedin_url", "primary_industry", "employee_range", "description")
    ]
    saved = upsert_companies(connection, companies, source_system="test")
    good = saved.saved[0]
    assert good
    assert all(saved.saved[2:])
    persons = [PersonRow("Jane Good", good.id, "CEO")] + [
        PersonRow(**({"full_name": f"Jane {field}", "company_id": good.id} | {field: ugly}))
        for field in ("full_name", "title", "linkedin_url", "email", "phone", "location_text", "bio")
    ]
    people = upsert_persons(connection, persons, source_system="test")
    assert people.saved[0]
    assert all(people.saved[3:5]), "an address that cannot be used must not cost the person"
    assert all(people.saved[6:])
    events = [EventRecord("Good")] + [
        EventRecord(**({"name": f"Event {field}"} | {field: ugly}))
        for field in ("name", "website", "venue", "event_type", "industry", "description")
    ]
    events += [
        EventRecord("In a city", location=Location(ugly, None, "DE")),
        EventRecord("In a region", location=Location("Berlin", ugly, "DE")),
        EventRecord("In a country", location=Location("Berlin", None, ugly)),
    ]
    shows = upsert_events(connection, events, source_system="test")
    assert shows.saved[0]
    assert all(shows.saved[2:])
    upsert_event_sponsors(
        connection,
        shows.saved[0].id,
        [(good.id, SponsorRecord("Good", ugly, tier_label=ugly))],
        source_system="test",
    )
    execution = new_execution(connection)
    row = rejected_records.RejectedRow("parse", "event", ugly, ugly, {ugly: [ugly, {"x": ugly}]}, ugly)
    rejected_records.record_rejected(connection, execution, [row, row])
    assert count(connection, "rejected_records") == 1
    signals.finish_execution(connection, execution, status="completed", stats={ugly: ugly}, error={"x": ugly})
    for failure in saved.failures + people.failures + shows.failures:
        assert ugly not in failure.detail

    again = versions(connection)
    assert upsert_companies(connection, companies, source_system="test").created == 0
    assert upsert_persons(connection, persons, source_system="test").created == 0
    assert upsert_events(connection, events, source_system="test").created == 0
    assert versions(connection) == again


def test_a_missing_value_is_named_by_its_column(connection: Connection) -> None:
    with pytest.raises(IntegrityError) as refused:
        connection.execute(text("insert into companies (name, source_system) values ('Acme', 'test')"))
    reason, detail = describe(refused.value)
    assert reason == "missing_name_key"
    assert "Acme" not in detail


# ------------------------------------------------------------------------------------------ what the planner believes
def many_companies(connection: Connection, number: int) -> None:
    rows = [CompanyRow(f"Company {index}", f"company-{index}.com") for index in range(number)]
    upsert_companies(connection, rows, source_system="test")


def many_persons(connection: Connection, number: int) -> None:
    company = upsert_companies(connection, [CompanyRow("Acme")], source_system="test").saved[0]
    assert company
    surnames = ["Doe" + "".join("abcdefghij"[int(digit)] for digit in f"{index:04}") for index in range(number)]
    rows = [PersonRow(f"Jane {name}", company.id, "CTO", email=f"{name}@acme.com") for name in surnames]
    upsert_persons(connection, rows, source_system="test")


def many_events(connection: Connection, number: int) -> None:
    rows = [EventRecord(f"Conference {index}", start=date(2027, 1, 1)) for index in range(number)]
    upsert_events(connection, rows, source_system="test")


@pytest.mark.parametrize(
    ("write", "tables"),
    [
        (many_companies, ["companies"]),
        (many_persons, ["persons", "contact_channels", "company_person_roles"]),
        (many_events, ["events"]),
    ],
)
def test_a_large_batch_does_not_believe_a_table_empty_whose_rows_are_not_yet_committed(
    engine: Engine, write: Callable[[Connection, int], None], tables: list[str]
) -> None:
    """Autovacuum analyzes while the first rows are being written: it counts pages, and no rows."""
    believed = text("select relname, reltuples from pg_class where oid = any(cast(:tables as regclass[])) order by 1")
    autocommit = engine.execution_options(isolation_level="AUTOCOMMIT")
    with engine.begin() as connection, autocommit.connect() as autovacuum:
        write(connection, 100)
        autovacuum.execute(text(f"analyze {', '.join(tables)}"))
        assert autovacuum.execute(believed, {"tables": tables}).all() == [(table, 0) for table in sorted(tables)]
        write(connection, LARGE)
        assert autovacuum.execute(believed, {"tables": tables}).all() == [(table, 0) for table in sorted(tables)]
        write(connection, LARGE + 1)
        found = autovacuum.execute(believed, {"tables": tables}).all()
        assert all(rows >= 100 for _, rows in found), found
