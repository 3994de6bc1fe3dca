"""NEW_TRIPLES: three calls that never followed each other in this agent's sessions."""

from agentsentinel_core.behavior.sessions.detectors.new_transitions import NewTransitions


class NewTriples(NewTransitions):
    """Measures the sum of the surprise of new triples, in bits. One that agents of its kind make counts two fifths."""

    id = "NEW_TRIPLES"
    title = "Three calls that never followed each other"
    length = 3
    known_to_peers = 0.4
