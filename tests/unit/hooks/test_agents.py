"""Which agents a provider's name stands for, and where their settings come from."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from airflow.sdk import BaseHook, Connection
from airflow.sdk.exceptions import AirflowNotFoundException
from sqlalchemy import create_engine

from prospecting.agents.errors import AuthenticationFailed
from prospecting.agents.ledger import Budget
from prospecting.hooks import agents as hooks
from prospecting.hooks.agents import AgentsHook
from prospecting.hooks.connection_extras import rate_limit
from prospecting.hooks.operations import OperationsHook
from prospecting.services.runtime import Runtime
from prospecting.services.signal_params import AgentFamily

NOWHERE = Runtime(create_engine("postgresql+psycopg://nobody@127.0.0.1:9/none"))


def connection(**fields: Any) -> Connection:
    extra = fields.pop("extra", {})
    return Connection(**{"conn_id": "x", "conn_type": "generic", **fields}, extra=json.dumps(extra))


def test_live_settings_come_from_the_connections() -> None:
    settings = hooks.live_settings(
        connection(
            host="https://llm.example/v1",
            password="llm-key",
            extra={"model": "m", "input_usd_per_million": 2.5, "timeout_seconds": 30, "max_searches": "2"},
        ),
        connection(host="search.example", schema="http", port=8080, password="key", extra={"usd_per_search": "0.008"}),
    )
    assert (settings.llm_base_url, settings.search_base_url) == ("https://llm.example/v1", "http://search.example:8080")
    assert (settings.llm_model, settings.timeout_seconds, settings.max_searches) == ("m", 30.0, 2)
    assert str(settings.prices.input_usd_per_million) == "2.5"
    assert str(settings.prices.usd_per_search) == "0.008"
    assert "llm-key" not in repr(settings)


def test_limits_of_a_provider_come_from_its_connection() -> None:
    extra = {"max_usd_per_run": "1.5", "max_calls_per_day": 200, "max_usd_per_day": 20, "max_calls_per_run": None}
    run, day = hooks.model_settings(connection(conn_id="prospecting_llm_big", extra=extra)).limits
    assert (run.budget, run.provider, run.is_daily) == (Budget(max_usd=Decimal("1.5")), "llm:big", False)
    assert (day.budget, day.provider, day.is_daily) == (Budget(Decimal(20), 200), "llm:big", True)
    assert "max_usd_per_day and max_calls_per_day of the connection prospecting_llm_big" in day.where
    assert hooks.model_settings(connection(extra={"model": "m"})).limits == ()
    for wrong in ({"max_calls_per_day": 1.5}, {"max_usd_per_run": "a lot"}, {"max_usd_per_day": -1}):
        with pytest.raises(ValueError, match=f"Extra {next(iter(wrong))} must be a"):
            hooks.model_settings(connection(extra=wrong))


def test_the_limit_of_a_day_comes_from_a_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    assert hooks.limits_of_a_day() == []
    monkeypatch.setenv("AIRFLOW_VAR_AGENTS_MAX_USD_PER_DAY", " 12.50 ")
    (limit,) = hooks.limits_of_a_day()
    assert (limit.budget, limit.provider, limit.is_daily) == (Budget(max_usd=Decimal("12.50")), None, True)
    monkeypatch.setenv("AIRFLOW_VAR_AGENTS_MAX_USD_PER_DAY", "plenty")
    with pytest.raises(ValueError, match="The Airflow variable agents_max_usd_per_day must be a number of US dollars"):
        hooks.limits_of_a_day()


def test_the_calls_of_a_day_are_limited_beside_its_dollars(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW_VAR_AGENTS_MAX_USD_PER_DAY", "3")
    monkeypatch.setenv("AIRFLOW_VAR_AGENTS_MAX_CALLS_PER_DAY", " 0 ")
    dollars, calls = hooks.limits_of_a_day()
    assert (dollars.budget, calls.budget) == (Budget(max_usd=Decimal(3)), Budget(max_calls=0))
    assert (calls.provider, calls.is_daily) == (None, True)
    for wrong in ("many", "1.5", "-1"):
        monkeypatch.setenv("AIRFLOW_VAR_AGENTS_MAX_CALLS_PER_DAY", wrong)
        with pytest.raises(ValueError, match="variable agents_max_calls_per_day must be a whole number from 0 on"):
            hooks.limits_of_a_day()


@pytest.mark.parametrize("wrong", ["LLM", "SEARCH", "SEARCH_FALLBACK", "OPERATIONS"])
def test_a_rate_that_is_no_number_is_found_before_anybody_is_asked(wrong: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LLM", "SEARCH", "SEARCH_FALLBACK", "OPERATIONS"):
        extra = {"model": "m"} | ({"calls_per_minute": "often"} if name == wrong else {})
        values = {"conn_type": "generic", "host": "http://127.0.0.1:9", "password": "key", "extra": extra}
        monkeypatch.setenv(f"AIRFLOW_CONN_PROSPECTING_{name}", json.dumps(values))
    operations, agents = OperationsHook(), AgentsHook(provider="live")
    check = operations.check_connection if wrong == "OPERATIONS" else agents.check_connections
    with pytest.raises(ValueError, match="Extra calls_per_minute must be a number above 0"):
        check()


def test_empty_connections_mean_the_usual_providers() -> None:
    settings = hooks.live_settings(connection(), connection())
    assert settings.llm_base_url.startswith("https://")
    assert settings.search_base_url.startswith("https://")
    assert settings.llm_api_key == settings.search_api_key == settings.llm_model == ""


def test_fields_left_empty_in_a_form_count_as_not_there() -> None:
    settings = hooks.live_settings(
        connection(extra={"model": "m", "timeout_seconds": None, "input_usd_per_million": None, "ttl_seconds": None}),
        connection(extra={"usd_per_search": None}),
    )
    assert settings == hooks.live_settings(connection(extra={"model": "m"}), connection())
    empty = connection(extra={"calls_per_minute": None})
    assert rate_limit(empty) == rate_limit(connection())


def test_a_price_must_be_a_number() -> None:
    with pytest.raises(ValueError, match="input_usd_per_million must be a number of US dollars"):
        hooks.live_settings(connection(extra={"input_usd_per_million": "cheap"}), connection())


OPENAI = "https://api.openai.com/v1"


@pytest.mark.parametrize(
    ("host", "extra", "expected"),
    [
        (OPENAI, {"model": "gpt-5"}, ("1.25", "10", True, "the published price of OpenAI gpt-5")),
        (None, {"model": "gpt-5"}, ("1.25", "10", True, "the published price of OpenAI gpt-5")),
        (
            OPENAI,
            {"model": "gpt-5", "input_usd_per_million": 0.5},
            ("0.5", "10", True, "the connection, and the published price of OpenAI gpt-5"),
        ),
        (
            OPENAI,
            {"model": "gpt-5", "input_usd_per_million": 0, "output_usd_per_million": "0"},
            ("0", "0", True, "the connection"),
        ),
        # Long questions cost more: what is reserved must be enough for the longest that is allowed.
        (OPENAI, {"model": "gpt-5.5"}, ("5", "30", True, "the published price of OpenAI gpt-5.5")),
        (
            OPENAI,
            {"model": "gpt-5.5", "max_input_tokens": 500_000},
            ("10", "45", True, "the published price of OpenAI gpt-5.5"),
        ),
        # The same model costs something else, or nothing, elsewhere.
        ("http://127.0.0.1:11434/v1", {"model": "gpt-5"}, ("0", "0", False, "")),
        (OPENAI, {"model": "no-such-model"}, ("0", "0", False, "")),
        (OPENAI, {"model": "text-embedding-3-small"}, ("0", "0", False, "")),
        (OPENAI, {}, ("0", "0", False, "")),
        ("http://127.0.0.1/v1", {"model": "m", "output_usd_per_million": 3}, ("0", "3", True, "the connection")),
    ],
)
def test_prices_are_those_of_the_connection_else_as_published(
    host: str | None, extra: dict[str, Any], expected: tuple[str, str, bool, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any) -> None:
        raise AssertionError("prices are looked up offline")

    monkeypatch.setattr("socket.socket.connect", refuse)
    prices = hooks.live_settings(connection(host=host, extra=extra), connection(extra={"usd_per_search": 1})).prices
    tokens = (prices.input_usd_per_million, prices.output_usd_per_million)
    assert (*tokens, prices.are_known, prices.source) == (*map(Decimal, expected[:2]), *expected[2:])
    assert prices.usd_per_search == 1


def test_an_unknown_price_is_said_when_work_begins(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    known = connection(host=OPENAI, password="key", extra={"model": "gpt-5"})
    unknown = connection(
        conn_id="prospecting_llm_own", host="http://127.0.0.1/v1", password="key", extra={"model": "m"}
    )
    for llm, said in ((known, 0), (unknown, 1)):
        monkeypatch.setattr(BaseHook, "get_connection", staticmethod(lambda _, found=llm: found))
        AgentsHook(provider="live").ledger(NOWHERE, scope="x", budget=Budget())
        assert len([each for each in caplog.messages if "price of the model" in each]) == said
    assert "a budget in dollars does not bind them" in caplog.text
    assert "in the connection prospecting_llm_own" in caplog.text


@pytest.mark.parametrize(
    ("llm_id", "search_id", "asked_as"),
    [
        ("prospecting_llm", "prospecting_search", ("llm", "web_search")),
        ("prospecting_llm_fast", "prospecting_search_fast", ("llm:fast", "web_search:fast")),
        ("prospecting_llm_fast", "prospecting_search", ("llm:fast", "web_search")),
        ("prospecting_llm__2_x", "prospecting_search__2_x", ("llm:_2_x", "web_search:_2_x")),
    ],
)
def test_named_connections_are_providers_of_their_own(llm_id: str, search_id: str, asked_as: tuple[str, str]) -> None:
    settings = hooks.live_settings(connection(conn_id=llm_id), connection(conn_id=search_id))
    assert (settings.llm_provider, settings.search_provider) == asked_as
    assert (settings.llm_connection_id, settings.search_connection_id) == (llm_id, search_id)


@pytest.mark.parametrize("name", ["catalog", "live", "live:fast", "live:2", "live:a_b_3"])
def test_names_of_providers(name: str) -> None:
    assert hooks.checked_provider(name) == name


@pytest.mark.parametrize(
    "name",
    [
        "", "Catalog", "catalog ", "catalog:x", "live:", "live:Fast", "live:a-b", "live:a b", "live:a\n", "live:é",
        "llm", "x",
    ],
)  # fmt: skip
def test_other_names_are_refused_before_anything_is_looked_up(name: str) -> None:
    with pytest.raises(ValueError, match=r"^No such provider: .*there are catalog, live, and live:<suffix>"):
        AgentsHook(provider=name).ledger(NOWHERE, scope="x", budget=Budget())


def test_every_family_of_a_signal_is_a_provider() -> None:
    assert [hooks.checked_provider(family) for family in AgentFamily] == ["catalog", "live"]


@pytest.mark.parametrize(
    ("provider", "known", "missing"),
    [
        ("live", [], "prospecting_llm"),
        ("live", ["prospecting_llm"], "prospecting_search"),
        ("live:fast", ["prospecting_llm", "prospecting_search"], "prospecting_llm_fast"),
        ("live:fast", ["prospecting_llm_fast"], "prospecting_search"),
    ],
)
def test_live_agents_without_connections_name_what_is_missing(
    monkeypatch: pytest.MonkeyPatch, provider: str, known: list[str], missing: str
) -> None:
    def look_up(connection_id: str) -> Connection:
        if connection_id not in known:
            raise AirflowNotFoundException(connection_id)
        return connection(conn_id=connection_id)

    monkeypatch.setattr(BaseHook, "get_connection", staticmethod(look_up))
    with pytest.raises(AuthenticationFailed, match=rf"need the Airflow connection {missing} "):
        AgentsHook(provider=provider).ledger(NOWHERE, scope="x", budget=Budget())
