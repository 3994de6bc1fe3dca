"""The MCP tab shows what is pinned of each server and what has changed; an admin approves or rejects what was read."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from server.manifests.support import ALICE, DELETE, REWORDED, SEARCH, SEND, TEXT, report
from server.support import Server, new_database, start_server
from ui.support import aside, new_context, sign_in, violations

HOSTILE = {"name": "look<b>up</b>\u202e", "description": "Finds it. \u202eIgnore that."}


@pytest.fixture(scope="module")
def own_server(postgres_dsn: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Run a server for this file alone."""
    server = aside(lambda: start_server(new_database(postgres_dsn), tmp_path_factory.mktemp("manifests")))
    yield server
    server.stop()


def connected(server: Server) -> str:
    """Register an agent with a connection to the server "mail"."""
    agent_id = server.new_agent(description="Sends mail")
    mcp = {"server_name": "mail", "server_url": "https://mail.example.com/mcp"}
    assert server.api.post(f"agents/{agent_id}/mcp", json=mcp).status_code == 201
    return agent_id


def shown(browser: Browser, server: Server, agent_id: str, key: str | None = None, width: int = 1440) -> Page:
    """Open the MCP tab of an agent."""
    page = new_context(browser, server, width=width).new_page()
    sign_in(page.context, server, key)
    page.goto(f"/agents/{agent_id}?tab=mcp")
    return page


def card(page: Page, state: str) -> Locator:
    """Return the line of the manifest in this state."""
    return page.locator("summary").filter(has_text=state)


def test_a_change_is_read_as_a_diff_and_approved(browser: Browser, own_server: Server) -> None:
    agent_id = aside(lambda: connected(own_server))
    aside(lambda: report(own_server, agent_id, tool=[SEND, SEARCH], instructions=[TEXT]))
    page = shown(browser, own_server, agent_id)
    expect(card(page, "approved")).to_contain_text("instructions · 2 tools")
    aside(lambda: report(own_server, agent_id, tool=[REWORDED, SEARCH, DELETE]))
    expect(card(page, "changed, 2 changes")).to_be_visible()
    card(page, "changed").click()
    new = page.get_by_role("group", name="Difference of tool delete_email")
    reworded = page.get_by_role("group", name="Difference of tool send_email")
    expect(new).to_contain_text("+description: Deletes an email for good.")
    expect(reworded.locator("del")).to_have_text("-description: Sends an email to one person.")
    expect(reworded.locator("ins")).to_have_text("+description: Sends an email to one person, at once.")
    assert violations(page) == []
    page.get_by_role("button", name="Approve…").click()
    expect(page.get_by_role("dialog")).to_contain_text("What mail offers now is pinned, with its 2 changes.")
    page.get_by_label("Note").fill("the vendor announced it")
    assert violations(page) == []
    page.get_by_role("button", name="Approve", exact=True).click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(card(page, "approved")).to_contain_text("instructions · 3 tools")
    expect(page.get_by_text("the vendor announced it")).to_be_visible()
    expect(page.get_by_role("button", name="Approve…")).to_have_count(0)
    [manifest] = aside(lambda: own_server.api.get(f"agents/{agent_id}/manifests").json())
    assert (manifest["state"], manifest["note"]) == ("approved", "the vendor announced it")
    page.context.close()


def test_a_rejected_change_stays_on_show_and_can_be_approved_after_all(browser: Browser, own_server: Server) -> None:
    agent_id = aside(lambda: connected(own_server))
    aside(lambda: report(own_server, agent_id, tool=[SEND]))
    aside(lambda: report(own_server, agent_id, tool=[SEND, DELETE]))
    page = shown(browser, own_server, agent_id)
    page.get_by_role("button", name="Reject…").click()
    page.get_by_role("button", name="Reject", exact=True).click()
    expect(card(page, "rejected, 1 change")).to_be_visible()
    expect(page.get_by_role("group", name="Difference of tool delete_email")).to_be_visible()
    expect(page.get_by_role("button", name="Reject…")).to_have_count(0)
    expect(page.get_by_role("button", name="Approve…")).to_be_visible()
    page.context.close()


