"""READ_TO_WRITE: data read by one tool and then written by another, in an order this agent does not use."""

import math

from agentsentinel_core.behavior.sessions.detector import Known, SessionDetector, sessions_of
from agentsentinel_core.behavior.sessions.session import Call, Session


class ReadToWrite(SessionDetector):
    """Measures the surprise, in bits, that a session with one of its earlier reads goes on to this write."""

    id = "READ_TO_WRITE"
    title = "A write after a read that it does not follow"

    def measure(self, call: Call, session: Session, known: Known) -> float:
        if not call.is_write:
            return 0.0
        return max((self._surprise(read, call.token, known) for read in session.reads), default=0.0)

    def _surprise(self, read: str, write: str, known: Known) -> float:
        own, peers = known.own, known.peers
        expected = (peers.pairs[read, write] + 0.3) / (peers.tool_sessions[read] + 1.5)
        return -math.log2((own.pairs[read, write] + expected) / (own.tool_sessions[read] + 1))

    def explain(self, call: Call, session: Session, known: Known) -> str:
        reads = session.reads if call.is_write else {}
        read = max(reads, key=lambda one: self._surprise(one, call.token, known), default=None)
        pair = f"{call.token} after {read}" if read else f"A write before {call.token}"
        return f"{pair}: this flow from a read to a write is unusual in {sessions_of(known)}"
