"""Builds agents and their ledger for an execution, from Airflow connections."""

from __future__ import annotations

import json
from decimal import Decimal, InvalidOperation
from typing import Any

from airflow.sdk import BaseHook
from airflow.sdk.exceptions import AirflowNotFoundException

from prospecting.agents.errors import AuthenticationFailed
from prospecting.agents.ledger import Budget, Ledger
from prospecting.agents.searches import Agents
from prospecting.operators.runtime import application_engine, current_attempt
from prospecting.operators.signal_params import AgentFamily, BudgetLimits


def execution_ledger(execution_id: str, family: AgentFamily, budget: BudgetLimits) -> Ledger:
    """The ledger that pays for ``execution_id``."""
    from prospecting.agents.rate_limits import RateLimiter

    engine = application_engine()
    if family is AgentFamily.catalog:
        from prospecting.agents.catalog import CatalogAgents

        agents: Agents = CatalogAgents()
        limiter = None
    else:
        from prospecting.agents.live import LiveAgents

        llm, search = _connection("prospecting_llm"), _connection("prospecting_search")
        limiter = RateLimiter(engine, _rate_limits(llm, search))
        agents = LiveAgents(live_settings(llm, search), limiter)
    return Ledger(
        engine,
        agents,
        f"signal_execution:{execution_id}",
        budget=Budget(max_usd=budget.max_usd, max_calls=budget.max_calls),
        rate_limiter=limiter,
        attempt=current_attempt(),
    )


def _connection(connection_id: str) -> Any:
    try:
        return BaseHook.get_connection(connection_id)
    except AirflowNotFoundException:
        raise AuthenticationFailed(
            f"Live agents need the Airflow connection {connection_id} (type http; host: base URL, password: API key), "
            "or run with agents = catalog"
        ) from None


def live_settings(llm: Any, search: Any) -> Any:
    """``LiveSettings`` from the connections; extras of ``prospecting_llm`` and ``prospecting_search`` name the rest."""
    from prospecting.agents.live import LiveSettings
    from prospecting.agents.metering import Prices

    options, search_options = llm.extra_dejson, search.extra_dejson
    settings: dict[str, Any] = {
        "llm_api_key": llm.password or "",
        "llm_model": options.get("model", ""),
        "search_api_key": search.password or "",
        "prices": Prices(
            **{
                name: _price(source, name)
                for source, names in (
                    (options, ("input_usd_per_million", "output_usd_per_million")),
                    (search_options, ("usd_per_search",)),
                )
                for name in names
                if name in source
            }
        ),
    }
    if llm.host:
        settings["llm_base_url"] = _base_url(llm)
    if search.host:
        settings["search_base_url"] = _base_url(search)
    for name in ("timeout_seconds", "max_searches", "max_input_tokens", "max_output_tokens", "ttl_seconds"):
        if name in options:
            settings[name] = type(getattr(LiveSettings("", "", ""), name))(options[name])
    return LiveSettings(**settings)


def _base_url(connection: Any) -> str:
    host = connection.host if "://" in connection.host else f"{connection.schema or 'https'}://{connection.host}"
    return f"{host}:{connection.port}" if connection.port else str(host)


def _price(options: dict[str, Any], name: str) -> Decimal:
    try:
        return Decimal(str(options[name]))
    except InvalidOperation:
        raise ValueError(f"Extra {name} must be a number of US dollars, not {json.dumps(options[name])}") from None


def _rate_limits(llm: Any, search: Any) -> dict[str, Any]:
    """Extra ``calls_per_minute`` of either connection; 60 when not given."""
    from prospecting.agents.live import LLM_PROVIDER, SEARCH_PROVIDER
    from prospecting.agents.rate_limits import RateLimit

    limits = {}
    for provider, connection in ((LLM_PROVIDER, llm), (SEARCH_PROVIDER, search)):
        per_minute = float(connection.extra_dejson.get("calls_per_minute", 60))
        limits[provider] = RateLimit(capacity=max(1.0, per_minute / 6), refill_per_second=per_minute / 60)
    return limits
