"""SECRETS_ACCESS_GRANT: the agent can read secrets."""

from datetime import datetime

from agentsentinel_core.agents import AgentProfile, Capability
from agentsentinel_core.findings import Finding, Severity
from agentsentinel_core.posture.rule import EvidenceKind, Rule, evidence_of, listed, names_where


class SecretsAccessGrant(Rule):
    """A tool that returns secrets, vault contents or credentials."""

    id = "SECRETS_ACCESS_GRANT"
    severity = Severity.HIGH
    title = "Secrets can be read"
    rationale = (
        "What an agent reads ends up in a model's context, and from there in logs, answers and other tools. A secret "
        "that was read once must be treated as known to others."
    )
    remediation = (
        "Let the tool use the secret itself instead of handing it to the agent, and give it a short-lived credential "
        "that opens one thing."
    )
    references = ("ASI03", "AML.T0055", "AML.T0098")
    needs = frozenset({EvidenceKind.GRANTS})

    def check(self, profile: AgentProfile, now: datetime) -> Finding | None:
        """Any grant with the capability secrets."""
        readers = names_where(profile, lambda grant: Capability.SECRETS in grant.tool_class.capabilities)
        if not readers:
            return None
        return self.finding(
            f"{profile.subject} read secrets through: {listed(readers)}.",
            evidence_of("tool", readers),
            f"Secrets: {listed(readers)}",
        )
