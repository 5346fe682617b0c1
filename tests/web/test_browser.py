"""The pages in a real browser, inside Airflow's UI: Debian's Chromium, where the machine has it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import Engine, text

from tests.db.factories import add_companies, add_person, evaluate
from tests.web.browser import chromium, needs_browser, tab_of
from tests.web.conftest import ApiServer
from tests.web.test_overview import _RUNS

pytestmark = [pytest.mark.airflow, needs_browser]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


@pytest.fixture
def tab(browser: Browser, server: ApiServer, engine: Engine) -> Iterator[Page]:
    """A browser that has logged in as a viewer. Takes the database, so that it is empty again after."""
    with tab_of(browser, f"{server.origin}{server.path}/", "viewer", "viewer") as page:
        yield page


def test_pages_are_at_home_in_airflow(tab: Page, server: ApiServer, engine: Engine) -> None:
    with engine.begin() as connection:
        (acme,) = add_companies(connection, "Acme")
        add_person(connection, acme, "Jane Roe", "CEO")
        evaluate(connection)
        connection.execute(text(_RUNS))
    refused: list[str] = []
    tab.on("console", lambda message: refused.append(message.text) if "Content Security" in message.text else None)
    tab.get_by_text("Prospecting").first.click()
    ours = tab.frame_locator("iframe")
    expect(ours.get_by_role("heading", name="Overview")).to_be_visible()
    ours.get_by_role("link", name="Count again").click()
    expect(ours.get_by_text("Signal Funding failed 2 times in a row")).to_be_visible()
    # Times in the viewer's zone, colours as Airflow's.
    shown = ours.locator("time").first
    assert "Asia/Tokyo" in (shown.get_attribute("title") or "")
    assert ours.locator("html").get_attribute("data-theme") == "light"
    tab.evaluate("localStorage.setItem('theme', 'dark')")
    tab.reload()
    expect(ours.locator("html[data-theme=dark]")).to_be_attached()
    icon = tab.locator("img[src$='prospecting/static/icon_dark.svg']").first
    expect(icon).to_be_visible()
    assert icon.evaluate("image => image.naturalWidth")
    # The address leads back to the same page of ours, and a link goes to Airflow's own.
    ours.get_by_role("link", name="Models").click()
    tab.wait_for_url("**/prospecting/models")
    tab.reload()
    expect(ours.get_by_role("heading", name="Models")).to_be_visible()
    ours.get_by_role("link", name="Overview").click()
    ours.get_by_role("link", name="its run").click()
    tab.wait_for_url("**/dags/signal_execution/runs/manual__a%2Bb**")
    assert refused == []
