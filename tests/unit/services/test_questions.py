"""Questions to agents as plain values: what is asked, and how plainly what cannot be asked is refused."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from prospecting.agents.searches import CompanySearch, EventSearch, PeopleSearch, Search, SponsorSearch
from prospecting.services.questions import read_question


@pytest.mark.parametrize(
    ("question", "search"),
    [
        ({"agent": "event_discovery", "keyword": "ruby"}, EventSearch("ruby")),
        (
            {
                "agent": "event_discovery",
                "keyword": "ruby",
                "locations": "Berlin, France",
                "starts_from": "2027-01-01",
                "starts_until": "",
                "min_attendees": "300",
                "industries": None,
                "limit": 5,
            },
            EventSearch("ruby", ("Berlin", "France"), 300, date(2027, 1, 1), limit=5),
        ),
        (
            {"agent": "sponsor_extraction", "event_name": "Rails World", "website": " ", "city": "Toronto"},
            SponsorSearch("Rails World", city="Toronto"),
        ),
        (
            {"agent": "company_discovery", "signal_type": "funding", "keyword": "databases"},
            CompanySearch("funding", "databases"),
        ),
        (
            {"agent": "people", "company_name": "Acme", "domain": "acme.com", "target_functions": ["CEO", "CEO"]},
            PeopleSearch("Acme", "acme.com", target_functions=("CEO",)),
        ),
    ],
)
def test_a_question_is_a_search(question: dict[str, Any], search: Search) -> None:
    found = read_question(question)
    assert found == search
    assert type(found) is type(search)
    # Equal questions have equal keys, so that the ledger answers one with the other's answer.
    assert found.key("catalog") == search.key("catalog")


@pytest.mark.parametrize(
    ("question", "complaint"),
    [
        ({}, "question.agent must be one of event_discovery, sponsor_extraction, company_discovery, people"),
        ({"agent": "oracle"}, "question.agent must be one of"),
        ({"agent": ["people"]}, "question.agent must be one of"),
        ({"agent": "people"}, "The question to people cannot be asked: company_name: Field required"),
        (
            {"agent": "people", "company_name": "Acme", "titles": ["CEO"]},
            "titles: unknown parameter; allowed: company_name, domain, industry, target_functions",
        ),
        ({"agent": "people", "company_name": ""}, "company_name: "),
        ({"agent": "people", "company_name": "Acme", "limit": 0}, "limit: "),
        ({"agent": "event_discovery", "keyword": "x", "starts_from": "soon"}, "starts_from: "),
        ({"agent": "event_discovery", "keyword": "x", "min_attendees": -1}, "min_attendees: "),
        ({"agent": "event_discovery", "keyword": "x", "locations": [1]}, "locations.0: "),
        ({"agent": "company_discovery", "keyword": "x"}, "signal_type: Field required"),
    ],
    ids=str,
)
def test_what_cannot_be_asked_is_named(question: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ValueError, match="question") as refusal:
        read_question(question)
    assert complaint in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_a_refusal_does_not_repeat_what_was_given() -> None:
    with pytest.raises(ValueError, match="limit") as refusal:
        read_question({"agent": "people", "company_name": "Zelda Marker", "limit": "Zelda Marker"})
    assert "Zelda" not in str(refusal.value)
