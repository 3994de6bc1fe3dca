"""UNPINNED_PACKAGE: a client fetches an MCP server from a registry without naming its version."""

from datetime import datetime

from agentsentinel_core.agents import AgentProfile
from agentsentinel_core.findings import Finding, Severity
from agentsentinel_core.launch import unpinned_packages
from agentsentinel_core.posture.rule import EvidenceKind, Rule, listed


class UnpinnedPackage(Rule):
    """An MCP server that a runner fetches in whatever version is newest."""

    id = "UNPINNED_PACKAGE"
    severity = Severity.MEDIUM
    title = "MCP server is started without a version"
    rationale = (
        "Anyone who can publish the package, or takes its name over, runs code with the user's rights at the next "
        "start, and nothing on this machine shows that it has changed."
    )
    remediation = (
        "Name one version: `npx -y pkg@1.2.3`, `uvx pkg==1.2.3`, `docker run image@sha256:...` or an exact tag. Raise "
        "it on purpose, after a look at what changed."
    )
    references = ("ASI04", "MCP04", "AML.T0010.005", "AML.T0109", "CWE-494")
    needs = frozenset({EvidenceKind.CONNECTIONS})

    def check(self, profile: AgentProfile, now: datetime) -> Finding | None:
        """Any server started by `npx`, `uvx`, `docker run` or another runner without an exact version or digest."""
        found = {
            (connection.server_name, package)
            for connection in profile.connections
            for package in unpinned_packages(connection.command)
        }
        if not found:
            return None
        shown = listed(f"{package} ({server})" for server, package in found)
        return self.finding(
            f"MCP servers are fetched in whatever version is newest: {shown}.",
            [f"package:{package}:{server}" for server, package in found],
            f"Without a version: {shown}",
        )
