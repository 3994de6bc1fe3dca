"""The score's arithmetic adds up, and what it promises of a change is what the change does."""

from typing import Any

import pytest

from server.support import Server, assert_refused


def explain(server: Server, agent_id: str) -> dict[str, Any]:
    answer = server.api.get(f"agents/{agent_id}/score/explanation")
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


def new_agent(server: Server, *tool_names: str, description: str = "Answers suppliers and cleans up") -> str:
    agent_id = server.new_agent(description=description)
    for tool_name in tool_names:
        assert server.api.post(f"agents/{agent_id}/grants", json={"tool_name": tool_name}).status_code == 201
    return agent_id


TOOLS = ("read_database", "send_email", "http_post", "delete_record", "run_command", "fetch_webpage")


def test_the_parts_add_up_to_the_score_that_is_given_out(server: Server) -> None:
    agent_id = new_agent(server, *TOOLS[:4])
    for number in range(6):
        server.report(agent_id, f"tool_{number % 2}")
    server.wait_for_score(agent_id, events=6)
    told, score = explain(server, agent_id), server.api.get(f"agents/{agent_id}/score").json()
    assert told["trust_score"] == score["trust_score"]
    assert round(sum(part["points"] for part in told["parts"]), 2) == pytest.approx(score["trust_score"], abs=0.02)
    assert [part["value"] for part in told["parts"]] == [
        score["posture_score"],
        score["behavior_score"],
        score["recency_bonus"],
    ]
    assert 100 - sum(one["points"] for one in told["deductions"]) == score["posture_score"]
    assert told["calls_in_window"] == 6
    assert round(100 * (1 - told["mean_anomaly"]), 2) == pytest.approx(score["behavior_score"], abs=0.01)
    assert (told["recent_events"], told["recent_events_needed"]) == (5, 5)


def test_each_single_change_does_what_was_promised(server: Server) -> None:
    promised = [
        change["target"] for change in explain(server, new_agent(server, *TOOLS))["changes"] if change["target_id"]
    ]
    assert {"read_database", "run_command"} <= set(promised)
    for target in dict.fromkeys(promised):
        agent_id = new_agent(server, *TOOLS)
        changes = [one for one in explain(server, agent_id)["changes"] if one["target"] == target]
        for change in sorted(changes, key=lambda one: one["action"], reverse=True)[:1]:
            path = f"agents/{agent_id}/grants/{change['target_id']}"
            if change["action"] == "remove_grant":
                assert server.api.delete(path).status_code == 204
            else:
                assert server.api.patch(path, json={"rate_limit_per_hour": 60}).status_code == 200
            score = server.api.get(f"agents/{agent_id}/score").json()
            assert (score["trust_score"], score["posture_score"]) == (change["trust_score"], change["posture_score"])


def test_what_takes_several_grants_does_what_was_promised(server: Server) -> None:
    agent_id = new_agent(server, "read_database", "send_email", "http_post", "delete_record")
    told = explain(server, agent_id)
    by_action = {(one["action"], one["target"]): one for one in told["changes"]}
    assert ("remove_grant", "send_email") not in by_action, "http_post would still send"
    change = by_action["remove_capability", "external-write"]
    assert (change["target_id"], change["resolves"]) == (None, ["EXFILTRATION_PATH"])
    for grant in server.api.get(f"agents/{agent_id}").json()["grants"]:
        if "external-write" in grant["capabilities"]:
            server.api.delete(f"agents/{agent_id}/grants/{grant['id']}")
    assert server.api.get(f"agents/{agent_id}/score").json()["trust_score"] == change["trust_score"]


def test_changes_come_best_first_and_asking_changes_nothing(server: Server) -> None:
    agent_id = new_agent(server, *TOOLS)
    before = server.api.get(f"agents/{agent_id}").json()
    told = explain(server, agent_id)
    gains = [change["gain"] for change in told["changes"]]
    assert gains == sorted(gains, reverse=True)
    assert explain(server, agent_id)["changes"] == told["changes"]
    assert server.api.get(f"agents/{agent_id}").json() == before


def test_a_connection_that_costs_points_is_worth_removing(server: Server) -> None:
    agent_id = new_agent(server, "search_docs")
    body = {"server_name": "files", "server_url": "http://10.0.0.5/mcp"}
    connection = server.api.post(f"agents/{agent_id}/mcp", json=body).json()
    (change,) = [one for one in explain(server, agent_id)["changes"] if one["action"] == "remove_connection"]
    assert (change["target_id"], change["target"]) == (connection["id"], "files")
    assert server.api.delete(f"agents/{agent_id}/mcp/{connection['id']}").status_code == 204
    assert server.api.get(f"agents/{agent_id}/score").json()["trust_score"] == change["trust_score"]


def test_an_agent_without_calls_has_no_mean_and_a_perfect_one_nothing_to_change(server: Server) -> None:
    told = explain(server, new_agent(server, "search_docs"))
    assert (told["mean_anomaly"], told["changes"], told["deductions"]) == (None, [], [])
    assert_refused(server.api.get("agents/01a204ce-1d5c-7c83-b0b4-a64d8106495c/score/explanation"), 404)
