"""UNGRANTED_TOOL_CALL: the agent called tools that it was not granted."""

from datetime import datetime
from typing import ClassVar

from agentsentinel_core.agents import AgentProfile, EvidenceKind
from agentsentinel_core.findings import Finding, Severity
from agentsentinel_core.posture.rule import Rule, evidence_of, listed


class UngrantedToolCall(Rule):
    """Fires for calls of the last seven days, whatever became of them; the platform gives their tools."""

    id: ClassVar[str] = "UNGRANTED_TOOL_CALL"
    severity: ClassVar[Severity] = Severity.HIGH
    title: ClassVar[str] = "Agent called tools that it was not granted"
    rationale: ClassVar[str] = (
        "What an agent may do was decided by those who granted its tools. A call beyond that is either a grant that was"
        " forgotten, or an agent that someone else steers; no statistics are needed to see it."
    )
    remediation: ClassVar[str] = (
        "Look at the calls. If the agent needs the tool, grant it; if not, suspend the agent and find out what made the"
        " call. A shim or hook that enforces refuses such calls."
    )
    references: ClassVar[tuple[str, ...]] = ("ASI02", "ASI03", "ASI10", "AML.T0053")
    needs: ClassVar[frozenset[EvidenceKind]] = frozenset({EvidenceKind.DECLARATIONS, EvidenceKind.USAGE})

    def check(self, profile: AgentProfile, now: datetime) -> Finding | None:
        """Return the finding, or None when every tool that was called is granted."""
        tools = sorted(profile.ungranted_tools)
        if not tools:
            return None
        return self.finding(
            f"Called in the last 7 days, and granted by no one: {listed(tools)}.", evidence_of("tool", tools)
        )
