"""FAST_PACE: calls that follow each other faster than this agent's do."""

import math
from itertools import pairwise

from agentsentinel_core.behavior.sessions.detector import Known, SessionDetector
from agentsentinel_core.behavior.sessions.session import Call, Session
from agentsentinel_core.behavior.sessions.work_profile import log_gap

GAPS = 4
"""Gaps that are averaged; a model that answers at once for a single call is nothing new."""


class FastPace(SessionDetector):
    """Measures by how many deviations the last gaps are shorter than usual, on a logarithmic scale."""

    id = "FAST_PACE"
    title = "Calls in quick succession"

    def measure(self, call: Call, session: Session, known: Known) -> float:
        times = [earlier.at for earlier in session.calls[-GAPS:]] + [call.at]
        gaps = [log_gap(earlier, later) for earlier, later in pairwise(times)]
        if len(gaps) < 2:
            return 0.0
        mean, deviation = known.own.gap_distribution()
        return max(0.0, (mean - math.fsum(gaps) / len(gaps)) * math.sqrt(len(gaps)) / deviation)

    def explain(self, call: Call, session: Session, known: Known) -> str:
        return f"Calls up to {call.token} follow each other faster than this agent's usually do"
