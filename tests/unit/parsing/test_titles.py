from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prospecting.parsing.records import TitleClass
from prospecting.parsing.titles import (
    C_SUITE,
    DIRECTOR,
    INDIVIDUAL,
    MANAGER,
    VP,
    classify_title,
    matches_target,
    seniority_rank,
)

WORDS = st.lists(
    st.sampled_from(
        ["Chief", "Executive", "Officer", "CEO", "CFO", "VP", "of", "Sales", "&", "and", ",", "/", "-", "to the",
         "Former", "Assistant", "HR", "People", "Talent", "Head", "Director", "Interim", "(", ")", "at Acme", "Co-",
         "24", "Geschäftsführer", "President"]
    ),
    max_size=8,
).map(" ".join)  # fmt: skip


@pytest.mark.parametrize(
    ("title", "slots"),
    [
        # plain holders, however written
        ("CEO", {"CEO": 1}), ("ceo", {"CEO": 1}), ("C.E.O.", {"CEO": 1}), ("Chief Executive Officer", {"CEO": 1}),
        ("Chief Exec. Officer", {"CEO": 1}), ("Chief Executive", {"CEO": 1}), ("President & CEO", {"CEO": 1}),
        ("President/CEO", {"CEO": 1}), ("President&CEO", {"CEO": 1}), ("CEO/Founder", {"CEO": 1}),
        ("CEO-Founder", {"CEO": 1}), ("Chief Executive Officer & Director", {"CEO": 1}),
        ("Chairman, President and Chief Executive Officer", {"CEO": 1}), ("CEO at Marketing Labs", {"CEO": 1}),
        ("CFO", {"CFO": 1}), ("Chief Financial Officer", {"CFO": 1}), ("Chief Finance Officer", {"CFO": 1}),
        ("Vice President & CFO", {"CFO": 1}), ("CHRO", {"HR": 1}), ("Chief Human Resources Officer", {"HR": 1}),
        ("Chief People Officer", {"HR": 1}), ("Chief People & Culture Officer", {"HR": 1}),
        # several seats at once
        ("CEO & CFO", {"CEO": 1, "CFO": 1}), ("CFO and HR Director", {"CFO": 1, "HR": 3}),
        ("Chief Financial & Operating Officer", {"CFO": 1}),
        # weaker holders
        ("Co-CEO", {"CEO": 2}), ("Interim CEO", {"CEO": 3}), ("CEO, Interim", {"CEO": 3}), ("CEO (Acting)", {"CEO": 3}),
        ("Deputy Chief Executive", {"CEO": 4}), ("Deputy CFO", {"CFO": 4}), ("Fractional CFO", {"CFO": 5}),
        ("Part-time CFO", {"CFO": 5}), ("VP Finance", {"CFO": 6}), ("Vice President of Finance", {"CFO": 6}),
        ("Finance Director", {"CFO": 7}), ("Controller", {"CFO": 8}), ("Corporate Controller", {"CFO": 8}),
        ("Treasurer", {"CFO": 9}),
        # HR by level
        ("VP of People", {"HR": 2}), ("VP People", {"HR": 2}), ("SVP, Human Resources", {"HR": 2}),
        ("Vice President for Human Resources", {"HR": 2}), ("HR Director", {"HR": 3}), ("Head of People", {"HR": 3}),
        ("Director of Talent", {"HR": 3}), ("Human-Resources Manager", {"HR": 4}),
        ("Human Resource Manager", {"HR": 4}), ("People Ops Manager", {"HR": 4}), ("Personnel Manager", {"HR": 4}),
        ("Sr. H.R. Manager", {"HR": 4}), ("HRBP", {"HR": 5}), ("HR Business Partner", {"HR": 5}),
        ("HR Generalist", {"HR": 6}), ("Human Resources Coordinator", {"HR": 7}),
        ("Talent Acquisition Specialist", {"HR": 7}), ("Technical Recruiter", {"HR": 7}), ("HR", {"HR": 4}),
        ("HR Intern", {"HR": 9}), ("Talent Acquisition Intern", {"HR": 9}), ("Interim CHRO", {"HR": 2}),
        # other languages
        ("Geschäftsführer", {"CEO": 1}), ("Geschäftsführerin", {"CEO": 1}), ("Directeur général", {"CEO": 1}),
        ("PDG", {"CEO": 1}), ("Director General", {"CEO": 1}), ("Amministratore Delegato", {"CEO": 1}),
        ("CEO & Gründer", {"CEO": 1}), ("Directeur général adjoint", {"CEO": 4}), ("Directeur financier", {"CFO": 1}),
        ("DRH", {"HR": 1}), ("Personalleiterin", {"HR": 3}),
    ],
)  # fmt: skip
def test_seats(title: str, slots: dict[str, int]) -> None:
    assert classify_title(title).slots == slots


