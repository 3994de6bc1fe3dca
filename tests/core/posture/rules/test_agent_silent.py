"""AGENT_SILENT."""

from datetime import timedelta

from agentsentinel_core.agents import AgentProfile, EvidenceKind, Silence
from agentsentinel_core.posture.engine import evaluate
from agentsentinel_core.posture.rules.agent_silent import AgentSilent
from core.posture.samples import NOW

RULE = AgentSilent()
SILENT = AgentProfile(silence=Silence(NOW - timedelta(hours=5), NOW - timedelta(hours=2)))


def test_says_since_when_and_by_when_a_report_was_due_and_not_how_long_ago_that_is():
    found = RULE.check(SILENT, NOW)
    assert found is not None
    last, due = (f"{NOW - timedelta(hours=hours):%Y-%m-%d %H:%M} UTC" for hours in (5, 2))
    assert found.message == f"The agent has not reported since {last}; a report was due by {due}."
    assert found.evidence == (f"last_report:{last}",)
    assert found == RULE.check(SILENT, NOW + timedelta(hours=1))


def test_is_quiet_for_an_agent_that_reports_in_time():
    assert RULE.check(AgentProfile(), NOW) is None


def test_takes_no_points_from_the_posture_score():
    report = evaluate(SILENT, NOW, [RULE])
    assert [finding.rule_id for finding in report.findings] == ["AGENT_SILENT"]
    assert report.score == 100.0


def test_is_not_evaluated_for_an_agent_that_has_never_reported():
    profile = AgentProfile(evidence=frozenset({EvidenceKind.GRANTS}))
    assert RULE.missing(profile) == (EvidenceKind.REPORTS,)
