"""LATERAL_MOVEMENT_PATH: the agent has tools for access rights and tools for infrastructure."""

from datetime import datetime

from agentsentinel_core.agents import AgentProfile, ToolCategory
from agentsentinel_core.findings import Finding, Severity
from agentsentinel_core.posture.rule import EvidenceKind, Rule, evidence_of, listed, names_where


class LateralMovementPath(Rule):
    """A tool of category admin and one of category infrastructure."""

    id = "LATERAL_MOVEMENT_PATH"
    severity = Severity.HIGH
    title = "Agent reaches both rights and infrastructure"
    rationale = (
        "Who can look into or change rights, and also reach what runs where, can go from one system to the next: find "
        "or make a role, then use it on another machine."
    )
    remediation = "Give rights and infrastructure to different agents, each with its own identity."
    references = ("ASI03", "ASI07", "AML.TA0015", "AML.T0091.000")
    needs = frozenset({EvidenceKind.GRANTS})

    def check(self, profile: AgentProfile, now: datetime) -> Finding | None:
        """At least one grant of each category, of any scope: lateral movement begins with reading."""
        admin = names_where(profile, lambda grant: ToolCategory.ADMIN in grant.tool_class.categories)
        if not admin:
            return None
        infrastructure = names_where(profile, lambda grant: ToolCategory.INFRASTRUCTURE in grant.tool_class.categories)
        if not infrastructure:
            return None
        return self.finding(
            "Agent holds both admin and infrastructure tools.",
            evidence_of("tool", admin + infrastructure),
            f"Admin: {listed(admin)} | Infrastructure: {listed(infrastructure)}",
        )
