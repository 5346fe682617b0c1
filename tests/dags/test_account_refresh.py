"""Nightly refreshes of accounts: real Airflow, real PostgreSQL; what they write, say, refuse and leave alone."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

import pytest
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException
from sqlalchemy import Connection, Engine, text

from prospecting.operators.accounts import RefreshAccountsOperator
from prospecting.parsing.webhooks import EventKind, TouchpointEvent
from prospecting.persistence.account_refreshes import AccountRange, record_health
from prospecting.persistence.contact_engagement import refresh_engagement
from prospecting.persistence.persons import PersonRow, upsert_persons
from prospecting.persistence.touchpoint_events import save_touchpoint_events
from prospecting.tasks import account_refresh as tasks
from tests.clock import days_ago, now, today
from tests.dags.nights import everything, printed_or_kept, rows
from tests.dags.runs import Airflow, Run, TaskCaller
from tests.db.engaging import add_contact, add_conversation, add_relationship, add_touchpoint
from tests.db.factories import add_companies, count, ids

pytestmark = pytest.mark.airflow

DAG: dict[str, Any] = {"dag_id": "account_refresh"}
BOOKKEEPING = {"account_refreshes", "task_attempts"}
PRIVATE = ("zelda.marker@acme.example", "Zelda", "Marker", "Quirina", "Leckstein", "prefers to be called at night")


@pytest.fixture
def accounts(engine: Engine) -> dict[str, Any]:
    """Acme, whose CFO was seen at Globex since, and Globex, where a message waits to be known as opened."""
    with engine.begin() as connection:
        acme, globex = add_companies(connection, "Acme Works", "Globex Works")
        connection.execute(text("update companies set domain = 'acme.example' where id = :id"), {"id": acme})
        zelda, quirina = (
            add_contact(connection, acme, name, email=email, is_primary_contact=is_primary)
            for name, email, is_primary in (
                ("Zelda Marker", "zelda.marker@acme.example", False),
                ("Quirina Leckstein", "quirina@acme.example", True),
            )
        )
        ada = add_contact(connection, globex, "Ada Poe", is_decision_maker=True)
        nobody = add_contact(connection, None, "Bea Roe")
        add_relationship(connection, quirina, add_contact(connection, acme, "Cy Doe"), strength="strong")
        moved(connection, acme, globex)
        talk = {
            contact: add_conversation(
                connection, contact, company, started_at=days_ago(60), next_touchpoint_at=days_ago(2)
            )
            for contact, company in ((zelda, acme), (quirina, acme), (ada, globex), (nobody, globex))
        }
        for contact in (quirina, nobody):
            add_touchpoint(
                connection, talk[contact], sent_at=days_ago(40), opened_at=days_ago(0.1), subject=PRIVATE[-1]
            )
        opened = TouchpointEvent(event_id="1", kind=EventKind.CLICKED, occurred_at=days_ago(0.1), message_id="m1")
        save_touchpoint_events(connection, "mail", [opened])
        add_touchpoint(connection, talk[ada], sent_at=days_ago(40), provider="mail", email_message_id="m1")
    return {
        "acme": acme, "globex": globex, "zelda": zelda, "quirina": quirina, "ada": ada, "nobody": nobody,
        "talk": talk,
    }  # fmt: skip


def moved(connection: Connection, acme: int, globex: int) -> None:
    """Zelda has a profile, was CFO of one company, and is CEO of another one since."""
    profile = "https://www.linkedin.com/in/zelda"
    connection.execute(text("update persons set linkedin_url = :url where first_name = 'Zelda'"), {"url": profile})
    seen = [
        PersonRow("Zelda Marker", company, title, profile, observed_on=on)
        for company, title, on in ((acme, "CFO", date(2024, 1, 1)), (globex, "CEO", date(2026, 1, 1)))
    ]
    assert len(set(ids(upsert_persons(connection, seen, source_system="test").saved))) == 1


def contacts(engine: Engine) -> dict[UUID, dict[str, Any]]:
    return {row["id"]: row for row in rows(engine, "contacts")}


def refresh_of(engine: Engine, run: Run) -> dict[str, Any]:
    (found,) = (row for row in rows(engine, "account_refreshes") if row["airflow_run_id"] == run.run_id)
    return found


# ------------------------------------------------------------------------------------------------------------ nights
def test_a_night_and_the_same_once_more(airflow: Airflow, engine: Engine, accounts: dict[str, Any]) -> None:
    run = airflow.run({"chunk_size": 1}, **DAG)
    assert run.state == "success", run.log[-4000:]
    assert {task["state"] for task in run.tasks} == {"success"}
    assert sorted(task["label"] for task in run.tasks if task["task_id"] == "refresh_chunk") == [
        "accounts 1-1 of 3", "accounts 2-2 of 3", "accounts 3-3 of 3"
    ]  # fmt: skip
    assert airflow.asset_events(run) == {"prospecting_accounts": 1}
    found = contacts(engine)
    scores = {name: found[accounts[name]]["engagement_score"] for name in ("zelda", "quirina", "ada", "nobody")}
    assert scores == {"zelda": 0, "quirina": 5, "ada": 24, "nobody": 5}
    assert found[accounts["zelda"]]["company_id"] == accounts["globex"]
    assert [(row["status"], row["decided_by"]) for row in rows(engine, "job_changes")] == [
        ("confirmed", "account_refresh")
    ]
    # Changes are followed before anything is measured.
    assert [
        (row["company_id"], row["contacts"], row["active_conversations"])
        for row in rows(engine, "account_health_history", order="company_id")
    ] == [(accounts["acme"], 2, 1), (accounts["globex"], 2, 2)]
    assert {row["company_id"]: row["total_contacts"] for row in rows(engine, "account_overview")} == {
        accounts["acme"]: 2, accounts["globex"]: 2
    }  # fmt: skip
    refresh = refresh_of(engine, run)
    counts = refresh["counts"]
    assert (refresh["status"], refresh["error"]) == ("completed", None)
    assert counts["events"] == {"applied": 1, "refused": 0}
    assert counts["job_changes"] == {"proposed": 1, "withdrawn": 0, "settled": 0, "confirmed": 1}
    assert counts["accounts"] == {"scores_changed": 3, "healths_written": 2, "contents_cleared": 0}
    assert (counts["interactions"], counts["counters"]) == ({"logged": 1}, {"repaired": 0})
    assert [row["account_domain"] for row in rows(engine, "user_interactions")] == ["acme.example"]
    assert (counts["follow_ups_due"], counts["stale_account_ids"]) == (3, [accounts["acme"], accounts["globex"]])
    assert (counts["expansion_targets"], counts["expansion_contact_ids"]) == (1, [str(accounts["quirina"])])
    assert "1 colleagues of 1 primary contacts could be talked to next" in run.log
    said = printed_or_kept(airflow, run)
    for secret in PRIVATE:
        assert secret not in said

    before = everything(engine, but=BOOKKEEPING)
    again = airflow.run({"chunk_size": 1, "keep_contents_days": 90}, **DAG)
    assert again.state == "success"
    assert again.states("announce_accounts") == ["skipped"], "nothing changed"
    assert everything(engine, but=BOOKKEEPING) == before


def test_a_database_without_contacts_is_refreshed(airflow: Airflow, engine: Engine) -> None:
    run = airflow.run({}, **DAG)
    assert run.state == "success"
    assert set(run.states("refresh_chunk")) <= {"skipped"}
    assert run.states("announce_accounts") == ["skipped"]
    assert "Health: no account has an active contact" in run.log
    assert "Follow-ups due: none" in run.log
    assert refresh_of(engine, run)["status"] == "completed"


# ------------------------------------------------------------------------------------------------------ single tasks
def start(call: TaskCaller, run_id: str = "manual__1", **params: Any) -> int:
    refresh_id: int = call(tasks.start_refresh, params=params, run_id=run_id, **DAG)
    return refresh_id


def refresh_chunk(call: TaskCaller, chunk: dict[str, Any]) -> Any:
    return call.execute(RefreshAccountsOperator(task_id="refresh_chunk", **chunk), **DAG)


def miscount(engine: Engine, company: int, contact: UUID) -> None:
    """As a tool does that loads a backup without triggers."""
    with engine.begin() as connection:
        connection.execute(text("set local session_replication_role = replica"))
        connection.execute(text("update companies set total_contacts = 9 where id = :id"), {"id": company})
        connection.execute(text("update contacts set total_touchpoints = 7 where id = :id"), {"id": contact})


def test_counters_that_are_wrong_fail_the_run_with_their_ids(
    call: TaskCaller, engine: Engine, accounts: dict[str, Any]
) -> None:
    refresh_id = start(call)
    assert call(tasks.reconcile_counters, refresh_id, **DAG) == 0
    miscount(engine, accounts["acme"], accounts["quirina"])
    before = everything(engine)
    with pytest.raises(AirflowFailException) as raised:
        call(tasks.reconcile_counters, refresh_id, **DAG)
    for part in (
        f"companies {accounts['acme']} total_contacts is 9, counted 3",
        f"contacts {accounts['quirina']} total_touchpoints is 7, counted 1",
        "docs/runbooks/accounts.md",
    ):
        assert part in str(raised.value)
    assert everything(engine) == before
    with pytest.raises(AirflowFailException, match="1 tasks failed or could not start"):
        call(tasks.summarize_refresh, refresh_id, failed_tasks=1, **DAG)
    (failed,) = rows(engine, "account_refreshes")
    assert (failed["status"], failed["error"]) == ("failed", "1 tasks failed or could not start")

    repairing = start(call, "manual__2", repair=True)
    assert call(tasks.reconcile_counters, repairing, **DAG) == 2
    assert call(tasks.reconcile_counters, start(call, "manual__3"), **DAG) == 0


def test_a_chunk_that_is_killed_is_done_again(call: TaskCaller, engine: Engine, accounts: dict[str, Any]) -> None:
    refresh_id = start(call, chunk_size=2, keep_contents_days=30)
    chunks = call(tasks.plan_chunks, refresh_id, **DAG)
    assert [(chunk["first_id"], chunk["last_id"]) for chunk in chunks] == [
        (0, accounts["acme"]), (accounts["globex"], accounts["globex"])
    ]  # fmt: skip
    before = everything(engine, but={"task_attempts"})
    with engine.connect() as connection:
        # As the operator does it, up to the moment in which its process is gone.
        refresh_engagement(connection, as_of=now(), first_id=0, last_id=2**62)
        record_health(connection, AccountRange(0, 2**62), observed_on=today())
        connection.rollback()
    assert everything(engine, but={"task_attempts"}) == before
    first = refresh_chunk(call, chunks[0])
    assert first == {"refresh_id": refresh_id, "scores_changed": 2, "healths_written": 1, "contents_cleared": 2}
    nothing = {"refresh_id": refresh_id, "scores_changed": 0, "healths_written": 0, "contents_cleared": 0}
    assert refresh_chunk(call, chunks[0]) == nothing
    # All that is left; and what was done in all tries is counted, though a task may not have learnt of it.
    done = {**first, "healths_written": 2}
    assert refresh_chunk(call, {"refresh_id": refresh_id}) == done
    summary = call(tasks.summarize_refresh, refresh_id, **DAG)
    assert summary["accounts"] == {name: value for name, value in done.items() if name != "refresh_id"}
    assert call(tasks.announce_accounts, summary, **DAG) == 2


def test_job_changes_can_be_left_to_people(call: TaskCaller, engine: Engine, accounts: dict[str, Any]) -> None:
    counts = call(tasks.follow_job_changes, start(call, confirm_job_changes=False), **DAG)
    assert counts == {"proposed": 1, "withdrawn": 0, "settled": 0, "confirmed": 0}
    assert contacts(engine)[accounts["zelda"]]["company_id"] == accounts["acme"]
    (change,) = rows(engine, "job_changes")
    summary = call(tasks.summarize_refresh, start(call, "manual__2"), **DAG)
    assert summary["undecided_job_change_ids"] == [str(change["id"])]
    assert call(tasks.follow_job_changes, start(call, "manual__3"), **DAG)["confirmed"] == 1
    assert contacts(engine)[accounts["zelda"]]["company_id"] == accounts["globex"]


def test_what_cannot_be_done_is_said_at_once(call: TaskCaller, engine: Engine) -> None:
    with pytest.raises(AirflowFailException, match="no such companies: 4711"):
        start(call, company_ids=[4711])
    with pytest.raises(AirflowFailException, match="see the log of start_refresh"):
        call(tasks.summarize_refresh, None, failed_tasks=1, **DAG)
    for task in (tasks.reconcile_counters, tasks.refresh_overview):
        with pytest.raises(AirflowSkipException, match="see the log of start_refresh"):
            call(task, None, **DAG)
    for arguments, complaint in (
        ({"first_id": 1}, "first_id and last_id go together"),
        ({"first_id": 1, "last_id": 2}, "give its refresh_id"),
        ({"refresh_id": 1, "company_ids": [1]}, "the refresh knows its companies"),
        ({"refresh_id": 4711}, "No account refresh 4711 is stored"),
        ({"company_ids": [4711]}, "no such companies"),
        ({"keep_contents_days": "0"}, "keep_contents_days"),
    ):
        with pytest.raises((AirflowFailException, LookupError), match=complaint):
            refresh_chunk(call, arguments)
    with engine.connect() as connection:
        assert count(connection, "account_refreshes") == 0


def test_another_teams_dag_refreshes_by_itself(call: TaskCaller, engine: Engine, accounts: dict[str, Any]) -> None:
    done = refresh_chunk(call, {"keep_contents_days": "{{ 30 }}", "chunk_size": "{{ 1 }}"})
    assert {**done, "refresh_id": 0} == {
        "refresh_id": 0, "scores_changed": 2, "healths_written": 2, "contents_cleared": 2
    }  # fmt: skip
    (refresh,) = rows(engine, "account_refreshes")
    assert (refresh["status"], refresh["counts"]["accounts"]["healths_written"]) == ("completed", 2)
    # A second try of the task goes on with the same row; an empty list is no account.
    assert refresh_chunk(call, {"company_ids": "[]"})["refresh_id"] == done["refresh_id"] == refresh["id"]
    assert rows(engine, "account_refreshes")[0]["counts"]["accounts"]["scores_changed"] == 2
