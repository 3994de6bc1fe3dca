"""API keys: how they are made, rotated and ended."""

import re
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from agentsentinel.auth.authenticator import TRUST_SECONDS
from agentsentinel.auth.key_digests import make_key
from agentsentinel.auth.principal import KeyScope
from server.keys.support import in_seconds, make, status
from server.support import Server, assert_refused, event, new_database, query, running


@pytest.mark.parametrize(("scope", "prefix"), [("admin", "as_adm_"), ("agent", "as_agt_"), ("readonly", "as_ro_")])
def test_a_key_shows_its_scope_and_works(server: Server, scope: str, prefix: str) -> None:
    agent_id = server.new_agent() if scope == "agent" else None
    made = make(server, scope, agent_id)
    assert re.fullmatch(prefix + "[0-9A-Za-z]{49}", made["key"])
    assert made["key_prefix"] == made["key"][:12]
    own = server.request("GET", "/api/v1/keys/self", made["key"]).json()
    assert own == {
        name: made[name] for name in ("id", "name", "scope", "agent_id", "key_prefix", "created_at", "expires_at")
    }
    assert own["agent_id"] == agent_id


def test_two_keys_are_never_the_same(server: Server) -> None:
    keys = [make(server, "readonly", name="same") for _ in range(10)]
    for field in ("id", "key", "key_hash"):
        assert len({key[field] for key in keys}) == 10


def test_a_revoked_key_leaves_other_keys_alone(server: Server) -> None:
    first, second = make(server, "readonly"), make(server, "readonly")
    assert server.request("GET", "/api/v1/agents", first["key"]).status_code == 200
    server.api.delete(f"keys/{first['id']}")
    assert server.request("GET", "/api/v1/agents", first["key"]).status_code == 401
    assert server.request("GET", "/api/v1/agents", second["key"]).status_code == 200


def test_the_soft_reset_of_the_guide_keeps_the_keys(server: Server) -> None:
    """`TRUNCATE agents CASCADE` must not reach api_keys: no foreign key leads from there."""
    sql = (
        "SELECT count(*) AS n FROM information_schema.table_constraints"
        " WHERE table_name = 'api_keys' AND constraint_type = 'FOREIGN KEY'"
    )
    assert query(server.dsn, sql) == [{"n": 0}]


def expiring(server: Server, seconds: float, scope: str = "readonly", **fields: Any) -> dict[str, Any]:
    answer = server.api.post("keys", json={"name": "k", "scope": scope, "expires_at": in_seconds(seconds), **fields})
    assert answer.status_code == 201, answer.text
    key: dict[str, Any] = answer.json()
    return key


def test_an_expired_key_is_refused_like_an_unknown_one_and_no_later_than_it_says(server: Server) -> None:
    made = expiring(server, 3)
    end = datetime.fromisoformat(made["expires_at"])
    answer = server.request("GET", "/api/v1/keys/self", made["key"])
    assert answer.json()["expires_at"] == made["expires_at"]
    while answer.status_code == 200:
        asked_at = datetime.now(UTC)
        answer = server.request("GET", "/api/v1/keys/self", made["key"])
        assert answer.status_code == 401 or asked_at < end + timedelta(milliseconds=50)
    assert datetime.now(UTC) >= end
    unknown = server.request("GET", "/api/v1/keys/self", make_key(KeyScope.READONLY))
    assert (answer.status_code, answer.text) == (401, unknown.text)
    assert made["id"] not in server.api.get("keys", params={"limit": 500}).text
    listed = server.api.get("keys", params={"limit": 500, "include_revoked": True}).json()
    assert [key["is_active"] for key in listed if key["id"] == made["id"]] == [False]
    assert_refused(server.api.delete(f"keys/{made['id']}"), 404)


def test_an_expired_key_reports_nothing_signs_nobody_in_and_ends_its_sessions(server: Server) -> None:
    agent_id = server.new_agent()
    agents_key = expiring(server, 60, "agent", agent_id=agent_id)
    readers_key = expiring(server, 60)
    assert server.request("POST", "/api/v1/events", agents_key["key"], json=event(agent_id)).status_code == 201
    with server.sign_in(readers_key["key"]) as browser:
        ids = [agents_key["id"], readers_key["id"]]
        query(server.dsn, "UPDATE api_keys SET expires_at = now() WHERE id = ANY($1::uuid[])", ids)
        time.sleep(TRUST_SECONDS + 0.2)
        assert_refused(server.request("POST", "/api/v1/events", agents_key["key"], json=event(agent_id)), 401)
        assert_refused(browser.get("agents"), 401)
        assert_refused(browser.post("session", json={"key": readers_key["key"]}), 401)
    assert readers_key["id"] not in server.api.get("sessions", params={"limit": 500}).text


