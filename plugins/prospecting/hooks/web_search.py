"""The web search of live agents, from the connection's side: what its form in Airflow belongs to."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from prospecting.hooks.agents import SEARCH_CONNECTION_ID, AgentsHook, web_search
from prospecting.hooks.connection_extras import rate_limit
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
    rate_limit(connection)
    replace(web_search(connection), timeout_seconds=TEST_SECONDS, max_results=1).find("conferences")
    return "The web search answers. This test was one search"
