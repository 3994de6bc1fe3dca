"""The Settings page: what the alert budgets would have flagged, and where alerts go."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from forms import wide_after
from ports import free_port
from server.alerts.support import WEBHOOK_SECRET
from server.support import Server, new_database, start_server
from ui.support import aside, new_context, populate, sign_in, violations


def test_the_alert_budget_is_shown_beside_others_with_what_each_would_have_flagged(page: Page, server: Server) -> None:
    preview = server.api.get("session-risk/budgets").json()
    page.goto("/settings")
    card = page.get_by_role("region", name="Alert budget")
    rows = card.get_by_role("row")
    expect(rows).to_have_count(1 + len(preview["budgets"]))
    for place, one in enumerate(preview["budgets"], start=1):
        expect(rows.nth(place)).to_contain_text(f"{one['alert_line']:.3f}{one['sessions']}{one['agents']}")
    expect(card.get_by_role("row").filter(has_text="SESSION_ALERT_BUDGET")).to_contain_text("10")
    expect(card).to_contain_text(f"Of {preview['sessions']} sessions")


@pytest.fixture
def alerting(postgres_dsn: str, tmp_path: Path) -> Iterator[Server]:
    """Run a server that has a destination of alerts, and agents with findings."""
    settings = {"ALERT_WEBHOOK_URL": f"http://127.0.0.1:{free_port()}/", "ALERT_WEBHOOK_SECRET": WEBHOOK_SECRET}
    server = aside(lambda: start_server(new_database(postgres_dsn), tmp_path, settings=settings))
    aside(lambda: populate(server))
    yield server
    server.stop()


@pytest.mark.parametrize("width", wide_after(1, [1440, 390]))
def test_a_route_is_tried_before_it_is_saved(browser: Browser, alerting: Server, width: int) -> None:
    context = new_context(browser, alerting, width=width)
    sign_in(context, alerting)
    page = context.new_page()
    page.goto("/settings")
    card = page.get_by_role("region", name="Routes of alerts")
    expect(card).to_contain_text("There are no routes")
    card.get_by_label("Lowest severity").select_option("LOW")
    card.get_by_label("Teams, with commas").fill("finance, nobody-at-all")
    card.get_by_role("button", name="Add route").click()
    expect(card).to_contain_text("webhook: LOW and worse · of finance, nobody-at-all")
    expect(card).to_contain_text("Not saved yet")
    card.get_by_role("button", name="Preview 7 days").click()
    body = {"routes": [{"destination": "webhook", "min_severity": "LOW", "teams": ["finance", "nobody-at-all"]}]}
    (shown,) = alerting.api.post("alerts/routes/preview", json=body).json()
    assert shown["alerts"] > shown["alerts_as_stored"] > 0
    preview = card.get_by_role("status")
    expect(preview).to_contain_text(
        f"webhook: {shown['alerts']} alerts in 7 days, {shown['alerts_as_stored']} by what is stored"
    )
    preview.locator("summary").click()
    expect(preview).to_contain_text("invoice-bot")
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert alerting.api.get("alerts/routes").json() == []
    card.get_by_role("button", name="Save routes").click()
    expect(card.get_by_role("button", name="Save routes")).to_be_disabled()
    assert [route["teams"] for route in alerting.api.get("alerts/routes").json()] == [["finance", "nobody-at-all"]]
    page.reload()
    card.get_by_role("button", name="Remove route 1").click()
    card.get_by_role("button", name="Save routes").click()
    expect(card).to_contain_text("There are no routes")
    context.close()
