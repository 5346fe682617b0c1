"""Signals, their executions, and what an execution found or could not use."""

from __future__ import annotations

import threading
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import IntegrityError

from prospecting.parsing.records import Rejected, SponsorRecord
from prospecting.persistence import rejected_records, signals
from prospecting.persistence.batches import Saved
from prospecting.persistence.companies import CompanyRow, upsert_companies
from prospecting.persistence.database import unit_of_work
from prospecting.persistence.events import upsert_event_sponsors, upsert_events
from prospecting.persistence.persons import PersonRow, upsert_persons
from prospecting.persistence.rejected_records import RejectedRow, query_reasons_of_execution
from prospecting.services.rejections import MAX_ALIKE, abridged
from tests.db.factories import (
    EVENTS,
    NASTY_TEXTS,
    REJECTED,
    at_once,
    count,
    empty,
    ids,
    new_execution,
    stored,
    versions,
)

DUE = datetime(2025, 3, 15, 6, tzinfo=UTC)


def save(connection: Connection, name: str = "Ruby", **fields: Any) -> UUID:
    return signals.upsert_signal(
        connection, **({"name": name, "type": "conference", "configuration": {"keywords": ["ruby"]}} | fields)
    )


# ------------------------------------------------------------------ signals
def test_a_signal_is_known_by_its_name(connection: Connection) -> None:
    first = save(connection, "Ruby Conférences")
    before = versions(connection)
    assert save(connection, "Ruby Conférences") == first
    assert save(connection, "  ruby CONFERENCES! ") == first
    assert versions(connection) == before
    assert save(connection, "Python") != first


def test_other_settings_replace_the_stored_ones_and_a_missing_one_erases_none(connection: Connection) -> None:
    save(connection, description="about Ruby", schedule={"frequency": "daily"})
    save(connection, configuration={"keywords": ["rails"]}, type="hiring")
    (row,) = stored(connection, "signals")
    assert (row["configuration"], row["type"]) == ({"keywords": ["rails"]}, "hiring")
    assert (row["description"], row["schedule"]) == ("about Ruby", {"frequency": "daily"})
    save(connection, type="hiring", configuration={"keywords": ["rails"]}, schedule={"frequency": "weekly"})
    assert stored(connection, "signals")[0]["schedule"] == {"frequency": "weekly"}


def test_updated_at_moves_only_when_something_changed(engine: Engine) -> None:
    def updated() -> datetime:
        with engine.connect() as connection:
            (row,) = stored(connection, "signals")
        found: datetime = row["updated_at"]
        return found

    def run(**fields: Any) -> None:
        with unit_of_work(engine) as connection:
            save(connection, **fields)

    run()
    first = updated()
    run()
    assert updated() == first
    run(description="new")
    assert updated() > first


def test_an_unknown_type_or_an_empty_name_is_refused(connection: Connection) -> None:
    for fields in ({"type": "merger"}, {"name": ""}, {"name": "   "}):
        with pytest.raises(IntegrityError), connection.begin_nested():
            save(connection, **fields)


@pytest.mark.parametrize("nasty", sorted(set(NASTY_TEXTS) - {"long_random"}))
def test_any_text_can_be_a_signals(connection: Connection, nasty: str) -> None:
    ugly = NASTY_TEXTS[nasty]
    found = save(connection, f"x{ugly}", description=ugly, configuration={ugly: [ugly]}, schedule={"frequency": ugly})
    before = versions(connection)
    assert save(connection, f"x{ugly}", description=ugly, configuration={ugly: [ugly]}) == found
    assert versions(connection) == before
    row = signals.find_signal(connection, found)
    assert row is not None
    assert row["configuration"] != {}


def test_one_signal_stored_by_many_at_once(engine: Engine) -> None:
    for _ in range(10):
        empty(engine)
        assert len(set(at_once(engine, [save] * 4))) == 1
        with engine.connect() as connection:
            assert count(connection, "signals") == 1


def test_no_signal_is_none(connection: Connection) -> None:
    assert signals.find_signal(connection, uuid4()) is None


