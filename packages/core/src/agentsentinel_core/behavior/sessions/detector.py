"""The base class of session detectors: each measures one way in which a session may be unlike normal work.

A detector is asked at every call, in constant time, and answers with a strength of 0 or more. A session keeps the
highest strength of each; how rare that is among earlier sessions, and how much it says, is decided elsewhere
(`ranks.py`, `combination.py`). Detectors have no state of their own.
"""

from abc import ABC, abstractmethod
from typing import ClassVar, NamedTuple

from agentsentinel_core.behavior.sessions.session import Call, Session
from agentsentinel_core.behavior.sessions.work_profile import Profile, RecentSessions


class Known(NamedTuple):
    """What is known of normal work when a call is judged."""

    own: Profile
    """Sessions of the agent itself."""
    peers: Profile
    """Sessions of all agents of its kind, itself included."""
    recent: RecentSessions
    """Its last sessions beside those before them."""
    tools: int
    """Number of tools that the agent may use, as far as is known; 0 when unknown."""

    def peer_probability(self, session: Session, token: str) -> float:
        """Return the probability that an agent of this kind makes this call now."""
        tools = max(self.tools, self.own.ngrams.vocabulary) + 2
        return self.peers.ngrams.probability(session.context, token, 1 / tools)


class SessionDetector(ABC):
    """Detector of one kind of unusual session."""

    id: ClassVar[str]
    title: ClassVar[str]

    @abstractmethod
    def measure(self, call: Call, session: Session, known: Known) -> float:
        """Return the strength of this call, 0 or more. `session` holds the calls before it."""

    def explain(self, call: Call, session: Session, known: Known) -> str:
        """Return a sentence about what was measured at this call, with the same arguments as `measure`."""
        return f"{self.title}, as of the call of {call.token}"


def after(call: Call, session: Session) -> str:
    """Return a call with the one before it, for a sentence: "send_email after get_secrets"."""
    previous = session.previous
    return f"{call.token} after {previous.token}" if previous else f"{call.token} as first call"


def sessions_of(known: Known) -> str:
    """Return how many sessions are known, for a sentence."""
    return f"{known.own.sessions} learned sessions of this agent ({known.peers.sessions} of its kind)"
