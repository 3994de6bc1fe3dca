"""After a random day of events, everything the server says equals a recomputation from the raw events."""

import math
import random
import time
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from agentsentinel.kit.ids import uuid7
from agentsentinel_core.findings import Severity
from agentsentinel_core.posture.registry import rule
from agentsentinel_core.trust.score import trust_score
from reference import RawEvent, behavior, judge_all, recency
from server.support import Server, event, new_database, query, running

TOOLS = ["crm_search", "read_database", "send_email"]
GRANTS = ["crm_search", "send_email", "manage_roles"]
COUNTERS = """
SELECT 'agent' AS what, '' AS tool, sum(calls)::int AS calls, round(sum(anomaly_sum)::numeric, 6)::float8 AS anomaly
FROM agent_minutes WHERE agent_id = $1
UNION ALL SELECT 'minutes', tool_name, sum(calls)::int, 0 FROM tool_minutes WHERE agent_id = $1 GROUP BY tool_name
UNION ALL SELECT 'hours', tool_name, sum(calls)::int, 0 FROM tool_hours WHERE agent_id = $1 GROUP BY tool_name
UNION ALL SELECT 'total', tool_name, total_calls::int, 0 FROM tool_usage WHERE agent_id = $1
UNION ALL SELECT 'events', '', events::int, 0 FROM agent_activity WHERE agent_id = $1
"""

days = st.builds(
    lambda seed, size, with_ids: (random.Random(seed), size, with_ids),
    st.integers(0, 2**32),
    st.integers(5, 150),
    st.booleans(),
)


@settings(max_examples=15, deadline=None)
@given(days)
def test_a_random_day_scores_like_a_recomputation_from_its_raw_events(
    server: Server, day: tuple[random.Random, int, bool]
) -> None:
    chance, size, with_ids = day
    agent_id = server.new_agent(description="Answers customers and sends mail")
    for tool in GRANTS:
        server.api.post(f"agents/{agent_id}/grants", json={"tool_name": tool})
    reported = _report_a_day(server, agent_id, chance, size, with_ids=with_ids)
    agent = server.wait_for_score(agent_id, events=reported)
    score = server.api.get(f"agents/{agent_id}/score").json()
    scored_at = query(server.dsn, "SELECT last_scored_at FROM agents WHERE id = $1", agent_id)[0]["last_scored_at"]
    rows = query(server.dsn, "SELECT * FROM agent_events WHERE agent_id = $1 ORDER BY received_at", agent_id)
    events = [_raw(row) for row in rows]
    verdicts = judge_all(events)

    assert len(rows) == reported
    assert [row["anomaly_score"] for row in rows] == [verdict.score for verdict in verdicts]
    assert score["behavior_score"] == behavior(events, verdicts, scored_at.timestamp())
    assert score["recency_bonus"] == recency(events, scored_at.timestamp())
    assert score["posture_score"] == _posture(server, agent_id)
    expected = trust_score(score["posture_score"], score["behavior_score"], score["recency_bonus"])
    assert (score["trust_score"], score["status"]) == (expected.trust, expected.band.value)
    assert _counters(server, agent_id) == _recount(rows, [verdict.is_ancient for verdict in verdicts])
    _check_usage_of_grants(server, agent_id, rows, scored_at)
    assert agent["id"] == agent_id


def test_a_restarted_server_judges_on_as_if_nothing_had_happened(postgres_dsn: str, folder: Path) -> None:
    dsn = new_database(postgres_dsn)
    start = datetime.now(UTC) - timedelta(hours=20)
    times = [start + timedelta(minutes=minute) for minute in range(0, 1100, 3)]
    with running(dsn, folder) as first:
        key = first.admin_key
        agent_id = first.new_agent()
        _post(first, agent_id, times[:200])
    with running(dsn, folder) as second:
        second.admin_key = key
        _post(second, agent_id, times[200:])
        rows = query(dsn, "SELECT * FROM agent_events WHERE agent_id = $1 ORDER BY received_at", agent_id)
    assert len(rows) == len(times)
    assert [row["anomaly_score"] for row in rows] == [verdict.score for verdict in judge_all([_raw(r) for r in rows])]


