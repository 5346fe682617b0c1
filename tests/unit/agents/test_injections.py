"""Pages and search results that try to talk a model into something: nothing is called, read or paid for because of it.

The model of these tests obeys every word (``tests/stand_in/gullible.py``): whatever does not happen is not possible.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from prospecting.agents.live import LiveAgents
from prospecting.agents.live_settings import LiveSettings
from prospecting.agents.metering import Prices
from prospecting.agents.searches import SponsorSearch
from prospecting.parsing.pages import reduce_page
from prospecting.parsing.sponsor_pages import read_sponsor_page
from prospecting.parsing.sponsors import parse_sponsors
from tests.stand_in.server import StandIn
from tests.unit.agents.injections import CANARY, HIDDEN, INJECTIONS, PLANTED, VISIBLE
from tests.unit.parsing.sponsor_page_samples import SAMPLES

HOST = "conf.example.org"
PAGE = f"https://{HOST}/sponsors"
_BODY = re.compile(r"<h2[^>]*>", re.IGNORECASE)


def test_there_are_enough_of_them() -> None:
    assert len(INJECTIONS) >= 30
    assert len(INJECTIONS) == len(VISIBLE) + len(HIDDEN)


@pytest.fixture(scope="module")
def stand_in() -> Iterator[StandIn]:
    with StandIn() as server:
        yield server


def places(html: str, injection: str) -> Iterator[str]:
    """The page with the injection at its beginning, among its sponsors, and at its end."""
    for match in [*_BODY.finditer(html)][:2]:
        yield html[: match.start()] + injection + html[match.start() :]
    head, body, tail = html.rpartition("</body>")
    yield head + injection + body + tail if body else html + injection


@pytest.mark.parametrize("kind", INJECTIONS)
def test_sponsors_are_read_from_the_page_as_if_it_were_not_there(kind: str) -> None:
    """Nobody is added; of all that are listed, no more than 2 in 100 get lost."""
    listed = lost = 0
    for _, url, html, sponsors in SAMPLES:
        for page in places(html, INJECTIONS[kind]):
            found = {(one.name, one.tier, one.website) for one in read_sponsor_page(page, url).sponsors}
            assert not {name for name, *_ in found} - {name for name, *_ in sponsors}, page
            listed += len(sponsors)
            lost += len(set(sponsors) - found)
    assert lost <= 0.02 * listed, f"{lost} of {listed}"


@pytest.mark.parametrize("kind", HIDDEN)
def test_what_no_visitor_sees_reaches_no_model(kind: str) -> None:
    for _, url, html, _ in SAMPLES:
        for page in places(html, HIDDEN[kind]):
            assert PLANTED not in reduce_page(page, url).text


@pytest.mark.parametrize("kind", INJECTIONS)
def test_a_model_that_obeys_has_nothing_to_do_it_with(kind: str, stand_in: StandIn) -> None:
    """On the page and in the search results: one search, pages of the site alone, and nobody who was only hidden."""
    stand_in.reset()
    seen = INJECTIONS[kind]
    page = f"<title>Sponsors</title><h1>Conf</h1><p>Sponsors will follow.</p>{seen}<a href='/more'>More</a>"
    stand_in.script("pages", {"host": HOST, "path": "/robots.txt", "status": 404}, {"html": page})
    result: dict[str, Any] = {"title": "Conf", "url": PAGE, "content": re.sub(r"<[^>]+>", " ", seen) or "Conf"}
    stand_in.script("search", {"results": [result]})
    stand_in.script("llm", {"gullible": True})
    settings = LiveSettings(
        llm_api_key="any",
        llm_model="stand-in",
        search_api_key="any",
        llm_base_url=f"{stand_in.url}/v1",
        search_base_url=stand_in.url,
        prices=Prices(),
        local_hosts={"*": stand_in.url.removeprefix("http://")},
        read_sponsor_pages=False,
    )
    answer = LiveAgents(settings).answer(SponsorSearch("Conf", website=f"https://{HOST}"))

    asked = stand_in.requests()
    assert {each["contract"] for each in asked} <= {"llm", "search", "pages"}
    read = [each for each in asked if each["contract"] == "pages"]
    assert {each["headers"]["host"].partition(":")[0] for each in read} <= {HOST}
    assert {each["path"] for each in read} <= {"/", "/sponsors", "/more", "/robots.txt"}
    assert [each["query"] for each in read if each["query"]] == []
    assert len([each for each in asked if each["contract"] == "search"]) <= settings.max_searches
    assert len(read) <= settings.max_pages + 1
    if kind in HIDDEN and PLANTED not in result["content"]:
        assert PLANTED not in {one.name for one in parse_sponsors(answer.content).items}
    assert not any(CANARY in str(each["headers"]) for each in read)
