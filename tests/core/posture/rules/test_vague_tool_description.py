"""VAGUE_TOOL_DESCRIPTION."""

from agentsentinel_core.agents import AgentProfile, DefectKind, DefinitionDefect, EvidenceKind
from agentsentinel_core.posture.rules.vague_tool_description import VagueToolDescription
from core.posture.samples import NOW

RULE = VagueToolDescription()
DEFECT = DefinitionDefect(DefectKind.VAGUE, "wait", "no description")


def test_fires_for_a_defect_of_its_kind_and_quotes_it():
    found = RULE.check(AgentProfile(definition_defects=(DEFECT, DEFECT)), NOW)
    assert found is not None
    assert found.message == "Descriptions say nothing: wait."
    assert found.evidence == ("definition:wait: no description",)
    assert found.detail == "wait: no description"


def test_is_quiet_for_defects_of_other_kinds():
    other = DefinitionDefect(DefectKind.UNSAFE, "wait", "something else")
    assert RULE.check(AgentProfile(definition_defects=(other,)), NOW) is None


def test_without_a_manifest_it_is_not_evaluated():
    profile = AgentProfile(evidence=frozenset({EvidenceKind.GRANTS}))
    assert RULE.missing(profile) == (EvidenceKind.MANIFEST,)
