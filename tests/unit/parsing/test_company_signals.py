"""What companies did, in the shapes and spellings that models answer with."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from prospecting.parsing.company_signals import stage_of
from prospecting.parsing.records import CompanySignalRecord, Source, SponsorRecord
from prospecting.parsing.sponsors import parse_sponsors

OCTOBER_2 = date(2026, 10, 2)


def company(given: Any) -> SponsorRecord:
    parsed = parse_sponsors(given if isinstance(given, str) else json.dumps(given))
    assert parsed.rejected == []
    (record,) = parsed.items
    return record


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (
            {
                "name": "Acme", "round": "Series B round", "amount": "$12M", "announced_on": "2026-10-02",
                "investors": ["Accel", "Index Ventures"],
            },
            {
                "round": "Series B", "amount": Decimal(12_000_000), "currency": "USD", "occurred_on": OCTOBER_2,
                "date_precision": "day", "investors": ("Accel", "Index Ventures"),
            },
        ),
        (
            {"name": "Acme", "funding": {"stage": "Seed", "amount": {"value": "3,5 Mio.", "currency": "EUR"},
                                         "date": "October 2026"}},
            {"round": "Seed", "amount": Decimal(3_500_000), "currency": "EUR", "occurred_on": date(2026, 10, 1),
             "date_precision": "month"},
        ),
        (
            {"company": "Acme", "fundingRound": "Pre-Seed", "amountRaised": 1_500_000, "currency": "USD",
             "leadInvestors": "Accel, Index Ventures and others"},
            {"round": "Pre-Seed", "amount": Decimal(1_500_000), "currency": "USD",
             "investors": ("Accel", "Index Ventures")},
        ),
        (
            {"company": "Acme", "title": "Head of Security", "department": "Security", "location": "Berlin",
             "posted": "Oct 2, 2026"},
            {"position": "Head of Security", "department": "Security", "location": "Berlin", "occurred_on": OCTOBER_2,
             "date_precision": "day"},
        ),
        (
            {"name": "Acme", "product": "Anvil Cloud", "launched_on": "2026-10-02"},
            {"product": "Anvil Cloud", "occurred_on": OCTOBER_2, "date_precision": "day"},
        ),
        (
            {"name": "Acme", "acquirer": "Acme", "target": "Globex", "amount": "undisclosed", "announced_on": "2026"},
            {"acquirer": "Acme", "target": "Globex", "occurred_on": date(2026, 1, 1), "date_precision": "year"},
        ),
    ],
    ids=["funding", "nested funding", "camel case", "position", "launch", "acquisition"],
)  # fmt: skip
def test_what_a_company_did_is_read(given: dict[str, Any], expected: dict[str, Any]) -> None:
    found = company({"companies": [given]})
    assert found.name == "Acme"
    assert found.signals == (CompanySignalRecord(**expected),)


def test_every_position_of_a_list_is_one_and_takes_what_is_said_of_all() -> None:
    given = {
        "name": "Acme",
        "source_url": "https://acme.com/jobs",
        "posted_on": "2026-10-02",
        "open_positions": [
            {"position": "CISO", "location": "Berlin", "posted_on": "2026-11-01"},
            {"title": "SOC Analyst"},
            "Data Engineer",
        ],
    }
    found = company([given]).signals
    source = Source("https://acme.com/jobs")
    assert [(one.position, one.occurred_on, one.location, one.source) for one in found] == [
        ("CISO", date(2026, 11, 1), "Berlin", source),
        ("SOC Analyst", OCTOBER_2, None, source),
        ("Data Engineer", OCTOBER_2, None, source),
    ]


def test_a_company_that_is_named_twice_did_both() -> None:
    rows = [{"name": "Acme", "position": "CISO"}, {"name": "ACME Inc.", "position": "CTO"}]
    assert [one.position for one in company(rows).signals] == ["CISO", "CTO"]


def test_a_sponsor_did_nothing_and_costs_no_more_than_before() -> None:
    record = company([{"name": "Acme", "tier": "Gold", "website": "https://acme.com", "type": "Exhibitor"}])
    assert record.signals == ()
    assert company([{"name": "Acme", "tier": "Gold", "source_url": "https://conf.io/s"}]).source == Source(
        "https://conf.io/s"
    )
    assert company([{"name": "Acme", "headquarters": "Paris, France", "tier": "Gold"}]).headquarters == "Paris, France"


@pytest.mark.parametrize(
    ("said", "stage"),
    [
        ("Series B", "series b"), ("series-b", "series b"), ("Series B-2", "series b"), ("Serie A", "series a"),
        ("Series A extension", "series a"), ("Pre-Seed", "pre seed"), ("pre seed round", "pre seed"), ("Seed", "seed"),
        ("Series Seed", "seed"), ("pre-Series A", "pre series a"), ("growth equity", "growth"),
        ("Venture Debt", "debt"),
        ("Post-IPO equity", "ipo"), ("undisclosed", None), (None, None), ("Series of talks", None),
    ],
)  # fmt: skip
def test_a_stage_has_one_spelling(said: str | None, stage: str | None) -> None:
    assert stage_of(said) == stage
