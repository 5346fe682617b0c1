"""What the person at the terminal sees of slot evaluations, backfills and research."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from sqlalchemy import Connection, Engine, text

from prospecting.persistence.briefings import save_briefings
from prospecting.persistence.database import TaskAttempt, unit_of_work
from prospecting.persistence.recommendations import recommend_accounts
from prospecting.persistence.seats import Scope, classify_new_titles
from prospecting.persistence.slot_evaluations import finish_evaluation, record_chunk, start_evaluation
from prospecting.persistence.slot_requests import Queue, claim_requests, release_requests
from prospecting.services.reports.runs import REPORTED
from prospecting.services.runtime import Runtime
from prospecting.services.slot_params import SlotEvaluationParams
from prospecting.services.slots import preview
from scripts import local_postgres
from scripts.report import runs
from scripts.report.__main__ import main
from scripts.report.console import ROWS
from tests.db.factories import (
    a_run,
    a_step,
    a_submission,
    add_companies,
    add_person,
    an_org,
    claim,
    close,
    count,
    end_roles,
    evaluate,
    researched,
    write_refresh,
)
from tests.db.promoting import add_people, add_sponsors, approve, plan, promote, someone

ROOT = Path(__file__).resolve().parents[2]
NOWHERE = "postgresql://nobody@127.0.0.1:9/none"
URL_DRIVER = re.compile(r"\+\w+")


def shown(screen: Console) -> str:
    """What was printed, with runs of blanks as one."""
    assert isinstance(screen.file, StringIO)
    return re.sub(r" +", " ", screen.file.getvalue())


@pytest.fixture
def screen() -> Console:
    return Console(file=StringIO(), width=160, highlight=False)


def attempt_of(dag_id: str, run_id: str) -> TaskAttempt:
    return TaskAttempt(dag_id=dag_id, run_id=run_id, task_id="a_task", map_index=0, try_number=1)


def evaluate_as(engine: Engine, run_id: str, error: str | None = None) -> None:
    """An evaluation of everything by an Airflow run, as its tasks do it."""
    with unit_of_work(engine, attempt_of("slot_evaluation", run_id)) as connection:
        evaluation = start_evaluation(connection, airflow_run_id=run_id, params={}, is_full=True)
        classify_new_titles(connection, Scope())
        record_chunk(connection, evaluation, 1, evaluate(connection))
        finish_evaluation(connection, evaluation, status="failed" if error else "completed", error=error)


def test_an_evaluation_shows_its_summary_and_whom_it_seated(engine: Engine, screen: Console) -> None:
    seen = datetime.now(UTC).date() - timedelta(days=20)
    with unit_of_work(engine) as connection:
        acme, globex = add_companies(connection, "Acme [red]", "Globex")
        add_person(connection, acme, "Jane Doe", "Deputy CFO", seen)
        add_person(connection, acme, "Jane Doe", "Chief Executive Officer", seen)
        john = add_person(connection, globex, "John Roe", "CEO")
    evaluate_as(engine, "night 1")
    with unit_of_work(engine) as connection:
        end_roles(connection, john)
    evaluate_as(engine, "night 2")
    with engine.connect() as connection:
        runs.print_stored(connection, "slot_evaluation", "night 1", console=screen)
        first = shown(screen)
        assert "of all companies status completed" in first
        assert "Companies Processed: 2" in first
        assert "Overall Fill Rate: 50.0% (3/6)" in first
        assert "Seats filled (3)" in first
        # Each seat with the title that made the person its holder.
        assert f"Acme [red] ({acme}) CEO Jane Doe Chief Executive Officer {seen:%Y-%m}" in first
        assert f"Acme [red] ({acme}) CFO Jane Doe Deputy CFO {seen:%Y-%m}" in first
        assert f"Globex ({globex}) CEO John Roe" in first
        assert "empty again" not in first
        screen.file = StringIO()
        runs.print_stored(connection, "slot_evaluation", "night 2", console=screen)
    second = shown(screen)
    assert "Seats filled (" not in second
    assert "Seats empty again (1)" in second
    assert "Slot Backfill Requests Triggered: 1\n" in second
    assert "4 requests wait or are being worked on." in second


def test_a_failed_evaluation_says_why(engine: Engine, screen: Console) -> None:
    with unit_of_work(engine) as connection:
        add_companies(connection, "Acme")
    evaluate_as(engine, "night 1", error="quality gate: [x] went wrong")
    with engine.connect() as connection:
        runs.print_stored(connection, "slot_evaluation", "night 1", console=screen)
    assert "status failed" in shown(screen)
    assert "quality gate: [x] went wrong" in shown(screen)


def test_more_than_fits_is_counted(engine: Engine, screen: Console) -> None:
    with unit_of_work(engine) as connection:
        for company in add_companies(connection, *(f"Company {number}" for number in range(ROWS + 3))):
            add_person(connection, company, "Jane Doe", "CEO")
    evaluate_as(engine, "night 1")
    with engine.connect() as connection:
        runs.print_stored(connection, "slot_evaluation", "night 1", console=screen)
    assert f"Seats filled ({ROWS + 3})" in shown(screen)
    assert shown(screen).count("Jane Doe") == ROWS
    assert "... and 3 more" in shown(screen)


def backfill_as(engine: Engine, run_id: str) -> None:
    """A backfill of two companies: a CEO is found, HR requests are put back, for the other seats nobody is known."""
    with unit_of_work(engine, attempt_of("slot_backfill", run_id)) as connection:
        ceos = claim(connection, f"{run_id} 1/0", slot_types=("CEO",))
        close(
            connection,
            ceos[:1],
            f"{run_id} 1/0",
            full_name="Jane Doe",
            title="CEO",
            provider="live:fast",
            cost_usd="0.0125",
        )
        close(connection, ceos[1:], f"{run_id} 1/0", error="No CEO found in attempt 1: nobody named; asked: catalog")
        cfos = claim(connection, f"{run_id} 1/1", slot_types=("CFO",))
        close(connection, cfos, f"{run_id} 1/1", error="No CFO found in attempt 1: nobody named; asked: catalog")
        claim_requests(connection, Queue(slot_types=("HR",)), claimed_by=f"{run_id} 1/2", limit=9, lease_seconds=60)
        release_requests(connection, claimed_by=f"{run_id} 1/2", reason="Put back: quota")


def test_a_backfill_shows_whom_it_found_and_why_others_were_not(
    engine: Engine, database_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with unit_of_work(engine) as connection:
        add_companies(connection, "Acme", "Globex")
    evaluate_as(engine, "night 1")
    backfill_as(engine, "run 1")
    with unit_of_work(engine) as connection:
        # Of another run whose name begins alike.
        close(connection, claim(connection, "run 10 1/0"), "run 10 1/0", full_name="Zoe Zed", title="Head of HR")
    runs.print_run("slot_backfill", "run 1", database_url, {})
    found = re.sub(r" +", " ", capsys.readouterr().out)
    assert "completed 1 " in found
    assert "failed 3 " in found
    assert re.search(r"Acme \(\d+\) CEO Jane Doe CEO live:fast 0\.0125", found)
    assert "2 failed No CFO found in attempt 1: nobody named; asked: catalog" in found
    assert "1 failed No CEO found in attempt 1: nobody named; asked: catalog" in found
    assert "Zoe Zed" not in found
    assert "No request is waiting." in found
    assert "make dag DAG=slot_evaluation" in found


def test_requests_that_were_put_back_are_shown(engine: Engine, screen: Console) -> None:
    with unit_of_work(engine) as connection:
        add_companies(connection, "Acme", "Globex")
    evaluate_as(engine, "night 1")
    backfill_as(engine, "run 1")
    with engine.connect() as connection:
        runs.print_stored(connection, "slot_backfill", "run 1", console=screen)
    assert "put back 2 " in shown(screen)
    assert "2 put back Put back: quota" in shown(screen)
    assert "2 requests wait or are being worked on." in shown(screen)


def test_seats_closed_by_a_backfill_are_counted(engine: Engine, screen: Console) -> None:
    with unit_of_work(engine) as connection:
        add_companies(connection, "Acme")
    for number in (1, 2):
        evaluate_as(engine, f"night {number}")
        with unit_of_work(engine, attempt_of("slot_backfill", f"run {number}")) as connection:
            close(connection, claim(connection, f"run {number} 1/0"), f"run {number} 1/0")
    with engine.connect() as connection:
        runs.print_stored(connection, "slot_backfill", "run 1", console=screen)
        assert "seats closed 0 " in shown(screen)
        runs.print_stored(connection, "slot_backfill", "run 2", console=screen)
    assert "seats closed 3 " in shown(screen)


@pytest.mark.parametrize("dag_id", REPORTED)
def test_a_run_that_did_nothing_is_no_error(engine: Engine, database_url: str, dag_id: str) -> None:
    runs.print_run(dag_id, "run 1", database_url, {})


def test_a_dag_without_a_report_needs_no_database() -> None:
    runs.print_run("tiny", "run 1", NOWHERE, {})


# ------------------------------------------------------------------------------------------------------ printed again
@pytest.fixture
def again(monkeypatch: pytest.MonkeyPatch, database_url: str) -> None:
    monkeypatch.setenv("PROSPECTING_DB_URL", URL_DRIVER.sub("", database_url, count=1))
    monkeypatch.setenv("AIRFLOW__DATABASE__SQL_ALCHEMY_CONN", "sqlite://")  # no embedded server is needed


@pytest.mark.usefixtures("again")
def test_a_run_is_printed_again_by_its_id(engine: Engine, capsys: pytest.CaptureFixture[str]) -> None:
    with unit_of_work(engine) as connection:
        add_companies(connection, "Acme", "Globex")
    evaluate_as(engine, "night 1")
    backfill_as(engine, "run 1")
    assert main(["night 1"]) == 0
    assert "of all companies" in capsys.readouterr().out
    assert main(["run 1"]) == 0
    assert "Jane Doe" in capsys.readouterr().out
    assert main(["run 2"]) == 2
    assert capsys.readouterr().err.startswith("error: run 2 is neither an execution id")


@pytest.mark.usefixtures("again", "engine")
def test_without_an_id_the_latest_execution_is_meant(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 1
    assert "nothing was executed yet" in capsys.readouterr().err


# ----------------------------------------------------------------------------------------------------------- features
def test_a_refresh_shows_what_it_wrote_and_its_recommendations(
    engine: Engine, screen: Console, again: None, capsys: pytest.CaptureFixture[str]
) -> None:
    with unit_of_work(engine) as connection:
        write_refresh(connection)
        now = datetime.now(UTC)
        recommend_accounts(connection, on=now.date(), as_of=now, min_icp_score=1, quiet_days=0)
    with engine.connect() as connection:
        runs.print_stored(connection, "ml_feature_refresh", "run 1", console=screen)
    said = shown(screen)
    assert "of all accounts: no refresh has finished before status completed" in said
    assert "accounts changed 4 computed again" in said
    assert "No model yet. Too little to learn from: 4 of 50 research runs, 12 of 100 user interactions" in said
    assert "Recommended accounts (1)" in said
    assert re.search(r"1 acme\.com Acme, Inc\. 1\.00 High ICP score \(10\)", said)
    assert "globex.com" not in said, "it is suppressed"
    assert main(["run 1"]) == 0
    assert "Feature refresh" in capsys.readouterr().out


def test_a_refresh_that_was_not_opened_says_so(engine: Engine, screen: Console) -> None:
    with engine.connect() as connection:
        runs.print_stored(connection, "ml_feature_refresh", "run 2", console=screen)
    assert "nothing was written" in shown(screen)


# ----------------------------------------------------------------------------------------------------------- dry runs
def summary_of(engine: Engine, scope: Scope) -> dict[str, Any]:
    """What the last task of a dry run returns, as it comes back from XCom."""
    summary = {**preview(Runtime(engine), scope).counters.as_dict(), "scope": asdict(scope)}
    read_back: dict[str, Any] = json.loads(json.dumps(summary))
    return read_back


def test_a_dry_run_shows_what_it_would_do_and_its_summary(engine: Engine, screen: Console) -> None:
    with unit_of_work(engine) as connection:
        acme, globex, _ = add_companies(connection, "Acme [red]", "Globex", "Initech")
        add_person(connection, globex, "Jane Doe", "CEO")
        (holder,) = connection.execute(text("select person_unique_id from persons")).scalars()
        numbered = connection.execute(text("select id, company_unique_id from companies"))
        names = {row.id: row.company_unique_id for row in numbered}
    scope = Scope(slot_types=("CEO",), company_ids=(acme, globex))
    runs.print_dry_run(engine, summary_of(engine, scope), screen)
    assert isinstance(screen.file, StringIO)
    lines = screen.file.getvalue().splitlines()
    start = lines.index(f"[1/2] Acme [red] ({names[acme]})")
    assert lines[start : start + 6] == [
        f"[1/2] Acme [red] ({names[acme]})",
        "  [DRY RUN] Would trigger backfill for CEO at Acme [red]",
        f"[2/2] Globex ({names[globex]})",
        f"  [DRY RUN] Would fill CEO at Globex with person {holder}",
        "",
        "Mode: DRY RUN (nothing was written)",
    ]
    assert "Overall Fill Rate: 50.0% (1/2)" in lines
    assert "Jane Doe" not in screen.file.getvalue()
    with engine.connect() as connection:
        assert count(connection, "company_slot") == 0
        assert count(connection, "task_attempts") == 0


def test_a_dry_run_with_nothing_to_do_says_so(engine: Engine, screen: Console) -> None:
    runs.print_dry_run(engine, summary_of(engine, Scope()), screen)
    assert shown(screen).index("Nothing would change.") < shown(screen).index("Mode: DRY RUN")


def test_a_dry_run_that_got_nowhere_says_so(
    engine: Engine, database_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    runs.print_run("slot_evaluation", "run 1", database_url, {})
    assert "did not get as far as a summary; nothing was written" in capsys.readouterr().out


def test_a_dry_run_with_a_failed_chunk_counts_the_others(
    engine: Engine, database_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with unit_of_work(engine) as connection:
        add_companies(connection, "Acme", "Globex")
    params = SlotEvaluationParams.model_validate({"dry_run": True, "slot_types": ["HR"]})
    done = summary_of(engine, Scope(slot_types=("HR",), name_contains="acme"))
    returned = {
        "start_evaluation": {"evaluation_id": None, "params": params.model_dump(mode="json")},
        "plan_chunks": [{}, {}],
        "evaluate_chunk": [done],
    }
    runs.print_run("slot_evaluation", "run 1", database_url, returned)
    printed = capsys.readouterr().out
    assert "  [DRY RUN] Would trigger backfill for HR at Globex\n" in printed
    assert "Companies Processed: 1\n" in printed
    assert "Overall Fill Rate: 0.0% (0/1)\n" in printed


def test_an_endless_dry_run_is_cut(engine: Engine, screen: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs, "MOST_CHANGES", 3)
    with unit_of_work(engine) as connection:
        add_companies(connection, "Acme", "Globex")
    runs.print_dry_run(engine, summary_of(engine, Scope()), screen)
    assert shown(screen).count("[DRY RUN] Would") == 3
    assert "... and 3 more changes" in shown(screen)
    assert "Mode: DRY RUN" in shown(screen)


# ---------------------------------------------------------------------------------------------------------- briefings
BACKFILLED = {
    "total_processed": 4,
    "total_upserted": 1,
    "total_unchanged": 0,
    "total_skipped": 3,
    "skipped": {"no_domain": 3},
    "runs_without_results": 0,
    "kind": "company",
    "is_dry_run": True,
}


def test_a_briefing_backfill_shows_its_summary(database_url: str, capsys: pytest.CaptureFixture[str]) -> None:
    returned = {"plan_submissions": [{}], "backfill_submission": [{}], "summarize_backfill": BACKFILLED}
    runs.print_run("briefing_backfill", "run 1", database_url, returned)
    summary = [
        "Backfill summary",
        "- total_processed: 4",
        "- total_upserted: 1",
        "- total_unchanged: 0",
        "- total_skipped: 3",
        "  - no_domain: 3",
        "- runs_without_results: 0",
        "Dry run: nothing was written",
    ]
    assert capsys.readouterr().out.splitlines()[-len(summary) :] == summary


@pytest.mark.parametrize(
    ("planned", "done", "is_said"),
    [([], [], True), ([{}], [{}], True), ([{}, {}], [{}], False), (None, [], False)],
    ids=["no submission", "no result", "a submission failed", "the plan failed"],
)
def test_a_briefing_backfill_that_found_nothing_says_so(
    planned: list[Any] | None, done: list[Any], is_said: bool, database_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    nothing = {"total_processed": 0, "skipped": {}, "runs_without_results": 2, "kind": "person", "is_dry_run": False}
    returned = {"backfill_submission": done, "summarize_backfill": nothing}
    returned |= {} if planned is None else {"plan_submissions": planned}
    runs.print_run("briefing_backfill", "run 1", database_url, returned)
    printed = capsys.readouterr().out
    assert "- runs_without_results: 2\n" in printed
    sentence = "No step result of person.derive.intel_briefing was found in runs that succeeded"
    assert (sentence in printed) == is_said


def test_a_briefing_backfill_that_got_nowhere_says_so(database_url: str, capsys: pytest.CaptureFixture[str]) -> None:
    runs.print_run("briefing_backfill", "run 1", database_url, {})
    assert "did not get as far as a summary" in capsys.readouterr().out


# ----------------------------------------------------------------------------------------------------------- research
def test_research_shows_how_its_submission_stands(
    engine: Engine, database_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with unit_of_work(engine) as connection:
        submission = a_submission(connection, an_org(connection))
        found = a_step(connection, a_run(connection, submission), researched("company", "acme.com", {"a": 1}))
        a_step(connection, a_run(connection, submission), status="failed", result_status="failed")
        a_run(connection, submission, status="failed", error_message="Step 1 failed: no [credit]")
        save_briefings(connection, "company", [found])
    # As after a failed run, whose last task returns nothing.
    runs.print_run("research_pipeline", "run 1", database_url, {"start_submission": {"submission_id": str(submission)}})
    said = re.sub(r" +", " ", capsys.readouterr().out)
    for part in (
        f"Submission {submission}",
        "- runs failed: 1",
        "- runs succeeded: 2",
        "- company results written: 1",
        "company acme.com pro",
        "1 Step 1 failed: no [credit]",
        f'make dag DAG=research_pipeline CONF=\'{{"submission_id": "{submission}"}}\'',
    ):
        assert part in said, part


def test_research_that_opened_no_submission_says_so(database_url: str, capsys: pytest.CaptureFixture[str]) -> None:
    runs.print_run("research_pipeline", "run 1", database_url, {})
    assert "opened no submission" in capsys.readouterr().out


# --------------------------------------------------------------------------------------------------- in the terminal
@pytest.fixture
def bundle_checkout(tmp_path: Path) -> Path:
    """A checkout with one real DAG: each takes seconds to read and to store."""
    shutil.copytree(ROOT / "scripts", tmp_path / "scripts", ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "dags").mkdir()
    shutil.copy(ROOT / "dags" / "slot_evaluation.py", tmp_path / "dags")
    for name in ("plugins", "migrations", "include", "alembic.ini"):
        (tmp_path / name).symlink_to(ROOT / name)
    return tmp_path


@pytest.fixture
def metadata_url(tiny_checkout: Path) -> str:
    """Airflow's metadata database of the tiny checkout; making another one takes long."""
    data_dir = tiny_checkout / ".local" / "postgres"
    local_postgres.start(data_dir, databases=("airflow",))
    return local_postgres.url(data_dir, "airflow").replace("postgresql:", "postgresql+psycopg2:", 1)


