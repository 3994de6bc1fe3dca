"""Signing in to the dashboard: what a session may do, when it ends, and who else's page cannot use it."""

import httpx2
import pytest

from agentsentinel.auth.csrf import COOKIE
from server.sign_in.support import OWN_PAGE
from server.support import Server, assert_refused, event, query


def test_a_key_is_traded_for_a_cookie_that_scripts_and_other_sites_cannot_use(server: Server) -> None:
    answer = server.request("POST", "/api/v1/session", json={"key": server.admin_key}, headers=OWN_PAGE)
    assert answer.status_code == 201
    cookie = answer.headers["set-cookie"]
    assert {"HttpOnly", "SameSite=strict", "Path=/"} <= set(cookie.split("; "))
    assert "Secure" not in cookie
    assert answer.headers["cache-control"] == "no-store"
    assert server.admin_key not in answer.text + cookie
    assert answer.json()["scope"] == "admin"


def test_over_https_the_cookie_stays_there(server: Server) -> None:
    host = "sentinel.example.com"
    headers = {**OWN_PAGE, "Host": host, "Origin": f"https://{host}"}
    answer = server.request("POST", "/api/v1/session", json={"key": server.admin_key}, headers=headers)
    assert "Secure" in answer.headers["set-cookie"]


def test_the_cookies_token_is_stored_as_a_digest_only(server: Server, browser: httpx2.Client) -> None:
    token = browser.cookies[COOKIE]
    rows = query(server.dsn, "SELECT to_jsonb(s)::text AS row FROM sign_in_sessions s")
    assert rows
    assert not [row for row in rows if token in row["row"]]


@pytest.mark.parametrize(
    "body",
    [{"key": "as_adm_" + "0" * 64}, {"key": ""}, {"link_token": "nothing"}, {}, {"key": "x", "link_token": "y"}, []],
    ids=str,
)
def test_whoever_has_no_key_does_not_get_in(server: Server, body: object) -> None:
    answer = server.request("POST", "/api/v1/session", json=body, headers=OWN_PAGE)
    assert_refused(answer, 401, 422)
    assert "set-cookie" not in answer.headers


def test_an_agents_key_does_not_sign_in(server: Server) -> None:
    key = server.new_key("agent", server.new_agent())
    assert_refused(server.request("POST", "/api/v1/session", json={"key": key}, headers=OWN_PAGE), 403)


def test_a_session_has_the_rights_of_its_key_and_no_more(server: Server, browser: httpx2.Client) -> None:
    assert browser.post("agents", json={"name": "by a session"}).status_code == 201
    with server.sign_in(server.new_key("readonly")) as reader:
        assert reader.get("agents").status_code == 200
        assert_refused(reader.post("agents", json={"name": "x"}), 403)
        assert_refused(reader.get("keys"), 403)
        assert_refused(reader.get("sessions"), 403)


def test_a_session_reports_no_events_but_a_test_event(server: Server, browser: httpx2.Client) -> None:
    agent_id = server.new_agent()
    assert_refused(browser.post("events", json=event(agent_id)), 401)
    assert browser.post("events/test", json=event(agent_id)).json()["anomaly_score"] == 0.9


def test_a_key_in_the_header_goes_before_the_cookie(server: Server, browser: httpx2.Client) -> None:
    assert_refused(browser.get("agents", headers={"X-API-Key": "as_ro_" + "0" * 64}), 401)
    told = browser.get("session", headers={"X-API-Key": server.new_key("readonly")}).json()
    assert (told["scope"], told["session_id"]) == ("readonly", None)


@pytest.mark.parametrize("cookie", ["", "x", "x" * 5000, '"', "é", "; ;", "=", "\\073"], ids=range(8))
def test_a_cookie_that_is_none_is_no_session(server: Server, cookie: str) -> None:
    headers = {"Cookie": f"{COOKIE}={cookie}".encode()}
    assert_refused(server.request("GET", "/api/v1/agents", headers=headers), 401)


def test_signing_out_ends_the_session_at_once(server: Server, browser: httpx2.Client) -> None:
    cookie = {"Cookie": f"{COOKIE}={browser.cookies[COOKIE]}"}
    assert browser.delete("session").status_code == 204
    assert COOKIE not in browser.cookies
    assert_refused(server.request("GET", "/api/v1/agents", headers=cookie), 401)


def test_a_session_dies_with_its_key_at_once(server: Server) -> None:
    key = server.new_key("readonly")
    with server.sign_in(key) as reader:
        key_id = reader.get("session").json()["key_id"]
        assert server.api.delete(f"keys/{key_id}").status_code == 204
        assert_refused(reader.get("agents"), 401)
        assert key_id not in server.api.get("sessions", params={"limit": 500}).text


def test_sessions_are_listed_and_revoked_by_an_admin(server: Server) -> None:
    with server.sign_in(server.new_key("readonly")) as reader:
        session_id = reader.get("session").json()["session_id"]
        (listed,) = [one for one in server.api.get("sessions", params={"limit": 500}).json() if one["id"] == session_id]
        assert (listed["scope"], listed["is_own"]) == ("readonly", False)
        assert server.api.delete(f"sessions/{session_id}").status_code == 204
        assert_refused(reader.get("agents"), 401)
        assert_refused(server.api.delete(f"sessions/{session_id}"), 404)
