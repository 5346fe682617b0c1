"""Who gets which seat, of the people an agent named."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prospecting.parsing.records import ContactRecord
from prospecting.parsing.titles import classify_title, matches_target
from prospecting.scoring.seats import (
    MINIMUM_CONFIDENCE,
    SEATS,
    choose_for_seats,
    confidence,
    is_weak,
    seat_ranks,
)

TITLES = st.none() | st.text(max_size=30) | st.sampled_from(
    ["CEO", "Co-CEO", "Interim CEO", "CEO & CFO", "Chief Financial Officer", "Controller", "VP Finance", "Treasurer",
     "CHRO", "HR Director", "Recruiter", "HR Intern", "Director", "24-hr Support", "Assistant to the CEO", "VP Sales",
     "CFO and HR Director"]
)  # fmt: skip
CONTACTS = st.lists(
    st.builds(
        ContactRecord,
        st.sampled_from(["Ada Byron", "Bo Li", "Cy Young", "Di Ko"]),
        TITLES,
        observed_on=st.none() | st.dates(),
    ),
    max_size=8,
)
WANTED = st.sets(st.sampled_from(SEATS))


def person(name: str, title: str | None, observed_on: date | None = None) -> ContactRecord:
    return ContactRecord(name, title, observed_on=observed_on)


def names(by_seat: dict[str, ContactRecord]) -> dict[str, str]:
    return {seat: contact.full_name for seat, contact in by_seat.items()}


def test_each_seat_gets_its_best_candidate() -> None:
    found = choose_for_seats(
        [
            person("Ann", "Interim CEO"),
            person("Bea", "Controller"),
            person("Cas", "Chief Executive Officer"),
            person("Dee", "HR Manager"),
            person("Eve", "VP Finance"),
            person("Flo", "Chief People Officer"),
        ],
        SEATS,
    )
    assert names(found.by_seat) == {"CEO": "Cas", "CFO": "Eve", "HR": "Flo"}
    assert [contact.full_name for contact in found.fitting] == ["Ann", "Bea", "Cas", "Dee", "Eve", "Flo"]
    assert found.others == []


def test_one_person_may_hold_two_seats() -> None:
    found = choose_for_seats([person("Ann", "CEO & CFO"), person("Bea", "Treasurer")], SEATS)
    assert names(found.by_seat) == {"CEO": "Ann", "CFO": "Ann"}
    assert [contact.full_name for contact in found.fitting] == ["Ann", "Bea"]


def test_of_equals_the_one_seen_last_is_chosen_then_the_one_named_first() -> None:
    ann, bea = person("Ann", "CFO"), person("Bea", "CFO", date(2024, 1, 1))
    cas, dee = person("Cas", "CFO", date(2026, 1, 1)), person("Dee", "CFO", date(2026, 1, 1))
    assert names(choose_for_seats([ann, bea, cas, dee], {"CFO"}).by_seat) == {"CFO": "Cas"}
    assert names(choose_for_seats([ann, bea], {"CFO"}).by_seat) == {"CFO": "Bea"}
    assert names(choose_for_seats([person("Eve", "CFO"), ann], {"CFO"}).by_seat) == {"CFO": "Eve"}


def test_a_better_title_counts_more_than_a_later_day() -> None:
    found = choose_for_seats([person("Ann", "Deputy CFO", date(2026, 1, 1)), person("Bea", "CFO")], {"CFO"})
    assert names(found.by_seat) == {"CFO": "Bea"}


@pytest.mark.parametrize(
    ("title", "reason"),
    [
        (None, "no_title"),
        ("", "no_title"),
        ("VP Sales", "no_seat"),
        ("Director", "no_seat"),
        ("24-hr Support", "no_seat"),
        ("Assistant to the CEO", "no_seat"),
        ("Former CFO", "no_seat"),
        ("CEO", "other_seat"),
        ("HR Director", "other_seat"),
    ],
)
def test_who_does_not_fit_is_told_why(title: str | None, reason: str) -> None:
    found = choose_for_seats([person("Ann Lee", title)], ["CFO"])
    assert (found.by_seat, found.fitting) == ({}, [])
    ((contact, code, sentence),) = found.others
    assert (contact.title, code) == (title, reason)
    assert sentence
    assert "Ann" not in sentence


def test_what_is_no_seat_is_given_to_nobody() -> None:
    found = choose_for_seats([person("Ann", "CTO"), person("Bea", "CEO")], {"CTO", "ceo"})
    assert (found.by_seat, found.fitting) == ({}, [])
    assert [reason for _, reason, _ in found.others] == ["no_seat", "other_seat"]


@given(CONTACTS, WANTED)
def test_everybody_is_sorted_and_only_wanted_seats_are_given(contacts: list[ContactRecord], wanted: set[str]) -> None:
    found = choose_for_seats(contacts, wanted)
    assert list(found.by_seat) == [seat for seat in SEATS if seat in found.by_seat]
    assert set(found.by_seat) <= wanted
    once = list(dict.fromkeys(contacts))
    assert found.fitting == [contact for contact in once if contact in found.fitting]
    assert [contact for contact, _, _ in found.others] == [contact for contact in once if contact not in found.fitting]
    for contact in once:
        assert (contact in found.fitting) == bool(classify_title(contact.title).slots.keys() & wanted)


@given(CONTACTS, WANTED)
def test_nobody_better_is_left_out(contacts: list[ContactRecord], wanted: set[str]) -> None:
    by_seat = choose_for_seats(contacts, wanted).by_seat
    for seat in wanted:
        able = [contact for contact in contacts if seat in classify_title(contact.title).slots]
        assert (seat in by_seat) == bool(able)
        for contact in able:
            ranks = [classify_title(each.title).slots[seat] for each in (by_seat[seat], contact)]
            assert ranks[0] <= ranks[1]
            if ranks[0] == ranks[1] and contact.observed_on:
                assert (by_seat[seat].observed_on or date.min) >= contact.observed_on


@given(CONTACTS, WANTED)
def test_saying_it_twice_changes_nothing(contacts: list[ContactRecord], wanted: set[str]) -> None:
    assert choose_for_seats([*contacts, *contacts], sorted(wanted)) == choose_for_seats(iter(contacts), wanted)


@given(CONTACTS)
def test_a_seat_is_filled_alike_whatever_else_is_wanted(contacts: list[ContactRecord]) -> None:
    together = choose_for_seats(contacts, SEATS).by_seat
    alone = {seat: choose_for_seats(contacts, [seat]).by_seat.get(seat) for seat in SEATS}
    assert together == {seat: contact for seat, contact in alone.items() if contact}


@pytest.mark.parametrize(
    ("rank", "sure"),
    [(1, "1.00"), (2, "0.90"), (5, "0.60"), (9, "0.20"), (10, "0.10"), (11, "0.10"), (99, "0.10"), (0, "1.00")],
)
def test_weaker_titles_make_less_sure(rank: int, sure: str) -> None:
    assert str(confidence(rank)) == sure


@given(st.integers(-1000, 1000))
def test_confidence_fits_its_column(rank: int) -> None:
    assert Decimal("0.10") <= confidence(rank) <= Decimal("1.00")
    assert confidence(rank) == round(confidence(rank), 2)
    assert confidence(rank + 1) <= confidence(rank)


@pytest.mark.parametrize(
    ("seat", "strong", "weak"),
    [
        ("CEO", "CEO|Co-CEO|Interim CEO|Cheif Executive Officer",
         "Deputy CEO|Fractional CEO|Next CEO|CEO, North America|President|Managing Director|Owner"),
        ("CFO", "CFO|Interim CFO|Deputy CFO|VP Finance|Finance Director|Head of Finance|CFO, EMEA",
         "Controller|Treasurer|Finance Director, Germany"),
        ("HR", "CHRO|VP People|HR Director|HR Manager|HR Director, EMEA",
         "HR Intern|Recruiter|Talent Acquisition Manager|Payroll Manager|HRBP|HR Generalist|VP Recruiting"),
    ],
)  # fmt: skip
def test_weak_holders(seat: str, strong: str, weak: str) -> None:
    for titles, expected in ((strong, False), (weak, True)):
        for title in titles.split("|"):
            rank = seat_ranks(title, also_ceo=True)[seat]
            assert is_weak(seat, rank) == expected, title
            choice = choose_for_seats([person("Ann", title)], [seat], also_ceo=True)
            assert (seat in choice.weak) == expected, title
    minimum = {**MINIMUM_CONFIDENCE, seat: Decimal("0.10")}
    assert choose_for_seats([person("Ann", weak.split("|")[0])], [seat], minimum=minimum).weak == frozenset()


def test_a_president_is_a_ceo_where_presidents_are_counted_and_nobody_is_ceo_by_name() -> None:
    people = [person("Ann", "Owner"), person("Bea", "President"), person("Cas", "CEO, North America")]
    assert names(choose_for_seats(people[:2], ["CEO"], also_ceo=True).by_seat) == {"CEO": "Bea"}
    assert names(choose_for_seats(people, ["CEO"], also_ceo=True).by_seat) == {"CEO": "Cas"}
    assert choose_for_seats(people[:2], ["CEO"]).by_seat == {}
    assert names(choose_for_seats([*people, person("Dee", "Group CEO")], ["CEO"]).by_seat) == {"CEO": "Dee"}


@pytest.mark.parametrize(
    ("title", "seat"),
    [
        ("Chief Human Resources Officer", "HR"),
        ("Chief People Officer", "HR"),
        ("HR Director", "HR"),
        ("Chief Financial Officer", "CFO"),
        ("Chairman & Chief Executive Officer", "CEO"),
    ],
)
def test_seats_can_be_asked_for_as_target_functions(title: str, seat: str) -> None:
    assert matches_target(title, seat)
    assert [each for each in SEATS if matches_target(title, each)] == [seat]
    assert choose_for_seats([person("Ann", title)], [seat]).by_seat
