"""Pages of past research on their way into the briefing tables: dry runs, failed writes, and finding what is left."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import Connection, Engine, event, text

from prospecting.parsing.briefings import OPERATION_IDS, Kind
from prospecting.parsing.research_answers import ENVELOPE_KEYS, OTHER_KEYS
from prospecting.persistence.briefings import (
    FailedWrite,
    SaveCounts,
    StepKey,
    find_step_results,
    query_failed_writes,
    record_failed_write,
    save_briefings,
)
from prospecting.persistence.database import unit_of_work
from prospecting.persistence.statements import statement
from tests.db.factories import (
    NASTY_TEXTS,
    RESEARCH_BEGAN,
    a_run,
    a_step,
    a_submission,
    an_org,
    count,
    hours,
    stored,
    versions,
)
from tests.db.past_research import TABLES, Past, counts, each_kind, notes, raws


@pytest.fixture
def past(connection: Connection) -> Past:
    return Past(connection)


# ------------------------------------------------------------------------------------------------------------ dry runs
@each_kind
def test_a_dry_run_counts_the_same_and_writes_nothing(engine: Engine, kind: Kind) -> None:
    with unit_of_work(engine) as connection:
        past = Past(connection)
        steps = [past.found(kind, {"n": n}, finished_at=hours(n)) for n in (5, 1, 3)]
        steps += [past.step(kind, None), past.found(kind, result_status="not_found")]
        save_briefings(connection, kind, [steps[2]])
        before = versions(connection)
    for force in (False, True):
        with unit_of_work(engine) as connection:
            connection.execute(text("set transaction read only"))
            dry = save_briefings(connection, kind, steps, dry_run=True, force=force)
        with unit_of_work(engine) as connection:
            assert versions(connection) == before
            savepoint = connection.begin_nested()
            assert save_briefings(connection, kind, steps, force=force) == dry
            savepoint.rollback()
    with unit_of_work(engine) as connection:
        save_briefings(connection, kind, steps)
        assert save_briefings(connection, kind, steps, dry_run=True) == counts(5, unchanged=3, no_output=1, not_found=1)


# ------------------------------------------------------------------------------------------------------ failed writes
def _refuse(connection: Connection, kind: Kind) -> None:
    """A rule that parsing knows nothing of."""
    connection.execute(
        text(
            f"alter table {TABLES[kind]} add constraint no_poison check (raw_parallel_output::text not like '%poison%')"
        )
    )


@each_kind
def test_a_result_the_database_refuses_costs_only_itself(past: Past, kind: Kind) -> None:
    _refuse(past.connection, kind)
    names = "ABCDEFGHIJKL"
    who = [f"{letter}ane Doe" if kind == "person" else f"{letter}.com" for letter in names]
    steps = [past.found(kind, {"n": "poison" if n in (3, 4, 9) else n}, one) for n, one in enumerate(who)]
    assert save_briefings(past.connection, kind, steps) == counts(12, upserted=9, failed=3)
    assert count(past.connection, TABLES[kind]) == 9
    failed = [steps[n] for n in (3, 4, 9)]
    assert query_failed_writes(past.connection, submission_id=past.submission) == [FailedWrite(s, kind) for s in failed]
    (row, *_) = [row for row in stored(past.connection, "briefing_writes") if row["status"] == "failed"]
    assert (row["reason"], row["attempts"]) == ("no_poison", 1)
    assert row["detail"] == "The database refused the record: it violates no_poison (SQLSTATE 23514)"

    assert save_briefings(past.connection, kind, failed) == counts(3, failed=3)
    assert {notes(past.connection)[step] for step in failed} == {(kind, "failed", "no_poison", 2)}
    past.connection.execute(text(f"alter table {TABLES[kind]} drop constraint no_poison"))
    assert save_briefings(past.connection, kind, failed) == counts(3, upserted=3)
    assert {notes(past.connection)[step] for step in failed} == {(kind, "written", None, 3)}
    assert query_failed_writes(past.connection, submission_id=past.submission) == []


def test_a_key_too_long_for_an_index_costs_only_itself(past: Past) -> None:
    long = past.found("company", fields={"client_company_name": NASTY_TEXTS["long_random"]})
    good = past.found("company", who="globex.com")
    assert save_briefings(past.connection, "company", [long, good]) == counts(2, upserted=1, failed=1)
    assert notes(past.connection)[long][1:3] == ("failed", "sqlstate_54000")


def test_what_is_older_still_comes_first_when_one_is_refused(past: Past) -> None:
    _refuse(past.connection, "company")
    steps = [past.found("company", {"n": "poison" if n == 5 else n}, finished_at=hours(20 - n)) for n in range(9)]
    assert save_briefings(past.connection, "company", steps) == counts(9, upserted=8, failed=1)
    assert raws(past.connection, "company") == [{"n": 0}]
    assert count(past.connection, "company_intel_briefings_history") == 7


def test_a_failed_write_is_recorded_with_its_attempts(past: Past) -> None:
    first, second = past.found("company"), past.found("person")
    for _ in range(2):
        record_failed_write(past.connection, step_result_id=second, kind="person", reason="lost", detail="a\x00b")
    record_failed_write(past.connection, step_result_id=first, kind="company", reason="lost", detail="d")
    record_failed_write(past.connection, step_result_id=uuid4(), kind="company", reason="gone", detail="d")
    assert notes(past.connection) == {
        first: ("company", "failed", "lost", 1),
        second: ("person", "failed", "lost", 2),
    }
    other = Past(past.connection, "globex")
    record_failed_write(past.connection, step_result_id=other.found("company"), kind="company", reason="x", detail="d")
    assert query_failed_writes(past.connection, submission_id=past.submission) == [
        FailedWrite(first, "company"),
        FailedWrite(second, "person"),
    ]


def test_a_failed_write_of_what_is_no_longer_there_is_forgotten(past: Past) -> None:
    step = past.found("company", result_status="not_found")
    record_failed_write(past.connection, step_result_id=step, kind="company", reason="lost", detail="d")
    save_briefings(past.connection, "person", [step])
    assert step in notes(past.connection), "that was about another kind"
    save_briefings(past.connection, "company", [step])
    assert notes(past.connection) == {}


# --------------------------------------------------------------------------------------------------------------- pages
def find(past: Past, kind: Kind = "company", after: StepKey | None = None, limit: int = 1000) -> list[StepKey]:
    return find_step_results(
        past.connection, kind=kind, org_id=past.org, submission_id=past.submission, after=after, limit=limit
    )


def test_results_of_runs_that_succeeded_are_found_root_or_child(past: Past) -> None:
    child = a_run(past.connection, past.submission, parent_pipeline_run_id=past.run)
    expected = [
        past.found("company"),
        past.found("company", run=child),
        past.found("company", result_status="not_found"),
    ]
    past.found("icp_job_titles")
    past.found("company", operation_id="company.derive.intel_briefing.v2")
    for status in ("queued", "running", "failed", "canceled"):
        past.found("company", run=a_run(past.connection, past.submission, status=status))
    for status in ("queued", "running", "failed", "skipped", "retrying"):
        past.found("company", status=status)
    a_step(past.connection, a_run(past.connection, a_submission(past.connection, past.org)), {})
    assert [key.id for key in find(past)] == expected
    other = an_org(past.connection, "globex")
    found = find_step_results(past.connection, kind="company", org_id=other, submission_id=past.submission, limit=9)
    assert found == []


def test_a_failed_write_is_found_whatever_became_of_the_run(past: Past) -> None:
    failed = a_run(past.connection, past.submission, status="failed")
    step, _ = past.found("company", run=failed), past.found("company", run=failed)
    record_failed_write(past.connection, step_result_id=step, kind="company", reason="lost", detail="d")
    assert [key.id for key in find(past)] == [step]
    save_briefings(past.connection, "company", [step])
    assert find(past) == []


@pytest.mark.parametrize("limit", [1, 2, 7, 100])
def test_pages_are_chronological_and_complete(past: Past, limit: int) -> None:
    moments = [3, 1, 2, 2, 2, 5, 4, 2]
    ids = {past.found("company", finished_at=hours(moment)): moment for moment in moments}
    seen: list[StepKey] = []
    while page := find(past, after=seen[-1] if seen else None, limit=limit):
        assert len(page) <= limit
        seen += page
    assert {key.id for key in seen} == set(ids)
    assert len(seen) == len(ids)
    assert [ids[key.id] for key in seen] == sorted(moments)


def test_a_thousand_mixed_results_in_pages(past: Past) -> None:
    connection = past.connection
    connection.execute(
        text(
            """
            insert into step_results
                (org_id, pipeline_run_id, submission_id, step_position, status, finished_at, output_payload)
            select :org, :run, :submission, n, 'succeeded', cast(:began as timestamptz) + n * interval '1 minute',
                jsonb_build_object('operation_result', jsonb_build_object(
                    'operation_id', cast(:operation as text),
                    'status', case when n % 5 = 4 then 'not_found' else 'found' end,
                    'output', case when n % 10 = 0 then null else jsonb_build_object(
                        'domain', case when n % 10 = 1 then '' else 'company' || n % 300 || '.com' end,
                        'client_company_name', case when n % 2 = 0 then 'Globex' end,
                        'parallel_raw_response', jsonb_build_object('output', jsonb_build_object(
                            'content', case when n % 10 = 2 then '"prose"'::jsonb else jsonb_build_object('n', n) end
                        ))
                    ) end
                ))
            from generate_series(1, 1000) as n
            """
        ),
        {
            "org": past.org,
            "run": past.run,
            "submission": past.submission,
            "began": RESEARCH_BEGAN,
            "operation": OPERATION_IDS["company"],
        },
    )
    total, after = SaveCounts(), None
    while page := find(past, after=after, limit=77):
        total, after = total + save_briefings(connection, "company", [key.id for key in page]), page[-1]
    skipped = {"not_found": 200, "no_output": 100, "no_domain": 100, "text_output": 100}
    assert total == SaveCounts(1000, 500, 0, skipped)
    assert sum((total.upserted, total.unchanged, *total.skipped.values())) == total.processed
    newest: dict[tuple[str, bool], int] = {}
    for n in range(1, 1001):
        if n % 5 != 4 and n % 10 not in (0, 1, 2):
            newest[f"company{n % 300}.com", n % 2 == 0] = n
    rows = stored(connection, "company_intel_briefings")
    assert {
        (row["company_domain"], row["client_company_name"] == "Globex"): row["raw_parallel_output"]["n"] for row in rows
    } == newest
    assert count(connection, "company_intel_briefings_history") == 500 - len(newest)
    assert all(
        row["researched_at"] == RESEARCH_BEGAN + timedelta(minutes=row["raw_parallel_output"]["n"]) for row in rows
    )


def test_counts_add_up_and_travel_as_numbers() -> None:
    total = counts(3, upserted=1, unchanged=1, no_name=1) + counts(2, no_name=1, failed=1) + SaveCounts()
    assert total == counts(5, upserted=1, unchanged=1, no_name=2, failed=1)
    assert json.loads(json.dumps(total.as_dict())) == {
        "processed": 5,
        "upserted": 1,
        "unchanged": 1,
        "skipped": {"no_name": 2, "failed": 1},
    }


def test_the_database_knows_the_keys_of_what_is_no_research() -> None:
    known = str(statement("briefings/read_results")).split()
    assert set(known) >= ENVELOPE_KEYS | OTHER_KEYS


def test_the_research_itself_stays_in_the_database(past: Past) -> None:
    """Neither what is read nor what is written carries it: memory does not grow with its size."""
    marker = "large research " * 10_000
    steps = [past.found("company", {"summary": marker}, f"company{n}.com") for n in range(3)]
    sent: list[int] = []

    def measure(_c: Any, _cursor: Any, _statement: str, parameters: Any, _context: Any, _many: bool) -> None:
        sent.append(len(str(parameters)))

    event.listen(past.connection.engine, "before_cursor_execute", measure)
    try:
        save_briefings(past.connection, "company", steps)
    finally:
        event.remove(past.connection.engine, "before_cursor_execute", measure)
    read = past.connection.execute(statement("briefings/read_results"), {"step_result_ids": steps}).all()
    assert len(sent) > 3
    assert sum(sent) + len(str(read)) < len(marker) / 10
    assert count(past.connection, "company_intel_briefings") == 3
