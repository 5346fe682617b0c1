"""The tools of a live agent: what it may read, how much, and that pages only ever are data."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from pydantic_ai.usage import RunUsage

from prospecting.agents.live import LiveAgents
from prospecting.agents.live_settings import LiveSettings
from prospecting.agents.page_reading import PageReader
from prospecting.agents.searches import EventSearch, SponsorSearch
from prospecting.agents.sponsor_pages import sponsors_on_site
from prospecting.agents.steps import Steps
from prospecting.agents.web_tools import Meter, WebTools, page_fetcher
from prospecting.parsing.sponsors import parse_sponsors
from tests.stand_in.server import StandIn
from tests.unit.parsing.sponsor_page_samples import SAMPLES


@pytest.fixture(scope="module")
def server() -> Iterator[StandIn]:
    with StandIn() as stand_in:
        yield stand_in


@pytest.fixture
def stand_in(server: StandIn) -> StandIn:
    server.reset()
    return server


@pytest.fixture
def settings(stand_in: StandIn) -> LiveSettings:
    return LiveSettings(
        llm_api_key="llm-key",
        llm_model="stand-in-1",
        search_api_key="search-key",
        llm_base_url=f"{stand_in.url}/v1",
        search_base_url=stand_in.url,
        max_pages=3,
        local_hosts={"*": stand_in.url.partition("//")[2]},
    )


def tools_for(settings: LiveSettings, **asked: Any) -> WebTools:
    return WebTools(settings, Meter(RunUsage()), Steps(), asked=asked)


def pages_read(stand_in: StandIn) -> list[str]:
    asked = stand_in.requests("pages")
    return [f"{one['headers']['host']}{one['path']}" for one in asked if one["path"] != "/robots.txt"]


def test_only_addresses_that_were_seen_are_read(settings: LiveSettings, stand_in: StandIn) -> None:
    stand_in.script(
        "search", {"results": [{"title": "T", "url": "https://found.org/list", "content": "see https://said.org/x."}]}
    )
    stand_in.script(
        "pages",
        {"path": "/robots.txt", "status": 404},
        {"host": "found.org", "html": '<h1>List</h1><a href="/more">More</a> <a href="https://other.org/">Other</a>'},
        {"html": "<p>here</p>"},
    )
    tools = tools_for(settings, website="devconf.io", discovery_prompt="as on https://hint.org/page")
    for unseen in (
        "https://found.org/list",
        "https://found.org/more",
        "https://evil.org/?q=secret",
        "http://127.0.0.1/",
        "nonsense",
    ):
        assert "Only addresses" in tools.read_page(unseen)
    assert pages_read(stand_in) == []
    tools.search_web("sponsors")
    page = json.loads(tools.read_page("https://found.org/list?utm_campaign=secret#secret"))
    assert page["url"] == "https://found.org/list"
    assert page["text"] == "# List\n[More](https://found.org/more) [Other](https://other.org)"
    assert "Only addresses" in tools.read_page("https://found.org/list/secret")
    assert "Only addresses" in tools.read_page("https://other.org/?leak=secret")
    assert json.loads(tools.read_page("http://found.org/more/"))["url"] == "https://found.org/more"
    assert json.loads(tools.read_page("https://devconf.io"))["text"] == "here"
    assert "No pages are left" in tools.read_page("https://hint.org/page")
    assert pages_read(stand_in) == ["found.org/list", "found.org/more", "devconf.io/"]
    assert all(one["query"] == {} for one in stand_in.requests("pages"))


def test_the_model_is_told_why_a_page_cannot_be_read(settings: LiveSettings, stand_in: StandIn) -> None:
    stand_in.script("pages", {"path": "/robots.txt", "text": "User-agent: *\nDisallow: /"})
    tools = tools_for(settings, website="https://devconf.io/sponsors")
    assert "robots.txt" in json.loads(tools.read_page("https://devconf.io/sponsors"))["error"]


def test_a_long_page_is_cut_and_says_so(settings: LiveSettings, stand_in: StandIn) -> None:
    stand_in.script(
        "pages", {"path": "/robots.txt", "status": 404}, {"html": "".join(f"<p>word {n}</p>" for n in range(9_000))}
    )
    page = json.loads(tools_for(settings, website="https://devconf.io/about").read_page("https://devconf.io/about"))
    assert len(page["text"]) <= 30_000
    assert "longer" in page["note"]


@pytest.mark.parametrize(("url", "html", "sponsors"), [one[1:] for one in SAMPLES], ids=[one[0] for one in SAMPLES])
def test_an_answer_from_a_page_is_what_parsers_read(
    settings: LiveSettings, stand_in: StandIn, url: str, html: str, sponsors: list[tuple[str, str | None, str | None]]
) -> None:
    stand_in.script(
        "pages", {"path": "/robots.txt", "status": 404}, {"path": url.split("/", 3)[3].join(["/", ""]), "html": html}
    )
    answer = sponsors_on_site(SponsorSearch("Conf", website=url), PageReader(page_fetcher(settings)), Steps())
    if len(sponsors) < 3:
        assert answer is None
        return
    assert answer is not None
    read = parse_sponsors(answer).items
    assert [(one.name, one.tier, one.website) for one in read] == sponsors
    assert {row["source_url"] for row in json.loads(answer)["sponsors"]} == {
        url.removesuffix("/") if url.count("/") == 3 else url
    }


def test_sponsors_come_from_the_site_without_a_word_to_the_model(settings: LiveSettings, stand_in: StandIn) -> None:
    search = SponsorSearch("Py Days", "https://pydays.example.org", date(2027, 5, 1))
    answer = LiveAgents(settings).answer(search)
    assert [record.tier for record in parse_sponsors(answer.content).items] == ["platinum", "gold", "silver", "bronze"]
    assert (answer.cost_usd, answer.input_tokens, answer.output_tokens) == (0, None, None)
    assert stand_in.requests("llm") == stand_in.requests("search") == []
    assert pages_read(stand_in) == ["pydays.example.org/", "pydays.example.org/sponsors"]


@pytest.mark.parametrize(
    "page",
    [
        {"html": "<h1>Sponsors</h1><p>To be announced</p>"},
        {
            "html": "<h1>Sponsors 2026</h1>"
            + "".join(f"<a href='https://c{n}.com'><img alt='Co {n}'></a>" for n in range(5))
        },
        {"status": 500, "html": ""},
        {"location": "http://127.0.0.1/"},
        {"html": "x", "type": "application/pdf"},
    ],
    ids=["none yet", "an earlier year", "broken", "redirect inside", "pdf"],
)
def test_the_model_is_asked_where_the_site_says_nothing(
    settings: LiveSettings, stand_in: StandIn, page: dict[str, Any]
) -> None:
    stand_in.script("pages", {"path": "/robots.txt", "status": 404}, {"path": "/", **page}, {"status": 404, "html": ""})
    search = SponsorSearch("Py Days", "https://pydays.io", date(2027, 5, 1))
    assert len(parse_sponsors(LiveAgents(settings).answer(search).content).items) == 3
    assert len(stand_in.requests("llm")) == 2


@pytest.mark.parametrize("switched", [{"read_sponsor_pages": False}, {"max_pages": 0}])
def test_reading_can_be_switched_off(settings: LiveSettings, stand_in: StandIn, switched: dict[str, Any]) -> None:
    from dataclasses import replace

    LiveAgents(replace(settings, **switched)).answer(SponsorSearch("Py Days", "https://pydays.example.org"))
    LiveAgents(replace(settings, **switched)).answer(EventSearch("fintech"))
    assert stand_in.requests("pages") == []
    tools = [one["function"]["name"] for one in stand_in.requests("llm")[0]["body"]["tools"]]
    assert tools == (["search_web"] if switched.get("max_pages") == 0 else ["search_web", "read_page"])
