"""Sessions above the alert line: a finding with its reasons, a lower behaviour score, and silence while learning."""

from server.session_risk.support import (
    STRANGE,
    anomaly,
    days_ago,
    experienced_agent,
    post,
    session_of,
    wait_until_judged,
)
from server.support import Server


def test_a_session_unlike_normal_work_is_a_finding_with_three_reasons_and_lowers_the_behaviour(alone: Server) -> None:
    agent_id, events = experienced_agent(alone)
    before = alone.api.get(f"agents/{agent_id}/score").json()
    assert anomaly(alone, agent_id) is None
    post(alone, agent_id, session_of(STRANGE, days_ago(0), "strange", gap=0.25))
    wait_until_judged(alone, agent_id, events + len(STRANGE))
    found = anomaly(alone, agent_id)
    assert found is not None
    assert (found["status"], found["severity"], len(found["evidence"])) == ("OPEN", "HIGH", 1)
    assert len(found["detail"].split("; ")) == 3
    after = alone.api.get(f"agents/{agent_id}/score").json()
    assert after["posture_score"] == before["posture_score"]
    assert after["behavior_score"] < 20 < before["behavior_score"]
    explained = alone.api.get(f"agents/{agent_id}/score/explanation").json()
    assert explained["session_risk"] > 0.8
    assert explained["deductions"] == []


def test_an_agent_that_is_still_learning_has_no_alarms(alone: Server) -> None:
    agent_id = alone.new_agent()
    post(alone, agent_id, session_of(STRANGE, days_ago(0), "strange", gap=0.25))
    wait_until_judged(alone, agent_id, len(STRANGE))
    assert anomaly(alone, agent_id) is None
    assert alone.api.get(f"agents/{agent_id}/score/explanation").json()["session_risk"] == 0
