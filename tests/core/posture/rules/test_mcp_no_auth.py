"""MCP_NO_AUTH."""

import pytest

from agentsentinel_core.agents import AgentProfile, MCPConnection
from agentsentinel_core.posture.rules.mcp_no_auth import MCPNoAuth
from core.posture.samples import NOW

RULE = MCPNoAuth()


def connected(url: str, *, is_open: bool = True) -> AgentProfile:
    return AgentProfile(connections=(MCPConnection("files", url, is_open=is_open),))


@pytest.mark.parametrize(
    "url",
    ["http://10.0.1.45:8080/mcp", "https://mcp.example.com/mcp", "http://localhost.evil.example/", "http://[fd00::1]/"],
)
def test_fires_for_a_server_on_another_machine_that_answers_anyone(url):
    found = RULE.check(connected(url), NOW)
    assert found is not None
    assert found.evidence == (f"connection:{url}",)


@pytest.mark.parametrize(
    "url", ["http://localhost:8000/mcp", "http://127.0.0.2/mcp", "http://[::1]:8000/", "stdio:npx a"]
)
def test_is_quiet_for_a_server_on_this_machine(url):
    assert RULE.check(connected(url), NOW) is None


def test_is_quiet_for_a_server_that_wants_credentials_or_was_not_asked():
    assert RULE.check(connected("https://mcp.example.com/mcp", is_open=False), NOW) is None


def test_what_the_address_holds_of_secrets_is_not_shown():
    found = RULE.check(connected("https://ann:secret@mcp.example.com/mcp?token=secret"), NOW)
    assert found is not None
    assert "secret" not in str(found)
