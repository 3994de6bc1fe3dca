"""SESSION_ANOMALY: sessions of the agent are unlike its and its peers' normal work."""

from datetime import datetime
from typing import ClassVar

from agentsentinel_core.agents import AgentProfile, EvidenceKind
from agentsentinel_core.findings import Finding, Severity
from agentsentinel_core.posture.rule import Rule, evidence_of


class SessionAnomaly(Rule):
    """Fires for sessions above the alert line; the platform gives those of the last seven days."""

    id: ClassVar[str] = "SESSION_ANOMALY"
    severity: ClassVar[Severity] = Severity.HIGH
    title: ClassVar[str] = "Sessions are unlike the agent's normal work"
    rationale: ClassVar[str] = (
        "An agent that was hijacked mostly makes calls that it may make, at a usual rate. What gives it away is the"
        " session: the order of its calls, their pace, and what is written after what was read."
    )
    remediation: ClassVar[str] = (
        "Look at the calls of the sessions. If they are fine, say so, and the agent learns them; if not, mark them as"
        " an attack and suspend the agent. Announce a new version of an agent before it works in another way."
    )
    references: ClassVar[tuple[str, ...]] = ("ASI01", "ASI10", "AML.T0053")
    costs_points: ClassVar[bool] = False
    needs: ClassVar[frozenset[EvidenceKind]] = frozenset({EvidenceKind.SESSIONS})

    def check(self, profile: AgentProfile, now: datetime) -> Finding | None:
        """Return the finding, or None when no session is above the alert line."""
        if not profile.risky_sessions:
            return None
        riskiest = max(profile.risky_sessions, key=lambda one: (one.risk, one.session))
        number = len(profile.risky_sessions)
        what = "A session is" if number == 1 else f"{number} sessions are"
        return self.finding(
            f"{what} unlike the agent's normal work; the risk is up to {riskiest.risk:.2f}.",
            evidence_of("session", (one.session for one in profile.risky_sessions)),
            "; ".join(riskiest.reasons),
        )
