"""Roles that are over or ending are nobody's current ones; a first day alone ends none."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prospecting.parsing.titles import C_SUITE, DIRECTOR, INDIVIDUAL, MANAGER, VP, classify_title

POSTS = st.sampled_from(
    [
        "CEO",
        "CTO",
        "Chief Financial Officer",
        "VP Sales",
        "Head of People",
        "President & CEO",
        "Chairman",
        "HR Director",
    ]
)


@pytest.mark.parametrize(
    "title",
    [
        "CTO (until 2021)", "CTO (2015-2019)", "CTO [left 2022]", "Outgoing CEO", "ex-CTO", "Former VP", "CTO emeritus",
        "CEO tot 2022", "CEO do 2021", "exdirector general", "eski genel müdür", "była prezes zarządu", "oud-directeur",
        "Retired CEO", "CFO through 2020", "Past President", "CEO, stepping down in March", "CTO 2015 – 2019",
        "CTO (Jan 2015 - Dec 2019)", "2015-2019: CTO", "VP, Sales (until 2020)", "President and CEO (2015-2019)",
        "CEO (retired)", "CEO (outgoing)", "CTO, left in May 2022", "CEO - resigned", "CTO (now at Globex)",
        "Immediate Past President", "CEO (ret.)", "Departing CFO", "CEO bis 2020", "CTO '15-'19", "VP Sales 2015-19",
        "CEO until further notice", "Prior CTO", "CTO (to 2021)", "CEO – retiring in June", "CTO from 2015 to 2019",
        "CFO (thru March 2021)", "Outgoing Sales Director", "CEO, to step down in March", "CTO (no longer there)",
        "Outgoing Interim CEO", "CTO (left)", "Ancien directeur général", "Ehemaliger Geschäftsführer",
        "CTO at Acme (2015-2019)",
        "CEO, Acme (until 2021)", "Founder & CEO (until 2021)", "前CEO", "前首席执行官", "元代表取締役社長",
        "бывший генеральный директор", "экс-директор", "President's former Chief of Staff", "Former CEO & CFO",
        "CEO (now retired)", "CTO/Co-Founder (2012-2016)", "Former CEO/CFO", "CEO (former, interim)", "(Former) CTO",
        "CEO (former)", "Former VP Sales at Acme",
    ],
)  # fmt: skip
def test_past(title: str) -> None:
    found = classify_title(title)
    assert found.is_past
    assert found.seniority == INDIVIDUAL
    assert not found.is_decision_maker
    assert found.slots == {}


@pytest.mark.parametrize(
    ("title", "seniority", "slots"),
    [
        ("CTO (2015-present)", C_SUITE, {}), ("CEO since 2019", C_SUITE, {"CEO": 1}), ("Founder (2012)", C_SUITE, {}),
        ("VP, Class of 2020", VP, {}), ("CEO 2019", C_SUITE, {"CEO": 1}), ("CTO (2015-)", C_SUITE, {}),
        ("CEO (since Jan 2020)", C_SUITE, {"CEO": 1}), ("VP Sales (2021 – Present)", VP, {}),
        ("CFO (interim since May 2023)", C_SUITE, {"CFO": 3}), ("CEO (current)", C_SUITE, {"CEO": 1}),
        ("Chair, ex officio", C_SUITE, {}), ("CEO [1]", C_SUITE, {"CEO": 1}), ("Head of Vision 2030", DIRECTOR, {}),
        # one of two is over
        ("Former CEO, now CFO", C_SUITE, {"CFO": 1}), ("CTO (now CEO)", C_SUITE, {"CEO": 1}),
        ("Founder & former CEO", C_SUITE, {}), ("Chair (since 2018), former CEO (until 2018)", C_SUITE, {}),
        ("CFO (2012-2015), CEO", C_SUITE, {"CEO": 1}), ("CEO, CFO (2012-2015)", C_SUITE, {"CEO": 1}),
        # where somebody worked before
        ("CEO (ex-Google)", C_SUITE, {"CEO": 1}), ("CEO, formerly at Google", C_SUITE, {"CEO": 1}),
        ("VP Sales, previously with Oracle", VP, {}), ("CTO | ex-Amazon | Speaker", C_SUITE, {}),
        ("CEO formerly of Globex", C_SUITE, {"CEO": 1}), ("CEO, Until Labs", C_SUITE, {"CEO": 1}),
        # somebody designated does not sit yet, but is not past: the lowest rank
        ("Incoming CEO", C_SUITE, {"CEO": 5}), ("CEO Designate", C_SUITE, {"CEO": 5}),
        # words of the past that are of something else
        ("Director of Outgoing Payments", DIRECTOR, {}), ("Late Shift Manager", MANAGER, {}),
        ("Prior Authorization Manager", MANAGER, {}), ("Past Due Accounts Manager", MANAGER, {}),
        ("Director, Leave Management", DIRECTOR, {}), ("Step Down Unit Manager", MANAGER, {}),
        ("Director of Retirement Services", DIRECTOR, {}), ("VP Through-Channel Marketing", VP, {}),
    ],
)  # fmt: skip
def test_current(title: str, seniority: str, slots: dict[str, int]) -> None:
    found = classify_title(title)
    assert not found.is_past
    assert (found.seniority, found.slots) == (seniority, slots)


@pytest.mark.parametrize(
    "title", ["", "Accountant", "Tube Former", "Outgoing Inspector", "Left Winger", "Till Operator"]
)
def test_who_never_led_is_not_past(title: str) -> None:
    assert not classify_title(title).is_past


def test_a_past_post_beside_a_seat_on_the_board_leaves_somebody() -> None:
    found = classify_title("Former CEO, Board Member")
    assert not found.is_past
    assert not found.is_decision_maker


@given(POSTS, st.integers(1990, 2030), st.integers(0, 20))
def test_closed_years_end_every_post(post: str, first: int, years: int) -> None:
    for title in (f"{post} ({first}-{first + years})", f"{post} (until {first})", f"Former {post}", f"Outgoing {post}"):
        assert classify_title(title).is_past, title
    for title in (f"{post} (since {first})", f"{post} ({first}-present)", f"{post}, {first} - now"):
        assert classify_title(title) == classify_title(post), title
