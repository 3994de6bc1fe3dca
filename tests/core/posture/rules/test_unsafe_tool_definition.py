"""UNSAFE_TOOL_DEFINITION."""

from agentsentinel_core.agents import AgentProfile, DefectKind, DefinitionDefect, EvidenceKind
from agentsentinel_core.posture.rules.unsafe_tool_definition import UnsafeToolDefinition
from core.posture.samples import NOW

RULE = UnsafeToolDefinition()
DEFECT = DefinitionDefect(DefectKind.UNSAFE, "get", "an icon from 'http://evil.example/i.png'")


def test_fires_for_a_defect_of_its_kind_and_quotes_it():
    found = RULE.check(AgentProfile(definition_defects=(DEFECT, DEFECT)), NOW)
    assert found is not None
    assert found.message == "Definitions are unsafe for clients: get."
    assert found.evidence == ("definition:get: an icon from 'http://evil.example/i.png'",)
    assert found.detail == "get: an icon from 'http://evil.example/i.png'"


def test_is_quiet_for_defects_of_other_kinds():
    other = DefinitionDefect(DefectKind.VAGUE, "get", "something else")
    assert RULE.check(AgentProfile(definition_defects=(other,)), NOW) is None


def test_without_a_manifest_it_is_not_evaluated():
    profile = AgentProfile(evidence=frozenset({EvidenceKind.GRANTS}))
    assert RULE.missing(profile) == (EvidenceKind.MANIFEST,)
