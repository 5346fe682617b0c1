"""The deeds of a run in one line for Airflow's lists of runs: numbers, and nobody's name.

Signals have theirs beside the sentences about what they did not find (``signal_outcome``).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from prospecting.persistence.erasures import Erasure
    from prospecting.persistence.promotions import Promotion
    from prospecting.persistence.slot_evaluations import Counters
    from prospecting.persistence.slot_requests import BatchSummary
    from prospecting.services.account_refresh import RefreshSummary as AccountRefresh
    from prospecting.services.features import RefreshSummary as FeatureRefresh
    from prospecting.services.submissions import SubmissionSummary
    from prospecting.services.touchpoint_events import Recorded


def number(count: int, noun: str, plural: str | None = None) -> str:
    """``1 company``, ``1,149 companies``."""
    return f"{count:,} {noun if count == 1 else plural or noun + 's'}"


def of_evaluation(counters: Counters, *, is_dry_run: bool = False) -> str:
    """``1,149 companies: 13 seats filled, 1,136 open``."""
    seats = f"{number(counters.slots_filled, 'seat')} filled, {counters.slots_open:,} open"
    if counters.slots_closed_missing:
        seats += f", {counters.slots_closed_missing:,} closed"
    requests = counters.requests_to_make if is_dry_run else counters.backfill_triggered
    if requests:
        seats += f"; {number(requests, 'request')} for people"
    if held_back := sum(counters.held_back.values()):
        seats += f"; {number(held_back, 'company', 'companies')} held back"
    line = f"{number(counters.companies_processed, 'company', 'companies')}: {seats}"
    return f"Dry run, nothing was written. {line}" if is_dry_run else line


def of_backfill(summary: BatchSummary, *, put_back: int, left_waiting: int) -> str:
    """``5 people found, 6 requests without an answer, 1 put back``."""
    parts = [f"{number(summary.completed, 'person', 'people')} found"]
    for count, what in (
        (summary.failed, "without an answer"),
        (summary.cancelled, "cancelled"),
        (put_back, "put back"),
        (left_waiting, "wait for another provider"),
        (summary.running, "not done"),
    ):
        if count:
            parts.append(f"{number(count, 'request')} {what}")
    return ", ".join(parts)


def of_feature_refresh(summary: FeatureRefresh) -> str:
    """``1,204 accounts computed; model version 3: promoted; 50 accounts recommended``; or why there is no model."""
    results = summary.results
    done = results.get("features") or {}
    parts = [f"{number(done.get('accounts_changed', 0), 'account')} computed"]
    if model := results.get("model"):
        parts.append(f"model version {model['version']}: {model['status']}{'' if model['is_new'] else ', as before'}")
    elif why := summary.reasons.get("model"):
        parts.append(f"no model trained: {why.rstrip('.')}")
    if recommended := results.get("recommendations"):
        parts.append(f"{number(recommended['count'], 'account')} recommended")
    elif why := summary.reasons.get("recommendations"):
        parts.append(f"none recommended: {why.rstrip('.')}")
    return "; ".join(parts)


def of_research(summary: SubmissionSummary) -> str:
    """``4 runs: 3 succeeded, 1 failed; 5 briefings written``."""
    runs = ", ".join(f"{count:,} {status}" for status, count in summary.runs.items())
    written = number(summary.writes.get("written", 0), "briefing")
    return f"{number(sum(summary.runs.values()), 'run')}: {runs or 'nothing to do'}; {written} written"


def of_briefing_backfill(summary: Mapping[str, Any]) -> str:
    """``12 results: 10 saved, 1 unchanged, 1 skipped``."""
    line = (
        f"{number(summary['total_processed'], 'result')}: {summary['total_upserted']:,} saved, "
        f"{summary['total_unchanged']:,} unchanged, {summary['total_skipped']:,} skipped"
    )
    return f"Dry run, nothing was written. {line}" if summary["is_dry_run"] else line


def of_account_refresh(summary: AccountRefresh) -> str:
    """``4 events applied, 2 job changes confirmed, 120 scores changed; 5 follow-ups due, 3 accounts stale, ...``."""

    def done(step: str, name: str) -> int:
        return summary.done.get(step, {}).get(name, 0)

    found = summary.findings
    parts = (
        (done("events", "applied"), "event", "applied, "),
        (done("job_changes", "confirmed"), "job change", "confirmed, "),
        (done("accounts", "scores_changed"), "score", "changed; "),
        (found.follow_ups.total, "follow-up", "due, "),
        (found.stale.total, "account", "stale, "),
        (found.undecided.total, "job change", "to decide about"),
    )
    return "".join(f"{number(count, noun)} {what}" for count, noun, what in parts)


def of_promotion(promotion: Promotion, *, promoted: int, refused: int) -> str:
    """``12 people proposed; approved: 10 became contacts in this run, 2 refused``."""
    line = f"{number(promotion.proposed, 'person', 'people')} proposed"
    if promotion.decision == "approved":
        return f"{line}; approved: {promoted:,} became contacts in this run, {refused:,} refused"
    if promotion.decision == "rejected":
        return f"{line}; rejected{'' if promotion.decided_by else ', as nobody answered in time'}"
    return f"{line}; nobody has decided" if promotion.status == "planned" else f"{line}; {promotion.status}"


def of_recording(total: Recorded) -> str:
    """``7 events in 2 files: 5 new, 1 known, 1 refused or unusable; 4 applied``."""
    return (
        f"{number(total.events, 'event')} in {number(total.files, 'file')}: {total.new:,} new, {total.known:,} known, "
        f"{total.refused + total.rejected:,} refused or unusable; {total.applied:,} applied"
    )


def of_erasure(found: Erasure) -> str:
    """``completed: 12 rows of 5 tables erased``; counts only."""
    if found.decision == "approved":
        return f"{found.status}: {_rows(found.erased)} erased"
    return f"{found.decision or found.status}: {_rows(found.planned)} would be erased"


def _rows(counts: Mapping[str, int]) -> str:
    return f"{number(sum(counts.values()), 'row')} of {number(len(counts), 'table')}"


def of_schedule(due: int, paused: int = 0) -> str:
    """``2 signals started; 1 due signal is paused``."""
    line = f"{number(due, 'signal')} started" if due else "No signal was due"
    if paused:
        line += f"; {number(paused, 'due signal')} {'is' if paused == 1 else 'are'} paused"
    return line
