"""The tools a live agent has while it answers one question. It can do nothing but use them."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from prospecting.agents.errors import RequestRefused
from prospecting.agents.live_settings import LiveSettings
from prospecting.agents.metering import Prices, SpentBeforeFailure
from prospecting.agents.rate_limits import RateLimiter
from prospecting.agents.web_search import WebSearch
from prospecting.persistence.database import to_json

if TYPE_CHECKING:
    from pydantic_ai.usage import RunUsage


@dataclass(slots=True)
class Meter:
    """The usage of one answer so far: tokens of all rounds, and searches."""

    prices: Prices
    usage: RunUsage
    searches: int = 0

    @property
    def cost_usd(self) -> Decimal | None:
        """US dollars; ``None`` when the price of tokens is not known."""
        if not self.prices.are_known:
            return None
        return self.prices.cost(self.usage.input_tokens, self.usage.output_tokens, self.searches)

    def spent(self) -> SpentBeforeFailure | None:
        if not self.usage.input_tokens and not self.usage.output_tokens and not self.searches:
            return None
        return SpentBeforeFailure(
            input_tokens=self.usage.input_tokens, output_tokens=self.usage.output_tokens, cost_usd=self.cost_usd
        )


class WebTools:
    """Searches on behalf of one answer, within the limits of the settings, and lets ``meter`` count them."""

    def __init__(self, settings: LiveSettings, meter: Meter, rate_limiter: RateLimiter | None = None) -> None:
        """``rate_limiter`` makes every web search wait for its turn."""
        self._settings = settings
        self.meter = meter
        self._rate_limiter = rate_limiter

    def search_web(self, query: str) -> str:
        """One search by the model. It is told when a search is refused; a broken service ends the answer."""
        settings = self._settings
        if self.meter.searches >= settings.max_searches:
            return "No searches are left. Answer with what you have found so far."
        self.meter.searches += 1
        if self._rate_limiter is not None:
            self._rate_limiter.wait(settings.search_provider)
        web_search = WebSearch(
            settings.search_api_key,
            base_url=settings.search_base_url,
            timeout_seconds=min(settings.search_timeout_seconds, settings.timeout_seconds),
            connection_id=settings.search_connection_id,
        )
        try:
            return to_json(web_search.find(query))
        except RequestRefused:
            return "The search engine refused this query. Try a shorter, plainer one."
