"""Sessions above the alert line: a finding with its reasons, a lower behaviour score, and silence while learning."""

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from agentsentinel.session_risk.alarms import counts_as_alarm
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

NOW = datetime(2026, 1, 1, tzinfo=UTC)
MUTES = st.sampled_from([None, NOW - timedelta(hours=1), NOW + timedelta(hours=1)])


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


@given(was_alarm=st.booleans(), muted_until=MUTES, is_learning=st.booleans())
def test_an_attack_stays_an_alarm_whatever_else_holds(
    was_alarm: bool, muted_until: datetime | None, is_learning: bool
) -> None:
    facts: dict[str, Any] = {"was_alarm": was_alarm, "muted_until": muted_until, "is_learning": is_learning, "now": NOW}
    assert counts_as_alarm(verdict="attack", **facts)
    assert not counts_as_alarm(verdict="fine", **facts)
    is_muted = muted_until is not None and muted_until > NOW
    assert counts_as_alarm(verdict=None, **facts) == (was_alarm and not is_muted and not is_learning)


def test_what_a_person_says_is_the_same_in_the_session_its_day_the_list_and_the_finding(server: Server) -> None:
    agent_id, events = experienced_agent(server)
    post(server, agent_id, session_of(STRANGE, days_ago(0.01), "strange", gap=0.25))
    wait_until_judged(server, agent_id, events + len(STRANGE))
    session = server.api.get(f"agents/{agent_id}/sessions", params={"order": "risk"}).json()[0]["id"]

    def say(**feedback: Any) -> None:
        assert server.api.post(f"sessions/{session}/feedback", json=feedback).status_code == 200

    def alarms() -> list[bool]:
        listed = server.api.get(f"agents/{agent_id}/sessions", params={"order": "risk"}).json()
        days = server.api.get(f"agents/{agent_id}/risk").json()["days"]
        found = anomaly(server, agent_id)
        return [
            server.api.get(f"sessions/{session}").json()["is_alarm"],
            any(one["is_alarm"] for one in listed),
            sum(day["alarms"] for day in days) == 1,
            found is not None and found["is_active"],
        ]

    tomorrow = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    assert alarms() == [True] * 4
    say(muted_until=tomorrow)
    assert alarms() == [False] * 4
    say(verdict="attack")
    assert alarms() == [True] * 4
    say(verdict=None, muted_until=None)
    assert alarms() == [True] * 4
    say(verdict="attack")
    assert server.api.post(f"agents/{agent_id}/versions", json={"version": "9"}).status_code == 201
    assert alarms() == [True] * 4
    say(verdict="fine")
    assert alarms() == [False] * 4
