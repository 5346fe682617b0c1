"""Web search over HTTP, by one of several services, for live agents."""

from __future__ import annotations

import html
import json
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from prospecting.agents.errors import (
    AgentError,
    AgentTimeout,
    AgentUnavailable,
    AuthenticationFailed,
    CircuitOpen,
    QuotaExceeded,
    RateLimited,
)
from prospecting.agents.provider_errors import error_for_status, retry_after_seconds, unanswered, unreachable

if TYPE_CHECKING:
    import httpx

    from prospecting.agents.circuits import Circuits
    from prospecting.agents.rate_limits import RateLimiter

log = logging.getLogger(__name__)

CONNECTION_ID = "prospecting_search"
PROVIDER = "web_search"
# The services' own limit for a query, and how much of a page the model gets to read.
_MAX_QUERY_CHARS = 400
_MAX_QUERY_WORDS = 50
_MAX_CONTENT_CHARS = 2_000
# A limit that is this far from its end is a plan that is used up, not a pace that is too fast.
_LONGEST_PACE_SECONDS = 3_600
_OF_THE_BODY = {"content-encoding", "content-length", "transfer-encoding"}


@dataclass(frozen=True, slots=True)
class WebSearch:
    """Where and how to search. The key is required: a service's anonymous mode is never used.

    ``api`` is the contract it speaks, one of ``APIS``; without ``base_url`` that service's own. ``connection_id`` is
    the Airflow connection these settings come from; errors name it. ``provider`` names rate limit and circuit,
    ``usd_per_search`` is the price in US dollars.
    """

    api_key: str = field(repr=False)
    base_url: str = ""
    timeout_seconds: float = 30.0
    max_results: int = 5
    connection_id: str = CONNECTION_ID
    api: str = "tavily"
    provider: str = PROVIDER
    usd_per_search: Decimal = Decimal(0)

    def find(self, query: str) -> list[dict[str, str]]:
        """Pages for ``query``, best first: ``title``, ``url`` and ``content`` (an excerpt, cut to 2,000 characters).

        Raises an ``AgentError`` of the matching kind.
        """
        import httpx

        key = usable_key(self.api_key, self.connection_id)
        api = APIS[self.api]
        base_url = self.base_url or api.base_url
        try:
            response = api.send(base_url.rstrip("/"), key, query, self.max_results, self.timeout_seconds)
        except httpx.TimeoutException:
            raise unanswered("web search", base_url, self.connection_id, self.timeout_seconds) from None
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise unreachable("web search", base_url, self.connection_id, type(error).__name__) from None
        if not response.is_success:
            status, code = api.refusal(response)
            raise error_for_status(
                status,
                service="web search",
                connection_id=self.connection_id,
                code=code,
                retry_after=retry_after_seconds(response.headers) or _pace(response.headers),
            )
        try:
            return api.pages(json.loads(response.content))
        except (ValueError, KeyError, TypeError, AttributeError):
            raise AgentUnavailable("The web search answered something that is not a result list") from None


@dataclass(frozen=True, slots=True)
class SearchApi:
    """One contract: its own service, how a request is sent, what an error says, and the pages in an answer.

    ``refusal`` returns the HTTP status and the code that ``error_for_status`` understands.
    """

    base_url: str
    send: Callable[[str, str, str, int, float], httpx.Response]
    refusal: Callable[[httpx.Response], tuple[int, str | None]]
    pages: Callable[[Any], list[dict[str, str]]]


def _answer_within(seconds: float, method: str, url: str, **request: Any) -> httpx.Response:
    """The whole answer to a request. Raises ``httpx.TimeoutException`` when its end does not come in time: the client's
    own limit holds for each piece, and one that comes slowly enough would hold up a worker for ever.
    """
    import httpx

    # The client writes the addresses of all requests into the log, and with them what somebody searches for.
    if (client_log := logging.getLogger("httpx")).level < logging.WARNING:
        client_log.setLevel(logging.WARNING)
    deadline = time.monotonic() + seconds
    content, is_late = bytearray(), False
    with httpx.stream(method, url, timeout=seconds, **request) as response:
        for piece in response.iter_bytes():
            if is_late:
                raise httpx.ReadTimeout("The answer comes too slowly", request=response.request)
            content += piece
            is_late = time.monotonic() > deadline
    # The content is unpacked by now, whatever the headers say.
    kept = [item for item in response.headers.multi_items() if item[0] not in _OF_THE_BODY]
    return httpx.Response(response.status_code, headers=kept, content=bytes(content))


# ------------------------------------------------------------------------------------------------------------ Tavily
def _ask_tavily(base_url: str, key: str, query: str, max_results: int, seconds: float) -> httpx.Response:
    return _answer_within(
        seconds,
        "POST",
        f"{base_url}/search",
        json={"query": query[:_MAX_QUERY_CHARS], "max_results": max_results, "search_depth": "basic"},
        headers={"Authorization": f"Bearer {key}"},
    )


def _tavily_refusal(response: httpx.Response) -> tuple[int, str | None]:
    return response.status_code, None


def _tavily_pages(answer: Any) -> list[dict[str, str]]:
    return [
        _page(result, content=str(result.get("content") or ""))
        for result in answer["results"]
        if isinstance(result, dict)
    ]


