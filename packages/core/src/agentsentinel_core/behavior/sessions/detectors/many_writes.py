"""MANY_WRITES: a session that changes more than this agent's do."""

from agentsentinel_core.behavior.sessions.detector import Known, SessionDetector
from agentsentinel_core.behavior.sessions.session import Call, Session


class ManyWrites(SessionDetector):
    """Measures the number of calls in the session that change anything."""

    id = "MANY_WRITES"
    title = "More writes than usual"

    def measure(self, call: Call, session: Session, known: Known) -> float:
        session.totals[self.id] += call.is_write
        return session.totals[self.id]

    def explain(self, call: Call, session: Session, known: Known) -> str:
        return f"{session.totals[self.id]:.0f} calls of the session change something, more than usual"
