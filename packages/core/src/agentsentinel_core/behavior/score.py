"""The behaviour score, one part of the Trust Score."""

import math
from collections.abc import Iterable

SCORE_WINDOW_MINUTES = 24 * 60
"""Window of the score: the last 24 hours in clock minutes, the current one and the 1,439 before it."""
_TRUE_DECIMALS = 9
"""Significant decimals. Further ones depend on the order of summation, and must not decide how a half is rounded."""
UNKNOWN_SCORE = 50.0
"""The score of an agent that has not called a tool yet (specification)."""


HALF_LIFE_HOURS = 24.0
"""Time in which the risk of a session above the alert line loses half of its weight in the behaviour score."""


def decayed_risk(sessions: Iterable[tuple[float, float]]) -> float:
    """Return the risk, 0..1, that remains of sessions above the alert line: pairs of risk and hours since their end.

    Each counts half as much after every HALF_LIFE_HOURS. Together they are the complement of the product of their
    complements, so that a campaign of several sessions shows longer than one.
    """
    return 1.0 - math.prod(1.0 - risk * math.pow(0.5, max(0.0, hours) / HALF_LIFE_HOURS) for risk, hours in sessions)


def behavior_score(calls: int, anomaly_sum: float, risk: float = 0.0) -> float:
    """Compute 100 * (1 - max(mean anomaly, risk)), 0..100 with two decimals, from the calls of a window.

    The window ends now. Without a call in it, the caller passes the window that ends with the newest call, which gives
    the last known score. Without any call the result is UNKNOWN_SCORE. `risk` is that of `decayed_risk`.
    """
    if calls == 0:
        return UNKNOWN_SCORE
    exact = round(100.0 * (1.0 - max(anomaly_sum / calls, risk)), _TRUE_DECIMALS)
    return round(min(100.0, max(0.0, exact)), 2)
