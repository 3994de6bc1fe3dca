"""RECURRING_NOVELTY: a new transition that came to stay, as when a tool's description steers the agent."""

import math

from agentsentinel_core.behavior.sessions.detector import Known, SessionDetector, after
from agentsentinel_core.behavior.sessions.session import Call, Session

LEAST_SESSIONS = 4
_CAUTION = 12
"""Earlier sessions at which the measure has half its weight."""


def recurrence_bits(times: int, sessions: int, older_times: int, older_sessions: int) -> float:
    """Return the surprise, in bits, of this many recent sessions with something, by its share of those before.

    0 when it is not more frequent than before; less while few earlier sessions are known.
    """
    expected = sessions * (older_times + 0.5) / (older_sessions + 2)
    if not older_sessions or times <= expected:
        return 0.0
    bits = times * math.log2(times / expected) - (times - expected) / math.log(2)
    return bits * older_sessions / (older_sessions + _CAUTION)


class RecurringNovelty(SessionDetector):
    """Measures how much more often the last 16 sessions had this transition than those before them, in bits."""

    id = "RECURRING_NOVELTY"
    title = "A new order of calls that recurs"

    def measure(self, call: Call, session: Session, known: Known) -> float:
        recent = known.recent
        if len(recent) < LEAST_SESSIONS:
            return 0.0
        transition = (session.context[-1], call.token)
        return recurrence_bits(
            recent.with_transition(transition) + 1,
            len(recent) + 1,
            recent.older_transitions[transition],
            recent.older_sessions,
        )

    def explain(self, call: Call, session: Session, known: Known) -> str:
        return f"{after(call, session)} recurs in the last sessions and was rare before"
