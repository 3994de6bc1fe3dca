"""Which sessions count as alarms: what the platform judged, and what people say about it."""

from datetime import datetime


def counts_as_alarm(
    *, was_alarm: bool, verdict: str | None, muted_until: datetime | None, is_learning: bool, now: datetime
) -> bool:
    """Return whether a session counts as an alarm.

    What a person called an attack does until the verdict changes. Others do when they were above the alert line, unless
    they were called fine, are muted, or their agent is learning.

    Args:
        was_alarm: whether the risk was above the alert line when the agent was not learning.
        verdict: "fine", "attack", or None.
        muted_until: until when it does not count.
        is_learning: whether the agent is learning now.
        now: the current time.
    """
    if verdict == "attack":
        return True
    is_muted = muted_until is not None and muted_until > now
    return was_alarm and verdict is None and not is_muted and not is_learning