# ------------------------------------------------------------------------------------------------------------- Brave
def _ask_brave(base_url: str, key: str, query: str, max_results: int, seconds: float) -> httpx.Response:
    shortened = " ".join(query.split()[:_MAX_QUERY_WORDS])[:_MAX_QUERY_CHARS]
    return _answer_within(
        seconds,
        "GET",
        f"{base_url}/res/v1/web/search",
        # Without decorations: they would put <strong> around what was looked for.
        params={"q": shortened, "count": max_results, "text_decorations": "false", "result_filter": "web"},
        headers={"X-Subscription-Token": key, "Accept": "application/json"},
    )


def _brave_refusal(response: httpx.Response) -> tuple[int, str | None]:
    """A wrong key is a 422, a plan that is used up a 429: the code and the limits in the headers tell."""
    try:
        code = json.loads(response.content)["error"]["code"]
    except (ValueError, KeyError, TypeError):
        code = None
    if code == "SUBSCRIPTION_TOKEN_INVALID":
        return 401, None
    if response.status_code == 429 and (code == "QUOTA_LIMITED" or _is_used_up(response.headers)):
        return 429, "insufficient_quota"
    return response.status_code, None


def _brave_pages(answer: Any) -> list[dict[str, str]]:
    # Without "web" there is nothing to be found; without the type it is some other answer.
    if answer["type"] != "search":
        raise ValueError("not a search")
    found = (answer.get("web") or {}).get("results") or []
    return [
        _page(result, content=html.unescape(" ".join([str(result.get("description") or ""), *_snippets(result)])))
        for result in found
        if isinstance(result, dict)
    ]


def _snippets(result: Mapping[str, Any]) -> list[str]:
    """Further excerpts, which some plans come with."""
    snippets = result.get("extra_snippets")
    return [str(snippet) for snippet in snippets] if isinstance(snippets, list) else []


def _exhausted(headers: Mapping[str, str]) -> list[float]:
    """Seconds until each limit without anything left is renewed, of "X-RateLimit-Remaining: 0, 1000" and "-Reset"."""
    try:
        left = [int(part) for part in headers.get("x-ratelimit-remaining", "").split(",")]
        seconds = [float(part) for part in headers.get("x-ratelimit-reset", "").split(",")]
    except ValueError:
        return []
    return [each for remaining, each in zip(left, seconds, strict=False) if remaining <= 0 and each >= 0]


def _pace(headers: Mapping[str, str]) -> float | None:
    return max(_exhausted(headers), default=None)


def _is_used_up(headers: Mapping[str, str]) -> bool:
    return any(seconds > _LONGEST_PACE_SECONDS for seconds in _exhausted(headers))


APIS: Mapping[str, SearchApi] = {
    "tavily": SearchApi("https://api.tavily.com", _ask_tavily, _tavily_refusal, _tavily_pages),
    "brave": SearchApi("https://api.search.brave.com", _ask_brave, _brave_refusal, _brave_pages),
}
"""The contracts by the name that the extra ``api`` of a connection has."""


# ----------------------------------------------------------------------------------------------- one after the other
@dataclass(frozen=True, slots=True)
class Found:
    """Pages, best first, and the ``provider`` whose search found them."""

    pages: list[dict[str, str]]
    provider: str


class SearchServices:
    """Web search by the first of several services that can be asked."""

    def __init__(
        self,
        services: Sequence[WebSearch],
        *,
        rate_limiter: RateLimiter | None = None,
        circuits: Circuits | None = None,
    ) -> None:
        """``rate_limiter`` makes every search wait for its service's turn, ``circuits`` leaves out who is down."""
        self._services = services
        self._rate_limiter = rate_limiter
        self._circuits = circuits

    def find(self, query: str, charge: Callable[[WebSearch], None]) -> Found:
        """Pages for ``query`` from the first service, or the next when that one is down, too slow, or at its limits.

        ``charge`` is called with each service that has billed the search, or may have. Raises the ``AgentError`` of
        a service that refuses the query or its key; if no service can be asked, the first that may pass by itself.
        """
        errors: list[AgentError] = []
        for service in self._services:
            try:
                pages = self._ask(service, query)
            except (AgentUnavailable, AgentTimeout, RateLimited, QuotaExceeded) as error:
                if error.http_status is None and not isinstance(error, CircuitOpen | RateLimited):
                    charge(service)
                if len(self._services) > 1:
                    log.warning("%s cannot be asked (%s)", service.provider, error.kind)
                errors.append(error)
                continue
            charge(service)
            return Found(pages, service.provider)
        raise next((error for error in errors if error.retryable), errors[0])

    def _ask(self, service: WebSearch, query: str) -> list[dict[str, str]]:
        if self._circuits is None:
            return self._in_turn(service, query)
        with self._circuits.calling(service.provider):
            return self._in_turn(service, query)

    def _in_turn(self, service: WebSearch, query: str) -> list[dict[str, str]]:
        if self._rate_limiter is not None:
            self._rate_limiter.wait(service.provider)
        return service.find(query)


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


def _page(result: Mapping[str, Any], *, content: str) -> dict[str, str]:
    return {
        "title": str(result.get("title") or ""),
        "url": str(result.get("url") or ""),
        "content": content[:_MAX_CONTENT_CHARS],
    }
