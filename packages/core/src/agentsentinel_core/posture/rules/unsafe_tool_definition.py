"""UNSAFE_TOOL_DEFINITION: a definition of an MCP server makes clients fetch, run or disclose something."""

from datetime import datetime

from agentsentinel_core.agents import AgentProfile, DefectKind
from agentsentinel_core.findings import Finding, Severity
from agentsentinel_core.posture.manifest_rule import ManifestRule
from agentsentinel_core.posture.rule import EvidenceKind


class UnsafeToolDefinition(ManifestRule):
    """A definition of an MCP server makes clients fetch, run or disclose something."""

    id = "UNSAFE_TOOL_DEFINITION"
    severity = Severity.MEDIUM
    title = "Definition is unsafe for clients"
    rationale = (
        "Clients act on definitions before any tool is called: they load schemas and icons, repeat parameters in "
        "headers that proxies log, share lists from caches, and run what skills bring."
    )
    remediation = (
        "Keep schemas self-contained and small, secrets out of headers, lists of signed-in callers private, icons on "
        "https, and skills without tools, hooks and unlisted files of their own."
    )
    references = ("ASI04", "ASI07", "AML.T0110")
    needs = frozenset({EvidenceKind.MANIFEST})

    def check(self, profile: AgentProfile, now: datetime) -> Finding | None:
        """Any defect of this kind in a manifest."""
        return self.defects(profile, DefectKind.UNSAFE, "Definitions are unsafe for clients")
