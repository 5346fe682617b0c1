"""Nightly runs of ml_feature_refresh for its tests: single tasks, whole runs, and looking at what they wrote."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import Engine, text

from prospecting.operators.features import (
    RecommendAccountsOperator,
    RefreshFeaturesOperator,
    ScoreAccountsOperator,
    TrainPropensityModelOperator,
)
from prospecting.persistence.database import to_json
from prospecting.tasks import ml_feature_refresh as tasks
from prospecting.tasks.assets import FEATURES
from tests.dags.runs import Airflow, Run, TaskCaller
from tests.db.factories import stored, versions
from tests.generated_history import History, load_history

DAG: dict[str, Any] = {"dag_id": "ml_feature_refresh"}
BOOKKEEPING = {"feature_refreshes", "account_changes", "task_attempts"}
ACCOUNTS, MONTHS = 200, 18
UNTIL = datetime(2026, 10, 1, tzinfo=UTC)
# One month more than history has: the one it ends with.
CONF: dict[str, Any] = {"snapshot_months": MONTHS + 1, "chunk_size": 80}
PRIVATE = ("zelda.marker@private.example", "Zelda Marker", "+49 171 5550199", "prefers to be called at night")


@dataclass
class Watermarks:
    """What Airflow keeps with an asset."""

    values: dict[str, Any] = field(default_factory=dict)

    def get(self, key: str) -> Any:
        return self.values.get(key)

    def set(self, key: str, value: Any) -> None:
        self.values[key] = value


@dataclass
class Nights(TaskCaller):
    """Single tasks of this DAG, with what Airflow keeps with an asset; the run id says how a run began."""

    kept: dict[Any, Watermarks] = field(default_factory=lambda: {FEATURES: Watermarks()})

    def context(self, task_id: str, **options: Any) -> Any:
        context = super().context(task_id, **{"dag_id": "ml_feature_refresh", **options})
        context["dag_run"].run_type = context["run_id"].partition("__")[0]
        return {**context, "asset_state_store": self.kept}


def start(
    call: Nights, engine: Engine, *, run_id: str = "manual__1", as_of: datetime | None = None, **params: Any
) -> int:
    """Open a refresh, as of another moment than now if given. Returns its id."""
    refresh_id: int = call(tasks.start_refresh, params=params, run_id=run_id)
    if as_of:
        with engine.begin() as connection:
            connection.execute(
                text(
                    "update feature_refreshes set as_of = :as_of, "
                    "watermark = jsonb_set(watermark, '{as_of}', cast(:json as jsonb)) where id = :id"
                ),
                {"as_of": as_of, "json": to_json(as_of.isoformat()), "id": refresh_id},
            )
    return refresh_id


def refresh_chunk(call: Nights, chunk: dict[str, Any], *, run_id: str = "manual__1") -> Any:
    """Run one of the mapped tasks; ``chunk`` is an entry of the plan."""
    return call.execute(RefreshFeaturesOperator(task_id="refresh_chunk", **chunk), run_id=run_id)


def refresh(call: Nights, engine: Engine, *, run_id: str = "manual__1", **params: Any) -> int:
    """All there is to a refresh before anything is made of the features. Returns its id."""
    refresh_id = start(call, engine, run_id=run_id, **params)
    chunks = call(tasks.plan_chunks, refresh_id, run_id=run_id)
    counters = [refresh_chunk(call, chunk, run_id=run_id) for chunk in chunks]
    call(tasks.finish_refresh, refresh_id, counters, run_id=run_id)
    return refresh_id


def train(call: Nights, refresh_id: int) -> Any:
    return call.execute(TrainPropensityModelOperator(task_id="train_model", refresh_id=refresh_id))


def score(call: Nights, refresh_id: int) -> Any:
    return call.execute(ScoreAccountsOperator(task_id="score_accounts", refresh_id=refresh_id))


def recommend(call: Nights, refresh_id: int) -> Any:
    return call.execute(RecommendAccountsOperator(task_id="recommend_accounts", refresh_id=refresh_id))


def rows(engine: Engine, table: str, **options: str) -> list[dict[str, Any]]:
    with engine.connect() as connection:
        return stored(connection, table, **options)


def everything(engine: Engine, *, but: set[str] | None = None) -> dict[str, Any]:
    """Every row version of the application database."""
    with engine.connect() as connection:
        return {table: found for table, found in versions(connection).items() if table not in (but or set())}


def refresh_of(engine: Engine, run: Run) -> dict[str, Any]:
    (found,) = (row for row in rows(engine, "feature_refreshes") if row["airflow_run_id"] == run.run_id)
    return found


def artifact(engine: Engine) -> Path:
    """The file of the model in use."""
    (model,) = (row for row in rows(engine, "ml_models") if row["status"] == "promoted")
    return Path(urlsplit(model["artifact_path"]).path)


def printed_or_kept(airflow: Airflow, run: Run) -> str:
    return run.log + airflow.stored_by_airflow(run.run_id)


def learn_from(engine: Engine, history: History) -> None:
    with engine.begin() as connection:
        load_history(connection, history)
