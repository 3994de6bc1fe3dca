"""The baseline of one tool of one agent: calls per active clock hour over the last seven days.

Only finished hours are samples, and an hour counts the calls that no rate detector flagged. A burst therefore does not
change the baseline while it runs, and after its hour it has added no more calls than the limit it exceeded.

An agent without a finished hour has one substitute sample: a finished run (another session has begun, or the tool was
quiet for five minutes) counts as the first sample of the current hour. A single sample has no spread and is never
exceeded, so the second run of the same routine scores 0.000 a minute after the first. Nothing that happens inside the
current hour can raise a limit: limits need two samples, and those are finished hours.
"""

import math
from collections.abc import Iterable
from typing import NamedTuple

WINDOW_DAYS = 7
WINDOW_HOURS = WINDOW_DAYS * 24
QUIET_SECONDS = 300.0
"""Silence after which a run without session ids is over (specification: baselines are rebuilt every 300 s)."""


class Baseline(NamedTuple):
    """Calls per active hour of one (agent, tool). A tuple, because one may be created for every event."""

    mean: float
    """Mean of calls per hour, 0 or more."""
    stddev: float
    """Population standard deviation of calls per hour, 0 or more."""
    sample_count: int
    """Number of hours in the sample."""

    def limit(self, sigmas: float) -> float:
        """Return the calls per hour that `sigmas` standard deviations allow; infinite with fewer than two samples.

        A spread of exactly 0 would flag the first extra call, so it is replaced by max(1, sqrt(mean)): the
        deviation of a Poisson process with that mean, and at least one call.
        """
        if self.sample_count < 2:
            return math.inf
        spread = self.stddev if self.stddev > 0 else max(1.0, math.sqrt(self.mean))
        return self.mean + sigmas * spread


def build_baseline(calls_per_hour: Iterable[int]) -> Baseline | None:
    """Compute a baseline from hourly counts; hours without a call are not samples. None when there is no sample."""
    samples = [calls for calls in calls_per_hour if calls > 0]
    if not samples:
        return None
    mean = math.fsum(samples) / len(samples)
    variance = math.fsum((calls - mean) ** 2 for calls in samples) / len(samples)
    return Baseline(mean, math.sqrt(variance), len(samples))
