"""The baseline of one tool of one agent: calls per active clock hour over the last seven days.

Only finished hours are samples, and an hour counts the calls that are not part of a burst. A burst therefore does not
change the baseline while it runs, and after its hour it has added no more calls than the limit it exceeded. A rate that
is elevated and not a burst is learned: otherwise the spread would be cut off by its own limit, and the limit stay too
low for ever.

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
SESSION_SPREAD = 6.0
"""Deviation that the sessions of an hour add, in calls: one that lists or polls calls a tool a dozen times.

An hour holds few sessions, so the hours seen so far do not show it. Measured on recorded office, banking and
airline agents: with less, 4 to 20 % of their normal calls were flagged; with more, the first bursts were missed.
"""


class Baseline(NamedTuple):
    """Calls per active hour of one (agent, tool). A tuple, because one may be created for every event."""

    mean: float
    """Mean of calls per hour, 0 or more."""
    stddev: float
    """Population standard deviation of calls per hour, 0 or more."""
    sample_count: int
    """Number of hours in the sample."""
    spread: float | None = None
    """Deviation by which a new hour is judged, 0 or more; None: the standard deviation of the sample."""

    def limit(self, sigmas: float) -> float:
        """Return the calls per hour that `sigmas` deviations allow; infinite with fewer than two samples."""
        if self.sample_count < 2:
            return math.inf
        return self.mean + sigmas * (_deviation(self.mean, self.stddev) if self.spread is None else self.spread)


def _deviation(mean: float, stddev: float) -> float:
    """Return the standard deviation of hourly calls.

    One of exactly 0 would flag the first extra call, so it is replaced by max(1, sqrt(mean)): the deviation of a
    Poisson process with that mean, and at least one call.
    """
    return stddev if stddev > 0 else max(1.0, math.sqrt(mean))


def learned_baseline(mean: float, stddev: float, sample_count: int) -> Baseline:
    """Return the baseline of a sample with this mean and deviation, with the spread that a new hour may have.

    Two variances add up, that between hours and that of the sessions in one hour. The factor is that of a prediction
    from few samples: their mean is uncertain, too.
    """
    if sample_count < 2:
        return Baseline(mean, stddev, sample_count)
    spread = math.hypot(_deviation(mean, stddev), SESSION_SPREAD) * math.sqrt(1 + 1 / sample_count)
    return Baseline(mean, stddev, sample_count, spread)


def build_baseline(calls_per_hour: Iterable[int]) -> Baseline | None:
    """Learn a baseline from hourly counts; hours without a call are not samples. None when there is no sample."""
    samples = [calls for calls in calls_per_hour if calls > 0]
    if not samples:
        return None
    mean = math.fsum(samples) / len(samples)
    variance = math.fsum((calls - mean) ** 2 for calls in samples) / len(samples)
    return learned_baseline(mean, math.sqrt(variance), len(samples))
