"""SESSION_ANOMALY."""

from agentsentinel_core.agents import AgentProfile, EvidenceKind, RiskySession
from agentsentinel_core.posture.engine import evaluate
from agentsentinel_core.posture.rules.session_anomaly import SessionAnomaly
from core.posture.samples import NOW

RULE = SessionAnomaly()


def test_fires_once_for_all_risky_sessions_with_the_reasons_of_the_riskiest():
    sessions = (RiskySession("a", 0.9, ("first", "second")), RiskySession("b", 0.85, ("other",)))
    found = RULE.check(AgentProfile(risky_sessions=sessions), NOW)
    assert found is not None
    assert found.message == "2 sessions are unlike the agent's normal work; the risk is up to 0.90."
    assert found.evidence == ("session:a", "session:b")
    assert found.detail == "first; second"


def test_is_quiet_without_a_risky_session():
    assert RULE.check(AgentProfile(), NOW) is None


def test_takes_no_points_from_the_posture_score():
    report = evaluate(AgentProfile(risky_sessions=(RiskySession("a", 0.9),)), NOW, [RULE])
    assert [finding.rule_id for finding in report.findings] == ["SESSION_ANOMALY"]
    assert report.score == 100.0
    assert RULE.points == 0.0


def test_is_not_evaluated_while_the_agent_is_learning():
    profile = AgentProfile(evidence=frozenset({EvidenceKind.GRANTS}))
    assert RULE.missing(profile) == (EvidenceKind.SESSIONS,)
