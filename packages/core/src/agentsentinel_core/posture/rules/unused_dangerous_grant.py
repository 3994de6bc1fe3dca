"""UNUSED_DANGEROUS_GRANT: a dangerous tool has not been called for 30 days."""

from datetime import datetime, timedelta

from agentsentinel_core.agents import AgentProfile, ToolGrant
from agentsentinel_core.findings import Finding, Severity
from agentsentinel_core.posture.rule import EvidenceKind, Rule, evidence_of, listed, names_where

STALE_AFTER = timedelta(days=30)
"""Time without a call after which a grant counts as unused."""


class UnusedDangerousGrant(Rule):
    """A dangerous grant without a call in 30 days."""

    id = "UNUSED_DANGEROUS_GRANT"
    severity = Severity.HIGH
    title = "Dangerous grant is not used"
    rationale = (
        "A grant that is not used has no benefit and stays open to an attacker who takes over the agent. Removing it "
        "costs nothing, and no harmless call will hide an attack on it."
    )
    remediation = "Revoke the grant. If it is kept for rare use, grant it again when that use comes."
    references = ("ASI03", "AML.T0053")
    needs = frozenset({EvidenceKind.GRANTS, EvidenceKind.USAGE})

    def check(self, profile: AgentProfile, now: datetime) -> Finding | None:
        """Any dangerous grant whose last call, or else its creation, is 30 days ago or more. Unknown age is stale."""
        stale = names_where(profile, lambda grant: grant.tool_class.is_dangerous and _is_stale(grant, now))
        if not stale:
            return None
        return self.finding(
            f"Dangerous tools without a call in {STALE_AFTER.days} days: {listed(stale)}.",
            evidence_of("tool", stale),
            f"Unused: {listed(stale)}",
        )


def _is_stale(grant: ToolGrant, now: datetime) -> bool:
    # A grant that was never called ages from its creation, or every new agent would start with a finding.
    since = grant.last_called_at or grant.granted_at
    return since is None or now - since >= STALE_AFTER
