"""The sources of a backfill of briefings: submissions, how many results they have, and how much a run has written."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Connection, Engine, text

from prospecting.parsing.briefings import OPERATION_IDS, Kind
from prospecting.persistence.briefing_sources import (
    count_results,
    count_written,
    query_submissions_with_results,
    query_unknown_submissions,
)
from prospecting.persistence.database import TaskAttempt, unit_of_work
from tests.db.factories import a_run, a_step, a_submission, an_org, hours

COMPANY = OPERATION_IDS["company"]


def submission(connection: Connection, org_id: UUID, day: int = 1) -> UUID:
    return a_submission(connection, org_id, created_at=hours(24 * day))


def run(
    connection: Connection, submission_id: UUID, *operation_ids: str, step_status: str = "succeeded", **columns: Any
) -> UUID:
    """A run of the submission with a step for each operation."""
    run_id = a_run(connection, submission_id, **columns)
    for operation_id in operation_ids:
        a_step(connection, run_id, operation_id=operation_id, status=step_status)
    return run_id


def note_writes(connection: Connection, run_id: UUID, status: str) -> None:
    """Record the outcome of writing the run's results."""
    connection.execute(
        text(
            "insert into briefing_writes (step_result_id, kind, status) "
            "select id, 'company', :status from step_results where pipeline_run_id = :run_id"
        ),
        {"run_id": run_id, "status": status},
    )


@pytest.fixture
def acme(connection: Connection) -> UUID:
    return an_org(connection, "acme")


def offered(connection: Connection, org_id: UUID, *submission_ids: UUID, kind: Kind = "company") -> dict[UUID, Any]:
    """Results and runs without any, by submission."""
    rows = count_results(connection, kind=kind, org_id=org_id, submission_ids=submission_ids)
    return {row["submission_id"]: (row["step_results"], row["runs_without_results"]) for row in rows}


def test_unknown_submissions_are_told_from_those_of_others(connection: Connection, acme: UUID) -> None:
    own, foreign = submission(connection, acme), submission(connection, an_org(connection, "globex"))
    missing = uuid4()
    rows = query_unknown_submissions(connection, org_id=acme, submission_ids=[own, foreign, missing])
    assert {row["id"]: row["is_of_another_org"] for row in rows} == {foreign: True, missing: False}
    assert query_unknown_submissions(connection, org_id=acme, submission_ids=[own]) == []
    assert query_unknown_submissions(connection, org_id=acme, submission_ids=[]) == []


def test_of_many_unknown_submissions_the_first_are_named_and_all_counted(connection: Connection, acme: UUID) -> None:
    wanted = [UUID(int=number) for number in range(1, 31)]
    rows = query_unknown_submissions(connection, org_id=acme, submission_ids=wanted)
    assert [row["id"] for row in rows] == wanted[:20]
    assert rows.total == 30


def test_results_count_when_their_operation_step_and_run_are_right(connection: Connection, acme: UUID) -> None:
    found = submission(connection, acme)
    root = run(connection, found)
    run(connection, found, COMPANY, parent_pipeline_run_id=root)
    run(connection, found, "company.enrich.profile", COMPANY)
    run(connection, found, COMPANY, COMPANY)
    run(connection, found, OPERATION_IDS["person"])
    run(connection, found, f"{COMPANY}.v2", COMPANY.upper())
    run(connection, found, COMPANY, step_status="failed")
    for status in ("failed", "running", "queued", "canceled"):
        run(connection, found, COMPANY, status=status)
    assert offered(connection, acme, found) == {found: (4, 4)}
    assert offered(connection, acme, found, kind="person") == {found: (1, 6)}
    assert offered(connection, acme, found, kind="icp_job_titles") == {found: (0, 7)}


def test_a_result_whose_writing_failed_counts_in_any_run(connection: Connection, acme: UUID) -> None:
    found = submission(connection, acme)
    for status in ("failed", "written", "rejected"):
        note_writes(connection, run(connection, found, COMPANY, status="failed"), status)
    assert offered(connection, acme, found) == {found: (1, 0)}
    assert query_submissions_with_results(connection, kind="company", org_id=acme) == [found]


def test_submissions_with_results_are_found_oldest_first(connection: Connection, acme: UUID) -> None:
    late, early, empty, of_failed = (submission(connection, acme, day) for day in (9, 2, 5, 1))
    foreign = submission(connection, an_org(connection, "globex"))
    for submission_id in (late, early, foreign):
        run(connection, submission_id, COMPANY)
    run(connection, empty, OPERATION_IDS["person"])
    run(connection, of_failed, COMPANY, status="failed")
    assert query_submissions_with_results(connection, kind="company", org_id=acme) == [early, late]
    assert query_submissions_with_results(connection, kind="person", org_id=acme) == [empty]
    assert query_submissions_with_results(connection, kind="icp_job_titles", org_id=acme) == []
    rows = count_results(connection, kind="company", org_id=acme, submission_ids=[late, foreign, of_failed, early])
    assert [row["submission_id"] for row in rows] == [of_failed, early, late], "nothing of another org"


# ---------------------------------------------------------------------------------------------------------- written
def attempt(run_id: str, try_number: int = 1) -> TaskAttempt:
    return TaskAttempt("briefing_backfill", run_id, "backfill_submission", 0, try_number)


def research(engine: Engine, by: TaskAttempt, values: dict[str, str]) -> None:
    """Insert a company briefing, or replace the research of the one that is there."""
    with unit_of_work(engine, by) as connection:
        connection.execute(
            text(
                "insert into company_intel_briefings (org_id, company_domain, raw_parallel_output, researched_at) "
                "values (:org_id, :domain, cast(:raw as jsonb), '2026-01-01') on conflict "
                "(org_id, company_domain, client_company_name) do update set "
                "raw_parallel_output = excluded.raw_parallel_output, researched_at = '2026-01-02', "
                "written_by = excluded.written_by"
            ),
            values,
        )


def test_what_a_run_has_written_is_counted_once_over_all_tries(engine: Engine) -> None:
    with engine.begin() as connection:
        acme = str(an_org(connection, "acme"))
    one, two = ({"org_id": acme, "domain": domain, "raw": '{"a": 1}'} for domain in ("acme.com", "globex.com"))
    research(engine, attempt("run 1", 1), one)
    research(engine, attempt("run 1", 2), one | {"raw": '{"a": 2}'})
    research(engine, attempt("run 1", 2), two)
    research(engine, attempt("run 10"), two | {"domain": "initech.com"})

    def written(kind: Kind, run_id: str) -> int:
        with engine.connect() as connection:
            return count_written(connection, kind=kind, dag_id="briefing_backfill", run_id=run_id)

    assert written("company", "run 1") == 2
    assert written("company", "run 10") == 1
    assert written("company", "run 2") == 0
    assert written("person", "run 1") == written("icp_job_titles", "run 1") == 0
    with engine.connect() as connection:
        assert count_written(connection, kind="company", dag_id="research_pipeline", run_id="run 1") == 0

    # What has gone into the history counts for the run that put it there.
    research(engine, attempt("run 3"), two | {"raw": '{"a": 3}'})
    assert (written("company", "run 1"), written("company", "run 3")) == (1, 1)
