"""The Settings page: what the alert budgets would have flagged."""

from playwright.sync_api import Page, expect

from server.support import Server


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
