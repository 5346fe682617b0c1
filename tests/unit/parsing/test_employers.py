"""Where somebody is said to work."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prospecting.parsing.employers import Stated, address_domain, is_employer, stated_employer
from prospecting.parsing.records import ContactRecord
from tests.unit.parsing.bounded import bounded


@pytest.mark.parametrize(
    ("company", "title", "expected"),
    [
        ("Globex Corporation", "CTO", Stated("Globex Corporation")),
        ("Globex Corporation", "CTO at Acme", Stated("Globex Corporation")),
        (None, "CTO at Globex Corporation", Stated("Globex Corporation")),
        (None, "VP of Sales @ Globex, EMEA", Stated("Globex")),
        (None, "Geschäftsführerin bei Globex GmbH", Stated("Globex GmbH")),
        (None, "Directeur général chez Globex (Paris)", Stated("Globex")),
        (None, "CEO of Globex", Stated("Globex", is_certain=False)),
        (None, "Engineer @Globex", Stated("Globex")),
        (None, "Directeur bij Globex", Stated("Globex")),
        (None, "President of Sales", None),
        (None, "Co-Founder & CEO of the Globex Group", Stated("Globex Group", is_certain=False)),
        (None, "VP of Sales", None),
        (None, "Head of Engineering", None),
        (None, "Director at Large", None),
        (None, "Engineer at heart", None),
        (None, "Chief of Staff", None),
        (None, None, None),
        ("N/A", None, None),
        ("ex-Acme", "CTO", Stated("ex-Acme", is_past=True)),
        ("Formerly Acme Robotics", "CTO", Stated("Formerly Acme Robotics", is_past=True)),
        ("Acme Robotics (former)", "CTO", Stated("Acme Robotics (former)", is_past=True)),
        ("Exacta", "CTO", Stated("Exacta")),
        ("Past Perfect Ltd", "CTO", Stated("Past Perfect Ltd")),
        ("Ex Libris", "CTO", Stated("Ex Libris")),
        (None, "Head of Sales at EMEA", None),
        (None, "President of Europe", None),
        (None, "CEO of Germany", None),
    ],
)
def test_the_company_that_is_stated(company: str | None, title: str | None, expected: Stated | None) -> None:
    assert stated_employer(ContactRecord("Jane Doe", title, company=company)) == expected


ACME = {"name": "Acme Robotics", "domain": "acme-robotics.com"}


@pytest.mark.parametrize(
    ("stated", "email"),
    [
        ("Acme Robotics", None),
        ("ACME ROBOTICS, INC.", None),
        ("Acme", None),
        ("Acme Robotics Deutschland GmbH", None),
        ("Acme (Robotics division)", None),
        ("acme-robotics.com", None),
        ("https://www.acme-robotics.com/about", None),
        ("Acme Ventures", None),
        ("Globex", "jane@acme-robotics.com"),
    ],
)
def test_the_company_that_was_asked_about(stated: str, email: str | None) -> None:
    assert is_employer(stated, email, **ACME)


@pytest.mark.parametrize(
    ("stated", "email"),
    [
        ("Globex Corporation", "jane@globex.com"),
        ("Globex", None),
        ("Boreal Robotics", "jane@gmail.com"),
        ("globex.com", None),
        ("Self-employed", None),
    ],
)
def test_another_company(stated: str, email: str | None) -> None:
    assert not is_employer(stated, email, **ACME)


def test_initials_and_domains_are_names_too() -> None:
    assert is_employer("IBM", None, name="International Business Machines", domain=None)
    assert is_employer("International Business Machines", None, name="Big Blue", domain="ibm.com")
    assert is_employer("Globex", None, name="Widget Works", domain="globex.com")


@pytest.mark.parametrize(
    ("email", "expected"),
    [("jane@globex.com", "globex.com"), ("jane@gmail.com", None), (None, None), ("jane", None)],
)
def test_the_domain_of_an_address(email: str | None, expected: str | None) -> None:
    assert address_domain(email) == expected


@given(st.text(max_size=60), st.text(max_size=60))
def test_any_text_is_survived(company: str, title: str) -> None:
    stated = stated_employer(ContactRecord("Jane Doe", title, company=company))
    assert stated is None or stated.name
    is_employer(company, title, **ACME)


def test_long_texts_take_no_time() -> None:
    with bounded():
        for text in (" at A" * 200_000, "CEO of " * 150_000, "(former " * 120_000, "ex " * 300_000):
            stated_employer(ContactRecord("Jane Doe", text, company=None))
            stated_employer(ContactRecord("Jane Doe", None, company=text))
            is_employer(text, text, **ACME)
