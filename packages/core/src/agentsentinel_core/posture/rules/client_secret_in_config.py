"""CLIENT_SECRET_IN_CONFIG: a file of an AI client contains a credential."""

from datetime import datetime

from agentsentinel_core.agents import AgentProfile
from agentsentinel_core.findings import Finding, Severity
from agentsentinel_core.posture.rule import EvidenceKind, Rule, listed


class ClientSecretInConfig(Rule):
    """A live-looking credential in a configuration file of the client."""

    id = "CLIENT_SECRET_IN_CONFIG"
    severity = Severity.HIGH
    title = "Credentials stand in a client's configuration"
    rationale = (
        "Configuration files are synchronised, backed up, shared and committed, and every program of the user can read "
        "them: the agent itself, each MCP server it starts, each package that is installed."
    )
    remediation = (
        "Revoke the credential and issue a new one. Refer to it instead of writing it down: an environment variable "
        "(`${env:NAME}`), a prompted input (`${input:name}`) or a secret store (`op://...`)."
    )
    references = ("ASI03", "MCP01", "AML.T0055", "AML.T0083", "CWE-312")
    needs = frozenset({EvidenceKind.CONFIGURATION})

    def check(self, profile: AgentProfile, now: datetime) -> Finding | None:
        """Any credential in the client's files; references and placeholders are not credentials."""
        if not profile.secrets:
            return None
        places = {secret.where for secret in profile.secrets}
        return self.finding(
            f"Credentials are written into configuration files: {listed(places)}.",
            [f"secret:{secret.provider}:{secret.masked}:{secret.where}" for secret in profile.secrets],
            " | ".join(sorted(f"{secret.where}: {secret.masked} ({secret.provider})" for secret in profile.secrets)),
        )
