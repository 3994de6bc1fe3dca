"""A page that cannot be shown never takes the navigation with it, and comes back by a retry or by going elsewhere."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from forms import wide_after
from server.support import Server
from ui.support import new_context, sign_in

TABS = ("overview", "findings", "grants", "sessions", "baselines", "mcp", "events", "audit")
BROKEN_ANSWERS: dict[str, tuple[str, str, Any]] = {
    "/": ("Agents", "overview*", [{"id": "nameless"}]),
    "/overview": ("Overview", "charts/events*", {"since": "2026-11-01T00:00:00Z"}),
    "/capabilities": ("Capabilities", "capabilities*", {"agents": [{"id": "nameless"}], "paths": []}),
    "/keys": ("Keys", "keys?*", [{"id": "nameless", "is_active": True}]),
    "/settings": ("Settings", "rules", [{"id": "NO_REFERENCES"}]),
}
"""What a page cannot draw: its name, the endpoint, the answer. Whatever throws looks the same to the user."""


@pytest.fixture
def fresh_page(browser: Browser, server: Server) -> Iterator[Page]:
    """Open a new window, whose browser has loaded none of the other pages' code yet."""
    context = new_context(browser, server)
    opened = context.new_page()
    sign_in(opened.context, server)
    opened.goto("/")
    expect(opened.get_by_role("heading", level=1)).to_be_visible()
    yield opened
    context.close()


def navigation(page: Page) -> None:
    expect(page.get_by_role("navigation", name="Pages").get_by_role("link")).to_have_count(8)


@pytest.mark.parametrize("tab", wide_after(2, TABS))
def test_an_agent_that_was_never_scored_has_a_page(page: Page, server: Server, tab: str) -> None:
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
    agent_id = server.new_agent(name="never-scored")
    page.goto(f"/agents/{agent_id}?tab={tab}")
    expect(page.get_by_role("heading", name="never-scored", level=1)).to_be_visible()
    expect(page.get_by_text("never scored", exact=False).first).to_be_visible()
    expect(page.locator("[aria-busy=true]")).to_have_count(0)
    navigation(page)
    assert problems == []
    server.api.delete(f"agents/{agent_id}")


def test_the_line_begins_under_an_open_page_with_the_first_grant(page: Page, server: Server) -> None:
    agent_id = server.new_agent(name="to-be-scored")
    page.goto(f"/agents/{agent_id}")
    expect(page.get_by_text("Not scored yet")).to_be_visible()
    server.api.post(f"agents/{agent_id}/grants", json={"tool_name": "search_docs"})
    expect(page.get_by_role("img", name=re.compile("Trust over time")).locator("canvas")).to_be_visible()
    server.api.delete(f"agents/{agent_id}")


@pytest.mark.parametrize("place", wide_after(2, BROKEN_ANSWERS))
def test_a_page_that_fails_leaves_the_navigation_and_comes_back_by_a_retry(page: Page, place: str) -> None:
    name, endpoint, answer = BROKEN_ANSWERS[place]
    pattern = f"**/api/v1/{endpoint}"
    page.goto("/register")
    page.route(pattern, lambda route: route.fulfill(json=answer))
    page.goto(place)
    failure = page.get_by_role("alert").filter(has_text="This page has failed")
    expect(failure).to_be_visible()
    navigation(page)
    page.get_by_role("link", name="Audit").click()
    expect(page.get_by_role("heading", name="Audit log")).to_be_visible()
    page.get_by_role("link", name=name, exact=True).click()
    expect(failure).to_be_visible()
    page.unroute(pattern)
    page.get_by_role("button", name="Retry").click()
    expect(failure).to_be_hidden()
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    navigation(page)


def open_offline(page: Page, name: str) -> None:
    page.get_by_role("navigation").get_by_role("link", name=name, exact=True).click()
    expect(page.get_by_role("heading", name="This page could not be loaded")).to_be_visible()
    navigation(page)


@pytest.mark.parametrize("name", wide_after(2, ["Findings", "Events", "Capabilities", "Keys", "Audit", "Settings"]))
def test_a_page_opened_offline_comes_back_by_itself_with_the_connection(fresh_page: Page, name: str) -> None:
    fresh_page.context.set_offline(True)
    open_offline(fresh_page, name)
    fresh_page.get_by_role("link", name="Agents").click()
    expect(fresh_page.get_by_role("heading", name="This page could not be loaded")).to_be_hidden()
    open_offline(fresh_page, name)
    fresh_page.context.set_offline(False)
    expect(fresh_page.get_by_role("heading", name="This page could not be loaded")).to_be_hidden()
    expect(fresh_page.get_by_role("heading", level=1)).to_be_visible()


def test_a_page_whose_code_is_missing_asks_once_by_itself_and_then_by_a_retry(fresh_page: Page) -> None:
    missing = "**/assets/SettingsPage*"
    loads: list[Page] = []
    fresh_page.on("load", lambda loaded: loads.append(loaded))  # noqa: PLW0108 - playwright wraps functions only

    def refuse(route: Route) -> None:
        route.fulfill(status=404, body="")

    fresh_page.route(missing, refuse)
    with fresh_page.expect_event("load"):  # a newer server may have sent another document by now
        fresh_page.get_by_role("navigation").get_by_role("link", name="Settings").click()
    expect(fresh_page.get_by_role("heading", name="This page could not be loaded")).to_be_visible()
    retry = fresh_page.get_by_role("button", name="Retry")
    expect(retry).to_be_enabled()
    navigation(fresh_page)
    assert len(loads) == 1, "it does not reload for ever"
    fresh_page.unroute(missing)
    retry.click()
    expect(fresh_page.get_by_role("heading", name="Settings", level=1)).to_be_visible()
    assert fresh_page.url.endswith("/settings")
