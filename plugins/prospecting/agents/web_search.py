"""Web search over the Tavily HTTP API: the one tool our live agents may use."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from prospecting.agents.errors import AgentUnavailable, AuthenticationFailed
from prospecting.agents.provider_errors import error_for_status, retry_after_seconds, unanswered, unreachable

CONNECTION_ID = "prospecting_search"
# The provider's own limit for a query, and how much of a page the model gets to read.
_MAX_QUERY_CHARS = 400
_MAX_CONTENT_CHARS = 2_000


@dataclass(frozen=True, slots=True)
class WebSearch:
    """Where and how to search. The key is required: the provider's anonymous mode is never used.

    ``connection_id`` is the Airflow connection these settings come from; errors name it.
    """

    api_key: str = field(repr=False)
    base_url: str = "https://api.tavily.com"
    timeout_seconds: float = 30.0
    max_results: int = 5
    connection_id: str = CONNECTION_ID

    def find(self, query: str) -> list[dict[str, str]]:
        """Pages for ``query``, best first: ``title``, ``url`` and ``content`` (an excerpt, cut to 2,000 characters).

        Raises an ``AgentError`` of the matching kind.
        """
        import httpx

        key = usable_key(self.api_key, self.connection_id)
        try:
            response = httpx.post(
                f"{self.base_url.rstrip('/')}/search",
                json={"query": query[:_MAX_QUERY_CHARS], "max_results": self.max_results, "search_depth": "basic"},
                headers={"Authorization": f"Bearer {key}"},
                timeout=self.timeout_seconds,
            )
        except httpx.TimeoutException:
            raise unanswered("web search", self.base_url, self.connection_id, self.timeout_seconds) from None
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise unreachable("web search", self.base_url, self.connection_id, type(error).__name__) from None
        if not response.is_success:
            raise error_for_status(
                response.status_code,
                service="web search",
                connection_id=self.connection_id,
                retry_after=retry_after_seconds(response.headers),
            )
        try:
            found = json.loads(response.content)["results"]
            return [_page(result) for result in found if isinstance(result, dict)]
        except (ValueError, KeyError, TypeError):
            raise AgentUnavailable("The web search answered something that is not a result list") from None


def usable_key(api_key: str, connection_id: str) -> str:
    """The key without surrounding blanks. Raises ``AuthenticationFailed`` when nothing usable is left."""
    key = api_key.strip()
    if not key:
        raise AuthenticationFailed(
            f"No key: create the Airflow connection {connection_id} with the key as its password, or use the shipped "
            "catalog"
        )
    if not key.isascii() or not key.isprintable() or " " in key:
        raise AuthenticationFailed(f"The password of the connection {connection_id} cannot be a key: copy it again")
    return key


def _page(result: dict[str, Any]) -> dict[str, str]:
    return {
        "title": str(result.get("title") or ""),
        "url": str(result.get("url") or ""),
        "content": str(result.get("content") or "")[:_MAX_CONTENT_CHARS],
    }
