"""Agents that stopped reporting: one click shows them, and each says since when."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from forms import wide_after
from server.support import Server, new_database, query, start_server
from ui.support import aside, new_context, sign_in, violations

GO_SILENT = (
    "UPDATE agents SET silent_since = now() - interval '3 days', missing_sessions = 0, rescore_at = NULL,"
    " status = 'TRUSTED', trust_score = 96 WHERE id = $1"
)


@pytest.fixture(scope="module")
def own_server(postgres_dsn: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Run a server with a silent agent, one that is learning, and one that was never seen."""
    server = aside(lambda: start_server(new_database(postgres_dsn), tmp_path_factory.mktemp("silence")))
    aside(lambda: _fill(server))
    yield server
    server.stop()


def _fill(server: Server) -> None:
    for name in ("silent-bot", "learning-bot"):
        agent_id = server.new_agent(name=name)
        server.report(agent_id)
        server.wait_for_score(agent_id, 1)
        if name == "silent-bot":
            query(server.dsn, GO_SILENT, agent_id)
    server.new_agent(name="new-bot")


@pytest.fixture(params=wide_after(1, [((1440, "dark"),), ((390, "light"),)]), ids=["wide", "narrow"])
def page(browser: Browser, own_server: Server, request: pytest.FixtureRequest) -> Iterator[Page]:
    width, theme = request.param
    context = new_context(browser, own_server, width=width, theme=theme)
    sign_in(context, own_server)
    yield context.new_page()
    context.close()


def test_one_click_shows_which_agents_stopped_reporting(page: Page) -> None:
    page.goto("/")
    expect(page.get_by_role("heading", level=1)).to_have_text("Nothing urgent. 1 agent has stopped reporting")
    page.get_by_role("link", name="1 Silent").click()
    expect(page.get_by_text("1 of 3 agents")).to_be_visible()
    expect(page.get_by_label("Monitoring")).to_have_value("silent")
    expect(page.get_by_text("silent, seen 3 d ago")).to_be_visible()
    assert violations(page) == []
    page.get_by_role("link", name="silent-bot").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("silent, seen 3 d ago")
    expect(page.get_by_role("heading", level=1).get_by_title("Last report: ")).to_be_visible()
    assert violations(page) == []


def test_an_agent_that_is_learning_says_how_much_is_missing(page: Page) -> None:
    page.goto("/")
    page.get_by_role("link", name="learning-bot").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("learning, 20 sessions to go")
    page.goto("/")
    page.get_by_role("link", name="new-bot").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("never seen")
