"""What the person at the terminal sees of account refreshes: how accounts do, what would help, and what is due."""

from __future__ import annotations

import re
from datetime import date
from io import StringIO
from typing import Any

import pytest
from rich.console import Console
from sqlalchemy import Connection, Engine, text

from prospecting.persistence.account_refreshes import AccountRange, finish_refresh, record_health, start_refresh
from prospecting.persistence.database import unit_of_work
from prospecting.persistence.job_changes import find_job_changes
from prospecting.persistence.persons import PersonRow, upsert_persons
from scripts.report import runs
from scripts.report.__main__ import main
from scripts.report.console import ROWS
from tests.clock import days_ago, now
from tests.db.engaging import add_contact, add_conversation, add_relationship, add_touchpoint
from tests.db.factories import add_companies

URL_DRIVER = re.compile(r"\+\w+")


@pytest.fixture
def screen() -> Console:
    return Console(file=StringIO(), width=200, highlight=False)


def shown(screen: Console) -> str:
    """What was printed, with runs of blanks as one."""
    assert isinstance(screen.file, StringIO)
    return re.sub(r" +", " ", screen.file.getvalue())


def refreshed(connection: Connection, error: str | None = None) -> None:
    """A refresh of everything by an Airflow run, as its tasks do it."""
    refresh = start_refresh(connection, airflow_run_id="night 1", params={"stale_after_days": 30})
    find_job_changes(connection)
    record_health(connection, AccountRange(0, 2**62), observed_on=refresh.today)
    counts: dict[str, Any] = {"job_changes": {"confirmed": 0}, "accounts": {"scores_changed": 7, "healths_written": 2}}
    status = "failed" if error else "completed"
    finish_refresh(connection, refresh.id, {} if error else counts, status=status, error=error)


def test_a_refresh_shows_how_accounts_do_and_what_is_due(
    engine: Engine,
    database_url: str,
    screen: Console,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    with unit_of_work(engine) as connection:
        acme, globex = add_companies(connection, "Acme [red]", "Globex")
        ann = add_contact(connection, acme, "Ann Poe", is_primary_contact=True, is_decision_maker=True)
        bea = add_contact(connection, acme, "Bea Roe", title="CTO", seniority_level="director")
        add_contact(connection, globex, "Cy Doe")
        add_relationship(connection, ann, bea, strength="strong")
        talk = add_conversation(connection, ann, acme, next_touchpoint_at=days_ago(3))
        add_touchpoint(connection, talk, sent_at=days_ago(40))
        seen = [
            PersonRow("Di Moe", company, title, None, "di@mail.example", observed_on=on)
            for company, title, on in ((acme, "CFO", date(2024, 1, 1)), (globex, "CEO", date(2026, 1, 1)))
        ]
        upsert_persons(connection, seen, source_system="test")
        refreshed(connection)
        (change,) = connection.execute(text("select id from job_changes")).scalars()
    with engine.connect() as connection:
        runs.print_stored(connection, "account_refresh", "night 1", console=screen)
    said = shown(screen)
    for part in (
        f"of {now():%Y-%m-%d} status completed",
        "scores changed 7 ",
        "Health of accounts: 1 poor, 1 critical",
        "Least healthy accounts (2)",
        f"Globex ({globex}) 0.00 critical Identify and engage decision makers within the account; Initiate",
        f"Acme [red] ({acme}) 35.00 poor Map relationships between contacts",
        "Follow-ups due (1)",
        f"Ann Poe Acme [red] 3 {talk}",
        "Stale accounts (1)",
        f"Acme [red] ({acme}) {days_ago(40):%Y-%m-%d} 1",
        "Colleagues to talk to next (1)",
        f"Acme [red] ({acme}) Ann Poe Bea Roe CTO strong 52.00",
        "Job changes to decide about (1)",
        f"Di Moe CFO, Acme [red] CEO, Globex 2026-01-01 no profile {change}",
    ):
        assert part in said, part
    assert "Healthiest" not in said
    monkeypatch.setenv("PROSPECTING_DB_URL", URL_DRIVER.sub("", database_url, count=1))
    monkeypatch.setenv("AIRFLOW__DATABASE__SQL_ALCHEMY_CONN", "sqlite://")  # no embedded server is needed
    assert main(["night 1"]) == 0
    assert "Account refresh" in capsys.readouterr().out


def test_a_refresh_that_failed_or_found_nobody_says_so(engine: Engine, screen: Console) -> None:
    with unit_of_work(engine) as connection:
        refreshed(connection, error="1 tasks failed")
    with engine.connect() as connection:
        runs.print_stored(connection, "account_refresh", "night 1", console=screen)
        runs.print_stored(connection, "account_refresh", "night 2", console=screen)
    assert "1 tasks failed" in shown(screen)
    assert "scores changed - " in shown(screen)
    assert "No account has an active contact." in shown(screen)
    assert "nothing was written" in shown(screen)


def test_the_healthiest_are_shown_when_there_are_many(engine: Engine, screen: Console) -> None:
    with unit_of_work(engine) as connection:
        for number, company in enumerate(add_companies(connection, *(f"Company {n}" for n in range(ROWS + 1)))):
            add_contact(connection, company, f"Ann {chr(97 + number)}poe", engagement_score=number)
        refreshed(connection)
    with engine.connect() as connection:
        runs.print_stored(connection, "account_refresh", "night 1", console=screen)
    worst, best = shown(screen).split("Healthiest accounts (13)")
    assert "Company 0 " in worst
    assert f"Company {ROWS} " not in worst
    assert best.index(f"Company {ROWS} ") < best.index("Company 3 ")
    assert "... and 1 more" in worst
