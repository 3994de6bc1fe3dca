"""More tools than one agent can need."""

from datetime import datetime

from agentsentinel_core.agents import AgentProfile
from agentsentinel_core.findings import Finding, Severity
from agentsentinel_core.posture.rule import EvidenceKind, Rule, evidence_of, listed

MOST_TOOLS = 15
"""Tools an agent may hold before it holds too many."""


class ToolSprawl(Rule):
    """More than fifteen grants."""

    id = "TOOL_SPRAWL"
    severity = Severity.MEDIUM
    title = "Agent holds too many tools"
    rationale = (
        "The more tools, the more ways to combine them, the easier a wrong one is chosen, and the harder it is to say "
        "which of them the agent really needs."
    )
    remediation = "Remove the tools that are not called, and split the agent by task."
    references = ("ASI04", "AML.T0010.005", "AML.T0084.001")
    needs = frozenset({EvidenceKind.GRANTS})

    def check(self, profile: AgentProfile, now: datetime) -> Finding | None:
        """More than fifteen different tools; the same tool granted twice is one."""
        names = {grant.tool_name for grant in profile.grants}
        if len(names) <= MOST_TOOLS:
            return None
        return self.finding(
            f"Agent holds {len(names)} tools (more than {MOST_TOOLS}).",
            evidence_of("tool", names),
            f"Tools: {listed(names)}",
        )
