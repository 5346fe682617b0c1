from __future__ import annotations

from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from prospecting.parsing.names import (
    MAX_NAME_LENGTH,
    PersonName,
    clean_company_name,
    clean_person_name,
    company_key,
    fold,
    person_key,
)

PIECES = st.lists(
    st.sampled_from(
        ["Acme", "The", "Inc.", "GmbH", "& Co.", "KG", "株式会社", "S.A.", "de", "C.V.", "A", "B.", "Société", "ООО",
         "!", "Jr.", "Dr.", "PhD", ",", "(Bob)", '"Al"', "'Al'", "van", "Müller", "-", "O’Neil", "Hon.", "M.A.", "|",
         "™", "and", "3M", "n/a", "UAB", "PT", "Tbk", "Công ty", "Photopea.com", "CEO", "VP of", "Marketing", "M.Ed",
         "Ed", "Doe", "Jane", ":", "The"]
    ),
    max_size=7,
)  # fmt: skip
TEXTS = st.one_of(st.text(st.characters()), PIECES.map(" ".join), PIECES.map("".join))
NOT_TEXT = st.one_of(st.none(), st.integers(), st.binary(), st.lists(st.text()), st.floats())


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Acme, Inc.", "acme"), ("Acme, Inc.", "ACME Inc"), ("Acme LLC", "ACME"), ("A.B.C. Corp", "ABC Corp"),
        ("A. B. C. Corp", "ABC"), ("Société Générale S.A.", "Societe Generale"), ("3M Company", "3M"),
        ("AT&T", "AT and T"), ("The Walt Disney Company", "Walt Disney"), ("Acme™", "Acme"), ("Acme (R) Inc", "Acme"),
        ("McDonald’s", "McDonalds"), ("Tiffany & Co.", "Tiffany"), ("株式会社メルカリ", "メルカリ"),
        ("Mercari株式会社", "Mercari"), ("ООО Ромашка", "РОМАШКА"), ("Allegro sp. z o.o.", "Allegro"),
        ("Foo GmbH & Co. KG", "Foo"), ("Novo Nordisk A/S", "Novo Nordisk"),
        ("Grupo Bimbo S.A.B. de C.V.", "Grupo Bimbo"), ("Josh Software Pvt. Ltd.", "Josh Software"),
        ("Exxon Mobil", "ExxonMobil"), ("Kirin Co.,Ltd.", "Kirin"), ("REGISTACT.inc", "REGISTACT, Inc."),
        ("Straße AG", "STRASSE"), ("ﬁnch", "Finch"),
    ],
)  # fmt: skip
def test_spellings_of_one_company_share_a_key(one: str, other: str) -> None:
    assert company_key(one) == company_key(other) != ""


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Delta Air Lines", "Delta Dental"), ("Acme", "Acme Group"), ("Acme", "Acme Holdings"),
        ("Virgin Media", "Virgin Media UK"), ("ガ", "カ"), ("Acme 1", "Acme 2"), ("Limited", "Inc"),
        ("株式会社", "有限会社"), ("Booking", "Booking.com"),
    ],
)  # fmt: skip
def test_different_companies_keep_different_keys(one: str, other: str) -> None:
    assert company_key(one) != company_key(other)


@pytest.mark.parametrize(
    "name", ["Inc", "Limited", "The", "The The", "&", "C++", "株式会社", "शक्ति", "The Company Inc"]
)
def test_company_key_is_never_emptied(name: str) -> None:
    assert company_key(name)


@given(TEXTS)
def test_company_key_is_empty_only_without_letters_and_digits(name: str) -> None:
    key = company_key(name)
    assert company_key(key) == key
    if not key:
        assert not any(c.isascii() and c.isalnum() for c in name)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Jim Higgins", "JIM  HIGGINS "), ("Michael F. Roman", "Michael Roman"), ("Smith, John A.", "John Smith"),
        ("Dr. Jane van der Berg, PhD", "Jane Van Der Berg"), ("John Smith Jr.", "John Smith"),
        ("José Ángel", "Jose Angel"), ('Robert "Bob" Jones', "Robert Jones"), ("Robert (Bob) Jones", "Robert Jones"),
        ("O’Brien, Pat", "Pat O'Brien"), ("Jane Doe, MBA, CPA", "Jane Doe"), ("Jane Doe (she/her)", "Jane Doe"),
        ("Prof. Dr. Hans Müller", "Hans Muller"), ("Doe, Jane, PhD", "Jane Doe"),
        ("Mary-Jane Watson", "Mary Jane Watson"), ("Jane Doe, CEO at Acme", "Jane Doe"),
    ],
)  # fmt: skip
def test_spellings_of_one_person_share_a_key(one: str, other: str) -> None:
    assert person_key(one) == person_key(other) != ""


