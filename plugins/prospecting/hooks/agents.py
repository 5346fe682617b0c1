"""Agents and their ledger, from a provider's name and Airflow connections.

A provider is ``catalog``, ``live``, or ``live:<suffix>``: live agents with connections of their own,
``prospecting_llm_<suffix>`` and ``prospecting_search_<suffix>``. Without the latter they search with
``prospecting_search``, and share its rate limit. If there is a connection ``prospecting_search_fallback``, they search
with it while the other cannot be asked.
"""

from __future__ import annotations

import json
import logging
import re
from dataclasses import replace
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseHook, Variable
from airflow.sdk.exceptions import AirflowNotFoundException

from prospecting.agents.errors import AuthenticationFailed
from prospecting.hooks.connection_extras import (
    base_url,
    chosen,
    extras,
    header_text,
    hosts,
    number,
    price,
    provider_limits,
    rate_limit,
    switch,
    whole,
)
from prospecting.hooks.connection_trials import TEST_SECONDS, try_out
from prospecting.hooks.pydantic_ai_models import is_pydantic_ai, make_model, priced_as

if TYPE_CHECKING:
    from prospecting.agents.budgets import Limit
    from prospecting.agents.ledger import Budget, Ledger
    from prospecting.agents.live_settings import LiveSettings
    from prospecting.agents.metering import Prices
    from prospecting.agents.searches import Agents
    from prospecting.agents.web_search import WebSearch
    from prospecting.services.runtime import Runtime

log = logging.getLogger(__name__)

LLM_CONNECTION_ID = "prospecting_llm"
SEARCH_CONNECTION_ID = "prospecting_search"
MAX_USD_PER_DAY = "agents_max_usd_per_day"
MAX_CALLS_PER_DAY = "agents_max_calls_per_day"
FALLBACK_SEARCH_CONNECTION_ID = "prospecting_search_fallback"
_ANTHROPIC = "anthropic:"
_TOKEN_PRICES = ("input_usd_per_million", "output_usd_per_million")
_PROVIDER = re.compile(r"catalog|live(?::[a-z0-9_]+)?")


class AgentsHook(BaseHook):
    """Opens ledgers that ask one provider's agents.

    :param provider: ``catalog``, ``live`` or ``live:<suffix>``.
    :param llm_conn_id: Connection of the language model instead of the provider's own: host is the base URL, password
        the API key, extra ``model`` the model's name, extra ``api`` the contract it speaks (``openai``, also for all
        that is compatible, or ``anthropic``); or a connection of a type ``pydanticai…`` of the provider common.ai.
    :param search_conn_id: Connection of the web search instead of the provider's own; extra ``api``: ``tavily`` or
        ``brave``.
    """

    conn_name_attr = "llm_conn_id"
    default_conn_name = LLM_CONNECTION_ID
    conn_type = "prospecting_llm"
    hook_name = "Prospecting: language model"

    def __init__(
        self, *, provider: str = "catalog", llm_conn_id: str | None = None, search_conn_id: str | None = None
    ) -> None:
        super().__init__()
        self.provider = provider
        self.llm_conn_id = llm_conn_id
        self.search_conn_id = search_conn_id

    def ledger(self, runtime: Runtime, *, scope: str, budget: Budget) -> Ledger:
        """The ledger that asks the provider and lets ``scope`` pay. Ledgers of one scope share its budget.

        Raises ``AuthenticationFailed`` when a connection is missing, ``ValueError`` when the provider is unknown.
        """
        from prospecting.agents.circuits import Circuits
        from prospecting.agents.ledger import Ledger
        from prospecting.agents.rate_limits import RateLimiter

        checked_provider(self.provider)
        if self.provider == "catalog":
            from prospecting.agents.catalog import CatalogAgents

            agents: Agents = CatalogAgents()
            limiter, circuits, limits = None, None, []
        else:
            from prospecting.agents.live import LiveAgents

            llm, search, fallback = self._connections()
            settings = live_settings(llm, search, fallback)
            if not settings.prices.are_known:
                log.warning("%s", unknown_price(settings))
            rates = {settings.llm_provider: rate_limit(llm), settings.search_provider: rate_limit(search)}
            if settings.fallback_search is not None:
                rates[settings.fallback_search.provider] = rate_limit(fallback)
            limiter = RateLimiter(runtime.engine, rates)
            limits = [*settings.limits, *limits_of_a_day()]
            # A question whose search is down would be paid for and fail.
            searches = [each.provider for each in settings.searches] if settings.max_searches else []
            circuits = Circuits(
                runtime.engine, needs={settings.llm_provider: searches}, on_change=runtime.on_circuit_change
            )
            agents = LiveAgents(settings, limiter, circuits, engine=runtime.engine)
        return Ledger(
            runtime.engine,
            agents,
            scope,
            budget=budget,
            limits=limits,
            rate_limiter=limiter,
            circuits=circuits,
            attempt=runtime.attempt,
            on_settled=runtime.on_settled_call,
        )

    def test_connection(self) -> tuple[bool, str]:
        """Ask the model for one word, as the button *Test* of the form does, for a few tokens."""
        return try_out(self, self.llm_conn_id or LLM_CONNECTION_ID, _ask_model)

    def check_connections(self) -> None:
        """Check that a question could be asked: connections with usable keys, and a model. Asks nobody.

        Raises ``AuthenticationFailed`` or ``Misconfigured`` that names the connection, ``ValueError`` when the provider
        is unknown.
        """
        if checked_provider(self.provider) == "catalog":
            return
        from prospecting.agents.live_settings import check_settings

        connections = self._connections()
        settings = live_settings(*connections)
        check_settings(settings)
        for connection in connections:
            if connection is not None:
                rate_limit(connection)
        if settings.make_model is not None:
            settings.make_model()
        limits_of_a_day()

    def _connections(self) -> tuple[Any, Any, Any]:
        """The connections of the language model, of the web search, and of the search that replaces it, or ``None``."""
        _, _, suffix = self.provider.partition(":")
        llm = _connection(self.llm_conn_id or (f"{LLM_CONNECTION_ID}_{suffix}" if suffix else LLM_CONNECTION_ID))
        if self.search_conn_id or not suffix:
            search = _connection(self.search_conn_id or SEARCH_CONNECTION_ID)
        else:
            search = _connection_if_any(f"{SEARCH_CONNECTION_ID}_{suffix}") or _connection(SEARCH_CONNECTION_ID)
        fallback = _connection_if_any(FALLBACK_SEARCH_CONNECTION_ID)
        return llm, search, None if fallback is None or fallback.conn_id == search.conn_id else fallback


