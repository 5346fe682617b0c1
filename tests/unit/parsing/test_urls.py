from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prospecting.parsing.urls import (
    MAX_URL_LENGTH,
    company_domain,
    linkedin_kind,
    normalize_domain,
    normalize_linkedin_url,
    normalize_website,
)
from tests.unit.parsing.bounded import bounded

ANYTHING = st.one_of(
    st.none(), st.integers(), st.binary(), st.text(st.characters()), st.lists(st.text()), st.floats(), st.booleans()
)
HOSTS = st.from_regex(
    r"(?:www\.){0,2}[a-z][a-z0-9-]{0,8}[a-z0-9](?:\.[a-zü]{2,8}){0,2}\.(?:com|de|co\.uk|io)", fullmatch=True
)
ADDRESSES = st.builds(
    lambda scheme, user, host, port, path: f"{scheme}{user}{host}{port}{path}",
    st.sampled_from(["", "http://", "HTTPS://", "//", "https:///", "https://https://", "ftp://"]),
    st.sampled_from(["", "user:pw@"]),
    HOSTS,
    st.sampled_from(["", ":80", ":443", ":8080"]),
    st.one_of(
        st.sampled_from(["", "/", "/in/Jané/", "/company/x", "?utm_source=a&b=1", "/a b?q=%20&ref=x#f", "/%zz?%"]),
        st.text(st.characters(), max_size=30).map(lambda text: "/" + text),
    ),
)
FUNCTIONS = [normalize_domain, company_domain, normalize_website, normalize_linkedin_url]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("CoreWeave.com", "coreweave.com"),
        ("  https://WWW.CoreWeave.com/about?x=1 ", "coreweave.com"),
        ("coreweave.com/", "coreweave.com"),
        ("https://coreweave.com#f", "coreweave.com"),
        ("http://coreweave.com:443", "coreweave.com"),
        ("acme.com?x=1", "acme.com"),
        ("user:pw@Example.com", "example.com"),
        ("https://user@example.com/x", "example.com"),
        ("example.com.", "example.com"),
        ("http://EXAMPLE.com.", "example.com"),
        ("https://www.Example.com/path", "example.com"),
        ("Example.com/About", "example.com"),
        ("www.www.example.com", "example.com"),
        ("www.com", "www.com"),
        ("//coreweave.com", "coreweave.com"),
        ("https:///coreweave.com", "coreweave.com"),
        ("https://https://coreweave.com", "coreweave.com"),
        ("[Acme](https://acme.com/x)", "acme.com"),
        ("<https://acme.com>,", "acme.com"),
        ("https://acme.com (main site)", "acme.com"),
        ("careers.acme.co.uk", "careers.acme.co.uk"),
        ("foo.github.io", "foo.github.io"),
    ],
)
def test_domain_is_the_bare_host(value: str, expected: str) -> None:
    assert normalize_domain(value) == expected


def test_both_spellings_of_an_international_domain_are_one() -> None:
    forms = {
        normalize_domain(form)
        for form in ("bücher.de", "BÜCHER.de", "https://www.xn--bcher-kva.de/", "bu\u0308cher.de")
    }
    assert forms == {"xn--bcher-kva.de"}


@pytest.mark.parametrize(
    "value",
    [
        "", "   ", "http://", "WWW.", "n/a", "N/A", "unknown", "localhost:3000", "http://localhost/x", "127.0.0.1",
        "http://[::1]/", "acme", "co.uk", "mailto:x@coreweave.com", "x@coreweave.com", "tel:+1555",
        "javascript:alert(1)", "Acme Inc.", "acme..com", "-a.com", "a" * 64 + ".com", "a." * 200 + "com", "\ud800.com",
        "node.js", "a.com:port",
    ],
)  # fmt: skip
def test_domain_rejects_what_is_no_public_host(value: str) -> None:
    assert normalize_domain(value) is None
    assert company_domain(value) is None


