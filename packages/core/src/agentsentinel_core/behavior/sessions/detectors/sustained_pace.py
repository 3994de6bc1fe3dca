"""SUSTAINED_PACE: a long run of calls that follow each other faster than this agent's do."""

import math

from agentsentinel_core.behavior.sessions.detector import Known, SessionDetector
from agentsentinel_core.behavior.sessions.session import Call, Session
from agentsentinel_core.behavior.sessions.work_profile import log_gap

ALLOWANCE = 0.75
"""Deviations by which a gap may be shorter than usual without adding to the sum."""
_SCALE = 4.0
"""Strength for each doubling of the sum, so that strengths reach about 30."""


class SustainedPace(SessionDetector):
    """Measures a one-sided cumulative sum (CUSUM; Page 1954) of how much shorter than usual the gaps are.

    In deviations on a logarithmic scale, less the allowance; the strength grows with its logarithm.
    """

    id = "SUSTAINED_PACE"
    title = "A long run of calls in quick succession"

    def measure(self, call: Call, session: Session, known: Known) -> float:
        if session.previous is None:
            return 0.0
        mean, deviation = known.own.gap_distribution()
        shorter = (mean - log_gap(session.previous.at, call.at)) / deviation
        total = session.totals[self.id] = max(0.0, session.totals[self.id] + shorter - ALLOWANCE)
        return _SCALE * math.log2(1 + total)

    def explain(self, call: Call, session: Session, known: Known) -> str:
        return f"A long run of calls up to {call.token}, faster than this agent's usually are"
