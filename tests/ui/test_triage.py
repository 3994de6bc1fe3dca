"""Many findings at once: select some, a range, or all that match, decide them with one note, and export them."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from server.support import Server, insert_findings, new_database, query, start_server
from ui.support import aside, new_context, sign_in, violations


@pytest.fixture
def crowd(postgres_dsn: str, tmp_path: Path, browser: Browser) -> Iterator[Server]:
    """Run a server with 600 findings, 335 of them open and 202 of these critical."""
    assert browser
    server = aside(lambda: start_server(new_database(postgres_dsn), tmp_path))
    aside(lambda: insert_findings(server.dsn))
    yield server
    server.stop()


def window(browser: Browser, server: Server, *, key: str | None = None, width: int = 1440) -> Page:
    page = new_context(browser, server, width=width).new_page()
    sign_in(page.context, server, key)
    return page


def count(server: Server, condition: str) -> int:
    (row,) = aside(lambda: query(server.dsn, f"SELECT count(*) AS findings FROM findings WHERE {condition}"))
    found: int = row["findings"]
    return found


def bar(page: Page) -> Locator:
    return page.get_by_role("region", name="Selected findings")


def test_all_findings_of_a_rule_in_a_team_are_acknowledged_in_five_clicks(browser: Browser, crowd: Server) -> None:
    page = window(browser, crowd)
    of_team = "rule_id = 'MISSING_RATE_LIMIT' AND agent_id IN (SELECT id FROM agents WHERE owner_team = 'team-3')"
    meant = count(crowd, f"{of_team} AND status = 'OPEN'")
    assert meant > 0
    page.goto("/")
    page.get_by_role("navigation", name="Pages").get_by_role("link", name="Findings").click()
    page.get_by_label("Rule").select_option("MISSING_RATE_LIMIT")
    page.get_by_label("Owner").select_option("team-3")
    expect(page.get_by_text(f"{meant} findings", exact=True)).to_be_visible()
    page.get_by_role("button", name=f"Select all {meant} of").click()
    expect(bar(page)).to_contain_text(f"{meant} findings selected")
    bar(page).get_by_role("button", name="Acknowledge").click()
    expect(page.get_by_text(f"Decided: {meant} of {meant} findings.")).to_be_visible()
    assert count(crowd, f"{of_team} AND status = 'ACKNOWLEDGED'") == meant
    assert count(crowd, "status = 'ACKNOWLEDGED'") == meant


def test_a_few_are_selected_by_check_box_and_shift_and_decided_with_one_note(browser: Browser, crowd: Server) -> None:
    page = window(browser, crowd)
    page.goto("/findings?severity=CRITICAL")
    boxes = page.get_by_role("checkbox", name=re.compile("^Select crowd-"))
    boxes.nth(1).click()
    boxes.nth(4).click(modifiers=["Shift"])
    expect(bar(page)).to_contain_text("4 findings selected")
    assert violations(page) == []
    page.get_by_label("Note for all").fill("known since the audit")
    bar(page).get_by_role("button", name="Resolve").click()
    expect(page.get_by_text("Decided: 4 of 4 findings.")).to_be_visible()
    assert count(crowd, "status = 'RESOLVED' AND note = 'known since the audit'") == 4


def test_more_than_are_read_are_selected_when_all_that_match_are(browser: Browser, crowd: Server) -> None:
    page = window(browser, crowd)
    page.goto("/findings?severity=CRITICAL")
    page.get_by_role("checkbox", name=re.compile("^Select crowd-")).first.click()
    page.get_by_role("button", name="Select all 202 that match").click()
    expect(bar(page)).to_contain_text("202 findings selected")
    page.get_by_label("Snooze all").select_option("1 day")
    expect(page.get_by_text("Decided: 202 of 202 findings.")).to_be_visible()
    assert count(crowd, "snoozed_until IS NOT NULL") == 202


def test_the_keyboard_goes_from_finding_to_finding_selects_and_opens(browser: Browser, crowd: Server) -> None:
    page = window(browser, crowd)
    page.goto("/findings?severity=CRITICAL")
    expect(page.get_by_role("checkbox", name=re.compile("^Select crowd-")).first).to_be_visible()
    for key in ("j", "j", "k", "x", "j", "x"):
        page.keyboard.press(key)
    expect(bar(page)).to_contain_text("2 findings selected")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("finding=[0-9a-f-]{36}"))
    expect(page.get_by_role("heading", name="Evidence")).to_have_count(1)
    page.reload()
    expect(page.get_by_role("region", name="The finding of this link")).to_be_visible()


def test_findings_are_assigned_by_hand_and_by_key_found_as_mine_and_marked_when_overdue(
    browser: Browser, crowd: Server
) -> None:
    ana = aside(lambda: crowd.api.post("keys", json={"name": "ana", "scope": "readonly"}).json())
    due = (datetime.now(UTC).date() + timedelta(days=2)).isoformat()
    page = window(browser, crowd)
    page.goto("/findings?severity=CRITICAL")
    page.get_by_role("checkbox", name=re.compile("^Select crowd-")).nth(1).click()
    page.get_by_role("button", name="Select all 202 that match").click()
    bar(page).get_by_label("All selected: assignee").select_option("ana")
    bar(page).get_by_label("All selected: due date").fill(due)
    assert violations(page) == []
    bar(page).get_by_role("button", name="Assign").click()
    expect(page.get_by_text("Decided: 202 of 202 findings.")).to_be_visible()
    assert count(crowd, f"assignee = 'ana' AND due_on = '{due}' AND status = 'OPEN'") == 202
    first = page.locator("[data-finding]").first
    expect(first).to_contain_text("ana")
    first.focus()
    page.keyboard.press("a")
    expect(first).to_contain_text("bootstrap-admin")
    page.get_by_label("Assignee", exact=True).select_option("Mine")
    expect(page.get_by_text("1 finding", exact=True)).to_be_visible()
    assert count(crowd, "assignee = 'bootstrap-admin'") == 1
    aside(lambda: crowd.api.delete(f"keys/{ana['id']}"))
    aside(lambda: query(crowd.dsn, "UPDATE findings SET due_on = due_on - 5 WHERE assignee = 'ana'"))
    page.goto("/findings?overdue=true&assignee=ana&sort=due")
    expect(page.get_by_text("201 findings", exact=True)).to_be_visible()
    first = page.locator("[data-finding]").first
    expect(first).to_contain_text("key revoked")
    expect(first).to_contain_text("overdue 3 d")
    first.click()
    fields = page.get_by_label("This finding: assignee")
    expect(fields).to_have_value("ana")
    fields.select_option("Unassigned")
    page.get_by_role("button", name="Assign", exact=True).click()
    expect(page.get_by_text("200 findings", exact=True)).to_be_visible()


def test_what_is_filtered_is_exported(browser: Browser, crowd: Server) -> None:
    page = window(browser, crowd)
    page.goto("/findings?severity=CRITICAL")
    for form, lines in (("csv", 203), ("ocsf", 202)):
        with page.expect_download() as download:
            page.get_by_label("Export what is filtered").select_option(form)
        assert len(Path(download.value.path()).read_text().splitlines()) == lines


def test_a_key_that_may_only_look_selects_nothing(browser: Browser, crowd: Server) -> None:
    key = aside(lambda: crowd.new_key("readonly"))
    page = window(browser, crowd, key=key, width=390)
    page.goto("/findings")
    expect(page.locator("[data-finding]").first).to_be_visible()
    expect(page.get_by_role("checkbox")).to_have_count(0)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
