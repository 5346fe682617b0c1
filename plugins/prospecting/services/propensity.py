"""The propensity model: train one and use it if it is better, score accounts with the one in use."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any, Protocol

from sqlalchemy import Connection, RowMapping

from prospecting.persistence import feature_refreshes, ml_models
from prospecting.persistence.ml_models import Registered, ScoreCounts
from prospecting.scoring.model_artifact import ArtifactError, dump_model, load_model
from prospecting.scoring.propensity import Model
from prospecting.scoring.propensity_features import Examples
from prospecting.scoring.propensity_training import NotEnoughHistory, Settings, Training, fingerprint, train
from prospecting.services.feature_params import TrainArguments
from prospecting.services.features import NotDone, basis_of
from prospecting.services.runtime import Runtime

log = logging.getLogger(__name__)

NAME = "propensity"


class Artifacts(Protocol):
    """Where the files of models are kept."""

    def store(self, name: str, data: bytes) -> tuple[str, str]:
        """Keep ``data``. Returns its path and SHA-256."""

    def fetch(self, path: str) -> bytes:
        """The data at ``path``. Raises ``ArtifactError`` when nothing is there."""


@dataclass(frozen=True, slots=True)
class Trained:
    """A version of the model; ``is_new``: it was not known before."""

    version: int
    status: str
    is_new: bool


def train_model(runtime: Runtime, artifacts: Artifacts, arguments: TrainArguments) -> Trained:
    """Train on what is known by now and register the result, which is promoted if it is better.

    Raises ``NotDone`` when there is too little to learn from, or when training is not wanted; the refresh keeps why.
    """
    try:
        trained = _train(runtime, artifacts, arguments)
    except NotDone as reason:
        _explain(runtime, arguments.refresh_id, str(reason))
        raise
    _explain(runtime, arguments.refresh_id, None)
    return trained


def _explain(runtime: Runtime, refresh_id: int | None, why: str | None) -> None:
    if refresh_id is not None:
        runtime.write(lambda connection: feature_refreshes.explain_training(connection, refresh_id, why))


def _train(runtime: Runtime, artifacts: Artifacts, arguments: TrainArguments) -> Trained:
    basis = basis_of(runtime, arguments.refresh_id)
    if not (basis.params.train if arguments.train is None else arguments.train):
        raise NotDone("Training is switched off for this run: train is false")
    if arguments.train is None and basis.params.follows_another_dag:
        raise NotDone("Runs that follow another DAG do not train; nightly runs and those started by hand do")
    if missing := ml_models.missing_history(runtime.read(ml_models.count_history)):
        raise NotDone(missing)
    settings = Settings(horizon_days=arguments.horizon_days or basis.params.horizon_days)

    def learn_from(connection: Connection) -> Examples:
        return ml_models.query_training_examples(connection, horizon_days=settings.horizon_days, until=basis.today)

    examples = runtime.read(learn_from)
    key = fingerprint(examples, settings)
    known = runtime.read(lambda connection: ml_models.find_model(connection, name=NAME, fingerprint=key))
    in_use = runtime.read(_find_promoted)
    incumbent = _load_if_readable(artifacts, in_use)
    # When the file of the model in use is lost, the same training makes the same file again.
    if known is not None and ml_models.is_settled(known, has_rival=incumbent is not None):
        log.info("Version %d was trained on this data already", known["version"])
        return Trained(known["version"], known["status"], is_new=False)
    try:
        training = train(examples, settings, incumbent=incumbent)
    except NotEnoughHistory as error:
        raise NotDone(str(error)) from None
    registered = _register(runtime, artifacts, training, incumbent_id=in_use["id"] if in_use else None)
    log.info("Version %d is %s. %s", registered.version, registered.status, training.verdict)
    return Trained(registered.version, registered.status, registered.is_new)


def _register(runtime: Runtime, artifacts: Artifacts, training: Training, *, incumbent_id: int | None) -> Registered:
    """The artifact first: a killed task leaves a file nobody asks for, rather than a model nobody can load."""
    artifact: dict[str, Any] = {}
    if training.is_better:
        data = dump_model(training.model)
        path, sha256 = artifacts.store(NAME, data)
        artifact = {"artifact_path": path, "artifact_sha256": sha256, "artifact_bytes": len(data)}
    return runtime.write(
        lambda connection: ml_models.register_model(
            connection, name=NAME, training=training, incumbent_id=incumbent_id, **artifact
        )
    )


def _load_if_readable(artifacts: Artifacts, row: RowMapping | None) -> Model | None:
    """The model to compare with. One that cannot be used any more needs replacing: it must not stand in the way."""
    try:
        return _load(artifacts, row) if row else None
    except ArtifactError as error:
        log.warning("The model in use cannot be compared with: %s", error)
        return None


def _find_promoted(connection: Connection) -> RowMapping | None:
    return ml_models.find_promoted(connection, NAME)


def _load(artifacts: Artifacts, row: RowMapping) -> Model:
    return load_model(artifacts.fetch(row["artifact_path"]), sha256=row["artifact_sha256"])


def score_accounts(runtime: Runtime, artifacts: Artifacts, refresh_id: int | None) -> ScoreCounts:
    """Score every account with the model in use.

    Raises ``NotDone`` when none is (then no account has a score any more), and ``ArtifactError`` when its file cannot
    be used (then scores stay).
    """
    today = basis_of(runtime, refresh_id).today
    row = runtime.read(_find_promoted)
    if row is None:
        runtime.write(lambda connection: ml_models.forget_other_scores(connection, None))
        raise NotDone("No model is in use; accounts are ranked by their ICP score")
    model = _load(artifacts, row)
    # As the day ends, whenever this runs: accounts that nothing happens to keep score and reasons all day.
    midnight = datetime.combine(today + timedelta(days=1), time(), UTC)
    counts = runtime.write(
        lambda connection: ml_models.score_accounts(connection, model, model_id=row["id"], as_of=midnight)
    )
    log.info("Version %d: %s", row["version"], counts)
    return counts
