"""AGENT_SILENT: the agent has stopped reporting."""

from datetime import datetime, timezone
from typing import ClassVar

from agentsentinel_core.agents import AgentProfile, EvidenceKind
from agentsentinel_core.findings import Finding, Severity
from agentsentinel_core.posture.rule import Rule, evidence_of


class AgentSilent(Rule):
    """Fires for an agent that did not report by the time that its rhythm sets; the platform computes that time."""

    id: ClassVar[str] = "AGENT_SILENT"
    severity: ClassVar[Severity] = Severity.MEDIUM
    title: ClassVar[str] = "Agent has stopped reporting"
    rationale: ClassVar[str] = (
        "An agent that is not heard of may be broken, switched off, or working on without its reports: with a key that"
        " was revoked, past the shim, or with the SDK removed. Its score says nothing about what it does now."
    )
    remediation: ClassVar[str] = (
        "Find out whether the agent still runs, and whether its reports arrive: its key, its network, its shim or SDK."
        " If it is to rest, suspend it; if it works more rarely than it did, set its `silent_after_hours`."
    )
    references: ClassVar[tuple[str, ...]] = ("ASI10", "MCP08")
    costs_points: ClassVar[bool] = False
    needs: ClassVar[frozenset[EvidenceKind]] = frozenset({EvidenceKind.REPORTS})

    def check(self, profile: AgentProfile, now: datetime) -> Finding | None:
        """Return the finding, or None while the agent reports in time."""
        silence = profile.silence
        if silence is None:
            return None
        last, due = _minute(silence.last_report_at), _minute(silence.due_at)
        return self.finding(
            f"The agent has not reported since {last}; a report was due by {due}.",
            evidence_of("last_report", [last]),
        )


def _minute(moment: datetime) -> str:
    return f"{moment.astimezone(timezone.utc):%Y-%m-%d %H:%M} UTC"
