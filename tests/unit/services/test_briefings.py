"""The plan of a backfill of briefings, and the summary it prints."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from prospecting.services.briefings import plan_items, sum_up, summary_lines

FIRST, SECOND = "b8001673-d0a4-4c4f-824a-9904964d8400", "5d1cb2b3-bbf9-4582-a29f-3167d22dec51"


# ------------------------------------------------------------------------------------------------------------- plan
def test_each_submission_is_a_task_of_its_own() -> None:
    assert plan_items([UUID(FIRST), UUID(SECOND)], limit=1000) == [
        {"submission_ids": [FIRST], "map_label": FIRST},
        {"submission_ids": [SECOND], "map_label": SECOND},
    ]
    assert plan_items([], limit=1000) == []


@given(st.integers(0, 5_000))
def test_more_submissions_than_airflow_maps_share_tasks(number: int) -> None:
    submission_ids = [UUID(int=value) for value in range(number)]
    items = plan_items(submission_ids, limit=1000)
    assert len(items) == number if number <= 1000 else 500 < len(items) <= 1000
    assert [UUID(one) for item in items for one in item["submission_ids"]] == submission_ids
    for item in items:
        together = item["submission_ids"]
        assert item["map_label"] == (together[0] if len(together) == 1 else f"{len(together)} submissions")


# ---------------------------------------------------------------------------------------------------------- summary
def counts(processed: int, upserted: int, unchanged: int, runs: int = 0, **skipped: int) -> dict[str, Any]:
    return {
        "processed": processed,
        "upserted": upserted,
        "unchanged": unchanged,
        "skipped": skipped,
        "runs_without_results": runs,
    }


def test_the_summary_adds_up_and_names_the_reasons() -> None:
    summary = sum_up(
        [counts(8, 5, 1, 2, not_found=1, no_domain=1), counts(0, 0, 0, 1), counts(5, 0, 2, no_domain=2, empty_output=1)]
    )
    assert summary == {
        "total_processed": 13,
        "total_upserted": 5,
        "total_unchanged": 3,
        "total_skipped": 5,
        "skipped": {"no_domain": 3, "empty_output": 1, "not_found": 1},
        "runs_without_results": 3,
    }
    lines = summary_lines(summary, is_dry_run=False)
    assert lines == [
        "Backfill summary",
        "- total_processed: 13",
        "- total_upserted: 5",
        "- total_unchanged: 3",
        "- total_skipped: 5",
        "  - no_domain: 3",
        "  - empty_output: 1",
        "  - not_found: 1",
        "- runs_without_results: 3",
    ]
    assert summary_lines(summary, is_dry_run=True) == [*lines, "Dry run: nothing was written"]


def test_a_summary_of_nothing_is_all_zeros() -> None:
    assert summary_lines(sum_up([]), is_dry_run=False) == [
        "Backfill summary",
        "- total_processed: 0",
        "- total_upserted: 0",
        "- total_unchanged: 0",
        "- total_skipped: 0",
        "- runs_without_results: 0",
    ]
