"""How well scores separate attacked sessions from benign ones: AUROC, and the share caught at a rate of false alarms.

A benign session's score is the highest of its events' scores. An attacked session's score is the highest from its first
attack event on: an alarm before the attack began is luck, and is not counted. Sets that are scored together share one
threshold, since one product has one. Ties count against the detector.
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import NamedTuple

FALSE_POSITIVE_RATES = (0.01, 0.05)


class LabelledEvent(NamedTuple):
    """One event as the bench knows it: what was an attack is known here, and nowhere in the product."""

    id: str
    agent: str
    session: str
    attack: str | None
    """Family of the attack on its session; None for a benign session."""
    is_attack: bool
    """Whether this very event belongs to the attack."""


class ScoredSession(NamedTuple):
    """Scores of one session's events that count, in order."""

    attack: str | None
    scores: Sequence[float]
    attack_scores: Sequence[float]
    """Scores of the events that belong to the attack."""

    @property
    def score(self) -> float:
        """Highest score that counts."""
        return max(self.scores)


class Family(NamedTuple):
    """Figures of one family of attacks; shares are between 0 and 1."""

    sessions: int
    auroc: float
    caught: tuple[float, ...]
    """Share of sessions caught at each of FALSE_POSITIVE_RATES."""


class Figures(NamedTuple):
    """Figures of one set, or of several that share a threshold."""

    benign: int
    attacked: int
    auroc: float
    caught: tuple[float, ...]
    """Share of attacked sessions caught at each of FALSE_POSITIVE_RATES."""
    event_auroc: float
    events_to_detect: int | None
    """Median number of events from the first attack event to the alarm at the last rate; None when none is caught."""
    families: Mapping[str, Family]

    @property
    def macro(self) -> tuple[float, ...]:
        """Mean of the families' shares, since families are of unequal size."""
        shares = [family.caught for family in self.families.values()]
        return tuple(math.fsum(column) / len(column) for column in zip(*shares, strict=True))


def sessions_of(events: Iterable[LabelledEvent], scores: Mapping[str, float]) -> list[ScoredSession]:
    """Group one set's events by agent and session; an event without a score has 0."""
    groups: dict[tuple[str, str], list[LabelledEvent]] = defaultdict(list)
    for event in events:
        groups[event.agent, event.session].append(event)
    return [_session(group, scores) for group in groups.values()]


def _session(events: Sequence[LabelledEvent], scores: Mapping[str, float]) -> ScoredSession:
    attack = events[0].attack
    first = next((n for n, event in enumerate(events) if event.is_attack), 0) if attack else 0
    return ScoredSession(
        attack,
        [scores.get(event.id, 0.0) for event in events[first:]],
        [scores.get(event.id, 0.0) for event in events if event.is_attack],
    )


def auroc(positive: Iterable[float], negative: Iterable[float]) -> float:
    """Return P(positive > negative) + P(tie) / 2; NaN when there is none of either."""
    ranked = sorted([(score, True) for score in positive] + [(score, False) for score in negative])
    wins, lower = 0.0, 0
    positives = sum(is_positive for _, is_positive in ranked)
    for _, tied in groupby(ranked, key=lambda pair: pair[0]):
        group = [is_positive for _, is_positive in tied]
        above, equal = sum(group), len(group) - sum(group)
        wins += above * (lower + equal / 2)
        lower += equal
    return wins / (positives * lower) if positives and lower else math.nan


def threshold(benign: Iterable[float], rate: float) -> float:
    """Return the lowest threshold that at most this share of benign scores reaches; -inf when all may."""
    ranked = sorted(benign, reverse=True)
    allowed = int(rate * len(ranked))
    if allowed >= len(ranked):
        return -math.inf
    limit = ranked[allowed]
    return limit + max(1e-12, abs(limit) * 1e-9)


def measure(sessions: Sequence[ScoredSession]) -> Figures:
    """Measure sessions of one or several sets under one threshold for each rate of false alarms."""
    benign = [one for one in sessions if one.attack is None]
    attacked = [one for one in sessions if one.attack is not None]
    benign_scores = [one.score for one in benign]
    thresholds = [threshold(benign_scores, rate) for rate in FALSE_POSITIVE_RATES]
    families: dict[str, list[float]] = defaultdict(list)
    for one in attacked:
        families[one.attack or ""].append(one.score)
    delays = [delay for one in attacked if (delay := _delay(one.scores, thresholds[-1])) is not None]
    return Figures(
        len(benign),
        len(attacked),
        auroc((one.score for one in attacked), benign_scores),
        _caught([one.score for one in attacked], thresholds),
        auroc(
            (score for one in attacked for score in one.attack_scores),
            (score for one in benign for score in one.scores),
        ),
        sorted(delays)[len(delays) // 2] if delays else None,
        {
            name: Family(len(scores), auroc(scores, benign_scores), _caught(scores, thresholds))
            for name, scores in sorted(families.items())
        },
    )


def _caught(scores: Sequence[float], thresholds: Sequence[float]) -> tuple[float, ...]:
    return tuple(sum(score >= limit for score in scores) / len(scores) if scores else math.nan for limit in thresholds)


def _delay(scores: Sequence[float], limit: float) -> int | None:
    return next((n for n, score in enumerate(scores) if score >= limit), None)


def describe(title: str, figures: Figures) -> str:
    """Return the figures as lines of text, one for each family below those of all."""
    low, high = figures.caught
    macro_low, macro_high = figures.macro or (math.nan, math.nan)
    lines = [
        f"{title}: {figures.benign} benign, {figures.attacked} attacked sessions",
        f"  AUROC {figures.auroc:.3f}  TPR@1% {low:.3f}  TPR@5% {high:.3f}  event AUROC {figures.event_auroc:.3f}",
        f"  macro TPR@1% {macro_low:.3f}  macro TPR@5% {macro_high:.3f}  events to detect {figures.events_to_detect}",
    ]
    for name, family in figures.families.items():
        low, high = family.caught
        lines.append(
            f"    {name:<16} n={family.sessions:<4} AUROC {family.auroc:.3f}  TPR@1% {low:.3f}  TPR@5% {high:.3f}"
        )
    return "\n".join(lines)
