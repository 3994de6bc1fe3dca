"""The page that everybody meets: what it says, and that axe finds nothing, whatever state it is in."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from forms import wide_after
from server.support import Server, query
from ui.support import aside, new_context, sign_in, violations

NO_KEY = "as_adm_" + "0" * 64


@pytest.fixture(params=wide_after(1, ["dark", "light"]))
def stranger(request: pytest.FixtureRequest, browser: Browser, server: Server) -> Iterator[Page]:
    """Open a page without a session, in each theme."""
    context = new_context(browser, server, theme=request.param)
    yield context.new_page()
    context.close()


def try_key(page: Page, key: str) -> None:
    page.get_by_label("Admin or readonly key").fill(key)
    page.get_by_role("button", name="Sign in").click()


def test_axe_finds_nothing_before_and_after_a_wrong_key_and_the_right_one_opens_the_agents(
    stranger: Page, server: Server
) -> None:
    stranger.goto("/sign-in")
    expect(stranger.get_by_label("Admin or readonly key")).to_be_focused()
    assert violations(stranger) == []
    try_key(stranger, NO_KEY)
    expect(stranger.get_by_role("alert")).to_have_text("Wrong, expired or revoked key")
    assert violations(stranger) == []
    try_key(stranger, server.admin_key)
    stranger.wait_for_url("**/")
    expect(stranger.get_by_role("link", name="Agents")).to_be_visible()


def test_a_spent_link_is_told_so(stranger: Page) -> None:
    stranger.goto("/sign-in#spent")
    expect(stranger.get_by_role("alert")).to_have_text("This link was used before, or has expired: sign in with a key")
    assert "#" not in stranger.url
    assert violations(stranger) == []


def test_who_is_refused_for_a_while_sees_the_seconds_go_by(stranger: Page) -> None:
    def refuse(route: Route) -> None:
        problem = {"status": 429, "detail": "Too many requests without a valid key from this address"}
        route.fulfill(status=429, json=problem, headers={"Retry-After": "7"})

    stranger.goto("/sign-in")
    stranger.route(lambda url: url.endswith("/api/v1/session"), refuse)
    try_key(stranger, NO_KEY)
    alert = stranger.get_by_role("alert")
    expect(alert).to_contain_text("Too many requests without a valid key from this address")
    expect(alert).to_contain_text("Try again in 7 seconds.")
    assert violations(stranger) == []
    expect(alert.locator("[aria-hidden]")).to_have_text(re.compile("Try again in [1-5] second"))
    expect(alert.locator("[aria-hidden]")).to_have_text("You can try again now.")


def test_a_session_that_ended_is_said_to_have_ended(stranger: Page, server: Server) -> None:
    sign_in(stranger.context, server, server.new_key("readonly"))
    stranger.goto("/")
    key_id = stranger.request.get("/api/v1/session").json()["key_id"]
    aside(lambda: query(server.dsn, "UPDATE sign_in_sessions SET expires_at = now() WHERE key_id = $1", key_id))
    stranger.wait_for_url("**/sign-in?next=*")
    expect(stranger.get_by_role("status")).to_have_text("Your session has ended. Sign in to go on where you were.")
    assert violations(stranger) == []


def test_who_signs_out_is_not_told_that_a_session_ended(stranger: Page, server: Server) -> None:
    sign_in(stranger.context, server, server.new_key("readonly"))
    stranger.goto("/")
    stranger.get_by_role("button", name="Sign out").click()
    stranger.wait_for_url("**/sign-in*")
    expect(stranger.get_by_label("Admin or readonly key")).to_be_visible()
    expect(stranger.get_by_role("status")).to_have_count(0)
