"""Builds agents and their ledger from a provider's name and Airflow connections.

A provider is ``catalog``, ``live``, or ``live:<suffix>``: live agents with connections of their own,
``prospecting_llm_<suffix>`` and ``prospecting_search_<suffix>``. Without the latter they search with
``prospecting_search``, and share its rate limit. Deep research has the connection ``prospecting_parallel``, the service
for all other operations ``prospecting_operations``.
"""

from __future__ import annotations

import json
import math
import re
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any, Protocol

from airflow.sdk import BaseHook
from airflow.sdk.exceptions import AirflowNotFoundException

from prospecting.agents.errors import AuthenticationFailed
from prospecting.agents.ledger import Budget, Ledger
from prospecting.agents.searches import Agents
from prospecting.hooks.prospecting import application_engine, current_attempt

if TYPE_CHECKING:
    from prospecting.agents.parallel import ParallelSettings

_PROVIDER = re.compile(r"catalog|live(?::[a-z0-9_]+)?")


class Limits(Protocol):
    """The most a scope may spend and call; ``None``: without limit."""

    @property
    def max_usd(self) -> Decimal | None: ...
    @property
    def max_calls(self) -> int | None: ...


def checked_provider(name: str) -> str:
    """``name``, if it can be a provider's. Raises ``ValueError`` otherwise; connections are looked up when it is asked."""
    if not _PROVIDER.fullmatch(name):
        raise ValueError(
            f"No such provider: {json.dumps(name)}; there are catalog, live, and live:<suffix> with a suffix of "
            "lower-case letters, digits and underscores, which uses the connection prospecting_llm_<suffix>"
        )
    return name


def ledger_for(scope: str, provider: str, budget: Limits) -> Ledger:
    """The ledger that asks ``provider`` and lets ``scope`` pay. Ledgers of one scope share its budget.

    Raises ``AuthenticationFailed`` when a connection is missing, ``ValueError`` when there is no such provider.
    """
    from prospecting.agents.rate_limits import RateLimiter

    checked_provider(provider)
    engine = application_engine()
    if provider == "catalog":
        from prospecting.agents.catalog import CatalogAgents

        agents: Agents = CatalogAgents()
        limiter = None
    else:
        from prospecting.agents.live import LiveAgents

        llm, search = _live_connections(provider)
        settings = live_settings(llm, search)
        limiter = RateLimiter(engine, _rate_limits(settings, llm, search))
        agents = LiveAgents(settings, limiter)
    return Ledger(
        engine,
        agents,
        scope,
        budget=Budget(max_usd=budget.max_usd, max_calls=budget.max_calls),
        rate_limiter=limiter,
        attempt=current_attempt(),
    )


def _live_connections(provider: str) -> tuple[Any, Any]:
    """The connections of the language model and of the web search."""
    _, _, suffix = provider.partition(":")
    if not suffix:
        return _connection("prospecting_llm"), _connection("prospecting_search")
    llm = _connection(f"prospecting_llm_{suffix}")
    try:
        return llm, BaseHook.get_connection(f"prospecting_search_{suffix}")
    except AirflowNotFoundException:
        return llm, _connection("prospecting_search")


def _connection(connection_id: str) -> Any:
    try:
        return BaseHook.get_connection(connection_id)
    except AirflowNotFoundException:
        raise AuthenticationFailed(
            f"Live agents need the Airflow connection {connection_id} (type http; host: base URL, password: API key); "
            "create it, or ask the catalog only"
        ) from None


