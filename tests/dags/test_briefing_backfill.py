"""Whole backfills of briefings, in real Airflow on real PostgreSQL: written, skipped, printed, retried and refused."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count as count_from
from typing import Any
from uuid import UUID, uuid4

import pytest
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException
from sqlalchemy import Connection, Engine, text

from prospecting.operators.briefings import BackfillBriefingsOperator
from prospecting.services import briefings
from prospecting.services.briefing_params import BriefingBackfillParams
from prospecting.services.runtime import Runtime
from prospecting.tasks import briefing_backfill as tasks
from tests.dags.runs import Airflow, Run, TaskCaller
from tests.db.factories import a_run, a_step, a_submission, an_org, count, hours, researched, stored, versions

pytestmark = pytest.mark.airflow

DAG: dict[str, Any] = {"dag_id": "briefing_backfill"}
BOOKKEEPING = {"task_attempts"}

# Must be in no log, and nowhere in Airflow's own database.
SECRETS = ("Zelda Marker", "Yuri Marker", "Marker Industries", "marker-one.com", "marker finding", "Chief Marker")


# ------------------------------------------------------------------------------------------------- what was researched
class Past:
    """Submissions of an org and what their pipeline runs found, each an hour later than the one before."""

    def __init__(self, connection: Connection, slug: str) -> None:
        self._connection = connection
        self._hours = count_from(1)
        self.org_id = an_org(connection, slug)

    def submission(self) -> UUID:
        return a_submission(self._connection, self.org_id, created_at=hours(next(self._hours)))

    def run(self, submission_id: UUID, *steps: dict[str, Any], **columns: Any) -> UUID:
        """A run whose steps succeeded, whatever became of itself."""
        run_id = a_run(self._connection, submission_id, **columns)
        for step in steps:
            a_step(self._connection, run_id, **step, finished_at=hours(next(self._hours)))
        return run_id


def company(domain: str, content: Any = None, **fields: Any) -> dict[str, Any]:
    """A step that researched a company."""
    found = {"target_business_summary": f"marker finding about {domain}"} if content is None else content
    about = {"company_name": "Marker Industries", "client_company_name": "Client Inc", "client_company_description": ""}
    return {"kind": "company", "output": researched("company", domain, found, **about | fields)}


def person(name: str, **fields: Any) -> dict[str, Any]:
    """A step that researched a person."""
    about = {
        "linkedin_url": "",
        "title": "Chief Marker",
        "person_current_company_name": "Marker Industries",
        "client_company_name": "Client Inc",
        "customer_company_name": "",
    }
    found = {"executive_summary": f"marker finding about {name}"}
    return {"kind": "person", "output": researched("person", name, found, **about | fields)}


def icp(domain: str, *titles: tuple[str, str]) -> dict[str, Any]:
    """A step that researched who buys at a company."""
    listed = [{"title": title, "buyerRole": role, "reasoning": "marker finding"} for title, role in titles]
    return {"kind": "icp_job_titles", "output": researched("icp_job_titles", domain, {"titles": listed})}


@pytest.fixture
def past(engine: Engine) -> tuple[UUID, list[UUID]]:
    """An org, and three submissions: five companies worth a row, one of them researched twice, and what is none."""
    with engine.begin() as connection:
        acme = Past(connection, "acme")
        first, second, third = acme.submission(), acme.submission(), acme.submission()
        # A fan-out: the first run has no research, its children have.
        root = acme.run(first, {"output": {"results": []}, "operation_id": "company.search"})
        acme.run(first, company("marker-one.com"), parent_pipeline_run_id=root)
        acme.run(first, company("https://www.Two-firm.com/about"), parent_pipeline_run_id=root)
        acme.run(first, company("three-firm.com", client_company_name=None))
        acme.run(first, company("failed-firm.com"), status="failed")
        # The same company again, later; what is skipped, each for its own reason.
        acme.run(second, company("marker-one.com", {"marker finding": "newer"}))
        acme.run(second, {"result_status": "not_found"})
        acme.run(second, company(" "))
        acme.run(second, company("text-firm.com", "marker finding, but no object"))
        acme.run(second, company("empty-firm.com", {}))
        acme.run(second, company("bare-firm.com", parallel_raw_response=None))
        acme.run(second, company("other-firm.com") | {"operation_id": "company.derive.intel_briefing.v2"})
        acme.run(third, company("five-firm.com"), company("six-firm.com"))
        other = Past(connection, "other")
        other.run(other.submission(), company("marker-one.com"))
    return acme.org_id, [first, second, third]


SUMMARY = [
    "Backfill summary",
    "- total_processed: 11",
    "- total_upserted: 6",
    "- total_unchanged: 0",
    "- total_skipped: 5",
    "  - empty_output: 1",
    "  - no_domain: 1",
    "  - no_output: 1",
    "  - not_found: 1",
    "  - text_output: 1",
    "- runs_without_results: 2",
]
SUMMARY_AGAIN = [*SUMMARY[:2], "- total_upserted: 0", "- total_unchanged: 6", *SUMMARY[4:]]


def everything(engine: Engine, *, but: set[str] | None = None) -> dict[str, Any]:
    """Every row version of the application database."""
    with engine.connect() as connection:
        return {table: rows for table, rows in versions(connection).items() if table not in (but or set())}


def printed(run: Run) -> list[str]:
    """The lines that tasks printed, without what Airflow puts around them."""
    without_colours = re.sub(r"\x1b\[[0-9;]*m", "", run.log)
    return re.findall(r"^\S+ \[\w+ *\] (.*?) +\[prospecting\.[\w.]+\]", without_colours, flags=re.MULTILINE)


def summary(run: Run) -> list[str]:
    """The summary in the log of a run."""
    lines = printed(run)
    begin = lines.index("Backfill summary")
    return [
        line for line in lines[begin:] if line.startswith(("Backfill summary", "- ", "  - ", "Dry run: ", "No step"))
    ]


def labels(run: Run) -> set[str]:
    return {task["label"] for task in run.tasks if task["task_id"] == "backfill_submission"}


def keeps_secrets(airflow: Airflow, run: Run) -> bool:
    said = run.log + airflow.stored_by_airflow(run.run_id)
    return not any(secret in said for secret in SECRETS)


def conf(org_id: UUID, **values: Any) -> dict[str, Any]:
    return {"org_id": str(org_id), **values}


def started(org_id: UUID, **values: Any) -> dict[str, Any]:
    """The value the first task returns for these params."""
    return BriefingBackfillParams.model_validate(conf(org_id, **values)).model_dump(mode="json")


def backfill(org_id: UUID, submission_ids: Any = None, **arguments: Any) -> BackfillBriefingsOperator:
    return BackfillBriefingsOperator(
        task_id="backfill_submission", kind="company", org_id=org_id, submission_ids=submission_ids, **arguments
    )


# ---------------------------------------------------------------------------------------------------------- backfills
def test_a_backfill_and_the_next(airflow: Airflow, engine: Engine, past: tuple[UUID, list[UUID]]) -> None:
    org_id, submission_ids = past
    run = airflow.run(conf(org_id, page_size=3), **DAG)
    assert run.state == "success"
    assert {task["state"] for task in run.tasks} == {"success"}
    assert labels(run) == set(map(str, submission_ids))
    assert summary(run) == SUMMARY
    second = f"submission {submission_ids[1]}"
    assert f"Progress 50 %: {second}, 3 of 6 step results, 1 upserted, 0 unchanged, 2 skipped" in printed(run)
    assert f"Progress 100 %: {second}, 6 of 6 step results, 1 upserted, 0 unchanged, 5 skipped" in printed(run)
    assert airflow.asset_events(run) == {"prospecting_briefings": 1}
    assert keeps_secrets(airflow, run)

    with engine.connect() as connection:
        rows = {row["company_domain"]: row for row in stored(connection, "company_intel_briefings")}
        written = connection.execute(
            text(
                "select distinct a.dag_id, a.task_id from company_intel_briefings as b "
                "join task_attempts as a on a.id = b.written_by"
            )
        ).all()
        statuses = [row["status"] for row in stored(connection, "briefing_writes", order="status")]
        assert count(connection, "company_intel_briefings_history") == 1
    assert set(rows) == {"marker-one.com", "two-firm.com", "three-firm.com", "five-firm.com", "six-firm.com"}
    assert {row["org_id"] for row in rows.values()} == {org_id}
    assert rows["marker-one.com"]["raw_parallel_output"] == {"marker finding": "newer"}
    assert rows["marker-one.com"]["source_submission_id"] == submission_ids[1]
    assert rows["marker-one.com"]["source_pipeline_run_id"] is not None
    assert rows["three-firm.com"]["client_company_name"] is None
    assert [tuple(row) for row in written] == [("briefing_backfill", "backfill_submission")]
    assert statuses == ["rejected"] * 4 + ["written"] * 6

    # Nothing is news.
    before = everything(engine, but=BOOKKEEPING)
    again = airflow.run(conf(org_id), **DAG)
    assert again.state == "success"
    assert everything(engine, but=BOOKKEEPING) == before
    assert summary(again) == SUMMARY_AGAIN
    assert again.states("announce_briefings") == ["skipped"]
    assert airflow.asset_events(again) == {}


def test_a_dry_run_counts_everything_and_writes_nothing(
    airflow: Airflow, engine: Engine, past: tuple[UUID, list[UUID]]
) -> None:
    org_id, _ = past
    before = everything(engine)
    run = airflow.run(conf(org_id, dry_run=True), **DAG)
    assert run.state == "success"
    assert everything(engine) == before
    assert before["task_attempts"] == set()
    assert summary(run) == [*SUMMARY, "Dry run: nothing was written"]
    assert run.states("announce_briefings") == ["skipped"]
    assert airflow.asset_events(run) == {}
    assert keeps_secrets(airflow, run)


def test_persons_of_some_submissions(airflow: Airflow, engine: Engine) -> None:
    with engine.begin() as connection:
        acme = Past(connection, "acme")
        wanted, other = acme.submission(), acme.submission()
        acme.run(wanted, person(SECRETS[0], linkedin_url="linkedin.com/in/zelda-marker/"))
        acme.run(wanted, person(SECRETS[1]), person(" n/a "))
        acme.run(wanted, company("marker-one.com"))
        acme.run(other, person("Xenia Marker"))
    run = airflow.run(conf(acme.org_id, kind="person", submission_ids=[f" {wanted} "]), **DAG)
    assert run.state == "success"
    assert labels(run) == {str(wanted)}
    assert summary(run) == [
        "Backfill summary",
        "- total_processed: 3",
        "- total_upserted: 2",
        "- total_unchanged: 0",
        "- total_skipped: 1",
        "  - no_name: 1",
        "- runs_without_results: 1",
    ]
    with engine.connect() as connection:
        rows = {row["person_full_name"]: row for row in stored(connection, "person_intel_briefings")}
        assert count(connection, "company_intel_briefings") == 0
    assert set(rows) == set(SECRETS[:2])
    assert rows[SECRETS[0]]["person_linkedin_url"] == "https://www.linkedin.com/in/zelda-marker"
    assert rows[SECRETS[0]]["person_current_job_title"] == "Chief Marker"
    assert keeps_secrets(airflow, run)


def test_job_titles_follow_the_newest_research_unless_forced(airflow: Airflow, engine: Engine) -> None:
    with engine.begin() as connection:
        acme = Past(connection, "acme")
        older, newer = acme.submission(), acme.submission()
        acme.run(older, icp("marker-one.com", ("VP Marketing", "champion")))
        acme.run(newer, icp("marker-one.com", ("CFO", "decision_maker"), ("CIO", "evaluator")))

    def titles() -> set[tuple[str, str]]:
        with engine.connect() as connection:
            rows = stored(connection, "extracted_icp_job_title_details")
        return {(row["title"], row["buyer_role"]) for row in rows}

    run = airflow.run(conf(acme.org_id, kind="icp_job_titles"), **DAG)
    assert run.state == "success"
    assert summary(run)[1:4] == ["- total_processed: 2", "- total_upserted: 2", "- total_unchanged: 0"]
    assert titles() == {("CFO", "decision_maker"), ("CIO", "evaluator")}

    forced = airflow.run(conf(acme.org_id, kind="icp_job_titles", submission_ids=[str(older)], force=True), **DAG)
    assert summary(forced)[1:3] == ["- total_processed: 1", "- total_upserted: 1"]
    assert titles() == {("VP Marketing", "champion")}
    assert airflow.asset_events(forced) == {"prospecting_briefings": 1}
    assert keeps_secrets(airflow, forced)


def test_without_results_a_backfill_is_empty_and_says_why(airflow: Airflow, engine: Engine) -> None:
    with engine.begin() as connection:
        acme = Past(connection, "acme")
        acme.run(acme.submission(), company("failed-firm.com"), status="failed")
    run = airflow.run(conf(acme.org_id), **DAG)
    assert run.state == "success"
    assert set(run.states("backfill_submission")) <= {"skipped"}
    assert run.states("announce_briefings") == ["skipped"]
    assert summary(run) == [
        "Backfill summary",
        "- total_processed: 0",
        "- total_upserted: 0",
        "- total_unchanged: 0",
        "- total_skipped: 0",
        "- runs_without_results: 0",
        "No step result of company.derive.intel_briefing was found in runs that succeeded; see the table step_results",
    ]


# ----------------------------------------------------------------------------------------------- tasks one at a time
def test_unusable_params_are_named_and_nothing_is_run(
    call: TaskCaller, engine: Engine, past: tuple[UUID, list[UUID]]
) -> None:
    org_id, submission_ids = past
    with engine.connect() as connection:
        foreign = connection.execute(
            text("select id from submissions where org_id <> :org_id"), {"org_id": org_id}
        ).scalar_one()
    missing = uuid4()

    def refusal(**params: Any) -> str:
        with pytest.raises(AirflowFailException) as refused:
            call(tasks.start_backfill, params=params)
        return str(refused.value)

    assert refusal() == (
        "The params do not work together: "
        "org_id: whose briefings? Give the id or the slug of an org; see the table orgs"
    )
    assert refusal(org_id="nobody") == "org_id: there is no org nobody; see the table orgs"
    assert refusal(org_id=str(missing)) == f"org_id: there is no org {missing}; see the table orgs"
    assert "kind: " in refusal(org_id=str(org_id), kind="companies")
    assert "submission_ids.0: write the id of a submission" in refusal(org_id=str(org_id), submission_ids=["acme"])
    said = refusal(org_id=str(org_id), submission_ids=[str(submission_ids[0]), str(foreign), str(missing)])
    assert said.startswith("submission_ids: these are not submissions of the org: ")
    assert f"{foreign} (of another org)" in said
    assert f"{missing}" in said.replace(f"{missing} (of", "")
    assert str(submission_ids[0]) not in said
    with engine.connect() as connection:
        assert count(connection, "task_attempts") == 0
    named = {"submission_ids": [str(submission_ids[0])]}
    assert call(tasks.start_backfill, params=conf(org_id, **named)) == started(org_id, **named)
    assert call(tasks.start_backfill, params={"org_id": "ACME", **named}) == started(org_id, **named)


def test_an_unknown_submission_fails_the_run_in_its_first_task(
    airflow: Airflow, engine: Engine, past: tuple[UUID, list[UUID]]
) -> None:
    org_id, submission_ids = past
    missing = uuid4()
    run = airflow.run(conf(org_id, submission_ids=[str(submission_ids[0]), str(missing)]), **DAG)
    assert run.state == "failed"
    assert (run.states("start_backfill"), run.tries("start_backfill")) == (["failed"], [1])
    assert "success" not in {task["state"] for task in run.tasks}
    assert f"these are not submissions of the org: {missing}; see the table submissions" in run.log
    note = airflow.note_of(run) or ""
    assert note.startswith("Failed at start_backfill: ")
    assert f"these are not submissions of the org: {missing}" in note
    with engine.connect() as connection:
        assert count(connection, "company_intel_briefings") == 0


def test_a_submission_of_another_org_yields_nothing_even_when_it_is_asked_for(
    engine: Engine, past: tuple[UUID, list[UUID]]
) -> None:
    """The check of what is asked for is not what keeps orgs apart."""
    _, submission_ids = past
    with engine.begin() as connection:
        stranger = Past(connection, "stranger").org_id
    counts = briefings.backfill(Runtime(engine), briefings.Backfill("company", stranger), submission_ids[:1])
    assert (counts["processed"], counts["upserted"], counts["runs_without_results"]) == (0, 0, 0)
    with engine.connect() as connection:
        assert count(connection, "company_intel_briefings") == 0


def test_several_submissions_in_one_task_are_counted_together(
    call: TaskCaller, engine: Engine, past: tuple[UUID, list[UUID]]
) -> None:
    org_id, submission_ids = past
    asked = started(org_id, page_size=2)
    counts = call.execute(backfill(org_id, submission_ids, page_size=2), **DAG)
    assert call(tasks.summarize_backfill, asked, [counts, None], **DAG) == {
        "total_processed": 11,
        "total_upserted": 6,
        "total_unchanged": 0,
        "total_skipped": 5,
        "skipped": {"empty_output": 1, "no_domain": 1, "no_output": 1, "not_found": 1, "text_output": 1},
        "runs_without_results": 2,
        "kind": "company",
        "is_dry_run": False,
    }
    assert call(tasks.announce_briefings, asked, **DAG) == 5
    with pytest.raises(AirflowSkipException):
        call(tasks.announce_briefings, asked | {"dry_run": True}, **DAG)
    with pytest.raises(AirflowSkipException):
        call(tasks.announce_briefings, asked, run_id="manual__2", **DAG)


def test_a_failed_task_fails_the_summary(call: TaskCaller, past: tuple[UUID, list[UUID]]) -> None:
    with pytest.raises(AirflowFailException, match="2 tasks failed; what they had not saved yet is missing"):
        call(tasks.summarize_backfill, started(past[0]), None, failed_tasks=2)


def test_what_was_not_started_is_neither_announced_nor_summed_up(call: TaskCaller) -> None:
    with pytest.raises(AirflowFailException, match="The backfill was not started: see the log of start_backfill"):
        call(tasks.summarize_backfill, None, None, failed_tasks=2)
    with pytest.raises(AirflowSkipException, match="see the log of start_backfill"):
        call(tasks.announce_briefings, None)


def test_a_result_whose_writing_failed_is_repaired_in_any_run(call: TaskCaller, engine: Engine) -> None:
    with engine.begin() as connection:
        acme = Past(connection, "acme")
        submission_id = acme.submission()
        acme.run(submission_id, company("failed-firm.com"), status="failed")
        connection.execute(
            text(
                "insert into briefing_writes (step_result_id, kind, status, reason) "
                "select id, 'company', 'failed', 'sqlstate_57014' from step_results"
            )
        )
    (item,) = call(tasks.plan_submissions, started(acme.org_id))
    counts = call.execute(BackfillBriefingsOperator(task_id="backfill_submission", **item), **DAG)
    assert (counts["processed"], counts["upserted"]) == (1, 1)
    with engine.connect() as connection:
        assert [row["status"] for row in stored(connection, "briefing_writes")] == ["written"]
        assert count(connection, "company_intel_briefings") == 1
    assert call(tasks.plan_submissions, started(acme.org_id)) == [], "the run itself stays failed"


def test_what_the_database_refuses_is_left_out_alone_and_pointed_at(
    call: TaskCaller, engine: Engine, past: tuple[UUID, list[UUID]], caplog: pytest.LogCaptureFixture
) -> None:
    org_id, submission_ids = past
    with engine.begin() as connection:
        connection.execute(
            text("alter table company_intel_briefings add constraint broken check (company_domain not like 'two%')")
        )
    counts = call.execute(backfill(org_id, submission_ids[:1]), **DAG)
    assert (counts["processed"], counts["upserted"], counts["skipped"]) == (3, 2, {"failed": 1})
    with engine.connect() as connection:
        (failed,) = [row for row in stored(connection, "briefing_writes") if row["status"] == "failed"]
    assert failed["reason"] == "broken"
    caplog.clear()
    assert call(tasks.summarize_backfill, started(org_id), [counts])["skipped"] == {"failed": 1}
    (said,) = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    assert said.startswith("1 results could not be saved: see briefing_writes, and docs/runbooks/briefings.md")

    with engine.begin() as connection:
        connection.execute(text("alter table company_intel_briefings drop constraint broken"))
    counts = call.execute(backfill(org_id, submission_ids[:1]), **DAG)
    assert (counts["upserted"], counts["unchanged"], counts["skipped"]) == (1, 2, {})


# ------------------------------------------------------------------------------------------- in a DAG of another team
def test_alone_it_goes_through_all_submissions_of_the_org(
    call: TaskCaller, engine: Engine, past: tuple[UUID, list[UUID]]
) -> None:
    org_id, submission_ids = past
    expected = {
        "processed": 11,
        "upserted": 6,
        "unchanged": 0,
        "skipped": {"empty_output": 1, "no_domain": 1, "no_output": 1, "not_found": 1, "text_output": 1},
        "runs_without_results": 2,
    }
    before = everything(engine)
    templates = {"org_id": "{{ params.org }}", "dry_run": "{{ params.dry }}", "page_size": "{{ params.size }}"}
    asked = {"org": str(org_id), "size": 2, "submissions": [str(submission_id) for submission_id in submission_ids]}
    dry = call.execute(
        BackfillBriefingsOperator(task_id="b", kind="company", **templates), params=asked | {"dry": True}
    )
    assert dry == expected
    assert everything(engine) == before
    templates["submission_ids"] = "{{ params.submissions }}"
    done = call.execute(
        BackfillBriefingsOperator(task_id="b", kind="company", **templates), params=asked | {"dry": False}
    )
    assert done == expected
    again = call.execute(backfill("acme"))
    assert again == expected | {"upserted": 0, "unchanged": 6}


@pytest.mark.parametrize("submission_ids", [None, "", [], "[]"], ids=repr)
def test_no_submissions_are_all_of_them(call: TaskCaller, past: tuple[UUID, list[UUID]], submission_ids: Any) -> None:
    assert call.execute(backfill(past[0], submission_ids, dry_run="True"))["processed"] == 11


def test_unknown_orgs_and_submissions_are_named_at_once(call: TaskCaller, past: tuple[UUID, list[UUID]]) -> None:
    org_id, submission_ids = past
    missing = uuid4()
    for asked, complaint in (
        (backfill(missing), f"org_id: there is no org {missing}; see the table orgs"),
        (backfill(org_id, [missing, submission_ids[0]]), f"these are not submissions of the org: {missing}; see"),
        (backfill("nobody"), "org_id: there is no org nobody; see the table orgs"),
        (backfill("no body"), "backfill_submission: org_id: write the id or the slug of an org; see the table orgs"),
        (backfill(""), "backfill_submission: org_id: whose briefings"),
        (backfill(org_id, "acme"), "submission_ids.0: write the id of a submission as a UUID"),
        (backfill(org_id, page_size=0), "backfill_submission: page_size: "),
    ):
        with pytest.raises(AirflowFailException, match=re.escape(complaint)):
            call.execute(asked)


# ------------------------------------------------------------------------------------------------- failures and races
@contextmanager
def held(engine: Engine, statement: str, **values: Any) -> Iterator[Callable[[int], list[int]]]:
    """A transaction that has executed ``statement`` and stays open; the value waits for so many blocked sessions."""
    waiting = "select pid from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"

    def blocked(number: int) -> list[int]:
        deadline = time.monotonic() + 60
        while True:
            with engine.connect() as connection:
                found: list[int] = list(connection.execute(text(waiting)).scalars())
            if len(found) >= number:
                return found
            assert time.monotonic() < deadline
            time.sleep(0.02)

    with engine.connect() as connection:
        connection.execute(text(statement), values)
        yield blocked


def test_a_backfill_killed_midway_is_run_again(airflow: Airflow, engine: Engine, past: tuple[UUID, list[UUID]]) -> None:
    org_id, submission_ids = past
    asked = conf(org_id, submission_ids=[str(submission_ids[0])], page_size=1)
    # Somebody else is about to write the company of the second page.
    occupied = (
        "insert into company_intel_briefings (org_id, company_domain, client_company_name, raw_parallel_output) "
        "values (:org_id, 'two-firm.com', 'Client Inc', '{}')"
    )
    with held(engine, occupied, org_id=org_id) as blocked:
        logical_date = airflow.start(asked, **DAG)
        sessions = blocked(1)
        airflow.drivers.take(0).kill()
        with engine.connect() as connection:
            connection.execute(text("select pg_terminate_backend(pid) from unnest(:pids) as pid"), {"pids": sessions})
            assert count(connection, "company_intel_briefings") == 1, "the first page is there"
    run = airflow.run(asked, again=logical_date, **DAG)
    assert run.state == "success"
    assert summary(run)[1:4] == ["- total_processed: 3", "- total_upserted: 2", "- total_unchanged: 1"]
    assert airflow.asset_events(run) == {"prospecting_briefings": 1}
    with engine.connect() as connection:
        rows = stored(connection, "company_intel_briefings")
        assert count(connection, "company_intel_briefings_history") == 0
        assert count(connection, "briefing_writes") == 3
    assert {row["company_domain"] for row in rows} == {"marker-one.com", "two-firm.com", "three-firm.com"}


def test_a_page_that_loses_its_database_is_retried(
    airflow: Airflow, engine: Engine, past: tuple[UUID, list[UUID]]
) -> None:
    org_id, submission_ids = past
    with held(engine, "lock table company_intel_briefings in share row exclusive mode") as blocked:
        airflow.start(conf(org_id, submission_ids=[str(submission_ids[0])]), **DAG)
        (session,) = blocked(1)
        with engine.connect() as connection:
            connection.execute(text("select pg_terminate_backend(:session)"), {"session": session})
    run = airflow.finish()
    assert run.state == "success"
    assert run.tries("backfill_submission") == [2]
    assert summary(run)[1:4] == ["- total_processed: 3", "- total_upserted: 3", "- total_unchanged: 0"]


def test_a_backfill_that_fails_in_part_says_so_and_what_it_did(
    airflow: Airflow, engine: Engine, past: tuple[UUID, list[UUID]]
) -> None:
    org_id, submission_ids = past
    with engine.begin() as connection:
        connection.execute(
            text(
                "create function refuse() returns trigger language plpgsql as "
                "$$begin raise exception 'not now' using errcode = '57014'; end$$"
            )
        )
        connection.execute(
            text(
                "create trigger refuse before insert on company_intel_briefings for each row "
                f"when (new.source_submission_id = '{submission_ids[2]}') execute function refuse()"
            )
        )
    run = airflow.run(conf(org_id), **DAG)
    assert run.state == "failed"
    assert sorted(run.states("backfill_submission")) == ["failed", "success", "success"]
    assert "1 tasks failed; what they had not saved yet is missing" in run.log
    assert summary(run)[1:4] == ["- total_processed: 9", "- total_upserted: 4", "- total_unchanged: 0"]
    assert airflow.asset_events(run) == {"prospecting_briefings": 1}, "the others' briefings are announced"
    assert airflow.note_of(run) == (
        "9 results: 4 saved, 0 unchanged, 5 skipped | Failed at backfill_submission: "
        "OperationalError: The database refused the record (QueryCanceled, SQLSTATE 57014)"
    )
    # The terminal's report goes by what the last task returned, also when that failed.
    assert json.dumps({"total_processed": 9})[1:-1] in airflow.stored_by_airflow(run.run_id)


def test_two_backfills_at_once_write_everything_once(
    airflow: Airflow, engine: Engine, past: tuple[UUID, list[UUID]]
) -> None:
    org_id, submission_ids = past
    airflow.drivers.take(1)
    asked = conf(org_id, submission_ids=[str(submission_ids[0])])
    with held(engine, "lock table company_intel_briefings in share row exclusive mode") as blocked:
        for driver in (0, 1):
            airflow.start(asked, driver=driver, **DAG)
            blocked(driver + 1)
    runs = [airflow.finish(driver) for driver in (0, 1)]
    assert [run.state for run in runs] == ["success", "success"]
    assert sorted(summary(run)[2] for run in runs) == ["- total_upserted: 0", "- total_upserted: 3"]
    assert sorted(summary(run)[3] for run in runs) == ["- total_unchanged: 0", "- total_unchanged: 3"]
    with engine.connect() as connection:
        assert count(connection, "company_intel_briefings") == count(connection, "briefing_writes") == 3
        assert count(connection, "company_intel_briefings_history") == 0
