"""Questions: equal ones are one, different ones are not."""

from __future__ import annotations

from dataclasses import replace

from prospecting.agents.searches import PeopleSearch, SeatSearch

SEATS = SeatSearch("Acme", "acme.example", target_functions=("CEO", "CFO"))


def test_a_second_attempt_is_another_question() -> None:
    assert SEATS.attempt == 1
    assert SEATS.key("llm") == replace(SEATS, attempt=1).key("llm")
    assert SEATS.key("llm") != replace(SEATS, attempt=2).key("llm")


def test_a_search_for_seats_is_asked_of_the_people_agent_but_is_no_search_for_decision_makers() -> None:
    assert isinstance(SEATS, PeopleSearch)
    assert SEATS.agent == "people"
    assert SEATS.to_request() == {
        "company_name": "Acme",
        "domain": "acme.example",
        "industry": None,
        "target_functions": ["CEO", "CFO"],
        "outreach_context": None,
        "limit": 5,
        "attempt": 1,
    }
    assert SEATS.key("llm") != PeopleSearch("Acme", "acme.example", target_functions=("CEO", "CFO")).key("llm")


def test_providers_do_not_share_answers() -> None:
    assert len({SEATS.key(provider) for provider in ("catalog", "llm", "llm:fast", "llm:slow")}) == 4
