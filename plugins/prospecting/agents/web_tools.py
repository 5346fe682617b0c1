"""The tools a live agent has while it answers one question. It can do nothing but use them."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from prospecting.agents.circuits import Circuits
from prospecting.agents.errors import RequestRefused
from prospecting.agents.live_settings import LiveSettings
from prospecting.agents.page_fetching import PageFetcher, PageRefused
from prospecting.agents.page_reading import PageReader
from prospecting.agents.rate_limits import RateLimiter
from prospecting.agents.steps import StepOutcome, Steps
from prospecting.agents.web_search import SearchServices, WebSearch
from prospecting.parsing.pages import reduce_page
from prospecting.parsing.urls import normalize_website, site_of
from prospecting.persistence.database import to_json

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic_ai.usage import RunUsage


_ADDRESS = re.compile(r"https?://[^\s\"'<>()\[\]{}\\]{3,2000}")
_MAX_SEEN = 5_000


@dataclass(slots=True)
class Meter:
    """The usage of one answer so far, replayed steps included: tokens of all rounds, searches and pages."""

    usage: RunUsage
    searches: int = 0
    pages: int = 0


class WebTools:
    """Searches and reads pages on behalf of one answer, within the limits of the settings; ``meter`` counts both.

    A page can be read when its address stood in the question, or was a result, or stood on a page of the same site that
    was read before: neither a model nor a page can make up an address that tells its owner something, and no page can
    send its reader to somebody else.
    """

    def __init__(
        self,
        settings: LiveSettings,
        meter: Meter,
        steps: Steps,
        rate_limiter: RateLimiter | None = None,
        circuits: Circuits | None = None,
        *,
        reader: PageReader | None = None,
        asked: Mapping[str, Any] | None = None,
    ) -> None:
        """``rate_limiter`` makes every web search wait for its turn, ``circuits`` leaves out services that are down.
        ``reader`` reads pages; ``asked`` is the question.
        """
        self._settings = settings
        self.meter = meter
        self._steps = steps
        self._searches = SearchServices(settings.searches, rate_limiter=rate_limiter, circuits=circuits)
        self._reader = reader or PageReader(page_fetcher(settings))
        self._seen: dict[str, str] = {}
        for name, value in (asked or {}).items():
            if isinstance(value, str):
                self._note(*_addresses(value), *([value] if name in ("website", "domain") else []))

    def search_web(self, query: str) -> str:
        """One search by the model. It is told when a search is refused; a broken service ends the answer."""
        settings = self._settings
        if self.meter.searches >= settings.max_searches:
            return "No searches are left. Answer with what you have found so far."
        self.meter.searches += 1
        try:
            found = self._steps.run("search", {"query": query}, lambda: self._search(query)).decode()
        except RequestRefused:
            return "The search engine refused this query. Try a shorter, plainer one."
        self._note(*(page["url"] for page in json.loads(found)))
        return found

    def read_page(self, url: str) -> str:
        """One page for the model, as JSON; it is told why when the page cannot be read."""
        if self.meter.pages >= self._settings.max_pages:
            return "No pages are left to read. Answer with what you have found so far."
        address = self._seen.get(_key(url))
        if address is None:
            return (
                "Only addresses from the question, of search results, and of the same site on pages that you have read "
                "can be read."
            )
        self.meter.pages += 1
        found = self._steps.run("page", {"url": address}, lambda: self._read(address)).decode()
        self._note(*(link for link in _addresses(found) if _owner(link) == _owner(address)))
        return found

    def _read(self, address: str) -> StepOutcome:
        try:
            page = self._reader.read(address)
        except PageRefused as refusal:
            return StepOutcome(to_json({"url": address, "error": str(refusal)}).encode())
        reduced = reduce_page(page.content, page.url)
        shown: dict[str, Any] = {"url": page.url, "title": reduced.title, "text": reduced.text}
        if reduced.is_cut or page.is_cut:
            shown["note"] = "The page is longer; this is its beginning."
        return StepOutcome(to_json(shown).encode("utf-8", "replace"))

    def _note(self, *addresses: str) -> None:
        """Remember addresses that may be read, at most as many as a few pages have."""
        for address in addresses:
            if len(self._seen) < _MAX_SEEN and (url := normalize_website(address)):
                self._seen.setdefault(_key(url), url)

    def _search(self, query: str) -> StepOutcome:
        charged: list[WebSearch] = []
        found = self._searches.find(query, charged.append)
        cost = sum((service.usd_per_search for service in charged), Decimal(0))
        return StepOutcome(to_json(found.pages).encode(), cost)


def page_fetcher(settings: LiveSettings) -> PageFetcher:
    return PageFetcher(user_agent=settings.user_agent, local_hosts=settings.local_hosts)


def _addresses(text: str) -> list[str]:
    return _ADDRESS.findall(text)


def _owner(url: str) -> str:
    """Whose site an address is on: the registered domain, else the host."""
    site = site_of(url)
    return (site.registered or site.host) if site else urlsplit(url).netloc


def _key(url: str) -> str:
    """The part that all spellings of one page's address share; empty for what is none."""
    normalised = normalize_website(url)
    return normalised.partition("://")[2].rstrip("/") if normalised else ""
