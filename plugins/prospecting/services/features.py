"""The tasks of feature refresh: which accounts changed, their features now and month by month, the summary.

How far changes were read is kept with the asset of the features, so it outlives runs, and moves only at the end of a
refresh that did everything.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Any

from airflow.sdk import get_current_context, task
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException
from pydantic import ValidationError
from sqlalchemy import Connection

from prospecting.hooks.prospecting import in_transaction, looking, show_as
from prospecting.persistence import feature_refreshes as store
from prospecting.persistence import intent, recommendations
from prospecting.persistence.feature_refreshes import Chunk, Counters
from prospecting.persistence.intent import IntentCounts
from prospecting.persistence.recommendations import Recommended
from prospecting.scoring.recommendations import PolicyValue, evaluate_policy
from prospecting.services.feature_params import MlFeatureRefreshParams
from prospecting.services.params import explain
from prospecting.tasks.assets import FEATURES

log = logging.getLogger(__name__)

WATERMARK = "watermark"
# Airflow maps a task over 1024 values at most.
_MOST_CHUNKS = 1000
_MOST_SHOWN = 20
# Lists are judged by what came of them within a month, in the last half year.
_OUTCOME_DAYS = 30
_POLICY_DAYS = 180


def refresh_params() -> MlFeatureRefreshParams:
    """The params of this run."""
    context: Any = get_current_context()
    try:
        return MlFeatureRefreshParams.model_validate(dict(context["params"]))
    except ValidationError as error:
        found = explain(error, MlFeatureRefreshParams)
        raise AirflowFailException(f"The params do not work together: {found}") from None


def is_asset_triggered() -> bool:
    """Whether this run follows another DAG: not of the night, and nobody asked for it."""
    context: Any = get_current_context()
    return bool(context["dag_run"].run_type == "asset_triggered")


@task
def start_refresh() -> int:
    """Validate the params, read how far the previous refresh came, and open this one. Answers its id."""
    params = refresh_params()
    context: Any = get_current_context()
    run_id = context["ti"].run_id
    watermark = context["asset_state_store"][FEATURES].get(WATERMARK)
    refresh = in_transaction(
        lambda connection: store.start_refresh(
            connection,
            airflow_run_id=run_id,
            params=params.model_dump(mode="json"),
            watermark=watermark,
            snapshot_months=params.snapshot_months,
            full=params.full,
        )
    )
    log.info("Refresh %d of %s", refresh.id, refresh.scope)
    return refresh.id


@task
def plan_chunks(refresh_id: int) -> list[dict[str, Any]]:
    """Make accounts of what is new, and answer those to look at, in chunks."""
    params = refresh_params()

    def work(connection: Connection) -> list[Chunk]:
        refresh = store.find_refresh(connection, refresh_id)
        chunks = store.plan_chunks(connection, refresh, chunk_size=params.chunk_size)
        if len(chunks) > _MOST_CHUNKS:
            chunk_size = -(-sum(chunk.accounts for chunk in chunks) // _MOST_CHUNKS)
            log.warning("%d chunks are more than Airflow can map; using chunks of %d", len(chunks), chunk_size)
            chunks = store.plan_chunks(connection, refresh, chunk_size=chunk_size)
        return chunks

    chunks = in_transaction(work)
    total = sum(chunk.accounts for chunk in chunks)
    log.info("%d accounts in %d chunks", total, len(chunks))
    return [
        {
            "refresh_id": refresh_id,
            "first_domain": chunk.first_domain,
            "last_domain": chunk.last_domain,
            "first_number": chunk.first_number,
            "accounts": chunk.accounts,
            "label": f"accounts {chunk.first_number}-{chunk.first_number + chunk.accounts - 1} of {total}",
        }
        for chunk in chunks
    ]


@task
def refresh_chunk(
    refresh_id: int, first_domain: str, last_domain: str, first_number: int, accounts: int, label: str
) -> dict[str, int]:
    """Refresh the accounts of one chunk in one transaction. Answers its counters."""
    show_as(label)
    chunk = Chunk(first_domain, last_domain, first_number, accounts)
    counters = in_transaction(
        lambda connection: store.refresh_chunk(connection, store.find_refresh(connection, refresh_id), chunk)
    )
    if counters.companies_failed:
        log.warning("%d accounts have a name no company can be saved under", counters.companies_failed)
    log.info("%s: %s", label, counters.as_dict())
    return counters.as_dict()


@task
def finish_refresh(refresh_id: int, chunks: Sequence[dict[str, int]] | None) -> dict[str, int]:
    """Close the refresh, and remember how far it came. Answers what all chunks did."""
    counters = Counters.total(chunk for chunk in chunks or [] if chunk)

    def work(connection: Connection) -> dict[str, Any]:
        store.finish_refresh(connection, refresh_id, counters, status="completed")
        return store.find_refresh(connection, refresh_id).watermark.as_dict()

    watermark = in_transaction(work)
    context: Any = get_current_context()
    # After the commit: if this is lost, the next refresh reads the same changes again.
    context["asset_state_store"][FEATURES].set(WATERMARK, watermark)
    return counters.as_dict()


# ------------------------------------------------------------------------------------------ what is made of the features
@task
def detect_intent(refresh_id: int) -> dict[str, int]:
    """Note the accounts that are more active than their own past lets expect."""

    def work(connection: Connection) -> IntentCounts:
        return intent.detect_intent(connection, as_of=store.find_refresh(connection, refresh_id).as_of)

    counts = in_transaction(work)
    log.info("%s", counts)
    return asdict(counts)


@task
def recommend_accounts(refresh_id: int) -> dict[str, int]:
    """Make the list of the day, unless it stands and nobody asked for another one: people work on it."""
    params = refresh_params()
    follows = is_asset_triggered()

    def work(connection: Connection) -> Recommended:
        as_of = store.find_refresh(connection, refresh_id).as_of
        today = as_of.astimezone(UTC).date()
        if follows and recommendations.query_recommendations(connection, on=today, limit=1):
            raise AirflowSkipException(f"The list of {today} stands; trigger the DAG by hand to make it again")
        return recommendations.recommend_accounts(
            connection,
            on=today,
            as_of=as_of,
            limit=params.recommendations,
            exploration_share=params.exploration_share,
            quiet_days=params.quiet_days,
            min_icp_score=params.min_icp_score,
        )

    recommended = in_transaction(work)
    log.info("%s", recommended)
    return asdict(recommended)


@task
def summarize_refresh(
    refresh_id: int | None,
    features: dict[str, int] | None,
    model: dict[str, Any] | None,
    scores: dict[str, Any] | None,
    rising: dict[str, int] | None,
    recommended: dict[str, int] | None,
) -> dict[str, Any]:
    """Print what the run did, and the head of the list; fail when a task failed."""
    context: Any = get_current_context()
    ti = context["ti"]
    failed = ti.get_ti_count(dag_id=ti.dag_id, run_ids=[ti.run_id], states=["failed", "upstream_failed"])
    if refresh_id is None:
        raise AirflowFailException("No refresh was opened: see the log of start_refresh")
    error = f"{failed} tasks failed or could not start" if failed else None
    if error and features is None:
        in_transaction(
            lambda connection: store.finish_refresh(connection, refresh_id, Counters(), status="failed", error=error)
        )
    refresh = looking(lambda connection: store.find_refresh(connection, refresh_id))
    done = {"features": features, "model": model, "scores": scores, "intent": rising, "recommendations": recommended}
    log.info("Refreshed %s", refresh.scope)
    for what, result in done.items():
        log.info("%s: %s", what.capitalize(), "not done" if result is None else _in_words(result))
    value, lines = looking(lambda connection: _lists(connection, refresh.as_of))
    log.info("Meetings and deals within %d days of lists since %d days: %s", _OUTCOME_DAYS, _POLICY_DAYS, value)
    for line in lines:
        log.info("%s", line)
    if error:
        raise AirflowFailException(f"{error}. Clear them together with this task; what is done is not done again")
    return {what: result for what, result in done.items() if result is not None}


def _in_words(result: Mapping[str, Any]) -> str:
    return ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in result.items())


def _lists(connection: Connection, as_of: datetime) -> tuple[PolicyValue, list[str]]:
    """What came of earlier lists, and the head of today's."""
    today = as_of.astimezone(UTC).date()
    outcomes = recommendations.query_recommendation_outcomes(
        connection, since=today - timedelta(days=_POLICY_DAYS), as_of=as_of, outcome_days=_OUTCOME_DAYS
    )
    found = recommendations.query_recommendations(connection, on=today, limit=_MOST_SHOWN)
    return evaluate_policy(outcomes), [
        f"{row['rank']}. {row['company_name']} ({row['account_domain']}): {'; '.join(row['reasons'])}" for row in found
    ]
