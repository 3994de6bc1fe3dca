"""Histograms of how long the platform's own work takes, for /metrics."""

from prometheus_client import Histogram

COMMIT_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
SCORING_BUCKETS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)


class Latency:
    """Durations since the process started, in seconds."""

    def __init__(self) -> None:
        self.commit = Histogram(
            "agentsentinel_commit_seconds",
            "Time to make a group of events durable",
            buckets=COMMIT_BUCKETS,
            registry=None,
        )
        self.scoring = Histogram(
            "agentsentinel_scoring_seconds",
            "Time from an agent's new events to its new score",
            buckets=SCORING_BUCKETS,
            registry=None,
        )
