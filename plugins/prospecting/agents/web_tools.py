"""The tools a live agent has while it answers one question. It can do nothing but use them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING

from prospecting.agents.circuits import Circuits
from prospecting.agents.errors import RequestRefused
from prospecting.agents.live_settings import LiveSettings
from prospecting.agents.metering import Prices, SpentBeforeFailure
from prospecting.agents.rate_limits import RateLimiter
from prospecting.agents.web_search import SearchServices, WebSearch
from prospecting.persistence.database import to_json

if TYPE_CHECKING:
    from pydantic_ai.usage import RunUsage


@dataclass(slots=True)
class Meter:
    """The usage of one answer so far: tokens of all rounds, and searches.

    ``searches`` is how often the model has searched, ``searched_by`` how many searches each provider has billed, or may
    have, and ``search_usd`` what those cost in US dollars.
    """

    prices: Prices
    usage: RunUsage
    searches: int = 0
    searched_by: Counter[str] = field(default_factory=Counter)
    search_usd: Decimal = Decimal(0)

    @property
    def cost_usd(self) -> Decimal | None:
        """US dollars; ``None`` when the price of tokens is not known."""
        if not self.prices.are_known:
            return None
        return self.prices.cost(self.usage.input_tokens, self.usage.output_tokens, 0) + self.search_usd

    def charge(self, search: WebSearch) -> None:
        """Count a search that its service has billed, or may have."""
        self.searched_by[search.provider] += 1
        self.search_usd += search.usd_per_search

    def spent(self) -> SpentBeforeFailure | None:
        if not self.usage.input_tokens and not self.usage.output_tokens and not self.searches:
            return None
        return SpentBeforeFailure(
            input_tokens=self.usage.input_tokens, output_tokens=self.usage.output_tokens, cost_usd=self.cost_usd
        )


class WebTools:
    """Searches on behalf of one answer, within the limits of the settings, and lets ``meter`` count them."""

    def __init__(
        self,
        settings: LiveSettings,
        meter: Meter,
        rate_limiter: RateLimiter | None = None,
        circuits: Circuits | None = None,
    ) -> None:
        """``rate_limiter`` makes every web search wait for its turn, ``circuits`` leaves out services that are down."""
        self._settings = settings
        self.meter = meter
        self._searches = SearchServices(settings.searches, rate_limiter=rate_limiter, circuits=circuits)

    def search_web(self, query: str) -> str:
        """One search by the model. It is told when a search is refused; a broken service ends the answer."""
        settings = self._settings
        if self.meter.searches >= settings.max_searches:
            return "No searches are left. Answer with what you have found so far."
        self.meter.searches += 1
        try:
            return to_json(self._searches.find(query, self.meter.charge).pages)
        except RequestRefused:
            return "The search engine refused this query. Try a shorter, plainer one."
