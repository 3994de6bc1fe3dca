"""UNLIKE_ITSELF: a session whose calls are surprising for this agent, each of them a little."""

import math

from agentsentinel_core.behavior.sessions.detector import Known, SessionDetector, sessions_of
from agentsentinel_core.behavior.sessions.session import Call, Session


class UnlikeItself(SessionDetector):
    """Measures the mean surprise of the session's calls, in bits, by the agent's own n-grams backed by its kind's."""

    id = "UNLIKE_ITSELF"
    title = "Calls in an order that this agent does not use"

    def measure(self, call: Call, session: Session, known: Known) -> float:
        peers = known.peer_probability(session, call.token)
        bits = -math.log2(known.own.ngrams.probability(session.context, call.token, peers))
        session.totals[self.id] += bits
        return session.totals[self.id] / (len(session.calls) + 2)

    def explain(self, call: Call, session: Session, known: Known) -> str:
        return f"The order of its calls up to {call.token} is unusual in {sessions_of(known)}"
