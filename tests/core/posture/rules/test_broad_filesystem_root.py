"""BROAD_FILESYSTEM_ROOT; the forms of folders are in test_launch.py."""

import pytest

from agentsentinel_core.agents import AgentProfile, EvidenceKind, MCPConnection
from core.posture.samples import found, is_open, without

SERVER = ("npx", "-y", "@modelcontextprotocol/server-filesystem@2026.8.31")


def with_folders(*folders: str) -> AgentProfile:
    return AgentProfile(connections=(MCPConnection("files", "stdio:files", command=(*SERVER, *folders)),))


@pytest.mark.parametrize("folder", ["/", "~", "/home/ada", "/Users/ada/", "C:\\Users"])
def test_fires_for_a_disk_or_a_home(folder):
    finding = found("BROAD_FILESYSTEM_ROOT", with_folders("/work/app", folder))
    assert finding is not None
    assert finding.evidence == (f"folder:{folder}:files",)


@pytest.mark.parametrize("folder", ["/home/ada/app", "/tmp/x", ".", "D:\\work"])
def test_is_quiet_about_the_folder_of_a_project(folder):
    assert found("BROAD_FILESYSTEM_ROOT", with_folders(folder)) is None


def test_without_connections_it_is_not_evaluated():
    assert is_open("BROAD_FILESYSTEM_ROOT", without(AgentProfile(), EvidenceKind.CONNECTIONS))
