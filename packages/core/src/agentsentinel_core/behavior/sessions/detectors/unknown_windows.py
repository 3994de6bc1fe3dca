"""UNKNOWN_WINDOWS: four calls in a row that no agent of this kind made."""

from agentsentinel_core.behavior.sessions.detector import Known, SessionDetector, sessions_of
from agentsentinel_core.behavior.sessions.session import Call, Session

WINDOW = 4


class UnknownWindows(SessionDetector):
    """Measures the share of the session's windows of four calls that are unknown to its kind of agent."""

    id = "UNKNOWN_WINDOWS"
    title = "Four calls in a row that no agent of this kind made"

    def measure(self, call: Call, session: Session, known: Known) -> float:
        window = session.window(WINDOW, call.token)
        session.totals[self.id] += not known.peers.windows[WINDOW][window]
        return session.totals[self.id] / (len(session.calls) + 2)

    def explain(self, call: Call, session: Session, known: Known) -> str:
        return f"Four calls in a row that end with {call.token} were not seen in {sessions_of(known)}"
