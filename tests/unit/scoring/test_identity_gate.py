"""Whom nobody is asked about: suppressed, erased, no company; for money neither who is in doubt nor who is known."""

from __future__ import annotations

from typing import Any

import pytest

from prospecting.scoring.identity_gate import Identity, judge, known_people

TARGETS = ("CEO", "VP Sales")
KNOWN = ((1, "Chief Executive Officer"), (2, "Vice President of Sales"), (3, "CEO & Founder"))
ACME: dict[str, Any] = {"id": 7, "name": "Acme", "domain": "acme.com"}


@pytest.mark.parametrize(
    ("facts", "free", "paid"),
    [
        ({}, None, None),
        ({"kind": "company"}, None, None),
        ({"kind": "non_profit"}, None, None),
        # What must not be kept goes before everything, whoever answers.
        ({"is_suppressed": True, "is_erased": True, "was_asked": True}, "suppressed", "suppressed"),
        ({"is_erased": True, "is_in_doubt": True, "was_asked": True}, "erased", "erased"),
        # No company.
        ({"kind": "government"}, "not_a_company", "not_a_company"),
        ({"kind": "venue", "is_in_doubt": True}, "not_a_company", "not_a_company"),
        ({"kind": "person", "domain": None}, "not_a_company", "not_a_company"),
        ({"name": "and 12 more", "domain": None}, "not_a_company", "not_a_company"),
        ({"domain": "eventbrite.com"}, "not_a_company", "not_a_company"),
        ({"name": "Eventbrite", "domain": "eventbrite.com"}, None, None),
        ({"domain": "acme.github.io"}, None, None),
        # Doubt costs nothing while the answers do not.
        ({"is_in_doubt": True}, None, "domain_in_doubt"),
        ({"domain": None, "is_ambiguous": True}, None, "domain_in_doubt"),
        ({"domain": None}, None, None),
        # Known: every target function, by titles as they are read everywhere.
        ({"people": KNOWN}, None, "already_known"),
        ({"people": KNOWN, "is_in_doubt": True}, None, "domain_in_doubt"),
        ({"people": KNOWN[::2]}, None, None),
        ({"people": ((1, "Assistant to the CEO"), (2, "VP Sales"))}, None, None),
        # The execution has the answer already, which is why somebody is known.
        ({"people": KNOWN, "is_in_doubt": True, "kind": "venue", "was_asked": True}, None, None),
    ],
    ids=str,
)
def test_verdicts(facts: dict[str, Any], free: str | None, paid: str | None) -> None:
    company = Identity(**{**ACME, **facts})
    assert judge(company, is_paid=False, target_functions=TARGETS) == free
    assert judge(company, is_paid=True, target_functions=TARGETS) == paid


def test_other_kinds_are_asked_about_where_they_are_wanted() -> None:
    office = Identity(**{**ACME, "kind": "government"})
    assert judge(office, is_paid=True, target_functions=TARGETS, kinds=["government"]) is None
    assert judge(office, is_paid=True, target_functions=TARGETS, kinds=["venue"]) == "not_a_company"


def test_nobody_is_known_when_nobody_in_particular_is_wanted() -> None:
    assert judge(Identity(**ACME, people=KNOWN), is_paid=True) is None


@pytest.mark.parametrize(("limit", "expected"), [(1, [1]), (2, [1, 2]), (9, [1, 2, 3])])
def test_those_who_are_known_take_turns_by_target_function(limit: int, expected: list[int]) -> None:
    company = Identity(**ACME, people=(*KNOWN, (4, "Painter")))
    assert known_people(company, TARGETS, limit) == expected