@pytest.mark.parametrize(
    ("website", "expected"),
    [
        ("https://careers.google.com/", "google.com"),
        ("jobs.eu.acme.co.uk", "acme.co.uk"),
        ("https://corp.freee.co.jp/en/", "freee.co.jp"),
        ("https://www.engineering.groupon.com/", "groupon.com"),
        ("2025.euruko.org", "euruko.org"),
        ("aws.amazon.com", "aws.amazon.com"),
        ("https://cloud.google.com/ruby", "cloud.google.com"),
        ("jobs.aws.amazon.com", "aws.amazon.com"),
        ("https://github.com", "github.com"),
        ("https://github.com/about/careers", "github.com"),
        ("https://docs.github.com/en/rest", "github.com"),
        ("https://www.facebook.com/careers/", "facebook.com"),
        ("https://www.dropbox.com/jobs/", "dropbox.com"),
        ("linkedin.com", "linkedin.com"),
        ("greenhouse.io", "greenhouse.io"),
        ("https://techcrunch.com", "techcrunch.com"),
        ("https://www.bloomberg.com/careers", "bloomberg.com"),
        ("yahoo.com", "yahoo.com"),
        ("carrd.co", "carrd.co"),
        ("www.github.io", "github.io"),
        ("foo.github.io", "foo.github.io"),
        ("foo.netlify.app/x", "foo.netlify.app"),
        ("foo.notion.site/page", "foo.notion.site"),
    ],
)
def test_company_domain_names_the_company(website: str, expected: str) -> None:
    assert company_domain(website) == expected


@pytest.mark.parametrize(
    "website",
    [
        "https://uk.linkedin.com/company/x", "github.com/rails", "https://gist.github.com/x/1", "m.facebook.com/acme",
        "x.com/acme", "twitter.com/acme", "https://youtube.com/@acme", "medium.com/@acme", "bit.ly/x", "t.co/x",
        "https://sites.google.com/view/x", "https://docs.google.com/forms/1", "linktr.ee/acme", "acme.eventbrite.com",
        "https://www.eventbrite.de/e/1", "meetup.com/x", "notion.so/acme",
        "https://web.archive.org/web/2008/http://a.com", "https://boards.greenhouse.io/acme",
        "https://jobs.lever.co/acme", "acme.bamboohr.com", "https://www.google.com/url?q=https://acme.com",
        "https://en.wikipedia.org/wiki/Acme", "www.linkedin.com/jobs/view/1",
        "https://techcrunch.com/2026/05/01/acme", "https://markets.ft.com/data/acme", "https://www.g2.com/products/acme",
        "https://app.swapcard.com/event/x", "https://acme26.mapyourshow.com/8_0/", "https://www.sec.gov/edgar/1",
        "gmail.com", "mail.163.com", "https://outlook.live.com", "https://free.fr/~acme",
    ],
)  # fmt: skip
def test_company_domain_rejects_somebody_elses_host(website: str) -> None:
    assert company_domain(website) is None


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("Acme.com", "https://acme.com"),
        ("https://acme.com/", "https://acme.com"),
        ("HTTP://ACME.com:80/Path/?a=1&utm_source=2#f", "http://acme.com/Path/?a=1"),
        ("https://www.acme.com/about", "https://www.acme.com/about"),
        ("https:///sighup.io/?utm_source=idi2019", "https://sighup.io"),
        ("https://a.com/?a=1&a=2&ref=x&gclid=y&fbclid=z&mc_cid=q", "https://a.com/?a=1&a=2"),
        ("https://u:p@a.com:8080/x", "https://a.com:8080/x"),
        ("https://bücher.de/é", "https://xn--bcher-kva.de/%C3%A9"),
        ("https://a.com/Austin, TX", "https://a.com/Austin,%20TX"),
        ("https://acme.com./about", "https://acme.com/about"),
        ("https://acme.com/a/../b/.", "https://acme.com/a/../b/."),
    ],
)
def test_website_is_absolute_and_free_of_tracking(value: str, expected: str) -> None:
    result = normalize_website(value)
    assert result is not None
    assert result.replace("/?", "?") == expected.replace("/?", "?")


@pytest.mark.parametrize(
    "value", ["not a url", "ftp://a.com/x", "mailto:a@b.com", "localhost", "N/A", "https://a.com/\x00"]
)
def test_website_rejects_what_is_none(value: str) -> None:
    assert normalize_website(value) is None


@pytest.mark.parametrize("value", ["https://acme.com/" + "a/" * 500_000, "www." * 250_000 + "com", "-" * 1_000_000])
def test_long_values_take_no_time(value: str) -> None:
    with bounded():
        for function in FUNCTIONS:
            function(value)


