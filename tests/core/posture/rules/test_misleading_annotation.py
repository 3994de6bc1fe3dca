"""MISLEADING_ANNOTATION."""

from agentsentinel_core.agents import AgentProfile, DefectKind, DefinitionDefect, EvidenceKind
from agentsentinel_core.posture.rules.misleading_annotation import MisleadingAnnotation
from core.posture.samples import NOW

RULE = MisleadingAnnotation()
DEFECT = DefinitionDefect(DefectKind.MISLEADING, "delete_user", "claims to read only, and its name writes")


def test_fires_for_a_defect_of_its_kind_and_quotes_it():
    found = RULE.check(AgentProfile(definition_defects=(DEFECT, DEFECT)), NOW)
    assert found is not None
    assert found.message == "Annotations contradict the tools: delete_user."
    assert found.evidence == ("definition:delete_user: claims to read only, and its name writes",)
    assert found.detail == "delete_user: claims to read only, and its name writes"


def test_is_quiet_for_defects_of_other_kinds():
    other = DefinitionDefect(DefectKind.UNSAFE, "delete_user", "something else")
    assert RULE.check(AgentProfile(definition_defects=(other,)), NOW) is None


def test_without_a_manifest_it_is_not_evaluated():
    profile = AgentProfile(evidence=frozenset({EvidenceKind.GRANTS}))
    assert RULE.missing(profile) == (EvidenceKind.MANIFEST,)
