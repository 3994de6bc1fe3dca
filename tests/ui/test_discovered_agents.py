"""Agents that were found on a host: the dashboard says where, how bad, and how to monitor them."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from forms import wide_after
from server.support import Server, new_database, start_server
from ui.support import aside, new_context, sign_in, violations

FOUND = [
    {
        "place": "/srv/worker.py",
        "name": "worker",
        "source": "process",
        "framework": "LangChain",
        "risk": "CRITICAL",
        "reason": "LLM API key exposed in process environment",
        "tools": ["read_database"],
    },
    {
        "place": "10.0.1.45:8080",
        "name": "mcp-server@10.0.1.45:8080",
        "source": "subnet",
        "framework": "MCP Server",
        "risk": "HIGH",
    },
    {"place": "<b>x</b>\u202e", "name": "<img src=x onerror=alert(1)>", "source": "file", "risk": "LOW"},
]


@pytest.fixture(scope="module")
def finder(postgres_dsn: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, list[str]]]:
    """Run a server that has three such agents; gives it with their ids."""
    server = aside(lambda: start_server(new_database(postgres_dsn), tmp_path_factory.mktemp("finder")))
    answer = aside(lambda: server.api.post("discoveries", json={"host": "laptop", "agents": FOUND}))
    yield server, [result["agent_id"] for result in answer.json()]
    server.stop()


@pytest.mark.parametrize("width", wide_after(1, [1440, 390]))
def test_an_agent_that_was_found_says_where_how_bad_and_how_to_monitor_it(
    browser: Browser, finder: tuple[Server, list[str]], width: int, tmp_path: Path
) -> None:
    server, ids = finder
    context = new_context(browser, server, width=width)
    page = context.new_page()
    problems: list[str] = []
    sign_in(page.context, server)
    page.goto("/")
    page.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: problems.append(str(error)))
    expect(page.get_by_text("not monitored", exact=True)).to_have_count(3)
    page.goto(f"/agents/{ids[0]}")
    found = page.get_by_role("region", name="Not monitored")
    expect(found).to_contain_text("Found on laptop at /srv/worker.py (process, LangChain)")
    expect(found).to_contain_text("Risk CRITICAL: LLM API key exposed in process environment")
    expect(found).to_contain_text('agent_name="worker@laptop"')
    page.goto(f"/agents/{ids[1]}")
    expect(found).to_contain_text(f"sentinel shim --upstream-url http://10.0.1.45:8080/mcp --agent-id {ids[1]}")
    page.goto(f"/agents/{ids[2]}")
    expect(found).to_contain_text("at <b>x</b>")
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert violations(page) == []
    assert problems == []
    context.close()


def test_once_it_reports_it_is_no_longer_called_unmonitored(browser: Browser, finder: tuple[Server, list[str]]) -> None:
    server, ids = finder
    aside(lambda: server.report(ids[0], "read_database"))
    aside(lambda: server.wait_for_score(ids[0], events=1))
    context = new_context(browser, server)
    page = context.new_page()
    sign_in(page.context, server)
    page.goto("/")
    expect(page.get_by_text("not monitored", exact=True)).to_have_count(2)
    page.goto(f"/agents/{ids[0]}")
    expect(page.get_by_role("region", name="Found by discovery")).to_contain_text("/srv/worker.py")
    context.close()
