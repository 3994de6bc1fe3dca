"""When an agent is still learning: until its profile is made of enough sessions."""

LEARNING_SESSIONS = 20
"""Sessions that must be learned before a session is an alarm: below that, most orders of calls are new anyway."""


def missing_sessions(learned: int) -> int:
    """Return how many sessions are still to be learned; 0 when the agent has learned enough."""
    return max(0, LEARNING_SESSIONS - learned)
