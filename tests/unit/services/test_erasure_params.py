"""Params of person_erasure: who can be meant and how, what does not go together, and that errors repeat nothing."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from pydantic import ValidationError

from prospecting.services.erasure_params import ErasePersonArguments, PersonErasureParams
from prospecting.services.params import explain

SOMEBODY = UUID(int=1)


@pytest.mark.parametrize(
    ("given", "person"),
    [(17, 17), ("17", 17), (" 04.04.02.17.00017.017 ", 17), ("04.04.02.56.123456.456", 123456), ("", None)],
)
def test_a_person_is_a_number_or_the_public_id(given: Any, person: int | None) -> None:
    params = PersonErasureParams(person=given, contact=SOMEBODY)
    assert params.subject() == {"person_id": person, "contact_id": SOMEBODY, "email": None, "linkedin_url": None}


@pytest.mark.parametrize(
    ("given", "complaint"),
    [
        ({}, "who is meant"),
        ({"email": " ", "contact": "", "person": None}, "who is meant"),
        ({"person": "04.04.02.18.00017.017"}, "write a person's id as"),
        ({"person": "04.04.01.17.00017.017"}, "write a person's id as"),
        ({"person": True}, "write a person's id as"),
        ({"person": 0}, "greater than or equal to 1"),
        ({"contact": "zoe-secret"}, "the id of a contact is a UUID"),
        ({"person": 1, "erasure_id": "zoe-secret"}, "the id of an erasure is a UUID"),
        ({"person": 1, "approved_by": "ann"}, "approved_by needs erasure_id"),
        ({"linkedin_url": "zoe-secret" * 100}, "at most 500 characters"),
        ({"name": "zoe-secret"}, "unknown parameter"),
    ],
)
def test_what_does_not_go_together_is_said_without_repeating_it(given: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ValidationError) as refused:
        PersonErasureParams(**given)
    said = explain(refused.value, PersonErasureParams)
    assert complaint in said
    assert "zoe-secret" not in said + str(refused.value)


def test_nothing_is_erased_unless_told_to() -> None:
    assert PersonErasureParams(person=1).dry_run is True


def test_the_operator_needs_an_approval() -> None:
    whole: dict[str, Any] = {"erasure_id": str(SOMEBODY), "approved_by": "ann", "person": "1"}
    assert ErasePersonArguments(**whole).person == 1
    for name in ("erasure_id", "approved_by", "person"):
        with pytest.raises(ValidationError):
            ErasePersonArguments(**{key: value for key, value in whole.items() if key != name})
    with pytest.raises(ValidationError):
        ErasePersonArguments(**whole | {"approved_by": ""})
