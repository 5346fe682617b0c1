"""Prospects first: events to come, sponsors of earlier editions, companies by rank and kind, shipped data."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date, timedelta
from functools import partial
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Connection, Engine, text

from prospecting.agents.catalog import CatalogAgents
from prospecting.agents.searches import EventSearch, SponsorSearch
from prospecting.parsing.records import SponsorRecord
from prospecting.persistence import signals
from prospecting.persistence.companies import CompanyRow, upsert_companies
from prospecting.persistence.events import find_website, upsert_event_sponsors
from prospecting.services.answers import Origin, save_companies, save_events
from prospecting.services.executions import companies_to_ask_about, start_execution, summarize_execution
from prospecting.services.runtime import Runtime
from prospecting.services.signal_params import SignalParams
from tests.clock import date_ago, today
from tests.db.factories import at_once, ids, stored, versions


def coming() -> date:
    """The day of an edition to come; the others are over."""
    return date_ago(-90)


def latest() -> date:
    return date_ago(275)


def past() -> date:
    return date_ago(640)


def past_answer() -> dict[str, Any]:
    return {
        "sponsors": [],
        "past_sponsors": [
            {"name": "Initech", "tier": "Gold", "website": "initech.com", "year": latest().year},
            {"name": "Hooli", "website": "hooli.com", "year": past().year},
        ],
    }


@pytest.fixture
def runtime(engine: Engine) -> Runtime:
    return Runtime(engine)


def execute(runtime: Runtime, events: Sequence[dict[str, Any]], run: str = "run 1", **params: Any) -> UUID:
    """An execution that has found these events."""
    configuration = SignalParams.model_validate({"name": "Any", "event_keywords": ["ruby"], **params})
    execution = start_execution(runtime, configuration, airflow_run_id=run)
    save_events(runtime, {"events": list(events)}, Origin("test", "keyword ruby", execution), limit=100)
    return execution


def event(name: str, day: date, *sponsors: tuple[str, str], website: str | None = None) -> dict[str, Any]:
    named = [{"name": name, "tier": tier, "website": f"{name.lower()}.com"} for name, tier in sponsors]
    return {"name": name, "start_date": day.isoformat(), "website": website, "sponsors": named}


def event_id(engine: Engine, day: date) -> int:
    with engine.connect() as connection:
        found: int = connection.execute(text("select id from events where start_dt = :day"), {"day": day}).scalar_one()
    return found


def sponsors(connection: Connection, day: date) -> dict[str, tuple[str | None, bool, int | None]]:
    rows = connection.execute(
        text(
            "select c.name, s.sponsor_tier, s.is_past_sponsor, s.past_year from event_sponsors as s"
            " join events as e on e.id = s.event_id join companies as c on c.id = s.company_id where e.start_dt = :day"
        ),
        {"day": day},
    )
    return {name: (tier, is_past, year) for name, tier, is_past, year in rows}


# ------------------------------------------------------------------------------------------------- earlier editions
def test_sponsors_of_earlier_editions_count_until_there_is_a_list(runtime: Runtime, engine: Engine) -> None:
    execute(
        runtime,
        [
            event("RubyConf 2025", past(), ("Acme", "Silver"), ("Globex", "Gold")),
            event("RubyConf", latest(), ("Acme", "Gold")),
            event("PyConf", latest() + timedelta(days=1), ("Elsewhere Ltd", "Gold")),
        ],
    )
    found = [
        event("PyConf", latest() + timedelta(days=1)),
        event("RailsConf", coming() + timedelta(days=1), ("Umbrella", "Gold")),
    ]
    execution = execute(runtime, [*found, event("RubyConf", coming())], run="run 2")
    chosen = companies_to_ask_about(runtime, execution)
    with engine.connect() as connection:
        # Of a company the latest edition counts. Past editions are left alone.
        assert sponsors(connection, coming()) == {
            "Acme": ("gold", True, latest().year), "Globex": ("gold", True, past().year),
        }  # fmt: skip
        assert sponsors(connection, latest()) == {"Acme": ("gold", False, None)}
        names = {row["id"]: row["name"] for row in stored(connection, "companies")}
        assert [names[company_id] for company_id in chosen] == ["Umbrella", "Acme", "Globex"]
        before = versions(connection)
    assert companies_to_ask_about(runtime, execution) == chosen
    with engine.connect() as connection:
        assert versions(connection) == before
        assert "Acme" in {row["name"] for row in signals.query_found(connection, execution, "companies")}
    summarize_execution(runtime, execution, failed_tasks=0)
    with engine.connect() as connection:
        results = signals.find_execution(connection, execution)["results"]
    assert [(row["name"], row["is_past_sponsor"], row["past_year"]) for row in results["companies"]] == [
        ("Umbrella", False, None), ("Acme", True, latest().year), ("Globex", True, past().year),
    ]  # fmt: skip
    assert [row["name"] for row in results["events"]] == ["RubyConf", "RailsConf", "PyConf"]

    # The edition's own list takes over, and is not mixed with the others again.
    origin = Origin("test", "event 1", execution)
    number = event_id(engine, coming())
    save_companies(runtime, {"sponsors": ["Globex", "Newco"]}, origin, limit=9, event_id=number, today=today())
    own = {"Globex": (None, False, None), "Newco": (None, False, None)}
    save_companies(runtime, past_answer(), origin, limit=9, event_id=number, today=today())
    companies_to_ask_about(runtime, execution)
    with engine.connect() as connection:
        assert sponsors(connection, coming()) == own


def test_an_answer_may_list_the_sponsors_of_earlier_editions_apart(runtime: Runtime, engine: Engine) -> None:
    execution = execute(runtime, [event("RubyConf", coming()), event("PyConf", latest())])
    origin = Origin("test", "event 1", execution)
    for day in (coming(), latest()):
        save_companies(runtime, past_answer(), origin, limit=9, event_id=event_id(engine, day), today=today())
    with engine.connect() as connection:
        assert sponsors(connection, coming()) == {
            "Initech": ("gold", True, latest().year), "Hooli": (None, True, past().year),
        }  # fmt: skip
        assert sponsors(connection, latest()) == {}
        assert [row["reason"] for row in stored(connection, "rejected_records")] == ["not_current"] * 2


def test_an_own_list_and_earlier_sponsors_at_once_are_never_mixed(runtime: Runtime, engine: Engine) -> None:
    execution = execute(
        runtime,
        [event("RubyConf", latest(), ("Acme", "Gold"), ("Globex", "Gold")), event("RubyConf", coming())],
    )
    number = event_id(engine, coming())
    with engine.connect() as connection:
        companies = [row["id"] for row in stored(connection, "companies")]

    def write(company_id: int, connection: Connection) -> None:
        find_website(connection, number)
        own = [(company_id, SponsorRecord("Acme", "gold"))]
        upsert_event_sponsors(connection, number, own, source_system="test")

    def carry(connection: Connection) -> None:
        del connection
        companies_to_ask_about(runtime, execution)

    at_once(engine, [carry, partial(write, companies[0]), carry, partial(write, companies[1]), carry])
    with engine.connect() as connection:
        assert {is_past for _, is_past, _ in sponsors(connection, coming()).values()} == {False}
        assert len(sponsors(connection, coming())) == 2


def test_the_catalog_gives_events_to_come_first_and_their_earlier_sponsors() -> None:
    agents = CatalogAgents()
    day = date(2025, 1, 1)
    search = EventSearch("ruby", starts_from=date(2024, 1, 1), limit=200, upcoming_from=day)
    found = json.loads(agents.answer(search).content)["events"]
    is_over = [event["end_date"] < day.isoformat() for event in found if "end_date" in event]
    assert is_over == sorted(is_over)
    assert len(set(is_over)) == 2
    asked = SponsorSearch("Balkan Ruby 2027", starts_on=date(2027, 5, 1), is_upcoming=True)
    answer = json.loads(agents.answer(asked).content)
    assert answer["sponsors"] == []
    assert {sponsor["year"] for sponsor in answer["past_sponsors"]} == {2025, 2026}
    over = SponsorSearch("Balkan Ruby 2027", starts_on=date(2027, 5, 1))
    assert "past_sponsors" not in json.loads(agents.answer(over).content)


# -------------------------------------------------------------------------------------------------- whom to ask first
def test_companies_are_asked_about_by_recent_tiers_and_wanted_kinds(runtime: Runtime, engine: Engine) -> None:
    execution = execute(
        runtime,
        [
            event("RubyConf", past(), ("Old", "Platinum"), ("City of Austin", "Gold"), ("Berlin User Group", "Gold")),
            event("RailsConf", coming(), ("Bronzed", "Bronze"), ("Silvered", "Silver"), ("Mozilla Foundation", "Gold")),
        ],
        limits={"max_companies": 3},
    )  # fmt: skip
    chosen = companies_to_ask_about(runtime, execution)
    with engine.connect() as connection:
        rows = {row["id"]: row for row in stored(connection, "companies")}
        assert [rows[company_id]["name"] for company_id in chosen] == ["Mozilla Foundation", "Silvered", "Bronzed"]
        assert {row["name"]: row["kind"] for row in rows.values() if row["kind"]} == {
            "City of Austin": "government", "Berlin User Group": "community", "Mozilla Foundation": "non_profit",
        }  # fmt: skip
        left = stored(connection, "rejected_records", "reason, raw ->> 'name' as name")
        assert sorted((row["reason"], row["name"]) for row in left) == [
            ("other_kind", "Berlin User Group"), ("other_kind", "City of Austin"), ("over_limit", "Old"),
        ]  # fmt: skip
    notes = summarize_execution(runtime, execution, failed_tasks=0).notes
    assert any("2 companies not asked about: of another kind than company and non profit" in note for note in notes)
    everybody = execute(
        runtime,
        [event("RubyConf", past())],
        run="run 2",
        company_kinds=["government", "community", "company"],
    )
    save_companies(
        runtime,
        {"sponsors": ["City of Austin"]},
        Origin("test", "event 1", everybody),
        limit=9,
        event_id=event_id(engine, past()),
    )
    assert [rows[company_id]["name"] for company_id in companies_to_ask_about(runtime, everybody)] == ["City of Austin"]


def test_sponsors_that_do_not_fit_the_criteria_are_not_asked_about(runtime: Runtime, engine: Engine) -> None:
    """By what is said with them, and what is known of them; unknown is not held against anybody."""
    names = ("Tiny", "Sized", "Far", "Somewhere", "Rubyist", "Pythonist", "Mystique")
    execution = execute(
        runtime,
        [event("RubyConf", coming(), *((name, "Gold") for name in names))],
        company_size=["medium", "201-1000"],
        geographies=["Boston"],
        technologies=["Ruby on Rails", "ruby"],
    )
    said = {
        "sponsors": [
            {"name": "Tiny", "employee_range": "11-50", "tier": "Gold"},
            {"name": "Far", "headquarters": "Berlin, Germany", "tier": "Gold"},
        ]
    }
    save_companies(runtime, said, Origin("test", "event 1", execution), limit=9, event_id=event_id(engine, coming()))
    with engine.begin() as connection:
        for name, known in (
            ("Sized", "size = 'enterprise'"),
            ("Somewhere", "country = 'US', size = 'medium'"),
            ("Rubyist", """research_data = '{"tech_stack": ["Ruby", "Go"], "technologies": "many"}'"""),
            ("Pythonist", """research_data = '{"technologies": ["Python"]}'"""),
        ):
            connection.execute(text(f"update companies set {known} where name = :name"), {"name": name})
    expected = {
        "Tiny": "other_size", "Sized": "other_size", "Far": "elsewhere", "Pythonist": "other_technology",
    }  # fmt: skip
    for _ in range(2):
        chosen = companies_to_ask_about(runtime, execution)
        with engine.connect() as connection:
            by_id = {row["id"]: row["name"] for row in stored(connection, "companies")}
            left = stored(connection, "rejected_records", "stage, reason, raw ->> 'name' as name")
            skipped = stored(connection, "signal_execution_entities", "entity_id, skip_reason", "entity_id")
        assert {by_id[company_id] for company_id in chosen} == set(names) - set(expected)
        assert {row["name"]: row["reason"] for row in left if row["stage"] == "filter"} == expected
        assert len(left) == 4
        assert {by_id[row["entity_id"]]: row["skip_reason"] for row in skipped if row["skip_reason"] in
                expected.values()} == expected  # fmt: skip
    summary = summarize_execution(runtime, execution, failed_tasks=0)
    assert any("4 companies not asked about: of another size, elsewhere" in note for note in summary.notes)
    with engine.connect() as connection:
        found = signals.find_execution(connection, execution)["results"]
        assert found["notAsked"] == {"other_size": 2, "elsewhere": 1, "other_technology": 1}
        assert {company["name"] for company in found["companies"]} == set(names), "they do sponsor the event"


# ------------------------------------------------------------------------------------------------------- shipped data
def test_shipped_data_completes_and_never_contradicts(connection: Connection) -> None:
    def save(*rows: CompanyRow) -> list[int]:
        return ids(upsert_companies(connection, rows, source_system="test").saved)

    (own,) = save(CompanyRow("3M", "3m.com", primary_industry="Adhesives", headquarters_location="Here"))
    (bare,) = save(CompanyRow("Datadog", "datadoghq.com", primary_industry="Dogs", industry_is_guess=True))
    (later,) = save(CompanyRow("Fortinet"))
    save(CompanyRow("Fortinet", "fortinet.com"))
    (brand,) = save(CompanyRow("VMware", "vmware.com"))
    found = {row["id"]: row for row in stored(connection, "companies")}
    columns = ("primary_industry", "industry_is_guess", "headquarters_location", "country")
    assert [tuple(found[id][column] for column in columns) for id in (own, bare, later)] == [
        ("Adhesives", False, "Here", "US"),
        ("Application Software", False, "New York City, New York", "US"),
        ("Systems Software", False, "Sunnyvale, California", "US"),
    ]
    assert found[brand]["parent_domain"] == "broadcom.com"
    before = versions(connection)
    save(CompanyRow("3M", "3m.com"), CompanyRow("Datadog", "datadoghq.com"), CompanyRow("VMware", "vmware.com"))
    assert versions(connection) == before


@pytest.mark.parametrize("order", [("amazon.de", "amazon.com", "amazon.fr"), ("amazon.com", "amazon.fr", "amazon.de")])
def test_other_domains_of_a_company_lead_to_it_in_any_order(connection: Connection, order: Sequence[str]) -> None:
    found = [
        ids(upsert_companies(connection, [CompanyRow("Amazon", domain)], source_system="test").saved)[0]
        for domain in order
    ]
    assert len(set(found)) == 1
    (row,) = stored(connection, "companies")
    assert (row["name"], row["domain"]) == ("Amazon", "amazon.com")
    # Another name there is another company.
    (other,) = ids(upsert_companies(connection, [CompanyRow("Zappos", "amazon.it")], source_system="test").saved)
    assert other != found[0]
