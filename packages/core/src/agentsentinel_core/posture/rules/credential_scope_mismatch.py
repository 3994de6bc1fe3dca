"""CREDENTIAL_SCOPE_MISMATCH: the agent has admin rights that it does not use."""

from datetime import datetime

from agentsentinel_core.agents import AgentProfile, ToolGrant, ToolScope
from agentsentinel_core.findings import Finding, Severity
from agentsentinel_core.posture.rule import EvidenceKind, Rule, evidence_of, listed, names_where


class CredentialScopeMismatch(Rule):
    """An admin grant without a call in 7 days."""

    id = "CREDENTIAL_SCOPE_MISMATCH"
    severity = Severity.MEDIUM
    title = "Admin rights are held but not used"
    rationale = (
        "Admin tools can change who may do what. An agent that has not called one in a week works without those "
        "rights, so its credentials reach further than its work."
    )
    remediation = "Replace the admin grant by the narrower tools the agent does call, or grant it for a limited time."
    references = ("ASI03", "AML.T0053")
    needs = frozenset({EvidenceKind.GRANTS, EvidenceKind.USAGE})

    def check(self, profile: AgentProfile, now: datetime) -> Finding | None:
        """Any grant of admin scope with no call in the last 7 days. A new grant has none, and counts."""
        idle = names_where(profile, lambda grant: _is_admin(grant) and grant.call_count_7d == 0)
        if not idle:
            return None
        return self.finding(
            f"Admin tools without a call in the last 7 days: {listed(idle)}.",
            evidence_of("tool", idle),
            f"Idle admin grants: {listed(idle)}",
        )

    def unanswered(self, profile: AgentProfile) -> tuple[EvidenceKind, ...]:
        """Return usage when an admin grant has no call count: it may or may not be idle."""
        uncounted = any(_is_admin(grant) and grant.call_count_7d is None for grant in profile.grants)
        return (EvidenceKind.USAGE,) if uncounted else ()


def _is_admin(grant: ToolGrant) -> bool:
    return grant.tool_class.scope is ToolScope.ADMIN
