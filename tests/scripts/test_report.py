"""What the person at the terminal sees of slot evaluations, backfills and research."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from datetime import UTC, date, datetime
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console
from sqlalchemy import Connection, Engine, text

from prospecting.persistence import slots
from prospecting.persistence.briefings import save_briefings
from prospecting.persistence.database import TaskAttempt, unit_of_work
from prospecting.persistence.recommendations import recommend_accounts
from prospecting.persistence.slot_requests import claim_requests, release_requests
from scripts import local_postgres
from scripts.report import runs as report
from tests.db.factories import (
    Queue,
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

ROOT = Path(__file__).resolve().parents[2]
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
        evaluation = slots.start_evaluation(connection, airflow_run_id=run_id, params={}, is_full=True)
        slots.classify_new_titles(connection, slots.Scope())
        slots.record_chunk(connection, evaluation, 1, evaluate(connection))
        slots.finish_evaluation(connection, evaluation, status="failed" if error else "completed", error=error)


def test_an_evaluation_shows_its_summary_and_whom_it_seated(engine: Engine, screen: Console) -> None:
    with unit_of_work(engine) as connection:
        acme, globex = add_companies(connection, "Acme [red]", "Globex")
        add_person(connection, acme, "Jane Doe", "Deputy CFO", date(2024, 3, 1))
        add_person(connection, acme, "Jane Doe", "Chief Executive Officer", date(2024, 3, 1))
        john = add_person(connection, globex, "John Roe", "CEO")
    evaluate_as(engine, "night 1")
    with unit_of_work(engine) as connection:
        end_roles(connection, john)
    evaluate_as(engine, "night 2")
    with engine.connect() as connection:
        report.print_evaluation(connection, "night 1", screen)
        first = shown(screen)
        assert "of all companies status completed" in first
        assert "Companies Processed: 2" in first
        assert "Overall Fill Rate: 50.0% (3/6)" in first
        assert "Seats filled (3)" in first
        # Each seat with the title that made the person its holder.
        assert f"Acme [red] ({acme}) CEO Jane Doe Chief Executive Officer 2024-03" in first
        assert f"Acme [red] ({acme}) CFO Jane Doe Deputy CFO 2024-03" in first
        assert f"Globex ({globex}) CEO John Roe" in first
        assert "empty again" not in first
        screen.file = StringIO()
        report.print_evaluation(connection, "night 2", screen)
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
        report.print_evaluation(connection, "night 1", screen)
    assert "status failed" in shown(screen)
    assert "quality gate: [x] went wrong" in shown(screen)


def test_more_than_fits_is_counted(engine: Engine, screen: Console) -> None:
    with unit_of_work(engine) as connection:
        for company in add_companies(connection, *(f"Company {number}" for number in range(report.ROWS + 3))):
            add_person(connection, company, "Jane Doe", "CEO")
    evaluate_as(engine, "night 1")
    with engine.connect() as connection:
        report.print_evaluation(connection, "night 1", screen)
    assert f"Seats filled ({report.ROWS + 3})" in shown(screen)
    assert shown(screen).count("Jane Doe") == report.ROWS
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
        claim_requests(connection, Queue(slot_types=("HR",)), claimed_by=f"{run_id} 1/2", most=9, lease_seconds=60)
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
    report.print_report("slot_backfill", "run 1", database_url)
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
        report.print_backfill(connection, "run 1", screen)
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
        report.print_backfill(connection, "run 1", screen)
        assert "seats closed 0 " in shown(screen)
        report.print_backfill(connection, "run 2", screen)
    assert "seats closed 3 " in shown(screen)


@pytest.mark.parametrize("dag_id", ["slot_backfill", "slot_evaluation", "signal_execution"])
def test_a_run_that_did_nothing_is_no_error(engine: Engine, database_url: str, dag_id: str) -> None:
    report.print_report(dag_id, "run 1", database_url)


def test_a_dag_without_a_report_needs_no_database() -> None:
    report.print_report("tiny", "run 1", "postgresql://nobody@127.0.0.1:9/none")


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
    assert report.main(["night 1"]) == 0
    assert "of all companies" in capsys.readouterr().out
    assert report.main(["run 1"]) == 0
    assert "Jane Doe" in capsys.readouterr().out
    assert report.main(["run 2"]) == 2
    assert capsys.readouterr().err.startswith("error: run 2 is neither an execution id")


@pytest.mark.usefixtures("again", "engine")
def test_without_an_id_the_latest_execution_is_meant(capsys: pytest.CaptureFixture[str]) -> None:
    assert report.main([]) == 1
    assert "nothing was executed yet" in capsys.readouterr().err


# ----------------------------------------------------------------------------------------------------------- dry runs
LOGGED = """\
2026-11-21T10:39:38.380243Z [info     ] Dry run: nothing is written    [prospecting.tasks.slot_evaluation] loc=slots.py:48
2026-11-21T10:39:38.696161Z [info     ] 3 companies in 2 chunks        [prospecting.tasks.slot_evaluation] loc=slots.py:91
2026-11-21T10:39:39.008182Z [info     ] [3/3] Initech (04.04.01.03.00003.003) [prospecting.tasks.slot_evaluation] loc=slots.py:127
2026-11-21T10:39:39.008398Z [info     ]   [DRY RUN] Would fill CEO at Initech with person 04.04.02.01.00001.001 [prospecting.tasks.slot_evaluation] loc=slots.py:127
2026-11-21T10:39:39.008998Z [info     ] Something else                 [prospecting.operators.other] loc=other.py:1
2026-11-21T10:39:39.108182Z [\x1b[32minfo     \x1b[0m] [1/3] Acme [red] (04.04.01.01.00001.001) [prospecting.tasks.slot_evaluation] loc=slots.py:127
2026-11-21T10:39:39.108398Z [info     ]   [DRY RUN] Would trigger backfill for HR at Acme [red] [prospecting.tasks.slot_evaluation] loc=slots.py:127
a line nobody expects
2026-11-21T10:39:39.108499Z [info     ] ... and 7 more changes; narrow the params to see them [prospecting.tasks.slot_evaluation] loc=slots.py:127
"""
SUMMARY = """\
2026-11-21T10:39:39.539421Z [info     ] Mode: DRY RUN (nothing was written) [prospecting.tasks.slot_evaluation] loc=slots.py:181
2026-11-21T10:39:39.539923Z [info     ]   Filled: 0                    [prospecting.tasks.slot_evaluation] loc=slots.py:181
"""


def test_a_refresh_shows_what_it_wrote_and_whom_to_turn_to(
    engine: Engine, screen: Console, again: None, capsys: pytest.CaptureFixture[str]
) -> None:
    with unit_of_work(engine) as connection:
        write_refresh(connection)
        now = datetime.now(UTC)
        recommend_accounts(connection, on=now.date(), as_of=now, min_icp_score=1, quiet_days=0)
    with engine.connect() as connection:
        report.print_refresh(connection, "run 1", screen)
    said = shown(screen)
    assert "of all accounts: no refresh has finished before status completed" in said
    assert "accounts changed 4 computed again" in said
    assert "No model yet. Too little to learn from: 4 of 50 research runs, 12 of 100 user interactions" in said
    assert "Whom to turn to (1)" in said
    assert re.search(r"1 acme\.com Acme, Inc\. 1\.00 High ICP score \(10\)", said)
    assert "globex.com" not in said, "it is suppressed"
    assert report.main(["run 1"]) == 0
    assert "Feature refresh" in capsys.readouterr().out


def test_a_refresh_that_was_not_opened_says_so(engine: Engine, screen: Console) -> None:
    with engine.connect() as connection:
        report.print_refresh(connection, "run 2", screen)
    assert "nothing was written" in shown(screen)


def test_a_dry_run_is_read_from_its_log(tmp_path: Path, screen: Console) -> None:
    log = tmp_path / "a.log"
    log.write_text(LOGGED + SUMMARY + SUMMARY)  # the task that prints the summary was tried twice
    changes, summary = report.read_preview(log)
    assert changes == [
        "[1/3] Acme [red] (04.04.01.01.00001.001)",
        "  [DRY RUN] Would trigger backfill for HR at Acme [red]",
        "... and 7 more changes; narrow the params to see them",
        "[3/3] Initech (04.04.01.03.00003.003)",
        "  [DRY RUN] Would fill CEO at Initech with person 04.04.02.01.00001.001",
    ]
    assert summary == ["Mode: DRY RUN (nothing was written)", "  Filled: 0"]
    report.print_preview(log, screen)
    assert isinstance(screen.file, StringIO)
    assert "\n".join(changes) in screen.file.getvalue()


def test_a_dry_run_with_nothing_to_do_says_so(tmp_path: Path, screen: Console) -> None:
    log = tmp_path / "a.log"
    log.write_text(SUMMARY)
    report.print_preview(log, screen)
    assert shown(screen).index("Nothing would change.") < shown(screen).index("Mode: DRY RUN")


def test_a_dry_run_that_got_nowhere_says_so(tmp_path: Path, screen: Console) -> None:
    log = tmp_path / "a.log"
    log.write_text("2026-11-21T10:39:38.380243Z [error    ] Task failed with exception [task] loc=x.py:1\n")
    report.print_preview(log, screen)
    assert "did not get as far as a summary; nothing was written" in shown(screen)


def test_an_endless_dry_run_is_cut(tmp_path: Path, screen: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(report, "MOST_LINES", 3)
    log = tmp_path / "a.log"
    log.write_text(LOGGED + SUMMARY)
    report.print_preview(log, screen)
    assert "... and 2 more lines in the log" in shown(screen)
    assert "Initech (04" not in shown(screen).replace("[3/3]", "")
    assert "Mode: DRY RUN" in shown(screen)


BRIEFINGS = """\
2026-11-21T10:39:38.380243Z [info     ] submission 6f: 1 of 1 step results, 1 upserted, 0 unchanged, 0 skipped [prospecting.services.briefings] loc=briefings.py:132
2026-11-21T10:39:39.539421Z [info     ] Backfill summary               [prospecting.services.briefings] loc=briefings.py:181
2026-11-21T10:39:39.539422Z [info     ] - total_processed: 4           [prospecting.services.briefings] loc=briefings.py:181
2026-11-21T10:39:39.539423Z [info     ] - total_processed: 5           [prospecting.operators.other] loc=other.py:1
2026-11-21T10:39:39.539424Z [info     ]   - no_domain: 3               [prospecting.services.briefings] loc=briefings.py:181
2026-11-21T10:39:39.539425Z [info     ] - runs_without_results: 0      [prospecting.services.briefings] loc=briefings.py:181
2026-11-21T10:39:39.539426Z [info     ] Dry run: nothing was written   [prospecting.services.briefings] loc=briefings.py:181
2026-11-21T10:39:39.539427Z [info     ] something else                 [prospecting.services.briefings] loc=briefings.py:190
"""


def test_a_briefing_backfill_shows_its_summary(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log = tmp_path / "a.log"
    log.write_text(BRIEFINGS + BRIEFINGS)  # the task that prints the summary was tried twice
    summary = report.read_briefing_summary(log)
    assert summary == [
        "Backfill summary",
        "- total_processed: 4",
        "  - no_domain: 3",
        "- runs_without_results: 0",
        "Dry run: nothing was written",
    ]
    report.print_report("briefing_backfill", "run 1", "postgresql://nobody@127.0.0.1:9/none", log)
    assert "\n".join(summary) in capsys.readouterr().out


def test_research_shows_how_its_submission_stands(engine: Engine, screen: Console, tmp_path: Path) -> None:
    with unit_of_work(engine) as connection:
        submission = a_submission(connection, an_org(connection))
        found = a_step(connection, a_run(connection, submission), researched("company", "acme.com", {"a": 1}))
        a_step(connection, a_run(connection, submission), status="failed", result_status="failed")
        a_run(connection, submission, status="failed", error_message="Step 1 failed: no [credit]")
        save_briefings(connection, "company", [found])
    log = tmp_path / "run.log"
    line = "2026-11-21T16:45:02Z [info     ] {} [prospecting.operators.{}] loc=x.py:1\n"
    log.write_text(
        line.format("Waiting for research trun_1", "research")
        + line.format(f"Submission {submission} has 3 runs", "research")
    )
    assert report.read_submission(log) == submission
    with engine.connect() as connection:
        report.print_research(connection, submission, screen)
    said = shown(screen)
    for part in (
        f"Submission {submission}",
        "- runs failed: 1",
        "- runs succeeded: 2",
        "- company results written: 1",
        "company acme.com pro",
        "1 Step 1 failed: no [credit]",
        f'To go on: make dag DAG=research_pipeline CONF=\'{{"submission_id": "{submission}"}}\'',
    ):
        assert part in said, part


def test_research_that_opened_no_submission_has_nothing_to_show(tmp_path: Path) -> None:
    log = tmp_path / "run.log"
    log.write_text("2026-11-21T16:45:02Z [error    ] The params do not work together [task] loc=x.py:1\n")
    assert report.read_submission(log) is None


def test_a_briefing_backfill_that_got_nowhere_says_so(tmp_path: Path, screen: Console) -> None:
    log = tmp_path / "a.log"
    log.write_text("2026-11-21T10:39:38.380243Z [error    ] Task failed with exception [task] loc=x.py:1\n")
    report.print_briefing_backfill(log, screen)
    assert "did not get as far as a summary" in shown(screen)


@pytest.fixture
def bundle_checkout(tmp_path: Path) -> Path:
    """A checkout with the real DAGs."""
    shutil.copytree(ROOT / "scripts", tmp_path / "scripts", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("dags", "plugins", "migrations", "include", "alembic.ini"):
        (tmp_path / name).symlink_to(ROOT / name)
    return tmp_path


@pytest.fixture
def metadata_url(tiny_checkout: Path) -> str:
    """Airflow's metadata database of the tiny checkout; making another one takes long."""
    data_dir = tiny_checkout / ".local" / "postgres"
    local_postgres.start(data_dir, databases=("airflow",))
    return local_postgres.url(data_dir, "airflow").replace("postgresql:", "postgresql+psycopg2:", 1)


@pytest.mark.airflow
@pytest.mark.xdist_group("tiny-bundle")
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
        timeout=120,
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
