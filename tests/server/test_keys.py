"""API keys: what they look like, what is kept of them, how they end."""

import re
from typing import Any
from uuid import uuid4

import pytest

from server.support import Server, assert_refused, query


def make(server: Server, scope: str, agent_id: str | None = None, name: str = "k") -> dict[str, Any]:
    answer = server.api.post("keys", json={"name": name, "scope": scope, "agent_id": agent_id})
    assert answer.status_code == 201, answer.text
    key: dict[str, Any] = answer.json()
    return key


@pytest.mark.parametrize(("scope", "prefix"), [("admin", "as_adm_"), ("agent", "as_agt_"), ("readonly", "as_ro_")])
def test_a_key_shows_its_scope_and_works(server: Server, scope: str, prefix: str) -> None:
    agent_id = server.new_agent() if scope == "agent" else None
    made = make(server, scope, agent_id)
    assert re.fullmatch(prefix + "[0-9a-f]{64}", made["key"])
    assert made["key_prefix"] == made["key"][:12]
    own = server.request("GET", "/api/v1/keys/self", made["key"]).json()
    assert own == {name: made[name] for name in ("id", "name", "scope", "agent_id", "key_prefix", "created_at")}
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