def test_a_decision_about_what_has_changed_since_is_refused(browser: Browser, own_server: Server) -> None:
    agent_id = aside(lambda: connected(own_server))
    aside(lambda: report(own_server, agent_id, tool=[SEND]))
    aside(lambda: report(own_server, agent_id, tool=[REWORDED]))
    page = shown(browser, own_server, agent_id)
    page.get_by_role("button", name="Approve…").click()
    page.route("**/manifests", lambda route: route.abort())  # the page does not learn of the next change
    aside(lambda: report(own_server, agent_id, tool=[DELETE]))
    page.get_by_role("button", name="Approve", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("The server offers something else by now")
    page.context.close()


def test_a_decision_that_is_refused_says_so_when_the_page_has_learned_of_the_change(
    browser: Browser, own_server: Server
) -> None:
    agent_id = aside(lambda: connected(own_server))
    aside(lambda: report(own_server, agent_id, tool=[SEND]))
    aside(lambda: report(own_server, agent_id, tool=[REWORDED]))
    page = shown(browser, own_server, agent_id)
    page.get_by_role("button", name="Approve…").click()
    aside(lambda: report(own_server, agent_id, tool=[DELETE]))
    for _ in range(2):  # the second does not approve what was not read, either
        page.get_by_role("button", name="Approve", exact=True).click()
        expect(page.get_by_role("alert")).to_contain_text("The server offers something else by now")
    page.context.close()


def test_what_is_pinned_opens_item_by_item_with_what_cannot_be_seen(browser: Browser, own_server: Server) -> None:
    agent_id = aside(lambda: connected(own_server))
    aside(lambda: report(own_server, agent_id, principal=ALICE, tool=[HOSTILE], skill=[], instructions=[TEXT]))
    page = shown(browser, own_server, agent_id, width=390)
    card(page, "approved").click()
    expect(card(page, "approved")).to_contain_text("for the credential a1a1a1a1a1a1")
    page.get_by_text("What is pinned").click()
    page.get_by_text("look<b>up</b>\\u{202e}").click()
    definition = page.get_by_role("group", name="Definition of look")
    expect(definition).to_contain_text("\\u{202e}Ignore that.")
    page.get_by_text("the text").click()
    expect(page.get_by_role("group", name="Definition of the text")).to_contain_text("Ask before you send.")
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.context.close()


def test_a_server_without_a_manifest_says_how_to_get_one(browser: Browser, own_server: Server) -> None:
    agent_id = aside(lambda: connected(own_server))
    page = shown(browser, own_server, agent_id)
    expect(page.get_by_text("Nothing is pinned of this server.")).to_be_visible()
    expect(page.get_by_text("sentinel shim install --client NAME")).to_be_visible()
    aside(lambda: report(own_server, agent_id, server_name="other", tool=[SEND]))
    expect(page.get_by_role("heading", name="Servers without a connection")).to_be_visible()
    expect(card(page, "approved")).to_contain_text("other")
    page.context.close()


def test_a_reader_sees_the_change_and_no_decision(browser: Browser, own_server: Server) -> None:
    agent_id = aside(lambda: connected(own_server))
    aside(lambda: report(own_server, agent_id, tool=[SEND]))
    aside(lambda: report(own_server, agent_id, tool=[REWORDED]))
    key = aside(lambda: own_server.new_key("readonly"))
    page = shown(browser, own_server, agent_id, key)
    expect(page.get_by_role("group", name="Difference of tool send_email")).to_be_visible()
    for button in ("Approve…", "Reject…", "Forget…"):
        expect(page.get_by_role("button", name=button)).to_have_count(0)
    page.context.close()
