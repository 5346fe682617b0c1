"""Which titles match which target functions, and how well."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prospecting.parsing.titles import DEGREES, classify_title, matches_target, target_match
from tests.unit.parsing.bounded import bounded

TITLES = st.sampled_from(
    ["VP Sales", "Head of Platform Engineering", "COO", "Chief Revenue Officer", "Director, Site Reliability",
     "Geschäftsführer Vertrieb", "VP, Sales, Marketing & Customer Success", "Director Comercial", "Partner",
     "General Counsel",
     "首席执行官", "Managing Director, Sales", "Head of Trust & Safety", "Deputy CTO", "Former CTO"]
)  # fmt: skip


@pytest.mark.parametrize(
    ("title", "target"),
    [
        # another part of a function, or another function, of the same level
        ("Head of Data", "Head of Platform Engineering"),
        ("Head of Security Engineering", "Head of Platform Engineering"),
        ("Head of Platform Engineering", "Head of Security Engineering"),
        ("Head of Platform Engineering", "Head of Data"),
        ("Director of Product", "Director of Product Marketing"), ("VP Product Marketing", "VP Product"),
        ("Head of Marketing", "Head of Growth"), ("HR Director", "Head of Talent"),
        ("Director of Data Center Operations", "Director of Data"), ("Head of Data Protection", "Head of Data"),
        # what serves a function
        ("VP Sales Operations", "VP Sales"), ("VP of Sales Engineering", "VP Sales"),
        ("VP, Sales Operations", "VP Sales"),
        ("VP Sales - Operations", "VP Sales"), ("VP of Operations for Sales", "VP Sales"),
        ("VP Sales Enablement", "VP Sales"), ("VP Sales Development", "VP Sales"), ("Sales Operations VP", "VP Sales"),
        ("VP Sales & Marketing Operations", "VP Sales"), ("VP Marketing Operations", "VP Marketing"),
        ("Director of Sales Engineering", "Director of Engineering"), ("VP Customer Engineering", "VP Engineering"),
        ("Head of Solutions Engineering", "Head of Engineering"), ("Head of Sales Operations", "Head of Operations"),
        ("Director of Engineering Recruiting", "Director of Engineering"), ("VP People Analytics", "VP Analytics"),
        ("Head of Sales", "Head of Revenue Operations"), ("COO", "Head of Revenue Operations"),
        ("COO", "VP Sales Operations"), ("Head of IT Operations", "Head of IT"),
        ("Chief Marketing Technology Officer", "CTO"), ("Chief Medical Information Officer", "CIO"),
        # words that only look like a function
        ("VP Corporate Development", "VP Engineering"), ("VP Leadership Development", "VP Engineering"),
        ("VP Commercial Lending", "VP Sales"), ("Partner", "Head of Partnerships"),
        # a part of the company is not the company
        ("Geschäftsführer Vertrieb", "CEO"), ("Geschäftsführer, Vertrieb", "CEO"),
        ("Geschäftsführer (Finanzen)", "CEO"),
        ("Technischer Geschäftsführer", "CEO"),
        # posts of their own
        ("VP Sales", "General Manager"), ("Chief of Staff", "Managing Director"), ("Paralegal", "General Counsel"),
        ("VP Engineering", "Software Engineer"),
        # a lead in a function
        ("VP Sales", "Marketing decision maker"), ("Marketing Manager", "Marketing leadership"),
        # past
        ("CTO (until 2021)", "CTO"), ("Outgoing CEO", "CEO"),
    ],
)  # fmt: skip
def test_specific_words_count(title: str, target: str) -> None:
    assert target_match(title, target) is None
    assert not matches_target(title, target)


@pytest.mark.parametrize(
    ("title", "target", "degree"),
    [
        ("Vice President of Sales", "VP Sales", "exact"), ("Sales VP", "VP Sales", "exact"),
        ("Chief Technology Officer", "CTO", "exact"), ("Interim CTO", "CTO", "exact"),
        ("Marketing Director", "Head of Marketing", "exact"), ("Director Comercial", "Head of Sales", "exact"),
        ("Directeur Commercial", "Head of Sales", "exact"), ("Director de Ventas", "Director of Sales", "exact"),
        ("Director, Site Reliability", "Head of SRE", "exact"),
        ("Head of SRE", "Head of Site Reliability Engineering", "exact"),
        ("VP of Software Engineering", "VP Engineering", "exact"),
        ("Head of Human Resources", "Head of People", "exact"),
        ("Talent Director", "Head of Talent", "exact"), ("Head of Talent Acquisition", "Head of Talent", "exact"),
        ("Director of Recruiting", "Head of Talent", "exact"), ("VP Sales Operations", "VP Sales Operations", "exact"),
        ("Head of Platform", "Head of Platform Engineering", "exact"),
        ("Head of Trust & Safety", "Head of Trust & Safety", "exact"),
        ("VP, Sales, Marketing & Customer Success", "VP Customer Success", "exact"),
        ("General Counsel", "Chief Legal Officer", "exact"),
        ("Managing Director, Sales", "Head of Sales", "exact"), ("Founder & CEO", "Founder", "exact"),
        ("Senior Software Developer", "Software Engineer", "exact"), ("VP Sales", "VP", "exact"),
        # a part of it, a region, a deputy
        ("VP Enterprise Sales", "VP Sales", "same_function"), ("VP Sales, EMEA", "VP Sales", "same_function"),
        ("VP Sales, Financial Services", "VP Sales", "same_function"),
        ("Head of Growth", "Head of Marketing", "same_function"),
        ("VP Engineering, Platform", "VP Engineering", "same_function"), ("Deputy CTO", "CTO", "same_function"),
        ("Head of Sales Operations", "Head of Revenue Operations", "same_function"),
        ("Head of Data Science", "Head of Data", "same_function"), ("Marketing Analyst", "Marketing", "same_function"),
        ("Sales Operations Manager", "Sales", "same_function"),
        ("CMO", "Marketing decision maker", "same_function"), ("VP Marketing", "Marketing leaders", "same_function"),
        # alternatives in one target
        ("Head of Growth", "Head of Marketing or Growth", "exact"),
        ("Head of Marketing", "Head of Marketing or Growth", "exact"),
        ("VP Marketing", "VP Sales/Marketing", "exact"), ("CTO", "CTO/VP Engineering", "exact"),
        # above
        ("Chief Customer Officer", "Head of Customer Success", "above"), ("Chief AI Officer", "Head of AI", "above"),
        ("Chief Revenue Officer", "VP Sales", "above"), ("VP Sales", "Director of Sales", "above"),
        ("CTO", "Head of Platform Engineering", "above"), ("VP Engineering", "Head of Platform Engineering", "above"),
        ("CISO", "Head of Security Engineering", "above"), ("CRO", "Head of Revenue Operations", "above"),
        ("CMO", "Director of Product Marketing", "above"), ("CHRO", "Head of Talent", "above"),
        ("Geschäftsführer Vertrieb", "VP Sales", "above"), ("CEO", "Managing Director", "above"),
        ("CFO", "VP", "above"),
    ],
)  # fmt: skip
def test_degrees(title: str, target: str, degree: str) -> None:
    found = target_match(title, target)
    assert found is not None
    assert found.degree == degree


@pytest.mark.parametrize(
    "unit",
    ["(", "2015-", "VP Sales & ", "until ", "Director's ", "首席官", "Head of ", "former | ", "a.", "step down "],
)
def test_any_length_is_read_at_once(unit: str) -> None:
    text = unit * (1_000_000 // len(unit))
    with bounded():
        classify_title(text)
        target_match(text, text)


def test_the_best_of_several_roles_and_alternatives_counts() -> None:
    found = [
        target_match("CRO & VP Sales", "VP Sales"),
        target_match("CRO", "VP Sales / CRO"),
        target_match("CRO", "VP Sales or VP Marketing"),
    ]
    assert [match and match.degree for match in found] == ["exact", "exact", "above"]


@given(TITLES, TITLES)
def test_a_match_has_one_of_the_degrees(title: str, target: str) -> None:
    found = target_match(title, target)
    assert found is None or found.degree in DEGREES
    assert matches_target(title, target) == (found is not None)


@given(TITLES.filter(lambda title: title not in ("Former CTO", "Partner")))
def test_every_title_matches_itself_exactly(title: str) -> None:
    found = target_match(title, title)
    assert found is not None
    assert found.degree in ("exact", "same_function")
