"""The constants of session risk, written by `python -m bench.fit_behavior DATA --write`; not edited by hand."""

from typing import Any

FITTED: dict[str, Any] = {
    "alert_lines": [[1, 0.8777], [2, 0.874], [5, 0.8446], [10, 0.8312], [20, 0.7956], [50, 0.6997], [100, 0.5761]],
    "alert_risk": 0.8312,
    "grant_hazard": 10.0,
    "mechanisms": [
        {
            "bias": -6.5214,
            "name": "pace",
            "weights": [{"deviation": 1.5762, "feature": "SUSTAINED_PACE", "mean": 0.6829, "weight": 1.4513}],
        },
        {
            "bias": -6.269,
            "name": "repetition",
            "weights": [
                {"deviation": 0.3616, "feature": "REPEATED_CALL", "mean": 0.0363, "weight": 0.4063},
                {"deviation": 0.9973, "feature": "REPEATED_CALL:rank", "mean": 0.1323, "weight": 0.5986},
            ],
        },
        {
            "bias": -3.2032,
            "name": "hour",
            "weights": [{"deviation": 1.6896, "feature": "UNUSUAL_HOUR:rank", "mean": 0.5463, "weight": 0.9005}],
        },
        {
            "bias": -2.687,
            "name": "flow",
            "weights": [
                {"deviation": 1.8408, "feature": "READ_TO_WRITE", "mean": 0.5576, "weight": 0.4242},
                {"deviation": 1.6959, "feature": "UNPREPARED_WRITE:rank", "mean": 0.4951, "weight": 0.6322},
            ],
        },
        {
            "bias": -2.2913,
            "name": "order",
            "weights": [
                {"deviation": 2.0675, "feature": "NEW_COMPANY:rank", "mean": 0.9941, "weight": 0.4391},
                {"deviation": 1.3528, "feature": "NEW_TRANSITIONS:rank", "mean": 0.5595, "weight": 0.2606},
                {"deviation": 1.7222, "feature": "REVERSED_ORDER:rank", "mean": 0.4305, "weight": 0.0817},
                {"deviation": 2.7557, "feature": "UNKNOWN_BEGINNING:rank", "mean": 1.6543, "weight": 0.2096},
                {"deviation": 0.839, "feature": "UNKNOWN_WINDOWS:rank", "mean": 0.2871, "weight": 0.4604},
            ],
        },
        {
            "bias": -5.1142,
            "name": "drift",
            "weights": [
                {"deviation": 1.8191, "feature": "RECURRING_NOVELTY", "mean": 1.0368, "weight": 0.3966},
                {"deviation": 3.4752, "feature": "RECURRING_NOVELTY:rank", "mean": 2.7336, "weight": 0.6029},
                {"deviation": 0.8037, "feature": "RECURRING_WRITES", "mean": 0.1323, "weight": 0.2823},
            ],
        },
    ],
}
