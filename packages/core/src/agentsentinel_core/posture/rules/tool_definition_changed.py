"""TOOL_DEFINITION_CHANGED: the manifest of an MCP server differs from the one that was approved."""

from datetime import datetime

from agentsentinel_core.agents import AgentProfile
from agentsentinel_core.findings import Finding, Severity
from agentsentinel_core.posture.rule import EvidenceKind, Rule, listed

_MOST_QUOTED = 5


class ToolDefinitionChanged(Rule):
    """The manifest of an MCP server differs from the one that was approved."""

    id = "TOOL_DEFINITION_CHANGED"
    severity = Severity.CRITICAL
    title = "MCP server changed what it offers"
    rationale = (
        "A server that was harmless when it was approved can change its tools and texts at any time (a rug pull), and "
        "the model follows the new text at once. The finding is as severe as the worst change: LOW for other words, "
        "MEDIUM for a wider schema, HIGH for a new tool that writes, CRITICAL for changed instructions or skills."
    )
    remediation = (
        "Read what changed. If it is expected, approve the manifest on the agent's page, or save the baseline of "
        "`sentinel mcp scan` again. If it is not, reject it and disconnect the server."
    )
    references = ("ASI04", "ASI01", "AML.T0109")
    needs = frozenset({EvidenceKind.MANIFEST})

    def check(self, profile: AgentProfile, now: datetime) -> Finding | None:
        """Any change; the severity is that of the worst one."""
        changes = sorted(
            profile.definition_changes, key=lambda change: (-change.severity.rank, change.item, change.what)
        )
        if not changes:
            return None
        lines = [f"{change.item}: {change.what}" for change in changes]
        more = f" | and {len(lines) - _MOST_QUOTED} more" if len(lines) > _MOST_QUOTED else ""
        return Finding(
            self.id,
            changes[0].severity,
            self.title,
            f"The server changed since it was approved: {listed(change.item for change in changes)}.",
            tuple(f"change:{line}" for line in lines),
            " | ".join(lines[:_MOST_QUOTED]) + more,
        )
