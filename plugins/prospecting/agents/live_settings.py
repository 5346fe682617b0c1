"""Where live agents find their model and their search, what those cost, and how far one answer may go."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING

from prospecting.agents.budgets import Limit
from prospecting.agents.errors import AuthenticationFailed
from prospecting.agents.metering import Prices
from prospecting.agents.page_fetching import USER_AGENT
from prospecting.agents.web_search import CONNECTION_ID as SEARCH_CONNECTION_ID
from prospecting.agents.web_search import PROVIDER as SEARCH_PROVIDER
from prospecting.agents.web_search import WebSearch, usable_key

if TYPE_CHECKING:
    from pydantic_ai.models import Model

LLM_PROVIDER = "llm"
LLM_CONNECTION_ID = "prospecting_llm"
LLM_APIS = {"openai": "https://api.openai.com/v1", "anthropic": "https://api.anthropic.com"}
"""The contracts a language model may speak, with their own services' base URLs: openai is any that is compatible."""


@dataclass(frozen=True, slots=True)
class LiveSettings:
    """Where the model and the search are, what they cost, and how far one answer may go. Keys never show in a repr.

    ``timeout_seconds`` bounds a whole answer, searches included. ``max_input_tokens`` and ``max_output_tokens`` bound
    all rounds of an answer together and are what ``reserve_usd`` reserves for. The providers name the rate-limit
    buckets of the two services, ``llm_provider`` also the answers in the ledger; the connections are what errors tell
    a person to fix. ``limits`` hold for the model beside the budget of whoever asks. ``make_model`` makes a model that
    has its own credentials, instead of base URL, API and key. ``fallback_search`` is asked when the first search cannot
    be; its price is its own. ``max_pages`` pages may be read for an answer (0: none), by ``user_agent``;
    ``read_sponsor_pages``: the sponsors of an event are first looked for on its own site, without the model.
    ``local_hosts``: see ``PageFetcher``.
    """

    llm_api_key: str = field(repr=False)
    llm_model: str
    search_api_key: str = field(repr=False)
    llm_base_url: str = "https://api.openai.com/v1"
    search_base_url: str = "https://api.tavily.com"
    prices: Prices = field(default_factory=Prices)
    timeout_seconds: float = 180.0
    search_timeout_seconds: float = 30.0
    max_searches: int = 5
    max_input_tokens: int = 100_000
    max_output_tokens: int = 8_000
    ttl_seconds: int = 7 * 24 * 3600
    max_pages: int = 5
    read_sponsor_pages: bool = True
    user_agent: str = USER_AGENT
    local_hosts: Mapping[str, str] = field(default_factory=dict)
    llm_provider: str = LLM_PROVIDER
    search_provider: str = SEARCH_PROVIDER
    llm_connection_id: str = LLM_CONNECTION_ID
    search_connection_id: str = SEARCH_CONNECTION_ID
    limits: tuple[Limit, ...] = ()
    llm_api: str = "openai"
    make_model: Callable[[], Model] | None = field(default=None, repr=False)
    search_api: str = "tavily"
    fallback_search: WebSearch | None = None

    @property
    def searches(self) -> list[WebSearch]:
        """The services of the web search, in the order in which they are asked."""
        timeout_seconds = min(self.search_timeout_seconds, self.timeout_seconds)
        first = WebSearch(
            self.search_api_key,
            base_url=self.search_base_url,
            timeout_seconds=timeout_seconds,
            connection_id=self.search_connection_id,
            api=self.search_api,
            provider=self.search_provider,
            usd_per_search=self.prices.usd_per_search,
        )
        return [first] if self.fallback_search is None else [first, self.fallback_search]

    @property
    def most_usd_per_search(self) -> Decimal:
        """US dollars that one search may cost, whichever service answers, or two when the first breaks off."""
        return sum((search.usd_per_search for search in self.searches), Decimal(0))


def check_settings(settings: LiveSettings) -> None:
    """Check that there are keys and a model. Raises ``AuthenticationFailed`` that names the connection to mend."""
    check_model(settings)
    for search in settings.searches:
        usable_key(search.api_key, search.connection_id)


def check_model(settings: LiveSettings) -> None:
    """Check that there is a model, and a key unless the model has credentials of its own."""
    if settings.make_model is None:
        usable_key(settings.llm_api_key, settings.llm_connection_id)
    if not settings.llm_model:
        raise AuthenticationFailed(f'No model: set {{"model": "..."}} in the extra of {settings.llm_connection_id}')
