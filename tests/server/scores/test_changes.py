"""What changed in a score since a time: the parts that moved it, with their points, and what is behind them."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from server.session_risk.support import wait_until_judged
from server.support import Server, assert_refused, query

POINT = """
    INSERT INTO score_history (agent_id, recorded_at, id, trust_score, posture_score, behavior_score, recency_bonus,
                               status, causes)
    VALUES ($1, now() - $2::int * interval '1 day', gen_random_uuid(), $3, $4, $5, $6, 'WATCH', $7::text::jsonb)
"""
OPENED = '[{"finding": "EXFILTRATION_PATH", "severity": "CRITICAL", "change": "opened"}]'


def put(server: Server, agent_id: str, days: int, parts: tuple[float, float, float], causes: str = "[]") -> None:
    posture, behavior, recency = parts
    trust = round(0.45 * posture + 0.45 * behavior + recency, 2)
    query(server.dsn, POINT, UUID(agent_id), days, trust, posture, behavior, recency, causes)


def changes(server: Server, agent_id: str, **params: Any) -> dict[str, Any]:
    answer = server.api.get(f"agents/{agent_id}/score/changes", params=params)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_what_changed_since_last_week_is_said_with_the_points_it_cost(server: Server) -> None:
    agent_id = server.new_agent()
    put(server, agent_id, 20, (100, 90, 10))
    put(server, agent_id, 3, (60, 90, 10), OPENED)
    put(server, agent_id, 1, (60, 80, 0))
    found = changes(server, agent_id)
    assert (found["before"], found["after"], found["points"]) == (95.5, 63.0, -32.5)
    assert [(part["part"], part["points"]) for part in found["parts"]] == [
        ("posture", -18.0),
        ("recency", -10.0),
        ("behavior", -4.5),
    ]
    assert sum(part["points"] for part in found["parts"]) == found["points"]
    assert [(one["rule_id"], one["opened"], one["resolved"]) for one in found["findings"]] == [
        ("EXFILTRATION_PATH", 1, 0)
    ]
    assert found["summary"].startswith("−32.5 to 63.0: posture −18 (")
    assert "opened), recency −10, behaviour −4.5" in found["summary"]


def test_a_span_without_a_change_says_so(server: Server) -> None:
    agent_id = server.new_agent()
    put(server, agent_id, 20, (100, 90, 10))
    assert changes(server, agent_id)["summary"] == "Unchanged at 95.5"
    assert changes(server, agent_id, since="30d", until="25d")["summary"] == "Not scored"


def test_a_younger_agent_is_compared_with_its_first_score(server: Server) -> None:
    agent_id = server.new_agent()
    put(server, agent_id, 2, (100, 50, 0))
    put(server, agent_id, 1, (100, 100, 0))
    found = changes(server, agent_id)
    assert (found["before"], found["after"]) == (67.5, 90.0)


def test_the_session_that_stood_out_is_named(server: Server) -> None:
    agent_id = server.new_agent()
    at = (datetime.now(UTC) - timedelta(hours=1)).isoformat()
    server.report(agent_id, session_id="the one", timestamp=at)
    wait_until_judged(server, agent_id, 1)
    worst = changes(server, agent_id)["worst_session"]
    assert worst["session_id"] == "the one"
    assert worst["is_alarm"] is False
    assert changes(server, agent_id, since="5d", until="4d")["worst_session"] is None


def test_movers_are_the_agents_whose_score_moved_most(server: Server) -> None:
    still, fallen, risen = (server.new_agent(name=name) for name in ("still", "fallen", "risen"))
    put(server, still, 300, (50, 50, 0))
    for agent_id, first, last in ((fallen, 100, 0), (risen, 20, 100)):
        put(server, agent_id, 310, (first, 50, 0))
        put(server, agent_id, 301, (last, 50, 0))
    found = server.api.get("movers", params={"since": "305d", "until": "299d"}).json()
    assert [(one["name"], one["points"]) for one in found] == [("fallen", -45.0), ("risen", 36.0)]
    assert found[0]["summary"] == "−45 to 22.5: posture −45"
    assert len(server.api.get("movers", params={"since": "305d", "until": "299d", "limit": 1}).json()) == 1


def test_changes_of_an_unknown_agent_and_of_too_long_a_time_are_refused(server: Server) -> None:
    assert_refused(server.api.get(f"agents/{uuid4()}/score/changes"), 404)
    assert_refused(server.api.get("movers", params={"since": "401d"}), 422)
    assert_refused(server.api.get("movers", params={"limit": 0}), 422)
