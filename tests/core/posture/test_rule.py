"""What all rules share: the evidence they lack, and how names stand in a sentence."""

import pytest

from agentsentinel_core.agents import AgentProfile, EvidenceKind
from agentsentinel_core.posture.registry import RULES
from agentsentinel_core.posture.rule import evidence_of, listed


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_a_rule_names_exactly_the_evidence_that_is_missing(rule):
    def missing(evidence):
        return set(rule.missing(AgentProfile(evidence=frozenset(evidence))))

    assert missing([]) == rule.needs
    assert missing(EvidenceKind) == set()
    for kind in rule.needs:
        assert missing(rule.needs - {kind}) == {kind}


def test_missing_evidence_is_named_in_the_order_of_its_names():
    rule = max(RULES, key=lambda rule: len(rule.needs))
    names = [kind.value for kind in rule.missing(AgentProfile(evidence=frozenset()))]
    assert len(names) > 1
    assert names == sorted(names)


def test_a_sentence_lists_ten_names_and_the_number_of_the_others():
    assert listed(["b", "a", "b"]) == "a, b"
    assert listed(f"t{number}" for number in range(10)).endswith("t9")
    assert listed(f"t{number}" for number in range(12)).endswith("t7 and 2 more")


def test_evidence_names_its_kind():
    assert evidence_of("tool", ["a", "b"]) == ["tool:a", "tool:b"]
