"""Pages are kept for a while, sites are asked in turn, and what was read for an answer is in the ledger."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import Engine, text

from prospecting.agents.ledger import Ledger
from prospecting.agents.live import LiveAgents
from prospecting.agents.live_settings import LiveSettings
from prospecting.agents.page_fetching import PageFetcher, PageRefused
from prospecting.agents.page_reading import PageReader
from prospecting.agents.searches import SponsorSearch
from prospecting.parsing.sponsors import parse_sponsors
from tests.stand_in.server import StandIn


@pytest.fixture(scope="module")
def server() -> Iterator[StandIn]:
    with StandIn() as stand_in:
        yield stand_in


@pytest.fixture
def stand_in(server: StandIn) -> StandIn:
    server.reset()
    return server


@pytest.fixture
def reader(engine: Engine, stand_in: StandIn) -> PageReader:
    return PageReader(PageFetcher(local_hosts={"*": stand_in.url.partition("//")[2]}), engine)


def paths(stand_in: StandIn) -> list[str]:
    return [one["path"] for one in stand_in.requests("pages")]


def expire(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(text("update web_pages set expires_at = clock_timestamp()"))


def test_a_page_is_fetched_once_for_everybody_until_it_expires(
    engine: Engine, stand_in: StandIn, reader: PageReader
) -> None:
    stand_in.script("pages", {"path": "/robots.txt", "text": "User-agent: *\nAllow: /"}, {"html": "<h1>\x00One</h1>"})
    with ThreadPoolExecutor(2) as threads:
        pages = list(threads.map(reader.read, ["https://devconf.io/a", "https://devconf.io/a"]))
    assert {page.content for page in pages} == {b"<h1>\x00One</h1>"}
    asked = len(paths(stand_in))
    assert reader.read("https://devconf.io/a?utm_source=x#y").url == "https://devconf.io/a"
    assert len(paths(stand_in)) == asked
    assert reader.read("https://devconf.io/b").status == 200
    assert paths(stand_in)[asked:] == ["/b"], "robots.txt is kept as well"
    expire(engine)
    stand_in.script("pages", {"path": "/robots.txt", "status": 404}, {"path": "/a", "html": "Two"})
    assert reader.read("https://devconf.io/a").content == b"Two"
    with engine.begin() as connection:
        kept = connection.execute(text("select url from web_pages order by url")).scalars().all()
    assert kept == ["https://devconf.io/a", "https://devconf.io/robots.txt"], "what has expired goes"


def test_a_site_that_fails_is_left_alone_for_a_while(engine: Engine, stand_in: StandIn, reader: PageReader) -> None:
    stand_in.script("pages", {"path": "/robots.txt", "status": 404}, {"status": 503, "html": ""})
    for _ in range(2):
        with pytest.raises(PageRefused, match="503"):
            replace(reader, pauses=(0.01, 0.01)).read("https://devconf.io/a")
    assert paths(stand_in) == ["/robots.txt", "/a", "/a", "/a"]


@pytest.mark.parametrize("skip", [0, 1])
@pytest.mark.parametrize("fault", [{"status": 503}, {"status": 429}, {"drop": True}, {"truncate": 3}, {"body": ""}])
def test_a_site_that_stumbles_is_asked_again(
    stand_in: StandIn, reader: PageReader, fault: dict[str, Any], skip: int
) -> None:
    """Whether its robots.txt fails or the page; an empty robots.txt allows everything."""
    stand_in.script("pages", {"path": "/robots.txt", "text": "User-agent: *"}, {"html": "<h1>One</h1>"})
    stand_in.dial("pages", **fault, times=2, skip=skip)
    assert replace(reader, pauses=(0.01, 0.01)).read("https://devconf.io/a").content == b"<h1>One</h1>"
    assert paths(stand_in).count("/a") == (3 if skip else 2 if fault == {"body": ""} else 1)


def test_all_hosts_of_a_site_share_its_turns(engine: Engine, stand_in: StandIn, reader: PageReader) -> None:
    stand_in.script("pages", {"path": "/robots.txt", "text": "User-agent: *\nCrawl-delay: 2"}, {"html": "x"})
    reader.read("https://www.devconf.io/a")
    with engine.begin() as connection:
        bucket = connection.execute(text("select provider, capacity, refill_per_second from rate_limits")).one()
        assert tuple(bucket) == ("host:devconf.io", 1, Decimal("0.5"))
        connection.execute(text("update rate_limits set tokens = -1000, refilled_at = now()"))
    with pytest.raises(PageRefused, match="many pages"):
        reader.read("https://tickets.devconf.io/b")


def test_sponsors_from_the_site_are_an_answer_like_any_other(engine: Engine, stand_in: StandIn) -> None:
    agents = LiveAgents(
        LiveSettings(
            llm_api_key="key",
            llm_model="stand-in",
            search_api_key="key",
            llm_base_url=f"{stand_in.url}/v1",
            search_base_url=stand_in.url,
            local_hosts={"*": stand_in.url.partition("//")[2]},
        ),
        engine=engine,
    )
    search = SponsorSearch("Py Days", "https://pydays.example.org", year=2027)
    first = Ledger(engine, agents, "one").ask(search)
    again, other = Ledger(engine, agents, "one").ask(search), Ledger(engine, agents, "two").ask(search)
    assert [one.tier for one in parse_sponsors(first.content).items] == ["platinum", "gold", "silver", "bronze"]
    assert (first.cost_usd, first.reused, again.reused, other.reused) == (0, False, True, True)
    assert again.content == other.content == first.content
    assert paths(stand_in) == ["/robots.txt", "/", "/sponsors"]
    assert stand_in.requests("llm") == stand_in.requests("search") == []
    with engine.begin() as connection:
        call = connection.execute(text("select agent, status, cost_usd from agent_calls where scope = 'one'")).one()
        steps = connection.execute(
            text("select kind, status, request ->> 'url', cost_usd from agent_steps order by id")
        )
        assert tuple(call) == ("sponsor_extraction", "succeeded", 0)
        assert [tuple(step) for step in steps] == [
            ("page", "succeeded", "https://pydays.example.org", 0),
            ("page", "succeeded", "https://pydays.example.org/sponsors", 0),
        ]
