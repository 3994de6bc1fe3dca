"""API keys as the endpoints show them, and requests about them that make no sense."""

import json
from typing import Any
from uuid import uuid4

import pytest

from server.keys.support import in_seconds, make, status
from server.support import Server, assert_refused


def test_keys_are_listed_by_their_agent(server: Server) -> None:
    agent_id = server.new_agent()
    server.new_key("agent", agent_id)
    server.new_key("readonly")
    (key,) = server.api.get("keys", params={"agent_id": agent_id}).json()
    assert (key["agent_id"], key["scope"]) == (agent_id, "agent")


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


def test_the_key_in_use_cannot_be_revoked(server: Server) -> None:
    made = make(server, "admin")
    assert_refused(server.request("DELETE", f"/api/v1/keys/{made['id']}", made["key"]), 400)
    assert server.request("GET", "/api/v1/keys/self", made["key"]).status_code == 200


@pytest.mark.parametrize(
    "expires_at",
    [in_seconds(-1), in_seconds(86_400 * 3700), "2030-01-01T00:00:00", "soon", 0],
    ids=["over", "far", "no-zone", "no-time", "number"],
)
def test_an_end_that_makes_no_sense_is_refused(server: Server, expires_at: object) -> None:
    body = {"name": "k", "scope": "readonly", "expires_at": expires_at}
    assert_refused(server.api.post("keys", json=body), 422)


@pytest.mark.parametrize("overlap", [-1, 30 * 86_400 + 1, "a day", None, 1.5, float("inf")])
def test_an_overlap_that_makes_no_sense_is_refused(server: Server, overlap: object) -> None:
    old = make(server, "readonly")
    body = json.dumps({"overlap_seconds": overlap})
    headers = {"Content-Type": "application/json"}
    assert_refused(server.api.post(f"keys/{old['id']}/rotate", content=body, headers=headers), 422)
    assert status(server, old["key"]) == 200
