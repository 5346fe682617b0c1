"""Debian's Chromium, where the machine has it, for tests that look at Airflow as people do."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
needs_browser = pytest.mark.skipif(CHROMIUM is None, reason="NO BROWSER: apt install chromium, to try the pages in one")

_QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    # It looks for servers of its maker otherwise, again and again where there is no network.
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


@contextmanager
def chromium() -> Iterator[Browser]:
    """A browser without a window."""
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=_QUIET)
        yield started
        started.close()


@contextmanager
def tab_of(browser: Browser, address: str, name: str, password: str, *, patience: float = 90) -> Iterator[Page]:
    """A tab in which somebody has logged in to the Airflow at ``address``; it waits ``patience`` seconds at most."""
    context = browser.new_context(viewport={"width": 1300, "height": 900}, timezone_id="Asia/Tokyo")
    context.set_default_timeout(patience * 1000)
    expect.set_options(timeout=patience * 1000)
    page = context.new_page()
    page.goto(address)
    page.fill("input[name=username]", name)
    page.fill("input[name=password]", password)
    page.click("button[type=submit]")
    page.wait_for_url(lambda url: "/auth/login" not in url)
    yield page
    context.close()
