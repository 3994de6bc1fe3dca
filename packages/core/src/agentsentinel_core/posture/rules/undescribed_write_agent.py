"""UNDESCRIBED_WRITE_AGENT: an agent without a description can write."""

from datetime import datetime

from agentsentinel_core.agents import AgentProfile, ToolScope
from agentsentinel_core.findings import Finding, Severity
from agentsentinel_core.posture.rule import EvidenceKind, Rule, evidence_of, listed, names_where


class UndescribedWriteAgent(Rule):
    """A grant that writes, on an agent without a description."""

    id = "UNDESCRIBED_WRITE_AGENT"
    severity = Severity.MEDIUM
    title = "Agent can write, no stated purpose"
    rationale = (
        "Whether a write is right depends on what the agent is for. Without a stated purpose no reviewer can tell a "
        "needed grant from one too many, and no one can tell misuse from work."
    )
    remediation = "Describe what the agent is for and what it may change, where it is built or in its module."
    references = ("ASI10", "AML.T0103")
    needs = frozenset({EvidenceKind.DESCRIPTION, EvidenceKind.GRANTS})

    def check(self, profile: AgentProfile, now: datetime) -> Finding | None:
        """Any grant above read scope, and a description that is missing or blank."""
        if profile.has_description:
            return None
        writes = names_where(profile, lambda grant: grant.tool_class.scope is not ToolScope.READ)
        if not writes:
            return None
        return self.finding(
            f"Agent without a description may write through: {listed(writes)}.",
            [*evidence_of("tool", writes), "description:none"],
            f"Write or admin grants: {listed(writes)}",
        )
