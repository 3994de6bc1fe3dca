"""LATERAL_MOVEMENT_PATH: a tool of category admin and one of category infrastructure."""

import pytest

from agentsentinel_core.agents import EvidenceKind
from core.posture.samples import agent, found, is_open, without

RULE = "LATERAL_MOVEMENT_PATH"


@pytest.mark.parametrize("admin", ["manage_roles", "sudo", "assume_role", "get_user_role"])
@pytest.mark.parametrize("infrastructure", ["deploy_container", "k8s_apply", "list_deployments"])
def test_rights_and_infrastructure_together_are_a_path(admin, infrastructure):
    finding = found(RULE, agent(admin, infrastructure))
    assert finding.detail == f"Admin: {admin} | Infrastructure: {infrastructure}"


@pytest.mark.parametrize(
    "tools", [("manage_roles", "write_file"), ("deploy_container",), ("get_refund_policy", "k8s_apply")]
)
def test_one_side_alone_is_none(tools):
    assert found(RULE, agent(*tools)) is None


def test_one_tool_of_both_categories_is_a_path():
    assert found(RULE, agent("aws_iam_create_role"))


def test_without_grants_it_is_open():
    assert is_open(RULE, without(agent("sudo", "k8s_apply"), EvidenceKind.GRANTS))
