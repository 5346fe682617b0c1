"""Sponsors named with events, limits that leave a record, and shares that are passed on."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Connection, Engine, text

from prospecting.persistence import agent_calls, signals
from prospecting.persistence.database import unit_of_work
from prospecting.services.answers import Origin, SponsorRules, read_events, save_event_records, save_events
from prospecting.services.executions import companies_to_ask_about, events_to_ask_about
from prospecting.services.findings import pass_on_unused_shares
from prospecting.services.runtime import Runtime
from prospecting.services.signal_params import SignalParams
from tests.db.factories import at_once, content, stored, versions

ANSWER = {
    "events": [
        {
            "name": "Ledger Days",
            "start_date": "2027-03-15",
            "website": "https://ledgerdays.com",
            "sponsors": [
                {"name": "Acme", "tier": "Gold", "website": "https://acme.com"},
                {"name": "Globex", "tier": "Silver"},
                {"name": "Initech", "website": "https://ledgerdays.com/sponsors/initech"},
                {"tier": "Bronze"},
            ],
        },
        {"name": "Coin Expo", "start_date": "2027-04-15", "sponsors": ["ACME Inc."], "has_sponsors": True},
        {"name": "Quiet Days", "start_date": "2027-05-15", "has_sponsors": False},
        {"name": "Open Days", "start_date": "2027-06-15", "has_sponsors": None},
    ]
}
RULES = SponsorRules(max_per_event=3, enough=3, fallback_industry="Money")


@pytest.fixture
def runtime(engine: Engine) -> Runtime:
    return Runtime(engine)


def opened(engine: Engine, **fields: Any) -> UUID:
    configuration = SignalParams.model_validate({"name": "Any", "event_keywords": ["money"], **fields})
    with unit_of_work(engine) as connection:
        signal = signals.upsert_signal(connection, name="Any", type=configuration.type, configuration={})
        return signals.start_execution(
            connection,
            signal_id=signal,
            configuration=configuration.stored_configuration(),
            airflow_run_id="run 1",
        )


def save(runtime: Runtime, execution: UUID | None, answer: Any = ANSWER, rules: SponsorRules | None = RULES) -> Any:
    origin = Origin("our_agent", "keyword money", execution)
    events, rejected = read_events(answer, origin)
    return save_event_records(runtime, events, rejected, origin, sponsors=rules)


def seen(engine: Engine, query: str) -> list[tuple[Any, ...]]:
    with engine.connect() as connection:
        return [tuple(row) for row in connection.execute(text(query))]


LINKS = (
    "select e.name, c.name, c.domain, s.sponsor_tier from event_sponsors as s "
    "join events as e on e.id = s.event_id join companies as c on c.id = s.company_id order by e.start_dt, c.name"
)


def test_sponsors_named_with_an_event_are_its_sponsors(runtime: Runtime, engine: Engine) -> None:
    execution = opened(engine)
    saved = save(runtime, execution)
    assert (len(saved.ids), saved.new, saved.records) == (4, 4, 4)
    assert seen(engine, LINKS) == [
        ("Ledger Days", "Acme", "acme.com", "gold"),
        ("Ledger Days", "Globex", None, "silver"),
        ("Ledger Days", "Initech", None, None),  # the event's own page identifies nobody
        ("Coin Expo", "Acme", "acme.com", None),
    ]
    assert seen(engine, "select distinct primary_industry, industry_is_guess from companies") == [("Money", True)]
    entities = "select entity_type, count(*) from signal_execution_entities group by entity_type order by 1"
    assert seen(engine, entities) == [("company", 3), ("event", 4)]
    left_out = seen(engine, "select record_type, stage, reason, source from rejected_records")
    assert left_out == [("sponsor", "parse", "missing_name", "keyword money")]
    # Three named are enough, none is none; one named is not all of them, and nothing said is nothing known.
    skipped = "select e.name, x.skip_reason from signal_execution_entities as x join events as e on e.id = x.entity_id"
    assert sorted(seen(engine, f"{skipped} where x.entity_type = 'event'"), key=str) == [
        ("Coin Expo", None),
        ("Ledger Days", "sponsors_named"),
        ("Open Days", None),
        ("Quiet Days", "no_sponsors"),
    ]
    names = {row["id"]: row["name"] for row in stored_events(engine)}
    assert {names[one] for one in events_to_ask_about(runtime, execution)} == {"Coin Expo", "Open Days"}

    with engine.connect() as connection:
        before = versions(connection)
    save(runtime, execution)
    with engine.connect() as connection:
        assert versions(connection) == before


def stored_events(engine: Engine) -> list[dict[str, Any]]:
    with engine.connect() as connection:
        return stored(connection, "events")


def test_sponsors_that_are_not_wanted_are_not_saved(runtime: Runtime, engine: Engine) -> None:
    execution = opened(engine, extract_sponsors=False)
    save(runtime, execution, rules=None)
    assert seen(engine, "select count(*) from companies") == [(0,)]
    assert seen(engine, "select count(*) from signal_execution_entities where skip_reason is not null") == [(0,)]


def test_sponsors_over_the_limit_are_noted(runtime: Runtime, engine: Engine) -> None:
    save(runtime, opened(engine), rules=SponsorRules(max_per_event=2, enough=2))
    assert [link[1] for link in seen(engine, LINKS) if link[0] == "Ledger Days"] == ["Acme", "Globex"]
    left_out = seen(engine, "select reason, detail, raw ->> 'name' from rejected_records where stage = 'filter'")
    assert left_out == [("over_limit", "Only 2 sponsors per event are kept", "Initech")]


def test_an_answer_of_somebody_else_saves_sponsors_too(runtime: Runtime, engine: Engine) -> None:
    saved = save_events(runtime, json.dumps(ANSWER), Origin("theirs", "theirs: call 1"), limit=2)
    assert saved.records == 2
    assert len(seen(engine, LINKS)) == 4


def test_two_at_once_save_each_sponsor_once(runtime: Runtime, engine: Engine) -> None:
    execution = opened(engine)
    work: Callable[[Connection], Any] = lambda connection: save(runtime, execution)  # noqa: E731
    at_once(engine, [work] * 4)
    with engine.connect() as connection:
        together = content(connection, "companies", "events")
    assert len(seen(engine, LINKS)) == 4
    save(runtime, execution)
    with engine.connect() as connection:
        assert content(connection, "companies", "events") == together


# ------------------------------------------------------------------------------------------------- shares of a limit
def answered(engine: Engine, execution: UUID, keyword: str, answer: Any) -> None:
    with unit_of_work(engine) as connection:
        call_id = agent_calls.open_call(
            connection,
            scope=f"signal_execution:{execution}",
            agent="event_discovery",
            provider="test",
            request_key=keyword,
            request={"keyword": keyword},
            reserved_usd=Decimal(0),
        )
        agent_calls.finish_call(
            connection,
            call_id,
            response=json.dumps(answer).encode(),
            latency_ms=1,
            input_tokens=None,
            output_tokens=None,
            cost_usd=Decimal(0),
            ttl_seconds=0,
        )


def numbered(prefix: str, count: int) -> list[dict[str, Any]]:
    return [{"name": f"{prefix} Days", "start_date": f"2027-01-{day:02}"} for day in range(1, count + 1)]


def test_what_one_keyword_leaves_unused_is_passed_on(runtime: Runtime, engine: Engine) -> None:
    execution = opened(
        engine, event_keywords=["coins", "notes", "gold"], limits={"max_events": 9}, date_to="2027-01-15"
    )
    found = {"coins": numbered("Coin", 1), "notes": numbered("Note", 20)}
    for keyword, events in found.items():
        answered(engine, execution, keyword, {"events": events})
        save(runtime, execution, {"events": events[:3]})
    assert len(events_to_ask_about(runtime, execution)) == 4

    assert pass_on_unused_shares(runtime, execution) == 5
    assert len(events_to_ask_about(runtime, execution)) == 9
    left_out = "select reason, detail, source, count(*) from rejected_records group by 1, 2, 3"
    expected = [("over_limit", "Only 9 events per execution are kept (limits.max_events)", "keyword notes", 7)]
    assert seen(engine, left_out) == expected

    with engine.connect() as connection:
        before = versions(connection)
    pass_on_unused_shares(runtime, execution)
    with engine.connect() as connection:
        assert versions(connection) == before


def test_nothing_is_passed_on_among_companies(runtime: Runtime, engine: Engine) -> None:
    execution = opened(engine, type="funding", agents="live")
    answered(engine, execution, "money", {"events": numbered("Coin", 9)})
    assert pass_on_unused_shares(runtime, execution) == 0


def test_companies_that_are_not_asked_about_are_noted(runtime: Runtime, engine: Engine) -> None:
    execution = opened(engine, limits={"max_companies": 2})
    save(runtime, execution)
    chosen = companies_to_ask_about(runtime, execution)
    assert len(chosen) == 2
    left_out = "select record_type, reason, detail, source from rejected_records where reason = 'over_limit'"
    assert seen(engine, left_out) == [
        (
            "company",
            "over_limit",
            "Only 2 companies per execution are asked about (limits.max_companies)",
            "limits.max_companies",
        )
    ]
    with engine.connect() as connection:
        assert signals.query_execution_counts(connection, execution)["companies_over_limit"] == 1
        before = versions(connection)
    assert companies_to_ask_about(runtime, execution) == chosen
    with engine.connect() as connection:
        assert versions(connection) == before
