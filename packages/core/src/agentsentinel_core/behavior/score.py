"""The behaviour half of the Trust Score."""

SCORE_WINDOW_MINUTES = 24 * 60
"""The last 24 hours, counted in clock minutes: the running one and the 1,439 before it."""
_TRUE_DECIMALS = 9
"""What lies behind them is how the sum was added up, and must not decide which way a half is rounded."""
UNKNOWN_SCORE = 50.0
"""The score of an agent that has not called a tool yet (specification)."""


def behavior_score(calls: int, anomaly_sum: float) -> float:
    """100 * (1 - mean anomaly), 0..100 with two decimals, from the calls of a window and the sum of their scores.

    The window ends now; when nothing was called in it, the caller passes the one that ends with the newest call,
    which is the last known score. With no call at all it is UNKNOWN_SCORE.
    """
    if calls == 0:
        return UNKNOWN_SCORE
    exact = round(100.0 * (1.0 - anomaly_sum / calls), _TRUE_DECIMALS)
    return round(min(100.0, max(0.0, exact)), 2)
