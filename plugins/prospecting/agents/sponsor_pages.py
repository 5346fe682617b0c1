"""Who sponsors an event, from its own site and at no cost of a model, where the site lists them recognisably."""

from __future__ import annotations

import json
from typing import Any

from prospecting.agents.page_fetching import PageRefused
from prospecting.agents.page_reading import PageReader
from prospecting.agents.searches import SponsorSearch
from prospecting.agents.steps import StepOutcome, Steps
from prospecting.parsing.records import SponsorRecord
from prospecting.parsing.sponsor_pages import read_sponsor_page
from prospecting.parsing.urls import normalize_website
from prospecting.persistence.database import to_json

_ENOUGH = 3
"""Sponsors that a page has to list: fewer may be what is left of a page that only a browser shows whole."""

_MAX_PAGES = 4


def sponsors_on_site(search: SponsorSearch, reader: PageReader, steps: Steps) -> bytes | None:
    """The answer to ``search`` from the event's site, as a model would give it; ``None`` when somebody has to be asked.

    The event's website is read, and the pages of its site that are called sponsors or partners: whichever lists most
    sponsors of this edition counts. Every sponsor comes with the page's address (``source_url``).
    """
    website = normalize_website(search.website) if search.website else None
    if website is None:
        return None
    year = search.starts_on.year if search.starts_on else search.year
    waiting, read = [website], set[str]()
    best: dict[str, Any] = {"sponsors": [], "past_sponsors": []}
    while waiting and len(read) < _MAX_PAGES:
        address = waiting.pop(0)
        if address in read:
            continue
        read.add(address)
        request = {"url": address, "for": "sponsors", "year": year}
        found = json.loads(steps.run("page", request, lambda url=address: _listed(reader, url, year)))  # type: ignore[misc]
        if len(found["sponsors"]) > len(best["sponsors"]):
            best = found
        waiting += [link for link in found["links"] if link not in waiting]
    if len(best["sponsors"]) < _ENOUGH:
        return None
    return to_json({"sponsors": best["sponsors"], "past_sponsors": best["past_sponsors"]}).encode()


def _listed(reader: PageReader, address: str, year: int | None) -> StepOutcome:
    try:
        page = reader.read(address)
    except PageRefused as refusal:
        return StepOutcome(to_json({"sponsors": [], "past_sponsors": [], "links": [], "error": str(refusal)}).encode())
    found = read_sponsor_page(page.content, page.url, year=year)
    listed = {
        "sponsors": [_row(record, page.url) for record in found.sponsors],
        "past_sponsors": [_row(record, page.url) for record in found.earlier],
        "links": list(found.links),
    }
    return StepOutcome(to_json(listed).encode())


def _row(record: SponsorRecord, source_url: str) -> dict[str, Any]:
    row = {
        "name": record.name,
        "tier": record.tier_label,
        "website": record.website,
        "linkedin_url": record.linkedin_url,
        "source_url": source_url,
        "evidence": f"{record.tier_label}: {record.name}" if record.tier_label else record.name,
    }
    return {name: value for name, value in row.items() if value is not None or name != "linkedin_url"}