def limits_of_a_day() -> list[Limit]:
    """The Airflow variables ``agents_max_usd_per_day`` and ``agents_max_calls_per_day``, as limits on what all agents
    but the catalog cost in a day (UTC) together, and on how often they are asked.

    Raises ``ValueError`` when one is no amount, or no whole number.
    """
    from prospecting.agents.budgets import Budget, Limit

    limits = []
    if usd := _variable(MAX_USD_PER_DAY):
        try:
            budget = Budget(max_usd=price({MAX_USD_PER_DAY: usd}, MAX_USD_PER_DAY))
        except ValueError:
            raise ValueError(f"The Airflow variable {MAX_USD_PER_DAY} must be a number of US dollars") from None
        limits.append(Limit(budget, f"the Airflow variable {MAX_USD_PER_DAY}", is_daily=True))
    if calls := _variable(MAX_CALLS_PER_DAY):
        try:
            budget = Budget(max_calls=whole(MAX_CALLS_PER_DAY, calls, 0))
        except ValueError:
            raise ValueError(f"The Airflow variable {MAX_CALLS_PER_DAY} must be a whole number from 0 on") from None
        limits.append(Limit(budget, f"the Airflow variable {MAX_CALLS_PER_DAY}", is_daily=True))
    return limits


def _variable(name: str) -> str:
    """The value of an Airflow variable without spaces around it; empty when there is none."""
    return str(Variable.get(name, default=None) or "").strip()


def checked_provider(name: str) -> str:
    """``name``, if it can be a provider's; connections are looked up when it is asked. Raises ``ValueError``."""
    if not _PROVIDER.fullmatch(name):
        raise ValueError(
            f"No such provider: {json.dumps(name)}; there are catalog, live, and live:<suffix> with a suffix of "
            "lower-case letters, digits and underscores, which uses the connection prospecting_llm_<suffix>"
        )
    return name


def unknown_price(settings: LiveSettings) -> str:
    """Words for what follows from a model without a known price, and how to change that."""
    return (
        f"The price of the model {json.dumps(settings.llm_model)} at this base URL is not known: calls have no cost, "
        "and a budget in dollars does not bind them, only one in calls. Set input_usd_per_million and "
        f"output_usd_per_million in the connection {settings.llm_connection_id}; 0 if it costs nothing"
    )


def _ask_model(connection: Any) -> str:
    from prospecting.agents.language_models import ask_one_word

    settings = model_settings(connection)
    rate_limit(connection)
    ask_one_word(replace(settings, timeout_seconds=min(settings.timeout_seconds, TEST_SECONDS)))
    prices = settings.prices
    if not prices.are_known:
        return f"The model answers. {unknown_price(settings)}"
    return (
        f"The model answers. Per million tokens: {prices.input_usd_per_million.normalize():f} USD input, "
        f"{prices.output_usd_per_million.normalize():f} USD output ({prices.source})"
    )


def _connection_if_any(connection_id: str) -> Any:
    try:
        return BaseHook.get_connection(connection_id)
    except AirflowNotFoundException:
        return None


def _connection(connection_id: str) -> Any:
    try:
        return BaseHook.get_connection(connection_id)
    except AirflowNotFoundException:
        raise AuthenticationFailed(
            f"Live agents need the Airflow connection {connection_id} (host: base URL, password: API key); "
            "create it, or ask the catalog only"
        ) from None


