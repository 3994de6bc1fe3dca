"""VAGUE_TOOL_DESCRIPTION: a tool or prompt of an MCP server has no description, or one that says nothing."""

from datetime import datetime

from agentsentinel_core.agents import AgentProfile, DefectKind
from agentsentinel_core.findings import Finding, Severity
from agentsentinel_core.posture.manifest_rule import ManifestRule
from agentsentinel_core.posture.rule import EvidenceKind


class VagueToolDescription(ManifestRule):
    """A tool or prompt of an MCP server has no description, or one that says nothing."""

    id = "VAGUE_TOOL_DESCRIPTION"
    severity = Severity.LOW
    title = "Tool does not say what it does"
    rationale = (
        "The model chooses tools by their descriptions, and people approve calls by them. Without one the model "
        "guesses from the name, and people cannot tell a changed tool from the one that was approved."
    )
    remediation = "Describe in a sentence what the tool does, what it changes and what it needs."
    references = ("ASI02", "ASI09")
    needs = frozenset({EvidenceKind.MANIFEST})

    def check(self, profile: AgentProfile, now: datetime) -> Finding | None:
        """Any defect of this kind in a manifest."""
        return self.defects(profile, DefectKind.VAGUE, "Descriptions say nothing")
