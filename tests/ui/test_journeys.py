"""What people do, from end to end: the first event, a decision, a session that ends, a server that comes back."""

import hashlib
import json
import re
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from playwright.sync_api import TimeoutError as TimedOut

from server.support import COMMAND, SECRET, Server, environment, launch, new_database, query, start_server
from ui.support import aside, new_context, sign_in


@pytest.fixture
def own_server(postgres_dsn: str, tmp_path: Path) -> Iterator[Server]:
    """Run a server that has not been used yet."""
    server = aside(lambda: start_server(new_database(postgres_dsn), tmp_path))
    yield server
    server.stop()


def sign_in_link(server: Server) -> str:
    (link,) = [word for word in server.log.read_text().split() if "/sign-in#" in word]
    return "/sign-in#" + link.partition("#")[2]


def test_from_the_printed_link_to_the_first_event_without_a_reload(browser: Browser, own_server: Server) -> None:
    page = new_context(browser, own_server).new_page()
    page.goto(sign_in_link(own_server))
    expect(page.get_by_role("heading", name="Let us see your first agent")).to_be_visible()
    assert "#" not in page.url
    page.evaluate("window.isSamePage = true")
    waiting = page.get_by_text("Waiting for the first event")
    expect(waiting).to_be_visible()
    page.get_by_role("button", name="Make an agent key").click()
    snippet = page.locator("pre[aria-label=Python]")
    expect(snippet).to_contain_text(re.compile("as_agt_[0-9A-Za-z]{49}"))
    python = snippet.inner_text()
    assert own_server.url in python
    snippets = {"python": python}
    for tab in ("MCP", "HTTP"):
        page.get_by_role("tab", name=tab).click()
        snippets[tab] = page.locator(f"pre[aria-label={tab}]").inner_text()
    page.get_by_role("tab", name="OpenTelemetry").click()
    settings = page.locator("pre[aria-label=OpenTelemetry]")
    expect(settings).to_contain_text(re.compile(f'ENDPOINT="{own_server.url}/v1/traces"'))
    expect(settings).to_contain_text(re.compile('HEADERS="X-API-Key=as_agt_[0-9A-Za-z]{40,}"'))
    run("bash", "-euc", snippets["HTTP"])
    expect(waiting).to_be_hidden()
    row = page.get_by_role("row").filter(has_text="my-first-agent")
    expect(row).to_contain_text("ago")
    assert page.evaluate("window.isSamePage")
    interpreter = str(Path(COMMAND).parent / "python")
    run(interpreter, "-c", snippets["python"])
    run(interpreter, "-c", snippets["MCP"] + CALL_OVER_MCP)
    (agent,) = own_server.api.get("agents").json()
    aside(lambda: own_server.wait_for_score(agent["id"], events=3))
    tools = {event["tool_name"] for event in own_server.api.get("events").json()}
    assert tools == {"search_invoices", "list_folder"}
    page.context.close()


CALL_OVER_MCP = """
import asyncio

class Session:
    async def call_tool(self, name, arguments):
        return {"content": [{"type": "text", "text": "a.txt"}]}

asyncio.run(call_tool(Session(), "list_folder", {"path": "/"}))
"""


def run(*command: str) -> None:
    done = subprocess.run(command, env=environment(), capture_output=True, text=True, timeout=20, check=False)
    assert done.returncode == 0, done.stderr


def test_the_demo_is_loaded_from_the_empty_page_and_leaves_the_first_step_in_sight(
    browser: Browser, own_server: Server
) -> None:
    page = new_context(browser, own_server).new_page()
    page.goto(sign_in_link(own_server))
    page.get_by_role("button", name="Load the demo").click()
    expect(page.get_by_role("heading", name="demo-support-agent")).to_be_visible()
    expect(page.get_by_role("region", name=re.compile("Why"))).to_contain_text("send_email")
    page.get_by_role("link", name="Agents").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("1 agent needs attention")
    expect(page.get_by_text("Waiting for the first event")).to_be_visible()
    expect(page.get_by_role("button", name="Load the demo")).to_have_count(0)
    own_server.report(own_server.new_agent(name="our own"))
    expect(page.get_by_text("Waiting for the first event")).to_have_count(0)
    page.context.close()


def test_a_key_for_an_agent_that_is_registered_already_says_which(browser: Browser, own_server: Server) -> None:
    own_server.new_agent(name="registered-before")
    page = new_context(browser, own_server).new_page()
    page.goto(sign_in_link(own_server))
    step = page.get_by_role("region", name="Report the first tool call")
    expect(step).to_contain_text("can only report events of registered-before")
    step.get_by_role("button", name="Make an agent key").click()
    expect(step).to_contain_text("It reports for registered-before")
    (agent,) = own_server.api.get("agents").json()
    (key,) = [key for key in own_server.api.get("keys").json() if key["scope"] == "agent"]
    assert (key["agent_id"], agent["name"]) == (agent["id"], "registered-before")
    page.context.close()


