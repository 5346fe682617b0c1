"""Params of the briefing backfill: which are accepted, and how plainly the others are refused."""

from __future__ import annotations

from typing import Any, get_args
from uuid import UUID

import pytest
from pydantic import ValidationError

from prospecting.parsing.briefings import Kind
from prospecting.services.briefing_params import BriefingBackfillParams, BriefingKind
from prospecting.services.params import explain
from prospecting.tasks.trigger_form import airflow_params

ORG = "b0293785-aa7a-4234-8201-cc47305295f8"
FIRST, SECOND = "b8001673-d0a4-4c4f-824a-9904964d8400", "5d1cb2b3-bbf9-4582-a29f-3167d22dec51"


def params(**values: Any) -> BriefingBackfillParams:
    return BriefingBackfillParams.model_validate({"org_id": ORG, **values})


def refusal(**values: Any) -> str:
    """Why these params are refused, as a task says it."""
    with pytest.raises(ValidationError) as error:
        params(**values)
    return explain(error.value, BriefingBackfillParams)


def test_kinds_are_the_same_everywhere() -> None:
    assert tuple(kind.value for kind in BriefingKind) == get_args(Kind)


def test_an_org_is_enough() -> None:
    usual = params()
    assert usual.org_id == UUID(ORG)
    assert usual.kind is BriefingKind.company
    assert usual.submission_ids == []
    assert (usual.dry_run, usual.force, usual.page_size) == (False, False, 500)


def test_a_form_left_empty_asks_for_the_org_only() -> None:
    untouched = {name: param.value for name, param in airflow_params(BriefingBackfillParams).items()}
    assert untouched["org_id"] is None
    assert BriefingBackfillParams.model_validate(untouched | {"org_id": ORG}) == params()
    assert params(submission_ids=None) == params()


def test_what_a_run_was_given_can_be_stored_and_read_back() -> None:
    asked = params(kind="person", submission_ids=[FIRST, SECOND], dry_run=True, force=True, page_size=7)
    assert BriefingBackfillParams.model_validate(asked.model_dump(mode="json")) == asked


# -------------------------------------------------------------------------------------------------------------- ids
@pytest.mark.parametrize("missing", [{}, {"org_id": None}, {"org_id": ""}, {"org_id": " \n"}], ids=str)
def test_without_an_org_it_says_where_they_are(missing: dict[str, Any]) -> None:
    with pytest.raises(ValidationError) as error:
        BriefingBackfillParams.model_validate(missing)
    said = explain(error.value, BriefingBackfillParams)
    assert said == "org_id: whose briefings? Give the id or the slug of an org; see the table orgs"


@pytest.mark.parametrize("org_id", [ORG, ORG.upper(), f"  {ORG}\n", ORG.replace("-", ""), UUID(ORG)], ids=str)
def test_an_org_is_named_in_any_spelling_of_its_id(org_id: Any) -> None:
    assert params(org_id=org_id).org_id == UUID(ORG)


def test_an_org_is_named_by_its_slug() -> None:
    assert params(org_id=" Acme-West\n").org_id == "Acme-West"
    assert params(org_id="acme").model_dump(mode="json")["org_id"] == "acme"


@pytest.mark.parametrize("org_id", [f"{ORG}, {ORG}", "acme globex", 7, True, [ORG], {"id": ORG}], ids=str)
def test_what_names_no_org_is_refused_without_repeating_it(org_id: Any) -> None:
    assert refusal(org_id=org_id) == "org_id: write the id or the slug of an org; see the table orgs"


@pytest.mark.parametrize(
    ("listed", "kept"),
    [
        ([FIRST, SECOND], [FIRST, SECOND]),
        ([SECOND, FIRST, SECOND.upper()], [SECOND, FIRST]),
        (f"{FIRST}, {SECOND}", [FIRST, SECOND]),
        (f"{FIRST}\n{SECOND}\r\n", [FIRST, SECOND]),
        ([f"{FIRST},{SECOND}", "", " "], [FIRST, SECOND]),
        (FIRST, [FIRST]),
        (UUID(FIRST), [FIRST]),
        ([UUID(FIRST), FIRST.replace("-", "")], [FIRST]),
        ([], []),
        (None, []),
        ("", []),
        (" , ", []),
    ],
    ids=str,
)
def test_submissions_are_listed_in_any_way_and_kept_once_in_order(listed: Any, kept: list[str]) -> None:
    assert params(submission_ids=listed).submission_ids == [UUID(submission_id) for submission_id in kept]


@pytest.mark.parametrize("wrong", ["acme", FIRST[:-1], 7, None, True, [FIRST], {"id": FIRST}], ids=str)
def test_a_wrong_submission_is_answered_with_how_to_write_it(wrong: Any) -> None:
    said = refusal(submission_ids=[FIRST, wrong])
    assert said == "submission_ids.1: write the id of a submission as a UUID; see the table submissions"


@pytest.mark.parametrize(
    "values",
    [
        {"kind": "companies"},
        {"kind": None},
        {"submission_ids": {"id": FIRST}},
        {"submission_ids": 7},
        {"submission_ids": [str(UUID(int=number)) for number in range(10_001)]},
        {"dry_run": "perhaps"},
        {"force": None},
        {"page_size": 0},
        {"page_size": 5_001},
        {"page_size": "many"},
    ],
    ids=lambda value: str(value)[:50],
)
def test_other_values_are_refused_by_name(values: dict[str, Any]) -> None:
    (name,) = values
    said = refusal(**values)
    assert said.startswith(name)
    assert "\n" not in said


def test_a_param_that_does_not_exist_is_named_with_those_that_do() -> None:
    assert refusal(dryrun=True) == (
        "dryrun: unknown parameter; allowed: kind, org_id, submission_ids, dry_run, force, page_size"
    )
