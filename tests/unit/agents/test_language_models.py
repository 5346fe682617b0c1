"""Anthropic's API and connections of common.ai against the stand-in: real HTTP, and every kind of failure."""

from __future__ import annotations

import json
import logging
import traceback
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from airflow.sdk import Connection

from prospecting.agents.errors import (
    AgentError,
    AgentTimeout,
    AgentUnavailable,
    AuthenticationFailed,
    Misconfigured,
    QuotaExceeded,
    RateLimited,
    RequestRefused,
)
from prospecting.agents.language_models import ask_one_word
from prospecting.agents.live import LiveAgents
from prospecting.agents.live_settings import LiveSettings, check_settings
from prospecting.agents.metering import SpentBeforeFailure
from prospecting.agents.searches import PeopleSearch
from prospecting.hooks.agents import AgentsHook, live_settings
from tests.stand_in.anthropic_messages import LOW_CREDIT
from tests.stand_in.server import StandIn

KEY = "sk-key-7f3a91"
MARKER = "ada.marker@private.example"
PEOPLE = PeopleSearch("Acme Rockets", target_functions=("VP Sales",), outreach_context=f"Reply to {MARKER}")
PRICES = {"input_usd_per_million": "3", "output_usd_per_million": "15"}


@pytest.fixture(scope="module")
def server() -> Iterator[StandIn]:
    with StandIn() as stand_in:
        yield stand_in


@pytest.fixture
def stand_in(server: StandIn) -> StandIn:
    server.reset()
    return server


def settings_of(stand_in: StandIn, conn_type: str, host: str | None, **extra: Any) -> LiveSettings:
    """Settings of connections as a user makes them."""
    llm = Connection(
        conn_id="prospecting_llm",
        conn_type=conn_type,
        host=host,
        password=KEY,
        extra=json.dumps({"timeout_seconds": 20, **PRICES, **extra}),
    )
    search = Connection(
        conn_id="prospecting_search",
        conn_type="generic",
        host=stand_in.url,
        password=KEY,
        extra=json.dumps({"usd_per_search": "0.008"}),
    )
    return live_settings(llm, search)


