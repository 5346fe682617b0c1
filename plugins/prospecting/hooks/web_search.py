"""The web search of live agents, from the connection's side: what its form in Airflow belongs to."""

from __future__ import annotations

from typing import Any

from prospecting.hooks.agents import SEARCH_CONNECTION_ID, AgentsHook
from prospecting.hooks.connection_extras import base_url, extras, price, rate_limit
from prospecting.hooks.connection_trials import TEST_SECONDS, try_out


class WebSearchHook(AgentsHook):
    """Opens ledgers like ``AgentsHook``; Airflow finds it by the type of the web search's connection.

    :param search_conn_id: Connection of the web search: host is the base URL, password the API key.
    """

    conn_name_attr = "search_conn_id"
    default_conn_name = SEARCH_CONNECTION_ID
    conn_type = "prospecting_search"
    hook_name = "Prospecting: web search"

    def test_connection(self) -> tuple[bool, str]:
        """Search once, as the button *Test* of the form does, for the price of a search."""
        return try_out(self, self.search_conn_id or SEARCH_CONNECTION_ID, _search_once)


def _search_once(connection: Any) -> str:
    from prospecting.agents.web_search import WebSearch

    rate_limit(connection)
    if "usd_per_search" in (options := extras(connection)):
        price(options, "usd_per_search")
    where = {"base_url": base_url(connection)} if connection.host else {}
    WebSearch(
        connection.password or "",
        **where,
        timeout_seconds=TEST_SECONDS,
        max_results=1,
        connection_id=connection.conn_id,
    ).find("conferences")
    return "The web search answers. This test was one search"
