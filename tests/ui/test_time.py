"""The choice of time: one for all pages, in the address, in words or by dates, in UTC or the browser's zone."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Browser, Page, expect

from server.support import HASH, Server, new_database, start_server
from ui.support import aside, new_context, sign_in, violations


@pytest.fixture(scope="module")
def own_server(postgres_dsn: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Run a server for this file alone."""
    server = aside(lambda: start_server(new_database(postgres_dsn), tmp_path_factory.mktemp("time")))
    yield server
    server.stop()


def yesterday(hour: int) -> datetime:
    return (datetime.now(UTC) - timedelta(days=1)).replace(hour=hour, minute=10, second=0, microsecond=0)


def busy_agent(server: Server, name: str) -> str:
    """Return an agent with a call yesterday at 14:10, one at 16:10 (UTC), and one now."""
    agent_id = server.new_agent(name=name)
    for tool, at in (("early_tool", yesterday(14)), ("late_tool", yesterday(16)), ("tool_of_now", datetime.now(UTC))):
        event = {"agent_id": agent_id, "tool_name": tool, "input_hash": HASH, "output_hash": HASH}
        assert server.api.post("events", json={**event, "timestamp": at.isoformat()}).status_code == 201
    return agent_id


def choose(page: Page, words: str) -> None:
    page.get_by_role("button", name="Time:").click()
    page.get_by_label("In words").fill(words)
    page.keyboard.press("Enter")


def utc_page(browser: Browser, server: Server, width: int = 1440) -> Page:
    page = new_context(browser, server, width=width).new_page()
    page.add_init_script("localStorage.setItem('agentsentinel-zone', 'utc')")
    sign_in(page.context, server)
    page.goto("/")
    return page


def test_what_an_agent_did_yesterday_between_two_hours(browser: Browser, own_server: Server) -> None:
    agent_id = aside(lambda: busy_agent(own_server, "time-travelled"))
    page = utc_page(browser, own_server)
    page.goto(f"/agents/{agent_id}?tab=events")
    expect(
        page.get_by_role("table", name="Events, newest first").get_by_role("rowgroup").last.get_by_role("row")
    ).to_have_count(3)
    choose(page, "yesterday 14:00-15:00")
    events = page.get_by_role("table", name="Events, newest first").get_by_role("rowgroup").last.get_by_role("row")
    expect(events).to_have_count(1)
    expect(events).to_contain_text("early_tool")
    shown = events.locator("time")
    expect(shown).to_have_text(re.compile(r"\d.*, 14:10:00"))  # with its date, since that is not today
    expect(shown).to_have_attribute("title", re.compile("UTC"))
    expect(page).to_have_url(re.compile(r"time=\d{4}-\d\d-\d\dT14%3A00%3A00Z\.\.\d{4}-\d\d-\d\dT15%3A00%3A00Z"))
    assert violations(page) == []


def test_the_time_goes_along_from_page_to_page(browser: Browser, own_server: Server) -> None:
    page = utc_page(browser, own_server)
    page.get_by_role("navigation", name="Pages").get_by_role("link", name="Audit").click()
    expect(page.get_by_role("heading", name="Audit log")).to_be_visible()  # the page before has the same button
    choose(page, "last 7 days")
    button = page.get_by_role("button", name="Time:")
    expect(button).to_contain_text("Last 7 days")
    for name in ("Findings", "Events"):
        page.get_by_role("navigation", name="Pages").get_by_role("link", name=name).click()
        expect(page).to_have_url(re.compile("time=7d"))
        expect(button).to_contain_text("Last 7 days")
    page.get_by_role("link", name="Back to live").click()
    expect(button).to_contain_text("Any time")
    page.go_back()
    expect(button).to_contain_text("Last 7 days")


def test_times_are_in_the_zone_that_was_chosen(browser: Browser, own_server: Server) -> None:
    page = utc_page(browser, own_server)
    page.goto("/audit?time=24h")
    time = page.get_by_role("list", name="Audit log").locator("time").first
    expect(time).to_have_attribute("title", re.compile("UTC$"))
    page.get_by_role("button", name="Time:").click()
    page.get_by_role("button", name="Local").click()
    assert page.evaluate("localStorage.getItem('agentsentinel-zone')") == "local"
    assert violations(page) == []


def test_a_time_in_an_address_that_is_none_is_dropped(browser: Browser, own_server: Server) -> None:
    page = utc_page(browser, own_server)
    page.goto("/audit?time=whenever")
    expect(page.get_by_role("button", name="Time:")).to_contain_text("Any time")
    expect(page.get_by_role("list", name="Audit log")).to_be_visible()


def test_on_a_telephone_the_choice_fits_and_a_tapped_time_says_when_it_was(
    browser: Browser, own_server: Server
) -> None:
    page = utc_page(browser, own_server, width=390)
    page.goto("/audit?time=24h")
    page.get_by_role("button", name="Time:").click()
    expect(page.get_by_label("From")).to_be_in_viewport()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.keyboard.press("Escape")
    time = page.get_by_role("list", name="Audit log").locator("time").first
    time.dispatch_event("pointerup", {"pointerType": "touch", "bubbles": True})
    expect(page.locator("p.fixed")).to_have_text(time.get_attribute("title") or "-")
