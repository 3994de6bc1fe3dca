"""Saved views: filters are saved under a name, found in the page and the palette, shared, renamed and deleted."""

import re

from playwright.sync_api import Browser, BrowserContext, Page, expect

from server.support import Server, query
from ui.support import aside, new_context, sign_in, violations


def views_button(page: Page, name: str = "Views") -> None:
    page.get_by_role("main").get_by_role("button", name=name, exact=True).click()


def test_a_view_is_saved_shared_found_in_the_palette_renamed_and_deleted(
    page: Page, browser: Browser, server: Server
) -> None:
    page.goto("/findings?status=ALL&team=finance&time=30d")
    views_button(page)
    page.get_by_role("menuitem", name="Save these filters…").click()
    page.get_by_label("Name").fill("Finance, all")
    assert violations(page) == []
    page.keyboard.press("Enter")
    expect(page.get_by_role("main").get_by_role("button", name="Finance, all")).to_be_visible()
    key = aside(lambda: server.new_key("readonly"))
    other: BrowserContext = new_context(browser, server, width=390)
    sign_in(other, server, key)
    reader = other.new_page()
    reader.goto("/findings?time=24h")
    views_button(reader)
    assert reader.evaluate("document.documentElement.scrollWidth") <= 390
    expect(reader.get_by_role("menuitem")).to_have_count(1)
    reader.get_by_role("menuitem", name="Finance, all").click()
    expect(reader.get_by_label("Owner")).to_have_value("finance")
    expect(reader.get_by_label("Status")).to_have_value("ALL")
    expect(reader).to_have_url(re.compile("time=30d"))
    other.close()
    page.goto("/")
    expect(page.get_by_label("Search agents")).to_be_visible()
    page.keyboard.press("Control+k")
    page.get_by_label("An agent, a page or an action").fill("finance all")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/findings\?.*team=finance"))
    views_button(page, "Finance, all")
    page.get_by_role("menuitem", name="Rename or delete…").click()
    dialog = page.get_by_role("dialog", name="Views of Findings")
    dialog.get_by_label("Name of Finance, all").fill("All of finance")
    dialog.get_by_role("button", name="Rename Finance, all").click()
    expect(dialog.get_by_role("button", name="Delete All of finance")).to_be_visible()
    assert violations(page) == []
    dialog.get_by_role("button", name="Delete All of finance").click()
    expect(dialog.get_by_text("There are no views of this page.")).to_be_visible()
    assert aside(lambda: query(server.dsn, "SELECT id FROM saved_views")) == []


def test_every_page_with_filters_offers_its_own_views(page: Page, server: Server) -> None:
    for name in ("agents", "findings", "events", "capabilities", "audit"):
        new = {"page": name, "name": f"view of {name}", "query": "time=7d"}
        assert server.api.post("views", json=new).status_code == 201
    for path, name in (("/", "agents"), ("/events", "events"), ("/capabilities", "capabilities"), ("/audit", "audit")):
        page.goto(path)
        views_button(page)
        page.get_by_role("menuitem", name=f"view of {name}").click()
        expect(page.get_by_role("main").get_by_role("button", name=f"view of {name}")).to_be_visible()
    aside(lambda: query(server.dsn, "DELETE FROM saved_views"))
