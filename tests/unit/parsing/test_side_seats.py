"""Which titles are no job: seats on boards, of advisers, of investors."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prospecting.parsing.side_seats import is_side_seat


@pytest.mark.parametrize(
    "title",
    [
        "Board Member", "Member of the Board of Directors", "Non-Executive Director", "Independent Director", "NED",
        "Chairman of the Board", "Non-Executive Chair", "Board Observer", "Trustee", "Board Director & Investor",
        "Advisory Board Member", "Member, Advisory Council", "Advisor", "Senior Adviser",
        "Strategic Advisor to the CEO",
        "Investor", "Angel Investor & Advisor", "Limited Partner", "Venture Partner", "Startup Mentor",
        "Mitglied des Aufsichtsrats", "Beirat", "Fractional CFO", "Part-time CTO", "Virtual CMO & Board Member",
    ],
)  # fmt: skip
def test_a_seat_beside_the_job(title: str) -> None:
    assert is_side_seat(title)


@pytest.mark.parametrize(
    "title",
    [
        "CEO", "CEO & Board Member", "Founder & Investor", "Non-Executive Director and CFO", "Sales Director",
        "VP Sales",
        "Financial Advisor", "Legal Adviser", "Technical Advisor", "Investor Relations Manager", "Managing Partner",
        "Head of Investor Relations", "Board Secretary", "Circuit Board Designer", "Sales Director, Board Games",
        "Executive Board Member", "Member of the Management Board", "Vorstand", "Former Board Member",
        "Engineer", "CEO & Fractional CFO", "Contract Manager", "Part-time HR Manager", "Interim CFO", "", None,
    ],
)  # fmt: skip
def test_a_job(title: str | None) -> None:
    assert not is_side_seat(title)


@given(st.text(max_size=400))
def test_any_text_is_read(title: str) -> None:
    assert is_side_seat(title) in (True, False)
    if is_side_seat(title):
        assert not is_side_seat(f"CEO | {title}")
