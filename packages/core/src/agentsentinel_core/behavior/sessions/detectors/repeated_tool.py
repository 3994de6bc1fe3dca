"""REPEATED_TOOL: one tool many times in a row."""

import math

from agentsentinel_core.behavior.sessions.detector import Known, SessionDetector
from agentsentinel_core.behavior.sessions.session import Call, Session


class RepeatedTool(SessionDetector):
    """Measures the logarithm (base 2) of how often in a row the same tool was called, whatever the arguments."""

    id = "REPEATED_TOOL"
    title = "One tool many times in a row"

    def measure(self, call: Call, session: Session, known: Known) -> float:
        before = session.previous
        run = session.totals[self.id] = session.totals[self.id] + 1 if before and before.token == call.token else 1
        return math.log2(run)

    def explain(self, call: Call, session: Session, known: Known) -> str:
        return f"{call.token} was called {session.totals[self.id]:.0f} times in a row"