def test_a_rotated_key_and_its_successor_both_work_for_a_while(server: Server) -> None:
    agent_id = server.new_agent()
    old = make(server, "agent", agent_id, "for billing")
    answer = server.api.post(f"keys/{old['id']}/rotate")
    assert (answer.status_code, answer.headers["cache-control"]) == (201, "no-store")
    new = answer.json()
    assert {new[name] == old[name] for name in ("name", "scope", "agent_id")} == {True}
    assert {new[name] == old[name] for name in ("id", "key", "key_hash")} == {False}
    assert (status(server, old["key"]), status(server, new["key"])) == (200, 200)
    listed = {key["id"]: key for key in server.api.get("keys", params={"limit": 500}).json()}
    end = datetime.fromisoformat(listed[old["id"]]["expires_at"])
    assert timedelta(hours=23, minutes=59) < end - datetime.now(UTC) <= timedelta(hours=24)
    assert listed[old["id"]]["replaced_by"] == new["id"]
    assert listed[new["id"]]["expires_at"] is None


def test_without_an_overlap_the_old_key_is_dead_at_once(server: Server) -> None:
    old = make(server, "readonly")
    assert status(server, old["key"]) == 200
    new = server.api.post(f"keys/{old['id']}/rotate", json={"overlap_seconds": 0}).json()
    assert (status(server, old["key"]), status(server, new["key"])) == (401, 200)


def test_a_key_may_have_itself_rotated(server: Server) -> None:
    old = make(server, "admin")
    answer = server.request("POST", f"/api/v1/keys/{old['id']}/rotate", old["key"], json={"overlap_seconds": 0})
    assert (status(server, old["key"]), status(server, answer.json()["key"])) == (401, 200)
    assert server.api.delete(f"keys/{answer.json()['id']}").status_code == 204


def test_a_key_that_was_to_live_for_a_time_hands_that_time_on(server: Server) -> None:
    old = expiring(server, 3600)
    new = server.api.post(f"keys/{old['id']}/rotate").json()
    life = datetime.fromisoformat(new["expires_at"]) - datetime.fromisoformat(new["created_at"])
    assert abs(life - timedelta(hours=1)) < timedelta(seconds=5)
    listed = {key["id"]: key for key in server.api.get("keys", params={"limit": 500}).json()}
    assert listed[old["id"]]["expires_at"] == old["expires_at"], "an overlap never makes a key live longer"
    chosen = in_seconds(7200)
    newer = server.api.post(f"keys/{new['id']}/rotate", json={"expires_at": chosen}).json()
    assert datetime.fromisoformat(newer["expires_at"]) == datetime.fromisoformat(chosen)


def test_only_a_live_key_is_rotated_and_only_once(server: Server) -> None:
    old = make(server, "readonly")
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: server.api.post(f"keys/{old['id']}/rotate").status_code, range(4)))
    assert sorted(answers) == [201, 409, 409, 409]
    server.api.delete(f"keys/{old['id']}")
    assert_refused(server.api.post(f"keys/{old['id']}/rotate"), 404)
    assert_refused(server.api.post(f"keys/{uuid4()}/rotate"), 404)


def test_who_revoked_a_key_is_told(server: Server) -> None:
    own = server.api.get("keys/self").json()
    made = make(server, "readonly")
    server.api.delete(f"keys/{made['id']}")
    everything = server.api.get("keys", params={"limit": 500, "include_revoked": True}).json()
    (row,) = [key for key in everything if key["id"] == made["id"]]
    assert (row["revoked_by"], row["revoked_by_name"]) == (own["id"], own["name"])


def test_a_rotated_admin_key_is_none_to_rely_on(postgres_dsn: str, tmp_path: Path) -> None:
    """A rotated key expires by itself: revoking its successor would lock all users out a day later."""
    with running(new_database(postgres_dsn), tmp_path) as server:
        own_id = server.api.get("keys/self").json()["id"]
        new = server.api.post(f"keys/{own_id}/rotate").json()
        assert_refused(server.api.delete(f"keys/{new['id']}"), 409)
        assert server.request("DELETE", f"/api/v1/keys/{own_id}", new["key"]).status_code == 204


def test_the_last_use_is_written_down_later_and_a_sign_in_at_once(postgres_dsn: str, tmp_path: Path) -> None:
    dsn = new_database(postgres_dsn)
    sql = "SELECT name, last_used_at FROM api_keys WHERE last_used_at IS NOT NULL"
    with running(dsn, tmp_path) as server:
        used, signed_in = server.new_key("readonly"), server.new_key("readonly")
        for _ in range(3):
            assert status(server, used) == 200
        assert query(dsn, sql) == []
        with server.sign_in(signed_in):
            assert len(query(dsn, sql)) == 1
        server.stop()
    assert len(query(dsn, sql)) == 3
