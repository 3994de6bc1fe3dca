"""The audit log: who did what, found by its counts, by actor and by time, with names, and as a file."""

import csv
import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from server.support import Server, new_database, query, start_server
from ui.support import aside, new_context, sign_in


@pytest.fixture(scope="module")
def own_server(postgres_dsn: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Run a server for this file alone, with a key revoked now and one a month ago."""
    server = aside(lambda: start_server(new_database(postgres_dsn), tmp_path_factory.mktemp("audit")))
    agent_id = server.new_agent(name="watched-agent")
    for name in ("revoked-long-ago", "revoked-now"):
        new = {"name": name, "scope": "agent", "agent_id": agent_id}
        key = server.api.post("keys", json=new).json()
        server.api.delete(f"keys/{key['id']}")
    past = "UPDATE audit_log SET at = at - interval '31 days' WHERE subject_name = 'revoked-long-ago'"
    aside(lambda: query(server.dsn, past))
    robot = server.api.post("keys", json={"name": "robot", "scope": "admin"}).json()["key"]
    assert server.request("POST", "/api/v1/agents", robot, json={"name": "made-by-robot"}).status_code == 201
    yield server
    server.stop()


@pytest.fixture
def log(browser: Browser, own_server: Server) -> Iterator[Page]:
    page = new_context(browser, own_server).new_page()
    sign_in(page.context, own_server)
    page.goto("/")
    page.get_by_role("navigation", name="Pages").get_by_role("link", name="Audit").click()
    yield page
    page.context.close()


def entries(page: Page) -> list[str]:
    return page.get_by_role("list", name="Audit log").get_by_role("listitem").all_inner_texts()


def test_who_revoked_a_key_last_week_is_one_click_on_the_page(log: Page) -> None:
    log.get_by_role("link", name="key revoked 1").click()
    expect(log.get_by_role("list", name="Audit log").get_by_role("listitem")).to_have_count(1)
    assert "bootstrap-admin revoked the key revoked-now" in entries(log)[0]
    expect(log).to_have_url(re.compile(r"action=key_revoked.*time=7d|time=7d.*action=key_revoked"))
    log.go_back()
    expect(log.get_by_role("link", name="key revoked 1")).not_to_have_attribute("aria-current", "true")
    expect(log.get_by_role("list", name="Audit log").get_by_text("revoked-long-ago").first).to_be_visible()


def test_entries_of_one_actor_are_found_by_its_name(log: Page) -> None:
    log.get_by_label("Who did it").select_option("robot")
    expect(log.get_by_role("list", name="Audit log").get_by_role("listitem")).to_have_count(1)
    assert "robot registered the agent made-by-robot" in entries(log)[0]
    log.go_back()
    expect(log.get_by_label("Who did it")).to_have_value("")


def test_details_name_agents_and_lead_to_them(log: Page) -> None:
    log.get_by_label("What was done").select_option("key_created")
    listed = log.get_by_role("list", name="Audit log")
    expect(listed).to_contain_text("scope agent, agent watched-agent")
    assert re.findall(r"[0-9a-f]{8}-[0-9a-f]{4}-", listed.inner_text()) == []
    listed.get_by_role("link", name="watched-agent").first.click()
    expect(log.get_by_role("heading", name="watched-agent")).to_be_visible()


def test_what_is_filtered_is_downloaded(log: Page) -> None:
    log.get_by_label("What was done").select_option("key_revoked")
    with log.expect_download() as download:
        log.get_by_label("Export what is filtered").select_option("CSV")
    assert download.value.suggested_filename == "audit.csv"
    rows = list(csv.DictReader(download.value.path().read_text().splitlines()))
    assert [row["subject_name"] for row in rows] == ["revoked-now", "revoked-long-ago"]
