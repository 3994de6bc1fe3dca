"""Silence: the time by which an agent has to report again, from the rhythm in which it has reported so far.

The pauses between sessions say how long an agent usually waits, but they hide its nights: an agent with forty sessions
in a working day has forty short pauses for each long one, so no percentile shows the night. Silence is therefore
measured twice, by the clock and in working hours (the hours of the week in which the agent has reported), and the
later deadline counts. The first alone would raise an alarm each weekend, the second alone one for agents that report
at random times.

Activity is given in slices of `SLICE_SECONDS`, numbered since the epoch: as long as the idle time that ends a session,
so that an empty slice between two active ones is a pause between sessions. Hours of the week are in UTC.
"""

from bisect import bisect_right
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from itertools import pairwise
from math import ceil

from agentsentinel_core.behavior.sessions.cutter import IDLE_SECONDS
from agentsentinel_core.light_dataclasses import dataclass

SLICE_SECONDS = int(IDLE_SECONDS)
HOUR_SECONDS = 3600
HOURS_OF_WEEK = 168
SLICES_OF_HOUR = HOUR_SECONDS // SLICE_SECONDS
SLICES_OF_WEEK = HOURS_OF_WEEK * SLICES_OF_HOUR
RHYTHM_SLICES = 2 * SLICES_OF_WEEK
"""The last 14 days of activity, which the rhythm is learned from."""
RHYTHM_HOURS = 20
"""Different hours with reports in these days from which on there is a rhythm: many reports within one hour are one run
of a job, and say nothing about the next."""
RHYTHM_PAUSES = 20
"""Pauses in these days from which on their percentile by the clock means something."""
PERCENTILE = 0.95
SPARSE_FACTOR = 1.5
"""Multiple of its usual pause for an agent without a rhythm: a nightly job is silent 36 hours after a run."""
ALL_HOURS = frozenset(range(HOURS_OF_WEEK))
WEEKEND = frozenset(range(48, 96))
"""Saturday and Sunday. The epoch began on a Thursday."""


@dataclass(frozen=True, slots=True)
class SilenceLaw:
    """How long an agent may wait."""

    factor: float = 3.0
    """Multiple of the 95th percentile of its pauses."""
    least_seconds: float = 3_600.0
    sparse_seconds: float = 86_400.0
    """The least without a rhythm: with reports in fewer than `RHYTHM_HOURS` hours, or in the agent's first week."""


DEFAULT_LAW = SilenceLaw()


def report_deadline(active: Sequence[int], last_at: float, law: SilenceLaw = DEFAULT_LAW) -> float:
    """Return the time by which an agent has to report again, in POSIX seconds; from then on it is silent.

    Args:
        active: Slices in which it has reported, sorted and each once: those of the last 14 days, and of a longer time
            for an agent that reports rarely.
        last_at: Time of its last report, in POSIX seconds.
        law: How long it may wait.
    """
    recent = active[bisect_right(active, active[-1] - RHYTHM_SLICES) :] if active else active
    is_older_than_week = bool(active) and active[-1] - active[0] >= SLICES_OF_WEEK
    has_rhythm = is_older_than_week and len({number // SLICES_OF_HOUR for number in recent}) >= RHYTHM_HOURS
    if has_rhythm:
        return _deadline_by_rhythm(recent, last_at, law)
    return _deadline_without_rhythm(active, last_at, law, is_older_than_week=is_older_than_week)


def percentile(lengths: Sequence[float]) -> float:
    """Return the 95th percentile by nearest rank, which is the largest of fewer than 20; 0 of none."""
    return sorted(lengths)[ceil(PERCENTILE * len(lengths)) - 1] if lengths else 0.0


def _deadline_by_rhythm(recent: Sequence[int], last_at: float, law: SilenceLaw) -> float:
    """Return the later deadline of two, by working hours and by the clock.

    The second is for agents that report at random times; one with few pauses has none of it, since the largest of few
    is a weekend.
    """
    pauses, working = _pauses(recent), _hours_of_week(recent)
    usual_work = percentile([_working_seconds(begin, end, working) for begin, end in pauses])
    by_work = _after_hours(last_at, max(law.least_seconds, law.factor * usual_work), working, law.least_seconds)
    if len(pauses) < RHYTHM_PAUSES:
        return by_work
    usual = percentile([_seconds(begin, end) for begin, end in pauses])
    return max(by_work, last_at + max(law.least_seconds, law.factor * usual))


def _deadline_without_rhythm(
    active: Sequence[int], last_at: float, law: SilenceLaw, *, is_older_than_week: bool
) -> float:
    """Return the deadline of an agent that reports rarely, or for less than a week.

    Before its first weekend nothing says whether it works on weekends, so Saturday and Sunday do not count.
    """
    usual = percentile([_seconds(begin, end) for begin, end in _pauses(active) if end - begin >= SLICES_OF_HOUR])
    works_on_weekends = is_older_than_week or bool(_hours_of_week(active) & WEEKEND)
    counted = ALL_HOURS if works_on_weekends else ALL_HOURS - WEEKEND
    return _after_hours(last_at, max(law.least_seconds, law.sparse_seconds, SPARSE_FACTOR * usual), counted, 0.0)


def _seconds(begin: int, end: int) -> float:
    return (end - begin) * SLICE_SECONDS


def _pauses(active: Sequence[int]) -> list[tuple[int, int]]:
    """Return the last slice before and the first one after each pause."""
    return [(before, after) for before, after in pairwise(active) if after - before > 1]


def _hours_of_week(active: Sequence[int]) -> frozenset[int]:
    return frozenset(number // SLICES_OF_HOUR % HOURS_OF_WEEK for number in active)


def _working_seconds(begin: int, end: int, working: AbstractSet[int]) -> float:
    return SLICE_SECONDS * sum(number // SLICES_OF_HOUR % HOURS_OF_WEEK in working for number in range(begin, end))


def _after_hours(begin: float, seconds: float, counted: AbstractSet[int], grace: float) -> float:
    """Return the time that is so many seconds later, when only these hours of the week count.

    `grace` is added when an hour between them did not count: work does not begin on the second, and where clocks are
    put forward or back it begins an hour off.
    """
    at, left, has_skipped = begin, seconds, False
    while True:
        hour = int(at // HOUR_SECONDS)
        length = (hour + 1) * HOUR_SECONDS - at
        if hour % HOURS_OF_WEEK not in counted:
            has_skipped = True
        elif left <= length:
            return at + left + (grace if has_skipped else 0.0)
        else:
            left -= length
        at += length
