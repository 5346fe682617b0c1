"""What companies did is stored once, with where that is from; through the services, for every type of signal."""

from __future__ import annotations

import json
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Connection, Engine, text

from prospecting.agents.ledger import Ledger
from prospecting.agents.live import question
from prospecting.agents.searches import Answer, PeopleSearch, Search
from prospecting.agents.steps import StepOutcome, Steps
from prospecting.parsing.records import CompanySignalRecord, Source
from prospecting.persistence.company_signals import CompanySignalRow, upsert_company_signals
from prospecting.persistence.observations import Sourced, query_observations, record_observations
from prospecting.services.answers import Origin, save_people
from prospecting.services.discovery import discover, find_people
from prospecting.services.executions import (
    companies_to_ask_about,
    find_execution,
    keywords_to_search,
    start_execution,
    summarize_execution,
)
from prospecting.services.reports.signals import execution as report_of
from prospecting.services.runtime import Runtime
from prospecting.services.signal_params import SignalParams
from tests.clock import date_ago, today
from tests.db.factories import add_companies, versions
from tests.stand_in.made_up import answer_for

DAY = date(2026, 10, 2)


class MadeUp:
    """A provider with the answers of the stand-in."""

    provider = "llm"
    ttl_seconds = 7 * 24 * 3600

    def __init__(self, companies: str | None = None, read: bytes | None = None) -> None:
        """``companies`` is the answer about companies, ``read`` the search before it."""
        self.companies = companies
        self.read = read
        self.requests: list[Mapping[str, Any]] = []

    def reserve_usd(self, search: Search) -> Decimal:
        return Decimal(0)

    def answer(self, search: Search, steps: Steps) -> Answer:
        self.requests.append(search.to_request())
        if self.read is not None:
            read = StepOutcome(self.read)
            steps.run("search", {"query": "rounds"}, lambda: read)
        if self.companies and not isinstance(search, PeopleSearch):
            return Answer(self.companies.encode())
        return Answer(answer_for(question(search, steps.today)).encode())


def rows(connection: Connection | Engine, query: str, **values: Any) -> list[dict[str, Any]]:
    if isinstance(connection, Engine):
        with connection.begin() as opened:
            return rows(opened, query, **values)
    return [dict(row) for row in connection.execute(text(query), values).mappings()]


def save(connection: Connection, kind: str, company: int, **said: Any) -> tuple[int, bool]:
    record = CompanySignalRecord(**said)
    (saved,) = upsert_company_signals(connection, kind, [CompanySignalRow(company, record)], source_system="t").saved
    assert saved is not None
    return saved.id, saved.is_new


# ------------------------------------------------------------------------------------------------------- one of each
@pytest.mark.parametrize(
    ("kind", "first", "second", "is_one"),
    [
        ("funding", {"round": "Series B"}, {"round": "series-b round"}, True),
        ("funding", {"round": "Series B", "occurred_on": DAY}, {"round": "Series B"}, True),
        ("funding", {"round": "Series B", "occurred_on": DAY},
         {"round": "Series B extension", "occurred_on": DAY + timedelta(60)}, True),
        ("funding", {"round": "Series B", "occurred_on": DAY},
         {"round": "Series B", "occurred_on": DAY + timedelta(400)}, False),
        ("funding", {"round": "Seed"}, {"round": "Series A"}, False),
        ("funding", {"occurred_on": DAY}, {"round": "Series A", "occurred_on": DAY}, True),
        ("hiring", {"position": "CISO"}, {"position": "ciso", "occurred_on": DAY}, True),
        ("hiring", {"position": "CISO", "location": "Berlin"}, {"position": "CISO", "location": "Paris"}, False),
        ("hiring", {"position": "CISO", "occurred_on": DAY},
         {"position": "CISO", "occurred_on": DAY + timedelta(90)}, False),
        ("product_launch", {"product": "Anvil Cloud"}, {"product": "ANVIL CLOUD"}, True),
        ("acquisition", {"acquirer": "Acme", "target": "Globex"}, {"acquirer": "ACME", "target": "Globex GmbH"}, True),
        ("acquisition", {"target": "Globex"}, {"target": "Initech"}, False),
    ],
)  # fmt: skip
def test_two_mentions_are_of_one_signal_or_of_two(
    connection: Connection, kind: str, first: dict[str, Any], second: dict[str, Any], is_one: bool
) -> None:
    (acme,) = add_companies(connection, "Acme")
    one, is_new = save(connection, kind, acme, **first)
    assert is_new
    for _ in range(2):  # doing it again changes nothing
        other, _ = save(connection, kind, acme, **second)
        assert (other == one) is is_one
        assert len(rows(connection, "select id from company_signals")) == (1 if is_one else 2)


