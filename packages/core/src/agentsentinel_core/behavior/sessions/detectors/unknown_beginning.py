"""UNKNOWN_BEGINNING: a session that has left every way in which sessions of this agent began."""

import math

from agentsentinel_core.behavior.sessions.detector import Known, SessionDetector, sessions_of
from agentsentinel_core.behavior.sessions.session import Call, Session
from agentsentinel_core.behavior.sessions.work_profile import MAX_PREFIX

_WEIGHT = 2
"""Sessions that the n-grams of the agent's kind count as beside the kind's sessions, and these beside its own."""


class UnknownBeginning(SessionDetector):
    """Measures the surprise of the call after all calls before it, in bits."""

    id = "UNKNOWN_BEGINNING"
    title = "A session that goes on as none did"

    def measure(self, call: Call, session: Session, known: Known) -> float:
        probability = known.peer_probability(session, call.token)
        before = tuple(session.tokens[:MAX_PREFIX])
        after = (*before, call.token)
        for profile in (known.peers, known.own) if len(before) < MAX_PREFIX else ():
            probability = (profile.prefixes[after] + _WEIGHT * probability) / (profile.prefixes[before] + _WEIGHT)
        return -math.log2(probability)

    def explain(self, call: Call, session: Session, known: Known) -> str:
        place = len(session.calls) + 1
        return f"A session with {call.token} as call {place}, after these, is unusual in {sessions_of(known)}"
