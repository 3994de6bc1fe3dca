"""NEW_TRIPLES: three calls that never followed each other in this agent's sessions."""

from agentsentinel_core.behavior.sessions.detector import Known, sessions_of
from agentsentinel_core.behavior.sessions.detectors.new_transitions import NewTransitions
from agentsentinel_core.behavior.sessions.session import Call, Session


class NewTriples(NewTransitions):
    """Measures the sum of the surprise of new triples, in bits. One that agents of its kind make counts two fifths."""

    id = "NEW_TRIPLES"
    title = "Three calls that never followed each other"
    length = 3
    known_to_peers = 0.4

    def explain(self, call: Call, session: Session, known: Known) -> str:
        return f"Three calls in a row that end with {call.token} were not seen in {sessions_of(known)}"