def test_what_is_known_stays_and_gaps_are_filled(connection: Connection) -> None:
    (acme,) = add_companies(connection, "Acme")
    save(connection, "funding", acme, round="Series B", amount=Decimal(12_000_000), currency="USD")
    before = rows(connection, "select updated_at, xmin from company_signals")
    save(connection, "funding", acme, round="Series B")
    assert rows(connection, "select updated_at, xmin from company_signals") == before, "nothing new"
    save(
        connection, "funding", acme, round="Series B+", amount=Decimal(9), currency="EUR", investors=("Accel", "Index"),
        occurred_on=date(2026, 10, 1), date_precision="month",
    )  # fmt: skip
    query = "select round, amount, currency, investors, occurred_on, date_precision from company_signals"
    assert rows(connection, query) == [
        {
            "round": "Series B", "amount": Decimal("12000000.00"), "currency": "USD", "investors": ["Accel", "Index"],
            "occurred_on": date(2026, 10, 1), "date_precision": "month",
        }
    ]  # fmt: skip


def test_one_answer_names_a_signal_twice_and_a_bad_one_costs_itself(connection: Connection) -> None:
    acme, globex = add_companies(connection, "Acme", "Globex")
    given = [
        CompanySignalRow(acme, CompanySignalRecord(position="CISO")),
        CompanySignalRow(acme, CompanySignalRecord(position="CTO", amount=Decimal(-1))),
        CompanySignalRow(acme, CompanySignalRecord(position="ciso", department="IT")),
        CompanySignalRow(globex, CompanySignalRecord(position="CISO")),
    ]
    result = upsert_company_signals(connection, "hiring", given, source_system="t")
    assert [failure.position for failure in result.failures] == [1]
    ids = [saved and saved.id for saved in result.saved]
    assert (ids[0], ids[1], ids[3] != ids[0]) == (ids[2], None, True)
    assert rows(connection, "select department from company_signals where id = :id", id=ids[0]) == [
        {"department": "IT"}
    ]


def test_many_writers_store_a_signal_once(engine: Engine) -> None:
    with engine.begin() as connection:
        (acme,) = add_companies(connection, "Acme")

    def write(number: int) -> int:
        with engine.begin() as connection:
            signal, _ = save(connection, "hiring", acme, position="CISO")
            found = [Sourced("company_signal", signal, {"position": "CISO"}, Source("https://acme.com/jobs"))]
            record_observations(connection, found, seen_on=DAY)
            return signal

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(write, range(24)))) == 1
    assert len(rows(engine, "select id from observations")) == 1


# ------------------------------------------------------------------------------------------------------ observations
def test_the_same_is_observed_once_and_again_later(connection: Connection) -> None:
    (acme,) = add_companies(connection, "Acme")
    source = Source("https://news.example/a", DAY, "Acme raised twelve million")
    facts = {"round": "Series B", "investors": ("Accel", "Index"), "product": None}
    fact = Sourced("company", acme, facts, source)
    for _ in range(2):
        record_observations(connection, [fact, fact], seen_on=DAY)
    found = query_observations(connection, "company", acme)
    assert [(one["field"], one["value"], one["source_date"], one["is_verified"]) for one in found] == [
        ("investors", "Accel, Index", DAY, False),
        ("round", "Series B", DAY, False),
    ]
    later = DAY + timedelta(7)
    record_observations(connection, [replace(fact, is_verified=True)], seen_on=later)
    record_observations(connection, [fact], seen_on=DAY)  # an older answer that is saved late
    elsewhere = replace(fact, facts={"round": "Series B"}, source=Source("https://other.example"))
    record_observations(connection, [elsewhere], seen_on=DAY)
    found = query_observations(connection, "company", acme)
    assert [(one["field"], one["seen_on"], one["is_verified"]) for one in found] == [
        ("investors", later, True),
        ("round", later, True),
        ("round", DAY, False),
    ]


