"""What is made of features without Airflow: a database and a place for the files of models are all there is to it."""

from __future__ import annotations

import hashlib
import pickle
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, text

from prospecting.persistence.database import TaskAttempt
from prospecting.scoring.model_artifact import ArtifactError
from prospecting.services import features, propensity, recommendations
from prospecting.services.feature_params import (
    RecommendArguments,
    RefreshArguments,
    StoredRefreshParams,
    TrainArguments,
)
from prospecting.services.features import NotDone
from prospecting.services.runtime import Runtime
from tests.clock import today
from tests.db.factories import count, stored, versions
from tests.db.recommending import add_accounts
from tests.generated_history import generate_history, load_history


@dataclass
class Drawer:
    """Keeps files in memory."""

    files: dict[str, bytes] = field(default_factory=dict)

    def store(self, name: str, data: bytes) -> tuple[str, str]:
        sha256 = hashlib.sha256(data).hexdigest()
        self.files[f"{name}/{sha256}"] = data
        return f"{name}/{sha256}", sha256

    def fetch(self, path: str) -> bytes:
        try:
            return self.files[path]
        except KeyError:
            raise ArtifactError(f"{path} is missing") from None


@pytest.fixture
def runtime(engine: Engine) -> Runtime:
    return Runtime(engine, TaskAttempt("a_dag", "manual__1", "a_task"), timeout_seconds=60)


def test_a_model_is_trained_used_and_found_again(runtime: Runtime, engine: Engine, tmp_path: Path) -> None:
    until = today().replace(day=1)
    with engine.begin() as connection:
        load_history(connection, generate_history(accounts=200, months=18, seed=1, until=until))
    refresh_id, done = features.refresh_features(runtime, RefreshArguments(snapshot_months=19))
    assert done.snapshots_written > 2_000
    drawer = Drawer()
    trained = propensity.train_model(runtime, drawer, TrainArguments(refresh_id=refresh_id))
    assert (trained.version, trained.status, trained.is_new) == (1, "promoted", True)
    assert len(drawer.files) == 1
    assert not propensity.train_model(runtime, drawer, TrainArguments(refresh_id=refresh_id)).is_new
    # Another question is another model.
    other = propensity.train_model(runtime, drawer, TrainArguments(refresh_id=refresh_id, horizon_days=60))
    assert (other.version, other.is_new) == (2, True)

    counts = propensity.score_accounts(runtime, drawer, refresh_id)
    assert counts.scored == counts.written > 100
    with engine.connect() as connection:
        before = versions(connection)["account_scores"]
    for data in (b"", None):
        drawer.files = {} if data is None else dict.fromkeys(drawer.files, data)
        with pytest.raises(ArtifactError):
            propensity.score_accounts(runtime, drawer, refresh_id)
    with engine.connect() as connection:
        assert versions(connection)["account_scores"] == before

    # A model of before, or whatever somebody has planted who can write file and table alike.
    sprung = tmp_path / "sprung"
    path, sha256 = drawer.store("propensity", pickle.dumps(Trap(sprung)))
    with engine.begin() as connection:
        values = {"path": path, "sha256": sha256}
        planted = "update ml_models set artifact_path = :path, artifact_sha256 = :sha256 where status = 'promoted'"
        assert connection.execute(text(planted), values).rowcount == 1
    with pytest.raises(ArtifactError, match="holds numbers only: train again"):
        propensity.score_accounts(runtime, drawer, refresh_id)
    # The next training on the same data puts it right.
    again = propensity.train_model(runtime, drawer, TrainArguments(refresh_id=refresh_id))
    assert (again.version, again.status, again.is_new) == (1, "promoted", False)
    assert propensity.score_accounts(runtime, drawer, refresh_id).scored == counts.scored
    assert not sprung.exists()


