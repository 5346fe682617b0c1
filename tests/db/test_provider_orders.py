"""The order of providers, learned from what a run has noted about their answers."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest
from sqlalchemy import Engine, text

from prospecting.agents.ledger import Ledger
from prospecting.agents.searches import Answer, SeatSearch
from prospecting.agents.steps import Steps
from prospecting.persistence.companies import CompanyRow, upsert_companies
from prospecting.persistence.provider_answers import query_track_records
from prospecting.persistence.slot_requests import Queue
from prospecting.scoring.provider_order import ANY, Segment, TrackRecord
from prospecting.services.provider_orders import ProviderOrder, compare_orders, describe_order
from prospecting.services.runtime import Runtime
from prospecting.services.slot_backfill import Backfill
from tests.db.factories import evaluate

HOLDERS = {"CEO": ("Ann Poe", "CEO"), "CFO": ("Bo Bee", "CFO"), "HR": ("Cy Dee", "Head of HR")}
GIVEN = ["live:cheap", "live:good", "live:other"]


class Agents:
    """Knows the holders of all seats of companies whose name begins with one of ``knows``."""

    ttl_seconds = 3600

    def __init__(self, provider: str, usd: str, knows: str) -> None:
        self.provider = provider
        self.usd = Decimal(usd)
        self.knows = tuple(knows.split())
        self.asked: list[str] = []

    def reserve_usd(self, search: object) -> Decimal:
        return self.usd

    def answer(self, search: SeatSearch, steps: Steps) -> Answer:
        self.asked.append(search.company_name)
        known = search.target_functions if search.company_name.startswith(self.knows or ("-",)) else ()
        people = [{"name": HOLDERS[seat][0], "title": HOLDERS[seat][1]} for seat in known]
        return Answer(json.dumps({"contacts": people}).encode(), cost_usd=self.usd)


@pytest.fixture
def agents() -> dict[str, Agents]:
    """The cheap one knows companies in Germany, the good one all of them, for five times as much."""
    return {
        "live:cheap": Agents("llm:cheap", "0.01", "Germany"),
        "live:good": Agents("llm:good", "0.05", "Germany Austria"),
        "live:other": Agents("llm:other", "0.50", "Germany Austria"),
    }


def add(engine: Engine, country: str, numbers: range) -> None:
    with engine.begin() as connection:
        rows = [CompanyRow(f"{country} {number}") for number in numbers]
        upsert_companies(connection, rows, source_system="test")
        connection.execute(
            text("update companies set country = :country, size = 'small' where name like :country || ' %'"),
            {"country": country},
        )
        evaluate(connection)


def fill(engine: Engine, agents: dict[str, Agents], run: str, providers: list[str], *, learned: bool) -> None:
    runtime = Runtime(engine)
    Backfill(
        runtime,
        claimed_by=run,
        queue=Queue(),
        limit=100,
        lease_seconds=60,
        providers=providers,
        open_ledger=lambda provider: Ledger(engine, agents[provider], run),
        order=ProviderOrder(providers, is_learned=learned, min_observations=4),
    ).run()


def test_an_order_is_learned_for_each_kind_of_company(engine: Engine, agents: dict[str, Agents]) -> None:
    providers = GIVEN[:2]
    add(engine, "Germany", range(4))
    add(engine, "Austria", range(8))
    fill(engine, agents, "one", providers, learned=True)
    assert len(agents["live:cheap"].asked) == 12, "nothing is known yet: asked as given"
    with engine.connect() as connection:
        records = query_track_records(connection, [*GIVEN, "catalog"], days=180)
        assert records[Segment("small", "Austria")] == {
            "live:cheap": TrackRecord(8, 0, pytest.approx(0.01)),
            "live:good": TrackRecord(8, 8, pytest.approx(0.05)),
        }
        assert records[Segment(ANY, "Germany")] == {"live:cheap": TrackRecord(4, 4, pytest.approx(0.01))}
        assert set(records) == {
            Segment(size, country) for size in ("small", ANY) for country in ("Germany", "Austria", ANY)
        }
        lines = compare_orders(connection, providers, min_observations=4)
    assert [(line["country"], line["order"]) for line in lines] == [
        (None, ["live:cheap", "live:good"]),
        ("Austria", ["live:good", "live:cheap"]),
    ]
    assert lines[1]["given_usd"] == pytest.approx(0.01 + 0.9 * 0.05)
    assert lines[1]["usd"] == pytest.approx(0.05 + 0.1 * 0.01)
    assert describe_order(lines[1]) == (
        "Asking about a company (size small, country Austria) costs 0.0550 USD in the given order, and 0.0510 USD in "
        "the order live:good, live:cheap"
    )
    for each in agents.values():
        each.asked.clear()
    add(engine, "Austria", range(8, 10))
    add(engine, "Germany", range(8, 10))
    fill(engine, agents, "two", providers, learned=True)
    # In any order: several companies are asked about at once.
    assert sorted(agents["live:good"].asked) == ["Austria 8", "Austria 9"]
    assert sorted(agents["live:cheap"].asked) == ["Germany 8", "Germany 9"]


def test_what_was_taken_back_or_copied_teaches_nothing(engine: Engine, agents: dict[str, Agents]) -> None:
    add(engine, "Germany", range(2))
    fill(engine, agents, "one", GIVEN, learned=False)
    fill(engine, agents, "one", GIVEN, learned=False)
    with engine.begin() as connection:
        (asked,) = query_track_records(connection, GIVEN, days=180)[Segment()].values()
        assert asked.asked == 2
        connection.execute(
            text("update agent_calls set error_kind = 'taken_back' where id in (select max(id) from agent_calls)")
        )
        connection.execute(text("update provider_answers set answered_at = now() - interval '20 days'"))
        (asked,) = query_track_records(connection, GIVEN, days=180)[Segment()].values()
        assert asked.asked == 1
        assert query_track_records(connection, GIVEN, days=10) == {}
        assert compare_orders(connection, GIVEN, min_observations=1) == [], "nobody knows what the others are worth"