def live_settings(llm: Any, search: Any, fallback: Any = None) -> LiveSettings:
    """``LiveSettings`` from the connections of model, search and fallback search; their extras name the rest.

    Raises ``ValueError`` when an extra is not what it should be.
    """
    settings, first = model_settings(llm), web_search(search)
    seconds = min(settings.search_timeout_seconds, settings.timeout_seconds)
    return replace(
        settings,
        search_api_key=first.api_key,
        search_base_url=first.base_url,
        search_connection_id=first.connection_id,
        search_provider=first.provider,
        search_api=first.api,
        prices=replace(settings.prices, usd_per_search=first.usd_per_search),
        fallback_search=None if fallback is None else replace(web_search(fallback), timeout_seconds=seconds),
    )


def web_search(connection: Any) -> WebSearch:
    """The web search of a connection. Raises ``ValueError`` when an extra is not what it should be."""
    from prospecting.agents.web_search import APIS, PROVIDER, WebSearch

    options = extras(connection)
    api = chosen(options, "api", tuple(APIS))
    return WebSearch(
        connection.password or "",
        base_url=base_url(connection) if connection.host else APIS[api].base_url,
        connection_id=connection.conn_id,
        api=api,
        provider=_service(PROVIDER, connection.conn_id, SEARCH_CONNECTION_ID),
        usd_per_search=price(options, "usd_per_search") if "usd_per_search" in options else Decimal(0),
    )


def model_settings(llm: Any) -> LiveSettings:
    """``LiveSettings`` from the connection of the model alone: there is no key for searches in them."""
    from prospecting.agents.live_settings import LLM_APIS, LLM_PROVIDER, LiveSettings

    options = extras(llm)
    model = str(options.get("model", "")).strip()
    settings: dict[str, Any] = {
        "llm_api_key": llm.password or "",
        "search_api_key": "",
        "llm_connection_id": llm.conn_id,
        "llm_provider": _service(LLM_PROVIDER, llm.conn_id, LLM_CONNECTION_ID),
    }
    settings["limits"] = tuple(provider_limits(llm, settings["llm_provider"]))
    if is_pydantic_ai(llm):
        service, _ = priced_as(llm.conn_type, model)
        settings |= {"llm_api": service or "", "llm_base_url": "", "make_model": partial(make_model, llm)}
    else:
        default = {"api": "anthropic"} if model.startswith(_ANTHROPIC) else {}
        api = chosen(default | options, "api", tuple(LLM_APIS))
        if api == "anthropic":
            model = model.removeprefix(_ANTHROPIC)
        settings |= {"llm_api": api, "llm_base_url": LLM_APIS[api]}
    settings["llm_model"] = model
    if llm.host:
        settings["llm_base_url"] = base_url(llm)
    if "timeout_seconds" in options:
        settings["timeout_seconds"] = number("timeout_seconds", options["timeout_seconds"])
    for name, least in (("max_searches", 0), ("max_input_tokens", 1), ("max_output_tokens", 1), ("ttl_seconds", 0)):
        if name in options:
            settings[name] = whole(name, options[name], least)
    settings.update(_page_settings(options))
    found = LiveSettings(**settings)
    return replace(found, prices=_prices(found, options, llm.conn_type))


def _page_settings(options: dict[str, Any]) -> dict[str, Any]:
    """The settings for reading pages, as far as the extras have any."""
    settings: dict[str, Any] = {}
    if "max_pages" in options:
        settings["max_pages"] = whole("max_pages", options["max_pages"], 0)
    if "read_sponsor_pages" in options:
        settings["read_sponsor_pages"] = switch("read_sponsor_pages", options["read_sponsor_pages"])
    if "user_agent" in options:
        settings["user_agent"] = header_text("user_agent", options["user_agent"])
    if "local_hosts" in options:
        settings["local_hosts"] = hosts("local_hosts", options["local_hosts"])
    return settings


def _prices(settings: LiveSettings, options: dict[str, Any], conn_type: str) -> Prices:
    """Those of the connection; what it leaves out is as published. If it names one, and none is published, 0."""
    from prospecting.agents.metering import Prices
    from prospecting.agents.model_prices import published_price

    given = {name: price(options, name) for name in _TOKEN_PRICES if name in options}
    published = None
    if len(given) < len(_TOKEN_PRICES):
        service, model = priced_as(conn_type, settings.llm_model) if settings.make_model else (None, settings.llm_model)
        published = published_price(
            model,
            # An address at Azure says whose it is, and not that it is Azure.
            "" if service == "azure" else settings.llm_base_url,
            max_input_tokens=settings.max_input_tokens,
            service=service,
        )
    tokens = {name: given.get(name, getattr(published, name, Decimal(0))) for name in _TOKEN_PRICES}
    sources = ("the connection" if given else "", f"the published price of {published.name}" if published else "")
    return Prices(
        input_usd_per_million=tokens["input_usd_per_million"],
        output_usd_per_million=tokens["output_usd_per_million"],
        are_known=any(sources),
        source=", and ".join(filter(None, sources)),
    )


def _service(name: str, connection_id: str, default_id: str) -> str:
    """The name of a connection's service in rate limits and the ledger: ``llm``, ``llm:<suffix>`` for another one."""
    if connection_id in (default_id, "", None):
        return name
    return f"{name}:{connection_id.removeprefix(f'{default_id}_')}"
