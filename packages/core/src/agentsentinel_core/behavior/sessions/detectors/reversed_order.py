"""REVERSED_ORDER: tools used before those that they usually follow."""

import math

from agentsentinel_core.behavior.sessions.detector import Known, SessionDetector, sessions_of
from agentsentinel_core.behavior.sessions.session import Call, Session


class ReversedOrder(SessionDetector):
    """Measures how much likelier the reverse order of the session's tools is, in bits, summed over pairs of tools.

    Only the first call of each tool counts, and only pairs whose order is the rarer one. O(MAX_DISTINCT) for a call.
    """

    id = "REVERSED_ORDER"
    title = "Tools in the reverse of their usual order"

    def measure(self, call: Call, session: Session, known: Known) -> float:
        if call.token not in session.distinct:
            bits = (_reversal(earlier, call.token, known) for earlier in session.distinct)
            session.totals[self.id] += sum(one for one in bits if one > 0)
        return session.totals[self.id]

    def explain(self, call: Call, session: Session, known: Known) -> str:
        earlier = max(session.distinct, key=lambda one: _reversal(one, call.token, known), default=None)
        pair = f"{earlier} before {call.token}" if earlier else f"The order up to {call.token}"
        return f"{pair}: in {sessions_of(known)} the order is mostly the reverse"


def _reversal(earlier: str, later: str, known: Known) -> float:
    """Return the logarithm, base 2, of how often the two tools came in the reverse order for once in this one."""
    both = (known.peers.precedence, known.own.precedence)
    reverse = sum(counts[later, earlier] for counts in both)
    return math.log2((reverse + 1) / (sum(counts[earlier, later] for counts in both) + 1))
