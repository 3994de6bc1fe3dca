"""The agent page: its tabs come first, and what it suggests or shows can be done there."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from forms import wide_after
from server.support import Server, new_database, start_server
from ui.support import aside, new_context, sign_in, violations


@pytest.fixture(scope="module")
def own_server(postgres_dsn: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Run a server for this file alone."""
    server = aside(lambda: start_server(new_database(postgres_dsn), tmp_path_factory.mktemp("agent-page")))
    yield server
    server.stop()


@pytest.fixture
def agent_id(own_server: Server) -> str:
    """Register an agent through which data can leave, without a rate limit."""
    return aside(lambda: _new_agent(own_server))


def _new_agent(server: Server) -> str:
    agent_id = server.new_agent(name="crm-bot", description="Answers customers", agent_type="claude_agent")
    for tool in ("read_database", "send_email"):
        assert server.api.post(f"agents/{agent_id}/grants", json={"tool_name": tool}).status_code == 201
    return agent_id


def opened(browser: Browser, server: Server, width: int = 1440, key: str | None = None) -> Page:
    context = new_context(browser, server, width=width)
    sign_in(context, server, key)
    return context.new_page()


@pytest.fixture
def page(browser: Browser, own_server: Server) -> Iterator[Page]:
    one = opened(browser, own_server)
    yield one
    one.context.close()


def get(server: Server, agent_id: str) -> dict[str, Any]:
    return aside(lambda: dict(server.api.get(f"agents/{agent_id}").json()))


@pytest.mark.parametrize("width", wide_after(1, [1440, 390]))
def test_the_tabs_stand_above_all_cards_and_in_sight(
    browser: Browser, own_server: Server, agent_id: str, width: int
) -> None:
    page = opened(browser, own_server, width)
    page.goto(f"/agents/{agent_id}")
    tabs = page.get_by_role("tablist", name="About this agent")
    expect(page.get_by_role("tab", name="Overview")).to_have_attribute("aria-selected", "true")
    expect(page.get_by_role("heading", name="What would raise it")).to_be_visible()
    expect(tabs).to_be_in_viewport()
    assert _top(page, "tablist") < min(one.bounding_box()["y"] for one in page.locator("main .card").all())  # type: ignore[index]
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert violations(page) == []
    page.context.close()


def _top(page: Page, role: str) -> float:
    box = page.locator(f"main [role={role}]").first.bounding_box()
    assert box is not None
    return box["y"]


def test_the_reason_leads_to_its_finding(page: Page, agent_id: str) -> None:
    page.goto(f"/agents/{agent_id}")
    expect(page.get_by_text("Why: Internal data can leave through this agent (−18)")).to_be_visible()
    page.get_by_role("link", name="the finding").click()
    expect(page.get_by_role("tab", name=re.compile("^Findings"))).to_have_attribute("aria-selected", "true")


def test_a_suggestion_is_done_after_its_effect_is_shown(page: Page, own_server: Server, agent_id: str) -> None:
    page.goto(f"/agents/{agent_id}")
    before = get(own_server, agent_id)
    page.get_by_role("button", name="Apply: Remove the grant send_email").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("EXFILTRATION_PATH")
    expect(dialog).to_contain_text(re.compile(r"Trust 47\.\d → 67\.5 \(\+20\.25\)"))
    assert violations(page) == []
    dialog.get_by_role("button", name="Remove").click()
    expect(dialog).to_have_count(0)
    after = get(own_server, agent_id)
    assert [grant["tool_name"] for grant in after["grants"]] == ["read_database"]
    assert after["trust_score"] > before["trust_score"]


def test_a_suggested_limit_may_be_another_one(page: Page, own_server: Server, agent_id: str) -> None:
    page.goto(f"/agents/{agent_id}")
    page.get_by_role("button", name="Apply: Set a rate limit for send_email").click()
    page.get_by_label("Calls per hour at most").fill("25")
    page.get_by_role("button", name="Set the limit").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    grants = {grant["tool_name"]: grant["rate_limit_per_hour"] for grant in get(own_server, agent_id)["grants"]}
    assert grants == {"read_database": None, "send_email": 25}


