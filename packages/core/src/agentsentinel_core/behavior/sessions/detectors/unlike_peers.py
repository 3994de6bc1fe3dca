"""UNLIKE_PEERS: a call that agents of this kind do not make at this point."""

import math

from agentsentinel_core.behavior.sessions.detector import Known, SessionDetector, after, sessions_of
from agentsentinel_core.behavior.sessions.session import Call, Session


class UnlikePeers(SessionDetector):
    """Measures the surprise of the call after the two before it, in bits, by the n-grams of its kind of agent."""

    id = "UNLIKE_PEERS"
    title = "A call that agents of this kind do not make here"

    def measure(self, call: Call, session: Session, known: Known) -> float:
        return -math.log2(known.peer_probability(session, call.token))

    def explain(self, call: Call, session: Session, known: Known) -> str:
        return f"{after(call, session)} is unusual in {sessions_of(known)}"
