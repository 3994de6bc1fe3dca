"""Events: a table that the server searches, each row opens its event beside the page, in its address."""

import re

from playwright.sync_api import BrowserContext, Page, expect

from server.support import Server
from ui.support import violations


def test_an_event_is_found_opened_sent_and_closed_again(page: Page, window: BrowserContext, server: Server) -> None:
    page.goto("/events?time=30d")
    table = page.get_by_role("table", name="Events, newest first")
    rows = table.get_by_role("row")
    for head in ("Time", "Agent", "Tool", "Server", "Session", "Via", "Status", "Duration", "Anomaly"):
        expect(table.get_by_role("columnheader", name=head, exact=True)).to_be_visible()
    page.get_by_label("Tool", exact=True).fill("get_secret")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("tool=get_secret"))
    stored = server.api.get("events", params={"tool_name": "get_secret", "limit": 200}).json()
    expect(rows).to_have_count(len(stored) + 1)

    # Anywhere on the row, but not on what leads elsewhere.
    rows.nth(1).get_by_role("cell").nth(6).click()
    panel = page.get_by_role("dialog")
    expect(panel.get_by_role("heading", name="get_secret")).to_be_visible()
    expect(page).to_have_url(re.compile(f"event={stored[0]['event_id']}"))
    detail = server.api.get(f"events/{stored[0]['event_id']}").json()
    for member in ("event_id", "agent_id", "session_id", "input_hash"):
        expect(panel.get_by_text(detail[member]).first).to_be_visible()
    assert violations(page) == []
    copy = window.new_page()
    copy.goto(page.url)
    expect(copy.get_by_role("dialog").get_by_text(detail["event_id"])).to_be_visible()
    copy.keyboard.press("Escape")
    expect(copy.get_by_role("dialog")).to_have_count(0)
    copy.close()
    page.go_back()
    expect(panel).to_have_count(0)

    # The keyboard: to the row, open, and back to where it was.
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(panel).to_be_visible()
    page.keyboard.press("Escape")
    expect(panel).to_have_count(0)
    assert "event=" not in page.url
    expect(rows.nth(1).get_by_role("link", name="get_secret")).to_be_focused()

    # Another tab, by the row as by its link; and a control of the row keeps its own click.
    with window.expect_page() as opened:
        rows.nth(1).get_by_role("cell").nth(8).click(modifiers=["ControlOrMeta"])
    expect(opened.value.get_by_role("dialog").get_by_role("heading", name="get_secret")).to_be_visible()
    opened.value.close()
    rows.nth(1).get_by_role("link", name="build-runner").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("build-runner")


def test_rows_of_each_list_lead_where_their_link_leads(page: Page, agents: dict[str, str]) -> None:
    page.goto("/")
    page.get_by_role("row", name=re.compile("crm-assistant")).get_by_role("cell").nth(4).click()
    expect(page).to_have_url(re.compile(agents["crm-assistant"]))
    page.goto(f"/agents/{agents['crm-assistant']}?tab=sessions")
    page.get_by_text(re.compile("6 calls of 3 tools")).first.click()
    expect(page).to_have_url(re.compile("session=run-"))
    page.get_by_role("link", name=re.compile("^risk")).first.click()
    expect(page).to_have_url(re.compile("/sessions/"))
    page.get_by_role("listitem").filter(has_text=re.compile(r"\d\.\d\d$")).last.click(position={"x": 5, "y": 5})
    expect(page.get_by_role("dialog")).to_be_visible()
    page.goto("/capabilities")
    page.get_by_role("img", name="leads to").first.click()
    expect(page).to_have_url(re.compile("/agents/.*tab=grants"))
    page.goto("/audit")
    entry = page.locator("li:has(> div a[data-leads])").first
    path = entry.locator("a[data-leads]").first.get_attribute("href") or "none"
    # Marked text stays marked, wherever it is let go.
    entry.get_by_role("paragraph").first.evaluate("text => window.getSelection().selectAllChildren(text)")
    entry.dispatch_event("click")
    expect(page).to_have_url(re.compile("/audit$"))
    page.evaluate("window.getSelection().empty()")
    entry.click(position={"x": 5, "y": 5})
    expect(page).to_have_url(re.compile(re.escape(path)))
