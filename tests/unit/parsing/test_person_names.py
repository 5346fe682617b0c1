"""Names of people as answers give them: inverted, with degrees, behind a job title."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prospecting.parsing.names import PersonName, clean_person_name, person_key
from tests.unit.parsing.bounded import bounded


@pytest.mark.parametrize(
    ("value", "first", "last"),
    [
        ("Royce, Ed", "Ed", "Royce"), ("Royce, Ed, PhD", "Ed", "Royce"), ("ROYCE, ED", "ED", "ROYCE"),
        ("Ma, Jack", "Jack", "Ma"), ("Do, Anh", "Anh", "Do"), ("Royce, Ma", "Ma", "Royce"),
        ("Doe, Jane, PhD", "Jane", "Doe"),
        ("Smith, John (CEO)", "John", "Smith"), ("O'Neil, Shaun, CPA", "Shaun", "O'Neil"),
        ("Smith Jr., John", "John", "Smith"),
        ("Van Hollen, Chris", "Chris", "Van Hollen"), ("Wasserman Schultz, Debbie", "Debbie", "Wasserman Schultz"),
        ("de la Vega, Juan", "Juan", "de la Vega"), ("Thompson, D.C.", "D.C.", "Thompson"),
        ("Clarke, Kenneth, Q.C. M.P.", "Kenneth", "Clarke"), ("Doe-Ray, Dr. John, CLU, CFP, LUTC", "John", "Doe-Ray"),
        ("King, Martin Luther, Jr.", "Martin", "King"),
    ],
)  # fmt: skip
def test_the_family_name_may_come_first(value: str, first: str, last: str) -> None:
    found = clean_person_name(value)
    assert found is not None
    assert (found.first, found.last) == (first, last)
    assert found.full.startswith(first)
    assert found.full.endswith(last)


@pytest.mark.parametrize(
    ("value", "full"),
    [
        ("David Roth, M.Ed", "David Roth"), ("David Roth, M.Ed.", "David Roth"), ("David Roth M.Ed.", "David Roth"),
        ("Jane Doe, MBA, PMP", "Jane Doe"), ("Jane Doe, Ph.D., LCSW, SPHR-CP", "Jane Doe"),
        ("Jane Doe, M.S., RN", "Jane Doe"),
        ("Jane Doe, CFA, CAIA", "Jane Doe"), ("Jane Doe, XYZW", "Jane Doe"),
        ("Martin Luther King, Jr.", "Martin Luther King"),
        ("Prof. Dr. Max Mustermann", "Max Mustermann"), ("Univ.-Prof. Dr. Max Mustermann", "Max Mustermann"),
        ("Dr.-Ing. Max Mustermann", "Max Mustermann"), ("Dr. rer. nat. Max Mustermann", "Max Mustermann"),
        ("Dr. med. Max Mustermann", "Max Mustermann"), ("Dra. María López", "María López"), ("Royce, MD", "Royce"),
        ("Mgr. Jana Nováková", "Jana Nováková"), ("Dott.ssa Giulia Rossi", "Giulia Rossi"),
        ("MUDr. Jan Novák, CSc.", "Jan Novák"), ("Ola Nord, CIPP/E", "Ola Nord"), ("Jo Bell she/her", "Jo Bell"),
        ("Sean Roe.", "Sean Roe"), ("Mevr. Els Smit", "Els Smit"), ("王芳女士", "王芳"), ("佐藤さん", "佐藤"),
        ("Jane Doe, Prezes Zarządu", "Jane Doe"), ("Prezes Jan Nowak", "Jan Nowak"),
        ("Directeur Financier Jean Roux", "Jean Roux"),
        ("Jane Doe 🚀", "Jane Doe"), ("JANE DOE", "JANE DOE"), ("Md. Mizanur Rahman", "Md. Mizanur Rahman"),
    ],
)  # fmt: skip
def test_degrees_are_no_name(value: str, full: str) -> None:
    found = clean_person_name(value)
    assert found is not None
    assert found.full == full
    assert person_key(value) == person_key(full)


@pytest.mark.parametrize(
    "value",
    [
        "CEO Jane Doe", "CTO: Jane Doe", "CEO - Jane Doe", "CEO, Jane Doe", "Jane Doe CEO", "Jane Doe, CEO",
        "Jane Doe (CEO)",
        "VP Marketing Jane Doe", "VP of Marketing Jane Doe", "Chief Executive Officer Jane Doe",
        "Head of Sales Jane Doe",
        "Vice President of Sales Jane Doe", "Sr. VP Jane Doe", "President and CEO Jane Doe", "Founder & CEO Jane Doe",
        "CEO/Founder Jane Doe", "Co-Founder Jane Doe", "Managing Director Jane Doe", "Sales Manager Jane Doe",
        "Geschäftsführerin Jane Doe", "Directora de Marketing Jane Doe", "Chairman of the Board Jane Doe",
        "Chief of Staff Jane Doe", "Software Engineer Jane Doe", "New CEO Jane Doe",
    ],
)  # fmt: skip
def test_a_job_title_before_a_full_name_is_dropped(value: str) -> None:
    assert clean_person_name(value) == PersonName("Jane Doe", "Jane", "Doe")
    assert person_key(value) == "jane doe"


@pytest.mark.parametrize(
    ("value", "first", "last"),
    [
        ("Edith Head", "Edith", "Head"), ("Chief Joseph", "Chief", "Joseph"), ("Dean Smith", "Dean", "Smith"),
        ("Judge Reinhold", "Judge", "Reinhold"), ("Major Tom", "Major", "Tom"), ("Prince Upton", "Prince", "Upton"),
        ("Queen Latifah", "Queen", "Latifah"), ("Cao Wei", "Cao", "Wei"), ("Cao Wei Ming", "Cao", "Ming"),
        ("CEO Jane", "CEO", "Jane"), ("Grant Partner", "Grant", "Partner"),
    ],
)  # fmt: skip
def test_what_may_be_a_name_stays_one(value: str, first: str, last: str) -> None:
    assert clean_person_name(value) == PersonName(value, first, last)


@pytest.mark.parametrize(
    "value",
    [
        "Current CMO", "VP Marketing", "Head of Data", "Chief Technology Officer", "CEO", "Director of Engineering",
        "Managing Director", "Director Sales North America", "Chief of Staff", "Marketing Manager",
        "Vice President, Sales", "Creative Director", "Head of People & Culture", "Directeur Financier",
        "Dyrektor Finansowy", "Genel Müdür", "Генеральный директор", "首席执行官", "代表取締役社長",
        "Jane Doe is the CEO", "Jane Doe will join in May",
    ],
)  # fmt: skip
def test_a_job_title_is_nobody(value: str) -> None:
    assert clean_person_name(value) is None


_WORDS = st.sampled_from(
    [
        "Jane", "Doe", "McDonald", "José", "Étienne", "O'Neil", "Jean-Luc", "F.", "M.", "V", "Van", "De", "La", "Bin",
        "Al", "Al-Sayed", "D'Angelo", "Santa", "St", "Mac", "Y", "E", "I", "Prince", "Sir", "Dr", "Mr", "Dean", "Abdul",
        "Junior", "Sr", "Jr", "Phd", "Esq", "Md", "Ma", "Mba", "Do", "Ed", "Née", "Born", "Born-Again", "CEO", "Head",
        "Chief", "North", "Manager", "Sales", "Grant", "Lee", "Nguyễn", "Øystein", "Łukasz", "Şahin", "İpek", "Straße",
        "Smith-Jones", "DeShawn", "JoAnn", "JANE", "doe",
    ]
)  # fmt: skip


@given(st.lists(_WORDS, min_size=2, max_size=4).map(" ".join))
def test_plain_names_are_read_like_those_that_need_care(name: str) -> None:
    with_nickname = f"{name} (Jojo)"  # which is dropped, after a closer look
    assert person_key(name) == person_key(with_nickname)
    assert clean_person_name(name) == clean_person_name(with_nickname)


@pytest.mark.parametrize(
    ("name", "last"),
    [
        ("Ludwig van Beethoven", "van Beethoven"), ("Jane Van Doe", "Van Doe"), ("Osama Bin Laden", "Bin Laden"),
        ("Juan De La Vega", "De La Vega"), ("Jane F. Doe", "Doe"), ("Jane Ann Doe", "Doe"), ("José García", "García"),
        ("Jean-Luc O'Neil", "O'Neil"), ("Anna Smith-Jones", "Smith-Jones"),
    ],
)  # fmt: skip
def test_particles_belong_to_the_family_name(name: str, last: str) -> None:
    assert clean_person_name(name) == PersonName(name, name.split()[0], last)


@pytest.mark.parametrize(
    "text", ["ceo " * 250_000, "a," * 500_000, '"' * 1_000_000, "( a" * 333_000, "[" * 1_000_000, "'a " * 333_000]
)
def test_a_megabyte_is_read_at_once(text: str) -> None:
    with bounded():
        person_key(text)
        clean_person_name(text)
