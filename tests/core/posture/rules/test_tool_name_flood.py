"""TOOL_NAME_FLOOD."""

from agentsentinel_core.agents import AgentProfile, EvidenceKind
from agentsentinel_core.posture.rules.tool_name_flood import ToolNameFlood
from core.posture.samples import NOW

RULE = ToolNameFlood()


def test_fires_when_calls_were_counted_under_the_name_of_all_others():
    finding = RULE.check(AgentProfile(overflow_calls_7d=1_234), NOW)
    assert finding is not None
    assert "1,234 calls" in finding.message
    assert finding.evidence == ("tool:(other tools)",)


def test_is_quiet_while_every_tool_is_told_apart():
    assert RULE.check(AgentProfile(), NOW) is None


def test_one_call_beyond_the_limit_is_enough():
    assert RULE.check(AgentProfile(overflow_calls_7d=1), NOW) is not None


def test_without_usage_it_is_not_evaluated():
    profile = AgentProfile(evidence=frozenset({EvidenceKind.GRANTS}))
    assert RULE.missing(profile) == (EvidenceKind.USAGE,)
