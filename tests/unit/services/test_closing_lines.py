"""The deeds of a run in one line: numbers, singular and plural, and why there was nothing."""

from __future__ import annotations

from decimal import Decimal
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest

from prospecting.persistence.erasures import Erasure
from prospecting.persistence.slot_evaluations import Counters
from prospecting.persistence.slot_requests import BatchSummary
from prospecting.services import closing_lines as lines
from prospecting.services.touchpoint_events import Recorded


def a(**fields: Any) -> Any:
    return SimpleNamespace(**fields)


def erasure(decision: str | None, status: str) -> Erasure:
    return Erasure(uuid4(), "run", status, decision, "ann", {"persons": 1, "contacts": 2}, {"persons": 1})


def page(total: int) -> Any:
    return a(total=total)


FINDINGS = a(follow_ups=page(5), stale=page(1), undecided=page(0))
FEATURES: dict[str, Any] = {"features": {"accounts_changed": 1204}, "model": None, "recommendations": None}


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (
            lines.of_evaluation(Counters(companies_processed=1149, slots_filled=13, slots_open=1136)),
            "1,149 companies: 13 seats filled, 1,136 open",
        ),
        (
            lines.of_evaluation(
                Counters(companies_processed=1, slots_filled=1, slots_closed_missing=2, requests_to_make=1),
                is_dry_run=True,
            ),
            "Dry run, nothing was written. 1 company: 1 seat filled, 0 open, 2 closed; 1 request for people",
        ),
        (
            lines.of_backfill(BatchSummary(1, 2, 0, 0, Decimal(0)), put_back=1, left_waiting=0),
            "1 person found, 2 requests without an answer, 1 request put back",
        ),
        (
            lines.of_feature_refresh(a(results=FEATURES, reasons={"model": "Too few snapshots."})),
            "1,204 accounts computed; no model trained: Too few snapshots",
        ),
        (
            lines.of_feature_refresh(
                a(
                    results={
                        "features": None,
                        "model": {"version": 3, "status": "promoted", "is_new": True},
                        "recommendations": {"count": 50},
                    },
                    reasons={},
                )
            ),
            "0 accounts computed; model version 3: promoted; 50 accounts recommended",
        ),
        (
            lines.of_research(a(runs={"succeeded": 3, "failed": 1}, writes={"written": 5})),
            "4 runs: 3 succeeded, 1 failed; 5 briefings written",
        ),
        (
            lines.of_briefing_backfill(
                {
                    "total_processed": 12, "total_upserted": 10, "total_unchanged": 1, "total_skipped": 1,
                    "is_dry_run": False,
                }
            ),
            "12 results: 10 saved, 1 unchanged, 1 skipped",
        ),
        (
            lines.of_account_refresh(a(done={"job_changes": {"confirmed": 2}}, findings=FINDINGS)),
            "0 events applied, 2 job changes confirmed, 0 scores changed; 5 follow-ups due, 1 account stale, "
            "0 job changes to decide about",
        ),
        (
            lines.of_promotion(
                a(proposed=12, decision="approved", decided_by="ann", status="completed"), promoted=10, refused=2
            ),
            "12 people proposed; approved: 10 became contacts in this run, 2 refused",
        ),
        (
            lines.of_promotion(
                a(proposed=1, decision="rejected", decided_by=None, status="rejected"), promoted=0, refused=0
            ),
            "1 person proposed; rejected, as nobody answered in time",
        ),
        (
            lines.of_promotion(a(proposed=1, decision=None, decided_by=None, status="planned"), promoted=0, refused=0),
            "1 person proposed; nobody has decided",
        ),
        (
            lines.of_recording(Recorded(files=2, events=7, new=5, known=1, refused=1, applied=4)),
            "7 events in 2 files: 5 new, 1 known, 1 refused or unusable; 4 applied",
        ),
        (lines.of_erasure(erasure("approved", "completed")), "completed: 1 row of 1 table erased"),
        (lines.of_erasure(erasure(None, "planned")), "planned: 3 rows of 2 tables would be erased"),
        (lines.of_schedule(0), "No signal was due"),
        (lines.of_schedule(2), "2 signals started"),
    ],
)  # fmt: skip
def test_a_run_is_told_in_one_line(line: str, expected: str) -> None:
    assert line == expected
