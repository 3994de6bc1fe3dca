"""MISSING_RATE_LIMIT: a dangerous tool has no rate limit."""

from datetime import datetime

from agentsentinel_core.agents import AgentProfile, ToolGrant
from agentsentinel_core.findings import Finding, Severity
from agentsentinel_core.posture.rule import EvidenceKind, Rule, evidence_of, listed, names_where


class MissingRateLimit(Rule):
    """A dangerous grant without a rate limit."""

    id = "MISSING_RATE_LIMIT"
    severity = Severity.LOW
    title = "Dangerous tool has no rate limit"
    rationale = (
        "An agent in a loop, by accident or by attack, repeats a call as fast as it can. A limit turns thousands of "
        "mails or deletions into a few."
    )
    remediation = (
        "Limit the calls a little above what the agent needs on a busy day: rate_limit_per_hour on the grant, a "
        "limiter in the tool, or the framework's limit of calls."
    )
    references = ("ASI08", "AML.T0034.002")
    needs = frozenset({EvidenceKind.GRANTS})

    def check(self, profile: AgentProfile, now: datetime) -> Finding | None:
        """Any dangerous grant without `rate_limit_per_hour`, another limit, or a person who approves each call."""
        unlimited = names_where(profile, _is_meant)
        if not unlimited:
            return None
        return self.finding(
            f"Dangerous tools without a rate limit: {listed(unlimited)}.",
            evidence_of("tool", unlimited),
            f"No rate limit: {listed(unlimited)}",
        )


def _is_meant(grant: ToolGrant) -> bool:
    is_restrained = grant.rate_limit_per_hour is not None or grant.is_limited or grant.needs_approval
    return grant.tool_class.is_dangerous and not is_restrained