def test_a_finding_is_acknowledged_with_a_note_and_tells_who_did_it(
    page: Page, server: Server, agents: dict[str, str]
) -> None:
    page.goto("/findings?q=build-runner&severity=LOW")
    page.locator("summary", has_text="build-runner").click()
    page.get_by_label("Note").fill("limits come with <b>release 2</b>")
    page.get_by_role("button", name="Acknowledge").click()
    expect(page.get_by_text("No finding fits these filters")).to_be_visible()
    (finding,) = server.api.get(f"agents/{agents['build-runner']}/findings", params={"severity": "LOW"}).json()
    assert (finding["status"], finding["note"]) == ("ACKNOWLEDGED", "limits come with <b>release 2</b>")
    page.goto(f"/findings?status=ACKNOWLEDGED&finding={finding['id']}")
    history = page.get_by_role("listitem").filter(has_text="acknowledged by bootstrap-admin")
    expect(history.last).to_contain_text("limits come with <b>release 2</b>")
    page.get_by_role("button", name="Reopen").click()
    expect(page.get_by_text("opened by bootstrap-admin").first).to_be_visible()


def test_a_snoozed_finding_says_when_it_comes_back(page: Page, server: Server, agents: dict[str, str]) -> None:
    page.goto(f"/agents/{agents['crm-assistant']}?tab=findings")
    page.locator("summary", has_text="Read-only agent can write").click()
    page.get_by_label("Snooze").select_option(label="1 week")
    page.get_by_label("Status").select_option("ACKNOWLEDGED")
    expect(page.locator("summary", has_text="Read-only agent can write")).to_contain_text("snoozed, back in 6 d")
    finding = server.api.get(f"agents/{agents['crm-assistant']}/findings", params={"status": "ACKNOWLEDGED"}).json()[0]
    server.api.patch(f"findings/{finding['id']}", json={"status": "OPEN"})


HOSTILE = (
    '<img src=x onerror="window.isHacked=true"><script>window.isHacked=true</script>',
    "send_\u202eliame\u202c\u200b_mail",
    "x" * 255,
    "readCustomerDatabaseAndWriteItSomewhere" * 5,
    '=HYPERLINK("http://evil.example","click")',
)
TABS = ("Overview", "Findings", "Grants", "Sessions", "Baselines", "MCP", "Events", "Keys", "Audit")


def agent_called(name: str, server: Server) -> str:
    """Register an agent that has this text wherever it may have one; returns its id."""
    agent_id = server.new_agent(name=name, owner_team=name[:128], description=name)
    for tool in (name, "delete_file"):
        server.api.post(f"agents/{agent_id}/grants", json={"tool_name": tool})
    server.report(agent_id, name, session_id=name)
    return agent_id


def test_hostile_names_are_shown_and_do_nothing(browser: Browser, server: Server) -> None:
    agents = [agent_called(name, server) for name in HOSTILE]
    context = new_context(browser, server, width=390, height=844)
    page = context.new_page()
    sign_in(page.context, server)
    problems: list[str] = []
    page.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)

    def assert_harmless() -> None:
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        expect(page.locator("[aria-busy=true]")).to_have_count(0)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, page.url
        assert "\u202e" not in page.content(), page.url

    for agent_id in agents:
        page.goto(f"/agents/{agent_id}")
        for tab in TABS:
            page.get_by_role("tab", name=re.compile(f"^{tab}")).click()
            assert_harmless()
    for place in ("/", "/overview", "/findings", "/events", "/capabilities", "/keys", "/audit"):
        page.goto(place)
        assert_harmless()
    assert page.evaluate("window.isHacked") is None
    assert problems == []
    context.close()
    for agent_id in agents:
        server.api.delete(f"agents/{agent_id}")


