"""HARDCODED_CREDENTIALS: the agent's source contains a credential."""

from datetime import datetime

from agentsentinel_core.agents import AgentProfile, HardcodedSecret
from agentsentinel_core.findings import Finding, Severity
from agentsentinel_core.posture.rule import EvidenceKind, Rule, listed


class HardcodedCredentials(Rule):
    """A credential literal in the source."""

    id = "HARDCODED_CREDENTIALS"
    severity = Severity.CRITICAL
    title = "Credentials stand in the source"
    rationale = (
        "Anyone who can read the code, now or in any old commit, copy or container image, has the key. An agent makes "
        "it worse: a tool that reads files can be talked into reading its own source."
    )
    remediation = (
        "Take the key as known to others: revoke it, issue a new one, and read that from the environment or a secret "
        "store at run time."
    )
    references = ("ASI03", "AML.T0055", "AML.T0083", "AML.T0098")
    needs = frozenset({EvidenceKind.SOURCE})

    def check(self, profile: AgentProfile, now: datetime) -> Finding | None:
        """Any credential in the agent's source."""
        if not profile.secrets:
            return None
        shown = {_shown(secret) for secret in profile.secrets}
        return self.finding(
            f"Credentials are written into the source: {listed(shown)}.",
            [f"secret:{secret.provider}:{secret.masked}" for secret in profile.secrets],
            f"Credentials: {listed(shown)}",
        )


def _shown(secret: HardcodedSecret) -> str:
    return f"{secret.masked} ({secret.provider})"