@pytest.mark.airflow
def test_the_terminal_shows_what_a_dry_run_would_do(
    bundle_checkout: Path, metadata_url: str, engine: Engine, database_url: str, connection: Connection
) -> None:
    with unit_of_work(engine) as writing:
        (acme,) = add_companies(writing, "Acme")
        add_person(writing, acme, "Jane Doe", "CEO")
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("AIRFLOW", "PROSPECTING"))}
    done = subprocess.run(
        [sys.executable, "-m", "scripts.run_dag", "slot_evaluation", "--conf", '{"dry_run": true}'],
        cwd=bundle_checkout,
        env=clean
        | {
            "PROSPECTING_DB_URL": URL_DRIVER.sub("", database_url, count=1),
            "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": metadata_url,
        },
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    person = connection.execute(text("select person_unique_id from persons")).scalar_one()
    assert f"  [DRY RUN] Would fill CEO at Acme with person {person}\n" in done.stdout
    assert "  [DRY RUN] Would trigger backfill for HR at Acme\n" in done.stdout
    assert done.stdout.index("Would fill") < done.stdout.index("Mode: DRY RUN (nothing was written)")
    assert "Overall Fill Rate: 33.3% (1/3)" in done.stdout
    assert "Jane Doe" not in done.stdout
    assert count(connection, "company_slot") == 0


def test_a_promotion_shows_who_is_meant_and_how_to_go_on(engine: Engine, screen: Console) -> None:
    with unit_of_work(engine) as connection:
        companies = add_sponsors(connection, {"Acme": "gold"})
        names = [f"Per Son{chr(97 + number)}" for number in range(ROWS + 1)]
        add_people(connection, companies["Acme"], *(someone(name) for name in names))
        promotion, _ = plan(connection, max_per_company=ROWS + 1)
        runs.print_stored(connection, "account_promotion", "a run", console=screen)
        waiting = shown(screen)
        assert f"Proposed ({ROWS + 1})" in waiting
        assert f"Acme ({companies['Acme']}) Per Sona CEO" in waiting
        assert "from contact_promotion_items" in waiting, "how to see all of them"
        assert f"""CONF='{{"promotion_id": "{promotion}", "approved_by": "<your name>"}}'""" in waiting

        approve(connection, promotion)
        promote(connection, promotion)
        screen.file = StringIO()
        runs.print_stored(connection, "account_promotion", "a run", console=screen)
    assert "approved by ann" in shown(screen)
    assert f"Became contacts ({ROWS + 1})" in shown(screen)
    assert "make dag" not in shown(screen)
