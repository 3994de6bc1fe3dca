"""PRIVILEGE_EXCESS: an agent that is described as read-only has grants that write."""

from datetime import datetime

from agentsentinel_core.agents import AgentProfile, ToolScope
from agentsentinel_core.findings import Finding, Severity
from agentsentinel_core.posture.rule import EvidenceKind, Rule, evidence_of, listed, names_where
from agentsentinel_core.tools.purpose import is_read_only_purpose


class PrivilegeExcess(Rule):
    """A read-only description over grants that write."""

    id = "PRIVILEGE_EXCESS"
    severity = Severity.HIGH
    title = "Read-only agent can write"
    rationale = (
        "The description says the agent only reads, yet it holds grants that change things. No one expects those "
        "calls, so no one watches for them, and an attacker who takes over the agent gets them for free."
    )
    remediation = "Revoke the write and admin grants, or correct the description if the agent really needs them."
    references = ("ASI03", "AML.T0053")
    needs = frozenset({EvidenceKind.DESCRIPTION, EvidenceKind.GRANTS})

    def check(self, profile: AgentProfile, now: datetime) -> Finding | None:
        """Any grant above read scope, under a description of the agent's own that reads as read-only."""
        writes = names_where(profile, lambda grant: grant.tool_class.scope is not ToolScope.READ)
        if not (writes and profile.is_purpose_own and is_read_only_purpose(profile.description or "")):
            return None
        return self.finding(
            f"Agent is described as read-only but may write: {listed(writes)}.",
            [*evidence_of("tool", writes), "description:read-only"],
            f"Write or admin grants: {listed(writes)}",
        )
