"""What the rules about defects of definitions share."""

from agentsentinel_core.agents import AgentProfile, DefectKind, DefinitionDefect
from agentsentinel_core.posture.rules.vague_tool_description import VagueToolDescription
from core.posture.samples import NOW


def test_every_defect_is_evidence_and_the_first_are_quoted_with_the_number_of_the_others():
    defects = tuple(DefinitionDefect(DefectKind.VAGUE, f"tool{at}", "no description") for at in range(8))
    found = VagueToolDescription().check(AgentProfile(definition_defects=defects), NOW)
    assert found is not None
    assert len(found.evidence) == 8
    assert found.detail.endswith(" | and 3 more")


def test_the_order_of_the_defects_does_not_matter():
    defects = tuple(DefinitionDefect(DefectKind.VAGUE, f"tool{at}", "no description") for at in range(3))
    rule = VagueToolDescription()
    assert rule.check(AgentProfile(definition_defects=defects), NOW) == rule.check(
        AgentProfile(definition_defects=defects[::-1]), NOW
    )