# --------------------------------------------------------------------------------------------------------- the whole
def run(engine: Engine, agents: MadeUp, kind: str, run_id: str = "r1", **configuration: Any) -> UUID:
    """An execution from its start to its results, as its tasks go through it."""
    runtime = Runtime(engine)
    params = SignalParams.model_validate(
        {"name": kind, "event_keywords": ["data"], "type": kind, "agents": "live", "target_functions": ["CEO"]}
        | configuration
    )
    execution_id = start_execution(runtime, params, airflow_run_id=run_id)
    execution = runtime.read(lambda connection: find_execution(connection, execution_id))
    ledger = Ledger(engine, agents, execution.scope)
    for keyword in keywords_to_search(runtime, execution_id):
        discover(runtime, ledger, execution, keyword)
    find_people(runtime, ledger, execution, companies_to_ask_about(runtime, execution_id))
    summarize_execution(runtime, execution_id, failed_tasks=0)
    return execution_id


EXPECTED = {
    "funding": {
        "round": "Series A", "amount": 12_000_000.0, "currency": "USD",
        "investors": ["Northwind Ventures", "Fabrikam Capital"],
    },
    "hiring": {"position": "Head of Security", "department": "Engineering", "location": "Berlin"},
    "product_launch": {"product": "Data Cloud"},
    "acquisition": {
        "acquirer": "Moreau Data GmbH", "target": "Weiss Labs", "amount": 1_200_000_000.0, "currency": "JPY",
    },
}  # fmt: skip
SHOWN = {
    "funding": "Series A, USD 12,000,000",
    "hiring": "Head of Security, Engineering, Berlin, WHEN (unverified); Data Engineer, Engineering, Berlin",
    "product_launch": "Data Cloud",
    "acquisition": "acquires Weiss Labs, JPY 1,200,000,000",
}
DATED = {"hiring": "posted_on", "product_launch": "launched_on"}


@pytest.mark.parametrize("kind", EXPECTED)
def test_an_execution_of_every_type_brings_columns_results_report_and_sources(engine: Engine, kind: str) -> None:
    execution_id, when = run(engine, MadeUp(), kind), date_ago(30).isoformat()
    (stored,) = rows(engine, "select status, results from signal_executions")
    assert stored["status"] == "completed"
    signals = stored["results"]["signals"]
    assert len(signals) == (6 if kind == "hiring" else 3)
    (moreau,) = {one["company_id"] for one in signals if one["company"] == "Moreau Data GmbH"}
    first = next(one for one in signals if one["company_id"] == moreau)
    assert (
        first.items()
        >= {"type": kind, "company_id": moreau, DATED.get(kind, "announced_on"): when, **EXPECTED[kind]}.items()
    )
    assert (first["source_url"], first["is_verified"]) == ("https://news.example.org/moreau", False)
    with engine.connect() as connection:
        report = report_of(connection, execution_id, rows=10)
        (table,) = (part for part in report.parts if getattr(part, "name", None) == "companies")
        assert SHOWN[kind].replace("WHEN", when) in [
            row[2].removesuffix(f", {when} (unverified)") for row in table.rows
        ]
        fields = {one["field"] for one in query_observations(connection, "company_signal", first["id"])}
        (person, *_) = rows(connection, "select id from persons order by id")
        (seen, *_) = query_observations(connection, "person", person["id"])
        assert (seen["is_verified"], seen["seen_on"]) == (False, today())
        before = versions(connection)
    assert fields == set(EXPECTED[kind]) | {"occurred_on"}
    run(engine, MadeUp(), kind, "r2")
    with engine.connect() as connection:
        after = versions(connection)
    for table in ("companies", "persons", "company_person_roles", "company_signals", "observations"):
        assert after[table] == before[table], "a second run adds nothing"


