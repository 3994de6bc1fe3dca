"""PROMPT_INJECTION_VECTOR: an agent reads web content and can also write."""

from datetime import datetime

from agentsentinel_core.agents import AgentProfile, Capability, ToolScope
from agentsentinel_core.findings import Finding, Severity
from agentsentinel_core.posture.rule import EvidenceKind, Rule, evidence_of, listed, names_where


class PromptInjectionVector(Rule):
    """A web read and a write granted to the same agent."""

    id = "PROMPT_INJECTION_VECTOR"
    severity = Severity.HIGH
    title = "Web content can steer an agent that writes"
    rationale = (
        "A page can hold instructions, and a model cannot reliably tell them from its own. An agent that reads the web "
        "and may also write can be made to write by the owner of any page it visits."
    )
    remediation = (
        "Let a second agent without write grants read the web and pass on a summary, restrict the sites, or let a "
        "person approve writes that follow a web read."
    )
    references = ("ASI01", "AML.T0051.001", "AML.T0093")
    needs = frozenset({EvidenceKind.GRANTS})

    def check(self, profile: AgentProfile, now: datetime) -> Finding | None:
        """At least one web-read grant and at least one above read scope; one tool that is both is enough."""
        web = names_where(profile, lambda grant: Capability.WEB_READ in grant.tool_class.capabilities)
        if not web:
            return None
        writes = names_where(profile, lambda grant: grant.tool_class.scope is not ToolScope.READ)
        if not writes:
            return None
        return self.finding(
            "Agent reads web content and may also write.",
            evidence_of("tool", web + writes),
            f"Web-read: {listed(web)} | Write: {listed(writes)}",
        )
