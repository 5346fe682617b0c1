"""Which companies and events are what a signal asks for; what is not known is not held against them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from pydantic import ValidationError

from prospecting.agents.searches import CompanySearch, EventSearch
from prospecting.parsing.records import CompanySignalRecord, EventRecord, SponsorRecord
from prospecting.services.company_fit import CompanyRules, asked_criteria, dated, window_of
from prospecting.services.params import explain
from prospecting.services.signal_params import SignalParams, SignalType
from prospecting.services.signals import event_misfit

STARTED = date(2026, 11, 30)


def configured(type: str, **criteria: Any) -> SignalParams:
    return SignalParams.model_validate({"name": "x", "event_keywords": ["data"], "type": type, **criteria})


def fit(type: str, signal: dict[str, Any], criteria: dict[str, Any], **company: Any) -> str | None:
    """The reason against a company that did this; ``None`` when it fits."""
    record = SponsorRecord("Acme", signals=(CompanySignalRecord(**signal),), **company)
    found = CompanyRules(configured(type, **criteria), STARTED).fitting(record)
    return None if isinstance(found, SponsorRecord) else found[0]


ROUND = {"round": "Series B", "amount": Decimal(12_000_000), "currency": "USD", "occurred_on": date(2026, 10, 2)}
JOB = {"position": "Head of Security", "department": "IT", "occurred_on": date(2026, 11, 1)}
DEAL = {"target": "Globex", "amount": Decimal(12_000_000), "currency": "EUR"}


@pytest.mark.parametrize(
    ("type", "signal", "criteria", "reason"),
    [
        ("funding", ROUND, {}, None),
        ("funding", ROUND, {"date_from": "2026-10-02", "date_to": "2026-10-02"}, None),
        ("funding", ROUND, {"date_from": "2026-10-03"}, "too_early"),
        ("funding", ROUND, {"date_to": "2026-10-01"}, "too_late"),
        ("funding", {**ROUND, "occurred_on": None}, {"date_from": "2026-10-03"}, None),
        ("funding", {**ROUND, "occurred_on": date(2026, 10, 1), "date_precision": "month"},
         {"date_from": "2026-10-15"}, None),
        ("funding", {**ROUND, "occurred_on": date(2026, 9, 1), "date_precision": "month"},
         {"date_from": "2026-10-15"}, "too_early"),
        ("funding", ROUND, {"days_since_funding": 59}, None),
        ("funding", ROUND, {"days_since_funding": 58}, "too_early"),
        ("funding", ROUND, {"days_since_posted": 1}, None),
        ("funding", ROUND, {"funding_stage": "series-b, seed"}, None),
        ("funding", ROUND, {"funding_stage": ["Series A"]}, "other_stage"),
        ("funding", {**ROUND, "round": None}, {"funding_stage": ["Series A"]}, None),
        ("funding", ROUND, {"min_amount": 12_000_000, "max_amount": 12_000_000}, None),
        ("funding", ROUND, {"min_amount": 12_000_001}, "too_small"),
        ("funding", ROUND, {"max_amount": 11_999_999}, "too_large"),
        ("funding", ROUND, {"max_amount": 1, "amount_currency": "euro"}, None),
        ("funding", {**ROUND, "amount": None}, {"min_amount": 50_000_000}, None),
        ("acquisition", DEAL, {"min_amount": 50_000_000, "amount_currency": "EUR"}, "too_small"),
        ("acquisition", DEAL, {"min_amount": 50_000_000}, None),
        ("hiring", JOB, {"positions": ["Head of Security"], "seniority": ["director"], "departments": ["it"]}, None),
        ("hiring", JOB, {"positions": ["Data Engineer"]}, "other_position"),
        ("hiring", JOB, {"seniority": ["C-Suite"]}, "other_seniority"),
        ("hiring", JOB, {"departments": ["Sales"]}, "other_department"),
        ("hiring", {"position": "VP Sales"}, {"departments": ["Sales"]}, None),
        ("hiring", JOB, {"days_since_posted": 29}, None),
        ("hiring", JOB, {"days_since_posted": 28}, "too_early"),
        ("product_launch", {"product": "X", "technologies": ("Apache Kafka", "Go")}, {"technologies": ["kafka"]}, None),
        ("product_launch", {"product": "X", "technologies": ("Go",)}, {"technologies": ["kafka"]}, "other_technology"),
        ("product_launch", {"product": "X"}, {"technologies": ["kafka"]}, None),
    ],
)  # fmt: skip
def test_what_a_company_did_has_to_fit(
    type: str, signal: dict[str, Any], criteria: dict[str, Any], reason: str | None
) -> None:
    assert fit(type, signal, criteria) == reason


@pytest.mark.parametrize(
    ("company", "criteria", "reason"),
    [
        ({"employee_range": "51-200"}, {"company_size": ["medium"]}, None),
        ({"employee_range": "51-200 employees"}, {"company_size": ["small", "large"]}, "other_size"),
        ({"employee_range": "120"}, {"company_size": ["100-150"]}, None),
        ({"employee_range": "10,000+"}, {"company_size": "enterprise"}, None),
        ({}, {"company_size": ["small"]}, None),
        ({"headquarters": "Paris, France"}, {"geographies": ["Europe"]}, None),
        ({"headquarters": "Austin, TX"}, {"geographies": ["Europe", "Israel"]}, "elsewhere"),
        ({"headquarters": "the cloud"}, {"geographies": ["Europe"]}, None),
        ({}, {"geographies": ["Europe"]}, None),
    ],
)
def test_a_company_has_to_fit(company: dict[str, Any], criteria: dict[str, Any], reason: str | None) -> None:
    assert fit("funding", ROUND, criteria, **company) == reason


def test_of_several_things_those_that_fit_are_kept() -> None:
    jobs = (*tuple(CompanySignalRecord(position=name) for name in ("CISO", "Cook")), CompanySignalRecord())
    rules = CompanyRules(configured("hiring", positions=["CISO"]), STARTED)
    found = rules.fitting(SponsorRecord("Acme", signals=jobs))
    assert isinstance(found, SponsorRecord)
    assert [one.position for one in found.signals] == ["CISO"]
    bare = rules.fitting(SponsorRecord("Globex"))
    assert bare == SponsorRecord("Globex"), "nothing is known of what it did"


def test_nothing_is_announced_after_it_was_found() -> None:
    later = CompanySignalRecord(product="X", occurred_on=date(2027, 1, 1), date_precision="day")
    assert dated(later, SignalType.funding, STARTED).occurred_on is None
    assert dated(later, SignalType.product_launch, STARTED).occurred_on == date(2027, 1, 1)


@pytest.mark.parametrize(
    ("event", "criteria", "reason"),
    [
        ({"attendees": 501}, {"max_attendees": 500}, "too_large"),
        ({"attendees": 500}, {"max_attendees": 500}, None),
        ({}, {"max_attendees": 500}, None),
        ({"event_type": "Expo"}, {"event_type": "trade show"}, None),
        ({"event_type": "Annual Congress"}, {"event_type": "conference"}, None),
        ({"event_type": "meetup"}, {"event_type": "conference"}, "other_type"),
        ({"event_type": "in person"}, {"event_type": "conference"}, None),
        ({}, {"event_type": "conference"}, None),
    ],
)
def test_an_event_has_to_fit(event: dict[str, Any], criteria: dict[str, Any], reason: str | None) -> None:
    found = event_misfit(EventRecord("DataConf", **event), configured("conference", **criteria))
    assert (found and found[0]) == reason


# ------------------------------------------------------------------------------------------------------ the question
def test_criteria_are_asked_for_and_change_no_question_without_them() -> None:
    unset = CompanySearch("funding", "data", **asked_criteria(configured("funding")))
    assert unset.to_request() == {
        "signal_type": "funding", "keyword": "data", "locations": [], "industries": [], "starts_from": None,
        "starts_until": None, "discovery_prompt": None, "limit": 25,
    }  # fmt: skip
    # The keys that stored answers have.
    assert unset.key("llm") == "450c1a85c8d3b19786f6eef3cbc7aa3ac87f4883939391a03846c9887fb8db71"
    assert EventSearch("data").key("llm") == "b2cd11d6d11ef4c567a842f5c192c19bef720e7ba0fad96f43611fbc13f4dc85"
    given = configured("funding", funding_stage="seed", min_amount=1_000_000, positions=["CTO"], company_size=["small"])
    asked = CompanySearch("funding", "data", **asked_criteria(given))
    assert asked.to_request().items() >= {
        "funding_stages": ["seed"], "min_amount": 1e6, "amount_currency": "USD", "company_sizes": ["small"],
    }.items()  # fmt: skip
    assert "positions" not in asked.to_request(), "rounds have no positions"
    assert asked.key("llm") != unset.key("llm")
    hiring = asked_criteria(configured("hiring", positions=["CTO"], min_amount=1))
    assert (hiring["positions"], "min_amount" in hiring) == (("CTO",), False)


def test_the_window_is_the_narrower_of_two() -> None:
    both = configured("funding", days_since_funding=30, date_from="2026-11-15", date_to="2026-12-31")
    assert window_of(both, STARTED) == (date(2026, 11, 15), date(2026, 12, 31))
    assert window_of(configured("funding", days_since_funding=30), STARTED) == (date(2026, 10, 31), None)
    assert window_of(configured("acquisition", days_since_funding=30), STARTED) == (None, None)


@pytest.mark.parametrize(
    ("criteria", "remedy"),
    [
        ({"funding_stage": ["later"]}, "write for example seed"),
        ({"company_size": ["huge"]}, "write small, medium, large"),
        ({"seniority": ["boss"]}, "write any of C-Suite"),
        ({"geographies": ["Nowhereland"]}, "not a place we know"),
        ({"amount_currency": "shells"}, "write its code"),
        ({"min_amount": 2, "max_amount": 1}, "min_amount is more than max_amount"),
        ({"days_since_funding": -1}, "greater than or equal to 0"),
        ({"criteria": {"stage": "seed"}}, "allowed: company_size"),
        ({"criteria": {"positions": ["CTO"]}, "positions": ["CEO"]}, "say different things"),
    ],
)
def test_what_cannot_be_meant_is_refused(criteria: dict[str, Any], remedy: str) -> None:
    with pytest.raises(ValidationError) as refused:
        configured("funding", **criteria)
    assert remedy in explain(refused.value, SignalParams)


def test_criteria_are_given_alone_or_as_an_object() -> None:
    nested = configured("hiring", configuration={"positions": ["CTO"]}, criteria={"seniority": ["vp"]})
    assert (nested.criteria.positions, nested.criteria.seniority) == (["CTO"], ["VP"])
    assert configured("hiring", criteria=None) == configured("hiring", positions=None, max_attendees=None)
    stored = nested.stored_configuration()
    assert SignalParams.model_validate(stored).criteria == nested.criteria
    del stored["criteria"]
    assert SignalParams.model_validate(stored).criteria == configured("hiring").criteria, "as older ones are stored"
