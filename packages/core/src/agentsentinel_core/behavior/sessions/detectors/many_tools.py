"""MANY_TOOLS: more different tools than this agent's sessions use."""

import math

from agentsentinel_core.behavior.sessions.detector import Known, SessionDetector
from agentsentinel_core.behavior.sessions.session import Call, Session


class ManyTools(SessionDetector):
    """Measures the logarithm (base 2) of the number of different tools."""

    id = "MANY_TOOLS"
    title = "More different tools than usual"

    def measure(self, call: Call, session: Session, known: Known) -> float:
        session.totals[self.id] += call.token not in session.tokens
        return math.log2(session.totals[self.id])

    def explain(self, call: Call, session: Session, known: Known) -> str:
        return f"{session.totals[self.id]:.0f} different tools are more than usual"