class Trap:
    """Makes a file when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self.path,)


def test_asking_whether_there_is_enough_to_learn_from_leaves_no_trace(runtime: Runtime, engine: Engine) -> None:
    with pytest.raises(NotDone, match="Too little to learn from"):
        propensity.train_model(runtime, Drawer(), TrainArguments())
    with engine.connect() as connection:
        assert count(connection, "task_attempts") == 0


def test_a_run_that_follows_another_dag_does_not_train_unless_told_to(runtime: Runtime) -> None:
    follows = features.start_refresh(
        runtime, airflow_run_id="1", params=StoredRefreshParams(follows_another_dag=True), watermark=None
    )
    with pytest.raises(NotDone, match="Runs that follow another DAG do not train"):
        propensity.train_model(runtime, Drawer(), TrainArguments(refresh_id=follows.id))
    with pytest.raises(NotDone, match="Too little to learn from"):
        propensity.train_model(runtime, Drawer(), TrainArguments(refresh_id=follows.id, train=True))


def test_a_basis_is_a_refresh_or_now(runtime: Runtime) -> None:
    began = datetime.now(UTC)
    now = features.basis_of(runtime, None)
    assert began <= now.as_of <= datetime.now(UTC)
    assert now.params == StoredRefreshParams()
    given = StoredRefreshParams(quiet_days=7, follows_another_dag=True)
    refresh = features.start_refresh(runtime, airflow_run_id="1", params=given, watermark=None)
    basis = features.basis_of(runtime, refresh.id)
    assert (basis.as_of, basis.params) == (refresh.as_of, given)
    with pytest.raises(LookupError, match="No feature refresh 0 is stored"):
        features.basis_of(runtime, 0)


def test_a_refresh_of_an_operator_leaves_the_defaults_to_others(runtime: Runtime) -> None:
    refresh_id, _ = features.refresh_features(runtime, RefreshArguments(snapshot_months=0, chunk_size=7))
    params = features.basis_of(runtime, refresh_id).params
    assert params == StoredRefreshParams(snapshot_months=0, chunk_size=7)


def test_without_a_task_every_refresh_is_one_of_its_own(engine: Engine) -> None:
    script = Runtime(engine)
    ids = {features.refresh_features(script, RefreshArguments())[0] for _ in range(2)}
    assert len(ids) == 2


def test_tries_and_instances_of_a_task(engine: Engine) -> None:
    def refreshed(**attempt: int) -> int:
        return features.refresh_features(
            Runtime(engine, TaskAttempt("a_dag", "manual__1", "a_task", **attempt)), RefreshArguments()
        )[0]

    first = refreshed()
    assert refreshed(try_number=2) == first
    assert refreshed(map_index=0) != first


def test_a_summary_says_all_that_is_printed(runtime: Runtime, engine: Engine) -> None:
    with engine.begin() as connection:
        add_accounts(connection, "acme.com", icp_score=9)
    refresh = features.start_refresh(runtime, airflow_run_id="1", params=StoredRefreshParams(), watermark=None)
    done = recommendations.recommend_accounts(runtime, RecommendArguments(refresh_id=refresh.id))
    assert done.count == 1
    summary = features.summarize_refresh(
        runtime, refresh.id, {"features": {"accounts_changed": 1}, "model": None, "recommendations": {"count": 1}}
    )
    assert summary.lines() == [
        "Refreshed all accounts: no refresh has finished before",
        "Features: accounts changed 1",
        "Model: not done",
        "Recommendations: count 1",
        "Meetings and deals within 30 days of a recommendation, for the lists of the last 180 days: "
        "no list is old enough",
        "1. acme.com (acme.com): High ICP score (9)",
    ]
    assert summary.as_dict() == {
        "refresh_id": refresh.id,
        "scope": "all accounts: no refresh has finished before",
        "features": {"accounts_changed": 1},
        "recommendations": {"count": 1},
        "policy": "no list is old enough",
        "accounts": ["1. acme.com (acme.com): High ICP score (9)"],
    }


def test_a_summary_says_why_nothing_was_trained_and_nobody_recommended(runtime: Runtime, engine: Engine) -> None:
    refresh = features.start_refresh(runtime, airflow_run_id="1", params=StoredRefreshParams(), watermark=None)
    with pytest.raises(NotDone, match="Too little to learn from"):
        propensity.train_model(runtime, Drawer(), TrainArguments(refresh_id=refresh.id))
    arguments = RecommendArguments(refresh_id=refresh.id)
    done = recommendations.recommend_accounts(runtime, arguments)
    summary = features.summarize_refresh(runtime, refresh.id, {"model": None, "recommendations": {"count": done.count}})
    assert summary.lines()[1:3] == [
        "Model: not done. Too little to learn from: 0 of 50 research runs, 0 of 100 user interactions",
        "Recommendations: count 0. Nobody is recommended: no account has features yet",
    ]
    assert set(summary.as_dict()["reasons"]) == {"model", "recommendations"}
    with engine.begin() as connection:
        add_accounts(connection, "acme.com")
    recommendations.recommend_accounts(runtime, arguments)
    kept = RecommendArguments(refresh_id=refresh.id, keep_existing=True)
    with engine.connect() as connection:
        assert stored(connection, "feature_refreshes")[0]["not_recommended_because"] is None
    with pytest.raises(NotDone, match="stands and is kept"):
        recommendations.recommend_accounts(runtime, kept)
    with engine.connect() as connection:
        assert "stands and is kept" in stored(connection, "feature_refreshes")[0]["not_recommended_because"]


@pytest.mark.parametrize(("finished", "status"), [(None, "failed"), ({"accounts_changed": 0}, "completed")])
def test_only_a_refresh_that_did_not_get_to_its_end_is_closed_as_failed(
    runtime: Runtime, engine: Engine, finished: dict[str, int] | None, status: str
) -> None:
    refresh = features.start_refresh(runtime, airflow_run_id="1", params=StoredRefreshParams(), watermark=None)
    if finished is not None:
        features.finish_refresh(runtime, refresh.id, [])
    features.summarize_refresh(runtime, refresh.id, {"features": finished}, error="1 tasks failed")
    with engine.connect() as connection:
        (row,) = stored(connection, "feature_refreshes")
    assert (row["status"], row["error"]) == (status, None if finished is not None else "1 tasks failed")


def test_a_list_is_made_for_the_day_of_its_refresh(runtime: Runtime, engine: Engine) -> None:
    with engine.begin() as connection:
        add_accounts(connection, "acme.com")
    recommendations.recommend_accounts(runtime, RecommendArguments(limit=1))
    with engine.connect() as connection:
        (row,) = stored(connection, "account_recommendations")
    assert abs(row["recommended_on"] - datetime.now(UTC).date()) <= timedelta(days=1)
