"""Another site's page cannot use the session of a signed-in browser."""

import httpx2
import pytest

from agentsentinel.auth.csrf import COOKIE, DASHBOARD_HEADER
from server.support import Server, assert_refused


@pytest.mark.parametrize(
    "signs",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "http://localhost:3000"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
    ids=str,
)
def test_another_page_cannot_use_the_session(server: Server, browser: httpx2.Client, signs: dict[str, str]) -> None:
    assert_refused(browser.get("agents", headers=signs), 403)
    assert_refused(browser.post("agents", json={"name": "forged"}, headers=signs), 403)
    assert_refused(browser.post("session", json={"key": server.admin_key}, headers=signs), 403)


@pytest.mark.parametrize("method", ["POST", "PATCH", "DELETE"])
def test_a_change_without_the_dashboards_header_is_refused(server: Server, method: str) -> None:
    """The request is what a form or an image of another page would send in a browser that names no origin."""
    agent_id = server.new_agent()
    with server.sign_in(server.admin_key) as browser:
        cookie = {"Cookie": f"{COOKIE}={browser.cookies[COOKIE]}"}
    path = "/api/v1/agents" if method == "POST" else f"/api/v1/agents/{agent_id}"
    assert_refused(server.request(method, path, headers=cookie, json={"name": "forged"}), 403)
    assert server.request("GET", path, headers=cookie).status_code == 200


def test_no_foreign_page_may_add_the_header(server: Server) -> None:
    asked = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": DASHBOARD_HEADER.lower()}
    for origin in ("https://evil.example", "http://localhost:5174"):
        preflight = server.request("OPTIONS", "/api/v1/agents", headers={"Origin": origin, **asked})
        assert preflight.status_code == 400
