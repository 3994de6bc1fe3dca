"""What is normal for one tool of one agent: calls per active clock hour over the last seven days.

Only finished hours are samples, and an hour counts the calls that no rate detector flagged. So a burst teaches
nothing while it runs, and once its hour is over it has taught no more than the limit it broke.

An agent without a single finished hour has one stand-in: a run that is over (another session has begun, or the
tool was quiet for five minutes) counts as the first sample of the running hour. A single sample has no spread and
is never exceeded, so the second run of the same routine scores 0.000 a minute after the first, while nothing that
happens inside the running hour can raise a limit: limits need two samples, and those are finished hours.
"""

import math
from collections.abc import Iterable
from typing import NamedTuple

WINDOW_DAYS = 7
WINDOW_HOURS = WINDOW_DAYS * 24
QUIET_SECONDS = 300.0
"""Silence after which a run without session ids is over (specification: baselines are rebuilt every 300 s)."""


class Baseline(NamedTuple):
    """Calls per active hour of one (agent, tool). A tuple, because one may be made for every event."""

    mean: float
    """Calls per hour, 0 or more."""
    stddev: float
    """Population standard deviation, 0 or more."""
    sample_count: int
    """How many hours they come from."""

    def limit(self, sigmas: float) -> float:
        """Calls per hour that `sigmas` standard deviations allow; infinite with fewer than two samples.

        A spread of exactly 0 would flag the first extra call, so it is replaced by max(1, sqrt(mean)): the
        deviation of a Poisson process with that mean, and at least one call.
        """
        if self.sample_count < 2:
            return math.inf
        spread = self.stddev if self.stddev > 0 else max(1.0, math.sqrt(self.mean))
        return self.mean + sigmas * spread


def build_baseline(calls_per_hour: Iterable[int]) -> Baseline | None:
    """The baseline of these hourly counts; hours without a call are no samples. None when there is no sample."""
    samples = [calls for calls in calls_per_hour if calls > 0]
    if not samples:
        return None
    mean = math.fsum(samples) / len(samples)
    variance = math.fsum((calls - mean) ** 2 for calls in samples) / len(samples)
    return Baseline(mean, math.sqrt(variance), len(samples))
