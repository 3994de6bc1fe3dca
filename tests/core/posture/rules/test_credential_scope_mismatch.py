"""CREDENTIAL_SCOPE_MISMATCH: an admin grant without a call in 7 days."""

import pytest

from agentsentinel_core.agents import EvidenceKind, ToolGrant
from core.posture.samples import DAY, NOW, agent, found, is_open, without

RULE = "CREDENTIAL_SCOPE_MISMATCH"


def admin(calls, name="manage_roles"):
    return ToolGrant(name, call_count_7d=calls, granted_at=NOW)


def test_a_fresh_admin_grant_without_calls_is_idle():
    assert found(RULE, agent(admin(0))).evidence == ("tool:manage_roles",)


def test_one_call_is_use():
    assert found(RULE, agent(admin(1))) is None


@pytest.mark.parametrize("tool", ["send_email", "write_file", "get_user_role"])
def test_other_scopes_do_not_count(tool):
    assert found(RULE, agent(admin(0, tool))) is None


def test_the_count_of_seven_days_decides_and_not_the_last_call():
    grant = ToolGrant("manage_roles", call_count_7d=0, last_called_at=NOW - 8 * DAY)
    assert found(RULE, agent(grant))


def test_an_uncounted_admin_grant_leaves_the_question_open():
    assert is_open(RULE, agent(admin(None)))


def test_an_idle_one_is_found_beside_an_uncounted_one():
    assert found(RULE, agent(admin(None), admin(0, "sudo"))).evidence == ("tool:sudo",)


def test_an_uncounted_grant_of_another_scope_leaves_nothing_open():
    assert not is_open(RULE, agent(admin(None, "send_email")))


@pytest.mark.parametrize("kind", [EvidenceKind.GRANTS, EvidenceKind.USAGE])
def test_without_evidence_it_is_open(kind):
    assert is_open(RULE, without(agent(admin(0)), kind))