@pytest.mark.parametrize(
    "title",
    [
        "", "Director", "President", "Owner", "Managing Director", "Founder & former CEO", "Former CEO", "Ex-CEO",
        "CEO (former)", "Retired CFO", "Former CEO & CFO", "CEO Emeritus", "Assistant to the CEO",
        "Executive Assistant to the CEO", "Executive Assistant, CEO", "CEO Assistant", "CFO Assistant",
        "Assistant to the Chief Executive", "Office of the CEO", "Chief Executive Nurse", "Chief of Staff to the CEO",
        "Chief of Staff, CEO Office", "CEOs Council", "CEO Coach", "Advisor to the CEO", "CFO Advisory Services",
        "Talent Agent", "Talented Software Engineer", "24-hr Support Technician", "24hr Nurse", "24 hr Technician",
        "Director of HRIS", "HR Software Engineer", "Inventory Controller", "Air Traffic Controller",
        "Assistant Controller", "Chief Product Officer", "CPO", "Chief Operating Officer", "Vice President",
        "People person", "VP Sales",
    ],
)  # fmt: skip
def test_no_seat(title: str) -> None:
    assert classify_title(title).slots == {}


@pytest.mark.parametrize(
    ("title", "seniority"),
    [
        ("Director of Engineering", DIRECTOR), ("Marketing Director", DIRECTOR), ("Sales Director", DIRECTOR),
        ("Contractor", INDIVIDUAL), ("Doctor", INDIVIDUAL), ("Factory Manager", MANAGER),
        ("Managing Director", DIRECTOR), ("MVP Developer", INDIVIDUAL), ("COO", C_SUITE),
        ("Chief Operating Officer", C_SUITE), ("CIO", C_SUITE), ("Chief Revenue Officer", C_SUITE),
        ("Chief Product Officer", C_SUITE), ("CISO", C_SUITE), ("CDO", C_SUITE), ("CMO", C_SUITE), ("CHRO", C_SUITE),
        ("Chief Medical Officer", C_SUITE), ("Assistant to the CEO", INDIVIDUAL),
        ("Executive Assistant to the CEO", INDIVIDUAL), ("Former CEO", INDIVIDUAL), ("V.P. operations", VP),
        ("Vice President", VP), ("vice-president, Sales", VP), ("SVP Sales", VP), ("Executive Vice President", VP),
        ("Assistant Vice President", VP), ("Head of Growth", DIRECTOR), ("Global Head, Sales", DIRECTOR),
        ("Head Chef", INDIVIDUAL), ("Founder", C_SUITE), ("Co-Founder", C_SUITE), ("Owner", C_SUITE),
        ("Product Owner", INDIVIDUAL), ("President", C_SUITE), ("Managing Partner", C_SUITE), ("Partner", DIRECTOR),
        ("Software Engineer", INDIVIDUAL), ("Sr. Manager", MANAGER), ("Chief of Staff", DIRECTOR),
        ("Event Coordinator", INDIVIDUAL), ("Marketing Intern", INDIVIDUAL), ("Manager & VP Sales", VP),
        ("Chief Architect", DIRECTOR), ("", INDIVIDUAL),
    ],
)  # fmt: skip
def test_seniority(title: str, seniority: str) -> None:
    found = classify_title(title)
    assert found.seniority == seniority
    assert found.is_decision_maker == (seniority in (C_SUITE, VP, DIRECTOR))


