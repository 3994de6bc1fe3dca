"""From the sign-in page to one agent's arithmetic, as a person goes."""

import re

from playwright.sync_api import Browser, Page, expect

from server.support import Server
from ui.support import new_context, sign_in


def test_the_first_page_lists_the_agents_worst_first(page: Page, agents: dict[str, str]) -> None:
    page.goto("/")
    rows = page.get_by_role("row").filter(has=page.get_by_role("link"))
    expect(rows).to_have_count(len(agents))
    scores = [
        float(text) for text in re.findall(r"\d+\.\d", " ".join(rows.locator(".font-semibold").all_inner_texts()))
    ]
    assert scores == sorted(scores)
    assert agents


def test_an_agent_that_is_learning_is_grey_unless_there_is_a_reason_to_look(page: Page, agents: dict[str, str]) -> None:
    assert agents
    page.goto("/")
    learning = page.get_by_role("row").filter(has_text="docs-helper")
    expect(learning).to_contain_text("sessions to go")
    expect(learning.get_by_text("TRUSTED", exact=True)).to_have_class(re.compile("text-muted"))
    reason = page.get_by_role("row").filter(has_text="invoice-bot")
    expect(reason.get_by_text("CRITICAL", exact=True)).to_have_class(re.compile("text-critical"))


def test_whoever_is_not_signed_in_is_led_there_and_back(
    browser: Browser, server: Server, agents: dict[str, str]
) -> None:
    page = new_context(browser, server).new_page()
    page.goto(f"/agents/{agents['invoice-bot']}?tab=grants")
    page.wait_for_url("**/sign-in?next=*")
    page.get_by_label("Admin or readonly key").fill(server.admin_key)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/agents/*tab=grants")
    expect(page.get_by_role("heading", name="invoice-bot")).to_be_visible()
    page.context.close()


def test_an_agents_score_opens_to_its_arithmetic(page: Page, server: Server, agents: dict[str, str]) -> None:
    page.goto("/")
    page.get_by_role("link", name="invoice-bot").first.click()
    expect(page.get_by_role("heading", name=re.compile("Why"))).to_be_visible()
    told = server.api.get(f"agents/{agents['invoice-bot']}/score/explanation").json()
    arithmetic = page.get_by_role("region", name=re.compile("Why"))
    for part in told["parts"]:
        expect(arithmetic).to_contain_text(f"{part['points']:g}")
    for change in told["changes"][:3]:
        expect(arithmetic).to_contain_text(change["target"])
    expect(arithmetic).to_contain_text("Internal data can leave through this agent")


def test_a_wrong_key_is_told_so_and_stays_out(browser: Browser, server: Server) -> None:
    page = new_context(browser, server).new_page()
    page.goto("/")
    page.wait_for_url("**/sign-in*")
    page.get_by_label("Admin or readonly key").fill("as_adm_" + "0" * 64)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_have_text("Wrong, expired or revoked key")
    assert not [cookie for cookie in page.context.cookies() if cookie.get("value")]
    page.context.close()


def test_signing_out_ends_the_session_on_the_server_too(browser: Browser, server: Server) -> None:
    context = new_context(browser, server)
    page = context.new_page()
    sign_in(page.context, server, server.new_key("readonly"))
    page.goto("/")
    (cookie,) = context.cookies()
    assert cookie["httpOnly"]
    assert cookie["sameSite"] == "Strict"
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/sign-in*")
    stolen = {"Cookie": f"{cookie['name']}={cookie['value']}"}
    assert server.request("GET", "/api/v1/overview", headers=stolen).status_code == 401
    context.close()
