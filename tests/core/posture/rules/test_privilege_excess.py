"""PRIVILEGE_EXCESS: a read-only description over grants that write."""

from dataclasses import replace

import pytest

from agentsentinel_core.agents import EvidenceKind
from core.posture.samples import agent, found, is_open, without

RULE = "PRIVILEGE_EXCESS"


@pytest.mark.parametrize("tool", ["write_file", "send_email", "manage_roles"])
@pytest.mark.parametrize(
    "description", ["Searches and queries the CRM for sales reps", "View-only helper", "Read-only"]
)
def test_a_write_under_a_read_only_description_is_excess(tool, description):
    finding = found(RULE, agent("crm_search", tool, description=description))
    assert finding.evidence == ("description:read-only", f"tool:{tool}")
    assert tool in finding.message


def test_reads_alone_are_no_excess():
    assert found(RULE, agent("crm_search", "get_user_role", description="Read-only")) is None


@pytest.mark.parametrize(
    "description", [None, "", "Searches the CRM and sends mail", "Not read-only", "Helps with sales"]
)
def test_a_description_that_does_not_promise_reading_only_is_no_excess(description):
    assert found(RULE, agent("write_file", description=description)) is None


def test_rewording_the_description_keeps_the_finding():
    one = found(RULE, agent("write_file", description="Read-only"))
    other = found(RULE, agent("write_file", description="Searches documents"))
    assert one.fingerprint == other.fingerprint


@pytest.mark.parametrize("kind", [EvidenceKind.GRANTS, EvidenceKind.DESCRIPTION])
def test_without_evidence_it_is_open(kind):
    assert is_open(RULE, without(agent("write_file", description="Read-only"), kind))


def test_the_description_of_a_module_is_not_the_purpose_of_its_agents():
    profile = replace(agent("send_email", description="Searches the catalogue"), is_purpose_own=False)
    assert found(RULE, profile) is None
