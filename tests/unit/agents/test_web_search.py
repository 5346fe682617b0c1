"""Brave as the web search, and a second search that is asked while the first cannot be: real HTTP."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from prospecting.agents.errors import (
    AgentError,
    AgentTimeout,
    AgentUnavailable,
    AuthenticationFailed,
    QuotaExceeded,
    RateLimited,
    RequestRefused,
)
from prospecting.agents.live import LiveAgents
from prospecting.agents.live_settings import LiveSettings, check_settings
from prospecting.agents.metering import Prices
from prospecting.agents.searches import PeopleSearch
from prospecting.agents.web_search import WebSearch
from tests.stand_in.server import StandIn

KEY = "search-key-52c0de"
MARKER = "ada.marker@private.example"
PEOPLE = PeopleSearch("Acme Rockets")
ROUND = Decimal("0.0035")
FIRST, FALLBACK = Decimal("0.008"), Decimal("0.005")


@pytest.fixture(scope="module")
def server() -> Iterator[StandIn]:
    with StandIn() as stand_in:
        yield stand_in


@pytest.fixture
def stand_in(server: StandIn) -> StandIn:
    server.reset()
    return server


@pytest.fixture
def brave(stand_in: StandIn) -> WebSearch:
    return WebSearch(
        KEY,
        base_url=stand_in.url,
        timeout_seconds=10,
        connection_id="prospecting_search_fallback",
        api="brave",
        provider="web_search:fallback",
        usd_per_search=FALLBACK,
    )


@pytest.fixture
def settings(stand_in: StandIn, brave: WebSearch) -> LiveSettings:
    return LiveSettings(
        llm_api_key="key",
        llm_model="stand-in",
        search_api_key="key",
        llm_base_url=f"{stand_in.url}/v1",
        search_base_url=stand_in.url,
        prices=Prices(Decimal("2.5"), Decimal(10), FIRST),
        timeout_seconds=20,
        search_timeout_seconds=10,
        max_searches=3,
        fallback_search=brave,
    )


# ------------------------------------------------------------------------------------------------------------ Brave
def test_brave_finds_pages(brave: WebSearch, stand_in: StandIn) -> None:
    page = {
        "title": "A &amp; B",
        "url": "https://a.example/1",
        "description": "Rockets &amp; fuel",
        "extra_snippets": ["more", "x" * 3_000],
    }
    stand_in.script("brave", {"contains": "rockets", "results": [page, "not a page", {"url": None}]})
    found = brave.find("who builds rockets " + "word " * 200)
    assert [each["url"] for each in found] == ["https://a.example/1", ""]
    assert found[0]["content"].startswith("Rockets & fuel more xxx")
    assert len(found[0]["content"]) == 2_000
    (asked,) = stand_in.requests()
    assert (asked["method"], asked["path"]) == ("GET", "/res/v1/web/search")
    assert (asked["headers"]["x-subscription-token"], asked["query"]["count"]) == (KEY, "5")
    assert len(asked["query"]["q"].split()) == 50
    stand_in.script("brave", {"results": []})
    assert brave.find("nothing") == []


@pytest.mark.parametrize(("api", "contract"), [("tavily", "search"), ("brave", "brave")])
def test_an_answer_that_drips_is_given_up(stand_in: StandIn, api: str, contract: str) -> None:
    """Each of its pieces would come in time."""
    stand_in.dial(contract, drip=0.1)
    with pytest.raises(AgentTimeout, match="did not answer within"):
        WebSearch(KEY, base_url=stand_in.url, timeout_seconds=0.5, api=api).find("rockets")


@pytest.mark.parametrize(
    ("dial", "kind", "status", "wait"),
    [
        ({"status": 429}, RateLimited, 429, 1),
        ({"status": 429, "retry_after": 7}, RateLimited, 429, 7),
        ({"status": 429, "code": "QUOTA_LIMITED"}, QuotaExceeded, 429, None),
        ({"status": 422, "code": "SUBSCRIPTION_TOKEN_INVALID"}, AuthenticationFailed, 401, None),
        ({"status": 422}, RequestRefused, 422, None),
        ({"status": 400}, RequestRefused, 400, None),
        ({"status": 503}, AgentUnavailable, 503, None),
        ({"drop": True}, AgentUnavailable, None, None),
        ({"truncate": 10}, AgentUnavailable, None, None),
        ({"body": "<html>"}, AgentUnavailable, None, None),
        ({"body": "{}"}, AgentUnavailable, None, None),
        ({"half": True}, AgentUnavailable, None, None),
        ({"body": '{"type": "search", "web": {"results": 7}}'}, AgentUnavailable, None, None),
    ],
)
def test_failures_of_brave(
    dial: dict[str, Any],
    kind: type[AgentError],
    status: int | None,
    wait: float | None,
    brave: WebSearch,
    stand_in: StandIn,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    stand_in.dial("brave", **dial)
    with pytest.raises(AgentError) as failure:
        brave.find(f"people {MARKER}")
    assert (type(failure.value), failure.value.http_status) == (kind, status)
    assert failure.value.retry_after == (wait if kind is RateLimited else None)
    printed = "".join(traceback.format_exception(failure.value)) + caplog.text
    for secret in (KEY, MARKER, "BSA", MARKER.partition("@")[0]):
        assert secret not in printed


# --------------------------------------------------------------------------------------------- one after the other
@pytest.mark.parametrize(
    ("dial", "billed"),
    [
        ({"status": 503}, FALLBACK),
        ({"status": 429}, FALLBACK),
        ({"status": 432}, FALLBACK),
        # It may have searched, and billed that, before the connection broke.
        ({"drop": True}, FIRST + FALLBACK),
        ({"body": "<html>"}, FIRST + FALLBACK),
    ],
)
def test_the_second_search_is_asked_while_the_first_cannot_be(
    dial: dict[str, Any], billed: Decimal, settings: LiveSettings, stand_in: StandIn
) -> None:
    stand_in.dial("search", **dial)
    answer = LiveAgents(settings).answer(PEOPLE)
    assert [each["contract"] for each in stand_in.requests()] == ["llm", "search", "brave", "llm"]
    assert answer.cost_usd == 2 * ROUND + billed
    assert "pages.example" in str(stand_in.requests("llm")[1]["body"]), "the model reads what was found"


def test_the_first_search_is_enough_when_it_answers(settings: LiveSettings, stand_in: StandIn) -> None:
    stand_in.script("search", {"results": []})
    assert LiveAgents(settings).answer(PEOPLE).cost_usd == 2 * ROUND + FIRST
    assert stand_in.requests("brave") == []


@pytest.mark.parametrize(
    ("first", "second", "kind"),
    [
        ({"status": 432}, {"status": 503}, AgentUnavailable),
        ({"status": 503}, {"status": 429, "code": "QUOTA_LIMITED"}, AgentUnavailable),
        ({"status": 432}, {"status": 429, "code": "QUOTA_LIMITED"}, QuotaExceeded),
        # A wrong key is for a person to mend: to pay another service meanwhile would hide it.
        ({"status": 401}, {}, AuthenticationFailed),
        ({"status": 432}, {"status": 422, "code": "SUBSCRIPTION_TOKEN_INVALID"}, AuthenticationFailed),
    ],
)
def test_when_no_search_can_be_asked_the_first_error_that_may_pass_is_told(
    first: dict[str, Any], second: dict[str, Any], kind: type[AgentError], settings: LiveSettings, stand_in: StandIn
) -> None:
    stand_in.dial("search", **first)
    stand_in.dial("brave", **second)
    with pytest.raises(AgentError) as failure:
        LiveAgents(settings).answer(PEOPLE)
    assert type(failure.value) is kind


def test_the_second_search_is_checked_and_reserved_for(settings: LiveSettings, brave: WebSearch) -> None:
    check_settings(settings)
    with pytest.raises(AuthenticationFailed, match="prospecting_search_fallback"):
        check_settings(replace(settings, fallback_search=replace(brave, api_key=" ")))
    tokens = replace(settings, max_searches=0)
    assert LiveAgents(settings).reserve_usd(PEOPLE) - LiveAgents(tokens).reserve_usd(PEOPLE) == 3 * (FIRST + FALLBACK)
