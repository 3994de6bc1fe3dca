"""Links that sign in once, and sessions that end after their time."""

import time
from pathlib import Path

from patience import PATIENCE_SECONDS
from server.sign_in.support import OWN_PAGE
from server.support import SECRET, Server, assert_refused, new_database, query, read_key, running


def test_a_session_ends_after_its_time(server: Server) -> None:
    with server.sign_in(server.admin_key) as browser:
        session_id = browser.get("session").json()["session_id"]
        query(server.dsn, "UPDATE sign_in_sessions SET expires_at = now() WHERE id = $1", session_id)
        deadline = time.monotonic() + PATIENCE_SECONDS  # what was read a moment ago is believed for some seconds
        while browser.get("agents").status_code != 401:
            assert time.monotonic() < deadline
            time.sleep(0.1)
    assert session_id not in server.api.get("sessions", params={"limit": 500}).text


def test_the_first_starts_link_signs_in_once(postgres_dsn: str, tmp_path: Path) -> None:
    with running(new_database(postgres_dsn), tmp_path) as server:
        (token,) = [word.partition("#")[2] for word in server.log.read_text().split() if "/sign-in#" in word]
        first = server.request("POST", "/api/v1/session", json={"link_token": token}, headers=OWN_PAGE)
        assert (first.status_code, first.json()["scope"]) == (201, "admin")
        again = server.request("POST", "/api/v1/session", json={"link_token": token}, headers=OWN_PAGE)
        assert_refused(again, 401)
        assert query(server.dsn, "SELECT count(*) AS n FROM sign_in_links")[0]["n"] == 0


def test_a_link_that_is_too_old_does_not_sign_in(postgres_dsn: str, tmp_path: Path) -> None:
    with running(new_database(postgres_dsn), tmp_path) as server:
        (token,) = [word.partition("#")[2] for word in server.log.read_text().split() if "/sign-in#" in word]
        query(server.dsn, "UPDATE sign_in_links SET expires_at = now()")
        answer = server.request("POST", "/api/v1/session", json={"link_token": token}, headers=OWN_PAGE)
        assert_refused(answer, 401)


def test_with_a_key_file_nothing_secret_is_printed(postgres_dsn: str, tmp_path: Path) -> None:
    settings = {"BOOTSTRAP_KEY_FILE": str(tmp_path / "key"), "SECRET_KEY": SECRET}
    with running(new_database(postgres_dsn), tmp_path, settings=settings) as server:
        assert read_key(server.log) == ""
        assert "/sign-in#" not in server.log.read_text()
