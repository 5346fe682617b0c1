"""What can be asked of ml_feature_refresh, and how plainly a wrong wish is refused."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from prospecting.services.feature_params import MlFeatureRefreshParams
from prospecting.services.params import explain
from prospecting.tasks.trigger_form import airflow_params


def refusal(**given: Any) -> str:
    """Why these params are refused, as a task says it."""
    with pytest.raises(ValidationError) as error:
        MlFeatureRefreshParams.model_validate(given)
    return explain(error.value, MlFeatureRefreshParams)


def test_every_night_refreshes_what_changed_and_trains() -> None:
    assert MlFeatureRefreshParams().model_dump() == {
        "full": False,
        "train": True,
        "chunk_size": 20_000,
        "snapshot_months": 12,
        "horizon_days": 90,
        "recommendations": 50,
        "exploration_share": 0.2,
        "quiet_days": 30,
        "min_icp_score": 6,
    }


def test_a_form_nobody_touched_is_a_night() -> None:
    untouched = {name: param.value for name, param in airflow_params(MlFeatureRefreshParams).items()}
    assert MlFeatureRefreshParams.model_validate(untouched) == MlFeatureRefreshParams()


def test_what_a_run_was_given_can_be_stored_and_read_back() -> None:
    given = MlFeatureRefreshParams.model_validate({"full": True, "exploration_share": 0.05, "quiet_days": 0})
    assert MlFeatureRefreshParams.model_validate(given.model_dump(mode="json")) == given


@pytest.mark.parametrize(
    "given",
    [
        {"full": "perhaps"},
        {"train": 2},
        {"chunk_size": 0},
        {"chunk_size": 1_000_001},
        {"chunk_size": "many"},
        {"snapshot_months": -1},
        {"snapshot_months": 121},
        {"horizon_days": 6},
        {"horizon_days": 366},
        {"horizon_days": 30.5},
        {"recommendations": -1},
        {"recommendations": 10_001},
        {"exploration_share": -0.1},
        {"exploration_share": 1.1},
        {"exploration_share": "nan"},
        {"quiet_days": -1},
        {"quiet_days": 3651},
        {"min_icp_score": 0},
        {"min_icp_score": 11},
        *({name: None} for name in MlFeatureRefreshParams.model_fields),  # emptied in the form
    ],
    ids=str,
)
def test_limits_are_within_reason(given: dict[str, Any]) -> None:
    (name,) = given
    said = refusal(**given)
    assert said.startswith(f"{name}: ")
    assert "\n" not in said


def test_all_that_is_wrong_is_said_at_once() -> None:
    assert refusal(horizon_days=1, quiet_days=-1).count("; ") == 1


def test_a_param_that_does_not_exist_is_named_with_those_that_do() -> None:
    known = ", ".join(MlFeatureRefreshParams.model_fields)
    assert refusal(incremental=False) == f"incremental: unknown parameter; allowed: {known}"
