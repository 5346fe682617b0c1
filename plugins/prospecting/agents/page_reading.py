"""Reads pages for live agents: with their sites' leave, one after the other, and each only once for a while."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from prospecting.agents.errors import RateLimited
from prospecting.agents.page_fetching import FetchedPage, PageFetcher, PageRefused, SiteStumbled, page_address
from prospecting.agents.rate_limits import RateLimit, RateLimiter
from prospecting.parsing.urls import site_of
from prospecting.persistence.database import unit_of_work
from prospecting.persistence.web_pages import StoredPage, find_page, keep_page

log = logging.getLogger(__name__)

_ROBOTS_TTL = 24 * 3600
_ROBOTS_BYTES = 500_000
_FAILED_TTL = 300
"""Seconds for which a site that fails is left alone."""

_MAX_CRAWL_DELAY = 30.0
_PER_HOST = RateLimit(capacity=3, refill_per_second=1.0, max_wait_seconds=30.0)
"""How often one site is asked, by all workers together."""

_MAX_KEY = 200


@dataclass(frozen=True, slots=True)
class PageReader:
    """Pages by address. Safe to use from several threads and processes at once.

    Without ``engine`` nothing is kept and no turn is waited for. ``pauses``: seconds before a site that stumbles
    is asked again, each time. Who counts as a sponsor depends on what was read, and should not depend on a bad moment.
    """

    fetcher: PageFetcher
    engine: Engine | None = None
    ttl_seconds: float = 24 * 3600
    pauses: tuple[float, ...] = (0.5, 2.0)

    def read(self, url: str) -> FetchedPage:
        """The page at ``url``. Raises ``PageRefused``: the address, its site or the answer does not allow it."""
        address = page_address(url)
        page = self._kept(address)
        if page is None:
            page = self._fetched(address)
        if page.status >= 400:
            raise PageRefused(f"The site does not have this page (HTTP {page.status})")
        return page

    def _kept(self, address: str) -> FetchedPage | None:
        if self.engine is None:
            return None
        with unit_of_work(self.engine) as connection:
            stored = find_page(connection, address)
        return FetchedPage(stored.url, stored.status, stored.media_type, stored.content) if stored else None

    def _fetched(self, address: str) -> FetchedPage:
        page = self._asked(lambda: _with_words(self.fetcher.fetch(address, may_follow=self._wait_for_leave)))
        self._keep(address, page, _FAILED_TTL if page.status >= 400 else self.ttl_seconds)
        return page

    def _asked(self, fetch: Callable[[], FetchedPage]) -> FetchedPage:
        """The end of ``fetch``, which is tried again while the site is too busy, fails or breaks off."""
        for pause in self.pauses:
            try:
                page = fetch()
                if page.status != 429 and page.status < 500:
                    return page
            except SiteStumbled:
                pass
            time.sleep(pause)
        return fetch()

    def _keep(self, address: str, page: FetchedPage, ttl_seconds: float) -> None:
        if self.engine is None:
            return
        stored = StoredPage(page.url, page.status, page.media_type, page.content)
        try:
            with unit_of_work(self.engine) as connection:
                keep_page(connection, address, stored, ttl_seconds=ttl_seconds)
        except DBAPIError as failure:
            # The page was read all the same; it is read again next time.
            log.warning("A page that was read could not be kept (%s)", type(failure).__name__)

    def _wait_for_leave(self, address: str) -> None:
        """Wait for the site's turn. Raises ``PageRefused`` when its robots.txt forbids the page."""
        delay = self._robots_delay(address)
        self._wait(address, delay)

    def _robots_delay(self, address: str) -> float | None:
        from protego import Protego

        parts = urlsplit(address)
        robots = self._robots(f"{parts.scheme}://{parts.netloc}/robots.txt")
        if robots is None:
            return None
        rules = Protego.parse(robots)
        agent = self.fetcher.user_agent.partition("/")[0]
        if not rules.can_fetch(address, agent):
            raise PageRefused("The site's robots.txt does not allow machines to read this page")
        delay = rules.crawl_delay(agent)
        return min(delay, _MAX_CRAWL_DELAY) if delay else None

    def _robots(self, address: str) -> str | None:
        """The robots.txt of a site, ``None`` when it has none. A site that cannot say (5xx, silence) forbids all."""
        page = self._kept(address)
        if page is None:
            self._wait(address, None)
            try:
                page = self._asked(lambda: self.fetcher.fetch(address, any_type=True))
            except PageRefused:
                page = FetchedPage(address, 599, "", b"")
            self._keep(address, page, _FAILED_TTL if page.status >= 500 else _ROBOTS_TTL)
        if page.status >= 500:
            raise PageRefused("The site does not say whether machines may read it: its robots.txt cannot be had")
        if page.status >= 400:
            return None
        return page.content[:_ROBOTS_BYTES].decode("utf-8", "replace")

    def _wait(self, address: str, delay: float | None) -> None:
        if self.engine is None:
            return
        site = site_of(address)
        bucket = f"host:{(site.registered or site.host) if site else urlsplit(address).hostname}"[:_MAX_KEY]
        limit = _PER_HOST if delay is None else RateLimit(1, 1 / max(delay, 1.0), max(30.0, delay))
        try:
            RateLimiter(self.engine, {bucket: limit}).wait(bucket)
        except RateLimited:
            raise PageRefused("The site was asked for many pages just now; read another one") from None


def _with_words(page: FetchedPage) -> FetchedPage:
    """The page. Raises ``SiteStumbled`` for one that says all is well, and nothing else."""
    if page.status < 300 and not page.content.strip():
        raise SiteStumbled("The page is empty")
    return page