# ------------------------------------------------------------------ executions
def test_one_run_has_one_execution(connection: Connection) -> None:
    signal = save(connection)

    def start(**fields: Any) -> UUID:
        return signals.start_execution(connection, signal_id=signal, configuration={"a": 1}, **fields)

    first = start(airflow_run_id="run 1")
    assert start(airflow_run_id="run 1") == first
    assert len({first, start(airflow_run_id="run 2"), start(), start()}) == 4
    assert signals.find_execution_of_run(connection, "run 1") == first
    assert signals.find_execution_of_run(connection, "no run") is None


def test_a_cleared_run_opens_its_execution_again(connection: Connection) -> None:
    execution = new_execution(connection)
    signals.finish_execution(connection, execution, status="failed", stats={})
    assert new_execution(connection) == execution
    row = signals.find_execution(connection, execution)
    assert (row["status"], row["completed_at"]) == ("running", None)


def test_a_due_time_is_executed_once(connection: Connection) -> None:
    signal = save(connection)

    def start(run: str) -> UUID:
        return signals.start_execution(
            connection, signal_id=signal, configuration={}, airflow_run_id=run, scheduled_for=DUE
        )

    first = start("run 1")
    assert start("run 1") == first
    with pytest.raises(IntegrityError, match="uq_signal_executions_scheduled_for"), connection.begin_nested():
        start("run 2")


def test_one_due_time_started_by_many_at_once(engine: Engine) -> None:
    for attempt in range(8):
        empty(engine)
        with unit_of_work(engine) as connection:
            signal = save(connection)
        barrier = threading.Barrier(4)
        outcomes: list[str] = []

        def start(
            run: str,
            signal: UUID = signal,
            barrier: threading.Barrier = barrier,
            outcomes: list[str] = outcomes,
        ) -> None:
            barrier.wait()
            try:
                with unit_of_work(engine) as connection:
                    signals.start_execution(
                        connection, signal_id=signal, configuration={}, airflow_run_id=run, scheduled_for=DUE
                    )
                outcomes.append("started")
            except IntegrityError as error:
                outcomes.append(str(getattr(getattr(error.orig, "diag", None), "constraint_name", None)))

        runs = ["run"] * 4 if attempt % 2 else ["run 1", "run 2", "run 3", "run 4"]
        threads = [threading.Thread(target=start, args=[run]) for run in runs]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        expected = ["started"] * 4 if attempt % 2 else ["started"] + ["uq_signal_executions_scheduled_for"] * 3
        assert sorted(outcomes) == sorted(expected)
        with engine.connect() as connection:
            assert count(connection, "signal_executions") == 1


def test_a_missing_execution_is_named(connection: Connection) -> None:
    missing = uuid4()
    with pytest.raises(LookupError, match=str(missing)):
        signals.find_execution(connection, missing)


def test_scheduled_signals_know_their_last_due_time(connection: Connection) -> None:
    signal = save(connection, "Due", schedule={"frequency": "daily"})
    save(connection, "Off", schedule={"frequency": "daily", "enabled": False})
    save(connection, "Unusable", schedule={"frequency": "daily", "enabled": "maybe"})
    save(connection, "None")
    save(connection, "Paused", schedule={"frequency": "daily"})
    connection.execute(text("update signals set status = 'paused' where name = 'Paused'"))
    for day in (14, 15):
        signals.start_execution(
            connection, signal_id=signal, configuration={}, scheduled_for=DUE.replace(day=day), airflow_run_id=str(day)
        )
    found = {row["name"]: row for row in signals.query_scheduled_signals(connection)}
    # Whether a schedule is enabled, or usable at all, is for its model to say.
    assert set(found) == {"Due", "Off", "Unusable"}
    assert (found["Due"]["id"], found["Due"]["last_due_time"]) == (signal, DUE)
    assert found["Off"]["last_due_time"] is None


# ------------------------------------------------------------------ what was found
def test_links_are_kept_once_and_new_stays_new(connection: Connection) -> None:
    execution = new_execution(connection)
    signals.link_entities(connection, execution, "company", [Saved(1, True), None, Saved(2, False), Saved(1, False)])
    before = versions(connection)
    signals.link_entities(connection, str(execution), "company", [Saved(1, False), Saved(2, True)])
    signals.link_entities(connection, execution, "company", [])
    assert versions(connection) == before
    links = stored(connection, "signal_execution_entities", "entity_id, is_new", "entity_id")
    assert links == [{"entity_id": 1, "is_new": True}, {"entity_id": 2, "is_new": False}]


