"""Params of account_promotion: what is understood, what does not go together, and what is said about it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from prospecting.services.params import explain
from prospecting.services.promotion_params import (
    AccountPromotionParams,
    PromoteArguments,
    ScopeFields,
    StoredScope,
)

ONE, OTHER = UUID(int=1), UUID(int=2)


def complaint(model: Any, values: dict[str, Any]) -> str:
    with pytest.raises(ValidationError) as caught:
        model.model_validate(values)
    return explain(caught.value, model)


def test_whom_it_looks_at_is_understood_in_many_spellings() -> None:
    scope = AccountPromotionParams.model_validate(
        {
            "signal_ids": f" {ONE} , {OTHER}",
            "execution_ids": [str(ONE), ONE],
            "best_tier": "🥇 Gold Sponsors ($50,000)",
            "company_ids": "04.04.01.02.00002.002, 7",
            "seniorities": "vp, c-level",
            "functions": ["VP Sales, CTO"],
            "max_per_company": "3",
        }
    ).scope()
    assert scope.signal_ids == (ONE, OTHER)
    assert scope.company_ids == (2, 7)
    assert scope.seniorities == ("vp", "c-level")
    assert scope.worst_rank == 5
    assert scope.max_per_company == 3
    empty = AccountPromotionParams.model_validate(
        dict.fromkeys(("signal_ids", "execution_ids", "best_tier", "company_ids", "seniorities", "functions"))
    )
    assert empty.scope() == AccountPromotionParams.model_validate({}).scope()
    assert empty.scope().worst_rank is None


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"signal_ids": ["my signal"]}, "the id of a signal is a UUID; see the table signals"),
        ({"execution_ids": [7]}, "the id of an execution is a UUID"),
        ({"best_tier": "unobtainium"}, "no tier we know a rank of"),
        ({"functions": ["former CEO"]}, "a function that no title fits"),
        ({"seniorities": ["boss"]}, "c-level"),
        ({"approved_by": "ann"}, "approved_by needs promotion_id"),
        ({"withdraw": True}, "withdraw needs promotion_id"),
        ({"promotion_id": "17"}, "the id of a promotion is a UUID"),
        ({"promotion_id": str(ONE), "best_tier": "gold"}, "its list is made already"),
        ({"promotion_id": str(ONE), "max_per_company": 9}, "its list is made already"),
        ({"promotion_id": str(ONE), "approved_by": "ann", "dry_run": True}, "choose"),
        ({"promotion_id": str(ONE), "approved_by": "ann", "withdraw": True}, "withdraw takes nothing but"),
        ({"promotion": str(ONE)}, "unknown parameter; allowed: signal_ids"),
    ],
    ids=str,
)
def test_what_cannot_be_meant_is_refused_with_the_remedy(values: dict[str, Any], expected: str) -> None:
    said = complaint(AccountPromotionParams, values)
    assert expected in said
    assert "my signal" not in said


def test_a_blank_promotion_is_none() -> None:
    for blank in (None, "", "  "):
        assert AccountPromotionParams.model_validate({"promotion_id": blank, "approved_by": blank}).promotion_id is None
    going_on = {"promotion_id": f" {ONE} ", "approved_by": "ann", "chunk_size": 7}
    assert AccountPromotionParams.model_validate(going_on).promotion_id == ONE


def test_a_part_of_a_list_has_two_ends() -> None:
    assert "go together" in complaint(PromoteArguments, {"promotion_id": ONE, "first_position": 1})
    assert "UUID" in complaint(PromoteArguments, {"promotion_id": "x"})


@given(
    st.fixed_dictionaries(
        {},
        optional={
            "signal_ids": st.lists(st.uuids(), max_size=3),
            "best_tier": st.sampled_from([None, "gold", "Level 3", "media partner"]),
            "company_ids": st.lists(st.integers(1, 10**17), max_size=3),
            "seniorities": st.lists(st.sampled_from(["c-level", "vp", "manager"]), max_size=3),
            "functions": st.lists(st.sampled_from(["CEO", "VP Sales", "Marketing"]), max_size=3),
            "max_per_company": st.integers(1, 1000),
            "include_seats": st.booleans(),
        },
    )
)
def test_what_is_stored_means_the_same_when_it_is_read_back(values: dict[str, Any]) -> None:
    params = AccountPromotionParams.model_validate(values)
    stored = params.stored()
    assert StoredScope.model_validate(stored).scope() == params.scope() == ScopeFields.model_validate(values).scope()
    assert not {"approved_by", "promotion_id", "withdraw"} & stored.keys()
