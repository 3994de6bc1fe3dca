"""TOOL_NAME_FLOOD: the agent calls more different tools than are tracked individually."""

from datetime import datetime
from typing import ClassVar

from agentsentinel_core.agents import AgentProfile, EvidenceKind
from agentsentinel_core.behavior.counters import OTHER_TOOLS
from agentsentinel_core.findings import Finding, Severity
from agentsentinel_core.posture.rule import Rule


class ToolNameFlood(Rule):
    """Fires while calls of tools beyond the limit come in: for seven days after the last one."""

    id: ClassVar[str] = "TOOL_NAME_FLOOD"
    severity: ClassVar[Severity] = Severity.MEDIUM
    title: ClassVar[str] = "Agent calls more tools than can be watched one by one"
    rationale: ClassVar[str] = (
        "Each tool has its own baseline, and no real agent has thousands of tools. Made-up names hide one call"
        " among many, and fill the memory of the system that monitors them."
    )
    remediation: ClassVar[str] = (
        "Look at the newest names under the agent's events. Where a name holds an argument (an id, a path, a date),"
        " report the tool's own name; where an agent really needs more tools, raise MAX_TOOLS_PER_AGENT."
    )
    references: ClassVar[tuple[str, ...]] = ("ASI02", "ASI10")
    needs: ClassVar[frozenset[EvidenceKind]] = frozenset({EvidenceKind.USAGE})

    def check(self, profile: AgentProfile, now: datetime) -> Finding | None:
        """Return the finding, or None when every tool is tracked individually."""
        calls = profile.overflow_calls_7d
        if not calls:
            return None
        message = f"{calls:,} calls of the last 7 days were of tools beyond the limit, counted as one: {OTHER_TOOLS}."
        return self.finding(message, [f"tool:{OTHER_TOOLS}"])
