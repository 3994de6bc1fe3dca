"""MESSAGE_SMUGGLING: messages between the agent and an MCP server can be read in two ways."""

from datetime import datetime
from typing import ClassVar

from agentsentinel_core.agents import AgentProfile, EvidenceKind, ObservationKind
from agentsentinel_core.findings import Finding, Severity
from agentsentinel_core.posture.rule import Rule, evidence_of, listed


class MessageSmuggling(Rule):
    """Fires for seven days after the MCP shim last saw such a message."""

    id: ClassVar[str] = "MESSAGE_SMUGGLING"
    severity: ClassVar[Severity] = Severity.HIGH
    title: ClassVar[str] = "Messages to or from an MCP server can be read in two ways"
    rationale: ClassVar[str] = (
        "Of two members of the same name, one parser takes the first and another the last. What a gateway checks is"
        " then not what the server runs: a message can pass as a harmless call and be another one."
    )
    remediation: ClassVar[str] = (
        "Find out which program writes these messages: no honest client or server does. Until then, take the agent or"
        " the server out of service; a policy can refuse such messages."
    )
    references: ClassVar[tuple[str, ...]] = ("ASI02", "ASI07", "AML.T0053")
    needs: ClassVar[frozenset[EvidenceKind]] = frozenset({EvidenceKind.OBSERVATIONS})

    def check(self, profile: AgentProfile, now: datetime) -> Finding | None:
        """Return the finding, or None when no such message was seen."""
        seen = [one for one in profile.observations if one.kind is ObservationKind.MESSAGE_SMUGGLING]
        if not seen:
            return None
        servers = {one.server_name or "an unnamed server" for one in seen}
        return self.finding(
            f"Messages between the agent and {listed(servers)} can be read in two ways.",
            evidence_of("message", sorted({one.detail for one in seen})),
            f"Seen: {listed(one.detail for one in seen)}",
        )
