"""An agent's activity hour by hour: what it did, for as many days as are asked for."""

import time
from datetime import UTC, datetime

import pytest

from server.support import Server, assert_refused, event, query


def hours_of(server: Server, agent_id: str, **parameters: int) -> list[dict[str, object]]:
    answer = server.api.get(f"agents/{agent_id}/activity/hours", params=parameters)
    assert answer.status_code == 200, answer.text
    hours: list[dict[str, object]] = answer.json()
    return hours


def test_an_hour_has_calls_errors_denials_and_anomaly_scores(server: Server) -> None:
    agent_id = server.new_agent()
    hour = int(time.time() // 3600) - 2
    at = datetime.fromtimestamp(hour * 3600 + 60, UTC).isoformat()
    calls = [{}, {"status": "error"}, {"status": "denied"}, {"decision": "deny"}, {"decision": "allow"}]
    events = [event(agent_id, timestamp=at, **fields) for fields in calls]
    server.api.post("events/batch", json={"events": events})
    begin = datetime.fromtimestamp(hour * 3600, UTC).isoformat().replace("+00:00", "Z")
    [found] = hours_of(server, agent_id)
    scores = [row["anomaly_score"] for row in server.api.get("events", params={"agent_id": agent_id}).json()]
    assert max(scores) == 0.9
    assert found["mean_anomaly_score"] == round(sum(scores) / 5, 4)
    assert found["anomaly_histogram"] == [sum(int(score * 10) == bucket for score in scores) for bucket in range(10)]
    counts = {name: found[name] for name in ("hour", "calls", "errors", "denied")}
    assert counts == {"hour": begin, "calls": 5, "errors": 1, "denied": 2}


def test_hours_come_oldest_first_for_as_many_days_as_are_asked_for(server: Server) -> None:
    agent_id = server.new_agent()
    for days in (60, 29, 0):
        at = datetime.fromtimestamp(time.time() - days * 86_400, UTC).isoformat()
        server.report(agent_id, timestamp=at)
    month, all_ = hours_of(server, agent_id), hours_of(server, agent_id, days=400)
    assert [len(month), len(all_), len(hours_of(server, agent_id, days=1))] == [2, 3, 1]
    assert all_ == sorted(all_, key=lambda hour: str(hour["hour"]))
    assert all_[1:] == month


def test_hours_outlive_the_events(server: Server) -> None:
    agent_id = server.new_agent()
    server.report(agent_id)
    before = hours_of(server, agent_id)
    query(server.dsn, "DELETE FROM agent_events WHERE agent_id = $1", agent_id)
    assert hours_of(server, agent_id) == before != []


@pytest.mark.parametrize("days", [0, 401])
def test_days_beyond_what_is_kept_are_refused(server: Server, days: int) -> None:
    agent_id = server.new_agent()
    assert_refused(server.api.get(f"agents/{agent_id}/activity/hours", params={"days": days}), 422)


def test_an_agent_that_is_not_there_has_no_hours(server: Server) -> None:
    answer = server.api.get("agents/00000000-0000-7000-8000-000000000000/activity/hours")
    assert_refused(answer, 404)
