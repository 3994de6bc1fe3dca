"""UNDESCRIBED_WRITE_AGENT: writes, and no stated purpose."""

import pytest

from agentsentinel_core.agents import EvidenceKind
from core.posture.samples import agent, found, is_open, without

RULE = "UNDESCRIBED_WRITE_AGENT"


@pytest.mark.parametrize("description", [None, "", "  \n"])
def test_a_write_without_a_description_is_found(description):
    finding = found(RULE, agent("update_invoice", "get_invoice", description=description))
    assert finding.evidence == ("description:none", "tool:update_invoice")


def test_a_described_agent_may_write():
    assert found(RULE, agent("update_invoice", description="Corrects invoices")) is None


def test_reading_needs_no_description():
    assert found(RULE, agent("get_invoice", description=None)) is None


@pytest.mark.parametrize("kind", [EvidenceKind.GRANTS, EvidenceKind.DESCRIPTION])
def test_without_its_evidence_it_is_open(kind):
    assert is_open(RULE, without(agent("update_invoice", description=None), kind))
