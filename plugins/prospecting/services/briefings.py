"""The tasks of the briefing backfill: find past results of deep research, page by page, and save them as briefings.

A page is a transaction, and saving goes through what the research pipeline saves with: whatever is in its table already
stays as it is. A dry run takes the same way in transactions that PostgreSQL keeps read-only.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from airflow.sdk import get_current_context, task
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException
from pydantic import ValidationError
from sqlalchemy import Connection, text

from prospecting.hooks.prospecting import in_transaction, looking, show_as
from prospecting.parsing.briefings import OPERATION_IDS
from prospecting.persistence import briefing_sources as sources
from prospecting.persistence import briefings as store
from prospecting.persistence.briefings import SaveCounts, StepKey
from prospecting.services.briefing_params import BriefingBackfillParams
from prospecting.services.params import explain

log = logging.getLogger(__name__)

# Airflow maps a task over 1024 values at most.
_MOST_ITEMS = 1000


def _params() -> BriefingBackfillParams:
    context: Any = get_current_context()
    try:
        return BriefingBackfillParams.model_validate(dict(context["params"]))
    except ValidationError as error:
        raise AirflowFailException(
            f"The params do not work together: {explain(error, BriefingBackfillParams)}"
        ) from None


@task
def start_backfill() -> int:
    """Validate the params: the org exists, and the submissions are its own. Answers how many of them are named."""
    params = _params()
    if not looking(lambda connection: sources.has_org(connection, params.org_id)):
        raise AirflowFailException(f"org_id: there is no org {params.org_id}; see the table orgs")
    _check_submissions(params)
    log.info("Briefings of the kind %s, of the org %s", params.kind, params.org_id)
    if params.dry_run:
        log.info("Dry run: nothing is written")
    return len(params.submission_ids)


def _check_submissions(params: BriefingBackfillParams) -> None:
    unknown = looking(
        lambda connection: sources.query_unknown_submissions(
            connection, org_id=params.org_id, submission_ids=params.submission_ids
        )
    )
    if unknown:
        found = ", ".join(
            f"{row['id']} (of another org)" if row["is_of_another_org"] else str(row["id"]) for row in unknown
        )
        more = f" and {unknown[0]['total'] - len(unknown)} more" if unknown[0]["total"] > len(unknown) else ""
        raise AirflowFailException(
            f"submission_ids: these are no submissions of the org: {found}{more}; see the table submissions"
        )


@task
def plan_submissions() -> list[dict[str, Any]]:
    """The submissions to work through, one per mapped task, or several when there are more than Airflow can map."""
    params = _params()
    submission_ids: Sequence[UUID] = params.submission_ids or looking(
        lambda connection: sources.query_submissions_with_results(
            connection, kind=params.kind.value, org_id=params.org_id
        )
    )
    log.info("%d submissions", len(submission_ids))
    return plan_items(submission_ids)


def plan_items(submission_ids: Sequence[UUID]) -> list[dict[str, Any]]:
    """What the mapped tasks are given: ids in their order, and a label."""
    size = max(1, -(-len(submission_ids) // _MOST_ITEMS))
    parts = [submission_ids[start : start + size] for start in range(0, len(submission_ids), size)]
    return [
        {
            "submission_ids": [str(submission_id) for submission_id in part],
            "label": str(part[0]) if len(part) == 1 else f"{len(part)} submissions",
        }
        for part in parts
    ]


@task
def backfill_submission(submission_ids: list[str], label: str) -> dict[str, Any]:
    """Save the results of these submissions, page by page. Answers counts."""
    show_as(label)
    params = _params()
    offers = looking(
        lambda connection: sources.count_results(
            connection,
            kind=params.kind.value,
            org_id=params.org_id,
            submission_ids=[UUID(submission_id) for submission_id in submission_ids],
        )
    )
    total = SaveCounts()
    for offer in offers:
        total += _backfill(params, offer["submission_id"], offer["step_results"])
    return {**total.as_dict(), "runs_without_results": sum(offer["runs_without_results"] for offer in offers)}


def _backfill(params: BriefingBackfillParams, submission_id: UUID, step_results: int) -> SaveCounts:
    """All pages of one submission, oldest results first."""
    counts = SaveCounts()
    after: StepKey | None = None
    while True:
        page, saved = _save_page(params, submission_id, after)
        if not page:
            break
        counts, after = counts + saved, page[-1]
        log.info(
            "submission %s: %d of %d step results, %d upserted, %d unchanged, %d skipped",
            submission_id,
            counts.processed,
            max(step_results, counts.processed),  # more may have come in meanwhile
            counts.upserted,
            counts.unchanged,
            sum(counts.skipped.values()),
        )
        if len(page) < params.page_size:
            break
    if not counts.processed:
        log.info("submission %s: no step results", submission_id)
    return counts


def _save_page(
    params: BriefingBackfillParams, submission_id: UUID, after: StepKey | None
) -> tuple[Sequence[StepKey], SaveCounts]:
    """The next page in one transaction, which a dry run may not write in."""

    def work(connection: Connection) -> tuple[Sequence[StepKey], SaveCounts]:
        if params.dry_run:
            connection.execute(text("set transaction read only"))
        page = store.find_step_results(
            connection,
            kind=params.kind.value,
            org_id=params.org_id,
            submission_id=submission_id,
            after=after,
            most=params.page_size,
        )
        saved = store.save_briefings(
            connection, params.kind.value, [key.id for key in page], force=params.force, dry_run=params.dry_run
        )
        return page, saved

    return looking(work) if params.dry_run else in_transaction(work)


# ---------------------------------------------------------------------------------------------------------- summary
@task
def announce_briefings() -> int:
    """Let others know that briefings were written, whatever became of the rest. Answers how many they are."""
    params = _params()
    if params.dry_run:
        raise AirflowSkipException("A dry run writes nothing")
    ti: Any = get_current_context()["ti"]
    # Not from what the tasks answer: a try that was killed has written pages, too.
    written = looking(
        lambda connection: sources.count_written(connection, kind=params.kind.value, dag_id=ti.dag_id, run_id=ti.run_id)
    )
    if not written:
        raise AirflowSkipException("No briefing was written")
    log.info("%d briefings were written", written)
    return written


@task
def summarize_backfill(named: int | None, backfills: Sequence[dict[str, Any]] | None) -> dict[str, Any]:
    """Print what became of the results; fail when a task failed. ``named`` is the answer of ``start_backfill``."""
    if named is None:
        raise AirflowFailException("No backfill was begun: see the log of start_backfill")
    ti: Any = get_current_context()["ti"]
    failed = ti.get_ti_count(dag_id=ti.dag_id, run_ids=[ti.run_id], states=["failed", "upstream_failed"])
    params = _params()
    summary = sum_up(counts for counts in backfills or () if counts)
    for line in summary_lines(summary, is_dry_run=params.dry_run):
        log.info("%s", line)
    if not summary["total_processed"] and not failed:
        log.info(
            "No step result of %s was found in runs that succeeded; see the table step_results",
            OPERATION_IDS[params.kind.value],
        )
    if not_saved := summary["skipped"].get("failed"):
        log.warning(
            "%d results could not be saved: see briefing_writes, and docs/runbooks/briefings.md, section A write failed",
            not_saved,
        )
    if failed:
        raise AirflowFailException(
            f"{failed} tasks failed; what they had not saved yet is missing. Clear them together with this task to "
            "complete the backfill, or trigger it again"
        )
    return summary


def sum_up(backfills: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """The sums over mapped tasks; ``skipped`` by reason, most frequent first."""
    summary: dict[str, Any] = {
        "total_processed": 0,
        "total_upserted": 0,
        "total_unchanged": 0,
        "total_skipped": 0,
        "skipped": {},
        "runs_without_results": 0,
    }
    skipped: dict[str, int] = {}
    for counts in backfills:
        for name in ("processed", "upserted", "unchanged"):
            summary[f"total_{name}"] += counts[name]
        summary["runs_without_results"] += counts["runs_without_results"]
        for reason, number in counts["skipped"].items():
            skipped[reason] = skipped.get(reason, 0) + number
    summary["total_skipped"] = sum(skipped.values())
    summary["skipped"] = dict(sorted(skipped.items(), key=lambda item: (-item[1], item[0])))
    return summary


def summary_lines(summary: dict[str, Any], *, is_dry_run: bool) -> list[str]:
    """A backfill's summary as a person reads it."""
    totals = [f"- {name}: {summary[name]}" for name in summary if name.startswith("total_")]
    reasons = [f"  - {reason}: {number}" for reason, number in summary["skipped"].items()]
    note = ["Dry run: nothing was written"] if is_dry_run else []
    return ["Backfill summary", *totals, *reasons, f"- runs_without_results: {summary['runs_without_results']}", *note]
