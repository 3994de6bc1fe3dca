"""UNUSED_DANGEROUS_GRANT: a dangerous grant without a call in 30 days."""

import pytest

from agentsentinel_core.agents import EvidenceKind, ToolGrant
from core.posture.samples import DAY, NOW, SECOND, agent, found, is_open, without

RULE = "UNUSED_DANGEROUS_GRANT"


def send_email(**fields):
    return agent(ToolGrant("send_email", **fields))


def test_a_last_call_exactly_30_days_ago_is_stale():
    assert found(RULE, send_email(last_called_at=NOW - 30 * DAY))


def test_a_last_call_a_second_younger_is_not():
    assert found(RULE, send_email(last_called_at=NOW - 30 * DAY + SECOND)) is None


def test_a_grant_never_called_ages_from_its_creation():
    assert found(RULE, send_email(granted_at=NOW - 30 * DAY))
    assert found(RULE, send_email(granted_at=NOW - 30 * DAY + SECOND)) is None


def test_a_recent_call_outweighs_an_old_creation():
    assert found(RULE, send_email(granted_at=NOW - 400 * DAY, last_called_at=NOW - DAY)) is None


def test_an_unknown_age_is_stale():
    assert found(RULE, send_email())


def test_a_call_from_a_clock_ahead_of_ours_is_fresh():
    assert found(RULE, send_email(last_called_at=NOW + DAY)) is None


@pytest.mark.parametrize("tool", ["write_file", "read_database", "manage_roles"])
def test_a_tool_that_is_not_dangerous_may_rest(tool):
    assert found(RULE, agent(ToolGrant(tool, granted_at=NOW - 400 * DAY))) is None


def test_growing_older_keeps_the_finding():
    profile = send_email(last_called_at=NOW - 30 * DAY)
    assert found(RULE, profile).fingerprint == found(RULE, profile, NOW + 90 * DAY).fingerprint


@pytest.mark.parametrize("kind", [EvidenceKind.GRANTS, EvidenceKind.USAGE])
def test_without_evidence_it_is_open(kind):
    assert is_open(RULE, without(send_email(), kind))
