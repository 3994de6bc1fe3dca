"""DANGEROUS_GRANTS: what cannot be taken back."""

import pytest

from agentsentinel_core.agents import EvidenceKind, ToolGrant
from core.posture.samples import FILESYSTEM_TOOLS, agent, found, is_open, without

RULE = "DANGEROUS_GRANTS"


@pytest.mark.parametrize("tool", ["send_email", "delete_user", "deploy_service", "pay_invoice"])
def test_a_dangerous_tool_is_found(tool):
    assert found(RULE, agent(tool, "search_crm")).evidence == (f"tool:{tool}",)


def test_writing_alone_is_not_dangerous():
    assert found(RULE, agent(*FILESYSTEM_TOOLS)) is None


def test_running_code_is_left_to_its_own_rule():
    assert found(RULE, agent("bash")) is None


def test_without_grants_it_is_open():
    assert is_open(RULE, without(agent("send_email"), EvidenceKind.GRANTS))


def test_a_tool_whose_calls_a_person_approves_is_not_counted():
    finding = found(RULE, agent(ToolGrant("send_email", needs_approval=True), "delete_user"))
    assert finding.evidence == ("tool:delete_user",)
