"""The demo agent's history: a quiet week, a grant and a hijacking."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from server.demo_data.support import delete_demo
from server.support import Server, query


@pytest.fixture(autouse=True)
def no_demo(server: Server) -> Iterator[None]:
    """Other tests of the same server may have loaded it."""
    delete_demo(server)
    yield
    delete_demo(server)


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
