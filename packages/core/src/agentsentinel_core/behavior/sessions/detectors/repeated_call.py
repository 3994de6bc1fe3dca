"""REPEATED_CALL: one call, with the same arguments, over and over."""

import math

from agentsentinel_core.behavior.sessions.detector import Known, SessionDetector
from agentsentinel_core.behavior.sessions.session import Call, Session


class RepeatedCall(SessionDetector):
    """Measures the logarithm (base 2) of how often in a row the same arguments were sent to the same tool."""

    id = "REPEATED_CALL"
    title = "The same call over and over"

    def measure(self, call: Call, session: Session, known: Known) -> float:
        before = session.previous
        is_same = (
            before is not None
            and call.argument is not None
            and (before.token, before.argument) == (call.token, call.argument)
        )
        run = session.totals[self.id] = session.totals[self.id] + 1 if is_same else 1
        return math.log2(run)

    def explain(self, call: Call, session: Session, known: Known) -> str:
        return f"{call.token} was called {session.totals[self.id]:.0f} times in a row with the same arguments"