def _post(server: Server, agent_id: str, times: list[datetime]) -> None:
    batch = [event(agent_id, timestamp=at.isoformat()) for at in times]
    assert server.api.post("events/batch", json={"events": batch}).status_code == 200


def _report_a_day(server: Server, agent_id: str, chance: random.Random, size: int, *, with_ids: bool) -> int:
    """Bursts, quiet hours, several sessions, some events late, some repeated; returns how many are distinct."""
    end = datetime.now(UTC)
    batch: list[dict[str, Any]] = []
    at = end - timedelta(hours=chance.uniform(1, 23))
    for _ in range(size):
        at += timedelta(seconds=chance.choice([0.2, 1, 20, 300, 1800]) * chance.random())
        claimed = min(at, end) - timedelta(hours=chance.choice([0] * 12 + [0.5, 3]))
        fields: dict[str, Any] = {"timestamp": claimed.isoformat(), "session_id": chance.choice(["a", "b", None])}
        if chance.random() < 0.1:
            del fields["timestamp"]
        if with_ids:
            fields["event_id"] = str(uuid7(time.time()))
        batch.append(event(agent_id, chance.choice(TOOLS), **fields))
    repeats = [one for one in batch if with_ids and chance.random() < 0.05]
    for chunk in (batch[: size // 2], batch[size // 2 :], repeats):
        if chunk:
            answer = server.api.post("events/batch", json={"events": chunk})
            assert answer.status_code == 200, answer.text
            assert all(result["status"] == 201 for result in answer.json()["results"])
    return size


def _raw(row: dict[str, Any]) -> RawEvent:
    return RawEvent(row["tool_name"], row["timestamp"].timestamp(), row["session_id"], row["received_at"].timestamp())


def _posture(server: Server, agent_id: str) -> float:
    """Return the posture score that the currently true findings add up to."""
    points = {Severity.CRITICAL: 40, Severity.HIGH: 20, Severity.MEDIUM: 10, Severity.LOW: 5}
    findings = server.api.get(f"agents/{agent_id}/findings").json()
    lost = sum(points[rule(finding["rule_id"]).severity] for finding in findings if finding["is_active"])
    return float(max(0, 100 - lost))


def _counters(server: Server, agent_id: str) -> dict[tuple[str, str], tuple[int, float]]:
    rows = query(server.dsn, COUNTERS, agent_id)
    return {(row["what"], row["tool"]): (row["calls"], row["anomaly"]) for row in rows}


def _recount(rows: list[dict[str, Any]], ancient: list[bool]) -> dict[tuple[str, str], tuple[int, float]]:
    kept = [row for row, is_ancient in zip(rows, ancient, strict=True) if not is_ancient]
    anomaly = round(math.fsum(row["anomaly_score"] for row in kept), 6)
    counts: dict[tuple[str, str], tuple[int, float]] = {
        ("events", ""): (len(rows), 0.0),
        ("agent", ""): (len(kept), anomaly),
    }
    calls: dict[str, int] = defaultdict(int)
    for row in rows:
        calls[row["tool_name"]] += 1
    for tool, count in calls.items():
        in_tables = sum(row["tool_name"] == tool for row in kept)
        counts["total", tool] = (count, 0.0)
        counts["minutes", tool] = counts["hours", tool] = (in_tables, 0.0)
    return counts


def _check_usage_of_grants(server: Server, agent_id: str, rows: list[dict[str, Any]], scored_at: datetime) -> None:
    hour = scored_at.timestamp() // 3600
    for grant in server.api.get(f"agents/{agent_id}").json()["grants"]:
        used = [row["timestamp"] for row in rows if row["tool_name"] == grant["tool_name"]]
        in_week = [at for at in used if hour - 168 < at.timestamp() // 3600 <= hour]
        assert grant["call_count_7d"] == len(in_week)
        last = max(used, default=None)
        assert grant["last_called_at"] == (last.isoformat().replace("+00:00", "Z") if last else None)
