"""Pages of the web: reading the tree, text for a model, sponsors without one; against parsing the HTML alone."""

from __future__ import annotations

from benchmarks.results import Results, median_seconds
from prospecting.parsing.pages import reduce_page
from prospecting.parsing.sponsor_pages import read_sponsor_page

URL = "https://devconf.example.org/sponsors"


def sponsor_page(sponsors: int) -> str:
    """A page of cards with logos, headings, descriptions and links, in tiers of ten."""
    parts = ["<html><head><title>Sponsors</title></head><body><nav><a href='/'>Home</a></nav><h1>Our sponsors</h1>"]
    for number in range(sponsors):
        if number % 10 == 0:
            parts.append(f"<h2>{('Platinum', 'Gold', 'Silver', 'Bronze')[number // 10 % 4]} sponsors</h2>")
        parts.append(
            f"<div class='card'><img src='/logos/company-{number}.png' alt='Company {number} logo'>"
            f"<h5>Company {number}</h5><p>Company {number} makes tools for people who make tools.</p>"
            f"<a class='btn' href='https://company-{number}.com/?utm_source=devconf'>Visit website</a></div>"
        )
    return "".join([*parts, "</body></html>"])


def run(results: Results, *, rows: int) -> None:
    """``rows`` is not used: a page of 45 sponsors is what most events have, one of 500 is a trade fair."""
    from resiliparse.parse.html import HTMLTree

    for sponsors in (45, 500):
        html = sponsor_page(sponsors)
        read_sponsor_page(html, URL)  # lists of hosts and suffixes, loaded once per process
        parsing = median_seconds(lambda html=html: HTMLTree.parse(html))  # type: ignore[misc]
        reduced = median_seconds(lambda html=html: reduce_page(html, URL))  # type: ignore[misc]
        found = median_seconds(lambda html=html: read_sponsor_page(html, URL))  # type: ignore[misc]
        results.add(f"text of a page, {sponsors} sponsors", reduced, parsing, "parsing the HTML alone", "")
        results.add(f"sponsors of a page, {sponsors}", found, parsing, "parsing the HTML alone", "")
