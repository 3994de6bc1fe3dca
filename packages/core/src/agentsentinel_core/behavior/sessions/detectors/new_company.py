"""NEW_COMPANY: tools that sessions of this agent do not use together."""

import math

from agentsentinel_core.behavior.sessions.detector import Known, SessionDetector, sessions_of
from agentsentinel_core.behavior.sessions.session import Call, Session


class NewCompany(SessionDetector):
    """Measures the surprise, in bits, that a session with one of its earlier tools uses this one as well.

    The order of the two does not matter. O(MAX_DISTINCT) for a call.
    """

    id = "NEW_COMPANY"
    title = "Tools that are not used together"

    def measure(self, call: Call, session: Session, known: Known) -> float:
        if call.token in session.distinct:
            return 0.0
        return max((_surprise(earlier, call.token, known) for earlier in session.distinct), default=0.0)

    def explain(self, call: Call, session: Session, known: Known) -> str:
        earlier = max(session.distinct, key=lambda one: _surprise(one, call.token, known), default=None)
        pair = f"{call.token} in a session with {earlier}" if earlier else f"The tools up to {call.token}"
        return f"{pair}: the two are hardly used together in {sessions_of(known)}"


def _surprise(earlier: str, token: str, known: Known) -> float:
    own, peers = known.own, known.peers
    share = (peers.tool_sessions[token] + 0.5) / (peers.sessions + 2)
    together = peers.precedence[earlier, token] + peers.precedence[token, earlier]
    expected = (together + share) / (peers.tool_sessions[earlier] + 1)
    together = own.precedence[earlier, token] + own.precedence[token, earlier]
    return -math.log2((together + expected) / (own.tool_sessions[earlier] + 1))
