"""NEW_TRANSITIONS: tools that never followed each other in this agent's sessions."""

from agentsentinel_core.behavior.sessions.detector import Known, SessionDetector, after, sessions_of
from agentsentinel_core.behavior.sessions.session import Call, Session


class NewTransitions(SessionDetector):
    """Measures the sum of the surprise of new transitions, in bits: little for an agent that often makes new ones.

    A transition that agents of its kind make counts half.
    """

    id = "NEW_TRANSITIONS"
    title = "Tools that never followed each other"
    length = 2
    known_to_peers = 0.5

    def measure(self, call: Call, session: Session, known: Known) -> float:
        window = session.window(self.length, call.token)
        own = known.own.windows[self.length]
        if not own[window]:
            share = self.known_to_peers if known.peers.windows[self.length][window] else 1.0
            session.totals[self.id] += share * own.novelty_bits
        return session.totals[self.id]

    def explain(self, call: Call, session: Session, known: Known) -> str:
        return f"{after(call, session)}: new transitions like this were not seen in {sessions_of(known)}"
