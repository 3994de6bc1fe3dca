"""The behaviour engine written a second time: slow, obvious, from lists of raw events and nothing else.

Tests hold the product, which keeps counters, against this.
"""

import math
from collections import Counter
from dataclasses import dataclass

MINUTE, HOUR, DAY = 60, 3600, 86400
WEEK = 7 * DAY


@dataclass(frozen=True)
class RawEvent:
    """One event of one agent. Times are POSIX seconds."""

    tool: str
    at: float
    session: str | None
    received_at: float


@dataclass(frozen=True)
class Verdict:
    """What should have been said of one event."""

    score: float
    calls: int
    """Calls of its tool in the last hour, as the detectors should have seen them."""
    samples: int
    """Hours that the baseline should have come from; 1 for the stand-in."""
    is_ancient: bool
    is_learned: bool


def judge_all(events: list[RawEvent]) -> list[Verdict]:
    """Verdicts of one agent's events, which are in the order of their receipt."""
    verdicts: list[Verdict] = []
    for index, event in enumerate(events):
        verdicts.append(_judge(event, events[:index], verdicts))
    return verdicts


def behavior(events: list[RawEvent], verdicts: list[Verdict], now: float) -> float:
    """Return the behaviour score at `now`."""
    if not events:
        return 50.0
    newest = max(event.at for event in events)
    for end in (now, newest):
        scores = [
            verdict.score
            for event, verdict in zip(events, verdicts, strict=True)
            if not verdict.is_ancient and end // MINUTE - 1440 < event.at // MINUTE <= end // MINUTE
        ]
        if scores:
            return round(round(100 * (1 - math.fsum(scores) / len(scores)), 9), 2)
    raise AssertionError("the newest event is always in its own window")


def recency(events: list[RawEvent], now: float) -> float:
    """Return the recency points at `now`."""
    return 10.0 if sum(now - event.received_at < HOUR for event in events) >= 5 else 0.0


def _judge(event: RawEvent, earlier: list[RawEvent], verdicts: list[Verdict]) -> Verdict:
    newest = max(other.at for other in [*earlier, event])
    same = [(other, verdict) for other, verdict in zip(earlier, verdicts, strict=True) if other.tool == event.tool]
    kept = [other for other, verdict in same if not verdict.is_ancient]
    behind = newest - event.at
    is_ancient = behind >= WEEK
    if is_ancient:
        calls, hour = 1, newest // HOUR
    elif behind >= HOUR:
        calls = 1 + sum(other.at // HOUR == event.at // HOUR for other in kept)
        hour = newest // HOUR
    else:
        minute = event.at // MINUTE
        calls = 1 + sum(minute - 60 < other.at // MINUTE <= minute for other in kept)
        hour = event.at // HOUR
    learned = [other for other, verdict in same if verdict.is_learned]
    samples = _samples(learned, hour)
    has_stand_in = _stand_in_hour(event, same) == hour
    score, blocks = _score(bool(same), calls, samples, has_stand_in=has_stand_in)
    return Verdict(score, calls, len(samples) or int(has_stand_in), is_ancient, not is_ancient and not blocks)


def _samples(learned: list[RawEvent], hour: float) -> list[int]:
    counts = Counter(other.at // HOUR for other in learned)
    return [count for sample, count in counts.items() if hour - 168 <= sample < hour]


def _stand_in_hour(event: RawEvent, same: list[tuple[RawEvent, Verdict]]) -> float | None:
    """Return the clock hour in which a run of this tool was last seen to be over, this event's arrival included."""
    hour: float | None = None
    arrived: list[RawEvent] = []
    for other in [*(other for other, _ in same), event]:
        if arrived:
            last_at = max(earlier.at for earlier in arrived)
            is_over = other.session != arrived[-1].session or other.at - last_at >= 300
            if is_over and last_at // HOUR == other.at // HOUR:
                hour = other.at // HOUR
        arrived.append(other)
    return hour


def _score(is_known: bool, calls: int, samples: list[int], *, has_stand_in: bool) -> tuple[float, bool]:
    if len(samples) >= 2:
        mean = math.fsum(samples) / len(samples)
        deviation = math.sqrt(math.fsum((count - mean) ** 2 for count in samples) / len(samples))
        between_hours = deviation if deviation > 0 else max(1.0, math.sqrt(mean))
        spread = math.hypot(between_hours, 6) * math.sqrt(1 + 1 / len(samples))
        for sigmas, score in ((3, 0.8), (2, 0.5)):
            if calls > mean + sigmas * spread:
                return (score if is_known else 0.9), sigmas == 3
    if not is_known:
        return 0.9, False
    return (0.0 if samples or has_stand_in else 0.7), False
