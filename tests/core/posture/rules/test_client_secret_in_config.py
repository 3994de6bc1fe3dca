"""CLIENT_SECRET_IN_CONFIG; what is a credential is decided where the files are read."""

from agentsentinel_core.agents import AgentProfile, EvidenceKind, HardcodedSecret
from core.posture.samples import found, is_open, without

SECRET = HardcodedSecret("github", "ghp_abcd…", where="~/.cursor/mcp.json: mcpServers.github.env.TOKEN")


def test_fires_and_says_where_and_whose_but_not_what():
    finding = found("CLIENT_SECRET_IN_CONFIG", AgentProfile(secrets=(SECRET,)))
    assert finding is not None
    assert finding.evidence == ("secret:github:ghp_abcd…:~/.cursor/mcp.json: mcpServers.github.env.TOKEN",)
    assert finding.detail == "~/.cursor/mcp.json: mcpServers.github.env.TOKEN: ghp_abcd… (github)"


def test_is_quiet_without_credentials():
    assert found("CLIENT_SECRET_IN_CONFIG", AgentProfile()) is None


def test_without_the_clients_files_it_is_not_evaluated():
    assert is_open("CLIENT_SECRET_IN_CONFIG", without(AgentProfile(), EvidenceKind.CONFIGURATION))
