"""What can be asked of the slot DAGs, and how plainly a wrong wish is refused."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from prospecting.persistence.seats import Scope
from prospecting.persistence.slot_requests import Queue
from prospecting.scoring.seats import SEATS, Seat
from prospecting.services.params import explain
from prospecting.services.slot_params import (
    EvaluateSlotsArguments,
    FillSlotsArguments,
    SlotBackfillParams,
    SlotEvaluationParams,
)
from prospecting.tasks.trigger_form import airflow_params

MODELS = (SlotEvaluationParams, SlotBackfillParams)


def evaluation(**given: Any) -> SlotEvaluationParams:
    return SlotEvaluationParams.model_validate(given)


def backfill(**given: Any) -> SlotBackfillParams:
    return SlotBackfillParams.model_validate(given)


def refusal(model: type[BaseModel], **given: Any) -> str:
    """Why these params are refused, as a task says it."""
    with pytest.raises(ValidationError) as error:
        model.model_validate(given)
    return explain(error.value, model)


def test_seats_are_the_same_everywhere() -> None:
    assert tuple(seat.value for seat in Seat) == SEATS


def test_without_params_everything_is_meant() -> None:
    nightly = evaluation()
    assert nightly.scope() == Scope()
    assert nightly.scope().is_full
    assert (nightly.dry_run, nightly.batch_size, nightly.max_fill_rate_drop) == (False, 50_000, 0.25)
    after_it = backfill()
    assert after_it.queue() == Queue()
    assert after_it.providers == []
    assert (after_it.max_requests, after_it.chunk_size, after_it.lease_seconds) == (3_000, 60, 120)
    assert (after_it.budget.max_usd, after_it.budget.max_calls) == (Decimal(5), 9_000)


@pytest.mark.parametrize("model", MODELS)
def test_a_form_left_empty_means_everything(model: type[BaseModel]) -> None:
    """What the trigger form sends for fields nobody touched, and for fields somebody emptied."""
    untouched = {name: param.value for name, param in airflow_params(model).items()}
    assert model.model_validate(untouched) == model()
    emptied = {"company_ids": None, "slot_types": None}
    if model is SlotEvaluationParams:
        scope = evaluation(**emptied, name_contains=" ", industry="", source_system=None).scope()
        assert scope == Scope()
        assert scope.is_full
    else:
        given = backfill(**emptied, providers=None, budget=None)
        assert given.queue() == Queue()
        assert (given.providers, given.budget) == ([], backfill().budget)


@pytest.mark.parametrize("model", MODELS)
def test_what_a_run_was_given_can_be_stored_and_read_back(model: type[BaseModel]) -> None:
    given = model.model_validate({"company_ids": ["04.04.01.02.00002.002", 7], "slot_types": ["HR"]})
    assert model.model_validate(given.model_dump(mode="json")) == given


# ----------------------------------------------------------------------------------------------------- company ids
@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize(
    ("given", "numbers"),
    [
        ([2, 100], [2, 100]),
        (["2", " 100 "], [2, 100]),
        (["04.04.01.02.00002.002", "04.04.01.00.00100.100"], [2, 100]),
        (["04.04.01.53.1234453.453"], [1_234_453]),
        ("04.04.01.02.00002.002, 7", [2, 7]),
        ("7", [7]),
        (7, [7]),
        ([7, 7, 3], [7, 3]),
        ([], []),
        (None, []),
        ("", []),
    ],
    ids=str,
)
def test_companies_are_named_in_either_spelling(model: type[BaseModel], given: Any, numbers: list[int]) -> None:
    assert model.model_validate({"company_ids": given}).company_ids == numbers  # type: ignore[attr-defined]


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize(
    "given",
    [
        "Acme",
        "04.04.02.02.00002.002",  # a person
        "04.04.01.03.00002.002",  # the parts contradict each other
        "04.04.01.02.00002.003",
        "04.04.01.02.2.002",
        "04.04.01.02.00002",
        "-1",
        "1.5",
        "9" * 19,
        0,
        -1,
        1.5,
        True,
        None,
        [1],
        {"id": 1},
    ],
    ids=str,
)
def test_what_is_no_companys_id_is_refused(model: type[BaseModel], given: Any) -> None:
    said = refusal(model, company_ids=[2, given])
    assert said.startswith("company_ids.1: ")
    assert "\n" not in said


@pytest.mark.parametrize("model", MODELS)
def test_a_wrong_id_is_answered_with_how_to_write_it(model: type[BaseModel]) -> None:
    said = refusal(model, company_ids="04.04.01.2.2.2")
    assert said == "company_ids.0: write a company's id as 04.04.01.NN.NNNNN.NNN, or its plain number"


def test_the_same_company_in_two_spellings_is_one() -> None:
    given = ["2", 2, "04.04.01.02.00002.002"]
    assert set(backfill(company_ids=given).queue().company_unique_ids or ()) == {"04.04.01.02.00002.002"}
    assert set(evaluation(company_ids=given).scope().company_ids or ()) == {2}


@pytest.mark.parametrize(
    ("number", "unique_id"),
    [
        (1, "04.04.01.01.00001.001"),
        (100, "04.04.01.00.00100.100"),
        (99_999, "04.04.01.99.99999.999"),
        (100_000, "04.04.01.00.100000.000"),
        (1_234_567, "04.04.01.67.1234567.567"),
    ],
)
def test_a_plain_number_means_the_id_derived_from_it(number: int, unique_id: str) -> None:
    assert backfill(company_ids=[number]).queue().company_unique_ids == (unique_id,)
    assert backfill(company_ids=[unique_id]).company_ids == [number]


# ------------------------------------------------------------------------------------------------------------ seats
@pytest.mark.parametrize(
    ("given", "kept"),
    [
        (["HR", "CEO"], ("CEO", "HR")),
        ("CFO", ("CFO",)),
        ("HR, CFO", ("CFO", "HR")),
        (["CEO", "CEO"], ("CEO",)),
        ([], SEATS),
        (None, SEATS),
        (["HR", "CFO", "CEO"], SEATS),
    ],
    ids=str,
)
def test_seats_keep_their_order(given: Any, kept: tuple[str, ...]) -> None:
    scope = evaluation(slot_types=given).scope()
    assert scope.slot_types == kept
    assert scope.is_full == (kept == SEATS)
    queue = backfill(slot_types=given).queue()
    assert set(queue.slot_types or SEATS) == set(kept)


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("given", ["CTO", ["CEO", "ceo"], [1], {"CEO": 1}, [None]], ids=str)
def test_other_seats_are_refused(model: type[BaseModel], given: Any) -> None:
    assert refusal(model, slot_types=given).startswith("slot_types")


# ----------------------------------------------------------------------------------------------------------- scope
@pytest.mark.parametrize(
    "given",
    [{"company_ids": [1]}, {"name_contains": "x"}, {"industry": "x"}, {"source_system": "x"}, {"slot_types": ["CEO"]}],
    ids=str,
)
def test_whatever_leaves_companies_out_is_not_a_full_evaluation(given: dict[str, Any]) -> None:
    assert not SlotEvaluationParams.model_validate(given).scope().is_full


# ------------------------------------------------------------------------------------------------ providers, budget
@pytest.mark.parametrize(
    ("given", "kept"),
    [
        (["catalog", "live"], ["catalog", "live"]),
        ("live:backup, catalog", ["live:backup", "catalog"]),
        (["live", " live ", ""], ["live"]),
        (None, []),
    ],
    ids=str,
)
def test_providers_keep_their_order(given: Any, kept: list[str]) -> None:
    assert backfill(providers=given).providers == kept


@pytest.mark.parametrize(
    ("given", "max_usd", "max_calls"),
    [
        (2.5, Decimal("2.5"), 9_000),
        (0, Decimal(0), 9_000),
        ({"max_usd": "0.10"}, Decimal("0.10"), 9_000),
        ({"max_usd": None, "max_calls": 3}, None, 3),
        ({"max_calls": None}, Decimal(5), None),
        (None, Decimal(5), 9_000),
    ],
    ids=str,
)
def test_a_budget_may_be_a_number_of_dollars(given: Any, max_usd: Decimal | None, max_calls: int | None) -> None:
    """What it leaves out stays as it is without it."""
    budget = backfill(budget=given).budget
    assert (budget.max_usd, budget.max_calls) == (max_usd, max_calls)


def test_the_usual_budget_is_enough_for_the_usual_number_of_requests() -> None:
    """One call per company and provider, and no company has fewer than one request."""
    usual = backfill()
    assert usual.budget.max_calls is not None
    assert usual.budget.max_calls >= 3 * usual.max_requests


# ----------------------------------------------------------------------------------------------------------- limits
@pytest.mark.parametrize(
    ("model", "given"),
    [
        (SlotEvaluationParams, {"batch_size": 0}),
        (SlotEvaluationParams, {"batch_size": 1_000_001}),
        (SlotEvaluationParams, {"batch_size": "many"}),
        (SlotEvaluationParams, {"max_fill_rate_drop": -0.1}),
        (SlotEvaluationParams, {"max_fill_rate_drop": 1.1}),
        (SlotEvaluationParams, {"max_fill_rate_drop": "nan"}),
        (SlotEvaluationParams, {"dry_run": "perhaps"}),
        (SlotEvaluationParams, {"name_contains": "x" * 201}),
        (SlotEvaluationParams, {"name_contains": 7}),
        (SlotEvaluationParams, {"company_ids": list(range(1, 10_002))}),
        (SlotBackfillParams, {"providers": [f"live:{number}" for number in range(11)]}),
        (SlotBackfillParams, {"providers": [7]}),
        (SlotBackfillParams, {"max_requests": 0}),
        (SlotBackfillParams, {"max_requests": 100_001}),
        (SlotBackfillParams, {"chunk_size": 0}),
        (SlotBackfillParams, {"chunk_size": 1_001}),
        (SlotBackfillParams, {"lease_seconds": 0.5}),
        (SlotBackfillParams, {"lease_seconds": 3601}),
        (SlotBackfillParams, {"lease_seconds": "nan"}),
        (SlotBackfillParams, {"budget": -1}),
        (SlotBackfillParams, {"budget": True}),
        (SlotBackfillParams, {"budget": "a lot"}),
        (SlotBackfillParams, {"budget": float("nan")}),
        (SlotBackfillParams, {"budget": {"usd": 1}}),
    ],
    ids=lambda value: str(value)[:50],
)
def test_limits_are_within_reason(model: type[BaseModel], given: dict[str, Any]) -> None:
    (name,) = given
    assert refusal(model, **given).startswith(name)


@pytest.mark.parametrize("model", MODELS)
def test_a_param_that_does_not_exist_is_named_with_those_that_do(model: type[BaseModel]) -> None:
    said = refusal(model, dryrun=True)
    assert said.startswith(f"dryrun: unknown parameter; allowed: {', '.join(model.model_fields)}, ")
    # Of an object, its own members are named.
    assert refusal(SlotBackfillParams, budget={"max_eur": 1}).endswith("allowed: max_usd, max_calls")


# ---------------------------------------------------------------------------------------------- arguments of operators
def test_arguments_left_out_mean_everything() -> None:
    assert EvaluateSlotsArguments().scope() == Scope()
    assert FillSlotsArguments().queue() == Queue()
    assert (FillSlotsArguments().providers, FillSlotsArguments().limit) == ([], 60)


def test_no_companies_mean_none_to_an_operator() -> None:
    """A task that found nothing must not lead to an evaluation of everything."""
    assert EvaluateSlotsArguments(company_ids=[]).scope().company_ids == ()
    assert FillSlotsArguments(company_ids=[]).queue().company_unique_ids == ()


def test_arguments_take_what_the_form_takes() -> None:
    given = {"company_ids": "04.04.01.02.00002.002, 7", "slot_types": "HR, CEO"}
    scope = EvaluateSlotsArguments.model_validate({**given, "industry": " ", "first_id": "5", "last_id": 9}).scope()
    assert scope == Scope(("CEO", "HR"), (2, 7), first_id=5, last_id=9)
    assert not scope.is_full
    queue = FillSlotsArguments.model_validate(given).queue()
    assert queue == Queue(("HR", "CEO"), ("04.04.01.02.00002.002", "04.04.01.07.00007.007"))


CHUNK = {"evaluation_id": 1, "chunk": 1, "first_id": 1, "last_id": 2}


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"first_id": 1}, "first_id and last_id go together"),
        ({"last_id": 1, "evaluation_id": 1}, "first_id and last_id go together"),
        ({"evaluation_id": 1}, "evaluation_id needs first_id, last_id and chunk"),
        ({"evaluation_id": 1, "first_id": 1, "last_id": 2}, "evaluation_id needs first_id, last_id and chunk"),
        ({"evaluation_id": 1, "chunk": 3}, "evaluation_id needs first_id, last_id and chunk"),
        ({**CHUNK, "dry_run": True}, "takes no evaluation_id"),
        ({**CHUNK, "slot_types": ["HR"]}, "leave out what would narrow it"),
        ({**CHUNK, "company_ids": []}, "leave out what would narrow it"),
        ({**CHUNK, "industry": "x"}, "leave out what would narrow it"),
        ({"first_id": 0, "last_id": 2}, "first_id: "),
        ({"chunk": 0}, "chunk: "),
        ({"company_ids": ["Acme"]}, "company_ids.0: write a company's id as 04.04.01.NN.NNNNN.NNN"),
    ],
    ids=str,
)
def test_arguments_that_do_not_fit_together_are_named(given: dict[str, Any], said: str) -> None:
    assert said in refusal(EvaluateSlotsArguments, **given)


def test_a_chunk_of_an_open_evaluation_needs_nothing_else() -> None:
    arguments = EvaluateSlotsArguments(evaluation_id=3, first_id=5, last_id=9, chunk=2)
    assert arguments.scope() == Scope(first_id=5, last_id=9)


@pytest.mark.parametrize(
    "given",
    [
        {"limit": 0},
        {"limit": 100_001},
        {"lease_seconds": 0.5},
        {"max_usd": -1},
        {"max_calls": -1},
        {"number": -1},
        {"providers": [f"live:{number}" for number in range(11)]},
        {"company_ids": list(range(1, 10_002))},
    ],
    ids=lambda value: str(value)[:50],
)
def test_arguments_are_within_reason(given: dict[str, Any]) -> None:
    (name,) = given
    assert refusal(FillSlotsArguments, **given).startswith(name)
