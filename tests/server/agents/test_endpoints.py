"""Agents: registered, found, changed, deleted; and the MCP servers they talk to."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID, uuid4

import pytest

from server.support import Server, assert_refused, query

ABOUT_MANIFESTS = {"TOOL_POISONING", "TOOL_DEFINITION_CHANGED", "MISLEADING_ANNOTATION", "UNSAFE_TOOL_DEFINITION"}
"""Rules that are not evaluated for an agent with MCP servers of which nothing is known."""


def get(server: Server, agent_id: str) -> dict[str, Any]:
    answer = server.api.get(f"agents/{agent_id}")
    assert answer.status_code == 200, answer.text
    agent: dict[str, Any] = answer.json()
    return agent


def test_a_new_agent_is_unscored_and_on_watch(server: Server) -> None:
    agent = server.api.post("agents", json={"name": "crm-bot"}).json()
    assert UUID(agent["id"]).version == 7
    assert (agent["agent_type"], agent["model"], agent["owner_team"]) == ("llm_agent", "unknown", "unassigned")
    assert agent["status"] == "WATCH"
    names = ("trust_score", "posture_score", "behavior_score", "recency_bonus", "last_scored_at", "description")
    assert [agent[name] for name in names] == [None] * 6
    assert agent["created_at"] == agent["updated_at"]


def test_an_agent_is_shown_with_all_that_belongs_to_it(server: Server) -> None:
    agent_id = server.new_agent(description="Searches")
    server.api.post(f"agents/{agent_id}/grants", json={"tool_name": "delete_file"})
    server.api.post(f"agents/{agent_id}/mcp", json={"server_name": "s", "server_url": "https://mcp.example.com"})
    agent = get(server, agent_id)
    assert [grant["tool_name"] for grant in agent["grants"]] == ["delete_file"]
    assert [connection["server_name"] for connection in agent["mcp_connections"]] == ["s"]
    assert {finding["rule_id"] for finding in agent["findings"]} == {"PRIVILEGE_EXCESS", "MISSING_RATE_LIMIT"}
    assert {rule["rule_id"] for rule in agent["not_evaluated"]} == {*ABOUT_MANIFESTS, "SESSION_ANOMALY", "AGENT_SILENT"}


def test_an_agent_of_the_same_name_and_team_is_reused_when_asked_for(server: Server) -> None:
    name = uuid4().hex
    first = server.api.post("agents", params={"reuse": True}, json={"name": name, "model": "first"})
    again = server.api.post("agents", params={"reuse": True}, json={"name": name, "model": "second"})
    other = server.api.post("agents", params={"reuse": True}, json={"name": name, "owner_team": "other"})
    assert [answer.status_code for answer in (first, again, other)] == [201, 200, 201]
    assert again.json() == first.json()
    assert other.json()["id"] != first.json()["id"]


def test_many_that_reuse_a_name_at_once_get_one_agent(server: Server) -> None:
    name = uuid4().hex

    def register(_: int) -> str:
        answer = server.request("POST", "/api/v1/agents?reuse=true", server.admin_key, json={"name": name})
        return str(answer.json()["id"])

    with ThreadPoolExecutor(16) as pool:
        ids = list(pool.map(register, range(48)))
    assert len(set(ids)) == 1
    assert len(server.api.get("agents", params={"name": name}).json()) == 1


def test_two_agents_may_have_the_same_name(server: Server) -> None:
    name = uuid4().hex
    ids = [server.new_agent(name=name), server.new_agent(name=name)]
    assert [agent["id"] for agent in server.api.get("agents", params={"name": name}).json()] == ids[::-1]


def test_agents_are_listed_newest_first_and_filtered(server: Server) -> None:
    team = uuid4().hex
    ids = [server.new_agent(owner_team=team) for _ in range(5)]
    server.api.post(f"agents/{ids[2]}/grants", json={"tool_name": "crm_search"})

    def listed(**filters: Any) -> list[str]:
        return [agent["id"] for agent in server.api.get("agents", params={"owner_team": team, **filters}).json()]

    assert listed() == ids[::-1]
    assert listed(limit=2, offset=1) == [ids[3], ids[2]]
    assert listed(offset=5) == []
    band = get(server, ids[2])["status"]
    assert ids[2] in listed(status=band)
    assert listed(status="CRITICAL") == []


def test_a_change_keeps_what_it_does_not_name(server: Server) -> None:
    agent_id = server.new_agent(name="before", model="m", owner_team="t", description="Searches")
    changed = server.api.patch(f"agents/{agent_id}", json={"name": "after", "description": None}).json()
    assert (changed["name"], changed["model"], changed["owner_team"]) == ("after", "m", "t")
    assert changed["description"] is None
    assert changed["updated_at"] > changed["created_at"]
    assert get(server, agent_id)["name"] == "after"


def test_a_changed_description_is_judged_at_once(server: Server) -> None:
    agent_id = server.new_agent(description="Sends reports")
    server.api.post(f"agents/{agent_id}/grants", json={"tool_name": "write_report"})
    assert get(server, agent_id)["posture_score"] == 100
    server.api.patch(f"agents/{agent_id}", json={"description": "Only reads the wiki"})
    agent = get(server, agent_id)
    assert agent["posture_score"] == 80
    assert [finding["rule_id"] for finding in agent["findings"]] == ["PRIVILEGE_EXCESS"]


def test_a_new_name_is_shown_with_old_and_new_events(server: Server) -> None:
    agent_id = server.new_agent(name="old name")
    server.report(agent_id)
    server.api.patch(f"agents/{agent_id}", json={"name": "new name"})
    server.report(agent_id)
    events = server.api.get("events", params={"agent_id": agent_id}).json()
    assert [event["agent_name"] for event in events] == ["new name", "new name"]


def test_a_deleted_agent_leaves_nothing_behind(server: Server) -> None:
    agent_id = server.new_agent()
    server.api.post(f"agents/{agent_id}/grants", json={"tool_name": "delete_file"})
    server.api.post(f"agents/{agent_id}/mcp", json={"server_name": "s", "server_url": "https://mcp.example.com"})
    server.report(agent_id)
    server.wait_for_score(agent_id, events=1)
    server.api.get(f"agents/{agent_id}/baselines")
    assert server.api.delete(f"agents/{agent_id}").status_code == 204
    for path in ("", "/findings", "/score", "/score/history", "/baselines"):
        assert_refused(server.api.get(f"agents/{agent_id}{path}"), 404)
    assert server.api.get("events", params={"agent_id": agent_id}).json() == []
    tables = query(
        server.dsn,
        "SELECT table_name FROM information_schema.columns WHERE column_name = 'agent_id' AND table_schema = 'public'"
        " AND table_name <> 'api_keys'",
    )
    assert len(tables) >= 10
    server.wait_until_erased(agent_id)
    for table in {row["table_name"] for row in tables}:
        rows = query(server.dsn, f'SELECT 1 FROM "{table}" WHERE agent_id = $1', agent_id)
        assert rows == [], table


def test_a_deleted_agent_takes_no_more_events(server: Server) -> None:
    agent_id = server.new_agent()
    server.report(agent_id)
    server.api.delete(f"agents/{agent_id}")
    body = {"agent_id": agent_id, "tool_name": "t", "input_hash": "0" * 64, "output_hash": "0" * 64}
    assert_refused(server.api.post("events", json=body), 404)


def test_connections_are_added_changed_and_forgotten(server: Server) -> None:
    agent_id = server.new_agent(description="Sends mail")
    made = server.api.post(
        f"agents/{agent_id}/mcp",
        json={"server_name": "files", "server_url": "https://mcp.example.com/sse", "capabilities": ["tools"]},
    ).json()
    path = f"agents/{agent_id}/mcp/{made['id']}"
    changed = server.api.patch(path, json={"server_url": "http://mcp.example.com", "capabilities": None}).json()
    assert changed == {**made, "server_url": "http://mcp.example.com", "capabilities": None}
    agent = get(server, agent_id)
    assert agent["mcp_connections"] == [changed]
    assert [finding["rule_id"] for finding in agent["findings"]] == ["INSECURE_MCP_CONNECTION"]
    assert server.api.delete(path).status_code == 204
    agent = get(server, agent_id)
    assert agent["mcp_connections"] == []
    assert (agent["findings"][0]["status"], agent["posture_score"]) == ("RESOLVED", 100)


def test_a_connection_that_is_stated_again_is_updated_and_not_doubled(server: Server) -> None:
    agent_id = server.new_agent()
    path, body = f"agents/{agent_id}/mcp", {"server_name": "files", "server_url": "stdio:files"}
    first = server.api.post(path, json=body)
    again = server.api.post(path, json={**body, "command": "npx files --token=abc123Def456ghi789"})
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json()["command"] is None
    assert again.json() == {**first.json(), "command": "npx files --token=…"}
    other = server.api.post(path, json={**body, "server_url": "stdio:other"})
    assert other.status_code == 201
    assert len(get(server, agent_id)["mcp_connections"]) == 2


def grant(server: Server, agent_id: str, **members: str) -> tuple[int, dict[str, Any]]:
    """Grant the tool `search`; return the status and the grant."""
    answer = server.api.post(f"agents/{agent_id}/grants", json={"tool_name": "search", **members})
    return answer.status_code, answer.json()


def test_a_tool_of_two_servers_is_two_grants(server: Server) -> None:
    agent_id = server.new_agent()
    assert grant(server, agent_id)[0] == 201
    for name in ("web", "files"):
        status, made = grant(server, agent_id, server_name=name, origin="listed")
        assert (status, made["server_name"], made["origin"]) == (201, name, "listed")
    assert grant(server, agent_id, server_name="web", origin="observed")[0] == 200
    assert [(one["server_name"], one["origin"]) for one in get(server, agent_id)["grants"]] == [
        (None, "declared"),
        ("web", "listed"),
        ("files", "listed"),
    ]


@pytest.mark.parametrize(
    ("first", "second", "server_name", "origin"),
    [
        ({"origin": "observed"}, {"origin": "listed", "server_name": "web"}, "web", "listed"),
        ({"origin": "listed", "server_name": "web"}, {"origin": "observed"}, "web", "listed"),
        ({"origin": "observed"}, {}, None, "declared"),
        ({}, {"origin": "observed"}, None, "declared"),
        ({"origin": "listed"}, {"origin": "observed", "server_name": "web"}, "web", "listed"),
    ],
)
def test_what_is_known_of_a_grant_is_never_known_less(
    server: Server, first: dict[str, str], second: dict[str, str], server_name: str | None, origin: str
) -> None:
    agent_id = server.new_agent()
    assert grant(server, agent_id, **first)[0] == 201
    status, known = grant(server, agent_id, **second)
    assert (status, known["server_name"], known["origin"]) == (200, server_name, origin)
    assert len(get(server, agent_id)["grants"]) == 1


@pytest.mark.parametrize("wrong", [{"origin": "guessed"}, {"server_name": ""}, {"server_name": "x" * 256}])
def test_a_grant_of_an_unknown_origin_or_server_is_refused(server: Server, wrong: dict[str, str]) -> None:
    assert grant(server, server.new_agent(), **wrong)[0] == 422


@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
def test_an_agent_that_is_not_there_is_not_found(server: Server, method: str) -> None:
    assert_refused(server.api.request(method, f"agents/{uuid4()}", json={"name": "x"}), 404)


@pytest.mark.parametrize("kind", ["grants", "mcp"])
def test_nothing_is_added_to_an_agent_that_is_not_there(server: Server, kind: str) -> None:
    body = {"tool_name": "t", "server_name": "s", "server_url": "https://mcp.example.com"}
    assert_refused(server.api.post(f"agents/{uuid4()}/{kind}", json=body), 404)


def test_an_agent_is_suspended_with_its_reason_and_resumed(server: Server) -> None:
    agent_id = server.new_agent()
    suspended = server.api.post(f"agents/{agent_id}/suspend", json={"reason": "hijacked"}).json()
    assert suspended["suspended_at"] is not None
    assert suspended["suspended_reason"] == "hijacked"
    assert get(server, agent_id).items() >= suspended.items()
    assert suspended in server.api.get("agents", params={"name": suspended["name"]}).json()
    resumed = server.api.post(f"agents/{agent_id}/resume").json()
    assert (resumed["suspended_at"], resumed["suspended_reason"]) == (None, None)
    assert server.api.post(f"agents/{agent_id}/resume").json() == resumed


def test_suspending_a_suspended_agent_keeps_the_first_time_and_reason(server: Server) -> None:
    agent_id = server.new_agent()
    first = server.api.post(f"agents/{agent_id}/suspend").json()
    again = server.api.post(f"agents/{agent_id}/suspend", json={"reason": "later"}).json()
    assert again == first
    entries = server.api.get("audit", params={"subject_id": agent_id}).json()
    assert [entry["action"] for entry in entries] == ["agent_suspended", "agent_registered"]


def test_the_events_of_a_suspended_agent_are_stored_and_scored(server: Server) -> None:
    agent_id = server.new_agent()
    server.api.post(f"agents/{agent_id}/suspend")
    server.report(agent_id)
    agent = server.wait_for_score(agent_id, 1)
    assert agent["trust_score"] is not None
    assert agent["suspended_at"] is not None


@pytest.mark.parametrize("reason", ["", "r" * 256, 5, "nul\0"])
def test_a_reason_of_a_suspension_has_1_to_255_characters(server: Server, reason: object) -> None:
    agent_id = server.new_agent()
    assert_refused(server.api.post(f"agents/{agent_id}/suspend", json={"reason": reason}), 422)
    assert get(server, agent_id)["suspended_at"] is None


def test_an_agent_that_does_not_exist_is_neither_suspended_nor_resumed(server: Server) -> None:
    for verb in ("suspend", "resume"):
        assert_refused(server.api.post(f"agents/{uuid4()}/{verb}"), 404)
