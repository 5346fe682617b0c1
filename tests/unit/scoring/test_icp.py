"""The score of a research, and why it is what it is."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prospecting.parsing.prospect_research import ProspectResearch
from prospecting.scoring.icp import icp_score, priority_of, score_research

SAAS = {"isB2BSaaS": True}
MODERN = {"techStack": {"isModernStack": True}}
BLOG = {"engineeringCulture": {"hasEngineeringBlog": True}}


def hiring(count: int | None, is_hiring: bool = True) -> dict[str, Any]:
    return {"hiring": {"hasOpenEngineeringRoles": is_hiring, "engineeringRoleCount": count}}


def size(employees: Any) -> dict[str, Any]:
    return {"companySize": {"estimatedEmployeeRange": employees}}


EVERYTHING = {**SAAS, **MODERN, **BLOG, **hiring(12), **size("100-250")}


@pytest.mark.parametrize(
    ("research", "score", "priority"),
    [
        ({}, 4, "low"),
        ({"isB2BSaaS": None}, 4, "low"),
        ({"isB2BSaaS": False}, 4, "low"),
        (SAAS, 7, "medium"),
        ({**SAAS, **BLOG}, 8, "high"),
        ({**SAAS, **MODERN}, 9, "high"),
        (EVERYTHING, 10, "high"),
        ({"isB2BSaaS": False, **MODERN, **hiring(3)}, 7, "medium"),
        (hiring(3), 5, "medium"),
        (hiring(4), 5, "medium"),
        (hiring(5), 6, "medium"),
        (hiring(5, is_hiring=False), 5, "medium"),
        (hiring(None), 5, "medium"),
        ({**MODERN, **BLOG}, 7, "medium"),
    ],
)
def test_what_adds_up_to_what(research: dict[str, Any], score: int, priority: str) -> None:
    found = icp_score(research)
    assert (found.score, found.priority_level) == (score, priority)
    assert type(found.score) is int


@pytest.mark.parametrize(
    ("employees", "bonus"),
    [
        ("49-500", 0),
        ("50-100", 1),
        ("100-250", 1),
        ("500+", 1),
        ("500-1,000", 1),
        ("501-1000", 0),
        ("1,000-5,000", 0),
        ("1.000-5.000", 0),
        ("1k-5k", 0),
        ("<50", 0),
        ("under 50", 0),
        ("up to 50", 0),
        ("over 500", 0),
        ("2-10", 0),
        (120, 1),
        ("unknown", 0),
        (None, 0),
    ],
)
def test_the_size_counts_by_its_lower_bound(employees: Any, bonus: int) -> None:
    assert icp_score(size(employees)).score == 4 + bonus


def test_every_point_has_its_reason() -> None:
    found = icp_score(EVERYTHING)
    assert found.reasons == (
        "B2B SaaS (+2)",
        "Modern technology stack (+2)",
        "Open engineering roles (+1)",
        "12 engineering roles (+1)",
        "Engineering blog (+1)",
        "At least 100 employees (+1)",
        "Held within 1 to 10 (from 13)",
        "Confidence 100%: 6 of 6 facts are known",
    )
    assert len(found.positive_signals) == 6
    assert found.negative_signals == ()
    assert found.confidence == 1
    assert found.outreach_timing == "Reach out immediately"


def test_what_is_unknown_is_said_and_makes_the_score_less_sure() -> None:
    found = icp_score({"isB2BSaaS": False, **MODERN, **size("2-10")})
    assert found.reasons == (
        "Not B2B SaaS (-1)",
        "Modern technology stack (+2)",
        "Small company (+0)",
        "Unknown: open engineering roles, number of engineering roles, engineering blog",
        "Confidence 50%: 3 of 6 facts are known",
    )
    assert found.confidence == 0.5
    assert found.negative_signals == ("Not B2B SaaS", "Small company")
    nothing = icp_score({})
    assert nothing.confidence == 0
    assert nothing.reasons[0] == "Not known to be B2B SaaS (-1)"
    assert nothing.outreach_timing == "Lower priority - revisit later"


def test_what_is_known_not_to_be_is_known() -> None:
    research = ProspectResearch(
        is_b2b_saas=False,
        has_modern_stack=False,
        has_open_engineering_roles=False,
        engineering_role_count=0,
        has_engineering_blog=False,
        employees_max=49,
    )
    found = score_research(research)
    assert (found.score, found.confidence) == (4, 1)
    assert found.negative_signals == ("Not B2B SaaS", "Small company")


@pytest.mark.parametrize(
    ("score", "priority"), [(1, "low"), (4, "low"), (5, "medium"), (7, "medium"), (8, "high"), (10, "high")]
)
def test_priorities(score: int, priority: str) -> None:
    assert priority_of(score) == priority


@pytest.mark.parametrize("nothing", [None, [], "prose", 3])
def test_only_what_is_no_object_is_refused(nothing: Any) -> None:
    with pytest.raises(ValueError, match=r".+"):
        icp_score(nothing)


JUNK = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12) | st.lists(st.integers(), max_size=2)
)
SECTION = JUNK | st.dictionaries(
    st.sampled_from(
        [
            "isModernStack",
            "hasOpenEngineeringRoles",
            "engineeringRoleCount",
            "hasEngineeringBlog",
            "estimatedEmployeeRange",
        ]
    ),
    JUNK | st.sampled_from(["100-250", "12+", "yes", "no"]),
)  # fmt: skip
RESEARCH = st.dictionaries(
    st.sampled_from(["isB2BSaaS", "techStack", "hiring", "engineeringCulture", "companySize"]), SECTION
)


@given(RESEARCH)
def test_any_content_has_a_score(research: dict[str, Any]) -> None:
    found = icp_score(research)
    assert type(found.score) is int
    assert 4 <= found.score <= 10
    assert 0 <= found.confidence <= 1
    assert found == icp_score(research)
    assert all(reason.strip() for reason in found.reasons)


FLAG = st.none() | st.booleans()
COUNT = st.none() | st.integers(0, 2000)


@given(st.builds(ProspectResearch, is_b2b_saas=FLAG, has_modern_stack=FLAG, has_open_engineering_roles=FLAG,
                 engineering_role_count=COUNT, has_engineering_blog=FLAG, employees_min=COUNT))  # fmt: skip
def test_the_reasons_add_up_to_the_score(research: ProspectResearch) -> None:
    found = score_research(research)
    points = sum(int(match[1]) for reason in found.reasons if (match := re.search(r"\(([+-]\d)\)$", reason)))
    assert found.score == min(10, 5 + points)
