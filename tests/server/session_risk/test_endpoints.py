"""Judged sessions by the API: the riskiest first, one with its calls, feedback on it, and versions of agents."""

import time
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from patience import PATIENCE_SECONDS
from server.session_risk.support import (
    STRANGE,
    anomaly,
    days_ago,
    experienced_agent,
    normal_work,
    post,
    session_of,
    wait_until_judged,
)
from server.support import Server, assert_refused, query


def riskiest(server: Server, agent_id: str) -> dict[str, Any]:
    first: dict[str, Any] = server.api.get(f"agents/{agent_id}/sessions", params={"order": "risk"}).json()[0]
    return first


def detail(server: Server, session: str) -> dict[str, Any]:
    answer = server.api.get(f"sessions/{session}")
    assert answer.status_code == 200, answer.text
    shown: dict[str, Any] = answer.json()
    return shown


def say(server: Server, session: str, **feedback: Any) -> dict[str, Any]:
    answer = server.api.post(f"sessions/{session}/feedback", json=feedback)
    assert answer.status_code == 200, answer.text
    shown: dict[str, Any] = answer.json()
    return shown


def learned(server: Server, agent_id: str) -> int:
    rows = query(server.dsn, "SELECT learned_sessions FROM session_states WHERE agent_id = $1", agent_id)
    return int(rows[0]["learned_sessions"])


def wait_until_learned(server: Server, agent_id: str, sessions: int) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while learned(server, agent_id) < sessions:
        assert time.monotonic() < deadline, "the session was not learned"
        time.sleep(0.05)


def budgets(server: Server) -> dict[str, Any]:
    answer = server.api.get("session-risk/budgets")
    assert answer.status_code == 200, answer.text
    shown: dict[str, Any] = answer.json()
    return shown


def hijacked_agent(server: Server) -> tuple[str, str, int]:
    """Return an experienced agent, the id of its one strange session, and how many events it has."""
    agent_id, events = experienced_agent(server)
    post(server, agent_id, session_of(STRANGE, days_ago(0.01), "strange", gap=0.25))
    post(server, agent_id, session_of(["get_calendar"], days_ago(0), "after"))
    wait_until_judged(server, agent_id, events + len(STRANGE) + 1)
    return agent_id, riskiest(server, agent_id)["id"], events + len(STRANGE) + 1


def test_the_riskiest_session_is_listed_first_and_shown_with_its_calls_and_reasons(alone: Server) -> None:
    agent_id, session, _ = hijacked_agent(alone)
    listed = riskiest(alone, agent_id)
    assert (listed["session_id"], listed["calls"], listed["tools"], listed["is_alarm"]) == ("strange", 5, 3, True)
    shown = detail(alone, session)
    assert [call["tool_name"] for call in shown["timeline"]] == STRANGE
    risks = [call["risk"] for call in shown["timeline"]]
    assert risks == sorted(risks)
    assert risks[-1] == round(shown["risk"], 6) > shown["alert_line"]
    assert [reason["message"] for reason in shown["reasons"]] == [one["message"] for one in listed["risk_reasons"]]
    assert len(shown["reasons"]) == 3
    assert shown["missing_sessions"] == 0
    by_time = alone.api.get(f"agents/{agent_id}/sessions").json()
    assert next(one for one in by_time if one["session_id"] == "strange")["id"] == session


def test_calls_without_a_session_id_are_a_session_too(alone: Server) -> None:
    agent_id = alone.new_agent()
    alone.report(agent_id)
    wait_until_judged(alone, agent_id, 1)
    assert riskiest(alone, agent_id)["session_id"] is None


def test_a_session_that_is_fine_does_not_alarm_and_teaches(alone: Server) -> None:
    agent_id, session, _ = hijacked_agent(alone)
    before, score = learned(alone, agent_id), alone.api.get(f"agents/{agent_id}/score").json()["behavior_score"]
    assert say(alone, session, verdict="fine", note="a new task")["verdict"] == "fine"
    found = anomaly(alone, agent_id)
    assert found is not None
    assert found["status"] == "RESOLVED"
    assert alone.api.get(f"agents/{agent_id}/score").json()["behavior_score"] > score
    wait_until_learned(alone, agent_id, before + 1)
    entries = alone.api.get("audit", params={"limit": 5}).json()
    assert any(entry["action"] == "session_judged" and "a new task" in entry["detail"] for entry in entries)


def test_an_attack_stays_an_alarm_and_never_teaches(alone: Server) -> None:
    agent_id, session, _ = hijacked_agent(alone)
    before = learned(alone, agent_id)
    say(alone, session, verdict="attack")
    query(alone.dsn, "UPDATE agent_sessions SET last_at = now() - interval '30 days' WHERE id = $1", session)
    assert alone.api.get(f"agents/{agent_id}/score").json()["findings_count"] >= 1
    found = anomaly(alone, agent_id)
    assert found is not None
    assert found["status"] == "OPEN"
    assert learned(alone, agent_id) == before


