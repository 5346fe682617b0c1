"""Taking a backfill run back: everything is as before it, what others did since stays, and once is enough."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError

from prospecting import cli
from prospecting.agents.ledger import Ledger
from prospecting.agents.searches import Answer, Search, SeatSearch
from prospecting.agents.steps import Steps
from prospecting.persistence.backfill_journal import KEEP_DAYS, forget_old_changes
from prospecting.persistence.database import TaskAttempt, unit_of_work
from prospecting.persistence.persons import PersonRow, upsert_persons
from prospecting.persistence.schema.slots import JOURNALLED
from prospecting.persistence.schema.tables import metadata
from prospecting.persistence.slot_requests import Queue
from prospecting.services.backfill_take_back import CannotBeTakenBack, TakenBack, describe, find_run, preview, take_back
from prospecting.services.runtime import Runtime
from prospecting.services.slot_backfill import Backfill
from tests.clock import today
from tests.db.factories import (
    add_companies,
    at_once,
    claim,
    evaluate,
    requests,
    seats,
    states,
    versions,
)

PRICE = Decimal("0.25")
ANN = "https://www.linkedin.com/in/ann-poe"
ANSWERS: Mapping[str, list[dict[str, str]]] = {
    # Somebody known, with another title, a place and an address; somebody new; and somebody for none of the seats.
    "Acme": [
        {"name": "Ann Poe", "title": "CEO", "linkedin_url": ANN, "email": "ann@acme.com", "location": "Berlin"},
        {
            "name": "Bo Bee",
            "title": "CFO",
            "email": "bo@acme.com",
            "phone": "+49 30 1234567",
            "source_url": "https://acme.com/team",
            "evidence": "Bo Bee is our Chief Financial Officer",
        },
        {"name": "Cy Dee", "title": "Gardener"},
    ],
    # A namesake with a known address, which makes a doubtful pair.
    "Globex": [{"name": "Di Eff", "title": "CEO", "email": "dora@globex.com"}],
    "Initech": [],
}
NEVER_TAKEN_BACK = {
    "task_attempts", "agent_calls", "rate_limits", "provider_answers", "provider_circuits", "backfill_journal",
    "account_changes", "seat_changes",
}  # fmt: skip
"""Who worked, what was paid for, and notes of what to look at again. History goes on."""


class Everybody:
    """A provider that knows the people of ``ANSWERS``."""

    provider = "llm"
    ttl_seconds = 3600

    def __init__(self) -> None:
        self.asked: list[str] = []

    def reserve_usd(self, search: Search) -> Decimal:
        return PRICE

    def answer(self, search: Search, steps: Steps) -> Answer:
        assert isinstance(search, SeatSearch)
        self.asked.append(search.company_name)
        return Answer(json.dumps({"contacts": ANSWERS[search.company_name]}).encode(), cost_usd=PRICE)


class Nobody(Everybody):
    """The catalog, which knows nobody and costs nothing."""

    provider = "catalog"

    def answer(self, search: Search, steps: Steps) -> Answer:
        return Answer(b'{"contacts": []}')


def backfill(engine: Engine, agents: Everybody, run: str = "run 1") -> dict[str, int]:
    runtime = Runtime(engine, TaskAttempt("slot_backfill", run, "work_requests"))
    ledger = Ledger(engine, agents, f"slot_backfill:{run}", attempt=runtime.attempt)
    return Backfill(
        runtime,
        claimed_by=f"{run} 1/1",
        queue=Queue(),
        limit=100,
        lease_seconds=60,
        providers=[agents.provider],
        open_ledger=lambda _: ledger,
    ).run()


def back(engine: Engine, run: str = "run 1") -> TakenBack:
    return take_back(Runtime(engine), find_run(Runtime(engine), run))


def changed(found: TakenBack) -> dict[str, tuple[int, int]]:
    return {rows.table: (rows.removed, rows.restored) for rows in found.undoing.changed}


def kept(found: TakenBack) -> set[tuple[str, str, int]]:
    return {(rows.table, rows.reason, rows.number) for rows in found.undoing.kept}


def everything(engine: Engine) -> dict[str, list[str]]:
    """Every column of every row, but for those tables that a run cannot be taken out of."""
    with engine.connect() as connection:
        return {
            name: list(connection.execute(text(f"select t::text from {name} as t order by 1")).scalars())
            for name in metadata.tables
            if name not in NEVER_TAKEN_BACK | {"slot_transitions"}
        }


def rows(engine: Engine, query: str, **values: Any) -> list[tuple[Any, ...]]:
    with engine.begin() as connection:
        return [tuple(row) for row in connection.execute(text(query), values)]


@pytest.fixture
def companies(engine: Engine) -> list[int]:
    """Acme, Globex and Initech, three requests each; Ann and Dora are known."""
    with unit_of_work(engine, TaskAttempt("slot_evaluation", "night", "evaluate_chunk")) as connection:
        found = add_companies(connection, "Acme", "Globex", "Initech")
        known = [
            PersonRow("Ann Poe", found[0], "Head of Sales", ANN, observed_on=date(2020, 1, 1)),
            PersonRow("Dora Gee", found[1], "Baker", email="dora@globex.com"),
        ]
        upsert_persons(connection, known, source_system="test")
        evaluate(connection)
        return found


def test_everything_is_as_before_the_run(engine: Engine, companies: list[int]) -> None:
    agents = Everybody()
    before = everything(engine)
    history = rows(engine, "select * from slot_transitions order by id")
    assert backfill(engine, agents) == {"completed": 3, "failed": 6, "waiting": 0, "lost": 0, "released": 0}
    after = everything(engine)
    assert {name for name in before if before[name] != after[name]} == set(JOURNALLED), "each of them is tried"

    run = find_run(Runtime(engine), "run 1")
    with engine.connect() as connection:
        untouched = versions(connection)
        planned = preview(Runtime(engine), run)
        assert versions(connection) == untouched, "a preview changes nothing"
    assert changed(planned) == {
        "observations": (3, 0),
        "company_person_roles": (3, 1),
        "contact_channels": (4, 0),
        "merge_candidates": (1, 0),
        "rejected_records": (1, 0),
        "agent_routing_log": (0, 9),
        "intake.people_raw_intake": (0, 9),
        "company_slot": (0, 9),
        "persons": (2, 1),
    }
    assert (planned.answers, planned.cost_usd, planned.copies, kept(planned)) == (3, 3 * PRICE, 0, set())
    assert not any(name in line for line in describe(planned, is_done=False) for name in ("Ann", "Bo", "Acme"))

    assert back(engine) == planned
    assert everything(engine) == before
    assert rows(engine, "select * from slot_transitions order by id")[: len(history)] == history, "history goes on"
    assert rows(engine, "select sum(cost_usd) from agent_calls") == [(3 * PRICE,)], "what was paid stays paid"
    kept_images = "select count(*) from backfill_journal where before is not null or after is not null"
    assert rows(engine, kept_images) == [(0,)]

    with engine.connect() as connection:
        untouched = versions(connection)
        assert back(engine).is_nothing
        assert versions(connection) == untouched

    # Neither the run itself, carried on, nor another one is given the answers again.
    backfill(engine, agents)
    back(engine)
    backfill(engine, agents, "run 2")
    assert sorted(agents.asked) == sorted(3 * list(ANSWERS))
    assert everything(engine)["contact_channels"] != before["contact_channels"]


def test_what_others_did_since_stays(engine: Engine, companies: list[int]) -> None:
    acme, globex, initech = companies
    backfill(engine, Everybody())
    with engine.begin() as connection:
        evaluate(connection)
        assert [(row["slot_type"], row["attempt"]) for row in _waiting(connection, initech)] == [
            ("CEO", 2), ("CFO", 2), ("HR", 2),
        ]  # fmt: skip
        (bo,) = (row["person"] for row in seats(connection, acme).values() if row["slot_type"] == "CFO")
        (di,) = (row["person"] for row in seats(connection, globex).values() if row["slot_type"] == "CEO")
        contact = "insert into contacts (person_id, company_id) values (:person, :company)"
        connection.execute(text(contact), {"person": bo, "company": acme})
        # Evidence of tomorrow about one column of Ann's, and nobody's about her title.
        connection.execute(text("update persons set bio = 'Likes cats' where linkedin_url = :url"), {"url": ANN})
        connection.execute(text("update merge_candidates set status = 'distinct'"))
    found = back(engine)
    assert kept(found) == {
        ("persons", "needed", 1),
        ("persons", "seated", 1),
        ("merge_candidates", "changed", 1),
        ("agent_routing_log", "asked_again", 6),
        ("intake.people_raw_intake", "asked_again", 6),
    }
    assert found.undoing.seats == 3
    with engine.begin() as connection:
        (ann,) = connection.execute(text("select * from persons where linkedin_url = :url"), {"url": ANN}).mappings()
        assert (ann["current_title"], ann["location_text"], ann["bio"]) == ("Head of Sales", None, "Likes cats")
        roles = "select role_title, is_current from company_person_roles order by id"
        assert [tuple(row) for row in connection.execute(text(roles))] == [("Head of Sales", True), ("Baker", True)]
        assert states(connection, initech) == dict.fromkeys(("CEO", "CFO", "HR"), ("open", 0))
        assert {row["slot_type"] for row in _waiting(connection, acme)} == {"CEO", "CFO", "HR"}
        evaluate(connection)
        assert {row["person"] for company in (acme, globex) for row in seats(connection, company).values()} == {None}
        assert len(requests(connection, "queued")) == 9, "one request a seat"
        connection.execute(text("update merge_candidates set status = 'open'"))
    # Once the seats are open, nothing refers to Di any more; Bo is a contact by now.
    again = back(engine)
    assert changed(again) == {"persons": (1, 0), "merge_candidates": (1, 0)}
    assert rows(engine, "select id from persons where id in (:bo, :di)", bo=bo, di=di) == [(bo,)]


def _waiting(connection: Connection, company: int) -> list[dict[str, Any]]:
    return sorted(
        ({**row, "attempt": row["enrichment_attempt"]} for row in requests(connection, "queued")
         if row["company_id"] == company),
        key=lambda row: row["slot_type"],
    )  # fmt: skip


def test_roles_follow_from_the_evidence_that_is_left(engine: Engine, companies: list[int]) -> None:
    """Who succeeded by the run's evidence stays, because others have written to the role since."""
    acme = companies[0]
    boss = PersonRow("Old Boss", acme, "CEO", "https://www.linkedin.com/in/old-boss", observed_on=date(2020, 2, 1))
    with unit_of_work(engine) as connection:
        upsert_persons(connection, [boss], source_system="test")
    backfill(engine, Everybody())
    standings = (
        "select role_title, is_current, ended_because from company_person_roles where role_title = 'CEO' order by id"
    )
    ended = ("CEO", False, "successor")
    assert rows(engine, standings)[0] == ended
    with unit_of_work(engine) as connection:
        seen = PersonRow(
            "Ann Poe", acme, "CEO", ANN, observed_on=today(), target_function="executive", target_match="exact"
        )
        upsert_persons(connection, [seen], source_system="signal")
    found = back(engine)
    assert ("company_person_roles", "changed", 1) in kept(found)
    assert rows(engine, standings) == [ended, ("CEO", True, None)]
    # Without anybody else's evidence the one before is back in office; that of others is weighed without the run's.
    rows(engine, "delete from company_person_roles where target_function is not null returning 1")
    backfill(engine, Everybody(), "run 2")
    with unit_of_work(engine) as connection:
        late = PersonRow("Bea Late", acme, "CEO", "https://www.linkedin.com/in/bea-late", observed_on=date(2021, 2, 1))
        upsert_persons(connection, [late], source_system="signal")
    assert [row[1:] for row in rows(engine, standings)].count((False, "successor")) == 2
    back(engine, "run 2")
    assert rows(engine, standings) == [ended, ("CEO", True, None)]