@pytest.mark.parametrize(
    "title",
    [
        "Chair Mender", "Chair Inspector", "Chair Caner", "Chair and Couch Maker", "Chair Lift Operator",
        "Dental Chair Assembler", "Rolling Chair Pusher", "Director's Chair Maker", "President's Chef",
        "CEO's Assistant",
        "Chief Petty Officer", "Chief Warrant Officer", "Chief Juvenile Probation Officer", "Chief Cook", "Chief Clerk",
        "Chief Mate", "Chief Dispatcher", "Crew Chief", "Head Waiter", "Head Cook", "Head Usher", "Head Sawyer",
        "Cylinder Head Assembler", "Head Start Coordinator", "Table Lead Hand", "Lead Burner", "Executive Chef",
        "Managing Clerk", "Police Officer", "Bell Founder", "Owner Operator Truck Driver", "Executive Team Leader",
        "Senior Partner Manager", "Risk Owner", "Account Executive",
    ],
)  # fmt: skip
def test_occupations_are_no_officers(title: str) -> None:
    found = classify_title(title)
    assert not found.is_decision_maker
    assert found.slots == {}


@pytest.mark.parametrize(
    ("title", "seniority"),
    [
        ("Chair", C_SUITE), ("Board Chair", C_SUITE), ("Chair of the Board", C_SUITE), ("Non-Executive Chair", C_SUITE),
        ("Chair & CEO", C_SUITE), ("Co-Chair", C_SUITE), ("Chairwoman", C_SUITE), ("Owner/Operator", C_SUITE),
        ("Business Owner", C_SUITE), ("President & General Manager", C_SUITE), ("Chief Nursing Officer", C_SUITE),
        ("Department Chair", DIRECTOR), ("Chair of the Audit Committee", DIRECTOR), ("Chief Engineer", DIRECTOR),
        ("Chief of Police", DIRECTOR), ("Head Librarian", DIRECTOR), ("Global Head, Professional Services", DIRECTOR),
        ("Head of Talent", DIRECTOR), ("Talent Director", DIRECTOR), ("Head of Talent Acquisition", DIRECTOR),
        ("Director Comercial", DIRECTOR), ("Director, Site Reliability", DIRECTOR), ("General Manager", MANAGER),
    ],
)  # fmt: skip
def test_who_leads_is_no_occupation(title: str, seniority: str) -> None:
    assert classify_title(title).seniority == seniority


@pytest.mark.parametrize(
    ("title", "category"),
    [
        ("Event Coordinator", "other"), ("Director of Engineering", "other"), ("Chief Operating Officer", "c_level"),
        ("COO", "c_level"), ("CEO", "c_level"), ("CTO", "c_level"), ("CMO", "marketing"),
        ("Chief Marketing Officer", "marketing"), ("VP Sales", "sales"), ("Chief Revenue Officer", "sales"),
        ("Head of Partnerships", "partnerships"), ("Alliance Manager", "partnerships"),
        ("HR Business Partner", "other"), ("Assistant to the CMO", "other"), ("Salesforce Developer", "other"),
    ],
)  # fmt: skip
def test_category(title: str, category: str) -> None:
    assert classify_title(title).category == category


@pytest.mark.parametrize(
    ("title", "functions"),
    [
        ("CEO", {"executive"}), ("CTO", {"engineering"}), ("VP of Sales & Marketing", {"sales", "marketing"}),
        ("Sales and Marketing Director", {"sales", "marketing"}), ("Head of People & Culture", {"hr"}),
        ("CPO", {"product", "hr"}), ("Director of R&D", {"engineering"}), ("IT Manager", {"it"}),
        ("CISO", {"security"}), ("General Counsel", {"legal"}), ("Developer Advocate", {"developer relations"}),
        ("Head of Customer Success", {"customer success"}), ("Data Scientist", {"data"}), ("UX Designer", {"design"}),
        ("Contractor", set()), ("Head of Talent", {"hr"}), ("Director Comercial", {"sales"}),
        ("Director, Site Reliability", {"engineering"}), ("VP Corporate Development", {"strategy"}),
        ("Director of Leadership Development", set()), ("Data Center Manager", {"it"}),
    ],
)  # fmt: skip
def test_functions(title: str, functions: set[str]) -> None:
    assert classify_title(title).functions == functions


