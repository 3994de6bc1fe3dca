"""TOOL_SPRAWL: an agent has more tools than one task needs."""

from datetime import datetime

from agentsentinel_core.agents import AgentProfile, ToolCategory
from agentsentinel_core.findings import Finding, Severity
from agentsentinel_core.posture.rule import EvidenceKind, Rule, evidence_of, listed

MOST_TOOLS = 15
"""Most tools an agent may hold on the server."""
MOST_TOOLS_IN_SOURCE = 10
CATEGORIES_IN_SOURCE = 5
"""Least number of categories for a finding in source. Source lists tools before anyone chose which to grant, so the
limit of tools is lower; but a server about one subject may have that many."""


class ToolSprawl(Rule):
    """More than fifteen grants; in source, more than ten over five subjects."""

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

    def __init__(self, most_tools: int = MOST_TOOLS, least_categories: int = 0) -> None:
        self._most_tools = most_tools
        self._least_categories = least_categories

    def check(self, profile: AgentProfile, now: datetime) -> Finding | None:
        """More different tools than allowed, over enough categories; the same tool granted twice is one."""
        names = {grant.tool_name for grant in profile.grants}
        if len(names) <= self._most_tools:
            return None
        categories = {category for grant in profile.grants for category in grant.tool_class.categories}
        categories.discard(ToolCategory.OTHER)
        if len(categories) < self._least_categories:
            return None
        over = f", over {len(categories)} categories" if self._least_categories else ""
        return self.finding(
            f"Agent holds {len(names)} tools (more than {self._most_tools}){over}.",
            evidence_of("tool", names),
            f"Tools: {listed(names)}",
        )
