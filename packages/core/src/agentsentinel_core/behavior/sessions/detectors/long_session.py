"""LONG_SESSION: more calls than this agent's sessions have."""

import math

from agentsentinel_core.behavior.sessions.detector import Known, SessionDetector
from agentsentinel_core.behavior.sessions.session import Call, Session


class LongSession(SessionDetector):
    """Measures the logarithm (base 2) of the number of calls."""

    id = "LONG_SESSION"
    title = "A longer session than usual"

    def measure(self, call: Call, session: Session, known: Known) -> float:
        return math.log2(len(session.calls) + 1)

    def explain(self, call: Call, session: Session, known: Known) -> str:
        return f"{len(session.calls) + 1} calls are more than this agent's sessions usually have"
