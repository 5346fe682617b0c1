"""The tasks of the propensity model: train one and use it if it is better, score accounts with the one in use."""

from __future__ import annotations

import logging
from datetime import UTC, datetime, time, timedelta
from typing import Any

from airflow.sdk import task
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException
from sqlalchemy import Connection, RowMapping

from prospecting.hooks.model_artifacts import fetch_artifact, store_artifact
from prospecting.hooks.prospecting import in_transaction, looking
from prospecting.persistence import ml_models as store
from prospecting.persistence.feature_refreshes import find_refresh
from prospecting.persistence.ml_models import Registered, ScoreCounts
from prospecting.scoring.propensity import ArtifactError, Model, dump_model, load_model
from prospecting.scoring.propensity_features import Examples
from prospecting.scoring.propensity_training import NotEnoughHistory, Settings, Training, fingerprint, train
from prospecting.tasks.ml_feature_refresh import is_asset_triggered, refresh_params

log = logging.getLogger(__name__)

NAME = "propensity"


@task
def train_model(refresh_id: int) -> dict[str, Any]:
    """Train on what is known by now, and register the result; promoted if it is better. Answers version and status.

    Skipped, with the reason, when there is too little to learn from, or when nobody asked.
    """
    params = refresh_params()
    if not params.train:
        raise AirflowSkipException("Training is switched off for this run: train is false")
    if is_asset_triggered():
        raise AirflowSkipException("Runs that follow another DAG do not train; those of the night and by hand do")
    if missing := store.missing_history(looking(store.count_history)):
        raise AirflowSkipException(missing)

    def learn_from(connection: Connection) -> Examples:
        until = find_refresh(connection, refresh_id).as_of.astimezone(UTC).date()
        return store.query_training_examples(connection, horizon_days=params.horizon_days, until=until)

    settings = Settings(horizon_days=params.horizon_days)
    examples = looking(learn_from)
    known = looking(
        lambda connection: store.find_model(connection, name=NAME, fingerprint=fingerprint(examples, settings))
    )
    in_use = looking(_find_promoted)
    incumbent = _load_if_readable(in_use)
    # Should the file of the one in use be lost, the same training makes the same file again.
    if known is not None and store.is_settled(known, has_rival=incumbent is not None):
        log.info("Version %d was trained on this data already", known["version"])
        return {"version": known["version"], "status": known["status"], "is_new": False}
    try:
        training = train(examples, settings, incumbent=incumbent)
    except NotEnoughHistory as error:
        raise AirflowSkipException(str(error)) from None
    registered = _register(training, incumbent_id=in_use["id"] if in_use else None)
    log.info("Version %d is %s. %s", registered.version, registered.status, training.verdict)
    return {"version": registered.version, "status": registered.status, "is_new": registered.is_new}


def _register(training: Training, *, incumbent_id: int | None) -> Registered:
    """The artifact first: a killed task leaves a file nobody asks for, rather than a model nobody can load."""
    artifact: dict[str, Any] = {}
    if training.is_better:
        data = dump_model(training.model)
        path, sha256 = store_artifact(NAME, data)
        artifact = {"artifact_path": path, "artifact_sha256": sha256, "artifact_bytes": len(data)}
    return in_transaction(
        lambda connection: store.register_model(
            connection, name=NAME, training=training, incumbent_id=incumbent_id, **artifact
        )
    )


def _load_if_readable(row: RowMapping | None) -> Model | None:
    """To compare with. One that cannot be used any more shall be replaced, so it does not stand in the way."""
    try:
        return _load(row) if row else None
    except ArtifactError as error:
        log.warning("The model in use cannot be compared with: %s", error)
        return None


def _find_promoted(connection: Connection) -> RowMapping | None:
    return store.find_promoted(connection, NAME)


def _load(row: RowMapping) -> Model:
    return load_model(fetch_artifact(row["artifact_path"]), sha256=row["artifact_sha256"])


@task
def score_accounts(refresh_id: int) -> dict[str, int]:
    """Score every account with the model in use; without one, nobody has a score. Answers how many were written."""
    row = looking(_find_promoted)
    if row is None:
        in_transaction(lambda connection: store.forget_other_scores(connection, None))
        raise AirflowSkipException("No model is in use; accounts are ranked by their ICP score")
    try:
        model = _load(row)
    except ArtifactError as error:
        raise AirflowFailException(str(error)) from None

    def work(connection: Connection) -> ScoreCounts:
        today = find_refresh(connection, refresh_id).as_of.astimezone(UTC).date()
        # As the day ends, whenever this runs: whoever nothing happens to keeps score and reasons all day.
        midnight = datetime.combine(today + timedelta(days=1), time(), UTC)
        return store.score_accounts(connection, model, model_id=row["id"], as_of=midnight)

    counts = in_transaction(work)
    log.info("Version %d: %s", row["version"], counts)
    return {"scored": counts.scored, "written": counts.written, "removed": counts.removed}
