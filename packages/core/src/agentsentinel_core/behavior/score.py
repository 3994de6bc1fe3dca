"""The behaviour score, one part of the Trust Score."""

SCORE_WINDOW_MINUTES = 24 * 60
"""Window of the score: the last 24 hours in clock minutes, the current one and the 1,439 before it."""
_TRUE_DECIMALS = 9
"""Significant decimals. Further ones depend on the order of summation, and must not decide how a half is rounded."""
UNKNOWN_SCORE = 50.0
"""The score of an agent that has not called a tool yet (specification)."""


def behavior_score(calls: int, anomaly_sum: float) -> float:
    """Compute 100 * (1 - mean anomaly), 0..100 with two decimals, from the calls of a window and their summed scores.

    The window ends now. Without a call in it, the caller passes the window that ends with the newest call, which gives
    the last known score. Without any call the result is UNKNOWN_SCORE.
    """
    if calls == 0:
        return UNKNOWN_SCORE
    exact = round(100.0 * (1.0 - anomaly_sum / calls), _TRUE_DECIMALS)
    return round(min(100.0, max(0.0, exact)), 2)
