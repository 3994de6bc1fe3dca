"""When an agent is still learning: until its profile, or that of its newest version, is made of enough sessions."""

LEARNING_SESSIONS = 20
"""Sessions that must be learned before a session is an alarm: below that, most orders of calls are new anyway."""


def missing_sessions(learned: int, learned_before: int | None) -> int:
    """Return how many sessions are still to be learned; 0 when the agent has learned enough.

    `learned_before` is how many had been learned when its newest version was announced, None if none was.
    """
    return max(0, LEARNING_SESSIONS - (learned - (learned_before or 0)))
