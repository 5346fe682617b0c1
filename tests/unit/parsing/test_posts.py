"""Which titles name an office of one person, and which of two titles of one day is the title of a role."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prospecting.parsing.posts import read_post


@pytest.mark.parametrize(
    ("titles", "offices"),
    [
        (("CEO", "Chief Executive Officer", "Group CEO", "President & CEO", "Founder, CEO", "PDG"), ("CEO",)),
        (("CFO", "EVP & CFO", "Chief Financial Officer (CFO)", "CFO & COO"), ("CFO",)),
        (("CHRO", "Chief People Officer", "Chief Human Resources Officer"), ("HR",)),
        (("CEO & CFO",), ("CEO", "CFO")),
    ],
)
def test_a_plain_title_names_an_office_of_one_person(titles: tuple[str, ...], offices: tuple[str, ...]) -> None:
    assert {title: read_post(title).offices for title in titles} == dict.fromkeys(titles, offices)


@pytest.mark.parametrize(
    "title",
    [
        "Co-CEO", "Interim CEO", "Acting CFO", "Deputy CEO", "CEO Designate", "Former CEO", "Assistant to the CEO",
        "CEO, North America", "CEO of EMEA", "CFO Europe", "Regional CFO", "CEO, Acme Corp", "CEO in Training",
        "Geschäftsführer", "VP HR", "Head of HR", "HR Director", "CPO", "Chief Talent Officer", "Founder", "VP Finance",
        "CEO coach", "Board Member", "",
    ],
)  # fmt: skip
def test_others_hold_no_office_that_nobody_else_can_hold(title: str) -> None:
    assert read_post(title).offices == ()


@pytest.mark.parametrize(
    ("title", "other"),
    [
        ("Chief Executive Officer", "CEO"),
        ("President & CEO", "CEO"),
        ("CEO", "CEO, North America"),
        ("CEO", "Interim CEO"),
        ("CMO", "VP Marketing"),
        ("VP Sales, EMEA", "VP Sales"),
        ("HR Director", "HR Manager"),
    ],
)
def test_two_titles_of_one_role(title: str, other: str) -> None:
    better, worse = read_post(title), read_post(other)
    assert better.kind == worse.kind is not None
    assert better.precedence < worse.precedence


@pytest.mark.parametrize(
    ("title", "other"),
    [("CEO", "Founder"), ("CEO", "CFO"), ("CEO", "CEO & CFO"), ("VP Sales", "VP Marketing"), ("CEO", "Former CEO"),
     ("Owner", "President"), ("CFO", "Board Member, Finance Committee"), ("Teacher", "Painter")],
)  # fmt: skip
def test_two_roles(title: str, other: str) -> None:
    one, two = read_post(title).kind, read_post(other).kind
    assert one != two or one is None


@given(st.text(max_size=400))
def test_any_text_is_read(title: str) -> None:
    post = read_post(title)
    assert not (post.is_past and post.offices)
    assert not (post.is_side_seat and post.kind)
