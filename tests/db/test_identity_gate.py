"""The identity gate on real rows: whom executions and backfills of seats do not ask about, and what they say of it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Connection, Engine, text

from prospecting.agents.ledger import Ledger
from prospecting.parsing.names import company_key
from prospecting.persistence import signals
from prospecting.persistence.batches import Saved
from prospecting.persistence.erasure import erase_person
from prospecting.persistence.execution_questions import Stage, note_answer
from prospecting.persistence.slot_requests import Queue
from prospecting.persistence.suppressions import Suppression, suppress_addresses
from prospecting.services.executions import companies_to_ask_about, start_execution, summarize_execution
from prospecting.services.runtime import Runtime
from prospecting.services.signal_params import SignalParams
from prospecting.services.slot_backfill import Backfill
from tests.clock import date_ago, today
from tests.db.erasing import approved, target_of
from tests.db.evaluating import KnowsNobody
from tests.db.factories import add_person, evaluate, requests, versions

COMPANIES = {
    "Fine": "fine.com",
    "Acme": "acme.com",
    "Suppressed": "mail.suppressed.org",
    "Jane Doe": "janedoe.com",
    "TBD": "tbd.org",
    "Twin": "twin.com",
    "Known": "known.com",
    "Stale": "stale.com",
    "Half": "half.com",
}
HELD_BACK = {
    "Suppressed": "suppressed",
    "Jane Doe": "erased",
    "TBD": "not_a_company",
    "Twin": "domain_in_doubt",
    "Known": "already_known",
}


def a_company(connection: Connection, name: str, domain: str | None) -> int:
    found: int = connection.execute(
        text(
            "insert into companies (name, name_key, domain, source_system) values (:name, :key, :domain, 'test') "
            "returning id"
        ),
        {"name": name, "key": company_key(name), "domain": domain},
    ).scalar_one()
    return found


@pytest.fixture
def known(engine: Engine) -> dict[str, int]:
    """Companies by name: each of them but Fine and Acme is something special."""
    with engine.begin() as connection:
        # As others have stored them: our own parsing would let none of TBD and mail.suppressed.org through.
        found = {name: a_company(connection, name, domain) for name, domain in COMPANIES.items()}
        twin = a_company(connection, "Twin", "twin.io")
        connection.execute(
            text(
                "insert into merge_candidates (entity_type, left_id, right_id, reason, evidence) "
                "values ('company', :left, :right, 'same_name_different_domain', '{}')"
            ),
            {"left": found["Twin"], "right": twin},
        )
        suppress_addresses(connection, [Suppression("domain", "suppressed.org", "unsubscribed")])
        jane = add_person(connection, found["Jane Doe"], "Jane Doe", "Owner")
        erase_person(
            connection,
            target_of(connection, jane),
            erasure_id=approved(connection, target_of(connection, jane)),
            dry_run=False,
        )
        for company, days in (("Known", 30), ("Stale", 31), ("Half", 1)):
            seen = date_ago(days)
            add_person(connection, found[company], f"Ann {company}", "Chief Executive Officer", seen)
            if company != "Half":
                add_person(connection, found[company], f"Bo {company}", "VP of Sales", today())
    return found


def opened(engine: Engine, known: dict[str, int], run: str = "run 1", **fields: Any) -> UUID:
    """An execution of live agents that has found all the companies."""
    given = {"name": f"Any {run}", "event_keywords": ["x"], "type": "funding", "agents": "live"}
    params = SignalParams.model_validate(given | {"target_functions": ["CEO", "VP Sales"]} | fields)
    execution = start_execution(Runtime(engine), params, airflow_run_id=run)
    with engine.begin() as connection:
        signals.link_entities(connection, execution, "company", [Saved(each, is_new=True) for each in known.values()])
    return execution


def skipped(engine: Engine, execution: UUID, known: dict[str, int]) -> dict[str, str]:
    names = {company_id: name for name, company_id in known.items()}
    with engine.connect() as connection:
        found = connection.execute(
            text(
                "select entity_id, skip_reason from signal_execution_entities "
                "where execution_id = :id and entity_type = 'company' and skip_reason is not null"
            ),
            {"id": execution},
        )
        return {names[row.entity_id]: row.skip_reason for row in found}


def test_nobody_is_paid_for_an_answer_that_is_of_no_use(engine: Engine, known: dict[str, int]) -> None:
    runtime = Runtime(engine)
    # Who is held back takes nobody's place: all four others are asked about.
    execution = opened(engine, known, limits={"max_companies": 4})
    chosen = companies_to_ask_about(runtime, execution)
    assert set(chosen) == {known[name] for name in COMPANIES.keys() - HELD_BACK.keys()}
    assert skipped(engine, execution, known) == HELD_BACK
    with engine.connect() as connection:
        before = versions(connection)
        people = connection.execute(
            text(
                "select p.full_name, x.is_new from signal_execution_entities as x join persons as p "
                "on p.id = x.entity_id where x.entity_type = 'person' order by 1"
            )
        )
        assert [tuple(row) for row in people] == [("Ann Known", False), ("Bo Known", False)]
        noted = connection.execute(text("select reason, raw from rejected_records where source = 'identity gate'"))
        raw = {row.reason: row.raw for row in noted}
    assert set(raw) == set(HELD_BACK.values())
    assert raw["erased"] == {"id": known["Jane Doe"]}
    assert companies_to_ask_about(runtime, execution) == chosen
    with engine.connect() as connection:
        assert versions(connection) == before, "planned again, nothing changes"

    summary = summarize_execution(runtime, execution, failed_tasks=0)
    assert summary.notes[0] == (
        "5 companies not asked about: 1 where everybody wanted is known and was seen lately (fresh_days), 1 whose "
        "domain is in doubt: decide about the pairs in doubt, 1 that are no companies, 1 with a suppressed domain, "
        "1 with the name of somebody who asked to be forgotten."
    )
    assert "4 companies left without an answer about people; see the agents' failures." in summary.notes
    with engine.connect() as connection:
        results = signals.find_execution(connection, execution)["results"]
    assert results["notAsked"] == dict.fromkeys(HELD_BACK.values(), 1)
    assert {contact["name"] for contact in results["contacts"]} == {"Ann Known", "Bo Known"}


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        # Answers that cost nothing: only what must not be kept, and what is no company.
        ({"agents": "catalog", "type": "conference"}, {"Suppressed", "Jane Doe", "TBD"}),
        ({"fresh_days": 0}, HELD_BACK.keys() - {"Known"}),
        ({"fresh_days": 31}, HELD_BACK.keys() | {"Stale"}),
        ({"target_functions": ["CEO"]}, HELD_BACK.keys() | {"Half"}),
        ({"target_functions": ["CEO", "CFO"]}, HELD_BACK.keys() - {"Known"}),
    ],
)
def test_the_gate_goes_by_what_is_wanted(
    engine: Engine, known: dict[str, int], fields: dict[str, Any], expected: set[str]
) -> None:
    execution = opened(engine, known, **fields)
    companies_to_ask_about(Runtime(engine), execution)
    assert skipped(engine, execution, known).keys() == expected


def test_who_was_asked_about_is_not_held_back_by_the_answer(engine: Engine, known: dict[str, int]) -> None:
    runtime = Runtime(engine)
    execution = opened(engine, known)
    chosen = companies_to_ask_about(runtime, execution)
    with engine.begin() as connection:
        call = connection.execute(
            text(
                "insert into agent_calls (scope, agent, provider, request_key, request, status, reserved_usd, "
                "response) values ('s', 'people', 'llm', 'k', '{}', 'succeeded', 0, '') returning id"
            )
        ).scalar_one()
        assert note_answer(connection, execution, Stage.FIND_PEOPLE.source(known["Half"]), call)
        add_person(connection, known["Half"], "Cy Half", "VP Sales", today())
    assert companies_to_ask_about(runtime, execution) == chosen
    assert skipped(engine, execution, known) == HELD_BACK
    other = opened(engine, known, "run 2")
    companies_to_ask_about(runtime, other)
    assert skipped(engine, other, known) == HELD_BACK | {"Half": "already_known"}


def test_a_name_that_two_have_means_nobody_without_a_domain(engine: Engine) -> None:
    with engine.begin() as connection:
        known = {name: a_company(connection, name, None) for name in ("Acme", "Boreal")}
        a_company(connection, "ACME", "acme.io")
    execution = opened(engine, known)
    assert companies_to_ask_about(Runtime(engine), execution) == [known["Boreal"]]
    assert skipped(engine, execution, known) == {"Acme": "domain_in_doubt"}


def test_seats_of_companies_that_are_held_back_are_not_asked_about(engine: Engine, known: dict[str, int]) -> None:
    with engine.begin() as connection:
        # Requests that somebody made before anything was known.
        evaluate(connection)
        connection.execute(
            text(
                "with made as (insert into intake.people_raw_intake (company_unique_id, company_name, source_system, "
                "slot_type) select company_unique_id, name, 'slot_backfill', 'CEO' from companies "
                "where name in ('Suppressed', 'Jane Doe') returning id) "
                "insert into agent_routing_log (record_type, record_id, garage_bay, status) "
                "select 'person_slot_backfill', id, 'bay_a', 'queued' from made"
            )
        )
        waiting = {row["company_name"] for row in requests(connection, "queued")}
    assert {"Suppressed", "TBD", "Twin", "Fine"} <= waiting
    agents = KnowsNobody()
    Backfill(
        Runtime(engine),
        claimed_by="run 1/1",
        queue=Queue(),
        limit=100,
        lease_seconds=60,
        providers=["llm"],
        open_ledger=lambda _: Ledger(engine, agents, "slot_backfill:run 1"),
    ).run()
    assert set(agents.asked) == waiting - {"Suppressed", "Jane Doe", "TBD", "Twin"}
    with engine.connect() as connection:
        cancelled = {row["company_name"]: row["error_message"] for row in requests(connection, "cancelled")}
        attempts = connection.execute(
            text(
                "select sum(enrichment_attempts) from company_slot join companies using (company_unique_id) "
                "where name in ('Suppressed', 'Jane Doe', 'TBD', 'Twin')"
            )
        ).scalar_one()
    assert set(cancelled) == {"Suppressed", "Jane Doe", "TBD", "Twin"}
    assert "in doubt" in cancelled["Twin"]
    assert attempts == 0
