"""All agents at once, the ways through them, and one agent's sessions and hours."""

import time
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2

from server.support import Server, assert_refused, event


def summary(server: Server, agent_id: str) -> dict[str, Any]:
    (found,) = [agent for agent in server.api.get("overview").json() if agent["id"] == agent_id]
    one: dict[str, Any] = found
    return one


def test_an_agent_is_summed_up_as_its_own_page_tells_it(server: Server) -> None:
    agent_id = server.new_agent(description="Answers suppliers")
    for tool_name in ("read_database", "send_email", "delete_record"):
        server.api.post(f"agents/{agent_id}/grants", json={"tool_name": tool_name})
    for _ in range(3):
        server.report(agent_id, "read_database")
    agent = server.wait_for_score(agent_id, events=3)
    told = summary(server, agent_id)
    assert {name: told[name] for name in agent if name in told} == {k: v for k, v in agent.items() if k in told}
    worst = [finding for finding in agent["findings"] if finding["severity"] == "CRITICAL"]
    assert (told["open_findings"], told["critical_findings"]) == (len(agent["findings"]), len(worst))
    assert (told["worst_finding"], told["worst_severity"]) == (worst[0]["title"], "CRITICAL")
    assert told["events_last_hour"] == 3
    assert told["trend"][-1][1] == agent["trust_score"]
    assert told["trend"] == sorted(told["trend"], key=lambda point: point[0])
    assert abs(told["trend"][-1][0] - time.time()) < 60
    held = {capability for grant in agent["grants"] for capability in grant["capabilities"]}
    assert told["capabilities"] == sorted(held)


def test_a_decided_finding_is_not_counted_as_open(server: Server) -> None:
    agent_id = server.new_agent(description="Deletes old files")
    server.api.post(f"agents/{agent_id}/grants", json={"tool_name": "delete_file"})
    (finding,) = server.api.get(f"agents/{agent_id}/findings").json()
    server.api.patch(f"findings/{finding['id']}", json={"status": "ACKNOWLEDGED"})
    told = summary(server, agent_id)
    assert (told["open_findings"], told["worst_finding"], told["worst_severity"]) == (0, None, None)


def test_the_least_trusted_come_first_and_those_never_scored_last(server: Server) -> None:
    server.new_agent()
    scores = [agent["trust_score"] for agent in server.api.get("overview").json()]
    known = [score for score in scores if score is not None]
    assert scores == [*sorted(known), *[None] * (len(scores) - len(known))]
    assert scores[-1] is None
    assert len(server.api.get("overview", params={"limit": 1}).json()) == 1


def test_the_ways_through_an_agent_name_the_tools_at_both_ends(server: Server) -> None:
    agent_id, harmless = server.new_agent(), server.new_agent()
    for tool_name in ("read_database", "get_secret", "send_email", "fetch_webpage", "run_command"):
        server.api.post(f"agents/{agent_id}/grants", json={"tool_name": tool_name})
    server.api.post(f"agents/{harmless}/grants", json={"tool_name": "read_database"})
    told = server.api.get("capabilities").json()
    paths = [path for path in told["paths"] if path["agent_id"] == agent_id]
    assert {(path["entry_capability"], path["exit_capability"]): (path["entry"], path["exit"]) for path in paths} == {
        ("internal-read", "external-write"): (["read_database"], ["send_email"]),
        ("secrets", "external-write"): (["get_secret"], ["send_email"]),
        ("web-read", "code-execution"): (["fetch_webpage"], ["run_command"]),
        ("web-read", "external-write"): (["fetch_webpage"], ["send_email"]),
    }
    assert not [path for path in told["paths"] if path["agent_id"] == harmless]
    (agent,) = [agent for agent in told["agents"] if agent["id"] == harmless]
    assert agent["capabilities"] == {"internal-read": ["read_database"]}