def test_a_session_that_ends_under_an_open_page_leads_to_sign_in_and_back(
    browser: Browser, server: Server, agents: dict[str, str]
) -> None:
    context = new_context(browser, server)
    page = context.new_page()
    sign_in(page.context, server, server.new_key("readonly"))
    page.goto(f"/agents/{agents['docs-helper']}?tab=grants")
    expect(page.get_by_role("heading", name="docs-helper")).to_be_visible()
    key_id = page.request.get("/api/v1/session").json()["key_id"]
    aside(lambda: query(server.dsn, "UPDATE sign_in_sessions SET expires_at = now() WHERE key_id = $1", key_id))
    page.wait_for_url("**/sign-in?next=*")
    page.get_by_label("Admin or readonly key").fill(server.new_key("readonly"))
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/agents/*tab=grants")
    context.close()


def test_the_open_feed_outlives_a_restart_and_loses_nothing(
    browser: Browser, own_server: Server, tmp_path: Path
) -> None:
    server = own_server
    agent_id = server.new_agent(name="steady")
    server.report(agent_id, "before")
    context = new_context(browser, server)
    page = context.new_page()
    sign_in(page.context, server)
    page.goto("/events")
    feed = page.get_by_role("table", name="Events, newest first")
    expect(feed).to_contain_text("before")
    expect(page.get_by_text("Live", exact=True)).to_be_visible()
    server.report(agent_id, "live")
    expect(feed).to_contain_text("live")
    server.stop()
    expect(page.get_by_text("Connection lost")).to_be_visible()
    port = server.address[1]
    settings = environment(DATABASE_URL=server.dsn, SECRET_KEY=SECRET, LOG_LEVEL="WARNING")
    again = launch(["up", "--port", str(port)], port, tmp_path / "again.log", server.dsn, settings)
    again.admin_key = server.admin_key
    again.report(agent_id, "missed")  # before the page is back, unless it was very quick
    expect(page.get_by_text("Live", exact=True)).to_be_visible()
    again.report(agent_id, "after")
    for tool in ("before", "live", "missed", "after"):
        expect(feed.get_by_text(tool, exact=True)).to_have_count(1)
    context.close()
    again.stop()


def test_the_feed_holds_still_under_the_pointer_and_counts_what_waits(
    page: Page, server: Server, agents: dict[str, str]
) -> None:
    page.goto(f"/events?agent={agents['docs-helper']}")
    feed = page.get_by_role("table", name="Events, newest first")
    expect(page.get_by_text("Live", exact=True)).to_be_visible()
    feed.hover()
    expect(page.get_by_text("Held still")).to_be_visible()
    server.report(agents["docs-helper"], "while_held")
    expect(page.get_by_text("1 new event waiting")).to_be_visible()
    expect(feed.get_by_text("while_held", exact=True)).to_have_count(0)
    page.mouse.move(5, 5)
    expect(feed.get_by_text("while_held", exact=True)).to_have_count(1)


def test_a_test_event_sends_digests_made_in_the_browser(page: Page, agents: dict[str, str]) -> None:
    page.goto(f"/events?agent={agents['docs-helper']}")
    page.get_by_role("button", name="Test event").click()
    form = page.get_by_role("form", name="Test event")
    form.get_by_label("Tool").fill("search_docs")
    form.get_by_label("Input").fill("a secret question")
    with page.expect_request("**/events/test") as sent:
        form.get_by_role("button", name="Send").click()
    body = json.loads(sent.value.post_data or "")
    assert "secret" not in (sent.value.post_data or "")
    assert body["input_hash"] == hashlib.sha256(b"a secret question").hexdigest()
    assert body["output_hash"] == hashlib.sha256(b"").hexdigest()
    expect(form.get_by_role("status")).to_contain_text("Stored: anomaly")


def test_an_agent_is_registered_with_its_grants_and_the_class_shows_while_typing(page: Page, server: Server) -> None:
    page.goto("/register")
    page.get_by_label("Name").fill("by-hand")
    page.get_by_label("Tool 1", exact=True).fill("send_email")
    expect(page.get_by_text("dangerous")).to_be_visible()
    expect(page.get_by_text("external-write")).to_be_visible()
    page.get_by_label("Tool 2", exact=True).fill("search_docs")
    page.get_by_role("button", name="Register agent").click()
    expect(page.get_by_role("heading", name="by-hand")).to_be_visible()
    (agent,) = server.api.get("agents", params={"name": "by-hand"}).json()
    grants = server.api.get(f"agents/{agent['id']}").json()["grants"]
    assert [grant["tool_name"] for grant in grants] == ["send_email", "search_docs"]
    page.get_by_role("button", name="Delete…").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete agent").click()
    page.wait_for_url("**/")
    assert server.api.get("agents", params={"name": "by-hand"}).json() == []


def test_a_key_is_made_shown_once_and_revoked(page: Page, server: Server) -> None:
    page.goto("/keys")
    page.get_by_label("Name").fill("for a journey")
    page.get_by_role("button", name="Make key").click()
    key = page.get_by_label("The new key").inner_text()
    assert server.request("GET", "/api/v1/agents", key).status_code == 200
    page.reload()
    expect(page.get_by_text("for a journey")).to_be_visible()
    assert key not in page.content()
    page.get_by_role("button", name="Revoke key for a journey").click()
    page.get_by_role("dialog").get_by_role("button", name="Revoke key").click()
    expect(page.get_by_text("for a journey")).to_have_count(0)
    assert server.request("GET", "/api/v1/agents", key).status_code == 401


