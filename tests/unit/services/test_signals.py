"""The decisions of signal execution: what fits, who is chosen, how an execution ends."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prospecting.parsing.locations import parse_location
from prospecting.parsing.records import ContactRecord, EventRecord
from prospecting.services.signal_params import SignalParams
from prospecting.services.signals import Chosen, choose_people, event_misfit, execution_status, upcoming_first


def configuration(**given: Any) -> SignalParams:
    return SignalParams.model_validate({"name": "x", "event_keywords": ["x"], **given})


def event(location: str | None = None, **given: Any) -> EventRecord:
    if location:
        given["location"] = parse_location(location)
    return EventRecord(**({"name": "Conf", "date_precision": "day"} | given))


MARCH = {"date_from": "2026-03-01", "date_to": "2026-03-31"}


@pytest.mark.parametrize(
    ("found", "wanted", "reason"),
    [
        (event(), MARCH, None),
        (event(start=date(2026, 3, 1), end=date(2026, 3, 1)), MARCH, None),
        (event(start=date(2026, 3, 31), end=date(2026, 4, 2)), MARCH, None),
        (event(start=date(2026, 4, 1), end=date(2026, 4, 1)), MARCH, "too_late"),
        (event(start=date(2026, 2, 27), end=date(2026, 3, 2)), MARCH, "too_early"),
        (event(start=date(2026, 1, 1), end=date(2026, 12, 31), date_precision="year"), MARCH, None),
        (event(start=date(2025, 1, 1), end=date(2025, 12, 31), date_precision="year"), MARCH, "too_early"),
        (event(start=date(2026, 4, 1), end=date(2026, 4, 30), date_precision="month"), MARCH, "too_late"),
        (event(start=date(1999, 1, 1), end=date(1999, 1, 1)), {}, None),
        (event(attendees=299), {"min_attendees": 300}, "too_small"),
        (event(attendees=300), {"min_attendees": 300}, None),
        (event(attendees=None), {"min_attendees": 300}, None),
        (event(attendees=0), {"min_attendees": 1}, "too_small"),
        (event(attendees=0), {}, None),
        (event(location="Berlin, Germany"), {"locations": ["Germany"]}, None),
        (event(location="Berlin, Germany"), {"locations": ["Japan", "Europe"]}, None),
        (event(location="Tokyo, Japan"), {"locations": ["Germany", "France"]}, "elsewhere"),
        (event(), {"locations": ["Germany"]}, None),
        (event(location="Online"), {"locations": ["Germany"]}, "elsewhere"),
        (event(location="Online"), {"locations": ["Germany", "Online"]}, None),
    ],
)
def test_only_what_is_known_can_be_a_misfit(found: EventRecord, wanted: dict[str, Any], reason: str | None) -> None:
    misfit = event_misfit(found, configuration(**wanted))
    assert (misfit and misfit[0]) == reason


def person(name: str, title: str | None) -> ContactRecord:
    return ContactRecord(full_name=name, title=title)


def names(chosen: list[Chosen]) -> list[str | None]:
    return [each.contact.full_name for each in chosen]


def test_the_most_senior_in_a_target_function_are_chosen() -> None:
    found = [
        person("Manager", "Engineering Manager"),
        person("Vice", "Vice President of Engineering"),
        person("Assistant", "Assistant to the CTO"),
        person("Chief", "Chief Technology Officer"),
        person("Money", "CFO"),
        person("Nobody", None),
    ]
    chosen, others = choose_people(found, ["CTO", "VP Engineering", "Engineering Manager"], limit=2)
    assert names(chosen) == ["Chief", "Vice"]
    assert {contact.full_name: reason for contact, reason, _ in others} == {
        "Assistant": "other_function",
        "Money": "other_function",
        "Nobody": "other_function",
        "Manager": "over_limit",
    }
    assert not any(contact.full_name in sentence for contact, _, sentence in others)


def test_target_functions_take_turns() -> None:
    found = [
        person("First", "CTO"),
        person("Second", "CTO"),
        person("Third", "Chief Technology Officer"),
        person("Seller", "VP Sales"),
        person("Marketer", "CMO"),
    ]
    chosen, others = choose_people(found, ["CTO", "VP Sales", "CMO"], limit=3)
    assert names(chosen) == ["First", "Seller", "Marketer"]
    assert [(each.target, each.degree) for each in chosen] == [
        ("CTO", "exact"),
        ("VP Sales", "exact"),
        ("CMO", "exact"),
    ]
    assert [(contact.full_name, reason) for contact, reason, _ in others] == [
        ("Second", "over_limit"),
        ("Third", "over_limit"),
    ]
    assert names(choose_people(found, ["CTO", "VP Sales", "CMO"], limit=4)[0])[3] == "Second"


def test_a_wide_target_function_leaves_people_to_a_narrow_one() -> None:
    found = [person("First", "CTO"), person("Second", "CTO"), person("Third", "CTO"), person("Seller", "VP Sales")]
    chosen, _ = choose_people(found, ["Decision maker", "CTO"], limit=2)
    assert [(each.contact.full_name, each.target) for each in chosen] == [
        ("Seller", "Decision maker"),
        ("First", "CTO"),
    ]


def test_the_best_match_comes_first_then_the_most_senior() -> None:
    found = [
        person("Above", "Chief Revenue Officer"),
        person("Part", "VP Enterprise Sales"),
        person("Exact", "Vice President of Sales"),
    ]
    chosen, _ = choose_people(found, ["VP Sales"], limit=3)
    assert [(each.contact.full_name, each.degree) for each in chosen] == [
        ("Exact", "exact"),
        ("Part", "same_function"),
        ("Above", "above"),
    ]
    assert names(choose_people([person("b", "CMO"), person("a", "Founder & CEO")], ["Decision maker"], 2)[0]) == [
        "b",
        "a",
    ]
    leaders = [person("Director", "Sales Director"), person("Vice", "VP Marketing"), person("Chief", "CEO")]
    assert names(choose_people(leaders, ["Decision maker"], 3)[0]) == ["Chief", "Vice", "Director"]


def test_who_matches_several_target_functions_is_chosen_once_for_the_best() -> None:
    found = [person("Both", "CTO & VP Engineering"), person("Chief", "CTO"), person("Revenue", "CRO")]
    chosen, others = choose_people(found, ["VP Sales", "VP Engineering", "CTO", "CRO"], limit=9)
    assert sorted((each.contact.full_name or "", each.target or "", each.degree or "") for each in chosen) == [
        ("Both", "VP Engineering", "exact"),
        ("Chief", "CTO", "exact"),
        ("Revenue", "CRO", "exact"),
    ]
    assert others == []


@pytest.mark.parametrize("title", ["CTO (until 2021)", "CTO (2015-2019)", "CTO [left 2022]", "Outgoing CTO", "ex-CTO"])
@pytest.mark.parametrize("targets", [["CTO"], ["Decision maker"], ["CFO"], []])
def test_a_role_that_is_over_is_none(title: str, targets: list[str]) -> None:
    chosen, others = choose_people([person("Gone", title), person("Here", "CTO & CFO")], targets, limit=5)
    assert names(chosen) == ["Here"]
    assert [(contact.full_name, reason) for contact, reason, _ in others] == [("Gone", "past_role")]


PEOPLE = st.lists(
    st.builds(
        person,
        st.sampled_from("abcdef"),
        st.none()
        | st.sampled_from(["CTO", "VP Sales", "CRO", "Head of Sales", "CEO", "Former CEO", "Sales Manager", "Nurse"]),
    ),
    max_size=9,
)
TARGETS = st.lists(
    st.sampled_from(["CTO", "VP Sales", "Sales", "C-Suite", "Decision maker", "Founder"]), max_size=4, unique=True
)


@given(PEOPLE, TARGETS, st.integers(0, 9))
def test_everybody_is_chosen_once_or_has_a_reason(found: list[ContactRecord], targets: list[str], limit: int) -> None:
    chosen, others = choose_people(found, targets, limit)
    assert len(chosen) <= limit
    assert len(chosen) + len(others) == len(found)
    assert all(each.target in targets for each in chosen) or not targets
    everybody, _ = choose_people(found, targets, len(found))
    assert everybody[:limit] == chosen
    matched = {each.target for each in everybody}
    if limit >= len(matched):  # every target function somebody belongs to has its first
        assert {each.target for each in chosen} == matched


def test_equals_keep_their_order() -> None:
    found = [person(name, "CEO") for name in "bca"]
    assert names(choose_people(found, ["CEO"], 2)[0]) == ["b", "c"]


def test_without_target_functions_everyone_is_chosen() -> None:
    found = [person("Nobody", None), person("Money", "CFO"), person("Vice", "VP Sales")]
    chosen, others = choose_people(found, [], 2)
    assert names(chosen) == ["Money", "Vice"]
    assert [(contact.full_name, reason) for contact, reason, _ in others] == [("Nobody", "over_limit")]


def counts(**given: int) -> dict[str, int]:
    return (
        dict.fromkeys(("events", "companies", "persons", "rejected", "filtered", "agent_failures", "unanswerable"), 0)
        | given
    )


@pytest.mark.parametrize(
    ("found", "failed_tasks", "share", "status"),
    [
        (counts(events=3), 0, 0.5, "completed"),
        (counts(), 0, 0.5, "completed"),
        (counts(filtered=99), 0, 0.0, "completed"),
        (counts(events=3, rejected=1), 0, 0.5, "completed_with_errors"),
        (counts(events=1, rejected=1), 0, 0.5, "completed_with_errors"),
        (counts(events=1, rejected=2), 0, 0.5, "failed"),
        (counts(events=1, rejected=2), 0, 1.0, "completed_with_errors"),
        (counts(events=99, rejected=1), 0, 0.0, "failed"),
        (counts(rejected=3), 0, 0.5, "failed"),
        (counts(persons=3), 1, 0.5, "completed_with_errors"),
        (counts(), 1, 1.0, "failed"),
        (counts(rejected=2, agent_failures=2), 0, 1.0, "failed"),
        (counts(rejected=2, unanswerable=2), 0, 0.5, "completed_with_errors"),
    ],
)
def test_how_an_execution_ends(found: dict[str, int], failed_tasks: int, share: float, status: str) -> None:
    ended, error = execution_status(found, failed_tasks, share)
    assert ended == status
    assert (error is None) == (status == "completed")


def test_the_error_says_what_happened_most() -> None:
    _, error = execution_status(counts(events=9, rejected=2), 3, 0.5, "A sponsor has no name.")
    assert error is not None
    assert error["message"] == (
        "3 tasks failed, 2 records or calls could not be used (see rejected_records); "
        "most often: A sponsor has no name."
    )
    assert (error["failed_tasks"], error["rejected_records"]) == (3, 2)
    first = {"kind": "unavailable", "message": "The web search at x.example (connection c) cannot be reached."}
    _, error = execution_status(counts(events=9, rejected=2), 0, 0.5, first["message"], first)
    assert error is not None
    assert error["message"] == (
        "2 records or calls could not be used (see rejected_records). First cause (unavailable): The web search at "
        "x.example (connection c) cannot be reached."
    )
    assert error["first_cause"] == first


def test_somebody_in_two_functions_lets_a_third_come_before_a_second_of_either() -> None:
    found = [person("Both", "CEO & CFO"), person("Second", "CFO"), person("Third", "CMO"), person("Fourth", "CEO")]
    targets = ["CEO", "CFO", "CMO"]
    assert names(choose_people(found, targets, limit=2)[0]) == ["Both", "Third"]
    assert names(choose_people(found, targets, limit=9)[0]) == ["Both", "Third", "Fourth", "Second"]
    assert sorted(names(choose_people(found[:2], targets, limit=9)[0])) == ["Both", "Second"]


def test_events_to_come_are_before_those_of_unknown_date_and_those_that_are_over() -> None:
    today = date(2026, 11, 30)
    over = event(start=date(2026, 11, 28), end=date(2026, 11, 29))
    on = event(start=date(2026, 11, 29), end=date(2026, 11, 30))
    later = event(start=date(2027, 5, 1), end=date(2027, 5, 1))
    this_year = event(start=date(2026, 1, 1), end=date(2026, 12, 31), date_precision="year")
    last_year = event(start=date(2025, 1, 1), end=date(2025, 12, 31), date_precision="year")
    unknown = event()
    found = [over, unknown, later, last_year, on, this_year]
    assert upcoming_first(found, today) == [later, on, this_year, unknown, over, last_year]
