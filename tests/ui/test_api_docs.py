"""`/docs` and `/redoc` in a browser that reaches nothing but this server."""

import pytest
from playwright.sync_api import Browser, Route

from server.support import Server
from ui.support import new_context


@pytest.mark.parametrize(("path", "shown"), [("/docs", "/api/v1/agents/{agent_id}"), ("/redoc", "AgentSentinel")])
def test_the_api_docs_load_nothing_from_elsewhere(browser: Browser, server: Server, path: str, shown: str) -> None:
    elsewhere: list[str] = []

    def only_ours(route: Route) -> None:
        if route.request.url.startswith((server.url, "data:", "blob:")):
            return route.continue_()
        elsewhere.append(route.request.url)
        return route.abort()

    context = new_context(browser, server)
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.route("**/*", only_ours)
    page.goto(server.url + path)
    page.get_by_text(shown).first.wait_for()
    assert (elsewhere, errors) == ([], [])
    context.close()