def test_two_runs_over_the_same_requests_go_back_in_turn(engine: Engine, companies: list[int]) -> None:
    before = everything(engine)
    backfill(engine, Nobody(), "catalog")
    between = everything(engine)
    backfill(engine, Everybody(), "live")
    assert changed(back(engine, "catalog")) == {}, "everything it wrote has been changed since"
    back(engine, "live")
    assert everything(engine) == between
    back(engine, "catalog")
    assert everything(engine) == before


def test_answers_that_a_run_had_from_others_expire(engine: Engine, companies: list[int]) -> None:
    """Nobody else is given them any more; whoever paid for them goes on with them."""
    agents = Everybody()
    question = SeatSearch("Initech", target_functions=("CEO", "CFO", "HR"))
    theirs, others = (Ledger(engine, agents, scope) for scope in ("theirs", "others"))
    theirs.ask(question)
    backfill(engine, agents)
    assert sorted(agents.asked) == ["Acme", "Globex", "Initech"], "the run had their answer"
    back(engine)
    assert theirs.ask(question).reused
    backfill(engine, agents, "run 2")
    assert sorted(agents.asked) == sorted(["Initech", *2 * ["Acme", "Globex"], "Initech"])
    assert others.ask(question).reused
    assert preview(Runtime(engine), find_run(Runtime(engine), "run 2")).copies == 1


