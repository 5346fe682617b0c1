"""Websites and whose they are: the company's own, or pages about it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prospecting.parsing.hosts import is_mail_host, kinds_of_host
from prospecting.parsing.ownership import (
    are_alike,
    belongs_with,
    campaign_key,
    campaign_stem,
    fits_domain,
    is_surely_campaign,
    may_be_one_company,
    read_website,
)
from prospecting.parsing.urls import normalize_domain

CATALOG = Path(__file__).parents[3] / "include" / "catalog"
EVENT = "https://www.anvilconf.io/2027/"


# -------------------------------------------------------------------------------------------------- the list of hosts
def test_every_listed_host_is_a_host_in_its_one_spelling() -> None:
    lines = (CATALOG / "hosts.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [json.loads(line) for line in lines]
    assert lines == sorted(lines)
    assert len({(row["host"], row["kind"]) for row in rows}) == len(rows) > 5_000
    assert [row["host"] for row in rows if normalize_domain(row["host"]) != row["host"]] == []
    assert {row["source"] for row in rows} == {"this catalog", "willwhite/freemail"}
    documented = (CATALOG / "README.md").read_text(encoding="utf-8")
    assert {kind for kind in {row["kind"] for row in rows} if f"`{kind}`" not in documented} == set()


def test_mailboxes_say_nothing_about_an_employer() -> None:
    assert all(map(is_mail_host, ("gmail.com", "outlook.com", "gmx.de", "yahoo.co.uk", "qq.com", "proton.me")))
    assert not any(map(is_mail_host, ("acme.com", "google.com", "microsoft.com", "techcrunch.com", "")))
    assert kinds_of_host("eventbrite.com") == {"event_platform", "tenant"}


# ------------------------------------------------------------------------------------------------------ whose website
@pytest.mark.parametrize(
    ("name", "website", "domain"),
    [
        ("Acme", "https://www.acme.com/company/about", "acme.com"),
        ("Acme", "https://careers.acme.com/jobs/1", "acme.com"),
        ("TechCrunch", "https://techcrunch.com", "techcrunch.com"),
        ("Bloomberg LP", "https://www.bloomberg.com/company/", "bloomberg.com"),
        ("GitHub, Inc.", "https://github.com/about", "github.com"),
        ("Meta", "https://www.facebook.com/careers", "facebook.com"),
        ("Tito", "https://ti.to", "ti.to"),
        ("Yahoo", "https://www.yahoo.com", "yahoo.com"),
        ("Zoho Corporation", "zoho.com", "zoho.com"),
        ("G2", "https://www.g2.com", "g2.com"),
        ("IBM X-Force", "https://www.ibm.com/security/news/2020/05/report", "ibm.com"),
        ("Sentry", "https://sentry.io/customers/acme/", "sentry.io"),
        ("Tenshoku DRAFT", "https://www.livesense.co.jp/", "livesense.co.jp"),
        ("Tenjin Ltd", "https://example-holdings.de/impressum", "example-holdings.de"),
    ],
)
def test_a_companys_own_website_identifies_it(name: str, website: str, domain: str) -> None:
    found = read_website(website, name)
    assert (found.domain, found.url is not None) == (domain, True)


@pytest.mark.parametrize(
    "website",
    [
        "https://techcrunch.com/2026/05/01/boreal-raises", "https://techcrunch.com", "https://www.forbes.com/companies/boreal/",
        "https://www.prnewswire.com/news-releases/boreal-1.html", "https://finance.yahoo.com/news/boreal-1.html",
        "https://www.businesswire.com/news/home/1/en/Boreal", "https://uk.reuters.com/article/x", "reuters.com",
        "https://www.g2.com/products/boreal/reviews", "https://clutch.co/profile/boreal", "https://www.yelp.de/biz/boreal",
        "https://www.zoominfo.com/c/boreal/1", "https://app.apollo.io/#/organizations/1", "https://rocketreach.co/boreal_1",
        "https://www.crunchbase.com/organization/boreal", "https://www.dnb.com/business-directory/x", "https://craft.co/boreal",
        "https://opencorporates.com/companies/gb/1", "https://acmeconf26.mapyourshow.com/8_0/exhibitor/boreal",
        "https://app.swapcard.com/event/x/exhibitor/boreal", "https://whova.com",
        "https://www.sec.gov/cgi-bin/browse-edgar?company=boreal", "sec.gov",
        "https://find-and-update.company-information.service.gov.uk/company/1",
        "gmail.com", "https://outlook.com", "http://www.gmx.net", "qq.com", "yahoo.com",
        "https://anvilconf.io/sponsors/boreal", "https://2026.anvilconf.eu/sponsors/", "https://some-fair.de/en/2027/exhibitors/boreal",
        "https://a-magazine.com/2026/05/12/boreal-raises-money", "https://a-magazine.com/companies/boreal",
        "https://a-directory.org/x/boreal",
        "", "n/a", "jane@boreal.io",
    ],
)  # fmt: skip
def test_a_page_about_a_company_identifies_nobody(website: str) -> None:
    assert read_website(website, "Boreal") == (None, None)


@pytest.mark.parametrize(
    "website",
    [
        "https://www.facebook.com/boreal", "https://github.com/boreal", "https://x.com/boreal", "https://bit.ly/1",
        "https://www.meetup.com/boreal", "https://boreal.teamtailor.com/jobs", "https://www.linkedin.com/company/boreal",
    ],
)  # fmt: skip
def test_a_page_of_its_own_elsewhere_is_a_website_without_a_domain(website: str) -> None:
    assert read_website(website, "Boreal") == (website, None)


@pytest.mark.parametrize(
    ("name", "website", "event", "domain"),
    [
        ("Ajax", "https://anvilconf.io/sponsors/ajax", EVENT, None),
        ("Ajax", "https://anvilconf.io", EVENT, None),
        ("Ajax", "https://ajax.anvilconf.io/", EVENT, None),
        ("Ajax", "https://anvilconf.io/ajax", "sponsors.anvilconf.io", None),
        ("Ajax", "https://www.anvilconf.com/ajax", EVENT, None),
        ("Anvil", "https://anvilconf.io", EVENT, None),
        ("Anvil Conf", "https://www.anvilconf.io/", EVENT, "anvilconf.io"),
        ("AnvilConf Ltd", "anvilconf.io", EVENT, "anvilconf.io"),
        ("Linux Foundation", "events.linuxfoundation.org", "https://linuxfoundation.org/kube", "linuxfoundation.org"),
        ("International Business Machines", "ibm.com", "https://www.ibm.com/think", "ibm.com"),
        ("Ajax", "https://ajax.com", EVENT, "ajax.com"),
        ("Ajax", "https://ajax.com", None, "ajax.com"),
        ("Ajax", "https://ajax.com", "not a website", "ajax.com"),
        # The event only has a page there: GitHub is still GitHub.
        ("GitHub", "https://github.com", "https://github.com/anvil/conf", "github.com"),
        ("Meta", "https://facebook.com", "https://www.facebook.com/events/1", "facebook.com"),
        ("Ajax", "https://ajax.github.io", "https://anvil.github.io", "ajax.github.io"),
    ],
)  # fmt: skip
def test_the_events_host_is_nobodys_but_its_own(name: str, website: str, event: str | None, domain: str | None) -> None:
    found = read_website(website, name, event)
    assert found.domain == domain
    assert (found.url is None) == (domain is None)


# ------------------------------------------------------------------------------------------------------ names
ALIKE = [
    ("Acme", "ACME, Inc."), ("Acme Cloud", "Acme"), ("Salesforce", "SalesforceIQ"),
    ("IBM", "International Business Machines"),
    ("Amazon Web Services", "AWS"), ("Ernst & Young", "EY"), ("Eiwa System Management Co., Ltd.", "ESM, Inc."),
    ("Palo Alto Networks", "Palo Alto"), ("Saeloun", "Saleoun"), ("Technology Group", "Technology Group Holding"),
    ("RubyMine by JetBrains", "JetBrains s.r.o."), ("Société Générale", "Societe Generale"),
]  # fmt: skip
UNLIKE = [
    ("Ajax", "Boreal"), ("Boreal Cloud", "Ajax Cloud"), ("Alphabet", "Google"),
    ("Ajax Software Inc", "Boreal Software Inc"), ("Cloud", "Cloudera"),
    ("Bank of Ajax", "Bank of Boreal"), ("Fjord LLC", "Lokka, Inc."), ("Sentry", "Ichizoku inc."), ("A", "B"),
    ("Oath", "Paranoids"), ("The Ajax Group", "The Boreal Group"),
]  # fmt: skip


@pytest.mark.parametrize(("one", "other"), ALIKE)
def test_names_that_may_mean_one_company(one: str, other: str) -> None:
    assert are_alike(one, other)
    assert are_alike(other, one)
    assert may_be_one_company([one, other], "unrelated.com")
    assert belongs_with(one, other, "unrelated.com")


@pytest.mark.parametrize(("one", "other"), UNLIKE)
def test_names_without_a_common_word(one: str, other: str) -> None:
    assert not are_alike(one, other)
    assert not are_alike(other, one)
    assert not may_be_one_company([one, other], "unrelated.com")
    assert not belongs_with(one, other, "unrelated.com")


@pytest.mark.parametrize(
    ("name", "domain", "fits"),
    [
        ("International Business Machines", "ibm.com", True), ("Palo Alto", "paloaltonetworks.com", True),
        ("Honeybadger Industries LLC", "honeybadger.io", True), ("STORES, Inc.", "stores.jp", True),
        ("Bücher", "xn--bcher-kva.de", True), ("Acme Tools", "acme-tools.com", True), ("Luma", "lu.ma", True),
        ("AWS", "aws.amazon.com", True), ("Amazon", "aws.amazon.com", True),
        ("Google", "alphabet.com", False), ("Widget Team", "acme.com", False), ("Cloud Data", "cloud.io", False),
        ("", "a.io", False),
    ],
)  # fmt: skip
def test_names_and_the_domains_they_fit(name: str, domain: str, fits: bool) -> None:
    assert fits_domain(name, domain) is fits


def test_names_that_fit_the_domain_are_one_company() -> None:
    assert may_be_one_company(["IBM", "Big Blue IBM", "International Business Machines"], "ibm.com")
    assert may_be_one_company(["Acme Robotics", "Acme", "Robotics Club"], "unrelated.com"), "a chain of common words"
    assert not may_be_one_company(["IBM", "Lotus"], "ibm.com")
    assert not may_be_one_company([f"Acme {number}" for number in range(51)], "acme.com"), "a list, not a company"


def test_a_known_domain_decides_where_scripts_cannot_be_compared() -> None:
    assert belongs_with("株式会社スマートバンク", "SmartBank, Inc.", "smartbank.co.jp")
    assert not belongs_with("株式会社スマートバンク", "Acme", "smartbank.co.jp")
    assert belongs_with("Google", "Alphabet", "google.com"), "the domain spells the name"
    assert not belongs_with("Alphabet", "Google", "google.com")


# ------------------------------------------------------------------------------------------------------ campaigns
@pytest.mark.parametrize(
    ("domain", "stem"),
    [
        ("pinterestcareers.com", "pinterest"), ("instacart.careers", "instacart"), ("trynewrelic.com", "newrelic"),
        ("cookpad.jobs", "cookpad"), ("acme-careers.co.uk", "acme"), ("hiring.com", None), ("careers.com", None),
        ("acme.com", None), ("goto.com", None), ("usetrmnl.com", "trmnl"), ("workatacme.com", "acme"),
        ("acme-tools.jobs", "acmetools"),
    ],
)  # fmt: skip
def test_stem_of_a_campaign_domain(domain: str, stem: str | None) -> None:
    assert campaign_stem(domain) == stem


@pytest.mark.parametrize(
    ("domain", "name", "is_sure"),
    [
        ("pinterestcareers.com", "Pinterest", True), ("instacart.careers", "Instacart", True),
        ("lifeatacme.com", "Acme", True), ("acmepromo.com", "Acme", True),
        ("trynewrelic.com", "New Relic, Inc.", True), ("gethelpscout.com", "Help Scout Careers", True),
        ("tryhackme.com", "TryHackMe", False), ("getdbt.com", "dbt Labs", False),
        ("getharvest.com", "Harvest", False), ("getharvest.com", "The Harvest, Inc.", False),
        ("harvesthq.com", "Harvest", False), ("getdatacloud.com", "Data Cloud", False),
        ("acme.com", "Acme", False),
    ],
)  # fmt: skip
def test_a_common_word_beside_a_common_name_is_no_campaign(domain: str, name: str, is_sure: bool) -> None:
    assert is_surely_campaign(domain, name) is is_sure


def test_name_of_a_campaign() -> None:
    assert [campaign_key(name) for name in ("Pinterest Careers", "New Relic, Inc.", "Careers", "dbt Labs")] == [
        "pinterest",
        "newrelic",
        "careers",
        "dbtlabs",
    ]


# ------------------------------------------------------------------------------------------------------ anything
@given(st.text(max_size=60), st.text(max_size=60), st.text(max_size=60))
def test_never_raises(one: str, other: str, website: str) -> None:
    assert are_alike(one, other) == are_alike(other, one)
    url, domain = read_website(website, one, other)
    assert domain is None or url is not None
    campaign_stem(website)
    is_surely_campaign(website, one)
    campaign_key(one)
    fits_domain(one, website)
