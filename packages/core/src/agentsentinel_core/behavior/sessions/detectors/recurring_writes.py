"""RECURRING_WRITES: a tool that writes, used in more and more sessions."""

from agentsentinel_core.behavior.sessions.detector import Known, SessionDetector
from agentsentinel_core.behavior.sessions.detectors.recurring_novelty import LEAST_SESSIONS, recurrence_bits
from agentsentinel_core.behavior.sessions.session import Call, Session


class RecurringWrites(SessionDetector):
    """Measures how much more often the last 16 sessions used this write tool than those before them, in bits."""

    id = "RECURRING_WRITES"
    title = "A write in more and more sessions"

    def measure(self, call: Call, session: Session, known: Known) -> float:
        recent = known.recent
        if not call.is_write or len(recent) < LEAST_SESSIONS:
            return 0.0
        times = recent.with_tool(call.token) + 1
        return recurrence_bits(times, len(recent) + 1, recent.older_tools[call.token], recent.older_sessions)

    def explain(self, call: Call, session: Session, known: Known) -> str:
        return f"{call.token} is used in more and more sessions"
