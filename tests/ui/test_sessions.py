"""Sessions of an agent: the riskiest with its reasons, what an admin says about it, and what becomes of the score."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from forms import wide_after
from server.session_risk.support import (
    STRANGE,
    anomaly,
    days_ago,
    experienced_agent,
    post,
    session_of,
    wait_until_judged,
)
from server.support import Server, new_database, start_server
from ui.support import aside, new_context, sign_in, violations


@pytest.fixture(scope="module")
def own_server(postgres_dsn: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Run a server for this file alone."""
    server = aside(lambda: start_server(new_database(postgres_dsn), tmp_path_factory.mktemp("sessions")))
    yield server
    server.stop()


def hijacked_agent(server: Server) -> str:
    """Return an agent with weeks of normal work, whose last session is strange."""
    agent_id, events = experienced_agent(server)
    post(server, agent_id, session_of(STRANGE, days_ago(0), "strange", gap=0.25))
    wait_until_judged(server, agent_id, events + len(STRANGE))
    return agent_id


def sessions(browser: Browser, server: Server, agent_id: str, key: str | None = None, width: int = 1440) -> Page:
    """Open the sessions of an agent, the riskiest first."""
    page = new_context(browser, server, width=width).new_page()
    sign_in(page.context, server, key)
    page.goto(f"/agents/{agent_id}?tab=sessions")
    page.get_by_label("Order").select_option("risk")
    return page


def test_an_alarm_says_why_and_is_called_fine(browser: Browser, own_server: Server) -> None:
    agent_id = aside(lambda: hijacked_agent(own_server))
    page = sessions(browser, own_server, agent_id)
    first = page.locator("li").filter(has=page.get_by_role("link", name="strange"))
    expect(first.get_by_role("listitem")).to_have_count(3)
    expect(page.get_by_role("link", name="its session")).to_be_visible()
    assert violations(page) == []
    first.get_by_role("button", name="Fine…").click()
    expect(page.get_by_role("dialog")).to_contain_text("its calls teach what is normal for this agent")
    page.get_by_label("Note").fill("the new month-end job")
    page.get_by_role("button", name="It is fine").click()
    expect(first.get_by_text("· fine")).to_be_visible()
    expect(first.get_by_role("button", name="Fine…")).to_have_count(0)
    expect(page.get_by_role("link", name="its session")).to_have_count(0)


@pytest.mark.parametrize("width", wide_after(1, [1440, 390]))
def test_a_session_is_called_an_attack_at_any_width(browser: Browser, own_server: Server, width: int) -> None:
    agent_id = aside(lambda: hijacked_agent(own_server))
    page = sessions(browser, own_server, agent_id, width=width)
    first = page.locator("li").filter(has=page.get_by_role("link", name="strange"))
    first.get_by_role("button", name="Attack…").click()
    page.get_by_role("button", name="It is an attack").click()
    expect(first.get_by_text("· attack")).to_be_visible()
    first.get_by_role("button", name="Mute…").click()
    page.get_by_role("button", name="Mute", exact=True).click()
    expect(first.get_by_text("· muted")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


def test_a_readonly_key_reads_the_reasons_and_decides_nothing(browser: Browser, own_server: Server) -> None:
    agent_id = aside(lambda: hijacked_agent(own_server))
    key = aside(lambda: own_server.api.post("keys", json={"name": "reader", "scope": "readonly"}).json()["key"])
    page = sessions(browser, own_server, agent_id, key)
    first = page.locator("li").filter(has=page.get_by_role("link", name="strange"))
    expect(first.get_by_role("listitem")).to_have_count(3)
    expect(page.get_by_role("button", name="Attack…")).to_have_count(0)


@pytest.mark.parametrize("width", wide_after(1, [1440, 390]))
def test_the_page_of_a_session_shows_how_its_risk_grew_and_why(
    browser: Browser, own_server: Server, width: int
) -> None:
    agent_id = aside(lambda: hijacked_agent(own_server))
    page = sessions(browser, own_server, agent_id, width=width)
    days = page.get_by_role("region", name="Highest risk of each day").get_by_role("listitem")
    expect(days).to_have_count(30)
    expect(days.last).to_contain_text("highest risk")
    page.locator("li").filter(has=page.get_by_role("link", name="strange")).get_by_role("link", name="risk").click()
    expect(page).to_have_url(re.compile("/sessions/"))
    shown = aside(lambda: own_server.api.get(page.url.replace("/sessions/", "/api/v1/sessions/")).json())
    expect(page.get_by_role("heading", name=f"Risk {shown['risk']:.2f}")).to_be_visible()
    expect(page.get_by_role("list", name="Reasons").get_by_role("listitem")).to_have_count(len(shown["reasons"]))
    calls = page.get_by_role("region", name="Risk after each call").get_by_role("listitem")
    expect(calls).to_have_count(len(STRANGE))
    for place, call in enumerate(shown["timeline"]):
        expect(calls.nth(place)).to_contain_text(call["tool_name"])
        expect(calls.nth(place)).to_contain_text(f"{call['risk']:.2f}")
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    page.get_by_role("button", name="Attack…").click()
    page.get_by_role("button", name="It is an attack").click()
    expect(page.get_by_text("A person called it an attack.")).to_be_visible()


def test_the_evidence_of_a_finding_leads_to_the_session(browser: Browser, own_server: Server) -> None:
    agent_id = aside(lambda: hijacked_agent(own_server))
    found = aside(lambda: anomaly(own_server, agent_id))
    assert found is not None
    page = new_context(browser, own_server).new_page()
    sign_in(page.context, own_server)
    page.goto(f"/agents/{agent_id}?finding={found['id']}")
    page.get_by_role("link", name=found["evidence"][0]).click()
    expect(page.get_by_role("heading", name="Risk after each call")).to_be_visible()


def test_a_session_that_is_not_there_says_so_beside_the_navigation(browser: Browser, own_server: Server) -> None:
    page = new_context(browser, own_server).new_page()
    sign_in(page.context, own_server)
    page.goto("/sessions/00000000-0000-7000-8000-000000000001")
    expect(page.locator("main")).to_contain_text("There is no session with this id")
    expect(page.get_by_role("navigation", name="Pages")).to_be_visible()


def test_a_call_is_shown_with_what_it_does_with_its_tool(browser: Browser, own_server: Server) -> None:
    calls = [{**call, "operation": "cat+curl"} for call in session_of(["Bash"], days_ago(0), "shell")]
    agent_id = aside(own_server.new_agent)
    aside(lambda: post(own_server, agent_id, calls))
    page = sessions(browser, own_server, agent_id)
    page.get_by_label("Order").select_option("latest")
    page.get_by_role("link", name="shell").click()
    expect(page.get_by_text("Bash · cat+curl")).to_be_visible()
    page.goto("/events")
    expect(page.get_by_text("Bash · cat+curl")).to_be_visible()
