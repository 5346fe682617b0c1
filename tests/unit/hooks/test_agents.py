"""Which agents a provider's name stands for, and where their settings come from."""

from __future__ import annotations

import json
from typing import Any

import pytest
from airflow.sdk import BaseHook, Connection
from airflow.sdk.exceptions import AirflowNotFoundException

from prospecting.agents.errors import AuthenticationFailed, Misconfigured
from prospecting.agents.ledger import Budget
from prospecting.agents.parallel import DeepResearchError, ParallelSettings, ResearchPhase
from prospecting.hooks import agents as providers
from prospecting.services.signal_params import AgentFamily


def connection(**fields: Any) -> Connection:
    extra = fields.pop("extra", {})
    return Connection(**{"conn_id": "x", "conn_type": "generic", **fields}, extra=json.dumps(extra))


def test_live_settings_come_from_the_connections() -> None:
    settings = providers.live_settings(
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


def test_empty_connections_mean_the_usual_providers() -> None:
    settings = providers.live_settings(connection(), connection())
    assert settings.llm_base_url.startswith("https://")
    assert settings.search_base_url.startswith("https://")
    assert settings.llm_api_key == settings.search_api_key == settings.llm_model == ""


def test_a_price_must_be_a_number() -> None:
    with pytest.raises(ValueError, match="input_usd_per_million must be a number of US dollars"):
        providers.live_settings(connection(extra={"input_usd_per_million": "cheap"}), connection())


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
    settings = providers.live_settings(connection(conn_id=llm_id), connection(conn_id=search_id))
    assert (settings.llm_provider, settings.search_provider) == asked_as
    assert (settings.llm_connection_id, settings.search_connection_id) == (llm_id, search_id)


@pytest.mark.parametrize("name", ["catalog", "live", "live:fast", "live:2", "live:a_b_3"])
def test_names_of_providers(name: str) -> None:
    assert providers.checked_provider(name) == name


@pytest.mark.parametrize(
    "name",
    ["", "Catalog", "catalog ", "catalog:x", "live:", "live:Fast", "live:a-b", "live:a b", "live:a\n", "live:é", "llm", "x"],
)  # fmt: skip
def test_other_names_are_refused_before_anything_is_looked_up(name: str) -> None:
    with pytest.raises(ValueError, match=r"^No such provider: .*there are catalog, live, and live:<suffix>"):
        providers.ledger_for("x", name, Budget())


def test_every_family_of_a_signal_is_a_provider() -> None:
    assert [providers.checked_provider(family) for family in AgentFamily] == ["catalog", "live"]


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

    monkeypatch.setattr(BaseHook, "get_connection", look_up)
    monkeypatch.setattr(providers, "application_engine", lambda: None)
    with pytest.raises(AuthenticationFailed, match=rf"need the Airflow connection {missing} "):
        providers.ledger_for("x", provider, Budget())


# ------------------------------------------------------------------------------------------------------ deep research
def test_settings_of_deep_research_come_from_the_connection() -> None:
    settings = providers.parallel_settings_from(
        connection(
            conn_id="prospecting_parallel",
            host="research.example",
            schema="http",
            port=8080,
            password="research-key",
            extra={
                "timeout_seconds": 12,
                "poll_delays": [1, 2.5],
                "wait_caps": {"pro": 60, "mega": 90},
                "usd_per_run": {"pro": "0.2", "mega": 5},
            },
        )
    )
    assert settings.base_url == "http://research.example:8080"
    assert (settings.timeout_seconds, settings.poll_delays) == (12.0, (1.0, 2.5))
    assert (settings.cap_for("pro"), settings.cap_for("mega"), settings.cap_for("ultra")) == (60, 90, 2700)
    assert [str(settings.usd_for(name)) for name in ("pro", "mega", "ultra")] == ["0.2", "5", "0.3"]
    assert settings.connection_id == "prospecting_parallel"
    assert "research-key" not in repr(settings)


def test_a_key_is_all_deep_research_needs() -> None:
    settings = providers.parallel_settings_from(connection(conn_id="prospecting_parallel", password="key"))
    assert settings == ParallelSettings("key")


@pytest.mark.parametrize(
    ("extra", "named"),
    [
        ({"timeout_seconds": "soon"}, "timeout_seconds"),
        ({"timeout_seconds": 0}, "timeout_seconds"),
        ({"timeout_seconds": True}, "timeout_seconds"),
        ({"poll_delays": 5}, "poll_delays"),
        ({"poll_delays": []}, "poll_delays"),
        ({"poll_delays": [5, -1]}, "poll_delays"),
        ({"poll_delays": [None]}, "poll_delays"),
        ({"wait_caps": [60]}, "wait_caps"),
        ({"wait_caps": {"pro": "long"}}, "wait_caps"),
        ({"usd_per_run": 0.1}, "usd_per_run"),
        ({"usd_per_run": {"pro": "cheap"}}, "pro"),
        ({"usd_per_run": {"pro": "NaN"}}, "pro"),
        ({"usd_per_run": {"pro": -1}}, "pro"),
    ],
)
def test_wrong_extras_of_deep_research_are_named(extra: dict[str, Any], named: str) -> None:
    with pytest.raises(
        DeepResearchError, match=rf"connection prospecting_parallel is wrong: Extra {named} "
    ) as failure:
        providers.parallel_settings_from(connection(conn_id="prospecting_parallel", password="key", extra=extra))
    error = failure.value
    assert (error.phase, error.code, error.retryable) == (ResearchPhase.CONFIG, "invalid_connection", False)


def test_deep_research_without_a_connection_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def look_up(connection_id: str) -> Connection:
        raise AirflowNotFoundException(connection_id)

    monkeypatch.setattr(BaseHook, "get_connection", look_up)
    with pytest.raises(DeepResearchError, match="needs the Airflow connection prospecting_parallel ") as failure:
        providers.parallel_settings()
    error = failure.value
    assert (error.phase, error.code, error.kind) == (
        ResearchPhase.CONFIG,
        "missing_parallel_api_key",
        "authentication",
    )


def test_a_connection_without_a_key_is_as_good_as_none() -> None:
    with pytest.raises(DeepResearchError, match="prospecting_parallel_2") as failure:
        providers.parallel_settings_from(connection(conn_id="prospecting_parallel_2", host="https://x.example"))
    assert failure.value.code == "missing_parallel_api_key"


# --------------------------------------------------------------------------------------------------------- operations
def test_settings_of_operations_come_from_the_connection() -> None:
    settings = providers.operations_settings_from(
        connection(
            conn_id="prospecting_operations",
            host="https://ops.example/v1",
            password="ops-key",
            extra={"timeout_seconds": "20", "usd_per_call": "0.01"},
        )
    )
    assert (settings.base_url, settings.api_key, settings.timeout_seconds) == ("https://ops.example/v1", "ops-key", 20)
    assert str(settings.usd_per_call) == "0.01"
    assert "ops-key" not in repr(settings)


def test_operations_have_no_usual_address() -> None:
    with pytest.raises(Misconfigured, match="prospecting_operations has no host"):
        providers.operations_settings_from(connection(conn_id="prospecting_operations", password="key"))


def test_operations_without_a_connection_name_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def look_up(connection_id: str) -> Connection:
        raise AirflowNotFoundException(connection_id)

    monkeypatch.setattr(BaseHook, "get_connection", look_up)
    with pytest.raises(AuthenticationFailed, match="need the Airflow connection prospecting_operations "):
        providers.operations_ledger_for("x", Budget())