def test_what_people_say_about_an_agent_is_edited_with_a_reason(page: Page, own_server: Server, agent_id: str) -> None:
    page.goto(f"/agents/{agent_id}")
    page.get_by_role("button", name="Edit…").click()
    expect(page.get_by_role("button", name="Save")).to_be_disabled()
    page.get_by_label("Name").fill("mail-bot")
    page.get_by_label("Purpose").fill("Reads the CRM only")
    page.get_by_label("Silent after hours").fill("48")
    page.get_by_label("Reason").fill("moved to sales")
    assert violations(page) == []
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("mail-bot")
    agent = get(own_server, agent_id)
    assert (agent["name"], agent["description"]) == ("mail-bot", "Reads the CRM only")
    assert (agent["silent_after_hours"], agent["owner_team"]) == (48, "unassigned")
    (entry,) = aside(lambda: own_server.api.get("audit", params={"action": "agent_changed", "limit": 1}).json())
    assert entry["detail"].endswith(": moved to sales")
    assert "owner_team" not in entry["detail"]


def test_a_limit_is_set_and_lifted_in_the_grants(page: Page, own_server: Server, agent_id: str) -> None:
    page.goto(f"/agents/{agent_id}?tab=grants")
    for typed, stored in (("12", 12), ("", None)):
        page.get_by_role("button", name="Limit send_email").click()
        page.get_by_role("dialog").get_by_label("Calls per hour at most").fill(typed)
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_role("dialog")).to_have_count(0)
        grants = {grant["tool_name"]: grant["rate_limit_per_hour"] for grant in get(own_server, agent_id)["grants"]}
        assert grants["send_email"] == stored


def test_a_new_key_comes_with_the_code_of_its_framework(page: Page, own_server: Server, agent_id: str) -> None:
    page.goto(f"/agents/{agent_id}?tab=keys")
    expect(page.get_by_text("No key of its own")).to_be_visible()
    page.get_by_role("button", name="New key").click()
    key = page.get_by_role("group", name="The new key").inner_text()
    snippet = page.get_by_role("group", name="Claude tool loop")
    expect(snippet).to_contain_text(key)
    expect(snippet).to_contain_text(agent_id)
    expect(page.get_by_text("crm-bot key")).to_be_visible()
    assert violations(page) == []
    assert aside(lambda: own_server.request("GET", "/api/v1/keys/self", key).json())["agent_id"] == agent_id


def test_the_id_is_there_to_copy(page: Page, agent_id: str) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto(f"/agents/{agent_id}")
    page.get_by_role("button", name="Copy the id").click()
    expect(page.get_by_text("copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == agent_id


def test_a_reader_is_offered_nothing_to_change(browser: Browser, own_server: Server, agent_id: str) -> None:
    page = opened(browser, own_server, key=aside(lambda: own_server.new_key("readonly")))
    page.goto(f"/agents/{agent_id}")
    expect(page.get_by_role("heading", name="What would raise it")).to_be_visible()
    for name in (re.compile("^Apply"), re.compile("^Edit"), re.compile("^Suspend")):
        expect(page.get_by_role("button", name=name)).to_have_count(0)
    expect(page.get_by_role("tab", name="Keys")).to_have_count(0)
    page.context.close()


def test_a_wrong_class_is_corrected_after_its_effect_is_shown_and_undone(
    browser: Browser, own_server: Server, agent_id: str
) -> None:
    page = opened(browser, own_server)
    page.goto(f"/agents/{agent_id}?tab=grants")
    row = page.get_by_role("listitem").filter(has=page.get_by_role("button", name="Correct the class of send_email"))
    row.get_by_role("button", name="Correct the class of send_email").click()
    dialog = page.get_by_role("dialog", name="Class of the tool")
    expect(dialog.get_by_role("button", name="Save")).to_be_disabled()
    dialog.get_by_label("Dangerous").uncheck()
    dialog.get_by_label("external-write").uncheck()
    dialog.get_by_label("local-write").check()
    expect(dialog.get_by_role("status")).to_contain_text("Resolves EXFILTRATION_PATH")
    assert violations(page) == []
    dialog.get_by_label("Reason").fill("It only drafts")
    dialog.get_by_role("button", name="Save").click()
    expect(row).to_contain_text("class corrected by bootstrap-admin now: It only drafts")
    expect(row.get_by_text("dangerous", exact=True)).to_have_count(0)
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    page.set_viewport_size({"width": 1440, "height": 900})
    row.get_by_role("button", name="Correct the class of send_email").click()
    dialog.get_by_label("Undo: the class of its name").check()
    expect(dialog.get_by_role("status")).to_contain_text("Opens EXFILTRATION_PATH")
    dialog.get_by_label("Reason").fill("It sends after all")
    dialog.get_by_role("button", name="Save").click()
    expect(row.get_by_text("dangerous", exact=True)).to_be_visible()
    expect(row).not_to_contain_text("class corrected")
    page.context.close()