def test_a_muted_session_does_not_alarm_until_then(alone: Server) -> None:
    agent_id, session, _ = hijacked_agent(alone)
    until = datetime.now(UTC) + timedelta(hours=1)
    say(alone, session, muted_until=until.isoformat())
    assert datetime.fromisoformat(riskiest(alone, agent_id)["muted_until"]) == until
    found = anomaly(alone, agent_id)
    assert found is not None
    assert found["status"] == "RESOLVED"
    say(alone, session, muted_until=None)
    found = anomaly(alone, agent_id)
    assert found is not None
    assert found["status"] == "OPEN"
    past = datetime.now(UTC) - timedelta(hours=1)
    assert_refused(alone.api.post(f"sessions/{session}/feedback", json={"muted_until": past.isoformat()}), 422)


def test_a_new_version_resolves_the_finding(alone: Server) -> None:
    agent_id, session, _ = hijacked_agent(alone)
    answer = alone.api.post(f"agents/{agent_id}/versions", json={"version": "2.0", "note": "reads secrets now"})
    assert (answer.status_code, answer.json()["missing_sessions"]) == (201, 20)
    found = anomaly(alone, agent_id)
    assert found is not None
    assert found["status"] == "RESOLVED"
    assert detail(alone, session)["missing_sessions"] == 20


def test_a_new_version_learns_another_way_to_work_without_alarms(alone: Server) -> None:
    agent_id = alone.new_agent()
    calls = normal_work(120, days_ago(20), timedelta(hours=2))
    post(alone, agent_id, calls)
    post(alone, agent_id, session_of(["get_calendar"], days_ago(2.5), "last"))
    wait_until_judged(alone, agent_id, len(calls) + 1)
    assert alone.api.post(f"agents/{agent_id}/versions", json={"version": "2.0"}).status_code == 201
    start = days_ago(2)
    for number in range(22):
        post(alone, agent_id, session_of(STRANGE, start + timedelta(hours=number), f"new-{number}", gap=0.25))
    wait_until_judged(alone, agent_id, len(calls) + 1 + 22 * len(STRANGE))
    assert learned(alone, agent_id) >= 20
    assert riskiest(alone, agent_id)["is_alarm"] is False
    post(alone, agent_id, session_of(["wipe_disk"] * 30, days_ago(0), "hijacked", gap=0.05))
    wait_until_judged(alone, agent_id, len(calls) + 31 + 22 * len(STRANGE))
    listed = alone.api.get(f"agents/{agent_id}/sessions", params={"order": "risk"}).json()
    assert [one["session_id"] for one in listed if one["is_alarm"]] == ["hijacked"]


def test_what_is_not_there_is_not_found(alone: Server) -> None:
    assert_refused(alone.api.get(f"sessions/{uuid4()}"), 404)
    assert_refused(alone.api.post(f"sessions/{uuid4()}/feedback", json={"verdict": "fine"}), 404)
    assert_refused(alone.api.post(f"agents/{uuid4()}/versions", json={"version": "2"}), 404)
    assert_refused(alone.api.get(f"agents/{uuid4()}/sessions", params={"order": "risk"}), 404)


def test_the_preview_counts_what_each_alert_budget_would_have_flagged(alone: Server) -> None:
    before = budgets(alone)
    assert [one["budget"] for one in before["budgets"]] == [1, 2, 5, 10, 20, 50]
    assert before["budget"] == 10
    hijacked_agent(alone)
    after = budgets(alone)
    since = datetime.fromisoformat(after["since"])
    rows = query(alone.dsn, "SELECT risk, is_learning FROM agent_sessions WHERE last_at >= $1", since)
    judged = [row["risk"] for row in rows if not row["is_learning"]]
    assert after["sessions"] == len(judged) < len(rows)
    for one in after["budgets"]:
        assert one["sessions"] == sum(risk > one["alert_line"] for risk in judged)
        assert one["agents"] <= one["sessions"]
    in_use = next(one for one in after["budgets"] if one["budget"] == after["budget"])
    (alarms,) = query(alone.dsn, "SELECT count(*) FROM agent_sessions WHERE is_alarm AND last_at >= $1", since)
    assert in_use["sessions"] == alarms["count"] > 0
    lines = [one["alert_line"] for one in after["budgets"]]
    assert lines == sorted(lines, reverse=True)


def test_the_history_has_each_day_with_a_session_and_its_riskiest_one(server: Server) -> None:
    agent_id, _, _ = hijacked_agent(server)
    answer = server.api.get(f"agents/{agent_id}/risk", params={"days": 15})
    assert answer.status_code == 200, answer.text
    history = answer.json()
    since = datetime.fromisoformat(history["since"]).replace(tzinfo=UTC)
    rows = query(
        server.dsn,
        "SELECT id, (last_at AT TIME ZONE 'UTC')::date AS day, risk, is_alarm FROM agent_sessions"
        " WHERE agent_id = $1 AND last_at >= $2",
        agent_id,
        since,
    )
    days = {str(row["day"]) for row in rows}
    assert [day["day"] for day in history["days"]] == sorted(days)
    for day in history["days"]:
        of_day = [row for row in rows if str(row["day"]) == day["day"]]
        riskiest = max(of_day, key=lambda row: (row["risk"], row["id"]))
        assert (day["sessions"], day["risk"]) == (len(of_day), riskiest["risk"])
        assert day["alarms"] == sum(row["is_alarm"] for row in of_day)
        assert day["riskiest"] == str(riskiest["id"])
    assert sum(day["alarms"] for day in history["days"]) == 1
    assert server.api.get(f"agents/{agent_id}/risk", params={"days": 401}).status_code == 422
    assert_refused(server.api.get(f"agents/{uuid4()}/risk"), 404)
