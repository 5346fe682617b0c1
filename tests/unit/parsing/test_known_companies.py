"""The shipped data on companies: it completes, and never turns one company into another."""

from __future__ import annotations

import pytest

from prospecting.parsing.known_companies import home_of, is_known_name, known_company, parent_of


def test_a_company_is_known_by_its_domain_and_a_name_that_fits() -> None:
    found = known_company("3M Company", "3m.com")
    assert found is not None
    assert (found.industry, found.industry_is_guess) == ("Industrial Conglomerates", False)
    assert (found.headquarters, found.country) == ("Saint Paul, Minnesota", "US")
    fortinet = known_company("Fortinet", "fortinet.com")  # its domain is nowhere in the data but in its name
    assert fortinet is not None
    assert fortinet.industry == "Systems Software"
    password = known_company("1Password", "1password.com")
    assert password is not None
    assert (password.industry, password.industry_is_guess, password.headquarters) == ("identity", True, None)
    block = known_company("Block", "block.xyz")  # says "none" where others have a city
    assert block is not None
    assert (block.headquarters, block.country) == (None, None)


@pytest.mark.parametrize(
    ("name", "domain"),
    [("Unlike", "3m.com"), ("Fortinet", "fortinet.de"), ("3M", None), ("Airship", "airshipit.org"), ("X", "acme.com")],
)
def test_a_name_alone_another_name_and_a_project_are_nobody_known(name: str, domain: str | None) -> None:
    assert known_company(name, domain) is None


@pytest.mark.parametrize(
    ("name", "domain", "home", "parent"),
    [
        ("Amazon", "amazon.de", "amazon.com", None),
        ("Bank of America", "bofa.com", "bankofamerica.com", None),
        ("VMware", "vmware.com", None, "broadcom.com"),
        ("KLM", "klm.com", None, None),  # of a frequent flyer programme, which is no parent
        ("Nvidia", "nvidia.com", None, None),  # its own, though a product of its has it, too
        ("Acme", "acme.com", None, None),
    ],
)
def test_other_domains_lead_home_or_to_the_parent(name: str, domain: str, home: str | None, parent: str | None) -> None:
    found, above = home_of(name, domain), parent_of(name, domain)
    assert (found.domain if found else None, above.domain if above else None) == (home, parent)


def test_names_of_companies_are_known() -> None:
    assert is_known_name("Morgan Stanley")
    assert not is_known_name("Jane Doe")
