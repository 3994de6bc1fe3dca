"""The reason that is named is what costs the score the most, whether posture or behaviour."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from agentsentinel.models import AgentRow, FindingRow
from agentsentinel.scores.reason import find_reason
from agentsentinel.scores.snapshot import Snapshot
from agentsentinel.session_risk.repository import Alarm
from agentsentinel_core.agents import Silence
from agentsentinel_core.findings import Finding, Severity
from agentsentinel_core.trust.score import trust_score
from server.support import Server

NOW = datetime(2026, 1, 1, tzinfo=UTC)
CRITICAL = Finding("EXFILTRATION_PATH", Severity.CRITICAL, "Data can leave", "It can.", ("tool:send",))
LOW = Finding("MISSING_RATE_LIMIT", Severity.LOW, "No limit", "None.", ("tool:send",))
FREE = Finding("SESSION_ANOMALY", Severity.HIGH, "Odd sessions", "Odd.", ("session:a",), costs_points=False)
ROWS = [
    FindingRow(id=UUID(int=number), rule_id=finding.rule_id) for number, finding in enumerate((CRITICAL, LOW, FREE))
]
ALARM = Alarm(
    agent_id=UUID(int=1),
    id=UUID(int=9),
    risk=0.9,
    last_at=NOW,
    reasons=[{"message": "send after get_secrets"}],
    verdict=None,
    muted_until=None,
    was_alarm=True,
)


def reason(snapshot: Snapshot, *found: Finding) -> dict[str, Any] | None:
    score = trust_score(100.0, snapshot.behavior(NOW), 0.0)
    return find_reason(snapshot, found, ROWS, score, NOW)


def test_the_finding_that_costs_most_is_named_with_its_id() -> None:
    assert reason(Snapshot(AgentRow(), calls=10), LOW, CRITICAL, FREE) == {
        "kind": "finding",
        "text": "Data can leave",
        "points": 18.0,
        "finding_id": str(UUID(int=0)),
        "session_id": None,
    }


def test_a_session_that_costs_more_than_any_finding_is_named_with_what_it_did() -> None:
    snapshot = Snapshot(AgentRow(), calls=10, alarms=[ALARM], missing_sessions=0)
    found = reason(snapshot, CRITICAL)
    assert found is not None
    assert (found["kind"], found["text"]) == ("session", "send after get_secrets")
    assert (found["points"], found["session_id"]) == (40.5, str(ALARM.id))


def test_an_old_session_costs_less_than_the_finding() -> None:
    old = ALARM._replace(last_at=NOW - timedelta(hours=48))
    found = reason(Snapshot(AgentRow(), calls=10, alarms=[old], missing_sessions=0), CRITICAL)
    assert found is not None
    assert found["kind"] == "finding"


def test_unusual_calls_are_named_where_they_cost_more() -> None:
    found = reason(Snapshot(AgentRow(), calls=10, anomaly_sum=6.0, missing_sessions=0), LOW)
    assert found is not None
    assert (found["kind"], found["points"]) == ("calls", 27.0)
    assert found["text"] == "Unusual calls: a mean anomaly of 0.60 in 10 calls of 24 hours"


def test_first_calls_of_an_agent_that_is_learning_are_named_only_where_there_is_no_finding() -> None:
    learning = Snapshot(AgentRow(), calls=10, anomaly_sum=6.0)
    assert (reason(learning, LOW) or {})["kind"] == "finding"
    assert (reason(learning, FREE) or {})["kind"] == "calls"


def test_silence_is_named_where_nothing_costs_points_and_nothing_where_all_is_well() -> None:
    silent = Snapshot(AgentRow(), calls=10, silence=Silence(NOW, NOW))
    assert (reason(silent) or {})["text"] == "No report since 2026-01-01 00:00 UTC"
    assert (reason(silent, LOW) or {})["kind"] == "finding"
    assert reason(Snapshot(AgentRow(), calls=10)) is None
    assert reason(Snapshot(AgentRow())) is None, "behaviour is unknown, and no reason"


def test_lists_and_the_agent_say_the_same_reason(server: Server) -> None:
    agent_id = server.new_agent(name="leaky-bot")
    for tool in ("read_database", "send_email"):
        server.api.post(f"agents/{agent_id}/grants", json={"tool_name": tool})
    alone = server.api.get(f"agents/{agent_id}").json()
    (critical,) = [one for one in alone["findings"] if one["rule_id"] == "EXFILTRATION_PATH"]
    assert alone["reason"] == {
        "kind": "finding",
        "text": critical["title"],
        "points": 18.0,
        "finding_id": critical["id"],
        "session_id": None,
    }
    for path in ("overview", "agents"):
        (listed,) = [one for one in server.api.get(path).json() if one["id"] == agent_id]
        assert listed["reason"] == alone["reason"]
