"""MCP_OVER_CONNECTION: more than three connections and no description."""

import pytest

from agentsentinel_core.agents import EvidenceKind
from core.posture.samples import agent, found, is_open, without

RULE = "MCP_OVER_CONNECTION"
FOUR = tuple(f"https://{name}.example/mcp?key=1" for name in "dbca")


@pytest.mark.parametrize("description", [None, "", "  "])
def test_four_connections_without_a_description_are_too_many(description):
    finding = found(RULE, agent(description=description, urls=FOUR))
    assert "4 MCP connections" in finding.message
    assert finding.evidence == (
        "connection:https://a.example/mcp",
        "connection:https://b.example/mcp",
        "connection:https://c.example/mcp",
        "connection:https://d.example/mcp",
        "description:none",
    )


def test_three_are_not():
    assert found(RULE, agent(description=None, urls=FOUR[:3])) is None


def test_a_description_explains_them():
    assert found(RULE, agent(description="Reads four wikis", urls=FOUR)) is None


@pytest.mark.parametrize("kind", [EvidenceKind.CONNECTIONS, EvidenceKind.DESCRIPTION])
def test_without_evidence_it_is_open(kind):
    assert is_open(RULE, without(agent(description=None, urls=FOUR), kind))
