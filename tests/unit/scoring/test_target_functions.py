"""Which target functions research suggests."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prospecting.parsing.titles import matches_target
from prospecting.scoring.target_functions import MAX_TARGET, WEIGHTS, Suggestion, TitleCount, suggest_target_functions

COUNTS = st.integers(-1, 20)
ROWS = st.lists(
    st.builds(
        TitleCount,
        st.sampled_from(
            ["VP of Sales", "Vice President, Sales", "SVP Sales", "CISO", "Chief Information Security Officer",
             "Director of Vendor Risk", "Director, Facilities", "Head of Sales", "Sales Director", "Former CEO",
             "Executive", "Account Executive", "CEO", "", "x" * 250]
        ) | st.text(max_size=15),
        st.just(""),
        COUNTS, COUNTS, COUNTS, COUNTS, COUNTS,
    ),
    max_size=12,
)  # fmt: skip


def count(title: str, companies: int, decision_maker: int = 0, champion: int = 0, evaluator: int = 0) -> TitleCount:
    unknown = companies - decision_maker - champion - evaluator
    return TitleCount(title, title.lower(), companies, decision_maker, champion, evaluator, unknown)


def ranked(*rows: TitleCount, limit: int = 10) -> list[str]:
    return [found.title for found in suggest_target_functions(rows, limit)]


def test_a_suggestion_says_why() -> None:
    (found,) = suggest_target_functions([count("VP Sales", 12, 9, 2)], researched=20)
    assert found == Suggestion(
        title="VP Sales",
        score=9 * WEIGHTS["decision_maker"] + 2 * WEIGHTS["champion"] + WEIGHTS["unknown"],
        reason="named for 12 of 20 companies, decision maker for 9, champion for 2",
        companies=12,
        spellings=("VP Sales",),
    )


@pytest.mark.parametrize(
    ("row", "researched", "reason"),
    [
        (count("CFO", 1), None, "named for 1 company"),
        (count("CFO", 1), 1, "named for 1 of 1 company"),
        (count("CFO", 1), 3, "named for 1 of 3 companies"),
        (count("CFO", 2, evaluator=2), None, "named for 2 companies, evaluator for 2"),
    ],
)
def test_reasons(row: TitleCount, researched: int | None, reason: str) -> None:
    assert [found.reason for found in suggest_target_functions([row], researched=researched)] == [reason]


def test_decision_makers_count_more_than_champions_than_evaluators_than_nobody_knows() -> None:
    # Were two of them equal, the alphabet would turn them round.
    rows = [
        count("CEO", 5),
        count("CFO", 5, evaluator=5),
        count("COO", 5, champion=5),
        count("CTO", 5, decision_maker=5),
    ]
    assert ranked(*rows) == ["CTO", "COO", "CFO", "CEO"]


def test_ties_go_to_more_companies_then_by_alphabet() -> None:
    four = WEIGHTS["decision_maker"]
    rows = [count("CEO", 1, 1), count("CMO", four), count("CFO", four), count("cio", four)]
    assert ranked(*rows) == ["CFO", "cio", "CMO", "CEO"]
    assert ranked(*reversed(rows)) == ["CFO", "cio", "CMO", "CEO"]


def test_spellings_of_one_title_are_one_suggestion_under_the_one_named_most() -> None:
    (found,) = suggest_target_functions(
        [count("VP of Sales", 2, 2), count("Vice President, Sales", 5, 1), count("Sales VP", 1)], researched=7
    )
    assert found.title == "Vice President, Sales"
    assert found.spellings == ("Vice President, Sales", "VP of Sales", "Sales VP")
    assert found.companies == 7
    assert found.reason == "named for up to 7 of 7 companies, decision maker for 3"


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("CISO", "Chief Information Security Officer"), ("CEO", "Chief Executive Officer"),
        ("CHRO", "Chief Human Resources Officer"), ("VP Sales", "SVP, Sales"),
        ("HR Director", "Director of Human Resources"), ("Head of Marketing", "Marketing Director"),
        ("IT Manager", "Manager, Information Technology"), ("Founder & CEO", "CEO and Founder"),
        ("Sr. Director, Procurement", "procurement director"),
    ],
)  # fmt: skip
def test_near_equal_titles_are_one(first: str, second: str) -> None:
    assert ranked(count(first, 2), count(second, 1)) == [first]
    assert ranked(count(first, 1), count(second, 2)) == [second]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("VP Sales", "Director of Sales"), ("VP Sales", "VP Marketing"),
        ("Director of Vendor Risk", "Director of Facilities"), ("CTO", "CIO"), ("CEO", "Founder"),
        ("CEO", "Founder & CEO"), ("Chief Product Officer", "Chief People Officer"),
        ("Chief Risk Officer", "Chief Medical Officer"), ("Security Engineer", "Security Analyst"),
        ("Senior Engineer", "Engineer"), ("Director of Engineering Operations", "Director of Engineering"),
    ],
)  # fmt: skip
def test_different_titles_stay_apart(first: str, second: str) -> None:
    assert ranked(count(first, 2), count(second, 1)) == [first, second]


@pytest.mark.parametrize("title", ["Former CEO", "Executive", "Decision maker", "", " ", "&", "x" * (MAX_TARGET + 1)])
def test_what_does_not_work_as_a_target_is_not_suggested(title: str) -> None:
    assert ranked(count(title, 99, 99), count("CFO", 1)) == ["CFO"]


def test_titles_nobody_names_are_not_suggested() -> None:
    assert ranked(TitleCount("CFO", "cfo", 0, 5), TitleCount("CTO", "cto", -1, 5)) == []


@pytest.mark.parametrize(("limit", "expected"), [(2, 2), (0, 0), (-1, 0), (99, 3)])
def test_only_the_best_are_suggested(limit: int, expected: int) -> None:
    rows = [count("CEO", 3), count("CFO", 2), count("CTO", 1)]
    assert ranked(*rows, limit=limit) == ["CEO", "CFO", "CTO"][:expected]


@given(ROWS, st.none() | st.integers(0, 30))
def test_every_suggestion_works_as_a_target_of_its_own(rows: list[TitleCount], researched: int | None) -> None:
    found = suggest_target_functions(rows, 99, researched)
    assert [each.score for each in found] == sorted((each.score for each in found), reverse=True)
    spellings = [spelling for each in found for spelling in each.spellings]
    assert len(set(spellings)) == len(spellings)
    for each in found:
        assert matches_target(each.title, each.title)
        assert len(each.title) <= MAX_TARGET
        assert each.title in each.spellings
        assert researched is None or each.companies <= researched


@given(ROWS, st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(rows: list[TitleCount], random: object) -> None:
    shuffled = list(rows)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert suggest_target_functions(shuffled) == suggest_target_functions(rows)


@given(ROWS, st.integers(0, 12))
def test_fewer_are_the_first_of_more(rows: list[TitleCount], limit: int) -> None:
    assert suggest_target_functions(rows, limit) == suggest_target_functions(rows, 99)[:limit]
