"""Saves past deep research as briefings: submission by submission, page by page.

A page is a transaction, and results are saved exactly as the research pipeline saves them: what is in its table
already stays as it is. A dry run goes the same way in transactions that PostgreSQL keeps read-only.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from prospecting.parsing.briefings import OPERATION_IDS, Kind
from prospecting.persistence import briefing_sources
from prospecting.persistence.briefing_sources import StepKey, find_step_results
from prospecting.persistence.briefing_writing import SaveCounts, save_briefings
from prospecting.persistence.submissions import find_org
from prospecting.services.progress import log_progress
from prospecting.services.runtime import Runtime

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Backfill:
    """The subject of a backfill, and how it goes."""

    kind: Kind
    org_id: UUID
    dry_run: bool = False
    force: bool = False
    page_size: int = 500


# ------------------------------------------------------------------------------------------------------------- scope
def check_scope(runtime: Runtime, org: UUID | str, submission_ids: Sequence[UUID] = ()) -> UUID:
    """The id of the org with this id or slug.

    Raises ``LookupError`` when there is none, or one of the submissions belongs to another.
    """

    def check(connection: Connection) -> UUID:
        org_id = find_org(connection, str(org))
        if org_id is None:
            raise LookupError(f"org_id: there is no org {org}; see the table orgs")
        unknown = briefing_sources.query_unknown_submissions(connection, org_id=org_id, submission_ids=submission_ids)
        if unknown:
            found = ", ".join(
                f"{row['id']} (of another org)" if row["is_of_another_org"] else str(row["id"]) for row in unknown
            )
            more = f" and {unknown.total - len(unknown)} more" if unknown.total > len(unknown) else ""
            raise LookupError(
                f"submission_ids: these are not submissions of the org: {found}{more}; see the table submissions"
            )
        return org_id

    return runtime.read(check)


def find_submissions(runtime: Runtime, kind: Kind, org_id: UUID, submission_ids: Sequence[UUID] = ()) -> Sequence[UUID]:
    """The submissions to work through: those given, else all of the org's with a result of the kind, oldest first."""
    return submission_ids or runtime.read(
        lambda connection: briefing_sources.query_submissions_with_results(connection, kind=kind, org_id=org_id)
    )


def plan_items(submission_ids: Sequence[UUID], *, limit: int) -> list[dict[str, Any]]:
    """Divides submissions among at most ``limit`` tasks, in their order: one each, or as few as will do."""
    size = max(1, -(-len(submission_ids) // limit))
    parts = [submission_ids[start : start + size] for start in range(0, len(submission_ids), size)]
    return [
        {
            "submission_ids": [str(submission_id) for submission_id in part],
            "map_label": str(part[0]) if len(part) == 1 else f"{len(part)} submissions",
        }
        for part in parts
    ]


# ---------------------------------------------------------------------------------------------------------- backfill
def backfill(runtime: Runtime, job: Backfill, submission_ids: Sequence[UUID]) -> dict[str, Any]:
    """Saves the results of these submissions, page by page. Returns counts; those of other orgs have nothing to offer.

    A backfill that is cut off keeps the pages it has saved; they count as unchanged when it starts over.
    """
    offers = runtime.read(
        lambda connection: briefing_sources.count_results(
            connection, kind=job.kind, org_id=job.org_id, submission_ids=submission_ids
        )
    )
    total = SaveCounts()
    for offer in offers:
        total += _backfill_submission(runtime, job, offer["submission_id"], offer["step_results"])
    return {**total.as_dict(), "runs_without_results": sum(offer["runs_without_results"] for offer in offers)}


def _backfill_submission(runtime: Runtime, job: Backfill, submission_id: UUID, step_results: int) -> SaveCounts:
    """All pages of one submission, oldest results first."""
    counts = SaveCounts()
    after: StepKey | None = None
    while True:
        page, saved = _save_page(runtime, job, submission_id, after)
        if not page:
            break
        counts, after = counts + saved, page[-1]
        total = max(step_results, counts.processed)  # more may have come in meanwhile
        log_progress(
            log,
            counts.processed,
            total,
            f"submission {submission_id}, {counts.processed} of {total} step results",
            f"{counts.upserted} upserted, {counts.unchanged} unchanged, {sum(counts.skipped.values())} skipped",
        )
        if len(page) < job.page_size:
            break
    if not counts.processed:
        log.info("submission %s: no step results", submission_id)
    return counts


def _save_page(
    runtime: Runtime, job: Backfill, submission_id: UUID, after: StepKey | None
) -> tuple[Sequence[StepKey], SaveCounts]:
    """The next page in one transaction."""

    def save(connection: Connection) -> tuple[Sequence[StepKey], SaveCounts]:
        page = find_step_results(
            connection,
            kind=job.kind,
            org_id=job.org_id,
            submission_id=submission_id,
            after=after,
            limit=job.page_size,
        )
        saved = save_briefings(connection, job.kind, [key.id for key in page], force=job.force, dry_run=job.dry_run)
        return page, saved

    if job.dry_run:
        return runtime.read(save)
    page, saved = runtime.write(save)
    runtime.saved_briefings(job.kind, saved.upserted)
    return page, saved


# ----------------------------------------------------------------------------------------------------------- summary
def count_written(runtime: Runtime, kind: Kind, *, dag_id: str, run_id: str) -> int:
    """How many briefings a run has written. Not from what its tasks return: a try that was killed has written, too."""
    return runtime.read(
        lambda connection: briefing_sources.count_written(connection, kind=kind, dag_id=dag_id, run_id=run_id)
    )


def sum_up(backfills: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """The sums over what several backfills returned; ``skipped`` by reason, most frequent first."""
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


def nothing_found(kind: Kind) -> str:
    """The sentence about a backfill that came across no result at all."""
    return f"No step result of {OPERATION_IDS[kind]} was found in runs that succeeded; see the table step_results"
