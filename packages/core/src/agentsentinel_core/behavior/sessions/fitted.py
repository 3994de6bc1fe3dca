"""The constants of session risk, written by `python -m bench.fit_behavior DATA --write`; not edited by hand."""

from typing import Any

FITTED: dict[str, Any] = {
    "alert_lines": [[1, 0.8617], [2, 0.86], [5, 0.8403], [10, 0.8131], [20, 0.7892], [50, 0.7134], [100, 0.5769]],
    "alert_risk": 0.8131,
    "grant_hazard": 10.0,
    "mechanisms": [
        {
            "bias": -6.5069,
            "name": "pace",
            "weights": [{"deviation": 1.5761, "feature": "SUSTAINED_PACE", "mean": 0.6829, "weight": 1.4433}],
        },
        {
            "bias": -7.0617,
            "name": "repetition",
            "weights": [
                {"deviation": 0.3616, "feature": "REPEATED_CALL", "mean": 0.0363, "weight": 0.4236},
                {"deviation": 0.9597, "feature": "REPEATED_CALL:rank", "mean": 0.1286, "weight": 0.7318},
            ],
        },
        {
            "bias": -3.5158,
            "name": "hour",
            "weights": [{"deviation": 1.5928, "feature": "UNUSUAL_HOUR:rank", "mean": 0.5297, "weight": 1.0188}],
        },
        {
            "bias": -2.8603,
            "name": "flow",
            "weights": [
                {"deviation": 1.8409, "feature": "READ_TO_WRITE", "mean": 0.5579, "weight": 0.3737},
                {"deviation": 1.4485, "feature": "UNPREPARED_WRITE:rank", "mean": 0.457, "weight": 0.7352},
            ],
        },
        {
            "bias": -2.3002,
            "name": "order",
            "weights": [
                {"deviation": 1.9041, "feature": "NEW_COMPANY:rank", "mean": 0.959, "weight": 0.4886},
                {"deviation": 1.3091, "feature": "NEW_TRANSITIONS:rank", "mean": 0.5538, "weight": 0.2437},
                {"deviation": 1.6388, "feature": "REVERSED_ORDER:rank", "mean": 0.4165, "weight": 0.0503},
                {"deviation": 2.4881, "feature": "UNKNOWN_BEGINNING:rank", "mean": 1.5686, "weight": 0.2602},
                {"deviation": 0.8392, "feature": "UNKNOWN_WINDOWS:rank", "mean": 0.2872, "weight": 0.477},
            ],
        },
        {
            "bias": -4.8855,
            "name": "drift",
            "weights": [
                {"deviation": 1.8191, "feature": "RECURRING_NOVELTY", "mean": 1.0368, "weight": 0.3485},
                {"deviation": 3.066, "feature": "RECURRING_NOVELTY:rank", "mean": 2.537, "weight": 0.6503},
                {"deviation": 0.8037, "feature": "RECURRING_WRITES", "mean": 0.1323, "weight": 0.2808},
            ],
        },
    ],
}
