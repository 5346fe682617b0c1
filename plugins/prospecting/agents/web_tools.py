"""The tools a live agent has while it answers one question. It can do nothing but use them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from prospecting.agents.errors import RequestRefused
from prospecting.agents.live_settings import LiveSettings
from prospecting.agents.rate_limits import RateLimiter
from prospecting.agents.steps import StepOutcome, Steps
from prospecting.agents.web_search import WebSearch
from prospecting.persistence.database import to_json

if TYPE_CHECKING:
    from pydantic_ai.usage import RunUsage


@dataclass(slots=True)
class Meter:
    """What one answer took so far, replayed steps included: tokens of all rounds, and searches."""

    usage: RunUsage
    searches: int = 0


class WebTools:
    """Searches on behalf of one answer, within the limits of the settings, and lets ``meter`` count them."""

    def __init__(
        self, settings: LiveSettings, meter: Meter, steps: Steps, rate_limiter: RateLimiter | None = None
    ) -> None:
        """``rate_limiter`` makes every web search wait for its turn."""
        self._settings = settings
        self.meter = meter
        self._steps = steps
        self._rate_limiter = rate_limiter

    def search_web(self, query: str) -> str:
        """One search by the model. It is told when a search is refused; a broken service ends the answer."""
        settings = self._settings
        if self.meter.searches >= settings.max_searches:
            return "No searches are left. Answer with what you have found so far."
        self.meter.searches += 1
        try:
            return self._steps.run("search", {"query": query}, lambda: self._search(query)).decode()
        except RequestRefused:
            return "The search engine refused this query. Try a shorter, plainer one."

    def _search(self, query: str) -> StepOutcome:
        settings = self._settings
        if self._rate_limiter is not None:
            self._rate_limiter.wait(settings.search_provider)
        web_search = WebSearch(
            settings.search_api_key,
            base_url=settings.search_base_url,
            timeout_seconds=min(settings.search_timeout_seconds, settings.timeout_seconds),
            connection_id=settings.search_connection_id,
        )
        return StepOutcome(to_json(web_search.find(query)).encode(), settings.prices.usd_per_search)