@pytest.fixture
def connect(stand_in: StandIn, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Settings of such connections that Airflow knows as well."""

    def settings(conn_type: str, host: str | None, **extra: Any) -> LiveSettings:
        stored = {"conn_type": conn_type, "host": host, "password": KEY, "extra": {**PRICES, **extra}}
        monkeypatch.setenv("AIRFLOW_CONN_PROSPECTING_LLM", json.dumps(stored))
        search = {"conn_type": "generic", "host": stand_in.url, "password": KEY}
        monkeypatch.setenv("AIRFLOW_CONN_PROSPECTING_SEARCH", json.dumps(search))
        return settings_of(stand_in, conn_type, host, **extra)

    return settings


@pytest.fixture
def anthropic(stand_in: StandIn) -> LiveSettings:
    return settings_of(stand_in, "prospecting_llm", stand_in.url, model="claude-sonnet-5", api="anthropic")


@pytest.mark.parametrize("root", ["", "/v1", "/v1/"])
def test_anthropic_searches_and_answers(root: str, anthropic: LiveSettings, stand_in: StandIn) -> None:
    stand_in.script("anthropic", {"searches": ["one", "two"], "reply": '{"contacts": []}', "usage": [2000, 300]})
    answer = LiveAgents(replace(anthropic, llm_base_url=f"{stand_in.url}{root}")).answer(PEOPLE)
    assert answer.content == b'{"contacts": []}'
    assert (answer.input_tokens, answer.output_tokens) == (6000, 900)
    assert answer.cost_usd == Decimal("0.018") + Decimal("0.0135") + 2 * Decimal("0.008")
    assert [each["contract"] for each in stand_in.requests()] == ["anthropic", "search"] * 2 + ["anthropic"]
    asked = stand_in.requests("anthropic")[0]
    assert asked["headers"]["authorization"] == f"Bearer {KEY}"
    assert asked["body"]["model"] == "claude-sonnet-5"
    assert [tool["name"] for tool in asked["body"]["tools"]] == ["search_web", "read_page"]
    assert asked["body"]["max_tokens"] == anthropic.max_output_tokens


ANTHROPIC_FAILURES: list[tuple[dict[str, Any], type[AgentError], int | None]] = [
    ({"status": 401}, AuthenticationFailed, 401),
    ({"status": 403}, AuthenticationFailed, 403),
    ({"status": 402}, QuotaExceeded, 402),
    ({"status": 400, "code": LOW_CREDIT}, QuotaExceeded, 400),
    ({"status": 400}, RequestRefused, 400),
    ({"status": 404}, Misconfigured, 404),
    ({"status": 413}, RequestRefused, 413),
    ({"status": 429, "retry_after": 7}, RateLimited, 429),
    ({"status": 500}, AgentUnavailable, 500),
    ({"status": 529, "retry_after": 7}, AgentUnavailable, 529),
    ({"drop": True}, AgentUnavailable, None),
    ({"truncate": 40}, AgentUnavailable, None),
    ({"body": "<html>Bad gateway</html>"}, AgentUnavailable, None),
    ({"body": "{}"}, AgentUnavailable, None),
    ({"body": ""}, AgentUnavailable, None),
    ({"half": True}, AgentUnavailable, None),
    ({"body": '{"type": "message", "content": null}'}, AgentUnavailable, None),
]


@pytest.mark.parametrize(("dial", "kind", "status"), ANTHROPIC_FAILURES)
def test_failures_of_anthropic(
    dial: dict[str, Any],
    kind: type[AgentError],
    status: int | None,
    anthropic: LiveSettings,
    stand_in: StandIn,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    stand_in.dial("anthropic", **dial)
    with pytest.raises(AgentError) as failure:
        LiveAgents(anthropic).answer(PEOPLE)
    assert (type(failure.value), failure.value.http_status) == (kind, status)
    assert failure.value.retry_after == dial.get("retry_after")
    assert len(stand_in.requests("anthropic")) == 1, "the task's retry policy decides about tries"
    printed = "".join(traceback.format_exception(failure.value)) + caplog.text
    for secret in (KEY, MARKER, "Acme Rockets", "sk-ant", "began with"):
        assert secret not in printed


def test_anthropic_is_not_waited_for_longer_than_allowed(anthropic: LiveSettings, stand_in: StandIn) -> None:
    stand_in.dial("anthropic", delay=3)
    with pytest.raises(AgentTimeout):
        LiveAgents(replace(anthropic, timeout_seconds=0.5)).answer(PEOPLE)


def test_a_refusal_of_anthropic_is_one_and_a_cut_off_answer_is_an_answer(
    anthropic: LiveSettings, stand_in: StandIn
) -> None:
    stand_in.script("anthropic", {"stop_reason": "refusal"})
    with pytest.raises(RequestRefused, match="declined") as failure:
        LiveAgents(anthropic).answer(PEOPLE)
    assert isinstance(failure.value.__cause__, SpentBeforeFailure)
    stand_in.script("anthropic", {"reply": '{"contacts": [{"name": "Ada', "stop_reason": "max_tokens"})
    assert LiveAgents(anthropic).answer(PEOPLE).content == b'{"contacts": [{"name": "Ada'


# -------------------------------------------------------------------------------------------------- connections
@pytest.mark.parametrize(
    ("extra", "expected"),
    [
        ({"model": "gpt-5"}, ("openai", "gpt-5", "https://api.openai.com/v1")),
        ({"model": "claude-x", "api": "anthropic"}, ("anthropic", "claude-x", "https://api.anthropic.com")),
        ({"model": "anthropic:claude-x"}, ("anthropic", "claude-x", "https://api.anthropic.com")),
        ({"model": "anthropic:claude-x", "api": "anthropic"}, ("anthropic", "claude-x", "https://api.anthropic.com")),
        # A gateway may call its models whatever it likes.
        (
            {"model": "anthropic:claude-x", "api": "openai"},
            ("openai", "anthropic:claude-x", "https://api.openai.com/v1"),
        ),
        ({"model": "anthropic/claude-x"}, ("openai", "anthropic/claude-x", "https://api.openai.com/v1")),
    ],
)
def test_which_api_a_connection_means(extra: dict[str, Any], expected: tuple[str, str, str], stand_in: StandIn) -> None:
    settings = settings_of(stand_in, "prospecting_llm", None, **extra)
    assert (settings.llm_api, settings.llm_model, settings.llm_base_url) == expected


def test_an_api_that_nobody_knows_is_refused(stand_in: StandIn) -> None:
    with pytest.raises(ValueError, match='Extra api must be one of openai, anthropic, not "claude"'):
        settings_of(stand_in, "prospecting_llm", None, model="m", api="claude")


AZURE = "https://x.openai.azure.com/openai/v1"
NO_PRICE = {"input_usd_per_million": None, "output_usd_per_million": None}


@pytest.mark.parametrize(
    ("conn_type", "host", "model", "source"),
    [
        ("prospecting_llm", None, "anthropic:claude-sonnet-4-5", "the published price of Anthropic claude-sonnet-4-5"),
        ("pydanticai", None, "anthropic:claude-sonnet-4-5", "the published price of Anthropic claude-sonnet-4-5"),
        ("pydanticai", None, "openai:gpt-5", "the published price of OpenAI gpt-5"),
        ("pydanticai", "http://127.0.0.1:11434/v1", "openai-chat:gpt-5", ""),
        ("pydanticai", None, "no-such-service:gpt-5", ""),
        ("pydanticai_azure", AZURE, "gpt-5", "the published price of Microsoft Azure gpt-5"),
        ("pydanticai-azure", AZURE, "azure:gpt-5", "the published price of Microsoft Azure gpt-5"),
        (
            "pydanticai_bedrock",
            None,
            "us.anthropic.claude-opus-4-5-20251101-v1:0",
            "the published price of AWS Bedrock regional.anthropic.claude-opus-4-5-v1:0",
        ),
        ("pydanticai_vertex", None, "gemini-2.5-flash", "the published price of Google gemini-2.5-flash"),
    ],
)  # fmt: skip
def test_prices_are_found_by_service(
    conn_type: str, host: str | None, model: str, source: str, stand_in: StandIn
) -> None:
    prices = settings_of(stand_in, conn_type, host, model=model, **NO_PRICE).prices
    assert (prices.source, prices.are_known) == (source, bool(source))


@pytest.mark.parametrize(
    ("model", "root", "contract"), [("openai-chat:m", "/v1", "llm"), ("anthropic:claude-m", "", "anthropic")]
)
def test_connections_of_common_ai(model: str, root: str, contract: str, connect: Any, stand_in: StandIn) -> None:
    settings = connect("pydanticai", f"{stand_in.url}{root}", model=model)
    check_settings(settings)
    ask_one_word(settings)
    (word,) = stand_in.requests()
    assert word["contract"] == contract
    assert KEY in str(word["headers"])
    stand_in.reset()
    answer = LiveAgents(settings).answer(PEOPLE)
    assert [each["contract"] for each in stand_in.requests()] == [contract, "search", contract]
    assert answer.cost_usd == 2 * (Decimal("0.003") + Decimal("0.0015")) + Decimal("0.008")
    stand_in.reset()
    stand_in.dial(contract, status=500)
    with pytest.raises(AgentUnavailable):
        LiveAgents(settings).answer(PEOPLE)
    assert len(stand_in.requests()) == 1, "nothing is sent twice"
    stand_in.dial(contract, delay=3)
    with pytest.raises(AgentTimeout):
        LiveAgents(replace(settings, timeout_seconds=0.5)).answer(PEOPLE)


@pytest.mark.parametrize(
    ("conn_type", "extra", "said"),
    [
        ("pydanticai", {"model": "openai-chat:m", "fallback_conn_ids": ["other"]}, "Take fallback_conn_ids out"),
        ("pydanticai", {"model": "m"}, "no default model provider"),
        ("pydanticai_bedrock", {"model": "m"}, "boto3"),
        ("pydanticai_vertex", {"model": "m"}, "google"),
    ],
)
def test_connections_of_common_ai_that_make_no_model(
    conn_type: str, extra: dict[str, Any], said: str, connect: Any
) -> None:
    settings = connect(conn_type, None, **extra)
    with pytest.raises(Misconfigured, match=said):
        AgentsHook(provider="live").check_connections()
    with pytest.raises(Misconfigured, match=said) as failure:
        LiveAgents(settings).answer(PEOPLE)
    assert "prospecting_llm" in str(failure.value)
    assert KEY not in str(failure.value)


def test_a_connection_of_common_ai_needs_a_model(stand_in: StandIn) -> None:
    with pytest.raises(AuthenticationFailed, match="No model"):
        check_settings(settings_of(stand_in, "pydanticai", None))
