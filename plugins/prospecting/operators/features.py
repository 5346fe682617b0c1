"""Operators of features: refresh them, train on them, score, detect intent, recommend."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any, ClassVar

from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException

from prospecting.hooks import metrics
from prospecting.operators.lineage import Tables
from prospecting.operators.links import FeatureRefreshLink, ModelCardLink, RecommendedAccountsLink
from prospecting.operators.prospecting import ProspectingOperator
from prospecting.operators.retry import refusals_fail_at_once
from prospecting.services.feature_params import (
    IntentArguments,
    RecommendArguments,
    RefreshArguments,
    ScoreArguments,
    TrainArguments,
)

if TYPE_CHECKING:
    from airflow.sdk import Context


class RefreshFeaturesOperator(ProspectingOperator):
    """Bring the features of accounts up to date: what is known now, and what was known at the start of each month.

    Without ``refresh_id``, the operator opens a refresh of its own, works through it chunk by chunk, one transaction
    each, and closes it. It refreshes the accounts that changed since the newest refresh of everything, whoever ran
    that. The watermark of the nightly DAG does not move, and changes that the DAG has not read are kept: it reads them
    again, and finds what it would write already there.

    Returns ``refresh_id`` and how much was done: ``accounts_changed``, ``signals_written``, ``snapshots_written``,
    ``companies_failed``. Refreshing again without news writes nothing.

    :param refresh_id: Id of an open refresh to work on, as the DAG ml_feature_refresh does; closing it is left to
        whoever opened it. Empty: a refresh of its own.
    :param first_domain: Refresh only the accounts from this domain on; goes together with last_domain. A refresh of
        its own that is limited so does not count as one of everything.
    :param last_domain: The last domain, included.
    :param snapshot_months: For a refresh of its own: how many months of snapshots to keep up to date. Months that the
        previous refresh did not have are computed for all accounts.
    :param chunk_size: How many accounts a transaction refreshes.
    :param full: For a refresh of its own: refresh all accounts, changed or not.

    .. code-block:: python

        RefreshFeaturesOperator(task_id="refresh_features", snapshot_months=24, outlets=[FEATURES])
    """

    template_fields = (
        *ProspectingOperator.template_fields,
        "refresh_id",
        "first_domain",
        "last_domain",
        "snapshot_months",
        "chunk_size",
        "full",
    )
    operator_extra_links = (FeatureRefreshLink(),)
    tables: ClassVar = Tables(
        reads=(
            "account_changes",
            "company_intel_briefings",
            "company_person_roles",
            "contacts",
            "conversations",
            "event_sponsors",
            "extracted_icp_job_title_details",
            "person_intel_briefings",
            "prospect_intelligence",
            "prospect_intelligence_runs",
            "signal_execution_entities",
            "slot_transitions",
            "touchpoints",
            "user_interactions",
        ),
        writes=("accounts", "account_signals", "account_feature_snapshots", "companies"),
        rows={"account_signals": "signals_written", "account_feature_snapshots": "snapshots_written"},
    )

    def __init__(
        self,
        *,
        refresh_id: int | str | None = None,
        first_domain: str | None = None,
        last_domain: str | None = None,
        snapshot_months: int | str = 12,
        chunk_size: int | str = 20_000,
        full: bool | str = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.refresh_id = refresh_id
        self.first_domain = first_domain
        self.last_domain = last_domain
        self.snapshot_months = snapshot_months
        self.chunk_size = chunk_size
        self.full = full

    def execute(self, context: Context) -> dict[str, int]:
        from prospecting.services.features import refresh_features

        arguments = self.read_arguments(RefreshArguments)
        with refusals_fail_at_once():
            refresh_id, counters = refresh_features(self.runtime(context), arguments)
        self.log.info("%s: %s", self.map_label or f"Refresh {refresh_id}", counters.as_dict())
        return {"refresh_id": refresh_id, **counters.as_dict()}


class TrainPropensityModelOperator(ProspectingOperator):
    """Train a model of how likely accounts book a meeting or buy, and promote it if it is better than what there is.

    It learns from account snapshots and what became of the accounts, and is tested on later months. The model in use
    is replaced only by one that is better beyond chance. Skipped, with the reason, when there is too little to learn
    from. Returns ``version``, ``status`` (promoted, rejected, retired) and ``is_new``; the same data are learned from
    once.

    :param refresh_id: Id of a feature refresh: learn from what was known then, with the params it was started with.
        Empty: as of now.
    :param train: False skips the task. Default: as the refresh was started, and never when that followed another DAG;
        without one, True.
    :param horizon_days: The model predicts meetings and deals within this many days. Default: as the refresh was
        started; without one, 90.
    :param artifacts_path: Folder for the model's file, for instance s3://aws_default@bucket/models; every worker must
        reach it. Default: the Airflow variable model_artifacts_path, else $AIRFLOW_HOME/models.

    .. code-block:: python

        TrainPropensityModelOperator(
            task_id="train_model", horizon_days=60, artifacts_path="s3://aws_default@bucket/models"
        )
    """

    template_fields = (
        *ProspectingOperator.template_fields,
        "refresh_id",
        "train",
        "horizon_days",
        "artifacts_path",
    )
    operator_extra_links = (ModelCardLink(),)
    tables: ClassVar = Tables(
        reads=("account_feature_snapshots", "prospect_intelligence_runs", "user_interactions"), writes=("ml_models",)
    )

    def __init__(
        self,
        *,
        refresh_id: int | str | None = None,
        train: bool | str | None = None,
        horizon_days: int | str | None = None,
        artifacts_path: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.refresh_id = refresh_id
        self.train = train
        self.horizon_days = horizon_days
        self.artifacts_path = artifacts_path

    def execute(self, context: Context) -> dict[str, Any]:
        from prospecting.hooks.model_artifacts import ModelArtifacts
        from prospecting.services.features import NotDone
        from prospecting.services.propensity import train_model

        arguments = self.read_arguments(TrainArguments)
        try:
            with refusals_fail_at_once():
                trained = train_model(self.runtime(context), ModelArtifacts(arguments.artifacts_path), arguments)
        except NotDone as reason:
            raise AirflowSkipException(str(reason)) from None
        if trained.is_new:
            verdict = metrics.MODELS_PROMOTED if trained.status == "promoted" else metrics.MODELS_REJECTED
            verdict.record(1, dag_id=self.dag_id)
        return asdict(trained)


class ScoreAccountsOperator(ProspectingOperator):
    """Score every account with the propensity model in use, with reasons for the most likely ones.

    Skipped when no model is in use; then no account has a score. Returns ``scored``, ``written`` (scores that changed)
    and ``removed``. A model whose file is missing or is not the registered one fails the task, and scores stay.

    :param refresh_id: Id of a feature refresh: score as of its day. Empty: as of today (UTC).
    :param artifacts_path: Folder of models. Not needed to find the model in use, whose path is registered. Default: the
        Airflow variable model_artifacts_path, else $AIRFLOW_HOME/models.

    .. code-block:: python

        ScoreAccountsOperator(task_id="score_accounts", pool="database")
    """

    template_fields = (*ProspectingOperator.template_fields, "refresh_id", "artifacts_path")
    operator_extra_links = (ModelCardLink(),)
    counted: ClassVar = {"scored": metrics.ACCOUNTS_SCORED}
    tables: ClassVar = Tables(
        reads=("accounts", "account_signals", "ml_models"),
        writes=("account_scores",),
        rows={"account_scores": "written"},
    )

    def __init__(
        self, *, refresh_id: int | str | None = None, artifacts_path: str | None = None, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.refresh_id = refresh_id
        self.artifacts_path = artifacts_path

    def execute(self, context: Context) -> dict[str, int]:
        from prospecting.hooks.model_artifacts import ModelArtifacts
        from prospecting.scoring.model_artifact import ArtifactError
        from prospecting.services.features import NotDone
        from prospecting.services.propensity import score_accounts

        arguments = self.read_arguments(ScoreArguments)
        artifacts = ModelArtifacts(arguments.artifacts_path)
        try:
            with refusals_fail_at_once():
                counts = score_accounts(self.runtime(context), artifacts, arguments.refresh_id)
        except NotDone as reason:
            raise AirflowSkipException(str(reason)) from None
        except ArtifactError as error:
            raise AirflowFailException(str(error)) from None
        return asdict(counts)


class DetectIntentOperator(ProspectingOperator):
    """Find the accounts that are more active than their history predicts, and store them in ``account_intent``.

    Returns how many are ``rising`` and ``surging``, how many rows were ``written``, and how many accounts calmed down
    (``cleared``).

    :param refresh_id: Id of a feature refresh: count what had happened by then. Empty: by now.

    .. code-block:: python

        DetectIntentOperator(task_id="detect_intent")
    """

    template_fields = (*ProspectingOperator.template_fields, "refresh_id")
    operator_extra_links = (FeatureRefreshLink(),)
    counted: ClassVar = {"rising": metrics.ACCOUNTS_RISING, "surging": metrics.ACCOUNTS_SURGING}
    tables: ClassVar = Tables(
        reads=("accounts", "prospect_intelligence_runs", "user_interactions"),
        writes=("account_intent",),
        rows={"account_intent": "written"},
    )

    def __init__(self, *, refresh_id: int | str | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.refresh_id = refresh_id

    def execute(self, context: Context) -> dict[str, int]:
        from prospecting.services.features import detect_intent

        arguments = self.read_arguments(IntentArguments)
        with refusals_fail_at_once():
            return asdict(detect_intent(self.runtime(context), arguments.refresh_id))


class RecommendAccountsOperator(ProspectingOperator):
    """Make the day's list of recommended accounts, ranked by the model in use, or by ICP score when there is none.

    Some places are drawn at random, to learn how accounts do that do not rank high. Accounts that are suppressed, were
    won, or were contacted lately are left out. There is one list a day (UTC): a later one replaces it, and making the
    same list again writes nothing. Skipped when a list that exists is to be kept. Returns ``count``, ``explored`` (how
    many were drawn), ``written`` and ``removed``.

    :param refresh_id: Id of a feature refresh: make the list of its day, with the params it was started with. Empty:
        the list of today.
    :param limit: How many accounts to recommend. Default: as the refresh was started; without one, 50.
    :param exploration_share: The share of places that is drawn at random, 0 to 1. Default: as the refresh was started;
        without one, 0.2.
    :param quiet_days: Leave out accounts that were contacted, met or lost within this many days. Default: as the
        refresh was started; without one, 30.
    :param min_icp_score: Of accounts without a score by the model, recommend those with this ICP score or more,
        and sponsors without one of whom more is known. Default: as the refresh was started; without one, 6.
    :param keep_existing: True keeps the list that the day has: people may be working on it. Default: True when the
        refresh followed another DAG, else False.

    .. code-block:: python

        RecommendAccountsOperator(task_id="recommend_accounts", limit=20, quiet_days=60, keep_existing=True)
    """

    template_fields = (
        *ProspectingOperator.template_fields,
        "refresh_id",
        "limit",
        "exploration_share",
        "quiet_days",
        "min_icp_score",
        "keep_existing",
    )
    operator_extra_links = (RecommendedAccountsLink(), ModelCardLink())
    counted: ClassVar = {"count": metrics.ACCOUNTS_RECOMMENDED}
    tables: ClassVar = Tables(
        reads=("accounts", "account_intent", "account_scores", "account_signals", "account_suppressions", "contacts"),
        writes=("account_recommendations",),
        rows={"account_recommendations": "written"},
    )

    def __init__(
        self,
        *,
        refresh_id: int | str | None = None,
        limit: int | str | None = None,
        exploration_share: float | str | None = None,
        quiet_days: int | str | None = None,
        min_icp_score: int | str | None = None,
        keep_existing: bool | str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.refresh_id = refresh_id
        self.limit = limit
        self.exploration_share = exploration_share
        self.quiet_days = quiet_days
        self.min_icp_score = min_icp_score
        self.keep_existing = keep_existing

    def execute(self, context: Context) -> dict[str, int]:
        from prospecting.services.features import NotDone
        from prospecting.services.recommendations import recommend_accounts

        arguments = self.read_arguments(RecommendArguments)
        try:
            with refusals_fail_at_once():
                recommended = recommend_accounts(self.runtime(context), arguments)
        except NotDone as reason:
            raise AirflowSkipException(str(reason)) from None
        return asdict(recommended)
