"""UNPINNED_PACKAGE; the forms of each runner are in test_launch.py."""

import pytest

from agentsentinel_core.agents import AgentProfile, EvidenceKind, MCPConnection
from agentsentinel_core.posture.rules.unpinned_package import UnpinnedPackage
from core.posture.samples import NOW, found, is_open, without


def started(*servers: tuple[str, ...]) -> AgentProfile:
    connections = (MCPConnection(name, f"stdio:{name}", command=tuple(words)) for name, *words in servers)
    return AgentProfile(connections=tuple(connections))


def test_fires_once_and_names_each_package_with_its_server():
    finding = found("UNPINNED_PACKAGE", started(("git", "uvx", "mcp-server-git"), ("mem", "npx", "-y", "memory")))
    assert finding is not None
    assert finding.evidence == ("package:mcp-server-git:git", "package:memory:mem")
    assert "mcp-server-git (git), memory (mem)" in finding.message


@pytest.mark.parametrize("words", [("npx", "-y", "memory@1.2.3"), ("python", "server.py"), ()])
def test_is_quiet_about_what_is_pinned_or_not_fetched(words):
    assert UnpinnedPackage().check(started(("mem", *words)), NOW) is None


def test_without_connections_it_is_not_evaluated():
    assert is_open("UNPINNED_PACKAGE", without(AgentProfile(), EvidenceKind.CONNECTIONS))
