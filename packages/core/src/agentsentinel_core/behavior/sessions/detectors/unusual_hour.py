"""UNUSUAL_HOUR: a session at an hour of the day at which this agent does not work."""

import math

from agentsentinel_core.behavior.sessions.detector import Known, SessionDetector
from agentsentinel_core.behavior.sessions.session import Call, Session
from agentsentinel_core.behavior.sessions.work_profile import HOURS, hour_of

_PEER_WEIGHT = 3
"""Sessions that the agent's kind counts as, beside its own."""


class UnusualHour(SessionDetector):
    """Measures how much rarer sessions are at this hour than on average, in bits; at the first call of a session.

    Working days and weekends are apart. What is known of the agent is shrunk to its kind, and that to any hour alike.
    """

    id = "UNUSUAL_HOUR"
    title = "An hour at which this agent does not work"

    def measure(self, call: Call, session: Session, known: Known) -> float:
        if session.calls:
            return 0.0
        slots = 2 * HOURS
        peers = (known.peers.sessions_around(call.at) + 2 / slots) / (known.peers.sessions + 2)
        own = (known.own.sessions_around(call.at) + _PEER_WEIGHT * peers) / (known.own.sessions + _PEER_WEIGHT)
        return max(0.0, -math.log2(own * slots))

    def explain(self, call: Call, session: Session, known: Known) -> str:
        hour = hour_of(session.started_at)
        return f"The session began in the hour of {hour:02}:00 UTC, at which the agent rarely works"
