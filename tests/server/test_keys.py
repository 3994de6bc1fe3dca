"""API keys: what they look like, what is kept of them, how they end."""

import hmac
import json
import re
import secrets
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
from server.support import SECRET, Server, assert_refused, event, new_database, query, running


def make(server: Server, scope: str, agent_id: str | None = None, name: str = "k") -> dict[str, Any]:
    answer = server.api.post("keys", json={"name": name, "scope": scope, "agent_id": agent_id})
    assert answer.status_code == 201, answer.text
    key: dict[str, Any] = answer.json()
    return key


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


def test_only_a_keyed_digest_is_kept(server: Server) -> None:
    made = make(server, "readonly")
    [row] = query(server.dsn, "SELECT to_jsonb(k)::text AS row FROM api_keys k WHERE id = $1", made["id"])
    assert made["key"] not in row["row"]
    assert made["key"].removeprefix("as_ro_")[6:] not in row["row"]
    assert made["key_hash"] in row["row"]


def test_two_keys_are_never_the_same(server: Server) -> None:
    keys = [make(server, "readonly", name="same") for _ in range(10)]
    for field in ("id", "key", "key_hash"):
        assert len({key[field] for key in keys}) == 10


def test_live_keys_are_listed_newest_first_and_revoked_ones_on_request(server: Server) -> None:
    keys = [make(server, "readonly") for _ in range(3)]
    server.api.delete(f"keys/{keys[1]['id']}")

    def listed(**params: Any) -> list[dict[str, Any]]:
        answer = server.api.get("keys", params={"limit": 500, **params}).json()
        return [key for key in answer if key["id"] in {key["id"] for key in keys}]

    assert [key["id"] for key in listed()] == [keys[2]["id"], keys[0]["id"]]
    everything = listed(include_revoked=True)
    assert [key["is_active"] for key in everything] == [True, False, True]
    assert everything[1]["revoked_at"] is not None
    assert not [key for key in everything if "key" in key]


def test_a_key_is_bound_to_an_agent_that_exists(server: Server) -> None:
    body = {"name": "k", "scope": "agent", "agent_id": str(uuid4())}
    assert_refused(server.api.post("keys", json=body), 404)


def test_a_revoked_key_leaves_other_keys_alone(server: Server) -> None:
    first, second = make(server, "readonly"), make(server, "readonly")
    assert server.request("GET", "/api/v1/agents", first["key"]).status_code == 200
    server.api.delete(f"keys/{first['id']}")
    assert server.request("GET", "/api/v1/agents", first["key"]).status_code == 401
    assert server.request("GET", "/api/v1/agents", second["key"]).status_code == 200


def test_the_key_in_use_cannot_be_revoked(server: Server) -> None:
    made = make(server, "admin")
    assert_refused(server.request("DELETE", f"/api/v1/keys/{made['id']}", made["key"]), 400)
    assert server.request("GET", "/api/v1/keys/self", made["key"]).status_code == 200


def test_the_soft_reset_of_the_guide_keeps_the_keys(server: Server) -> None:
    """`TRUNCATE agents CASCADE` must not reach api_keys: no foreign key leads from there."""
    sql = (
        "SELECT count(*) AS n FROM information_schema.table_constraints"
        " WHERE table_name = 'api_keys' AND constraint_type = 'FOREIGN KEY'"
    )
    assert query(server.dsn, sql) == [{"n": 0}]


# --- expiry, rotation, last use


def in_seconds(seconds: float) -> str:
    return (datetime.now(UTC) + timedelta(seconds=seconds)).isoformat()


def expiring(server: Server, seconds: float, scope: str = "readonly", **fields: Any) -> dict[str, Any]:
    answer = server.api.post("keys", json={"name": "k", "scope": scope, "expires_at": in_seconds(seconds), **fields})
    assert answer.status_code == 201, answer.text
    key: dict[str, Any] = answer.json()
    return key


def status(server: Server, key: str) -> int:
    return server.request("GET", "/api/v1/keys/self", key).status_code


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


@pytest.mark.parametrize(
    "expires_at",
    [in_seconds(-1), in_seconds(86_400 * 3700), "2030-01-01T00:00:00", "soon", 0],
    ids=["over", "far", "no-zone", "no-time", "number"],
)
def test_an_end_that_makes_no_sense_is_refused(server: Server, expires_at: object) -> None:
    body = {"name": "k", "scope": "readonly", "expires_at": expires_at}
    assert_refused(server.api.post("keys", json=body), 422)


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


@pytest.mark.parametrize("overlap", [-1, 30 * 86_400 + 1, "a day", None, 1.5, float("inf")])
def test_an_overlap_that_makes_no_sense_is_refused(server: Server, overlap: object) -> None:
    old = make(server, "readonly")
    body = json.dumps({"overlap_seconds": overlap})
    headers = {"Content-Type": "application/json"}
    assert_refused(server.api.post(f"keys/{old['id']}/rotate", content=body, headers=headers), 422)
    assert status(server, old["key"]) == 200


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


def test_keys_of_the_first_release_go_on_working(server: Server) -> None:
    """64 hex digits and no checksum; only the digest is stored, so there is no way to tell them but by their text."""
    old = "as_ro_" + secrets.token_hex(32)
    query(
        server.dsn,
        "INSERT INTO api_keys (id, name, key_prefix, key_hash, scope, is_active, created_at)"
        " VALUES (gen_random_uuid(), 'first release', $1, $2, 'readonly', true, now())",
        old[:12],
        hmac.digest(SECRET.encode(), old.encode(), "sha256").hex(),
    )
    assert server.request("GET", "/api/v1/agents", old).status_code == 200
    with server.sign_in(old) as browser:
        assert browser.get("agents").status_code == 200


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