def test_links_at_once_in_opposite_orders(engine: Engine) -> None:
    with unit_of_work(engine) as connection:
        execution = new_execution(connection)
    saved = [Saved(number, number % 2 == 0) for number in range(300)]
    at_once(
        engine,
        [
            lambda connection, order=order: signals.link_entities(connection, execution, "person", order)
            for order in (saved, saved[::-1], saved[150:] + saved[:150], saved)
        ],
    )
    with engine.connect() as connection:
        assert count(connection, "signal_execution_entities") == 300


def test_what_was_left_is_kept_once_per_execution(connection: Connection) -> None:
    first, second = new_execution(connection, "1"), new_execution(connection, "2")
    for execution in (first, second, None):
        rejected_records.record_rejected(connection, execution, REJECTED + REJECTED)
        before = versions(connection)
        rejected_records.record_rejected(connection, execution, REJECTED[::-1])
        rejected_records.record_rejected(connection, execution, [])
        assert versions(connection) == before
    assert count(connection, "rejected_records") == 6
    counts = signals.query_execution_counts(connection, first)
    assert (counts["rejected"], counts["filtered"], counts["agent_failures"]) == (1, 1, 0)


def test_what_was_left_is_recorded_by_many_at_once(engine: Engine) -> None:
    with unit_of_work(engine) as connection:
        execution = new_execution(connection)
    rows = [rejected_records.RejectedRow("parse", "event", "x", "y", {"n": n}) for n in range(200)]
    at_once(
        engine,
        [
            lambda connection, order=order: rejected_records.record_rejected(connection, execution, order)
            for order in (rows, rows[::-1], rows, rows[100:] + rows[:100])
        ],
    )
    with engine.connect() as connection:
        assert count(connection, "rejected_records") == 200


@pytest.mark.parametrize(
    "raw",
    [
        None,
        0,
        "",
        [],
        {},
        {"a": float("nan")},
        [1e400, -1e400],
        10**4000,
        b"\xff\x00",
        {1: {2: 3}},
        {"é": "\x00\ud800"},
    ],
    ids=str,
)
def test_anything_can_be_kept(connection: Connection, raw: Any) -> None:
    rejected_records.record_rejected(connection, None, [rejected_records.RejectedRow("parse", "event", "x", "y", raw)])
    assert count(connection, "rejected_records") == 1


def test_nothing_found_is_no_error() -> None:
    nothing = rejected_records.RejectedRow.from_parse(Rejected("no_data", "nothing", "n/a"), "event", "keyword x")
    broken = rejected_records.RejectedRow.from_parse(Rejected("unparseable", "why", "{"), "event")
    assert (nothing.stage, nothing.source, broken.stage, broken.raw) == ("filter", "keyword x", "parse", "{")


def test_failed_calls_about_to_be_repeated_are_forgotten(connection: Connection) -> None:
    execution, other = new_execution(connection, "1"), new_execution(connection, "2")
    rows = [
        rejected_records.RejectedRow(stage, "event", "x", "y", source=s)
        for stage in ("agent", "parse")
        for s in ("a", "b")
    ]
    rejected_records.record_rejected(connection, execution, rows)
    rejected_records.record_rejected(connection, other, rows)
    rejected_records.forget_agent_failures(connection, execution, ["a", "c"])
    left = stored(connection, "rejected_records", "execution_id, stage, source", "id")
    assert sorted((row["stage"], row["source"]) for row in left if row["execution_id"] == execution) == [
        ("agent", "b"),
        ("parse", "a"),
        ("parse", "b"),
    ]
    assert len(left) == 7


# ------------------------------------------------------------------ results
@pytest.fixture
def execution(connection: Connection) -> UUID:
    """An execution that found two events, two companies and two people, one of them at no company of its own."""
    execution = new_execution(connection)
    events = upsert_events(connection, EVENTS, source_system="test")
    companies = upsert_companies(
        connection, [CompanyRow("Acme", "acme.com", None, "Rockets"), CompanyRow("Globex")], source_system="test"
    )
    acme, globex = ids(companies.saved)
    upsert_event_sponsors(
        connection,
        ids(events.saved)[0],
        [(globex, SponsorRecord("Globex", "platinum")), (acme, SponsorRecord("Acme", "silver"))],
        source_system="test",
    )
    persons = upsert_persons(
        connection,
        [
            PersonRow("Jane Doe", acme, "CEO", "linkedin.com/in/jane", "jane@acme.com", observed_on=date(2020, 2, 1)),
            PersonRow("Jo Roe", email="jo@x.com"),
        ],
        source_system="test",
    )
    for kind, found in (("event", events), ("company", companies), ("person", persons)):
        signals.link_entities(connection, execution, kind, found.saved)
    return execution


