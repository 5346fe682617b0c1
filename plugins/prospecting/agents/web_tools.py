"""The tools a live agent has while it answers one question. It can do nothing but use them."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from prospecting.agents.circuits import Circuits
from prospecting.agents.errors import RequestRefused
from prospecting.agents.live_settings import LiveSettings
from prospecting.agents.rate_limits import RateLimiter
from prospecting.agents.steps import StepOutcome, Steps
from prospecting.agents.web_search import SearchServices, WebSearch
from prospecting.persistence.database import to_json

if TYPE_CHECKING:
    from pydantic_ai.usage import RunUsage


@dataclass(slots=True)
class Meter:
    """The usage of one answer so far, replayed steps included: tokens of all rounds, and searches."""

    usage: RunUsage
    searches: int = 0


class WebTools:
    """Searches on behalf of one answer, within the limits of the settings, and lets ``meter`` count them."""

    def __init__(
        self,
        settings: LiveSettings,
        meter: Meter,
        steps: Steps,
        rate_limiter: RateLimiter | None = None,
        circuits: Circuits | None = None,
    ) -> None:
        """``rate_limiter`` makes every web search wait for its turn, ``circuits`` leaves out services that are down."""
        self._settings = settings
        self.meter = meter
        self._steps = steps
        self._searches = SearchServices(settings.searches, rate_limiter=rate_limiter, circuits=circuits)

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
        charged: list[WebSearch] = []
        found = self._searches.find(query, charged.append)
        cost = sum((service.usd_per_search for service in charged), Decimal(0))
        return StepOutcome(to_json(found.pages).encode(), cost)
