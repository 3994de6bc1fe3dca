"""Every page, as an admin and as a reader, in both themes: it works, axe finds nothing, and no request leaves."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Request, expect

from forms import wide_after
from server.support import Server
from ui.support import new_context, sign_in, violations

ON_AGENT = ("findings", "grants", "sessions", "baselines", "mcp", "events", "audit")
PLACES = {
    "/": "attention",
    "/overview": "events",
    "/findings": "critical finding",
    "/events": "Quiet now|events a second",
    "/capabilities": "could leak internal data",
    "/keys": "live key",
    "/audit": "Audit log",
    "/register": "Register an agent",
    "/settings": "Settings",
    **{f"/agents/{{agent}}?tab={tab}": "invoice-bot" for tab in ON_AGENT},
}
ADMINS_ONLY = ("/keys", "/audit", "/register")
WRITES = re.compile(
    "Acknowledge(?!d)|Resolve(?!d)|Reopen|Snooze|Remove|Delete|Rescore|Register|Make|Replace|Revoke|Grant$"
    "|Add connection|Send|Test event|Load"
)


class Window:
    """A signed-in page that remembers what it asked for and what went wrong."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.asked: list[str] = []
        self.problems: list[str] = []
        page.on("request", self._note)
        page.on("pageerror", lambda error: self.problems.append(str(error)))
        page.on("console", lambda message: self.problems.append(message.text) if message.type == "error" else None)

    def _note(self, request: Request) -> None:
        self.asked.append(request.url)

    def look(self, place: str, agents: dict[str, str]) -> None:
        """Go there and wait until it shows what it is about."""
        self.page.goto(place.replace("{agent}", agents["invoice-bot"]))
        expect(self.page.get_by_role("heading", level=1)).to_contain_text(re.compile(PLACES[place]))
        expect(self.page.locator("[aria-busy=true]")).to_have_count(0)


def open_window(browser: Browser, server: Server, key: str, **look: Any) -> Window:
    """Open a window that is signed in."""
    window = Window(new_context(browser, server, **look).new_page())
    sign_in(window.page.context, server, key)
    window.problems.clear()  # the request that checks for a session was answered 401, as expected
    return window


@pytest.fixture(scope="module", params=wide_after(1, ["dark", "light"]))
def admin(request: pytest.FixtureRequest, browser: Browser, server: Server) -> Iterator[Window]:
    window = open_window(browser, server, server.admin_key, theme=request.param)
    yield window
    window.page.context.close()


@pytest.fixture(scope="module")
def reader(browser: Browser, server: Server) -> Iterator[Window]:
    window = open_window(browser, server, server.new_key("readonly"))
    yield window
    window.page.context.close()


@pytest.fixture(scope="module")
def phone(browser: Browser, server: Server) -> Iterator[Window]:
    window = open_window(browser, server, server.admin_key, width=390, height=844)
    yield window
    window.page.context.close()


@pytest.mark.parametrize("place", PLACES)
def test_axe_finds_nothing_and_nothing_leaves_the_origin(
    admin: Window, server: Server, agents: dict[str, str], place: str
) -> None:
    admin.look(place, agents)
    assert violations(admin.page) == []
    assert admin.problems == []
    assert not [url for url in admin.asked if not url.startswith(server.url + "/")]


@pytest.mark.parametrize("place", [place for place in PLACES if place not in ADMINS_ONLY])
def test_a_reader_sees_every_page_and_no_button_that_changes_something(
    reader: Window, agents: dict[str, str], place: str
) -> None:
    reader.look(place, agents)
    for card in reversed(reader.page.locator("main details:not([open]) > summary").all()[:2]):
        card.click()
    names = [
        element.inner_text() for element in reader.page.locator("main").locator("button, select, [role=button]").all()
    ]
    assert not [name for name in names if WRITES.search(name)]
    assert reader.problems == []


@pytest.mark.parametrize("place", ADMINS_ONLY)
def test_what_a_reader_may_not_do_is_said_so(reader: Window, place: str) -> None:
    reader.page.goto(place)
    expect(reader.page.get_by_text("Not with this key").first).to_be_visible()
    reader.problems.clear()


@pytest.mark.parametrize("place", PLACES)
def test_on_a_telephone_nothing_is_wider_than_the_screen(phone: Window, agents: dict[str, str], place: str) -> None:
    phone.look(place, agents)
    assert phone.page.evaluate("document.documentElement.scrollWidth") <= 390


def test_an_unknown_address_and_an_unknown_agent_are_told_so(reader: Window, agents: dict[str, str]) -> None:
    assert agents
    reader.page.goto("/nowhere/at/all")
    expect(reader.page.get_by_role("heading", name="There is no such page", level=1)).to_be_visible()
    expect(reader.page.get_by_role("navigation", name="Pages").get_by_role("link", name="Findings")).to_be_visible()
    for address in ("/agents/01a204ce-1d5c-7c83-b0b4-a64d8106495c", "/agents/not-an-id"):
        reader.page.goto(address)
        expect(reader.page.get_by_role("heading", name="There is no such agent")).to_be_visible()
    reader.problems.clear()
