"""Baselines: the mean of finished hours, and empty without one."""

import time
from datetime import UTC, datetime

from agentsentinel_core.behavior.baseline import learned_baseline
from server.support import Server, event


def test_a_baseline_is_the_mean_of_finished_hours_and_limits_the_running_one(server: Server) -> None:
    agent_id = server.new_agent()
    this_hour = int(time.time() // 3600)
    for hours_ago, calls in ((3, 2), (2, 4)):
        at = datetime.fromtimestamp((this_hour - hours_ago) * 3600, UTC).isoformat()
        server.api.post("events/batch", json={"events": [event(agent_id, timestamp=at)] * calls})
    [baseline] = server.api.get(f"agents/{agent_id}/baselines").json()
    assert (baseline["tool_name"], baseline["window_days"], baseline["sample_count"]) == ("crm_search", 7, 2)
    assert (baseline["mean_calls_per_hour"], baseline["stddev_calls_per_hour"]) == (3.0, 1.0)
    results = server.api.post("events/batch", json={"events": [event(agent_id)] * 30}).json()["results"]
    limits = [learned_baseline(3.0, 1.0, 2).limit(sigmas) for sigmas in (2.0, 3.0)]
    assert [result["anomaly_score"] for result in results] == [
        0.8 if calls > limits[1] else 0.5 if calls > limits[0] else 0.0 for calls in range(1, 31)
    ]
    [activity] = server.api.get(f"agents/{agent_id}/activity").json()
    assert activity["limit_calls_per_hour"] == limits[0]


def test_a_tool_without_a_finished_hour_has_an_empty_baseline(server: Server) -> None:
    agent_id = server.new_agent()
    assert server.api.get(f"agents/{agent_id}/baselines").json() == []
    server.report(agent_id, "b_tool")
    server.report(agent_id, "a_tool")
    baselines = server.api.get(f"agents/{agent_id}/baselines").json()
    assert [(one["tool_name"], one["sample_count"]) for one in baselines] == [("a_tool", 0), ("b_tool", 0)]
