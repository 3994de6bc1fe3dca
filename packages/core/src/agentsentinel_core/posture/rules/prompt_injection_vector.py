"""PROMPT_INJECTION_VECTOR: an agent reads web content and can also write."""

from datetime import datetime

from agentsentinel_core.agents import AgentProfile, Capability, ToolGrant, ToolScope
from agentsentinel_core.findings import Finding, Severity
from agentsentinel_core.posture.rule import EvidenceKind, Rule, evidence_of, listed, names_where
from agentsentinel_core.tools.name import read_name
from agentsentinel_core.tools.vocabulary import BROWSERS


def _acts(grant: ToolGrant) -> bool:
    """Whether a tool may be steered by what was read; a web reader that only keeps what it read is not."""
    found = grant.tool_class
    if found.scope is ToolScope.READ:
        return False
    reads_web = Capability.WEB_READ in found.capabilities
    return not reads_web or found.is_dangerous or not BROWSERS.isdisjoint(read_name(found.name).bases)


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
        """Any web-read grant beside one that acts: another tool, or a browser or dangerous tool itself."""
        web = names_where(profile, lambda grant: Capability.WEB_READ in grant.tool_class.capabilities)
        writes = names_where(profile, _acts)
        if not web or not writes:
            return None
        return self.finding(
            "Agent reads web content and may also write.",
            evidence_of("tool", web + writes),
            f"Web-read: {listed(web)} | Write: {listed(writes)}",
        )
