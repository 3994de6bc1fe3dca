"""TOOL_DEFINITION_CHANGED."""

import pytest

from agentsentinel_core.agents import AgentProfile, DefinitionChange
from agentsentinel_core.findings import Severity
from agentsentinel_core.posture.rules.tool_definition_changed import ToolDefinitionChanged
from core.posture.samples import NOW

RULE = ToolDefinitionChanged()


def changed(*severities: Severity) -> AgentProfile:
    changes = [DefinitionChange(f"tool t{at}", "reworded: title", each) for at, each in enumerate(severities)]
    return AgentProfile(definition_changes=tuple(changes))


@pytest.mark.parametrize("worst", Severity)
def test_the_finding_is_as_severe_as_the_worst_change(worst):
    found = RULE.check(changed(Severity.LOW, worst), NOW)
    assert found is not None
    assert found.severity is worst


def test_all_changes_are_evidence_and_the_worst_are_quoted():
    found = RULE.check(changed(*[Severity.LOW] * 9, Severity.HIGH), NOW)
    assert found is not None
    assert len(found.evidence) == 10
    assert found.detail.startswith("tool t9: reworded: title | ")
    assert found.detail.endswith(" | and 5 more")


def test_is_quiet_when_nothing_changed():
    assert RULE.check(AgentProfile(), NOW) is None
