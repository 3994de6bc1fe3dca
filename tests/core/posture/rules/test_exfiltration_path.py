"""EXFILTRATION_PATH: an internal read and an external write."""

import pytest

from agentsentinel_core.agents import EvidenceKind
from agentsentinel_core.findings import Severity
from core.posture.samples import agent, found, is_open, without

RULE = "EXFILTRATION_PATH"


@pytest.mark.parametrize("read", ["read_database", "search_crm", "read_file", "s3_get_object"])
@pytest.mark.parametrize("send", ["send_email", "http_post", "webhook", "slack_post_message"])
def test_a_read_and_a_way_out_together_are_a_path(read, send):
    finding = found(RULE, agent(read, send))
    assert finding.severity is Severity.CRITICAL
    assert finding.evidence == tuple(sorted((f"tool:{read}", f"tool:{send}")))


def test_the_detail_names_both_sides_sorted():
    finding = found(RULE, agent("send_email", "search_crm", "read_database"))
    assert finding.message == "Agent holds both internal-read and external-write grants."
    assert finding.detail == "Internal-read: read_database, search_crm | External-write: send_email"


@pytest.mark.parametrize(
    "tools", [("read_database", "write_file"), ("http_fetch", "send_email"), ("write_file", "send_email")]
)
def test_one_side_alone_is_no_path(tools):
    assert found(RULE, agent(*tools)) is None


def test_one_tool_that_does_both_is_a_path():
    assert found(RULE, agent("read_file_and_send"))


def test_without_grants_it_is_open():
    assert is_open(RULE, without(agent("read_database", "send_email"), EvidenceKind.GRANTS))
