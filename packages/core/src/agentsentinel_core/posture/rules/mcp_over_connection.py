"""MCP_OVER_CONNECTION: an agent without a description has many MCP connections."""

from datetime import datetime

from agentsentinel_core.agents import AgentProfile
from agentsentinel_core.findings import Finding, Severity
from agentsentinel_core.posture.address import parse
from agentsentinel_core.posture.rule import EvidenceKind, Rule, evidence_of, listed

MOST_WITHOUT_DESCRIPTION = 3
"""Most MCP connections an agent may have without a description."""


class MCPOverConnection(Rule):
    """More than three MCP connections and no description."""

    id = "MCP_OVER_CONNECTION"
    severity = Severity.MEDIUM
    title = "Many MCP servers, no stated purpose"
    rationale = (
        "Every MCP server brings its own tools and its own text into the agent. Without a description no one can tell "
        "which of them belong there."
    )
    remediation = "Describe what the agent is for, and disconnect the servers that this does not need."
    references = ("ASI04", "AML.T0010.005", "AML.T0084.001")
    needs = frozenset({EvidenceKind.CONNECTIONS, EvidenceKind.DESCRIPTION})

    def check(self, profile: AgentProfile, now: datetime) -> Finding | None:
        """More than three connections, and a description that is missing or blank."""
        count = len(profile.connections)
        if count <= MOST_WITHOUT_DESCRIPTION or profile.has_description:
            return None
        names = {connection.server_name for connection in profile.connections}
        addresses = {parse(connection.server_url).shown for connection in profile.connections}
        return self.finding(
            f"Agent has {count} MCP connections (more than {MOST_WITHOUT_DESCRIPTION}) and no description.",
            [*evidence_of("connection", addresses), "description:none"],
            f"Servers: {listed(names)}",
        )
