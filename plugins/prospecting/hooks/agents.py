"""Agents and their ledger, from a provider's name and Airflow connections.

A provider is ``catalog``, ``live``, or ``live:<suffix>``: live agents with connections of their own,
``prospecting_llm_<suffix>`` and ``prospecting_search_<suffix>``. Without the latter they search with
``prospecting_search``, and share its rate limit.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseHook
from airflow.sdk.exceptions import AirflowNotFoundException

from prospecting.agents.errors import AuthenticationFailed
from prospecting.hooks.connection_extras import base_url, extras, price, rate_limit

if TYPE_CHECKING:
    from prospecting.agents.ledger import Budget, Ledger
    from prospecting.agents.searches import Agents
    from prospecting.services.runtime import Runtime

LLM_CONNECTION_ID = "prospecting_llm"
SEARCH_CONNECTION_ID = "prospecting_search"
_PROVIDER = re.compile(r"catalog|live(?::[a-z0-9_]+)?")


class AgentsHook(BaseHook):
    """Opens ledgers that ask one provider's agents.

    :param provider: ``catalog``, ``live`` or ``live:<suffix>``.
    :param llm_conn_id: Connection of the language model instead of the provider's own: host is the base URL, password
        the API key, extra ``model`` the model's name.
    :param search_conn_id: Connection of the web search instead of the provider's own.
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
        from prospecting.agents.ledger import Ledger
        from prospecting.agents.rate_limits import RateLimiter

        checked_provider(self.provider)
        if self.provider == "catalog":
            from prospecting.agents.catalog import CatalogAgents

            agents: Agents = CatalogAgents()
            limiter = None
        else:
            from prospecting.agents.live import LiveAgents

            llm, search = self._connections()
            settings = live_settings(llm, search)
            limits = {settings.llm_provider: rate_limit(llm), settings.search_provider: rate_limit(search)}
            limiter = RateLimiter(runtime.engine, limits)
            agents = LiveAgents(settings, limiter)
        return Ledger(runtime.engine, agents, scope, budget=budget, rate_limiter=limiter, attempt=runtime.attempt)

    def check_connections(self) -> None:
        """Check that a question could be asked: connections with usable keys, and a model. Asks nobody.

        Raises ``AuthenticationFailed`` that names the connection, ``ValueError`` when the provider is unknown.
        """
        if checked_provider(self.provider) == "catalog":
            return
        from prospecting.agents.live import check_settings

        check_settings(live_settings(*self._connections()))

    def _connections(self) -> tuple[Any, Any]:
        """The connections of the language model and of the web search."""
        _, _, suffix = self.provider.partition(":")
        llm = _connection(self.llm_conn_id or (f"{LLM_CONNECTION_ID}_{suffix}" if suffix else LLM_CONNECTION_ID))
        if self.search_conn_id or not suffix:
            return llm, _connection(self.search_conn_id or SEARCH_CONNECTION_ID)
        try:
            return llm, self.get_connection(f"{SEARCH_CONNECTION_ID}_{suffix}")
        except AirflowNotFoundException:
            return llm, _connection(SEARCH_CONNECTION_ID)


def checked_provider(name: str) -> str:
    """``name``, if it can be a provider's; connections are looked up when it is asked. Raises ``ValueError``."""
    if not _PROVIDER.fullmatch(name):
        raise ValueError(
            f"No such provider: {json.dumps(name)}; there are catalog, live, and live:<suffix> with a suffix of "
            "lower-case letters, digits and underscores, which uses the connection prospecting_llm_<suffix>"
        )
    return name


def _connection(connection_id: str) -> Any:
    try:
        return BaseHook.get_connection(connection_id)
    except AirflowNotFoundException:
        raise AuthenticationFailed(
            f"Live agents need the Airflow connection {connection_id} (host: base URL, password: API key); "
            "create it, or ask the catalog only"
        ) from None


def live_settings(llm: Any, search: Any) -> Any:
    """``LiveSettings`` from the connections of model and search; their extras name the rest."""
    from prospecting.agents.live import LLM_PROVIDER, SEARCH_PROVIDER, LiveSettings
    from prospecting.agents.metering import Prices

    options, search_options = extras(llm), extras(search)
    settings: dict[str, Any] = {
        "llm_api_key": llm.password or "",
        "llm_model": options.get("model", ""),
        "search_api_key": search.password or "",
        "llm_connection_id": llm.conn_id,
        "search_connection_id": search.conn_id,
        "llm_provider": _service(LLM_PROVIDER, llm.conn_id, LLM_CONNECTION_ID),
        "search_provider": _service(SEARCH_PROVIDER, search.conn_id, SEARCH_CONNECTION_ID),
        "prices": Prices(
            **{
                name: price(source, name)
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
        settings["llm_base_url"] = base_url(llm)
    if search.host:
        settings["search_base_url"] = base_url(search)
    for name in ("timeout_seconds", "max_searches", "max_input_tokens", "max_output_tokens", "ttl_seconds"):
        if name in options:
            settings[name] = type(getattr(LiveSettings("", "", ""), name))(options[name])
    return LiveSettings(**settings)


def _service(name: str, connection_id: str, default_id: str) -> str:
    """The name of a connection's service in rate limits and the ledger: ``llm``, ``llm:<suffix>`` for another one."""
    if connection_id in (default_id, "", None):
        return name
    return f"{name}:{connection_id.removeprefix(f'{default_id}_')}"
