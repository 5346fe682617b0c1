"""Sponsors from pages: names, tiers and websites on sites of several kinds, and nothing where nobody is listed."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prospecting.parsing.pages import reduce_page
from prospecting.parsing.sponsor_pages import read_sponsor_page
from prospecting.parsing.sponsors import parse_sponsors
from prospecting.parsing.urls import normalize_domain
from tests.unit.parsing.sponsor_page_families import FAMILIES, NOBODY, Listed
from tests.unit.parsing.sponsor_page_samples import NO_LISTS, SAMPLES, Sponsor


@pytest.mark.parametrize(("name", "url", "html", "sponsors"), SAMPLES, ids=[sample[0] for sample in SAMPLES])
def test_sponsors_are_read_with_tiers_and_websites(name: str, url: str, html: str, sponsors: list[Sponsor]) -> None:
    found = read_sponsor_page(html, url)
    assert [(one.name, one.tier, one.website) for one in found.sponsors] == sponsors


@pytest.mark.parametrize(("name", "url", "html", "sponsors"), FAMILIES, ids=[page[0] for page in FAMILIES])
def test_sites_of_many_families_are_read(name: str, url: str, html: str, sponsors: list[Listed]) -> None:
    found = read_sponsor_page(html, url).sponsors
    assert {(one.name, one.tier, one.website and normalize_domain(one.website)) for one in found} == set(sponsors)
    # An answer is kept with the page's words, and read again.
    answer = [{"name": one.name, "tier": one.tier_label, "website": one.website} for one in found]
    assert [(one.name, one.tier, one.tier_label) for one in parse_sponsors(answer).items] == [
        (one.name, one.tier, one.tier_label) for one in found
    ]
    assert all(one.tier_label is None or one.tier_label.casefold() in html.casefold() for one in found)


@pytest.mark.parametrize(("name", "url", "html", "sponsors"), FAMILIES, ids=[page[0] for page in FAMILIES])
def test_the_text_for_a_model_names_every_sponsor(name: str, url: str, html: str, sponsors: list[Listed]) -> None:
    text = reduce_page(html, url).text
    missing = [who for who, _, _ in sponsors if _letters(who) not in _letters(text)]
    assert missing == []


def _letters(text: str) -> str:
    return "".join(letter for letter in text.casefold() if letter.isalnum())


@pytest.mark.parametrize(("name", "url", "html"), NO_LISTS + NOBODY, ids=[page[0] for page in NO_LISTS + NOBODY])
def test_a_page_that_lists_no_sponsors_gives_none(name: str, url: str, html: str) -> None:
    assert read_sponsor_page(html, url).sponsors == ()


@pytest.mark.parametrize(
    ("heading", "label", "tier"),
    [
        ("Or", "Or", "gold"),
        ("Nos sponsors Argent 2026", "sponsors Argent", "silver"),
        ("Złoci sponsorzy", "Złoci sponsorzy", "gold"),
        ("ゴールドスポンサー", "ゴールドスポンサー", "gold"),
        ("Unsere Goldsponsoren", "Unsere Goldsponsoren", "gold"),
        ("Guldsponsorer 2026", "Guldsponsorer", "gold"),
        ("Petabyte", "Petabyte", "petabyte"),
    ],
)
def test_a_tier_keeps_the_words_of_the_page(heading: str, label: str, tier: str) -> None:
    html = f'<html lang="fr"><h1>Sponsors</h1><h2>{heading}</h2><a href="https://acme.io"><img alt="Acme"></a></html>'
    [found] = read_sponsor_page(html, "https://devconf.io/sponsors").sponsors
    assert (found.tier_label, found.tier) == (label, tier)


def test_earlier_editions_are_kept_apart() -> None:
    html = """<h1>Sponsors</h1><h2>2026</h2><a href="https://a-new.com"><img alt="A New"></a>
    <a href="https://both.com"><img alt="Both"></a>
    <h2>2025</h2><a href="https://both.com"><img alt="Both"></a><a href="https://b-old.com"><img alt="B Old"></a>
    <h2>Previous sponsors</h2><ul><li><a href="https://c-older.com">C Older</a></li></ul>"""
    page = read_sponsor_page(html, "https://devconf.io/sponsors")
    assert [one.name for one in page.sponsors] == ["A New", "Both"]
    assert [one.name for one in page.earlier] == ["B Old", "C Older"]
    of_2025 = read_sponsor_page(html, "https://devconf.io/sponsors", year=2025)
    assert {one.name for one in of_2025.sponsors} >= {"Both", "B Old"}
    next_one = read_sponsor_page(html, "https://devconf.io/sponsors", year=2027)
    assert next_one.sponsors == ()
    assert {one.name for one in next_one.earlier} == {"A New", "Both", "B Old", "C Older"}


def test_the_home_page_leads_to_the_sponsor_page() -> None:
    html = """<nav><a href="/become-a-sponsor">Become a sponsor</a><a href="/partners">Partners</a>
    <a href="/2026/sponsors#gold">Who pays</a>
    <a href="https://else.where.com/sponsors">Sponsors</a><a href="/venue">Venue</a></nav><h1>DevConf</h1>"""
    links = read_sponsor_page(html, "https://www.devconf.io/").links
    assert links == ("https://www.devconf.io/2026/sponsors", "https://www.devconf.io/partners")


@pytest.mark.parametrize(
    "html",
    [
        "<div class='sponsor'>" * 50_000 + "Gold",
        "<h2>Gold sponsors</h2>" + "<a href='https://a.com'>" * 30_000,
        "<h1>Sponsors</h1>" + "<ul><li>" * 20_000,
        "<h1>Sponsors</h1><table>" + "<tr><td><table>" * 10_000,
        "<h1>Sponsors</h1>" + "<img alt='" + "a " * 500_000 + "'>",
        "<h1>Sponsors</h1>" + "".join(f"<a href='https://c{n}.com'><img alt='C {n}'></a>" for n in range(4_000)),
        "<h1>Sponsors</h1><p>" + "- " * 300_000,
        "<h1>Sponsors</h1><h2>Gold</h2><p>" + ", ".join(f"Company C{n}" for n in range(100_000)),
        "<h1>Sponsors</h1><h2>Gold</h2>" + "<p>x</p>" * 100_000,
    ],
    ids=["divs", "links", "lists", "tables", "long text", "many", "dashes", "names", "lines"],
)
def test_a_hostile_page_takes_seconds_at_most(html: str) -> None:
    began = time.process_time()
    page = read_sponsor_page(html, "https://devconf.io/sponsors")
    assert time.process_time() - began < 20
    assert len(page.sponsors) <= 2_000


_PIECES = st.sampled_from(
    ["<h2>Gold</h2>", "<h2>", "</h2>", "<ul>", "<li>", "</li>", "<a href='https://acme.com'>", "<a href='//[x'>",
    "</a>", "<img alt='Acme'>",
     "<img src='data:,x'>", "Acme", " 2025 ", "\x00", "\ud800", "<table><tr><td>", "<!--", "-->",
     "<svg><title>x</title>", "<base href='//['>"]
)  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(st.lists(_PIECES, max_size=40).map("".join))
def test_any_page_can_be_read_and_gives_the_same_again(html: str) -> None:
    one, other = (read_sponsor_page(html, "https://devconf.io/sponsors") for _ in range(2))
    assert one == other
    assert len({record.name.casefold() for record in one.sponsors}) == len(one.sponsors)


_NAMES = st.lists(
    st.tuples(st.from_regex(r"[A-Z][a-z]{3,9}(?: [A-Z][a-z]{3,9})?", fullmatch=True), st.sampled_from(["Gold",
    "Silver", "Bronze"])),
    min_size=3, max_size=12, unique_by=lambda pair: pair[0].casefold(),
)  # fmt: skip
_SHAPES = {
    "logos": '<a href="{url}"><img src="/l.png" alt="{name} logo"></a>',
    "items": '<li><a href="{url}">{name}</a></li>',
    "cards": '<div class="card"><img src="/x.png" alt=""><h4>{name}</h4><a href="{url}">Website</a></div>',
}


@settings(max_examples=20, deadline=None)
@given(_NAMES, st.sampled_from(sorted(_SHAPES)), st.sampled_from(["h2", "h3"]))
def test_what_a_page_lists_is_what_is_found(sponsors: list[tuple[str, str]], shape: str, tag: str) -> None:
    names = [name for name, _ in sponsors]
    words = {word.casefold() for name in names for word in name.split()}
    if words & {"logo", "gold", "silver", "bronze", "sponsor", "none", "null", "test", "about"}:
        return
    parts = ["<h1>Our Sponsors</h1>"]
    for tier in ("Gold", "Silver", "Bronze"):
        cards = "".join(
            _SHAPES[shape].format(name=name, url=f"https://{name.lower().replace(' ', '')}-corp.com")
            for name, own in sponsors
            if own == tier
        )
        parts.append(f"<{tag}>{tier} Sponsors</{tag}><div>{cards}</div>")
    found = read_sponsor_page("".join(parts), "https://devconf.io/sponsors")
    expected = {(name, tier.lower(), f"https://{name.lower().replace(' ', '')}-corp.com") for name, tier in sponsors}
    assert {(one.name, one.tier, one.website) for one in found.sponsors} == expected
