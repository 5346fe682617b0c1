"""The tasks of the briefing backfill around the operator that saves: start, plan, announce, summarise.

The first task reads the params. A backfill has no row, so later tasks go by what the first one returns.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from airflow.sdk import TriggerRule, get_current_context, task
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException

from prospecting.operators.retry import refusals_fail_at_once
from prospecting.services import briefings, closing_lines
from prospecting.services.abandoned_runs import close_abandoned_runs
from prospecting.services.briefing_params import BriefingBackfillParams
from prospecting.tasks.assets import BRIEFINGS
from prospecting.tasks.first_task import first_task
from prospecting.tasks.runs import (
    MOST_MAPPED,
    announce,
    count_failed_tasks,
    current_runtime,
    note_run,
    read_params,
    skip_unless_opened,
    where_it_began,
)

log = logging.getLogger(__name__)

Started = dict[str, Any]
"""The params as the first task resolved them, as JSON."""


@task
@first_task
def start_backfill() -> Started:
    """Validate the params: the org exists, and the submissions are its own. Returns them, with the org's id."""
    params = read_params(BriefingBackfillParams)
    runtime = current_runtime()
    with refusals_fail_at_once():
        org_id = briefings.check_scope(runtime, params.org_id, params.submission_ids)
    log.info("Briefings of the kind %s, of the org %s", params.kind, org_id)
    if params.dry_run:
        log.info("Dry run: nothing is written")
    else:
        close_abandoned_runs(runtime)
    return {**params.model_dump(mode="json"), "org_id": str(org_id)}


@task
def plan_submissions(started: Started) -> list[dict[str, Any]]:
    """The submissions to work through, as arguments of ``BackfillBriefingsOperator``."""
    shared = {**started}
    named = [UUID(submission_id) for submission_id in shared.pop("submission_ids")]
    submission_ids = briefings.find_submissions(current_runtime(), started["kind"], UUID(started["org_id"]), named)
    log.info("%d submissions", len(submission_ids))
    return [{**shared, **item} for item in briefings.plan_items(submission_ids, limit=MOST_MAPPED)]


@task(trigger_rule=TriggerRule.ALL_DONE, outlets=[BRIEFINGS])
def announce_briefings(started: Started | None) -> int:
    """Let others know that briefings were written, whatever became of the rest. Returns how many."""
    skip_unless_opened(started, "backfill", "start_backfill")
    assert started
    if started["dry_run"]:
        raise AirflowSkipException("A dry run writes nothing")
    ti: Any = get_current_context()["ti"]
    written = briefings.count_written(current_runtime(), started["kind"], dag_id=ti.dag_id, run_id=ti.run_id)
    announce(written, "No briefing was written")
    log.info("%d briefings were written", written)
    return written


@task(trigger_rule=TriggerRule.ALL_DONE)
def summarize_backfill(started: Started | None, backfills: Sequence[dict[str, Any]] | None) -> dict[str, Any]:
    """Print and return what became of the results; fail when a task failed."""
    if started is None:
        raise AirflowFailException("The backfill was not started: see the log of start_backfill")
    failed = count_failed_tasks()
    summary = briefings.sum_up(counts for counts in backfills or () if counts)
    summary |= {"kind": started["kind"], "is_dry_run": started["dry_run"]}
    for line in briefings.summary_lines(summary, is_dry_run=summary["is_dry_run"]):
        log.info("%s", line)
    note_run(closing_lines.of_briefing_backfill(summary))
    if not summary["total_processed"] and not failed:
        log.info("%s", briefings.nothing_found(started["kind"]))
    if not_saved := summary["skipped"].get("failed"):
        log.warning(
            "%d results could not be saved: see briefing_writes, and docs/runbooks/briefings.md, "
            "section A write failed",
            not_saved,
        )
    if failed:
        ti: Any = get_current_context()["ti"]
        # A task that fails returns nothing; the report of the run shows these counts all the same.
        ti.xcom_push(key="return_value", value=summary)
        raise AirflowFailException(
            f"{failed} tasks failed; what they had not saved yet is missing{where_it_began()}. Clear them together "
            "with this task to complete the backfill, or trigger it again"
        )
    return summary
