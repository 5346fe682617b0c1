"""The tasks of account promotion around the question to a person: open, plan, preview, ask, record, sum up.

The list, the decision and what becomes of each person are in the database; tasks are told the promotion's id.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from airflow.sdk import TriggerRule, task
from airflow.sdk.exceptions import AirflowFailException

from prospecting.operators.lineage import lineage
from prospecting.operators.promotions import PlanPromotionOperator
from prospecting.operators.retry import refusals_fail_at_once
from prospecting.services import closing_lines, promotions
from prospecting.services.promotion_params import AccountPromotionParams
from prospecting.tasks.approvals import answer_to, is_approval, refuse_another_name, who_answered
from prospecting.tasks.first_task import first_task
from prospecting.tasks.runs import (
    chunk_size_for,
    count_failed_tasks,
    current_run_id,
    current_runtime,
    fail_unless_opened,
    is_in_terminal,
    note_run,
    read_params,
    where_it_began,
)

log = logging.getLogger(__name__)

Opened = dict[str, Any]
"""``{"promotion_id": "...", "asks": True, "chunk_size": 500}``; ``asks``: a person can be
asked, and is to be."""


@task
@first_task
def start_promotion() -> Opened:
    """Validate the params, and open a promotion, or go on with the one they name."""
    params, runtime = read_params(AccountPromotionParams), current_runtime()
    with refusals_fail_at_once():
        if params.promotion_id is None:
            promotion = promotions.open_promotion(runtime, airflow_run_id=current_run_id(), params=params.stored())
        elif params.withdraw:
            promotions.withdraw_promotion(runtime, params.promotion_id)
            promotion = promotions.find_promotion(runtime, params.promotion_id)
        else:
            refuse_another_name(params.approved_by)
            promotion = promotions.resume_promotion(runtime, params.promotion_id, approved_by=params.approved_by)
    return {
        "promotion_id": str(promotion.id),
        "asks": not params.dry_run and not is_in_terminal(),
        "chunk_size": params.chunk_size,
    }


@task
@lineage(PlanPromotionOperator.tables)
def plan_people(opened: Opened) -> dict[str, int]:
    """Make the list, with a verdict on each person. Returns how many people have which verdict."""
    with refusals_fail_at_once():
        preview = promotions.plan_promotion(current_runtime(), UUID(opened["promotion_id"]))
    verdicts: dict[str, int] = {}
    for count in preview.counts:
        verdicts[count.verdict] = verdicts.get(count.verdict, 0) + count.people
    return verdicts


@task
def preview_people(opened: Opened) -> dict[str, str]:
    """The question to a person, subject and body: numbers, ids of companies, and how to see the list."""
    runtime, promotion_id = current_runtime(), UUID(opened["promotion_id"])
    promotion = promotions.find_promotion(runtime, promotion_id)
    subject, body = promotions.question(promotion, promotions.preview_promotion(runtime, promotion_id))
    return {"subject": subject, "body": body}


@task.branch
def ask_or_go_on(opened: Opened) -> str:
    """Ask a person; or go on with what was approved before; or stop, when nobody is proposed or can be asked."""
    runtime, promotion_id = current_runtime(), UUID(opened["promotion_id"])
    promotion = promotions.find_promotion(runtime, promotion_id)
    proposed = promotions.preview_promotion(runtime, promotion_id).people("proposed")
    if not proposed or promotion.decision == "rejected":
        return "summarize_promotion"
    if promotion.decision == "approved":
        return "record_approval"
    return "approve_promotion" if opened["asks"] else "summarize_promotion"


# Reached without a question when the approval is recorded already.
@task(trigger_rule=TriggerRule.NONE_FAILED_MIN_ONE_SUCCESS)
def record_approval(opened: Opened) -> list[dict[str, Any]]:
    """Record who approved. Returns arguments of ``PromoteContactsOperator``, one dict for each chunk."""
    runtime, promotion_id = current_runtime(), UUID(opened["promotion_id"])
    answer = answer_to("approve_promotion")
    with refusals_fail_at_once():
        if answer is not None:
            if not is_approval(answer):
                raise AirflowFailException("The answer is no approval; nobody becomes a contact")
            promotions.approve(runtime, promotion_id, who_answered(answer) or "")
        wanted = opened["chunk_size"]
        chunks = promotions.plan_chunks(runtime, promotion_id, chunk_size=wanted)
        total = sum(chunk.people for chunk in chunks)
        if (chunk_size := chunk_size_for(total, wanted)) > wanted:
            chunks = promotions.plan_chunks(runtime, promotion_id, chunk_size=chunk_size)
    log.info("%d people in %d chunks", total, len(chunks))
    return [
        {
            "promotion_id": opened["promotion_id"],
            "first_position": chunk.first_position,
            "last_position": chunk.last_position,
            "map_label": promotions.label_of(chunk, total),
        }
        for chunk in chunks
    ]


@task(trigger_rule=TriggerRule.ALL_DONE)
def summarize_promotion(opened: Opened | None, chunks: Sequence[dict[str, Any]] | None) -> dict[str, Any]:
    """Record a rejection, close what is done, and print how the promotion stands; fail when a task failed."""
    failed = count_failed_tasks()
    fail_unless_opened(opened, "promotion", "start_promotion")
    assert opened is not None  # as just checked
    runtime, promotion_id = current_runtime(), UUID(opened["promotion_id"])
    answer = answer_to("approve_promotion")
    if answer is not None and not is_approval(answer):
        promotions.reject(runtime, promotion_id, who_answered(answer))
    error = f"{failed} tasks failed or could not start{where_it_began()}" if failed else None
    promotion = promotions.finish_promotion(runtime, promotion_id, error=error)
    preview = promotions.preview_promotion(runtime, promotion_id)
    for line in promotions.summary_lines(promotion, preview):
        log.info("%s", line)
    done = [chunk for chunk in chunks or [] if chunk]
    outcome = {name: sum(chunk[name] for chunk in done) for name in ("promoted", "refused")}
    note_run(closing_lines.of_promotion(promotion, **outcome))
    if error:
        raise AirflowFailException(f"{error}. Clear them together with this task; nobody becomes a contact twice")
    return {
        "promotion_id": opened["promotion_id"],
        "status": promotion.status,
        "proposed": promotion.proposed,
        **outcome,
    }