def test_results_hold_everything_found(connection: Connection, execution: UUID) -> None:
    assert signals.finish_execution(connection, execution, status="completed", stats={"eventsDiscovered": 2})
    row = signals.find_execution(connection, execution)
    results = row["results"]
    assert (row["status"], row["stats"], row["error"]) == ("completed", {"eventsDiscovered": 2}, None)
    assert row["completed_at"] is not None
    assert results["stats"] == {"eventsDiscovered": 2}
    assert [(e["name"], e["date"], e["location"]) for e in results["events"]] == [
        ("RubyConf 2025", "2025-11-18", "San Diego"),
        ("JSConf", None, "Berlin"),
    ]
    assert [(c["name"], c["domain"], c["industry"]) for c in results["companies"]] == [
        ("Acme", "acme.com", "Rockets"),
        ("Globex", None, None),
    ]
    jane, jo = results["contacts"]
    assert (jane["name"], jane["title"], jane["company"], jane["email"]) == ("Jane Doe", "CEO", "Acme", "jane@acme.com")
    assert jane["linkedin"] == "https://www.linkedin.com/in/jane"
    assert (jo["name"], jo["company"], jo["email"]) == ("Jo Roe", None, "jo@x.com")
    assert [(one["observed_on"], one["standing"]) for one in (jane, jo)] == [
        ("2020-02-01", "unconfirmed"),
        (None, None),
    ]
    (standing,) = signals.query_standing_counts(connection, execution)
    assert tuple(standing.values()) == ("unconfirmed", 1, date(2020, 2, 1), date(2020, 2, 1))
    assert {(row["full_name"], row["standing"]) for row in signals.query_found(connection, execution, "persons")} == {
        ("Jane Doe", "unconfirmed"),
        ("Jo Roe", None),
    }


def test_an_execution_that_found_nothing_ends_with_empty_lists(connection: Connection) -> None:
    execution = new_execution(connection)
    signals.finish_execution(connection, execution, status="completed", stats={}, error={"kind": "x"})
    row = signals.find_execution(connection, execution)
    assert row["results"] == {"events": [], "companies": [], "contacts": [], "stats": {}, "notes": []}
    assert row["error"] == {"kind": "x"}


def test_a_cancelled_execution_stays_cancelled(connection: Connection, execution: UUID) -> None:
    connection.execute(text("update signal_executions set status = 'cancelled'"))
    before = versions(connection)
    assert not signals.finish_execution(connection, execution, status="completed", stats={})
    assert not signals.finish_execution(connection, uuid4(), status="completed", stats={})
    assert versions(connection) == before


def test_an_execution_cancelled_while_it_ends_is_one_or_the_other(engine: Engine) -> None:
    with unit_of_work(engine) as connection:
        execution = new_execution(connection)
    cancel = text("update signal_executions set status = 'cancelled' where status = 'running' returning id")
    done, cancelled = at_once(
        engine,
        [
            lambda connection: signals.finish_execution(connection, execution, status="completed", stats={}),
            lambda connection: bool(connection.execute(cancel).all()),
        ],
    )
    assert done != cancelled
    with engine.connect() as connection:
        expected = "completed" if done else "cancelled"
        assert signals.find_execution(connection, execution)["status"] == expected


def test_counts_and_lists_of_an_execution(connection: Connection, execution: UUID) -> None:
    counts = signals.query_execution_counts(connection, execution)
    assert {key: counts[key] for key in ("events", "new_events", "companies", "new_companies", "persons")} == {
        "events": 2,
        "new_events": 2,
        "companies": 2,
        "new_companies": 2,
        "persons": 2,
    }
    assert [row["name"] for row in signals.query_companies(connection, execution)] == ["Globex", "Acme"]
    events = signals.query_events(connection, execution)
    assert [(row["name"], row["start_dt"]) for row in events] == [
        ("RubyConf 2025", date(2025, 11, 18)),
        ("JSConf", None),
    ]
    assert signals.query_events(connection, execution, []) == []
    assert len(signals.query_events(connection, execution, [events[1]["id"]])) == 1
    assert signals.query_companies(connection, uuid4()) == []


