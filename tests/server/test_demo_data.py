"""The demo agent: there once, with something on every page, and gone when deleted."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from agentsentinel.demo_data.story import AGENT, tell
from server.support import Server, query


@pytest.fixture(autouse=True)
def no_demo(server: Server) -> Iterator[None]:
    """Other tests of the same server may have loaded it."""
    delete_demo(server)
    yield
    delete_demo(server)


@pytest.fixture
def demo(server: Server) -> dict[str, Any]:
    """Load the demo agent now."""
    answer = server.api.post("demo")
    assert answer.status_code == 201, answer.text
    agent: dict[str, Any] = answer.json()
    return agent


def delete_demo(server: Server) -> None:
    for agent in server.api.get("agents", params={"owner_team": AGENT.owner_team}).json():
        server.api.delete(f"agents/{agent['id']}")


def test_the_demo_agent_is_scored_and_has_something_on_every_page(server: Server, demo: dict[str, Any]) -> None:
    place = f"agents/{demo['id']}"
    agent = server.api.get(place).json()
    assert agent["trust_score"] is not None
    assert agent["status"] in {"CRITICAL", "ALERT"}
    assert {"CRITICAL", "HIGH"} <= {finding["severity"] for finding in agent["findings"]}
    assert server.api.get(f"{place}/baselines").json()
    sessions = server.api.get(f"{place}/sessions").json()
    assert len(sessions) == 29
    assert sessions[0]["max_anomaly_score"] == 0.9
    events = server.api.get("events", params={"agent_id": demo["id"], "limit": 200}).json()
    assert {reason["detector"] for event in events for reason in event["reasons"]} >= {"FIRST_CALL", "CALL_BURST"}


def test_its_history_tells_a_quiet_week_a_grant_and_a_hijacking(server: Server, demo: dict[str, Any]) -> None:
    points = server.api.get(f"agents/{demo['id']}/score/history").json()
    moments = [datetime.fromisoformat(point["recorded_at"]) for point in points]
    assert moments == sorted(moments, reverse=True)
    assert datetime.now(UTC) - moments[-1] > timedelta(days=6)
    opened = [
        point for point in points if any(cause.get("finding") == "EXFILTRATION_PATH" for cause in point["causes"])
    ]
    assert len(opened) == 1
    before = points[points.index(opened[0]) + 1]
    assert before["status"] == "TRUSTED"
    assert points[0]["behavior_score"] < before["behavior_score"] - 30
    assert timedelta(days=1) < datetime.now(UTC) - datetime.fromisoformat(opened[0]["recorded_at"]) < timedelta(days=3)


def test_no_call_of_the_quiet_week_is_unusual_once_it_is_known(server: Server, demo: dict[str, Any]) -> None:
    rows = query(
        server.dsn,
        "SELECT tool_name, timestamp, anomaly_score FROM agent_events"
        " WHERE agent_id = $1 AND session_id <> 'chat-hijacked' ORDER BY timestamp",
        demo["id"],
    )
    later = [row for row in rows if row["timestamp"] > rows[0]["timestamp"] + timedelta(days=1)]
    assert len(later) > 100
    assert {row["anomaly_score"] for row in later} == {0.0}


def test_pressing_it_again_or_at_once_makes_no_second_one(server: Server) -> None:
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: server.api.post("demo"), range(4)))
    assert sorted(answer.status_code for answer in answers) == [200, 200, 200, 201]
    (agent_id,) = {answer.json()["id"] for answer in answers}
    told = sum(len(chapter.calls) for chapter in tell(datetime.now(UTC)))
    stored = query(server.dsn, "SELECT count(*) AS events FROM agent_events WHERE agent_id = $1", agent_id)
    assert stored == [{"events": told}]


def test_deleting_the_agent_leaves_nothing_of_it_and_lets_it_be_loaded_anew(
    server: Server, demo: dict[str, Any]
) -> None:
    assert server.api.delete(f"agents/{demo['id']}").status_code == 204
    server.wait_until_erased(demo["id"])
    assert query(server.dsn, "SELECT 1 FROM agent_events WHERE agent_id = $1", demo["id"]) == []
    again = server.api.post("demo")
    assert again.status_code == 201
    assert again.json()["id"] != demo["id"]
