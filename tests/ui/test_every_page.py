"""Every page, whatever there is to show: the navigation is there, and the browser has nothing to complain of."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, expect

from forms import wide_after
from server.support import Server, insert_findings, new_database, query, start_server
from ui.support import aside, new_context, sign_in

PAGES = ("Overview", "Findings", "Events", "Capabilities", "Keys", "Audit", "Settings", "Agents")
TABS = ("Overview", "Findings", "Grants", "Sessions", "Baselines", "MCP", "Events", "Keys", "Audit")
OUT_OF_REACH = "cannot be reached|could not be loaded|last known state|Connection lost"
NETWORK = "Failed to load resource"
"""Chromium's own note of a request that failed, which no page can keep from the console."""


@pytest.fixture(scope="module")
def own_server(postgres_dsn: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Run a server for this file alone, which its tests fill step by step."""
    server = aside(lambda: start_server(new_database(postgres_dsn), tmp_path_factory.mktemp("every-page")))
    yield server
    server.stop()


class Walker:
    """Goes from page to page as a person does, and remembers what went wrong."""

    def __init__(self, browser: Browser, server: Server) -> None:
        self.page: Page = new_context(browser, server).new_page()
        self.problems: list[str] = []
        sign_in(self.page.context, server)
        self.page.goto("/")
        expect(self.page.get_by_role("heading", level=1)).to_be_visible()
        self.page.on("pageerror", lambda error: self.problems.append(str(error)))
        self.page.on("console", self._note)

    def _note(self, message: ConsoleMessage) -> None:
        if message.type == "error" and NETWORK not in message.text:
            self.problems.append(message.text)

    def check(self) -> None:
        """Check that the page is drawn, with the navigation to the other pages."""
        main = self.page.locator("main")
        expect(main.get_by_role("heading").first).to_be_visible()
        expect(self.page.locator("[aria-busy=true]")).to_have_count(0)
        expect(self.page.get_by_role("navigation", name="Pages").get_by_role("link")).to_have_count(len(PAGES))
        assert self.problems == [], self.page.url

    def go(self, name: str) -> None:
        self.page.get_by_role("navigation", name="Pages").get_by_role("link", name=name, exact=True).click()
        self.check()

    def visit(self, address: str) -> None:
        self.page.goto(address)
        self.check()

    def everywhere(self, agent_id: str | None = None) -> None:
        """Every page; the agent's, tab by tab, when there is one."""
        for name in PAGES:
            self.go(name)
        for address in ("/register", "/nowhere/at/all", "/agents/not-an-id", "/findings?group=agent&status=ALL"):
            self.visit(address)
        if agent_id is None:
            return
        self.visit(f"/agents/{agent_id}")
        for tab in TABS:
            self.page.get_by_role("tab", name=re.compile(f"^{tab}")).click()
            self.check()


@pytest.fixture
def walker(browser: Browser, own_server: Server) -> Iterator[Walker]:
    one = Walker(browser, own_server)
    yield one
    one.page.context.close()


def test_every_page_is_shown_with_nothing_then_with_one_agent_then_with_hundreds(
    walker: Walker, own_server: Server
) -> None:
    walker.everywhere()
    agent_id = own_server.new_agent(name="never-scored")
    walker.everywhere(agent_id)
    expect(walker.page.get_by_role("heading", name="never-scored")).to_be_visible()
    aside(lambda: insert_findings(own_server.dsn, findings=202))
    walker.everywhere("00000000-0000-7000-8000-000000000001")
    walker.go("Agents")
    expect(walker.page.get_by_text("203 agents", exact=True)).to_be_visible()
    aside(lambda: insert_findings(own_server.dsn))
    walker.everywhere("00000000-0000-7000-8000-000000000258")
    walker.go("Findings")
    expect(walker.page.get_by_role("heading", level=1)).to_have_text("202 critical findings on 202 agents")


@pytest.mark.parametrize("is_loaded", [True, False], ids=["pages open before", "pages never open before"])
def test_offline_every_page_says_so_and_promises_nothing(walker: Walker, *, is_loaded: bool) -> None:
    if is_loaded:
        walker.everywhere()
        walker.visit("/")
        for name in PAGES:
            walker.go(name)
    walker.page.context.set_offline(True)
    for name in PAGES:
        walker.page.get_by_role("navigation", name="Pages").get_by_role("link", name=name, exact=True).click()
        if not (is_loaded and name == "Settings"):  # what was read within a minute is not asked for again
            expect(walker.page.locator("main")).to_contain_text(re.compile(OUT_OF_REACH))
        walker.check()
        assert not re.search("tried again by itself|nothing is lost", walker.page.locator("main").inner_text())
    walker.page.context.set_offline(False)
    for name in PAGES:
        walker.go(name)
        expect(walker.page.locator("main")).not_to_contain_text(re.compile(OUT_OF_REACH))


@pytest.mark.parametrize("name", wide_after(2, PAGES))
def test_a_session_that_ends_is_noticed_on_the_page_that_is_open(walker: Walker, own_server: Server, name: str) -> None:
    walker.go(name)
    if name == "Events":
        expect(walker.page.get_by_text("Live", exact=True)).to_be_visible()
    end_sessions(own_server)
    walker.page.wait_for_url("**/sign-in?next=*")
    expect(walker.page.get_by_text("Your session has ended")).to_be_visible()
    assert walker.problems == []


def end_sessions(server: Server) -> None:
    aside(lambda: query(server.dsn, "UPDATE sign_in_sessions SET expires_at = now()"))
