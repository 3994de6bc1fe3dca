"""UNPREPARED_WRITE: a write without the call that usually comes before it."""

import math
from itertools import islice

from agentsentinel_core.behavior.sessions.detector import Known, SessionDetector, sessions_of
from agentsentinel_core.behavior.sessions.session import Call, Session

MAX_TOOLS = 128
"""Tools of an agent that are looked at, in the order in which it first used them."""
_PEER_WEIGHT = 0.5
"""Part of a session of its own that a session of an agent's peers counts as."""


class UnpreparedWrite(SessionDetector):
    """Measures the surprise, in bits, that a tool which usually comes before this write is missing: the worst of them.

    Only the first call of each write counts. O(MAX_TOOLS) for a call.
    """

    id = "UNPREPARED_WRITE"
    title = "A write without what usually comes before it"

    def measure(self, call: Call, session: Session, known: Known) -> float:
        if not call.is_write or call.token in session.distinct:
            return 0.0
        return max((_surprise(missing, call.token, known) for missing in _missing(call, session, known)), default=0.0)

    def explain(self, call: Call, session: Session, known: Known) -> str:
        missing = max(
            _missing(call, session, known), key=lambda one: _surprise(one, call.token, known), default="anything"
        )
        return f"{call.token} without {missing} before it, which is rare in {sessions_of(known)}"


def _missing(call: Call, session: Session, known: Known) -> list[str]:
    tools = islice(known.own.tool_sessions, MAX_TOOLS)
    return [tool for tool in tools if tool not in session.distinct and tool != call.token]


def _surprise(missing: str, write: str, known: Known) -> float:
    times = _weighed(known.own.precedence[missing, write], known.peers.precedence[missing, write])
    out_of = _weighed(known.own.tool_sessions[write], known.peers.tool_sessions[write])
    return -math.log2(1 - min(times, out_of) / (out_of + 1))  # after an eviction, a tool may have fewer sessions


def _weighed(own: int, peers: int) -> float:
    """Return sessions of the agent and of its peers, which include its own."""
    return own + _PEER_WEIGHT * max(0, peers - own)
