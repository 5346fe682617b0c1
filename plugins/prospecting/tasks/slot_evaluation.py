"""The tasks of slot evaluation around the operator that evaluates: start, plan, summarise, gate, announce.

The first task resolves the params. Later ones find them in the row of the evaluation; for a dry run, which has no row,
in what the first task returned.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from airflow.sdk import TriggerRule, task
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException

from prospecting.operators.lineage import Tables, lineage
from prospecting.persistence.seat_kpis import fill_rate_lines, query_fill_rates
from prospecting.persistence.seats import Chunk, Scope
from prospecting.persistence.slot_evaluations import Counters, summary_lines
from prospecting.persistence.slot_requests import count_pending
from prospecting.services import closing_lines, slots
from prospecting.services.runtime import Runtime
from prospecting.services.slot_backfill import NO_LIVE_PROVIDER
from prospecting.services.slot_filters import NothingFits, nothing_fits, refuse_filters_without_match
from prospecting.services.slot_params import SlotEvaluationParams
from prospecting.tasks.assets import BACKFILL_QUEUE, SLOTS
from prospecting.tasks.first_task import first_task
from prospecting.tasks.measures import count_failed_gate, measure_queue, measure_seats
from prospecting.tasks.providers import configured_providers, providers_to_ask
from prospecting.tasks.runs import (
    announce,
    chunk_size_for,
    count_failed_tasks,
    current_run_id,
    current_runtime,
    fail_unless_opened,
    literal,
    note_run,
    read_params,
    warn_when_paused,
    where_it_began,
)

log = logging.getLogger(__name__)

Opened = dict[str, Any]
"""``{"evaluation_id": 17}``, or for a dry run ``{"evaluation_id": None, "params": {...}}``."""


@task
@first_task
def start_evaluation() -> Opened:
    """Validate the params and open the evaluation. Returns its id; for a dry run, which leaves no trace, the params."""
    params, runtime = read_params(SlotEvaluationParams), current_runtime()
    params = params.model_copy(update={"providers": configured_providers(providers_to_ask(params.providers))})
    resolved = params.model_dump(mode="json")
    if not params.policy().providers:
        log.warning("%s", NO_LIVE_PROVIDER)
    try:
        slots.refuse_unknown_companies(runtime, params.scope())
        refuse_filters_without_match(runtime, params.scope())
    except (slots.UnknownCompanies, NothingFits) as error:
        raise AirflowFailException(str(error)) from None
    if params.dry_run:
        log.info("Dry run: nothing is written")
        return {"evaluation_id": None, "params": resolved}
    evaluation_id = slots.open_evaluation(
        runtime, airflow_run_id=current_run_id(), params=resolved, scope=params.scope(), full=params.full
    )
    return {"evaluation_id": evaluation_id}


def _scope_of(runtime: Runtime, opened: Opened) -> Scope:
    """The scope of the run; of a dry run all that its params name, whether it changed or not."""
    if opened["evaluation_id"] is None:
        return _params_of(runtime, opened).scope()
    return slots.scope_of(runtime, opened["evaluation_id"])


def _params_of(runtime: Runtime, opened: Opened) -> SlotEvaluationParams:
    """The params as the first task resolved them."""
    if opened["evaluation_id"] is None:
        return SlotEvaluationParams.model_validate(opened["params"])
    return slots.params_of(runtime, opened["evaluation_id"])


@task
@lineage(Tables(reads=("company_person_roles",), writes=("title_seats",)))
def plan_chunks(opened: Opened) -> list[dict[str, Any]]:
    """Divide the companies in scope into chunks; on the way, classify every title that is new, once.

    Returns arguments of ``EvaluateSlotsOperator``, one dict for each chunk.
    """
    runtime = current_runtime()
    params, scope = _params_of(runtime, opened), _scope_of(runtime, opened)
    chunks = slots.plan(runtime, scope, batch_size=params.batch_size)
    total = sum(chunk.companies for chunk in chunks)
    batch_size = chunk_size_for(total, params.batch_size)
    if batch_size != params.batch_size:
        chunks = slots.plan(runtime, scope, batch_size=batch_size)
    if opened["evaluation_id"] is not None:
        slots.classify_titles(runtime, scope)
    if total:
        log.info("%d companies in %d chunks", total, len(chunks))
    else:
        log.info("%s", nothing_fits(scope))
    return [
        {
            "first_id": chunk.first_id,
            "last_id": chunk.last_id,
            "map_label": slots.label_of(chunk, total),
            **_arguments(opened, params, chunk, number, total),
        }
        for number, chunk in enumerate(chunks, 1)
    ]


def _arguments(opened: Opened, params: SlotEvaluationParams, chunk: Chunk, number: int, total: int) -> dict[str, Any]:
    """The other arguments for a chunk: the evaluation it belongs to, or all there is to a dry run."""
    if opened["evaluation_id"] is not None:
        return {"evaluation_id": opened["evaluation_id"], "chunk": number}
    scope = params.scope()
    return {
        "dry_run": True,
        "first_number": chunk.first_number,
        "total": total,
        "batch_size": chunk.companies,
        "slot_types": list(scope.slot_types),
        # Only those of this chunk: ten thousand ids in each of a thousand chunks would be too many.
        "company_ids": [id_ for id_ in scope.company_ids if chunk.first_id <= id_ <= chunk.last_id]
        if scope.company_ids is not None
        else None,
        "newer_by_days": params.newer_by_days,
        "reverify_after_days": params.reverify_after_days,
        "reopen_after_days": params.reopen_after_days,
        "min_confidence": params.min_confidence.model_dump(),
        "also_ceo": params.also_ceo,
        "providers": params.providers,
        **{
            name: literal(text)
            for name in ("name_contains", "industry", "source_system")
            if (text := getattr(scope, name)) is not None
        },
    }


@task(trigger_rule=TriggerRule.ALL_DONE)
def summarize_evaluation(opened: Opened | None, chunks: Sequence[dict[str, Any]] | None) -> dict[str, Any]:
    """Print, store and return the summary; fail when a chunk failed. A dry run returns its scope beside it."""
    failed, runtime = count_failed_tasks(), current_runtime()
    fail_unless_opened(opened, "evaluation", "start_evaluation")
    assert opened is not None  # as just checked
    evaluation_id = opened["evaluation_id"]
    error = f"{failed} tasks failed; their companies were not evaluated{where_it_began()}" if failed else None
    if evaluation_id is None:
        counters = Counters.total([chunk for chunk in chunks or [] if chunk])
    else:
        counters = slots.close_evaluation(runtime, evaluation_id, error)
    for line in summary_lines(counters, is_dry_run=evaluation_id is None):
        log.info("%s", line)
    note_run(closing_lines.of_evaluation(counters, is_dry_run=evaluation_id is None))
    if evaluation_id is not None:
        measure_seats(runtime)
        measure_queue(runtime)
        for line in fill_rate_lines(runtime.read(query_fill_rates)):
            log.info("%s", line)
    if error:
        raise AirflowFailException(f"{error}. Clear them together with this task to complete the evaluation")
    notes = [] if _params_of(runtime, opened).policy().providers else [NO_LIVE_PROVIDER]
    for note in notes:
        log.warning("%s", note)
    summary: dict[str, Any] = {
        "evaluation_id": evaluation_id,
        **counters.as_dict(),
        "fill_rate": round(counters.fill_rate, 1),
        "notes": notes,
    }
    if evaluation_id is None:
        # All there is to look at the changes again: nothing was stored.
        summary["changes"] = slots.sum_changes(
            one for chunk in chunks or [] if chunk for one in chunk.get("changes", ())
        )
        summary["scope"] = asdict(_params_of(runtime, opened).scope())
    return summary


@task(outlets=[SLOTS])
def check_quality(opened: Opened) -> int:
    """Fail when the seats are not as an evaluation must leave them, naming the offending ids; else return 0."""
    if opened["evaluation_id"] is None:
        raise AirflowSkipException("A dry run has nothing to check")
    runtime = current_runtime()
    params = _params_of(runtime, opened)
    try:
        slots.check_quality(
            runtime, opened["evaluation_id"], _scope_of(runtime, opened), max_fill_rate_drop=params.max_fill_rate_drop
        )
    except slots.QualityGateBroken as error:
        count_failed_gate()
        raise AirflowFailException(str(error)) from None
    return 0


@task(outlets=[BACKFILL_QUEUE])
def announce_requests(opened: Opened) -> int:
    """Let the backfill know that requests wait. Returns how many; skipped when none do."""
    if opened["evaluation_id"] is None:
        raise AirflowSkipException("A dry run queues nothing")
    pending = announce(current_runtime().read(count_pending), "No request is waiting")
    log.info("%d requests are waiting or being worked on", pending)
    warn_when_paused("slot_backfill", "nobody works on them")
    return pending
