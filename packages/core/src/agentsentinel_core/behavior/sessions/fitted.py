"""The constants of session risk, written by `python -m bench.fit_behavior DATA --write`; not edited by hand."""

from typing import Any

FITTED: dict[str, Any] = {
    "alert_lines": [
        [1, 0.8922],
        [2, 0.8905],
        [5, 0.874],
        [10, 0.8257],
        [20, 0.8077],
        [50, 0.7253],
        [100, 0.617],
    ],
    "alert_risk": 0.8257,
    "grant_hazard": 10.0,
    "mechanisms": [
        {
            "bias": -7.142,
            "name": "pace",
            "weights": [{"deviation": 0.5985, "feature": "FAST_PACE", "mean": 0.2186, "weight": 1.6478}],
        },
        {
            "bias": -5.1727,
            "name": "repetition",
            "weights": [
                {"deviation": 0.3616, "feature": "REPEATED_CALL", "mean": 0.0363, "weight": 0.4156},
                {"deviation": 1.239, "feature": "REPEATED_TOOL:rank", "mean": 0.4504, "weight": 0.6753},
            ],
        },
        {
            "bias": -3.5633,
            "name": "hour",
            "weights": [{"deviation": 1.4863, "feature": "UNUSUAL_HOUR:rank", "mean": 0.4952, "weight": 1.0213}],
        },
        {
            "bias": -2.3391,
            "name": "flow",
            "weights": [
                {"deviation": 1.8604, "feature": "READ_TO_WRITE", "mean": 0.5963, "weight": 0.5271},
                {"deviation": 1.0006, "feature": "MANY_WRITES:rank", "mean": 0.275, "weight": 0.3326},
            ],
        },
        {
            "bias": -2.1476,
            "name": "order",
            "weights": [
                {"deviation": 1.6149, "feature": "UNLIKE_PEERS:rank", "mean": 1.0526, "weight": 0.2133},
                {"deviation": 1.4024, "feature": "UNLIKE_ITSELF:rank", "mean": 0.9434, "weight": 0.0522},
                {"deviation": 1.264, "feature": "NEW_TRANSITIONS:rank", "mean": 0.5358, "weight": 0.4016},
                {"deviation": 1.2995, "feature": "NEW_TRIPLES:rank", "mean": 0.6056, "weight": 0.1022},
                {"deviation": 2.368, "feature": "UNKNOWN_BEGINNING:rank", "mean": 1.4931, "weight": 0.1414},
                {"deviation": 0.8204, "feature": "UNKNOWN_WINDOWS:rank", "mean": 0.2833, "weight": 0.4038},
            ],
        },
        {
            "bias": -4.8052,
            "name": "drift",
            "weights": [
                {"deviation": 1.8191, "feature": "RECURRING_NOVELTY", "mean": 1.0368, "weight": 0.3071},
                {"deviation": 2.9559, "feature": "RECURRING_NOVELTY:rank", "mean": 2.4476, "weight": 0.6029},
                {"deviation": 0.8088, "feature": "RECURRING_WRITES", "mean": 0.1404, "weight": 0.283},
            ],
        },
        {
            "bias": -7.0476,
            "name": "extent",
            "weights": [
                {"deviation": 1.065, "feature": "LONG_SESSION:rank", "mean": 0.5475, "weight": 0.1446},
                {"deviation": 0.999, "feature": "MANY_TOOLS:rank", "mean": 0.4754, "weight": 0.1768},
            ],
        },
    ],
}
