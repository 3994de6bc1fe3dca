"""UNBOUNDED_FILE_ACCESS: a filesystem tool that writes, and no description."""

import pytest

from agentsentinel_core.agents import EvidenceKind
from core.posture.samples import FILESYSTEM_TOOLS, agent, found, is_open, without

RULE = "UNBOUNDED_FILE_ACCESS"


@pytest.mark.parametrize("description", [None, "", " \n"])
def test_changing_files_without_a_description_is_found(description):
    finding = found(RULE, agent(*FILESYSTEM_TOOLS, description=description))
    assert finding.detail == "File writers: create_directory, edit_file, move_file, write_file"
    assert "description:none" in finding.evidence


def test_a_description_bounds_it():
    assert found(RULE, agent("write_file", description="Keeps notes")) is None


@pytest.mark.parametrize("tool", ["read_file", "update_profile", "send_email", "update_record"])
def test_a_tool_that_changes_no_files_is_none(tool):
    assert found(RULE, agent(tool, description=None)) is None


@pytest.mark.parametrize("kind", [EvidenceKind.GRANTS, EvidenceKind.DESCRIPTION])
def test_without_evidence_it_is_open(kind):
    assert is_open(RULE, without(agent("write_file", description=None), kind))


def test_a_tool_that_only_sends_a_file_elsewhere_changes_none():
    assert found(RULE, agent("upload_file", description=None)) is None