@pytest.mark.parametrize(
    ("title", "target"),
    [
        ("Chief Technology Officer", "CTO"), ("CTO", "Chief Technology Officer"), ("Co-Founder & CTO", "CTO"),
        ("C.T.O.", "cto"), ("Vice President of Sales", "VP Sales"), ("SVP Sales", "VP Sales"),
        ("EVP, Sales", "VP of Sales"), ("Chief Revenue Officer", "VP Sales"), ("VP, Marketing", "VP Marketing"),
        ("VP Sales and Marketing", "VP Marketing"), ("VP of Growth", "Head of Growth"),
        ("Marketing Manager", "Marketing"), ("CMO", "Marketing"), ("Software Engineer", "Engineering"),
        ("COO", "C-Suite"), ("Founder", "C-level"), ("Founder & CEO", "Founder"), ("Co-Founder", "Founder"),
        ("VP Engineering", "Decision maker"), ("CTO", "CEO / CTO"), ("CIO", "CEO or CIO"), ("President", "President"),
        ("Chief People Officer", "CPO"), ("Chief Product Officer", "CPO"), ("Sommelier", "sommelier"),
        ("VP Sales", "VP"), ("Chief Information Security Officer", "CISO"), ("Sales Director", "Senior Director"),
        ("Senior Director, Vendor Risk Management", "Director of Vendor Risk"),
        ("VP Vendor Risk", "Head of Vendor Risk"), ("Managing Director, Vendor Risk", "Director of Vendor Risk"),
        ("Managing Director", "Managing Director"),
    ],
)  # fmt: skip
def test_target_is_matched(title: str, target: str) -> None:
    assert matches_target(title, target)


@pytest.mark.parametrize(
    ("title", "target"),
    [
        ("Director of Sales", "CTO"), ("Director of Engineering", "CTO"), ("Assistant to the CTO", "CTO"),
        ("Former CTO", "CTO"), ("Event Coordinator", "COO"), ("Director of Marketing", "CMO"),
        ("Sales Director", "VP Sales"), ("Head of Sales", "VP Sales"),
        ("VP Engineering & Director of Sales", "VP Sales"), ("VP Sales", "C-Suite"), ("Vice President", "President"),
        ("Product Owner", "Owner"), ("Engineer", "Decision maker"), ("Executive Assistant to the CEO", "C-Suite"),
        ("CEO", ""), ("", "CEO"), ("24-hr Nurse", "HR"), ("Chief Product Officer", "Chief People Officer"),
        ("Director of Sales", "Director of Vendor Risk"), ("CEO", "Head of Vendor Risk"),
        ("Vendor Risk Manager", "Director of Vendor Risk"), ("Sales Director", "Managing Director"),
    ],
)  # fmt: skip
def test_target_is_not_matched(title: str, target: str) -> None:
    assert not matches_target(title, target)


def test_ranks_sort_the_most_senior_first() -> None:
    assert sorted([INDIVIDUAL, VP, "?", C_SUITE, MANAGER, DIRECTOR], key=seniority_rank) == [
        C_SUITE, VP, DIRECTOR, MANAGER, INDIVIDUAL, "?",
    ]  # fmt: skip
    assert seniority_rank(None) > seniority_rank(INDIVIDUAL)


@given(
    st.one_of(st.none(), st.integers(), st.binary(), st.text(st.characters()), WORDS),
    st.one_of(st.none(), st.text(), WORDS),
)
def test_never_raises(title: Any, target: Any) -> None:
    found = classify_title(title)
    assert isinstance(found, TitleClass)
    assert seniority_rank(found.seniority) < 5
    assert all(slot in ("CEO", "CFO", "HR") and 1 <= rank <= 10 for slot, rank in found.slots.items())
    assert matches_target(title, target) in (True, False)


@given(WORDS)
def test_case_and_spacing_do_not_matter(title: str) -> None:
    assert classify_title(title) == classify_title(f"  {title.upper()} ")


@given(
    st.sampled_from(["CEO", "CFO", "CHRO", "Chief Executive Officer"]),
    st.sampled_from(["Assistant to the", "Former", "Office of the", "Ex-"]),
)
def test_working_for_a_holder_fills_nothing(post: str, prefix: str) -> None:
    assert classify_title(f"{prefix} {post}").slots == {}