def test_one_who_takes_back_is_enough(engine: Engine, companies: list[int]) -> None:
    before = everything(engine)
    backfill(engine, Everybody())
    run = find_run(Runtime(engine), "run 1")
    found = at_once(engine, [lambda _: take_back(Runtime(engine), run)] * 2)
    assert sorted(one.is_nothing for one in found) == [False, True]
    assert [kept(one) for one in found] == [set(), set()], "the second finds nothing that somebody has changed"
    assert everything(engine) == before


def test_a_run_that_works_or_is_not_known_is_refused(
    engine: Engine, companies: list[int], database_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["take-back-backfill", "--db-url", database_url]
    assert cli.main([*command]) == 0
    assert capsys.readouterr().out == "no backfill run has changed anything\n"
    before = everything(engine)
    attempt = TaskAttempt("their_dag", "run 1", "fill")
    with unit_of_work(engine, attempt, is_journalled=True) as connection:
        claim(connection, "run 1 their_dag.fill/0")
    for arguments in (["run 1"], ["run 1", "--apply"]):
        assert cli.main([*command, *arguments]) == 1
        assert "the run run 1 still works on 9 requests" in capsys.readouterr().err
    # Its worker is lost: what it held waits again.
    rows(engine, "update agent_routing_log set lease_expires_at = now() - interval '1 second' returning 1")
    backfill(engine, Everybody(), "run 1")
    assert cli.main([*command, "run 1"]) == 1
    assert "name one of slot_backfill, their_dag" in capsys.readouterr().err
    for dag in ("slot_backfill", "their_dag"):
        assert cli.main([*command, "run 1", "--dag", dag, "--apply"]) == 0
        said = capsys.readouterr().out
        assert "Taken back:\n" in said
        assert "agent_routing_log: 0 removed, 9 as before the run" in said
    assert everything(engine) == before
    assert cli.main([*command, "run 1", "--dag", "their_dag", "--apply"]) == 0
    assert "Nothing to take back." in capsys.readouterr().out
    assert cli.main(command) == 0
    assert capsys.readouterr().out.count("9 requests, nothing to take back, taken back 20") == 2
    assert cli.main([*command, "run 9"]) == 1
    error = capsys.readouterr().err
    assert "no backfill run run 9" in error
    assert "`prospecting take-back-backfill` without a run lists those that have" in error
    with pytest.raises(CannotBeTakenBack):
        find_run(Runtime(engine), "run 1", "another_dag")


def test_only_backfills_are_journalled_and_not_for_ever(engine: Engine, companies: list[int]) -> None:
    assert rows(engine, "select * from backfill_journal") == []
    with unit_of_work(engine, TaskAttempt("any", "run 1", "any"), is_journalled=True) as connection:
        connection.execute(text("update persons set bio = bio, updated_at = updated_at"))
        claim(connection, limit=1)
    assert {row[0] for row in rows(engine, "select table_name from backfill_journal")} == {"agent_routing_log"}
    with (
        pytest.raises(DBAPIError, match="delete refused"),
        unit_of_work(engine, TaskAttempt("any", "run 1", "any"), is_journalled=True) as connection,
    ):
        connection.execute(text("delete from contact_channels"))
    for days, left in ((KEEP_DAYS - 1, 1), (2, 0)):
        rows(
            engine,
            "update backfill_journal set changed_at = changed_at - make_interval(days => :d) returning 1",
            d=days,
        )
        with engine.begin() as connection:
            forget_old_changes(connection)
        assert len({row[0] for row in rows(engine, "select table_name from backfill_journal")}) == left
