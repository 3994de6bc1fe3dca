"""MCP_NO_AUTH: an MCP server on another machine lists its tools without credentials."""

from datetime import datetime

from agentsentinel_core.agents import AgentProfile, MCPConnection
from agentsentinel_core.findings import Finding, Severity
from agentsentinel_core.posture.address import parse
from agentsentinel_core.posture.rule import EvidenceKind, Rule, evidence_of, listed


class MCPNoAuth(Rule):
    """An MCP server on another machine lists its tools without credentials."""

    id = "MCP_NO_AUTH"
    severity = Severity.HIGH
    title = "MCP server answers without authentication"
    rationale = (
        "Anyone who reaches the address can call every tool with the server's own rights. Servers meant for one "
        "machine or one team end up on shared networks without anyone noticing."
    )
    remediation = (
        "Require a token or OAuth, as the protocol describes, or let the server listen on loopback only. A network "
        "rule in front of it helps until then."
    )
    references = ("ASI03", "ASI07", "AML.T0053")
    needs = frozenset({EvidenceKind.CONNECTIONS})

    def check(self, profile: AgentProfile, now: datetime) -> Finding | None:
        """Any connection that is known to answer without credentials, to a host that is not loopback."""
        addresses = {
            parse(connection.server_url).shown for connection in profile.connections if _is_exposed(connection)
        }
        if not addresses:
            return None
        return self.finding(
            f"MCP servers answer without authentication: {listed(addresses)}.", evidence_of("connection", addresses)
        )


def _is_exposed(connection: MCPConnection) -> bool:
    address = parse(connection.server_url)
    return connection.is_open and address.scheme in ("http", "https") and not address.is_loopback
