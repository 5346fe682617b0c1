"""The params of the research pipeline, and how plainly a wrong one is refused."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from pydantic import ValidationError

from prospecting.parsing.briefings import OPERATION_IDS
from prospecting.services.params import explain
from prospecting.services.research_params import LIST_PEOPLE, DeepResearchArguments, ResearchParams
from prospecting.tasks.trigger_form import airflow_params

COMPANY, PERSON = OPERATION_IDS["company"], OPERATION_IDS["person"]
SUBMISSION = "b8001673-d0a4-4c4f-824a-9904964d8400"
ACME = {"company_name": "Acme", "domain": "acme.com"}


def params(**given: Any) -> ResearchParams:
    """Params that are complete, but for what is given."""
    return ResearchParams.model_validate({"org": "acme", "entities": [ACME], "operations": [COMPANY], **given})


def refusal(complete: bool = True, **given: Any) -> str:
    """Why these params are refused, as a task says it."""
    with pytest.raises(ValidationError) as error:
        params(**given) if complete else ResearchParams.model_validate(given)
    return explain(error.value, ResearchParams)


# ------------------------------------------------------------------------------------------------------- the form
def test_a_form_nobody_touched_asks_for_a_submission_or_its_parts() -> None:
    untouched = {name: param.value for name, param in airflow_params(ResearchParams).items()}
    assert (
        refusal(complete=False, **untouched)
        == "give submission_id (a stored submission), or org, entities and operations"
    )


def test_the_forms_defaults_are_the_models() -> None:
    untouched = {name: param.value for name, param in airflow_params(ResearchParams).items()}
    given = {"org": "acme", "entities": [ACME], "operations": [COMPANY]}
    assert ResearchParams.model_validate({**untouched, **given}) == params()
    emptied = {"steps": None, "budget": None, "submission_id": " ", "client_company_name": "", **given}
    assert ResearchParams.model_validate(emptied) == params()


def test_the_forms_fields_take_what_the_model_takes() -> None:
    """Airflow checks what is triggered against these schemas, before any task sees it."""
    made = airflow_params(ResearchParams)
    accepted: dict[str, Any] = {
        "submission_id": SUBMISSION,
        "operations": [COMPANY, LIST_PEOPLE],
        "entities": [ACME, {"full_name": "Ann Poe"}],
        "steps": [{"operation_id": LIST_PEOPLE, "fan_out": True, "condition": {"exists": "domain"}}],
        "budget": {"max_usd": 5},
        "client_company_description": None,
    }
    for name, value in accepted.items():
        made[name].value = value
        assert made[name].resolve() == value


def test_what_a_run_was_given_can_be_stored_and_read_back() -> None:
    given = params(operations=[], steps=[{"operation_id": COMPANY, "condition": None}], budget=7, force_fresh=True)
    assert ResearchParams.model_validate(given.model_dump(mode="json")) == given


def test_by_default_failures_are_retried_and_nothing_is_paid_twice() -> None:
    usual = params()
    assert (usual.retry_failed, usual.force_fresh, usual.resubmit_lost) == (True, False, False)
    assert usual.max_age_days == 30


# -------------------------------------------------------------------------------------------------- what is needed
@pytest.mark.parametrize(
    ("missing", "said"),
    [
        ({"org": None}, "give submission_id"),
        ({"org": "  "}, "give submission_id"),
        ({"entities": []}, "entities needs at least one"),
        ({"entities": None}, "entities needs at least one"),
        ({"operations": []}, "operations needs at least one"),
        ({"operations": " , "}, "operations needs at least one"),
        ({"steps": [COMPANY]}, "give operations or steps, not both"),
    ],
    ids=str,
)
def test_what_is_missing_is_named(missing: dict[str, Any], said: str) -> None:
    assert refusal(**missing).startswith(said)


def test_a_submission_file_needs_nothing_else_and_leaves_the_options_to_the_run() -> None:
    run = ResearchParams.model_validate({"submission_file": "s3://bucket/people.json", "force_fresh": True})
    read = ResearchParams.model_validate(run.values_with({"org": "acme", "entities": [ACME], "operations": [COMPANY]}))
    assert (read.entities, read.force_fresh, read.submission_file) == ([ACME], True, None)


def test_a_submission_is_named_or_in_a_file() -> None:
    said = refusal(False, submission_id="b8001673-d0a4-4c4f-824a-9904964d8400", submission_file="people.json")
    assert said == "give submission_id or submission_file, not both"


def test_people_are_counted_by_what_tells_them() -> None:
    people = [{"full_name": "Jane Doe"}, {"entity_type": "person", "input": {"email": "a@b.com"}}, {"full_name": ""}]
    assert params(entities=[ACME, *people]).count_people() == 2


def test_a_stored_submission_needs_nothing_else() -> None:
    assert ResearchParams.model_validate({"submission_id": SUBMISSION}).submission_id == SUBMISSION
    assert params(submission_id=SUBMISSION).submission_id == SUBMISSION


@pytest.mark.parametrize("spelling", [SUBMISSION.upper(), f" {SUBMISSION}\n", SUBMISSION.replace("-", "")])
def test_a_submission_is_named_in_any_spelling_of_its_id(spelling: str) -> None:
    assert ResearchParams.model_validate({"submission_id": spelling}).submission_id == SUBMISSION


@pytest.mark.parametrize("wrong", ["acme", SUBMISSION[:-1], f"{SUBMISSION}, {SUBMISSION}"])
def test_what_is_no_submissions_id_is_refused_without_repeating_it(wrong: str) -> None:
    assert refusal(submission_id=wrong) == "submission_id: a submission's id is a UUID; see the table submissions"


def test_a_param_that_does_not_exist_is_named_with_those_that_do() -> None:
    names = [*ResearchParams.model_fields, "max_usd", "max_calls"]
    assert refusal(entity=ACME) == f"entity: unknown parameter; allowed: {', '.join(names)}"


def test_people_are_not_repeated_in_what_is_refused() -> None:
    assert "Ann Poe" not in refusal(entities=[ACME, "Ann Poe"], steps=["Ann Poe", 7], budget="Ann Poe")


# ------------------------------------------------------------------------------------------------------------ entities
def test_one_entity_need_not_be_a_list() -> None:
    assert params(entities=ACME).entities == [ACME]


@pytest.mark.parametrize("wrong", [["acme.com"], "acme.com", [[ACME]], 7, [None]], ids=str)
def test_entities_are_objects(wrong: Any) -> None:
    assert refusal(entities=wrong).startswith("entities")


def test_what_entities_share_fills_their_gaps() -> None:
    given = params(
        client_company_name="SecurityPal",
        client_company_description="Answers questionnaires.",
        entities=[
            {**ACME, "industry": "", "size": None, "staff": 0},
            {**ACME, "client_company_name": "Other"},
            {**ACME, "client_company_name": ""},
        ],
    )
    shared = {"client_company_name": "SecurityPal", "client_company_description": "Answers questionnaires."}
    assert given.entity_inputs() == [
        {**shared, **ACME, "staff": 0},
        {**shared, **ACME, "client_company_name": "Other"},
        {**shared, **ACME},
    ]


def test_entities_may_come_as_type_and_input() -> None:
    given = params(client_company_name="SecurityPal", entities=[{"entity_type": "company", "input": ACME}])
    assert given.entity_inputs() == [{"client_company_name": "SecurityPal", "entity_type": "company", **ACME}]


def test_without_a_client_entities_stay_as_they_are() -> None:
    assert params(client_company_name=" ").entity_inputs() == [ACME]


# --------------------------------------------------------------------------------------------------------------- steps
def test_operations_are_steps_in_order() -> None:
    given = params(operations=f"{COMPANY}, {PERSON},{COMPANY}")
    assert given.blueprint_steps() == [
        {"operation_id": COMPANY, "position": 1},
        {"operation_id": PERSON, "position": 2},
    ]


def test_steps_are_stored_as_they_were_given() -> None:
    given = params(
        operations=[],
        steps=[
            {"operation_id": LIST_PEOPLE, "fan_out": True, "step_config": {"limit": 5, "condition": None}, "note": "x"},
            {"operation_id": PERSON, "condition": {"exists": "linkedin_url"}, "enabled": False},
            COMPANY,
        ],
    )
    steps = given.blueprint_steps()
    assert steps == [
        {"operation_id": LIST_PEOPLE, "position": 1, "fan_out": True, "note": "x",
         "step_config": {"limit": 5, "condition": None}},
        {"operation_id": PERSON, "position": 2, "condition": {"exists": "linkedin_url"}, "is_enabled": False},
        {"operation_id": COMPANY, "position": 3},
    ]  # fmt: skip
    assert json.loads(json.dumps(steps)) == steps


def test_one_step_need_not_be_a_list() -> None:
    assert params(operations=[], steps=COMPANY).blueprint_steps() == [{"operation_id": COMPANY, "position": 1}]
    only = {"operation_id": COMPANY, "position": 4}
    assert params(operations=[], steps=only).blueprint_steps() == [only]


@pytest.mark.parametrize(
    "positions", [(1, 1), (2, None), (None, 1)], ids=["twice", "one in the way", "in the way of one"]
)
def test_no_step_takes_anothers_place(positions: tuple[int | None, int | None]) -> None:
    """One of the two would not be run, and nobody would know."""
    steps = [{"operation_id": COMPANY, "position": position} for position in positions]
    assert refusal(operations=[], steps=steps).startswith("two of the steps have the same position")


@pytest.mark.parametrize("positions", [(2, 1), (5, None), (10, 20)])
def test_steps_may_say_where_they_belong(positions: tuple[int, int | None]) -> None:
    steps = [{"operation_id": COMPANY, "position": position} for position in positions]
    assert [each["position"] for each in params(operations=[], steps=steps).blueprint_steps()] == [
        position or number for number, position in enumerate(positions, 1)
    ]


@pytest.mark.parametrize(
    ("condition", "unknown"),
    [
        ({"field": "staff", "op": "greater", "value": 5}, "greater"),
        ({"all": [{"exists": "domain"}, {"like": {"field": "a", "value": 1}}]}, "like"),
        ({"not": {"field": "a", "op": "matches"}}, "matches"),
        ({"field": "a"}, "<no operator>"),
        ({"any": ["odd"]}, "<text>"),
    ],
    ids=str,
)
@pytest.mark.parametrize("in_config", [False, True])
def test_a_condition_nobody_understands_is_refused(condition: dict[str, Any], unknown: str, in_config: bool) -> None:
    given = {"step_config": {"condition": condition}} if in_config else {"condition": condition}
    said = refusal(operations=[], steps=[{"operation_id": COMPANY, **given}])
    assert said.startswith(f"steps.0: the condition uses unknown operators: {unknown}; allowed: all, any, not, exists")


@pytest.mark.parametrize(
    "condition", [None, {}, {"exists": "domain"}, {"all": [], "not": {"eq": {"field": "a"}}}], ids=str
)
def test_a_condition_may_ask_for_nothing(condition: dict[str, Any] | None) -> None:
    (only,) = params(operations=[], steps=[{"operation_id": COMPANY, "condition": condition}]).blueprint_steps()
    assert only["condition"] == condition


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"operation_id": ""},
        {"operation_id": None},
        {"operation_id": "x" * 201},
        {"operation_id": COMPANY, "position": 0},
        {"operation_id": COMPANY, "position": 1.5},
        {"operation_id": COMPANY, "position": 2**31},
        {"operation_id": COMPANY, "condition": "domain"},
        {"operation_id": COMPANY, "step_config": [1]},
        {"operation_id": COMPANY, "fan_out": "perhaps"},
        7,
        "",
    ],
    ids=lambda value: str(value)[:50],
)
def test_a_step_names_an_operation_and_says_how_to_run_it(wrong: Any) -> None:
    assert refusal(operations=[], steps=[wrong]).startswith("steps.0")


# --------------------------------------------------------------------------------------------------------------- limits
@pytest.mark.parametrize(
    ("given", "max_usd", "max_calls"),
    [
        (None, Decimal(100), 2_000),
        (5, Decimal(5), 2_000),
        (0.5, Decimal("0.5"), 2_000),
        (0, Decimal(0), 2_000),
        ({"max_usd": "0.10"}, Decimal("0.10"), 2_000),
        ({"max_calls": 3}, Decimal(100), 3),
        ({"max_usd": None, "max_calls": None}, None, None),
    ],
    ids=str,
)
def test_a_budget_may_be_a_number_of_dollars(given: Any, max_usd: Decimal | None, max_calls: int | None) -> None:
    """What it leaves out stays as it is without it."""
    budget = params(budget=given).budget
    assert (budget.max_usd, budget.max_calls) == (max_usd, max_calls)


@pytest.mark.parametrize(
    "given",
    [
        {"budget": -1},
        {"budget": True},
        {"budget": "a lot"},
        {"budget": float("nan")},
        {"budget": {"usd": 1}},
        {"org": "x" * 201},
        {"operations": [f"company.find.{number}" for number in range(51)]},
        {"operations": ["x" * 201]},
        {"operations": [7]},
        {"client_company_name": "x" * 501},
        {"client_company_description": "x" * 10_001},
        {"entities": [ACME] * 100_001},
        {"retry_failed": "perhaps"},
        {"force_fresh": "perhaps"},
        {"resubmit_lost": 7},
    ],
    ids=lambda value: str(value)[:50],
)
def test_limits_are_within_reason(given: dict[str, Any]) -> None:
    (name,) = given
    assert refusal(**given).startswith(name)


def test_there_may_be_many_steps_but_not_any_number() -> None:
    assert len(params(operations=[], steps=[COMPANY] * 50).blueprint_steps()) == 50
    assert refusal(operations=[], steps=[COMPANY] * 51).startswith("steps: ")


# ------------------------------------------------------------------------------------------- arguments of operators
def test_an_operator_asks_for_what_the_pipeline_would_ask_for() -> None:
    """So both find one submission, and nothing is paid for twice."""
    client = {"client_company_name": "SecurityPal", "client_company_description": "Answers questionnaires."}
    asked = DeepResearchArguments(org="acme", entity=ACME, operation=COMPANY, **client).research_params()
    pipeline = params(**client)
    assert asked.blueprint_steps() == pipeline.blueprint_steps()
    assert asked.entity_inputs() == pipeline.entity_inputs()
    other = DeepResearchArguments(org="acme", entity=ACME, operation=COMPANY, processor="pro").research_params()
    (step,) = other.blueprint_steps()
    assert step["step_config"] == {"processor": "pro"}
