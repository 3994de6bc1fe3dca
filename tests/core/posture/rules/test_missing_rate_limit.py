"""MISSING_RATE_LIMIT: a dangerous grant without a rate limit."""

import pytest

from agentsentinel_core.agents import EvidenceKind, ToolGrant
from core.posture.samples import agent, found, is_open, without

RULE = "MISSING_RATE_LIMIT"


def test_a_dangerous_grant_without_a_limit_is_found():
    assert found(RULE, agent("send_email")).evidence == ("tool:send_email",)


@pytest.mark.parametrize("limit", [1, 100_000])
def test_any_limit_will_do(limit):
    assert found(RULE, agent(ToolGrant("send_email", rate_limit_per_hour=limit))) is None


@pytest.mark.parametrize("tool", ["write_file", "search_crm", "manage_roles"])
def test_a_tool_that_is_not_dangerous_needs_none(tool):
    assert found(RULE, agent(tool)) is None


def test_only_the_unlimited_ones_are_named():
    finding = found(RULE, agent("run_job", ToolGrant("send_email", rate_limit_per_hour=5), "delete_user"))
    assert finding.message == "Dangerous tools without a rate limit: delete_user, run_job."


def test_without_grants_it_is_open():
    assert is_open(RULE, without(agent("send_email"), EvidenceKind.GRANTS))


def test_a_limit_elsewhere_or_an_approval_of_each_call_is_one():
    assert found(RULE, agent(ToolGrant("send_email", is_limited=True))) is None
    assert found(RULE, agent(ToolGrant("send_email", needs_approval=True))) is None