def live_settings(llm: Any, search: Any) -> Any:
    """``LiveSettings`` from the connections of model and search; their extras name the rest."""
    from prospecting.agents.live import LLM_PROVIDER, SEARCH_PROVIDER, LiveSettings
    from prospecting.agents.metering import Prices

    options, search_options = llm.extra_dejson, search.extra_dejson
    settings: dict[str, Any] = {
        "llm_api_key": llm.password or "",
        "llm_model": options.get("model", ""),
        "search_api_key": search.password or "",
        "llm_connection_id": llm.conn_id,
        "search_connection_id": search.conn_id,
        "llm_provider": _service(LLM_PROVIDER, llm.conn_id, "prospecting_llm_"),
        "search_provider": _service(SEARCH_PROVIDER, search.conn_id, "prospecting_search_"),
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


def parallel_settings() -> ParallelSettings:
    """Where deep research is asked. Raises ``DeepResearchError`` (phase ``config``) without a usable connection."""
    from prospecting.agents.parallel import CONNECTION_ID, missing_key

    try:
        connection = BaseHook.get_connection(CONNECTION_ID)
    except AirflowNotFoundException:
        raise missing_key(CONNECTION_ID) from None
    return parallel_settings_from(connection)


def parallel_settings_from(connection: Any) -> ParallelSettings:
    """The same from a connection at hand: triggers look connections up without blocking.

    Extras: ``timeout_seconds``, ``poll_delays`` (list of seconds), ``wait_caps`` (seconds by processor) and
    ``usd_per_run`` (US dollars by processor); the last two add to the published ones.
    """
    from prospecting.agents.parallel import (
        DEFAULT_USD_PER_RUN,
        DEFAULT_WAIT_CAPS,
        DeepResearchError,
        ParallelSettings,
        ResearchPhase,
        missing_key,
    )

    options = connection.extra_dejson
    settings: dict[str, Any] = {"api_key": connection.password or ""}
    if not settings["api_key"].strip():
        raise missing_key(connection.conn_id)
    settings["connection_id"] = connection.conn_id
    if connection.host:
        settings["base_url"] = _base_url(connection)
    try:
        if "timeout_seconds" in options:
            settings["timeout_seconds"] = _number("timeout_seconds", options["timeout_seconds"])
        if "poll_delays" in options:
            settings["poll_delays"] = tuple(_number("poll_delays", each) for each in _list(options, "poll_delays"))
        if "wait_caps" in options:
            caps = {name: _number("wait_caps", cap) for name, cap in _mapping(options, "wait_caps").items()}
            settings["wait_caps"] = {**DEFAULT_WAIT_CAPS, **caps}
        if "usd_per_run" in options:
            prices = _mapping(options, "usd_per_run")
            settings["usd_per_run"] = {**DEFAULT_USD_PER_RUN, **{name: _price(prices, name) for name in prices}}
    except ValueError as error:
        raise DeepResearchError(
            f"The connection {connection.conn_id} is wrong: {error}",
            phase=ResearchPhase.CONFIG,
            code="invalid_connection",
            kind="configuration",
        ) from None
    return ParallelSettings(**settings)


def operations_ledger_for(scope: str, budget: Limits) -> Ledger:
    """The ledger that asks the operations service and lets ``scope`` pay; its engine and try are those of the task.

    Extras of the connection: ``timeout_seconds``, ``usd_per_call``, ``calls_per_minute``. Raises
    ``AuthenticationFailed`` when it is missing.
    """
    from prospecting.agents.operations_service import CONNECTION_ID, PROVIDER, OperationsService
    from prospecting.agents.rate_limits import RateLimiter

    try:
        connection = BaseHook.get_connection(CONNECTION_ID)
    except AirflowNotFoundException:
        raise AuthenticationFailed(
            f"Operations other than deep research and our own need the Airflow connection {CONNECTION_ID} (type http; "
            "host: base URL without /execute, password: API key); create it, or leave the step out"
        ) from None
    engine = application_engine()
    return Ledger(
        engine,
        OperationsService(operations_settings_from(connection)),
        scope,
        budget=Budget(max_usd=budget.max_usd, max_calls=budget.max_calls),
        rate_limiter=RateLimiter(engine, {PROVIDER: _rate_limit(connection)}),
        attempt=current_attempt(),
    )


def operations_settings_from(connection: Any) -> Any:
    """``OperationsSettings`` from the connection. Raises ``Misconfigured`` when it has no host."""
    from prospecting.agents.errors import Misconfigured
    from prospecting.agents.operations_service import OperationsSettings

    options = connection.extra_dejson
    if not connection.host:
        raise Misconfigured(f"The connection {connection.conn_id} has no host: set it to the base URL of the service")
    settings: dict[str, Any] = {
        "base_url": _base_url(connection),
        "api_key": connection.password or "",
        "connection_id": connection.conn_id,
    }
    if "timeout_seconds" in options:
        settings["timeout_seconds"] = _number("timeout_seconds", options["timeout_seconds"])
    if "usd_per_call" in options:
        settings["usd_per_call"] = _price(options, "usd_per_call")
    return OperationsSettings(**settings)


def _service(name: str, connection_id: str, prefix: str) -> str:
    """What rate limits and the ledger call the service of a connection: ``llm``, ``llm:<suffix>`` for named ones."""
    return f"{name}:{connection_id.removeprefix(prefix)}" if connection_id.startswith(prefix) else name


def _base_url(connection: Any) -> str:
    host = connection.host if "://" in connection.host else f"{connection.schema or 'https'}://{connection.host}"
    return f"{host}:{connection.port}" if connection.port else str(host)


def _price(options: dict[str, Any], name: str) -> Decimal:
    try:
        price = Decimal(str(options[name]))
    except InvalidOperation:
        price = Decimal("NaN")
    if not (price.is_finite() and price >= 0):
        raise ValueError(f"Extra {name} must be a number of US dollars, not {json.dumps(options[name])}")
    return price


def _number(name: str, value: Any) -> float:
    try:
        number = float(value) if not isinstance(value, bool) else math.nan
    except (TypeError, ValueError):
        number = math.nan
    if not 0 < number < math.inf:
        raise ValueError(f"Extra {name} must hold seconds above 0, not {json.dumps(value)}")
    return number


def _list(options: dict[str, Any], name: str) -> list[Any]:
    value = options[name]
    if not isinstance(value, list) or not value:
        raise ValueError(f"Extra {name} must be a list of seconds, such as [5, 10, 60], not {json.dumps(value)}")
    return value


def _mapping(options: dict[str, Any], name: str) -> dict[str, Any]:
    value = options[name]
    if not isinstance(value, dict):
        raise ValueError(f'Extra {name} must be an object by processor, such as {{"pro": 1}}, not {json.dumps(value)}')
    return value


def _rate_limits(settings: Any, llm: Any, search: Any) -> dict[str, Any]:
    """Extra ``calls_per_minute`` of either connection; 60 when not given."""
    return {settings.llm_provider: _rate_limit(llm), settings.search_provider: _rate_limit(search)}


def _rate_limit(connection: Any) -> Any:
    """Extra ``calls_per_minute`` of a connection as a ``RateLimit``."""
    from prospecting.agents.rate_limits import RateLimit

    per_minute = float(connection.extra_dejson.get("calls_per_minute", 60))
    return RateLimit(capacity=max(1.0, per_minute / 6), refill_per_second=per_minute / 60)
