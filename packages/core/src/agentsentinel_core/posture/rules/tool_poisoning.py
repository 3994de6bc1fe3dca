"""TOOL_POISONING: a tool's description contains text meant for the model and hidden from people."""

from datetime import datetime

from agentsentinel_core.agents import AgentProfile
from agentsentinel_core.findings import Finding, Severity
from agentsentinel_core.posture.rule import EvidenceKind, Rule, listed


class ToolPoisoning(Rule):
    """Instructions to the model, hidden characters or instructions about other tools in a tool's description."""

    id = "TOOL_POISONING"
    severity = Severity.CRITICAL
    title = "Tool description carries hidden instructions"
    rationale = (
        "The model reads every tool's description with the trust it gives its own instructions, and people rarely see "
        "it. Text that gives orders there takes over the agent without the tool ever being called."
    )
    remediation = (
        "Remove the tool until it is known where the text comes from. A description says what the tool does and what "
        "it takes, in visible characters, and leaves other tools alone."
    )
    references = ("ASI01", "ASI04", "AML.T0110", "AML.T0051.001")
    needs = frozenset({EvidenceKind.DEFINITIONS})

    def check(self, profile: AgentProfile, now: datetime) -> Finding | None:
        """Any poisoned tool description in the source or in a manifest."""
        if not profile.poison:
            return None
        tools = {text.tool_name for text in profile.poison}
        quotes = sorted({f"{text.tool_name} ({text.kind}): {text.excerpt}" for text in profile.poison})
        return self.finding(
            f"Text that describes tools is meant to steer the model: {listed(tools)}.",
            [f"poison:{text.kind}:{text.tool_name}" for text in profile.poison],
            " | ".join(quotes[:3]),
        )
