"""UNBOUNDED_INPUT."""

from agentsentinel_core.agents import AgentProfile, DefectKind, DefinitionDefect, EvidenceKind
from agentsentinel_core.posture.rules.unbounded_input import UnboundedInput
from core.posture.samples import NOW

RULE = UnboundedInput()
DEFECT = DefinitionDefect(DefectKind.UNBOUNDED, "delete_file", "takes any text as path")


def test_fires_for_a_defect_of_its_kind_and_quotes_it():
    found = RULE.check(AgentProfile(definition_defects=(DEFECT, DEFECT)), NOW)
    assert found is not None
    assert found.message == "Tools that can do harm take free text: delete_file."
    assert found.evidence == ("definition:delete_file: takes any text as path",)
    assert found.detail == "delete_file: takes any text as path"


def test_is_quiet_for_defects_of_other_kinds():
    other = DefinitionDefect(DefectKind.UNSAFE, "delete_file", "something else")
    assert RULE.check(AgentProfile(definition_defects=(other,)), NOW) is None


def test_without_a_manifest_it_is_not_evaluated():
    profile = AgentProfile(evidence=frozenset({EvidenceKind.GRANTS}))
    assert RULE.missing(profile) == (EvidenceKind.MANIFEST,)
