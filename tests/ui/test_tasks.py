"""Eight tasks of a security engineer, on 200 agents and 100,000 events of 30 days, with the steps that each takes.

A step is a click, a chosen option, one text that is typed, Enter, or a combination of keys.
"""

import re
from collections.abc import Iterator
from functools import partial

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from server.fleet import fill
from server.support import Server, new_database, query, start_server
from ui.support import aside, new_context, sign_in, violations

pytestmark = pytest.mark.wide

WORST = "fleet-0121"
SILENT = "UPDATE agents SET silent_since = now() - interval '3 days', rescore_at = NULL WHERE name = 'fleet-0042'"
COSTLY = """
    UPDATE agents SET trust_score = 12, status = 'CRITICAL', rescore_at = NULL, missing_sessions = 0, reason =
        '{"kind": "session", "text": "Sent mail right after reading customers", "points": 40.5, "finding_id": null,
          "session_id": "00000000-0000-7000-8000-000000000001"}'
    WHERE name = 'fleet-0121'
"""


@pytest.fixture(scope="module")
def fleet(postgres_dsn: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Run a server with the fleet: one agent is worst by its behaviour, one silent, and a key was revoked."""
    dsn = aside(lambda: new_database(postgres_dsn))
    server = aside(lambda: start_server(dsn, tmp_path_factory.mktemp("tasks")))
    aside(lambda: fill(dsn, agents=200, events=100_000))
    for statement in (SILENT, COSTLY):
        aside(partial(query, dsn, statement))
    key = server.api.post("keys", json={"name": "left-on-a-laptop", "scope": "readonly"}).json()
    assert server.api.delete(f"keys/{key['id']}").status_code == 204
    yield server
    server.stop()


class Hands:
    """A user at a page, who counts what has to be done."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.steps = 0

    def click(self, target: Locator) -> None:
        self.steps += 1
        target.click()

    def choose(self, label: str, option: str) -> None:
        self.steps += 1
        self.page.get_by_label(label, exact=True).select_option(option)

    def type(self, text: str) -> None:
        self.steps += 1
        self.page.keyboard.type(text)

    def press(self, keys: str) -> None:
        self.steps += 1
        self.page.keyboard.press(keys)

    def open(self, name: str) -> None:
        """Go to a page by the navigation."""
        self.click(self.page.get_by_role("navigation", name="Pages").get_by_role("link", name=name))


@pytest.fixture
def hands(browser: Browser, fleet: Server) -> Iterator[Hands]:
    context = new_context(browser, fleet)
    sign_in(context, fleet)
    page = context.new_page()
    page.goto("/")
    expect(page.get_by_role("link", name=WORST)).to_be_visible()
    yield Hands(page)
    context.close()


def test_the_worst_agent_and_its_true_reason_take_no_step(hands: Hands) -> None:
    first = hands.page.get_by_role("row").nth(1)
    expect(first).to_contain_text(WORST)
    expect(first).to_contain_text("why: Sent mail right after reading customers")
    assert hands.steps == 0


def test_what_an_agent_did_in_an_hour_of_yesterday_takes_three_steps(hands: Hands, fleet: Server) -> None:
    hands.press("Control+k")
    expect(hands.page.get_by_label("An agent, a page or an action")).to_be_focused()
    hands.type("fleet-0007 yesterday 14:00-15:00")
    expect(hands.page.get_by_role("option", name=re.compile("fleet-0007.*events of that time"))).to_be_visible()
    hands.press("Enter")
    expect(hands.page.get_by_role("heading", level=1)).to_contain_text("fleet-0007")
    expect(hands.page.get_by_role("tab", name="Events")).to_have_attribute("aria-selected", "true")
    expect(hands.page.get_by_role("button", name=re.compile("14:00.*15:00"))).to_be_visible()
    assert hands.steps <= 4


def test_what_changed_since_last_week_takes_one_step(hands: Hands) -> None:
    hands.click(hands.page.get_by_role("link", name=WORST))
    expect(hands.page.get_by_role("heading", name="What changed since last week")).to_be_visible()
    assert hands.steps <= 2


def test_all_findings_of_a_rule_in_a_team_are_acknowledged_in_five_steps(hands: Hands, fleet: Server) -> None:
    meant = (
        "rule_id = 'MISSING_RATE_LIMIT' AND is_active"
        " AND agent_id IN (SELECT id FROM agents WHERE owner_team = 'team-04')"
    )
    count = f"SELECT count(*) AS n FROM findings WHERE {meant} AND status = 'OPEN'"
    (before,) = aside(lambda: query(fleet.dsn, count))
    assert before["n"] > 0
    hands.open("Findings")
    hands.choose("Rule", "MISSING_RATE_LIMIT")
    hands.choose("Owner", "team-04")
    hands.click(hands.page.get_by_role("button", name=f"Select all {before['n']} of"))
    hands.click(hands.page.get_by_role("region", name="Selected findings").get_by_role("button", name="Acknowledge"))
    expect(hands.page.get_by_text(f"Decided: {before['n']} of {before['n']} findings.")).to_be_visible()
    (after,) = aside(lambda: query(fleet.dsn, count))
    assert after["n"] == 0
    assert hands.steps <= 6


def test_a_key_for_a_new_agent_is_handed_over_with_its_code_in_six_steps(hands: Hands) -> None:
    hands.click(hands.page.get_by_role("link", name="Register"))
    expect(hands.page.get_by_label("Name", exact=True)).to_be_focused()
    hands.type("new-colleague")
    hands.press("Enter")
    hands.click(hands.page.get_by_role("tab", name="Keys"))
    hands.click(hands.page.get_by_role("button", name="New key"))
    new = hands.page.get_by_role("region", name="The new key and how to use it")
    expect(new).to_contain_text("Report with it")
    key = new.get_by_label("The new key").inner_text().strip()
    assert key.startswith("as_")
    expect(new.locator("pre").first).to_contain_text(key)
    assert hands.steps <= 6


def test_all_that_can_leak_take_one_step(hands: Hands) -> None:
    hands.open("Capabilities")
    expect(hands.page.get_by_role("heading", level=1)).to_have_text("50 agents could leak internal data")
    ways = hands.page.get_by_role("region", name=re.compile("^Ways through"))
    expect(ways.get_by_role("listitem").filter(has=hands.page.get_by_text("it could send out"))).not_to_have_count(0)
    assert hands.steps == 1
    hands.choose("Way through", "exfiltration")
    expect(hands.page.get_by_role("region", name="Ways through 50 agents, by team")).to_be_visible()
    expect(hands.page.get_by_role("link", name=re.compile("^fleet-"))).to_have_count(50)
    hands.page.go_back()
    expect(hands.page.get_by_label("Way through")).to_have_value("")


def test_who_revoked_a_key_last_week_takes_two_steps(hands: Hands) -> None:
    hands.open("Audit")
    hands.click(hands.page.get_by_role("link", name="key revoked 1"))
    log = hands.page.get_by_role("list", name="Audit log")
    expect(log.get_by_role("listitem")).to_have_count(1)
    expect(log).to_contain_text("bootstrap-admin revoked the key left-on-a-laptop")
    assert hands.steps <= 2


def test_which_agents_stopped_reporting_takes_one_step(hands: Hands) -> None:
    hands.click(hands.page.get_by_role("link", name="1 Silent"))
    expect(hands.page.get_by_role("link", name="fleet-0042")).to_be_visible()
    expect(hands.page.get_by_text(re.compile("^1 of 20[01] agents$"))).to_be_visible()
    assert hands.steps == 1


def test_on_a_telephone_all_that_can_leak_are_listed_and_the_map_opens_on_request(
    browser: Browser, fleet: Server
) -> None:
    context = new_context(browser, fleet, width=390)
    sign_in(context, fleet)
    page = context.new_page()
    page.goto("/capabilities?only=exfiltration")
    expect(page.get_by_role("link", name=re.compile("^fleet-"))).to_have_count(50)
    drawn = page.get_by_role("region", name="Map of capabilities")
    expect(drawn).to_be_hidden()
    page.get_by_text("Map", exact=True).click()
    expect(drawn).to_be_visible()
    assert violations(page) == []
    context.close()
