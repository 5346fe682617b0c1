"""What agents said and users typed is printed as it is: it neither breaks a report nor dresses it up."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from io import StringIO
from uuid import UUID

import pytest
from rich.console import Console
from sqlalchemy import Connection, Engine, text

from prospecting.persistence.database import TaskAttempt, to_json, unit_of_work
from prospecting.persistence.promotions import finish_promotion
from prospecting.persistence.recommendations import recommend_accounts
from prospecting.persistence.rejected_records import RejectedRow, record_rejected
from prospecting.persistence.seats import Scope, classify_new_titles
from prospecting.persistence.slot_evaluations import finish_evaluation, record_chunk, start_evaluation
from prospecting.services.reports.runs import REPORTED
from prospecting.services.runtime import Runtime
from prospecting.services.slots import preview
from prospecting.services.touchpoint_events import Recorded
from scripts.report import console, runs
from tests.db.engaging import add_contact, add_conversation
from tests.db.factories import (
    a_run,
    add_companies,
    add_person,
    claim,
    close,
    evaluate,
    write_briefings,
    write_persons,
    write_refresh,
    write_results,
)
from tests.db.promoting import add_people, add_sponsors, approve, plan, someone

HOSTILE = "[/x] [bold]Ruby[/bold] :smile: \x1b[31m\u202e\u200b\x07[red\nnext\r\\"
SHOWN = "[/x] [bold]Ruby[/bold] :smile: [red next \\"

# Tables by report, with the columns that hold what others said.
NAMES = {
    "signal_execution": [
        ("signals", "name"), ("events", "name"), ("companies", "name"), ("persons", "full_name"),
        ("company_person_roles", "role_title"), ("rejected_records", "detail"), ("rejected_records", "reason"),
    ],
    "research_pipeline": [
        ("pipeline_runs", "error_message"), ("person_intel_briefings", "person_full_name"),
    ],
    "slot_evaluation": [("companies", "name"), ("persons", "full_name"), ("company_person_roles", "role_title")],
    "slot_backfill": [
        ("companies", "name"), ("intake.people_raw_intake", "full_name"), ("intake.people_raw_intake", "title"),
    ],
    "ml_feature_refresh": [("accounts", "company_name")],
    "account_refresh": [("companies", "name"), ("persons", "full_name"), ("account_refreshes", "error")],
    "account_promotion": [
        ("companies", "name"), ("persons", "full_name"), ("persons", "current_title"),
        ("contact_promotions", "decided_by"), ("contact_promotions", "error"),
    ],
}  # fmt: skip


def dress_up(connection: Connection, dag_id: str) -> None:
    """Give every name that the report of a DAG prints a hostile end."""
    connection.execute(text("set local session_replication_role = replica"))
    for table, column in NAMES[dag_id]:
        connection.execute(
            text(f"update {table} set {column} = {column} || :hostile where {column} is not null"), {"hostile": HOSTILE}
        )


def attempt_of(dag_id: str) -> TaskAttempt:
    return TaskAttempt(dag_id=dag_id, run_id="run 1", task_id="a_task", map_index=0, try_number=1)


def write_signal_execution(engine: Engine) -> None:
    with unit_of_work(engine, attempt_of("signal_execution")) as connection:
        execution = write_results(connection)
        write_persons(connection)
        connection.execute(
            text("insert into signal_execution_entities select :id, 'person', id, false from persons"),
            {"id": execution},
        )
        connection.execute(
            text("update signal_executions set error = cast(:error as jsonb), results = cast(:results as jsonb)"),
            {"error": to_json({"message": HOSTILE}), "results": to_json({"notes": [HOSTILE]})},
        )


def write_research(engine: Engine) -> None:
    with unit_of_work(engine) as connection:
        write_briefings(connection)
        a_run(connection, UUID(int=1), status="failed", error_message="Broken")


def write_slot_evaluation(engine: Engine) -> None:
    with unit_of_work(engine) as connection:
        add_person(connection, add_companies(connection, "Acme")[0], "Jane Doe", "CEO")
    with unit_of_work(engine, attempt_of("slot_evaluation")) as connection:
        evaluation = start_evaluation(connection, airflow_run_id="run 1", params={}, is_full=True)
        classify_new_titles(connection, Scope())
        record_chunk(connection, evaluation, 1, evaluate(connection))
        finish_evaluation(connection, evaluation, status="failed", error=HOSTILE)


def write_slot_backfill(engine: Engine) -> None:
    with unit_of_work(engine, attempt_of("slot_backfill")) as connection:
        add_companies(connection, "Acme")
        evaluate(connection)
        claimed = claim(connection, "run 1 1/0")
        close(connection, claimed[:1], "run 1 1/0", full_name="Jane Doe", title="CEO", provider="test")
        close(connection, claimed[1:], "run 1 1/0", error=HOSTILE)


def write_feature_refresh(engine: Engine) -> None:
    with unit_of_work(engine) as connection:
        write_refresh(connection)
        now = datetime.now(UTC)
        recommend_accounts(connection, on=now.date(), as_of=now, min_icp_score=1, quiet_days=0)


def write_promotion(engine: Engine) -> None:
    with unit_of_work(engine) as connection:
        companies = add_sponsors(connection, {"Acme": "gold"})
        add_people(connection, companies["Acme"], someone("Jane Doe"))
        promotion, _ = plan(connection, "run 1")
        approve(connection, promotion)
        finish_promotion(connection, promotion, error="Broken")


def write_account_refresh(engine: Engine) -> None:
    with unit_of_work(engine) as connection:
        company = add_companies(connection, "Acme")[0]
        due = datetime.now(UTC) - timedelta(days=1)
        add_conversation(connection, add_contact(connection, company), company, next_touchpoint_at=due)
        connection.execute(
            text(
                "insert into account_refreshes (airflow_run_id, params, as_of, status, error) "
                "values ('run 1', '{}', now(), 'failed', 'Broken'); "
                "insert into account_health_history (company_id, observed_on, total_score, engagement, conversations, "
                "relationships, decision_makers, health_status) "
                f"values ({company}, cast(now() at time zone 'UTC' as date), 30, 0, 30, 0, 0, 'poor')"
            )
        )


REPORTS: dict[str, tuple[Callable[[Engine], None], int]] = {
    "signal_execution": (write_signal_execution, 9),
    "research_pipeline": (write_research, 2),
    "slot_evaluation": (write_slot_evaluation, 3),
    "slot_backfill": (write_slot_backfill, 4),
    "ml_feature_refresh": (write_feature_refresh, 1),
    "account_refresh": (write_account_refresh, 4),
    "account_promotion": (write_promotion, 5),
}
RETURNED = {"start_submission": {"submission_id": str(UUID(int=1))}}


def printed(screen: Console) -> str:
    assert isinstance(screen.file, StringIO)
    return re.sub(r" +", " ", screen.file.getvalue())


@pytest.fixture
def screen() -> Console:
    return Console(file=StringIO(), width=900, highlight=False)


def assert_plain(said: str, least: int) -> None:
    assert said.count(SHOWN) >= least, said
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b\u202e]", said)
    assert "next" not in [line.strip()[:4] for line in said.splitlines()]


@pytest.mark.parametrize("dag_id", REPORTS)
def test_names_are_printed_as_they_are(dag_id: str, engine: Engine, screen: Console) -> None:
    write, least = REPORTS[dag_id]
    write(engine)
    with engine.connect() as connection:
        dress_up(connection, dag_id)
        runs.print_stored(connection, dag_id, "run 1", RETURNED, screen)
    assert_plain(printed(screen), least)


def test_a_dry_run_prints_names_as_they_are(engine: Engine, screen: Console) -> None:
    with unit_of_work(engine) as connection:
        add_companies(connection, "Acme")
        dress_up(connection, "slot_evaluation")
    summary = {**preview(Runtime(engine), Scope()).counters.as_dict(), "scope": {}}
    runs.print_dry_run(engine, summary, screen)
    assert_plain(printed(screen), 2)


def test_a_briefing_backfill_prints_reasons_as_they_are(engine: Engine, screen: Console) -> None:
    summary = {
        "total_processed": 1, "total_upserted": 0, "total_unchanged": 0, "total_skipped": 1,
        "skipped": {HOSTILE: 1}, "runs_without_results": 0, "kind": "company", "is_dry_run": False,
    }  # fmt: skip
    with engine.connect() as connection:
        runs.print_stored(connection, "briefing_backfill", "run 1", {"summarize_backfill": summary}, screen)
    assert_plain(printed(screen), 1)


def test_an_erasure_prints_who_decided_as_they_are_called(engine: Engine, screen: Console) -> None:
    with unit_of_work(engine) as connection:
        connection.execute(
            text(
                "insert into erasures (airflow_run_id, subject_hash, status, decision, decided_by, decided_at) "
                "values ('run 1', 'x', 'completed', 'approved', :by, now())"
            ),
            {"by": HOSTILE},
        )
        runs.print_stored(connection, "person_erasure", "run 1", console=screen)
    assert_plain(printed(screen), 1)


def test_recorded_events_print_reasons_as_they_are(engine: Engine, screen: Console) -> None:
    summary = {**Recorded(files=1, events=1, rejected=1).as_dict(), "error_share": 1.0}
    with unit_of_work(engine, attempt_of("account_events")) as connection:
        record_rejected(connection, None, [RejectedRow("parse", "touchpoint_event", HOSTILE, "Unknown", None, "test")])
        runs.print_stored(connection, "account_events", "run 1", {"summarize_recording": summary}, screen)
    assert_plain(printed(screen), 1)


def test_every_report_is_tried() -> None:
    without_names = {"briefing_backfill", "person_erasure", "account_events", "signal_schedule", "news_digest"}
    assert REPORTS.keys() | without_names == set(REPORTED)


def test_only_styles_of_the_report_reach_a_terminal() -> None:
    screen = Console(file=StringIO(), width=200, force_terminal=True, color_system="standard", highlight=False)
    console.print_heading(screen, HOSTILE)
    console.print_line(screen, HOSTILE, (HOSTILE, "bold"))
    console.print_pairs(screen, (HOSTILE, HOSTILE, HOSTILE))
    console.print_table(screen, HOSTILE, ("a",), [(HOSTILE,)])
    said = printed(screen)
    assert "\x1b[31m" not in said, "red is nobody's style"
    assert re.sub(r"\x1b\[[\d;]*m", "", said).count(SHOWN) == 8
