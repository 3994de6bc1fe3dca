"""The audit log: pages by action, actor, subject and time, counts, and names for ids."""

from typing import Any

import pytest

from agentsentinel.audit.actions import Action
from server.audit.support import entries
from server.support import Server, assert_refused, query


def test_a_page_of_one_subject_leads_to_more_of_it(audited: Server) -> None:
    agent_id = audited.new_agent(name="busy")
    for number in range(3):
        audited.api.post(f"agents/{agent_id}/grants", json={"tool_name": f"tool_{number}"})
    first = audited.api.get("audit", params={"subject_id": agent_id, "limit": 2})
    rest = audited.request("GET", first.links["next"]["url"], audited.admin_key).json()
    assert {one["subject_id"] for one in first.json() + rest} == {agent_id}
    assert len(first.json() + rest) == 4


def test_a_page_leads_to_the_next_and_nothing_is_told_twice(audited: Server) -> None:
    for number in range(5):
        audited.api.post("keys", json={"name": f"key {number}", "scope": "readonly"})
    path, seen = "/api/v1/audit?limit=2&action=key_created", []
    for _ in range(3):
        answer = audited.request("GET", path, audited.admin_key)
        seen += answer.json()
        path = answer.links["next"]["url"]
    assert [one["subject_name"] for one in seen[:5]] == [f"key {number}" for number in range(4, -1, -1)]
    assert len({one["id"] for one in seen}) == 6
    assert seen == entries(audited, Action.KEY_CREATED)[:6]


@pytest.mark.parametrize(
    "params",
    [{"action": "nothing"}, {"limit": 0}, {"limit": 201}, {"cursor": "x"}, {"cursor": "\0"}, {"actor_name": "\0"}],
    ids=str,
)
def test_what_makes_no_sense_is_refused(audited: Server, params: dict[str, Any]) -> None:
    assert_refused(audited.api.get("audit", params=params), 422)


def test_entries_of_one_actor_are_those_of_its_key_by_name(audited: Server) -> None:
    made = audited.api.post("keys", json={"name": "rotation-robot", "scope": "admin"}).json()
    audited.request("POST", "/api/v1/agents", made["key"], json={"name": "made-by-robot"})
    [found] = entries(audited, actor_name="rotation-robot")
    assert (found["action"], found["subject_name"]) == ("agent_registered", "made-by-robot")
    assert entries(audited, Action.KEY_CREATED, actor_name="rotation-robot") == []


def test_ids_in_details_come_with_names_also_of_what_is_gone(audited: Server) -> None:
    agent_id = audited.new_agent(name="mentioned-agent")
    audited.new_key("agent", agent_id)
    newest = entries(audited, Action.KEY_CREATED)[0]
    assert agent_id in newest["detail"]
    assert newest["mentions"] == [{"id": agent_id, "kind": "agent", "name": "mentioned-agent", "is_there": True}]
    audited.api.delete(f"agents/{agent_id}")
    audited.wait_until_erased(agent_id)
    gone = next(one for one in entries(audited, Action.KEY_CREATED) if agent_id in one["detail"])
    assert gone["mentions"] == [{"id": agent_id, "kind": "agent", "name": "mentioned-agent", "is_there": False}]


def test_a_replaced_key_is_named_and_an_unknown_id_is_not(audited: Server) -> None:
    key = audited.api.post("keys", json={"name": "turning", "scope": "readonly"}).json()
    new = audited.api.post(f"keys/{key['id']}/rotate", json={"overlap_seconds": 0}).json()
    [rotated] = entries(audited, Action.KEY_ROTATED)
    assert rotated["mentions"] == [{"id": new["id"], "kind": "key", "name": "turning", "is_there": True}]
    query(audited.dsn, "UPDATE audit_log SET detail = 'agent ' || gen_random_uuid() WHERE id = $1", rotated["id"])
    assert entries(audited, Action.KEY_ROTATED)[0]["mentions"] == []


def test_the_summary_counts_what_the_database_has_by_action_and_actor(audited: Server) -> None:
    audited.new_agent()
    found = audited.api.get("audit/summary", params={"since": "1h"}).json()
    by_action = query(audited.dsn, "SELECT action, count(*) AS entries FROM audit_log GROUP BY action")
    by_actor = query(audited.dsn, "SELECT actor_name, count(*) AS entries FROM audit_log GROUP BY actor_name")
    assert {one["action"]: one["entries"] for one in found["actions"]} == {
        row["action"]: row["entries"] for row in by_action
    }
    assert {one["actor_name"]: one["entries"] for one in found["actors"]} == {
        row["actor_name"]: row["entries"] for row in by_actor
    }
    assert found["entries"] == sum(one["entries"] for one in found["actions"])
    numbers = [one["entries"] for one in found["actions"]]
    assert numbers == sorted(numbers, reverse=True)
    assert audited.api.get("audit/summary", params={"until": "30d"}).json() == {
        "entries": 0,
        "actions": [],
        "actors": [],
    }
