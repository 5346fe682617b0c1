"""The web search of live agents, from the connection's side: what its form in Airflow belongs to."""

from __future__ import annotations

from prospecting.hooks.agents import SEARCH_CONNECTION_ID, AgentsHook


class WebSearchHook(AgentsHook):
    """Opens ledgers like ``AgentsHook``; Airflow finds it by the type of the web search's connection.

    :param search_conn_id: Connection of the web search: host is the base URL, password the API key.
    """

    conn_name_attr = "search_conn_id"
    default_conn_name = SEARCH_CONNECTION_ID
    conn_type = "prospecting_search"
    hook_name = "Prospecting: web search"