def test_what_does_not_fit_is_left_out_with_its_reason(engine: Engine) -> None:
    answer = {
        "companies": [
            {"name": "Old Round", "round": "Series A", "announced_on": "2020-01-01"},
            {"name": "Small Round", "round": "Series A", "amount": "$1M", "announced_on": today().isoformat()},
            {"name": "Seedling", "round": "Seed", "amount": "$9M"},
            {"name": "Fits", "round": "Series A", "amount": "$9M", "announced_on": today().isoformat()},
            {"name": "Quiet Ltd", "evidence": "raised an undisclosed sum"},
        ]
    }
    agents = MadeUp(json.dumps(answer))
    run(
        engine, agents, "funding", days_since_funding=90, min_amount=5_000_000, funding_stage=["Series A"],
        extract_sponsors=False,
    )  # fmt: skip
    assert agents.requests[0].items() >= {"min_amount": 5e6, "funding_stages": ["Series A"]}.items()
    assert agents.requests[0]["starts_from"] == (date_ago(90)).isoformat()
    query = "select raw ->> 'name' as name, reason from rejected_records where stage = 'filter' order by 1"
    assert [(row["name"], row["reason"]) for row in rows(engine, query)] == [
        ("Old Round", "too_early"),
        ("Seedling", "other_stage"),
        ("Small Round", "too_small"),
    ]
    assert {row["name"] for row in rows(engine, "select name from companies")} == {"Fits", "Quiet Ltd"}
    (results,) = rows(engine, "select results from signal_executions")
    assert [one["company"] for one in results["results"]["signals"]] == ["Fits"]


def test_evidence_that_was_read_is_verified_and_anything_else_says_so(engine: Engine) -> None:
    read = json.dumps([{"content": "Berlin. Acme GmbH raised “€3.5 million” in a seed round."}]).encode()
    answer = {
        "companies": [
            {
                "name": "Acme",
                "round": "Seed",
                "evidence": 'Acme GmbH raised "€3.5 million"',
                "source_url": "https://a.io/1",
            },
            {
                "name": "Globex",
                "round": "Seed",
                "evidence": "Globex raised nine million",
                "source_url": "https://a.io/2",
            },
        ]
    }
    run(engine, MadeUp(json.dumps(answer), read), "funding")
    (stored,) = rows(engine, "select results from signal_executions")
    found = {one["company"]: (one["source_url"], one["is_verified"]) for one in stored["results"]["signals"]}
    assert found == {"Acme": ("https://a.io/1", True), "Globex": ("https://a.io/2", False)}


def test_a_role_is_observed_on_the_day_of_its_page_else_on_the_day_it_was_paid_for(engine: Engine) -> None:
    agents = MadeUp()
    run(engine, agents, "funding")
    paid = datetime.now(UTC) - timedelta(days=3)
    with engine.begin() as connection:
        connection.execute(text("update agent_calls set finished_at = :paid"), {"paid": paid})
        connection.execute(text("delete from persons"))
    asked = len(agents.requests)
    run(engine, agents, "funding", "r2")
    assert len(agents.requests) == asked, "answered from the cache"
    days = {row["observed_on"] for row in rows(engine, "select observed_on from company_person_roles")}
    assert days == {paid.date()}
    seen = {row["seen_on"] for row in rows(engine, "select seen_on from observations where person_id is not null")}
    assert seen == {paid.date()}
    with engine.begin() as connection:
        (acme,) = add_companies(connection, "Acme Rockets")
    answer = [{"name": "Ann Lee", "title": "CEO", "source_url": "https://acme.com/team", "source_date": "2026-05-01"}]
    save_people(
        Runtime(engine), answer, Origin("t", "test"), company_id=acme, target_functions=[], limit=5, observed_on=today()
    )
    query = "select observed_on from company_person_roles where company_id = :acme"
    assert rows(engine, query, acme=acme) == [{"observed_on": date(2026, 5, 1)}]