def test_companies_over_the_limit_are_noted_and_can_come_back(connection: Connection, execution: UUID) -> None:
    globex, acme = (row["id"] for row in signals.query_companies(connection, execution))

    def skipped() -> dict[tuple[str, int], str]:
        rows = stored(connection, "signal_execution_entities")
        return {(row["entity_type"], row["entity_id"]): row["skip_reason"] for row in rows if row["skip_reason"]}

    signals.skip_companies(connection, execution, {acme: "over_limit"})
    assert skipped() == {("company", acme): "over_limit"}
    before = versions(connection)
    signals.skip_companies(connection, execution, {acme: "over_limit"})
    assert versions(connection) == before
    assert signals.query_execution_counts(connection, execution)["companies_over_limit"] == 1
    signals.skip_companies(connection, execution, {globex: "over_limit"})
    assert skipped() == {("company", globex): "over_limit"}
    signals.skip_companies(connection, execution, {})
    assert skipped() == {}


def test_named_sponsors_outweigh_the_word_that_there_are_none(connection: Connection, execution: UUID) -> None:
    first, second = (row["id"] for row in signals.query_events(connection, execution))
    signals.skip_events(connection, execution, {first: "no_sponsors", second: "sponsors_named"})
    signals.skip_events(connection, execution, {first: "sponsors_named", second: "no_sponsors"})
    events = signals.query_events(connection, execution)
    assert [row["skip_reason"] for row in events] == ["sponsors_named", "sponsors_named"]
    before = versions(connection)
    signals.skip_events(connection, execution, {first: "sponsors_named"})
    signals.skip_events(connection, execution, {})
    assert versions(connection) == before
    counts = signals.query_execution_counts(connection, execution)
    assert (counts["events_named"], counts["events_without"]) == (2, 0)


def test_what_is_decided_anew_replaces_what_was_left_out(connection: Connection, execution: UUID) -> None:
    def left_out() -> list[str]:
        return [row["detail"] for row in stored(connection, "rejected_records", order="id")]

    def row(detail: str) -> rejected_records.RejectedRow:
        return rejected_records.RejectedRow("filter", "company", "over_limit", detail)

    rejected_records.record_rejected(connection, execution, [row("kept")])
    rejected_records.replace_rejected(connection, execution, "a limit", [row("one"), row("two")])
    rejected_records.replace_rejected(connection, execution, "a limit", [row("two")])
    assert left_out() == ["kept", "two"]
    rejected_records.replace_rejected(connection, execution, "a limit", [])
    assert left_out() == ["kept"]


def test_rows_that_stand_for_many_are_counted_as_many(connection: Connection, execution: UUID) -> None:
    why = ("filter", "person", "other_function", "The title is none of CEO")
    rows = [RejectedRow(*why, {"name": f"n{number}"}, "company 7") for number in range(MAX_ALIKE + 1_300)]
    theirs = [
        RejectedRow("parse", "event", "no_data", "It says nothing", raw, "keyword a")
        for raw in ({"count": 5, "name": "x"}, "text", 7, None)
    ]
    rejected_records.record_rejected(connection, execution, [*abridged(rows), *theirs])
    found = {
        row["reason"]: (row["records"], row["detail"]) for row in query_reasons_of_execution(connection, execution)
    }
    assert found == {"other_function": (MAX_ALIKE + 1_300, why[3]), "no_data": (4, "It says nothing")}
    assert signals.query_filter_counts(connection, execution) == {("person", "other_function"): MAX_ALIKE + 1_300}


def test_a_report_can_be_read(connection: Connection, execution: UUID) -> None:
    rejected_records.record_rejected(connection, execution, REJECTED)
    for kind in ("events", "companies", "persons"):
        rows = signals.query_found(connection, execution, kind)
        assert len(rows) == rows.total > 0, kind
        first = signals.query_found(connection, execution, kind, limit=1)
        assert first + signals.query_found(connection, execution, kind, after=first[0]["position"]) == rows
        assert first.total == rows.total
    assert query_reasons_of_execution(connection, execution)
