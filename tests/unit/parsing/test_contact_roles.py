"""People in objects whose keys say who they are."""

from __future__ import annotations

import json
from typing import Any

import pytest

from prospecting.parsing.contacts import parse_contacts


def people(raw: object) -> list[tuple[str, str | None]]:
    return [(person.full_name, person.title) for person in parse_contacts(raw).items]


@pytest.mark.parametrize(
    "raw",
    [
        {"CEO": "Jane Doe", "CTO": {"name": "John Smith"}},
        {"leadership": {"CEO": "Jane Doe", "CTO": {"name": "John Smith"}}},
        {"company": "Acme", "executives": {"CEO": {"full_name": "Jane Doe"}, "CTO": "John Smith"}},
        {"CEO": ["Jane Doe"], "CTO": [{"name": "John Smith"}]},
        {"Jane Doe": "CEO", "John Smith": "CTO"},
        {"Jane Doe": {"title": "CEO"}, "John Smith": {"role": "CTO"}},
        {"decision_makers": [{"CEO": "Jane Doe"}, {"CTO": "John Smith"}]},
        {"CEO": "Jane Doe", "CTO": "John Smith", "sources": ["https://acme.com"], "reasoning": "The team page."},
        {"CEO": "Jane Doe (since 2020)", "CTO": "John Smith【2†source】"},
        {"c_suite": {"ceo": "Jane Doe"}, "technology": {"CTO": "John Smith"}},
        {"Acme": {"CEO": "Jane Doe", "CTO": "John Smith"}},
        [["Jane Doe", "CEO"], ["John Smith", "CTO"]],
        {"columns": ["name", "title"], "rows": [["Jane Doe", "CEO"], ["John Smith", "CTO"]]},
        {"people": [{"person": {"name": "Jane Doe"}, "title": "CEO"}, {"name": "John Smith", "title": "CTO"}]},
        [{"nombre": "Jane", "apellido": "Doe", "cargo": "CEO"}, {"prénom": "John", "nom": "Smith", "poste": "CTO"}],
        {"Finance": [{"name": "Jane Doe", "title": "CEO"}], "Technology": {"name": "John Smith", "title": "CTO"}},
    ],
    ids=str,
)
def test_maps_of_posts_and_of_names(raw: Any) -> None:
    for form in (raw, json.dumps(raw), f"Found:\n{json.dumps(raw)}"):
        assert people(form) == [("Jane Doe", "CEO"), ("John Smith", "CTO")]
        assert not parse_contacts(form).rejected


@pytest.mark.parametrize(
    ("key", "title"),
    [
        ("ceo", "CEO"),
        ("chief_marketing_officer", "Chief Marketing Officer"),
        ("vpOfSales", "VP of Sales"),
        ("head-of-marketing", "Head of Marketing"),
        ("VP of Sales", "VP of Sales"),
        ("Founder", "Founder"),
    ],
)
def test_the_title_of_a_key(key: str, title: str) -> None:
    assert people({key: "Jane Doe"}) == [("Jane Doe", title)]


def test_the_fields_of_a_holder_are_kept_and_his_own_title_wins() -> None:
    (person,) = parse_contacts({"ceo": {"name": "Jane Doe", "title": "CEO & Founder", "email": "j@acme.com"}}).items
    assert (person.title, person.email) == ("CEO & Founder", "j@acme.com")


def test_the_company_of_a_map_is_its_holders() -> None:
    (person,) = parse_contacts([{"name": "Acme", "ceo": "Jane Doe"}]).items
    assert (person.full_name, person.title, person.company) == ("Jane Doe", "CEO", "Acme")


def test_posts_without_a_holder_are_rejected() -> None:
    parsed = parse_contacts({"CEO": "Jane Doe", "CFO": None, "CMO": "Vacant", "CTO": {"name": "TBD"}, "COO": {}})
    assert [person.full_name for person in parsed.items] == ["Jane Doe"]
    assert [item.reason for item in parsed.rejected] == ["missing_name", "placeholder", "placeholder", "missing_name"]
    assert parsed.rejected[0].raw == {"CFO": None}


@pytest.mark.parametrize(
    "item",
    [
        {"name": "Jane Doe", "title": "VP Sales", "assistant": "Bob Ray"},
        {"name": "Jane Doe", "manager": "Bob Ray", "title": "VP Sales"},
    ],
)
def test_others_beside_a_person_are_not_that_person(item: dict[str, str]) -> None:
    assert people([item]) == [("Jane Doe", "VP Sales")]


@pytest.mark.parametrize(
    "text", ['{"CEO": "Jane Doe", "CTO": {"name": "John Sm', '{"CEO": "Jane Doe", "CTO": "John Sm']
)
def test_who_was_cut_off_is_left_out(text: str) -> None:
    parsed = parse_contacts(text)
    assert [person.full_name for person in parsed.items] == ["Jane Doe"]
    assert [item.reason for item in parsed.rejected] == ["truncated"]


_JANE = {"name": "Jane Doe", "title": "CEO"}
_BO = {"name": "Bo Ray", "title": "CTO"}


@pytest.mark.parametrize(
    "answer",
    [
        {"executives": [_JANE], "former_executives": [_BO]},
        {"contacts": [_JANE], "alumni": ["Bo Ray, CTO"]},
        {"leadership": {"current": [_JANE], "past": [_BO]}},
        {"people": [_JANE], "ex_employees": {"Bo Ray": "CTO"}},
        {"team": [_JANE], "departed": [_BO]},
        {"CEO": {"name": "Jane Doe"}, "former": {"CTO": "Bo Ray"}},
        {"leadership": [_JANE], "pastLeadership": {"CTO": "Bo Ray"}},
        {"people": [_JANE, {**_BO, "status": "Former"}]},
        {"people": [{**_JANE, "status": "active", "is_current": True}, {**_BO, "is_current": False}]},
        {"people": [{**_JANE, "former": False}, {**_BO, "former": "yes"}]},
    ],
)
def test_who_has_left_is_rejected(answer: Any) -> None:
    parsed = parse_contacts(answer)
    assert [person.full_name for person in parsed.items] == ["Jane Doe"]
    assert [item.reason for item in parsed.rejected] == ["past_role"]


def test_only_those_who_left() -> None:
    parsed = parse_contacts({"former": [_BO]})
    assert (parsed.items, [item.reason for item in parsed.rejected]) == ([], ["past_role"])


@pytest.mark.parametrize(
    "person",
    [
        {**_JANE, "former": False},
        {**_JANE, "status": "verified"},
        {**_JANE, "previous_companies": ["Globex"]},
        {**_JANE, "past": [{"company": "Globex", "title": "CFO"}]},
    ],
)
def test_a_past_of_one_s_own_is_no_reason(person: Any) -> None:
    assert [found.full_name for found in parse_contacts([person]).items] == ["Jane Doe"]