def test_website_has_a_length_cap() -> None:
    start = "https://a.com/"
    assert normalize_website(start + "a" * (MAX_URL_LENGTH - len(start))) is not None
    assert normalize_website(start + "a" * MAX_URL_LENGTH) is None
    assert normalize_website(start + "é" * (MAX_URL_LENGTH // 2)) is None


def test_linkedin_spellings_of_one_person_are_one_key() -> None:
    spellings = [
        "linkedin.com/in/jane-doe", "http://www.linkedin.com/in/jane-doe", "https://uk.linkedin.com/in/jane-doe",
        "https://www.linkedin.com/in/jane-doe/?trk=y", "https://www.linkedin.com/in/Jane-Doe/de",
        "m.linkedin.com/in/jane-doe", "https://linkedin.com/pub/jane-doe", "https://www.linkedin.com/in/jane%2Ddoe#x",
        "//linkedin.com/in/jane-doe//", "https://www.linkedin.com/in/jane-doe/recent-activity/",
        "www.linkedin.com/mwlite/in/jane-doe", "[Jane](https://www.linkedin.com/in/jane-doe)",
    ]  # fmt: skip
    assert {normalize_linkedin_url(spelling) for spelling in spellings} == {"https://www.linkedin.com/in/jane-doe"}
    assert {linkedin_kind(spelling) for spelling in spellings} == {"person"}


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("linkedin.com/company/Acme/jobs", "https://www.linkedin.com/company/acme"),
        ("http://www.linkedin.com/school/acme", "https://www.linkedin.com/company/acme"),
        ("https://www.linkedin.com/showcase/acme/?utm_source=cncf", "https://www.linkedin.com/company/acme"),
        ("http://www.linkedin.com/company/napoli's-pizza", "https://www.linkedin.com/company/napoli's-pizza"),
        ("https://www.linkedin.com/company/xoap_io/", "https://www.linkedin.com/company/xoap_io"),
    ],
)
def test_linkedin_companies(value: str, expected: str) -> None:
    assert normalize_linkedin_url(value) == expected
    assert linkedin_kind(value) == "company"


def test_linkedin_accents_and_member_ids() -> None:
    assert normalize_linkedin_url("linkedin.com/in/José") == normalize_linkedin_url("linkedin.com/in/jos%C3%A9")
    member = "https://www.linkedin.com/in/ACoAAABCDEFghijklmnopqrst"
    assert normalize_linkedin_url(member) == member
    assert (
        normalize_linkedin_url("https://www.linkedin.com/pub/jane-doe/1/23/567")
        == "https://www.linkedin.com/in/jane-doe-5670231"
    )


@pytest.mark.parametrize(
    "value",
    [
        "", None, "linkedin.com", "linkedin.com/in/", "linkedin.com/in", "https://linkedin.com.evil.com/in/x",
        "https://notlinkedin.com/in/x", "https://www.linkedin.com/jobs/view/1", "linkedin.com/company/unavailable",
        "linkedin.com/pub/dir/x/y", "https://acme.com/in/x", "linkedin.com/in/%2e", "jane doe", "linkedin.com/in/a%2Fb",
    ],
)  # fmt: skip
def test_linkedin_rejects_what_names_nobody(value: Any) -> None:
    assert normalize_linkedin_url(value) is None
    assert linkedin_kind(value) is None


@given(st.one_of(ANYTHING, ADDRESSES))
def test_never_raises_and_is_idempotent(value: Any) -> None:
    for function in FUNCTIONS:
        result = function(value)
        assert result is None or (result and function(result) == result)


@given(ADDRESSES)
def test_readings_agree_on_the_domain(value: str) -> None:
    website = normalize_website(value)
    if website is not None:
        assert normalize_domain(website) == normalize_domain(value)
        assert company_domain(website) == company_domain(value)


@given(st.from_regex(r"[a-z0-9][a-z0-9-]{2,20}", fullmatch=True))
def test_linkedin_case_country_and_query_fold(slug: str) -> None:
    key = normalize_linkedin_url(f"linkedin.com/in/{slug}")
    assert key == normalize_linkedin_url(f"https://de.linkedin.com/in/{slug.upper()}/?a=b")
