"""The glue of ``ml_feature_refresh``: opening a refresh, planning its chunks, closing it, summing the run up.

How far changes were read is kept with the asset of the features, so that it outlives runs. It moves only at the end of
a refresh that did everything.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Any

from airflow.sdk import TriggerRule, get_current_context, task
from airflow.sdk.exceptions import AirflowFailException

from prospecting.operators.lineage import Tables, lineage
from prospecting.services import closing_lines, features
from prospecting.services.feature_params import MlFeatureRefreshParams, StoredRefreshParams
from prospecting.tasks.assets import FEATURES
from prospecting.tasks.first_task import first_task
from prospecting.tasks.runs import (
    chunk_size_for,
    count_failed_tasks,
    current_run_id,
    current_runtime,
    fail_unless_opened,
    is_asset_triggered,
    note_run,
    read_params,
    where_it_began,
)

log = logging.getLogger(__name__)

WATERMARK = "watermark"


def _kept_with_features() -> Any:
    """Returns what Airflow keeps with the asset of the features; for tasks that have it as an inlet or outlet."""
    context: Any = get_current_context()
    return context["asset_state_store"][FEATURES]


@task(inlets=[FEATURES])
@first_task
def start_refresh() -> int:
    """Validate the params, read how far the previous refresh came, and open this one. Returns its id."""
    params = read_params(MlFeatureRefreshParams)
    refresh = features.start_refresh(
        current_runtime(),
        airflow_run_id=current_run_id(),
        params=StoredRefreshParams(**params.model_dump(), follows_another_dag=is_asset_triggered()),
        watermark=_kept_with_features().get(WATERMARK),
    )
    return refresh.id


@task
@lineage(Tables(reads=("account_changes",), writes=("accounts",)))
def plan_chunks(refresh_id: int) -> list[dict[str, Any]]:
    """Create the accounts that are new. Returns those to look at, in chunks: the arguments of ``refresh_chunk``."""
    runtime = current_runtime()
    wanted = features.basis_of(runtime, refresh_id).params.chunk_size
    chunks = features.plan_chunks(runtime, refresh_id, chunk_size=wanted)
    total = sum(chunk.accounts for chunk in chunks)
    if (chunk_size := chunk_size_for(total, wanted)) > wanted:
        chunks = features.plan_chunks(runtime, refresh_id, chunk_size=chunk_size)
        total = sum(chunk.accounts for chunk in chunks)
    log.info("%d accounts in %d chunks", total, len(chunks))
    return [
        {
            "refresh_id": refresh_id,
            "first_domain": chunk.first_domain,
            "last_domain": chunk.last_domain,
            "map_label": features.label_of(chunk, total),
        }
        for chunk in chunks
    ]


# Without changes there are no chunks, and the refresh is closed all the same.
@task(trigger_rule=TriggerRule.NONE_FAILED, outlets=[FEATURES])
def finish_refresh(refresh_id: int, chunks: Sequence[dict[str, int]] | None) -> dict[str, int]:
    """Close the refresh, and remember how far it came. Returns what all chunks did."""
    counters, watermark = features.finish_refresh(
        current_runtime(), refresh_id, (chunk for chunk in chunks or [] if chunk)
    )
    # After the commit: if this is lost, the next refresh reads the same changes again.
    _kept_with_features().set(WATERMARK, watermark)
    return counters.as_dict()


@task(trigger_rule=TriggerRule.ALL_DONE)
def summarize_refresh(
    refresh_id: int | None,
    features_done: Mapping[str, int] | None,
    model: Mapping[str, Any] | None,
    scores: Mapping[str, int] | None,
    intent: Mapping[str, int] | None,
    recommended: Mapping[str, int] | None,
) -> dict[str, Any]:
    """Print what the run did, and the head of the list. Returns what was printed; fails when a task failed."""
    fail_unless_opened(refresh_id, "refresh", "start_refresh")
    assert refresh_id is not None
    failed = count_failed_tasks()
    error = f"{failed} tasks failed or could not start{where_it_began()}" if failed else None
    results = {
        "features": features_done,
        "model": model,
        "scores": scores,
        "intent": intent,
        "recommendations": recommended,
    }
    summary = features.summarize_refresh(current_runtime(), refresh_id, results, error=error)
    for line in summary.lines():
        log.info("%s", line)
    note_run(closing_lines.of_feature_refresh(summary))
    if error:
        raise AirflowFailException(f"{error}. Clear them together with this task; what is done is not done again")
    return summary.as_dict()
