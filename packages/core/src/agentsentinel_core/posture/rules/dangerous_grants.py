"""DANGEROUS_GRANTS: the agent has tools whose effect cannot be undone."""

from datetime import datetime

from agentsentinel_core.agents import AgentProfile, Capability, ToolGrant
from agentsentinel_core.findings import Finding, Severity
from agentsentinel_core.posture.rule import EvidenceKind, Rule, evidence_of, listed, names_where


class DangerousGrants(Rule):
    """A dangerous tool that does not run code."""

    id = "DANGEROUS_GRANTS"
    severity = Severity.HIGH
    title = "Dangerous tools"
    rationale = (
        "What these tools do cannot be taken back or reaches other people. A misread sentence or a planted instruction "
        "is enough to set one off, and no one is asked first."
    )
    remediation = (
        "Keep only those the agent needs, let a person approve each call, and limit how often they can be called."
    )
    references = ("ASI02", "AML.T0053", "AML.T0101")
    needs = frozenset({EvidenceKind.GRANTS})

    def check(self, profile: AgentProfile, now: datetime) -> Finding | None:
        """Any dangerous grant without approval, or the capability code-execution, which CODE_EXECUTION_GRANT covers."""
        dangerous = names_where(profile, _is_meant)
        if not dangerous:
            return None
        holder = "Agent holds dangerous tool grants"
        if profile.tools_of:
            holder = f"Tools in {profile.tools_of} are dangerous"
        return self.finding(
            f"{holder}. Verify intent and add rate limits.",
            evidence_of("tool", dangerous),
            f"Dangerous: {listed(dangerous)}",
        )


def _is_meant(grant: ToolGrant) -> bool:
    found = grant.tool_class
    return not grant.needs_approval and found.is_dangerous and Capability.CODE_EXECUTION not in found.capabilities
