"""The keyboard acts on what is in sight: the rows that the search field says, and the row that is marked."""

from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from forms import wide_after
from server.support import Server
from ui.support import new_context, sign_in, violations

MARKED = "[role=row].bg-raised"
ENTRIES = "main [role=row], main button, main summary, main li"


@pytest.fixture
def rows(page: Page, agents: dict[str, str]) -> Page:
    """Open the agents page and wait for its rows."""
    assert agents
    page.goto("/")
    expect(page.get_by_role("row").filter(has_text="invoice-bot")).to_be_visible()
    return page


@pytest.mark.parametrize(
    ("place", "label", "text", "kept"),
    [
        ("/", "Search agents", "docs", "docs-helper"),
        ("/capabilities", "Search agents", "crm", "crm-assistant"),
        ("/findings", "Search findings", "build-runner", "build-runner"),
        ("/events", "Search events", "search_docs", "docs-helper"),
    ],
)
def test_escape_leaves_the_search_and_keeps_what_was_found(
    rows: Page, place: str, label: str, text: str, kept: str
) -> None:
    rows.goto(place)
    field = rows.get_by_label(label)
    expect(field).to_be_visible()
    rows.keyboard.press("/")
    rows.keyboard.type(text)
    rows.keyboard.press("Escape")
    expect(field).not_to_be_focused()
    rows.wait_for_url(f"**{place}?q={text}")
    expect(field).to_have_value(text)
    found = rows.locator(ENTRIES)
    expect(found.filter(has_text=kept).first).to_be_visible()
    expect(found.filter(has_text="invoice-bot")).to_have_count(0)


def test_enter_opens_what_was_searched_for_however_fast_the_keys_come(rows: Page, agents: dict[str, str]) -> None:
    for key in ("/", *"docs", "Escape", "j", "Enter"):
        rows.keyboard.press(key)
    expect(rows.get_by_role("heading", name="docs-helper")).to_be_visible()
    rows.go_back()
    rows.wait_for_url("**/?q=docs")
    expect(rows.get_by_text(f"1 of {len(agents)} agents")).to_be_visible()


def test_the_list_follows_each_letter_before_the_address_does(rows: Page, agents: dict[str, str]) -> None:
    told = rows.get_by_label("Search agents").evaluate(
        """(field) => {
            Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, "value").set.call(field, "docs");
            field.dispatchEvent(new Event("input", { bubbles: true }));
            return [document.querySelector("[role=table]").getAttribute("aria-rowcount"), location.search];
        }"""
    )
    assert told == ["2", ""], f"the header and one of {len(agents)} agents"


def test_enter_opens_the_marked_agent_though_others_have_overtaken_it(rows: Page) -> None:
    rows.keyboard.press("j")
    marked = rows.locator(MARKED).get_by_role("link").inner_text()

    def reverse(route: Route) -> None:
        answer: list[dict[str, Any]] = route.fetch().json()
        for agent in answer:
            if agent["trust_score"] is not None:
                agent["trust_score"], agent["status"] = 100 - agent["trust_score"], "WATCH"
        route.fulfill(json=answer)

    rows.route("**/api/v1/overview*", reverse)
    first = rows.get_by_role("row").filter(has=rows.get_by_role("link")).first
    expect(first).not_to_contain_text(marked.split("\n")[0])
    expect(rows.locator(MARKED)).to_contain_text(marked.split("\n")[0])
    rows.keyboard.press("Enter")
    expect(rows.get_by_role("heading", name=marked.split("\n")[0], level=1)).to_be_visible()
    rows.unroute("**/api/v1/overview*")


def test_a_marked_agent_that_is_filtered_out_is_not_opened(rows: Page) -> None:
    rows.keyboard.press("j")
    expect(rows.locator(MARKED)).to_have_count(1)
    for key in ("/", *"docs", "Escape"):
        rows.keyboard.press(key)
    expect(rows.locator(MARKED)).to_have_count(0)
    rows.keyboard.press("Enter")
    rows.keyboard.press("x")
    expect(rows.get_by_role("region", name="Selected agents")).to_have_count(0)
    expect(rows.get_by_role("table", name="Agents")).to_be_visible()


def test_the_palette_leads_to_an_agent_by_a_few_letters(page: Page, agents: dict[str, str]) -> None:
    page.goto("/findings")
    expect(page.get_by_label("Search findings")).to_be_visible()
    page.keyboard.press("Control+k")
    field = page.get_by_role("combobox", name="An agent, a page or an action")
    expect(field).to_be_focused()
    page.keyboard.type("bot fin")
    expect(page.get_by_role("option").first).to_contain_text("invoice-bot")
    assert violations(page) == []
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/agents/{agents['invoice-bot']}*")
    expect(page.get_by_role("heading", name="invoice-bot")).to_be_visible()
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_the_palette_searches_another_page_and_opens_while_one_types(page: Page, agents: dict[str, str]) -> None:
    assert agents
    page.goto("/")
    page.get_by_label("Search agents").press("Control+k")
    expect(page.get_by_role("combobox", name="An agent, a page or an action")).to_be_focused()
    page.keyboard.type("crm-assistant")
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("option", name="Search findings for crm-assistant")).to_have_attribute(
        "data-highlighted", ""
    )
    page.keyboard.press("Enter")
    page.wait_for_url("**/findings?q=crm-assistant")
    expect(page.get_by_label("Search findings")).to_have_value("crm-assistant")


@pytest.mark.parametrize("width", wide_after(1, [1440, 390]))
def test_the_palette_fits_and_closes_by_escape(browser: Browser, server: Server, width: int) -> None:
    context = new_context(browser, server, width=width)
    sign_in(context, server)
    page = context.new_page()
    page.goto("/")
    page.get_by_role("heading", level=1).wait_for()
    page.keyboard.press("Control+k")
    expect(page.get_by_role("option", name="Findings")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    context.close()
