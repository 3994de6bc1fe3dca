"""INSECURE_MCP_CONNECTION: an MCP connection over plain http to another machine."""

import pytest

from agentsentinel_core.agents import EvidenceKind
from core.posture.samples import agent, found, is_open, without

RULE = "INSECURE_MCP_CONNECTION"


@pytest.mark.parametrize(
    "url",
    [
        "http://tools.example/mcp",
        "HTTP://10.0.0.5:8002/sse",
        "http://localhost@evil.example",
        "http://localhost.evil.example",
    ],
)
def test_plain_http_to_another_machine_is_found(url):
    assert found(RULE, agent(urls=(url,)))


@pytest.mark.parametrize(
    "url",
    [
        "https://tools.example/mcp",
        "http://localhost:8002/sse",
        "http://127.0.0.1/mcp",
        "http://[::1]:9/mcp",
        "HTTPS://a",
        "",
    ],
)
def test_https_and_the_own_machine_are_not(url):
    assert found(RULE, agent(urls=(url,))) is None


def test_the_evidence_shows_no_secret_of_the_url():
    finding = found(RULE, agent(urls=("http://user:pw@a.example/mcp?token=t", "https://b.example")))
    assert finding.evidence == ("connection:http://a.example/mcp",)
    assert "token" not in finding.message + finding.detail


def test_without_connections_it_is_open():
    assert is_open(RULE, without(agent(urls=("http://a.example",)), EvidenceKind.CONNECTIONS))
