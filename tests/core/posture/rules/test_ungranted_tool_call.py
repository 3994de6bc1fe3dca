"""UNGRANTED_TOOL_CALL."""

from agentsentinel_core.agents import AgentProfile, EvidenceKind
from agentsentinel_core.posture.engine import evaluate
from agentsentinel_core.posture.rules.ungranted_tool_call import UngrantedToolCall
from core.posture.samples import NOW

RULE = UngrantedToolCall()


def test_fires_once_for_all_tools_that_were_called_without_a_grant():
    found = RULE.check(AgentProfile(ungranted_tools=("wipe_disk", "send_email")), NOW)
    assert found is not None
    assert found.message == "Called in the last 7 days, and granted by no one: send_email, wipe_disk."
    assert found.evidence == ("tool:send_email", "tool:wipe_disk")


def test_is_quiet_when_every_tool_was_granted():
    assert RULE.check(AgentProfile(), NOW) is None


def test_takes_the_points_of_its_severity():
    assert evaluate(AgentProfile(ungranted_tools=("wipe_disk",)), NOW, [RULE]).score == 80.0


def test_is_not_evaluated_where_nothing_says_what_the_agent_may_do():
    profile = AgentProfile(evidence=frozenset({EvidenceKind.GRANTS, EvidenceKind.USAGE}))
    assert RULE.missing(profile) == (EvidenceKind.DECLARATIONS,)
