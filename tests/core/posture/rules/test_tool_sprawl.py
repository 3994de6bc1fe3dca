"""TOOL_SPRAWL: more than fifteen tools."""

from agentsentinel_core.agents import EvidenceKind
from core.posture.samples import agent, found, is_open, without

RULE = "TOOL_SPRAWL"
SIXTEEN = [f"get_thing_{letter}" for letter in "abcdefghijklmnop"]


def test_sixteen_tools_are_too_many():
    finding = found(RULE, agent(*SIXTEEN))
    assert finding.message == "Agent holds 16 tools (more than 15)."
    assert len(finding.evidence) == 16
    assert finding.detail.endswith("get_thing_j and 6 more")


def test_fifteen_are_not():
    assert found(RULE, agent(*SIXTEEN[:15])) is None


def test_the_same_tool_twice_is_one():
    assert found(RULE, agent(*SIXTEEN[:15], SIXTEEN[0])) is None


def test_without_grants_it_is_open():
    assert is_open(RULE, without(agent(*SIXTEEN), EvidenceKind.GRANTS))
