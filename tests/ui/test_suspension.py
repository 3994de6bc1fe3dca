"""An admin suspends an agent with a reason and resumes it; both pages show the suspension."""

from pathlib import Path

from playwright.sync_api import Browser, expect

from server.support import Server, new_database, start_server
from ui.support import aside, new_context, sign_in, violations


def test_an_agent_is_suspended_with_a_reason_and_resumed(browser: Browser, postgres_dsn: str, tmp_path: Path) -> None:
    server = aside(lambda: start_server(new_database(postgres_dsn), tmp_path))
    try:
        agent_id = aside(lambda: server.new_agent(name="crm-bot"))
        suspend_and_resume(browser, server, agent_id)
    finally:
        server.stop()


def suspend_and_resume(browser: Browser, server: Server, agent_id: str) -> None:
    context = new_context(browser, server)
    page = context.new_page()
    sign_in(page.context, server)
    page.goto(f"/agents/{agent_id}")
    page.get_by_role("button", name="Suspend…").click()
    page.get_by_label("Reason").fill("sends <b>odd</b> mails")
    assert violations(page) == []
    page.get_by_role("button", name="Suspend agent").click()
    mark = page.get_by_text("suspended", exact=True)
    expect(mark).to_have_count(1)
    expect(page.get_by_text("sends <b>odd</b> mails")).to_have_count(1)
    assert violations(page) == []
    agent = aside(lambda: server.api.get(f"agents/{agent_id}").json())
    assert agent["suspended_reason"] == "sends <b>odd</b> mails"
    page.goto("/")
    expect(mark).to_have_count(1)
    page.goto(f"/agents/{agent_id}")
    page.get_by_role("button", name="Resume…").click()
    page.get_by_role("button", name="Resume agent").click()
    expect(page.get_by_role("button", name="Suspend…")).to_be_visible()
    expect(mark).to_have_count(0)
    assert aside(lambda: server.api.get(f"agents/{agent_id}").json())["suspended_at"] is None
    context.close()


def test_a_reader_is_not_offered_to_suspend(browser: Browser, postgres_dsn: str, tmp_path: Path) -> None:
    server = aside(lambda: start_server(new_database(postgres_dsn), tmp_path))
    try:
        agent_id = aside(lambda: server.new_agent(name="crm-bot"))
        key = aside(lambda: server.new_key("readonly"))
        context = new_context(browser, server)
        page = context.new_page()
        sign_in(page.context, server, key)
        page.goto(f"/agents/{agent_id}")
        expect(page.get_by_role("heading", name="crm-bot")).to_be_visible()
        expect(page.get_by_role("button", name="Suspend…")).to_have_count(0)
        context.close()
    finally:
        server.stop()
