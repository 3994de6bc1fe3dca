"""`since` and `until` mean the same on every list, and what is not a time is refused with a word on what is."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from agentsentinel.errors import Invalid
from agentsentinel.kit.time_spans import TimeSpan
from agentsentinel.wire.time_query import bounded, read_span
from server.support import Server, assert_refused, event, query

LISTS = (
    "events",
    "findings",
    "findings/summary",
    "audit",
    "agents/{}/findings",
    "agents/{}/sessions",
    "agents/{}/score/history",
    "agents/{}/score/series",
)


def ago(**length: float) -> datetime:
    return datetime.now(UTC) - timedelta(**length)


def rows(server: Server, path: str, **params: Any) -> list[dict[str, Any]]:
    answer = server.api.get(path, params=params)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()
    return found


@pytest.mark.parametrize("path", LISTS)
@pytest.mark.parametrize("name", ["since", "until"])
@pytest.mark.parametrize("value", ["x", "7", "2026-11-30", "2026-11-30T10:00:00", "9" * 60, "0001-01-01T00:00Z"])
def test_what_is_not_a_time_is_refused_with_what_to_say(server: Server, path: str, name: str, value: str) -> None:
    answer = server.api.get(path.format(server.new_agent()), params={name: value})
    assert_refused(answer, 422)
    assert answer.json()["detail"].startswith(f"{name}: say a time with its zone, such as 2026-11-30T14:00:00Z")


@pytest.mark.parametrize("path", LISTS)
def test_a_span_that_ends_before_it_begins_is_refused(server: Server, path: str) -> None:
    answer = server.api.get(path.format(server.new_agent()), params={"since": "1h", "until": "2h"})
    assert_refused(answer, 422)


def test_a_chart_covers_400_days_at_most() -> None:
    with pytest.raises(Invalid, match="at most 400 days"):
        bounded(read_span("401d"), timedelta(days=1))
    since, until = bounded(TimeSpan(), timedelta(days=30))
    assert until - since == timedelta(days=30)
    with pytest.raises(Invalid, match="later than since"):
        bounded(TimeSpan(since=datetime.now(UTC) + timedelta(days=1)), timedelta(days=30))


def test_events_of_a_span_are_paged_to_its_end(server: Server) -> None:
    agent_id = server.new_agent()
    times = [ago(hours=hours) for hours in range(1, 9)]
    events = [event(agent_id, timestamp=at.isoformat()) for at in times]
    server.api.post("events/batch", json={"events": events})
    given: dict[str, Any] = {
        "agent_id": agent_id,
        "since": times[6].isoformat(),
        "until": times[1].isoformat(),
        "limit": 2,
    }
    answer = server.api.get("events", params=given)
    found = answer.json()
    while "next" in answer.links:
        answer = server.api.get(answer.links["next"]["url"].removeprefix("/api/v1/"))
        found += answer.json()
    assert [datetime.fromisoformat(one["timestamp"]) for one in found] == times[2:7]


def test_events_are_those_from_an_anomaly_score_on(server: Server) -> None:
    agent_id = server.new_agent()
    for _ in range(3):
        server.report(agent_id, session_id="one")
    scores = [one["anomaly_score"] for one in rows(server, "events", agent_id=agent_id)]
    line = sorted(scores)[1]
    found = rows(server, "events", agent_id=agent_id, min_anomaly_score=line)
    assert [one["anomaly_score"] for one in found] == [score for score in scores if score >= line]
    assert_refused(server.api.get("events", params={"min_anomaly_score": 1.1}), 422)


def test_findings_are_those_that_last_opened_in_the_span(server: Server) -> None:
    agent_id = server.new_agent(description="Deletes old files")
    server.api.post(f"agents/{agent_id}/grants", json={"tool_name": "delete_file"})
    server.api.get(f"agents/{agent_id}/score")
    (finding,) = rows(server, f"agents/{agent_id}/findings")
    sql = "UPDATE findings SET last_opened_at = now() - interval '3 days' WHERE agent_id = $1::uuid"
    query(server.dsn, sql, agent_id)
    for path in ("findings", f"agents/{agent_id}/findings"):
        given = {"agent_id": agent_id} if path == "findings" else {}
        assert rows(server, path, since="2d", **given) == []
        assert rows(server, path, until="4d", **given) == []
        assert [one["id"] for one in rows(server, path, since="4d", until="2d", **given)] == [finding["id"]]
    summary = server.api.get("findings/summary", params={"agent_id": agent_id, "since": "2d"}).json()
    assert summary["findings"] == 0


def test_the_audit_log_is_read_between_two_times(server: Server) -> None:
    agent_id = server.new_agent()
    query(server.dsn, "UPDATE audit_log SET at = now() - interval '3 days' WHERE subject_id = $1::uuid", agent_id)
    assert rows(server, "audit", subject_id=agent_id, since="2d") == []
    assert len(rows(server, "audit", subject_id=agent_id, since="4d", until="2d")) == 1
