"""EXFILTRATION_PATH: the agent can read internal data and send data outside."""

from datetime import datetime

from agentsentinel_core.agents import AgentProfile, Capability
from agentsentinel_core.findings import Finding, Severity
from agentsentinel_core.posture.rule import EvidenceKind, Rule, evidence_of, listed, names_where


class ExfiltrationPath(Rule):
    """An internal read and an external write granted to the same agent."""

    id = "EXFILTRATION_PATH"
    severity = Severity.CRITICAL
    title = "Internal data can leave through this agent"
    rationale = (
        "One agent that can read internal data and also send data out needs only one bad instruction, from a user or "
        "hidden in what it reads, to leak that data. No single tool is at fault; the combination is."
    )
    remediation = (
        "Split the agent in two, one that reads and one that sends, or remove one side. Where both are needed, let a "
        "person approve what is sent and restrict the recipients."
    )
    references = ("ASI02", "AML.T0086", "AML.T0085.001")
    needs = frozenset({EvidenceKind.GRANTS})

    def check(self, profile: AgentProfile, now: datetime) -> Finding | None:
        """At least one grant of each kind; one tool that does both is enough."""
        reads = names_where(profile, lambda grant: Capability.INTERNAL_READ in grant.tool_class.capabilities)
        if not reads:
            return None
        sends = names_where(profile, lambda grant: Capability.EXTERNAL_WRITE in grant.tool_class.capabilities)
        if not sends:
            return None
        return self.finding(
            "Agent holds both internal-read and external-write grants.",
            evidence_of("tool", reads + sends),
            f"Internal-read: {listed(reads)} | External-write: {listed(sends)}",
        )