@pytest.mark.parametrize(
    ("one", "other"),
    [("Jane Doe", "John Doe"), ("Mary Jane Watson", "Mary Watson"), ("Jack Ma", "Jack"), ("Malcolm X", "Malcolm"),
     ("Gen Suzuki", "Suzuki"), ("山田 太郎", "山田 花子")],
)  # fmt: skip
def test_different_people_keep_different_keys(one: str, other: str) -> None:
    assert person_key(one) != person_key(other)


@given(TEXTS)
@example("Dr.")
@example("(Bob)")
def test_person_key_is_stable_and_empty_only_without_letters(name: str) -> None:
    key = person_key(name)
    assert person_key(key) == key
    if not key:
        assert not any(c.isascii() and c.isalpha() for c in name)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("  Acme\n Inc. ", "Acme Inc."), ("**Acme**", "Acme"), ("[Acme](https://acme.com)", "Acme"), ("- Acme", "Acme"),
        ("• Acme", "Acme"), ("“Acme”", "Acme"), ("'Acme'", "Acme"), ("Acme,", "Acme"),
        ("Société Générale S.A.", "Société Générale S.A."), ("R&amp;D Corp.", "R&D Corp."),
        ("Plug and Play*", "Plug and Play"), ("Yahoo!", "Yahoo!"), ("3M", "3M"), ("7-Eleven", "7-Eleven"),
        ("An end.", "An end"), ("<b>Acme</b>", "Acme"), ("#local_tech", "#local_tech"),
    ],
)  # fmt: skip
def test_company_names_for_display(value: str, expected: str) -> None:
    assert clean_company_name(value) == expected


@pytest.mark.parametrize(
    "value", ["", "N/A", " unknown ", "TBD", "none", "...", "-", "“”", "x" * (MAX_NAME_LENGTH + 1), None, 3, b"x"]
)
def test_no_company_name(value: Any) -> None:
    assert clean_company_name(value) is None


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("Dr. Jane van der Berg, PhD", PersonName("Jane van der Berg", "Jane", "van der Berg")),
        ("Smith, John", PersonName("John Smith", "John", "Smith")),
        ("Michael F. Roman", PersonName("Michael F. Roman", "Michael", "Roman")),
        ("Madonna", PersonName("Madonna", "Madonna", None)),
        ("Mr. Smith", PersonName("Smith", None, "Smith")),
        ("**Jane Doe** - CEO", PersonName("Jane Doe", "Jane", "Doe")),
        ("Jack Ma", PersonName("Jack Ma", "Jack", "Ma")),
        ("山田 太郎", PersonName("山田 太郎", "太郎", "山田")),
    ],
)
def test_person_names_for_display(value: str, expected: PersonName) -> None:
    assert clean_person_name(value) == expected


@pytest.mark.parametrize(
    "value", ["", "N/A", "unknown", "TBD", "jane@acme.com", "https://acme.com", "123", "Dr.", "x" * 201, None, 3, b"x"]
)
def test_no_person_name(value: Any) -> None:
    assert clean_person_name(value) is None


@given(TEXTS)
def test_display_names_are_stable(value: str) -> None:
    company = clean_company_name(value)
    assert company is None or (clean_company_name(company) == company and len(company) <= MAX_NAME_LENGTH)
    person = clean_person_name(value)
    if person is not None:
        again = clean_person_name(person.full)
        assert again is not None
        assert again.full == person.full


@given(NOT_TEXT)
def test_anything_else_is_nothing(value: Any) -> None:
    assert company_key(value) == person_key(value) == ""
    assert clean_company_name(value) is clean_person_name(value) is None


@given(st.text(st.characters()))
def test_folding_is_stable(text: str) -> None:
    assert fold(fold(text)) == fold(text)
