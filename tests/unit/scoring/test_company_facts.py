"""Which of several statements about a company stands, in whatever order they come."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prospecting.parsing.names import company_key
from prospecting.scoring.company_facts import better_name, merge_facts

NAMES = [
    ("1password.com", ["1Password", "1password", "1PASSWORD"]),
    ("jetbrains.com", ["JetBrains", "Jetbrains", "JetBrains s.r.o."]),
    ("acme-tools.com", ["Acme Tools", "ACME TOOLS", "Acme", "Acme Tools Cloud"]),
    ("goauthentik.io", ["Authentik", "Authentik Security"]),
    ("google.com", ["Google", "Google Cloud", "Alphabet"]),
    ("ibm.com", ["IBM", "Ibm", "International Business Machines"]),
    (None, ["Acme", "acme", "Acme, Inc.", "ACME"]),
]
WEBSITES = [
    "https://acme.com",
    "https://www.acme.com",
    "http://acme.com",
    "https://shop.acme.com",
    "https://acme.com/jobs",
    "https://jobs.lever.co/acme",
    "https://jobs.lever.co/acme-inc",
]


@pytest.mark.parametrize(("domain", "names"), NAMES)
def test_the_first_of_these_names_stands(domain: str | None, names: list[str]) -> None:
    for order in permutations(names):
        said = [{"name": name, "name_key": company_key(name)} for name in order]
        assert merge_facts(said, domain) == {"name": names[0], "name_key": company_key(names[0])}, order
        for other in names[1:]:
            assert better_name(other, names[0], domain) == names[0]


def test_the_own_first_page_stands() -> None:
    for place, website in enumerate(WEBSITES):
        for other in WEBSITES[place + 1 :]:
            for pair in permutations((website, other)):
                assert merge_facts([{"website_url": one} for one in pair], "acme.com") == {"website_url": website}


def test_a_guess_gives_way_and_nothing_is_erased() -> None:
    said: list[dict[str, Any]] = [
        {"primary_industry": "A long guess", "industry_is_guess": True, "description": "d"},
        {"primary_industry": "Anvils", "industry_is_guess": False, "description": None},
        {"primary_industry": "Rockets", "industry_is_guess": False, "description": "x" * 5000},
    ]
    for order in permutations(said):
        assert merge_facts(order, None) == {
            "primary_industry": "Rockets",
            "industry_is_guess": False,
            "description": "d",
        }


VALUES = st.none() | st.sampled_from(["a", "B", "bb", "cc", "Ä", "https://acme.com", "https://acme.com/x", "x" * 1001])
COLUMNS = ("name", "website_url", "linkedin_url", "employee_range", "description", "primary_industry")


@st.composite
def statements(draw: st.DrawFn) -> dict[str, Any]:
    said = {column: value for column in COLUMNS if (value := draw(VALUES)) is not None}
    if "name" in said:
        said["name_key"] = company_key(said["name"])
    if "primary_industry" in said:
        said["industry_is_guess"] = draw(st.booleans())
    return said


@given(st.lists(statements(), min_size=1, max_size=5), st.randoms(use_true_random=False), st.integers(0, 5))
def test_order_grouping_and_repetition_do_not_matter(said: list[dict[str, Any]], chance: Any, cut: int) -> None:
    merged = merge_facts(said, "acme.com")
    shuffled = chance.sample(said, len(said))
    assert merge_facts(shuffled, "acme.com") == merged
    assert merge_facts([*said, *shuffled], "acme.com") == merged
    parts = [part for part in (said[:cut], said[cut:]) if part]
    assert merge_facts([merge_facts(part, "acme.com") for part in parts], "acme.com") == merged
