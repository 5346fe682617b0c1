"""What an evaluation prints: its summary, and what a dry run would do."""

from __future__ import annotations

from typing import Any

import pytest

from prospecting.persistence.pages import Page
from prospecting.persistence.slot_evaluations import Counters, summary_lines
from prospecting.services.slots import preview_lines

FIRST_RUN = Counters(
    companies_processed=453,
    slots_created=1359,
    slots_updated=4,
    slots_filled=152,
    slots_open=1200,
    slots_closed_missing=7,
    compound_matches=3,
    multiple_candidates=15,
    backfill_triggered=1207,
    requests_cancelled=2,
)


def test_the_summary_is_what_people_know() -> None:
    assert summary_lines(FIRST_RUN, is_dry_run=False) == [
        "Mode: LIVE",
        "Companies Processed: 453",
        "Slots Created: 1359",
        "Slots Updated: 4",
        "Slot Status Distribution:",
        "  Filled: 152",
        "  Open (< 2 attempts): 1200",
        "  Closed Missing (>= 2 attempts): 7",
        "Data Quality Metrics:",
        "  Compound Matches (1 person = multiple slots): 3",
        "  Multiple Candidates (>1 person per slot): 15",
        "Enrichment Backfill:",
        "  Slot Backfill Requests Triggered: 1207",
        "  Slot Verification Requests Triggered: 0",
        "  Slot Backfill Requests Cancelled: 2",
        "Overall Fill Rate: 11.2% (152/1359)",
    ]


def test_the_summary_of_a_dry_run_says_that_it_was_one() -> None:
    first, *others = summary_lines(Counters(companies_processed=2, slots_filled=1, slots_open=5), is_dry_run=True)
    assert first == "Mode: DRY RUN (nothing was written)"
    assert "  Slot Backfill Requests Triggered: 0  (dry-run mode, not counted)" in others
    assert others[-1] == "Overall Fill Rate: 16.7% (1/6)"


@pytest.mark.parametrize(
    ("filled", "open_", "line"),
    [
        (0, 0, "Overall Fill Rate: 0.0% (0/0)"),
        (0, 3, "Overall Fill Rate: 0.0% (0/3)"),
        (3, 0, "Overall Fill Rate: 100.0% (3/3)"),
        (2, 1, "Overall Fill Rate: 66.7% (2/3)"),
    ],
)
def test_the_fill_rate_is_of_all_seats(filled: int, open_: int, line: str) -> None:
    assert summary_lines(Counters(slots_filled=filled, slots_open=open_), is_dry_run=False)[-1] == line


# ---------------------------------------------------------------------------------------------------------- dry run
def changes(*given: dict[str, Any], total: int | None = None) -> Page[dict[str, Any]]:
    """Changes as a preview has them."""
    usual = {"person_unique_id": None, "slot_type": "CEO"}
    return Page((usual | change for change in given), total=len(given) if total is None else total)


JAN = {"number": 1, "company_unique_id": "04.04.01.00.00100.100", "name": "Jan Dils, Attorneys at Law"}
CAFE = {"number": 4, "company_unique_id": "04.04.01.00.00400.400", "name": "Café Ünïön {x} %s"}


def test_each_company_is_named_once_with_what_would_be_done() -> None:
    found = changes(
        JAN | {"change": "request"},
        JAN | {"slot_type": "CFO", "change": "fill", "person_unique_id": "04.04.02.07.00007.007"},
        JAN | {"slot_type": "HR", "change": "replace", "person_unique_id": "04.04.02.08.00008.008"},
        CAFE | {"change": "reopen"},
        CAFE | {"slot_type": "HR", "change": "close"},
    )
    assert list(preview_lines([(1, found)], 453)) == [
        "[1/453] Jan Dils, Attorneys at Law (04.04.01.00.00100.100)",
        "  [DRY RUN] Would trigger backfill for CEO at Jan Dils, Attorneys at Law",
        "  [DRY RUN] Would fill CFO at Jan Dils, Attorneys at Law with person 04.04.02.07.00007.007",
        "  [DRY RUN] Would replace the holder of HR at Jan Dils, Attorneys at Law by person 04.04.02.08.00008.008",
        "[4/453] Café Ünïön {x} %s (04.04.01.00.00400.400)",
        "  [DRY RUN] Would reopen CEO at Café Ünïön {x} %s and trigger backfill",
        "  [DRY RUN] Would close HR at Café Ünïön {x} %s: nobody was found",
    ]


def test_companies_of_a_later_chunk_count_on() -> None:
    (first, _) = preview_lines([(51, changes(CAFE | {"change": "request"}))], 60)
    assert first.startswith("[54/60] ")


def test_two_companies_of_one_name_are_two() -> None:
    twin = JAN | {"number": 2, "company_unique_id": "04.04.01.01.00101.101"}
    lines = list(preview_lines([(1, changes(JAN | {"change": "request"}, twin | {"change": "request"}))], 2))
    assert [line for line in lines if line.startswith("[")] == [
        "[1/2] Jan Dils, Attorneys at Law (04.04.01.00.00100.100)",
        "[2/2] Jan Dils, Attorneys at Law (04.04.01.01.00101.101)",
    ]


def test_more_than_a_person_reads_is_counted() -> None:
    *_, last = preview_lines([(1, changes(JAN | {"change": "request"}, total=5_001))], 2_000)
    assert last == "... and 5000 more changes; narrow the params to see them"


def test_what_is_left_out_of_several_chunks_is_counted_once() -> None:
    pages = [(1, changes(JAN | {"change": "request"}, total=3)), (51, changes(total=4))]
    lines = list(preview_lines(pages, 60))
    assert [line for line in lines if "more changes" in line] == [
        "... and 6 more changes; narrow the params to see them"
    ]
    assert lines[-1].startswith("... and 6")


def test_nothing_to_do_prints_nothing() -> None:
    assert list(preview_lines([(1, changes())], 453)) == []
    assert list(preview_lines([], 0)) == []
