"""One server with agents for each worker, one browser for each module."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from agentsentinel.dashboard.files import BUILT, PAGE
from server.support import Server, new_database, running
from ui.support import AXE, CHROMIUM, launch, new_context, populate, sign_in


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Without a built dashboard there is nothing to look at, except for `make test`, which brings what is needed."""
    if ((BUILT / PAGE).exists() and AXE.exists()) or os.environ.get("AGENTSENTINEL_TEST_ALL"):
        return
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.skip(reason="needs the dashboard and all of its tools: make ui; cd ui; npm ci"))


@pytest.fixture(scope="module")
def browser(agents: dict[str, str]) -> Iterator[Browser]:
    """Chromium. It goes with the module's last test: Playwright keeps an event loop running in this thread."""
    assert agents
    if CHROMIUM is None:
        pytest.skip("needs Chromium: apt-get install chromium-headless-shell")
    with sync_playwright() as playwright:
        running_browser = launch(playwright)
        yield running_browser
        running_browser.close()


@pytest.fixture(scope="session")
def server(postgres_dsn: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Run the real server as a process, with its built dashboard."""
    with running(new_database(postgres_dsn), tmp_path_factory.mktemp("dashboard")) as process:
        yield process


@pytest.fixture(scope="session")
def agents(server: Server) -> dict[str, str]:
    """Agents worth looking at: ids by name."""
    return populate(server)


@pytest.fixture(scope="module")
def window(browser: Browser, server: Server) -> Iterator[BrowserContext]:
    """Open a window signed in with the admin key; it keeps the dashboard's code, most of what a page costs."""
    context = new_context(browser, server)
    sign_in(context, server)
    yield context
    context.close()


@pytest.fixture
def page(window: BrowserContext) -> Iterator[Page]:
    """Open a page signed in with the admin key; what it stores goes with it."""
    opened = window.new_page()
    yield opened
    if opened.url.startswith("http"):
        opened.evaluate("localStorage.clear()")
    opened.close()