def test_a_key_is_replaced_and_the_old_one_ends_when_asked(page: Page, server: Server) -> None:
    page.goto("/keys")
    page.get_by_label("Name").fill("to be replaced")
    page.get_by_label("Life").select_option("ends after 90 days")
    page.get_by_role("button", name="Make key").click()
    old = page.get_by_label("The new key").inner_text()
    row = page.get_by_role("listitem").filter(has_text="to be replaced")
    expect(row).to_contain_text("ends in 89 d")
    page.get_by_role("button", name="Replace key to be replaced").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("The old one works").select_option("not at all")
    dialog.get_by_role("button", name="Replace key").click()
    new = dialog.get_by_label("The new key").inner_text()
    dialog.get_by_role("button", name="Done").click()
    expect(row).to_have_count(1)
    assert server.request("GET", "/api/v1/agents", new).status_code == 200
    assert server.request("GET", "/api/v1/agents", old).status_code == 401


def test_the_audit_log_tells_who_granted_what_and_leads_to_the_agent(page: Page, server: Server) -> None:
    agent_id = server.new_agent(name="audited-agent", owner_team="t")
    for number in range(101):
        server.api.post(f"agents/{agent_id}/grants", json={"tool_name": f"tool_{number:03}"})
    page.goto("/audit?action=grant_added")
    log = page.get_by_role("list", name="Audit log")
    expect(log.get_by_role("listitem").first).to_contain_text("bootstrap-admin granted a tool to audited-agent")
    expect(log.get_by_role("listitem").first).to_contain_text("tool tool_100")
    expect(log.get_by_text("tool tool_000")).to_have_count(0)
    page.get_by_role("button", name="Older entries").click()
    expect(log.get_by_text("tool tool_000")).to_be_visible()
    page.get_by_label("What was done").select_option("agent registered")
    page.wait_for_url("**/audit?action=agent_registered")
    log.get_by_role("link", name="audited-agent").click()
    page.wait_for_url(f"**/agents/{agent_id}?tab=audit")
    expect(log.get_by_role("listitem").first).to_contain_text("tool tool_100")
    server.api.delete(f"agents/{agent_id}")


def test_the_keyboard_reaches_search_rows_and_pages(page: Page, agents: dict[str, str]) -> None:
    assert agents
    page.goto("/")
    expect(page.get_by_role("row").filter(has_text="invoice-bot")).to_be_visible()
    page.keyboard.press("/")
    page.keyboard.type("docs")
    expect(page.get_by_role("row").filter(has_text="invoice-bot")).to_have_count(0)
    page.wait_for_url("**/?q=docs")
    page.keyboard.press("Escape")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="docs-helper")).to_be_visible()
    for _ in range(5):
        # The two keys belong together for a second only, which a busy machine may spend between them.
        page.keyboard.press("g")
        page.keyboard.press("f")
        with suppress(TimedOut):
            page.wait_for_url("**/findings", timeout=4000)
            break
    page.wait_for_url("**/findings")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_contain_text("Next, previous row")


def test_filters_sorting_and_columns_are_in_the_address(page: Page, agents: dict[str, str]) -> None:
    assert agents
    page.goto("/?sort=name&hide=trend,seen&team=finance")
    expect(page.get_by_role("row").filter(has=page.get_by_role("link"))).to_have_count(1)
    expect(page.get_by_role("columnheader", name="7 days")).to_have_count(0)
    expect(page.get_by_role("columnheader", name="Agent and team")).to_have_attribute("aria-sort", "ascending")
    page.get_by_role("button", name="Agent and team").click()
    page.wait_for_url("**desc=true*")
    page.goto("/?status=NOTHING&sort=%3Cscript%3E&hide=x")
    expect(page.get_by_role("row").filter(has_text="invoice-bot")).to_be_visible()


TYPE_AS_THE_ADDRESS_CHANGES = """
async (field) => {
    const type = (text) => {
        Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, "value").set.call(field, field.value + text);
        field.dispatchEvent(new Event("input", { bubbles: true }));
    };
    for (const [place, letter] of [..."newsletter"].entries()) {
        type(letter);
        // The search is on its way after 150 ms: the next key comes about then, before it has arrived.
        await new Promise((done) => setTimeout(done, 150 + place));
        const busy = performance.now() + 10;
        while (performance.now() < busy);
    }
}
"""


def test_no_key_is_lost_while_what_was_typed_before_is_on_its_way(page: Page, agents: dict[str, str]) -> None:
    search = page.get_by_label("Search agents")
    page.goto("/")
    expect(page.get_by_text(f"{len(agents)} agents", exact=True)).to_be_visible()
    search.evaluate(TYPE_AS_THE_ADDRESS_CHANGES)
    expect(search).to_have_value("newsletter")
    page.wait_for_url("**/?q=newsletter")
    expect(page.get_by_text(f"1 of {len(agents)} agents")).to_be_visible()
    page.get_by_role("link", name="Clear").click()
    expect(search).to_have_value("")