def test_sessions_are_summed_up_and_their_events_are_found(server: Server) -> None:
    agent_id = server.new_agent()
    begun = datetime.now(UTC) - timedelta(minutes=5)
    for number in range(5):
        at = (begun + timedelta(seconds=number)).isoformat()
        status = "error" if number == 3 else "ok"
        server.report(agent_id, f"tool_{number % 2}", session_id="one", timestamp=at, status=status)
    server.report(agent_id, session_id="two")
    server.report(agent_id)
    latest, first = server.api.get(f"agents/{agent_id}/sessions").json()
    assert (latest["session_id"], first["session_id"]) == ("two", "one")
    assert (first["calls"], first["tools"], first["failed_calls"], first["max_anomaly_score"]) == (5, 2, 1, 0.9)
    assert datetime.fromisoformat(first["started_at"]) == begun
    assert datetime.fromisoformat(first["ended_at"]) == begun + timedelta(seconds=4)
    page = server.api.get("events", params={"agent_id": agent_id, "session_id": "one", "limit": 3})
    rest = server.request("GET", page.links["next"]["url"], server.admin_key)
    events = [*page.json(), *rest.json()]
    assert [one["tool_name"] for one in events] == ["tool_0", "tool_1", "tool_0", "tool_1", "tool_0"]
    assert {one["session_id"] for one in events} == {"one"}


def test_a_tools_hours_stand_beside_what_is_normal(server: Server) -> None:
    agent_id = server.new_agent()
    hour = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    for ago, calls in ((50, 4), (3, 6), (2, 6)):
        for number in range(calls):
            at = (hour - timedelta(hours=ago) + timedelta(minutes=number * 7)).isoformat()
            server.report(agent_id, "search_docs", timestamp=at, session_id=f"s{ago}")
    server.report(agent_id, "search_docs", timestamp=(hour - timedelta(hours=200)).isoformat())
    (tool,) = server.api.get(f"agents/{agent_id}/activity").json()
    told = {datetime.fromisoformat(one["hour"]): one["calls"] for one in tool["hours"]}
    assert told == {hour - timedelta(hours=ago): calls for ago, calls in ((50, 4), (3, 6), (2, 6))}
    (baseline,) = server.api.get(f"agents/{agent_id}/baselines").json()
    assert tool["mean_calls_per_hour"] == baseline["mean_calls_per_hour"]
    assert tool["limit_calls_per_hour"] > tool["mean_calls_per_hour"]


def test_while_a_baseline_is_learned_there_is_no_limit(server: Server) -> None:
    agent_id = server.new_agent()
    server.report(agent_id, "search_docs")
    (tool,) = server.api.get(f"agents/{agent_id}/activity").json()
    assert tool["limit_calls_per_hour"] is None
    assert tool["sample_count"] < tool["samples_needed"]


def test_a_stream_goes_on_after_a_place_given_in_the_address(server: Server) -> None:
    agent_id = server.new_agent()
    with httpx2.stream(
        "GET",
        f"{server.url}/api/v1/events/stream",
        headers={"X-API-Key": server.admin_key},
        params={"agent_id": agent_id},
        trust_env=False,
        timeout=10,
    ) as answer:
        lines = answer.iter_lines()
        assert next(lines) == "retry: 2000"
        server.report(agent_id, "first")
        place = next(line.partition(": ")[2] for line in lines if line.startswith("id: "))
    server.report(agent_id, "second")
    with httpx2.stream(
        "GET",
        f"{server.url}/api/v1/events/stream",
        headers={"X-API-Key": server.admin_key},
        params={"agent_id": agent_id, "after": place},
        trust_env=False,
        timeout=10,
    ) as answer:
        told = next(line for line in answer.iter_lines() if line.startswith("data: "))
    assert '"tool_name":"second"' in told


def test_a_test_event_for_an_unknown_agent_or_with_a_bad_digest_is_refused(server: Server) -> None:
    assert_refused(server.api.post("events/test", json=event("01a204ce-1d5c-7c83-b0b4-a64d8106495c")), 404)
    assert_refused(server.api.post("events/test", json={**event(server.new_agent()), "input_hash": "x"}), 422)
