"""Evaluations as a whole: scope, chunks, dry runs, their records, several at once and one that dies."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, event, text
from sqlalchemy.exc import DBAPIError, InternalError

from prospecting.persistence import slot_evaluations
from prospecting.persistence.database import TaskAttempt, run_in_transaction, unit_of_work
from prospecting.persistence.seats import (
    Chunk,
    Scope,
    classify_new_titles,
    evaluate_slots,
    plan_chunks,
    preview_slots,
    query_unknown_companies,
)
from prospecting.persistence.slot_evaluations import Counters
from prospecting.persistence.statements import statement
from tests.db.evaluating import (
    assert_no_news,
    busy_world,
    delete,
    intake_of,
    merge,
    unique_ids,
)
from tests.db.factories import (
    add_companies,
    add_companies_with_ids,
    add_person,
    at_once,
    content,
    count,
    empty,
    evaluate,
    from_outside,
    killed_midway,
    person_name,
    preview,
    requests,
    seats,
    states,
    stored,
    versions,
    write_persons,
    write_slots,
)

# ------------------------------------------------------------------ scope
SCOPES: list[tuple[dict[str, Any], str]] = [
    ({}, "Acme Corp|100% Juice|a_b Labs|aXb Labs|Café Ünïön"),
    ({"name_contains": "ACME"}, "Acme Corp"),
    ({"name_contains": "labs"}, "a_b Labs|aXb Labs"),
    ({"name_contains": "a_b"}, "a_b Labs"),
    ({"name_contains": "%"}, "100% Juice"),
    ({"name_contains": "\\"}, ""),
    ({"name_contains": "'; --"}, ""),
    ({"name_contains": "ÜNÏÖN"}, "Café Ünïön"),
    ({"industry": "FOOD"}, "100% Juice"),
    ({"industry": "foo"}, ""),
    ({"industry": "f%"}, ""),
    ({"source_system": "other"}, "100% Juice|a_b Labs"),
    ({"source_system": "OTHER"}, ""),
    ({"source_system": "other", "name_contains": "labs"}, "a_b Labs"),
    ({"company_ids": ()}, ""),
    ({"company_ids": (-1, 0, 2**60)}, ""),
]


def test_only_companies_in_scope_are_evaluated(connection: Connection) -> None:
    add_companies(connection, "Acme Corp")
    add_companies(connection, "100% Juice", industry="Food", source="other")
    add_companies(connection, "a_b Labs", source="other")
    add_companies(connection, "aXb Labs", "Café Ünïön")
    for scope, expected in SCOPES:
        nothing_yet = connection.begin_nested()
        counters = evaluate(connection, **scope)
        found = stored(connection, "companies join company_slot using (company_unique_id)", "name", "companies.id")
        names = [row["name"] for row in found]
        assert "|".join(dict.fromkeys(names)) == expected, scope
        assert counters.companies_processed * 3 == len(names) == len(requests(connection)), scope
        nothing_yet.rollback()


def test_companies_may_be_named_in_any_order_and_twice(connection: Connection) -> None:
    acme, globex, initech = add_companies(connection, "Acme", "Globex", "Initech")
    assert evaluate(connection, company_ids=(initech, acme, initech)).companies_processed == 2
    assert (len(seats(connection, acme)), len(seats(connection, globex)), len(seats(connection, initech))) == (3, 0, 3)


def test_only_seats_in_scope_are_evaluated(connection: Connection, acme: int) -> None:
    add_person(connection, acme, "Ann Poe", "CEO & CFO")
    counters = evaluate(connection, slot_types=("CFO",))
    assert (counters.slots_created, counters.slots_filled, counters.compound_matches) == (1, 1, 0)
    assert seats(connection, acme).keys() == {"CFO"}
    counters = evaluate(connection, slot_types=("HR", "CFO"))
    assert (counters.slots_created, counters.slots, counters.backfill_triggered) == (1, 2, 1)
    before = versions(connection)["agent_routing_log"]
    from_outside(connection, "failed")
    assert versions(connection)["agent_routing_log"] != before
    evaluate(connection, slot_types=("CEO",))
    assert states(connection, acme) == {"CEO": ("filled", 0), "CFO": ("filled", 0), "HR": ("open", 0)}
    evaluate(connection)
    assert states(connection, acme)["HR"] == ("open", 1)


@pytest.mark.parametrize(
    ("scope", "is_full"),
    [
        (Scope(), True),
        (Scope(slot_types=("CEO",)), False),
        (Scope(company_ids=()), False),
        (Scope(name_contains="x"), False),
        (Scope(industry="x"), False),
        (Scope(source_system="x"), False),
    ],
)
def test_a_scope_that_leaves_something_out_is_not_full(scope: Scope, is_full: bool) -> None:
    assert scope.is_full is is_full


def test_companies_that_are_none_are_named(connection: Connection) -> None:
    acme, old = add_companies(connection, "Acme", "Old")
    merge(connection, "companies", old, acme)
    found = query_unknown_companies(connection, [old, 987_654_321, acme, -1])
    assert [(row["id"], row["merged_into_id"]) for row in found] == [(-1, None), (old, acme), (987_654_321, None)]
    assert query_unknown_companies(connection, [acme]) == []
    assert len(query_unknown_companies(connection, list(range(10**9, 10**9 + 50)))) == 20


# ------------------------------------------------------------------ chunks
def test_chunks_are_all_companies_in_scope_once_each(connection: Connection) -> None:
    found = add_companies(connection, *[f"Company {i}" for i in range(9)], "Globex")
    merge(connection, "companies", found[3], found[4])
    delete(connection, "companies", found[6])
    in_scope = [company for i, company in enumerate(found[:9]) if i not in (3, 6)]
    scope = Scope(name_contains="company")
    for size in (1, 2, 3, 6, 7, 8, 10**6):
        expected = [in_scope[start : start + size] for start in range(0, len(in_scope), size)]
        assert plan_chunks(connection, scope, batch_size=size) == [
            Chunk(part[0], part[-1], 1 + size * number, len(part)) for number, part in enumerate(expected)
        ]
    chunks = plan_chunks(connection, scope, batch_size=3)
    assert [evaluate_slots(connection, scope, chunk).companies_processed for chunk in chunks] == [3, 3, 1]
    assert [company for company in found if seats(connection, company)] == in_scope


def test_chunk_by_chunk_is_the_same_as_at_once(connection: Connection) -> None:
    busy_world(connection)
    world = connection.begin_nested()
    at_one_go = evaluate(connection)
    expected = content(connection)
    world.rollback()
    for size in (1, 5):
        world = connection.begin_nested()
        chunks = plan_chunks(connection, Scope(), batch_size=size)
        counters = [evaluate(connection, chunk).as_dict() for chunk in chunks]
        assert len(chunks) == -(-12 // size)
        assert Counters.total(counters) == at_one_go
        assert content(connection) == expected
        world.rollback()


# ------------------------------------------------------------------ dry run
def changes_between(
    before: dict[str, dict[str, Any]], after: dict[str, dict[str, Any]], asked: set[tuple[str, str]]
) -> dict[tuple[str, str], tuple[str, str | None]]:
    """What happened to each seat between two evaluations, in the words of a preview."""
    found: dict[tuple[str, str], tuple[str, str | None]] = {}
    for row in after.values():
        seat = (row["company_unique_id"], row["slot_type"])
        old = before.get(row["company_slot_unique_id"], {"person_unique_id": None, "status": "open"})
        held, holds = old["person_unique_id"], row["person_unique_id"]
        if holds and holds != held:
            found[seat] = ("replace" if held else "fill", holds)
        elif held and not holds:
            found[seat] = ("reopen", None)
        elif row["status"] == "closed_missing" != old["status"]:
            found[seat] = ("close", None)
        elif seat in asked:
            found[seat] = ("request", None)
    return found


def all_seats(connection: Connection) -> dict[str, dict[str, Any]]:
    return {row["company_slot_unique_id"]: row for row in stored(connection, "company_slot")}


def test_a_preview_says_what_an_evaluation_does(connection: Connection) -> None:
    found = busy_world(connection)
    from_outside(connection, "failed", f"record_id in ({intake_of(found['Crowd'])})")
    connection.execute(
        text("update company_slot set enrichment_attempts = 1 where company_unique_id = any(:ids)"),
        {"ids": list(unique_ids(connection, found["Crowd"]))},
    )
    before = all_seats(connection)
    known = {row["routing_id"] for row in requests(connection)}
    predicted, changes = preview(connection)
    counters = evaluate(connection)
    asked = {
        (row["company_unique_id"], row["slot_type"]) for row in requests(connection) if row["routing_id"] not in known
    }
    actual = changes_between(before, all_seats(connection), asked)
    assert {
        (row["company_unique_id"], row["slot_type"]): (row["change"], row["person_unique_id"]) for row in changes
    } == actual
    assert {row["change"] for row in changes} == {"fill", "replace", "reopen", "close", "request"}
    assert changes.total == len(changes)
    events = ("slots_created", "slots_updated", "backfill_triggered", "requests_cancelled")
    made = counters.backfill_triggered + counters.verifications_triggered
    assert predicted == Counters(**counters.as_dict() | dict.fromkeys(events, 0), requests_to_make=made)
    assert preview(connection) == (replace(predicted, requests_to_make=0), [])


def test_a_preview_shows_the_first_changes_and_how_many_there_are(connection: Connection) -> None:
    names = [f"Company {i}" for i in range(4)]
    found = add_companies(connection, *names)
    counters, changes = preview(connection, limit=4)
    assert [(row["number"], row["name"], row["slot_type"], row["change"]) for row in changes] == [
        (1, "Company 0", "CEO", "request"), (1, "Company 0", "CFO", "request"),
        (1, "Company 0", "HR", "request"), (2, "Company 1", "CEO", "request"),
    ]  # fmt: skip
    assert changes.total == 12
    assert [row["company_unique_id"] for row in changes[2:]] == list(unique_ids(connection, *found[:2]))
    assert counters == Counters(companies_processed=4, slots_open=12, requests_to_make=12)
    assert preview(connection, limit=0)[1] == []
    *_, last = plan_chunks(connection, Scope(), batch_size=3)
    assert {row["name"] for row in preview(connection, last)[1]} == {"Company 3"}


def test_a_preview_writes_nothing(engine: Engine) -> None:
    with unit_of_work(engine) as connection:
        busy_world(connection)
    with unit_of_work(engine) as connection:
        before = versions(connection)
    with unit_of_work(engine) as connection:
        counters, changes, by_seat = preview_slots(connection, Scope(), limit=50)
        assert counters.slots_filled
        assert changes
        counted = Counter((change["slot_type"], change["change"]) for change in changes)
        assert {(one["seat"], one["change"]): one["seats"] for one in by_seat} == counted
        assert preview_slots(connection, Scope(), limit=1)[2] == by_seat
    with unit_of_work(engine) as connection:
        assert versions(connection) == before


@pytest.mark.parametrize(
    "write",
    [
        evaluate,
        write_persons,
        lambda connection: connection.execute(text("update companies set name = name")),
        lambda connection: connection.execute(text("insert into title_seats values ('CEO', 1, null, null, 1)")),
    ],
    ids=["evaluation", "persons", "update", "insert"],
)
def test_after_a_preview_nothing_can_be_written(
    connection: Connection, acme: int, write: Callable[[Connection], Any]
) -> None:
    preview_slots(connection, Scope(company_ids=(acme,)), limit=5)
    with pytest.raises(InternalError) as refused:
        write(connection)
    assert getattr(refused.value.orig, "sqlstate", None) == "25006"


# ------------------------------------------------------------------ evaluations on record
def start(connection: Connection, run: str = "run 1", params: dict[str, Any] | None = None) -> int:
    return slot_evaluations.start_evaluation(connection, airflow_run_id=run, params=params or {}, is_full=True)


def test_an_evaluation_ends_with_the_sums_of_its_chunks(connection: Connection) -> None:
    evaluation = start(connection, params={"name_contains": "é\x00"})
    other = start(connection, "run 2")
    chunks = [Counters(2, 6, 0, 1, 4, 1, 1, 0, 4, 0), Counters(3, 0, 2, 5, 2, 2, 0, 3, 1, 7)]
    for number, counters in enumerate(chunks):
        slot_evaluations.record_chunk(connection, evaluation, number, counters)
    slot_evaluations.record_chunk(connection, other, 0, Counters(100, 300))
    total = slot_evaluations.finish_evaluation(connection, evaluation, status="completed")
    assert total == Counters(5, 6, 2, 6, 6, 3, 1, 3, 5, 7) == Counters.total([chunk.as_dict() for chunk in chunks])
    first, second = stored(connection, "slot_evaluations")
    assert total.as_dict().items() <= first.items()
    assert (str(first["fill_rate"]), first["status"], first["error"], first["is_full"]) == (
        "40.00",
        "completed",
        None,
        True,
    )
    assert first["completed_at"]
    assert first["params"] == {"name_contains": "é\ufffd"}
    assert (second["status"], second["slots_created"], second["completed_at"]) == ("running", 0, None)


def test_a_chunk_that_runs_again_adds_what_it_did_and_replaces_what_it_found(connection: Connection) -> None:
    evaluation = start(connection)
    slot_evaluations.record_chunk(connection, evaluation, 0, Counters(2, 6, 1, 1, 4, 1, 1, 2, 4, 3))
    slot_evaluations.record_chunk(connection, evaluation, 0, Counters(3, 3, 2, 2, 6, 1, 0, 1, 1, 1))
    assert slot_evaluations.finish_evaluation(connection, evaluation, status="completed") == Counters(
        3, 9, 3, 2, 6, 1, 0, 1, 5, 4
    )


def test_a_retried_chunk_reports_what_was_done_in_both_tries(connection: Connection) -> None:
    add_companies(connection, "Acme", "Globex")
    evaluation = start(connection)
    for _ in range(2):
        slot_evaluations.record_chunk(connection, evaluation, 0, evaluate(connection))
    total = slot_evaluations.finish_evaluation(connection, evaluation, status="completed")
    assert total == Counters(companies_processed=2, slots_created=6, slots_open=6, backfill_triggered=6)


def test_an_evaluation_that_starts_over_counts_afresh(connection: Connection) -> None:
    evaluation = start(connection)
    slot_evaluations.record_chunk(connection, evaluation, 0, Counters(2, 6))
    slot_evaluations.record_chunk(connection, evaluation, 1, Counters(2, 6))
    slot_evaluations.finish_evaluation(connection, evaluation, status="failed", error="It broke")
    (row,) = stored(connection, "slot_evaluations")
    assert (row["status"], row["error"]) == ("failed", "It broke")
    assert start(connection, params={"new": 1}) == evaluation
    (row,) = stored(connection, "slot_evaluations")
    assert (row["status"], row["error"], row["completed_at"], row["params"]) == ("running", None, None, {"new": 1})
    slot_evaluations.record_chunk(connection, evaluation, 0, Counters(1, 3))
    assert slot_evaluations.finish_evaluation(connection, evaluation, status="completed") == Counters(1, 3)


def test_an_evaluation_without_chunks_ends_with_nothing(connection: Connection) -> None:
    assert slot_evaluations.finish_evaluation(connection, start(connection), status="completed") == Counters()
    (row,) = stored(connection, "slot_evaluations")
    assert row["fill_rate"] is None


# ------------------------------------------------------------------ provenance
def test_the_task_that_wrote_a_row_is_on_record(engine: Engine) -> None:
    first, second = (TaskAttempt("slot_evaluation", "run 1", "evaluate", try_number=i) for i in (1, 2))
    with unit_of_work(engine) as connection:
        acme, _ = add_companies(connection, "Acme", "Globex")
    with unit_of_work(engine, first) as connection:
        evaluate(connection)
    tables = ("company_slot", "slot_transitions", "intake.people_raw_intake", "agent_routing_log")
    with unit_of_work(engine) as connection:
        attempts = {row["try_number"]: row["id"] for row in stored(connection, "task_attempts")}
        for table in tables:
            assert {row["written_by"] for row in stored(connection, table)} == {attempts[1]}
        add_person(connection, acme, "Ann Poe", "CEO")
        from_outside(connection, "failed", f"record_id in ({intake_of(acme)}) and routing_reason like '%CFO%'")
    with unit_of_work(engine, second) as connection:
        evaluate(connection)
    with unit_of_work(engine) as connection:
        attempts = {row["try_number"]: row["id"] for row in stored(connection, "task_attempts")}
        found = {slot: row["written_by"] for slot, row in seats(connection, acme).items()}
        assert found == {"CEO": attempts[2], "CFO": attempts[2], "HR": attempts[1]}
        for table in tables[1:]:
            assert {row["written_by"] for row in stored(connection, table)} == set(attempts.values())


# ------------------------------------------------------------------ at once, and half
def test_four_evaluations_at_once_are_one(engine: Engine) -> None:
    with unit_of_work(engine) as connection:
        write_persons(connection)
        add_companies(connection, *[f"Company {i}" for i in range(30)])
    counters = at_once(engine, [evaluate] * 4)
    assert sorted(each.slots_created for each in counters) == [0, 0, 0, 99]
    assert sum(each.backfill_triggered for each in counters) == 96
    with unit_of_work(engine) as connection:
        found = content(connection)
    empty(engine)
    with unit_of_work(engine) as connection:
        write_persons(connection)
        add_companies(connection, *[f"Company {i}" for i in range(30)])
    with unit_of_work(engine) as connection:
        evaluate(connection)
        assert content(connection) == found


def test_two_evaluations_of_overlapping_companies_at_once(engine: Engine) -> None:
    """Far apart in their ids, in opposite order: every company is locked in one order."""
    with unit_of_work(engine) as connection:
        add_companies_with_ids(connection, 5, 20_000, 40_000)
    scopes = [(5, 20_000, 40_000), (40_000, 20_000, 5), (40_000, 20_000), (20_000, 5)]
    at_once(engine, [partial(evaluate, company_ids=scope) for scope in scopes])
    with unit_of_work(engine) as connection:
        assert count(connection, "company_slot") == count(connection, "agent_routing_log") == 9
        assert_no_news(connection)


def test_titles_read_by_four_at_once_are_remembered_once(engine: Engine) -> None:
    with unit_of_work(engine) as connection:
        (acme,) = add_companies(connection, "Acme")
        for number in range(20):
            add_person(connection, acme, person_name(number), f"Nurse {number}")
    at_once(engine, [lambda connection: classify_new_titles(connection, Scope())] * 4)
    with unit_of_work(engine) as connection:
        assert count(connection, "title_seats") == 20


def test_an_evaluation_killed_midway_leaves_nothing_and_the_next_is_complete(engine: Engine, database_url: str) -> None:
    killed_midway(database_url, "slots")
    with engine.connect() as connection:
        assert not any(content(connection).values())
    with unit_of_work(engine, timeout_seconds=30) as connection:
        write_slots(connection)
    with engine.connect() as connection:
        after_kill = content(connection)
    assert (len(after_kill["company_slot"]), len(after_kill["agent_routing_log"])) == (9, 6)
    empty(engine)
    with unit_of_work(engine) as connection:
        write_slots(connection)
        assert content(connection) == after_kill


def test_one_company_that_cannot_be_saved_says_so_at_once(connection: Connection, acme: int) -> None:
    """The first error is the one that is raised, not the aborted transaction after it."""
    connection.execute(
        text("alter table intake.people_raw_intake add constraint no_acme check (company_name <> 'Acme')")
    )
    with pytest.raises(DBAPIError, match="no_acme"):
        evaluate(connection)


@pytest.mark.parametrize(
    "outside",
    [
        "insert into intake.people_raw_intake (company_unique_id, source_system, slot_type, enrichment_attempt) "
        "select company_unique_id, 'slot_backfill', 'CEO', 1 from companies",
        "insert into company_slot (company_unique_id, slot_type) select company_unique_id, 'CEO' from companies",
    ],
    ids=["the request", "the seat"],
)
def test_somebody_else_adds_the_same_while_the_evaluation_runs(engine: Engine, outside: str) -> None:
    """The unique index refuses the second one; the transaction is repeated, and finds what is there."""
    with unit_of_work(engine) as connection:
        add_companies(connection, "Acme")
    planned, added = threading.Event(), threading.Event()

    def add() -> None:
        assert planned.wait(20)
        with unit_of_work(engine) as connection:
            connection.execute(text(outside))
        added.set()

    tries = 0

    def work(connection: Connection) -> Counters:
        nonlocal tries
        tries += 1
        if tries == 1:
            # The plan is made from what is known now; then, before anything is written, somebody else is faster.
            event.listen(connection, "before_execute", wait_before_writing)
        return evaluate_slots(connection, Scope())

    def wait_before_writing(_connection: Connection, clause: Any, *_: Any) -> None:
        if clause is statement("slots/insert_slots"):
            planned.set()
            assert added.wait(20)

    with ThreadPoolExecutor(1) as pool:
        other = pool.submit(add)
        counters = run_in_transaction(work, engine)
        other.result(timeout=20)
    assert tries == 2
    assert counters.backfill_triggered == 3
    with engine.connect() as connection:
        assert count(connection, "company_slot") == count(connection, "intake.people_raw_intake") == 3
        assert count(connection, "agent_routing_log") == 3
