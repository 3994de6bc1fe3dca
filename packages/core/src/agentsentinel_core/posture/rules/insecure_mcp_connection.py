"""INSECURE_MCP_CONNECTION: an MCP connection over the network is not encrypted."""

from datetime import datetime

from agentsentinel_core.agents import AgentProfile, MCPConnection
from agentsentinel_core.findings import Finding, Severity
from agentsentinel_core.posture.address import parse
from agentsentinel_core.posture.rule import EvidenceKind, Rule, evidence_of, listed


class InsecureMCPConnection(Rule):
    """An MCP connection over plain http to another machine."""

    id = "INSECURE_MCP_CONNECTION"
    severity = Severity.HIGH
    title = "MCP connection is not encrypted"
    rationale = (
        "Over plain http anyone on the way can read the data, take the credentials, and rewrite what the tools answer "
        "or what they claim to be."
    )
    remediation = "Use https. For a server on the same machine, connect to localhost."
    references = ("ASI07", "AML.T0110")
    needs = frozenset({EvidenceKind.CONNECTIONS})

    def check(self, profile: AgentProfile, now: datetime) -> Finding | None:
        """Any connection with scheme http whose host is not loopback."""
        plain = [connection for connection in profile.connections if _is_exposed(connection)]
        if not plain:
            return None
        addresses = {parse(connection.server_url).shown for connection in plain}
        return self.finding(
            f"MCP connections over plain http: {listed(connection.server_name for connection in plain)}.",
            evidence_of("connection", addresses),
            f"Not encrypted: {listed(addresses)}",
        )


def _is_exposed(connection: MCPConnection) -> bool:
    address = parse(connection.server_url)
    return address.scheme == "http" and not address.is_loopback
