"""One question asked of every tool call, answered in constant time.

A detector sees one call's features and either keeps quiet or gives a signal: how unusual, from 0 to 1, and why in
words. The anomaly score of a call is its highest signal; the reasons of all are kept. Adding one is a file under
`detectors/`, a line in the registry, a test and a page.
"""

import math
from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from typing import ClassVar, NamedTuple

from agentsentinel_core.behavior.baseline import Baseline
from agentsentinel_core.light_dataclasses import dataclass


class CallFeatures(NamedTuple):
    """What the counters know of one call. A tuple, because one is made for every event."""

    is_first_call: bool
    """No earlier call of this tool by this agent."""
    calls_last_hour: int
    """Calls of this tool by this agent in the last 60 minutes, this one included; 1 or more."""
    baseline: Baseline | None
    """What is normal, or None while nothing is known."""


@dataclass(frozen=True, slots=True)
class Signal:
    """One detector's word on one call: `score` in 0..1, `message` for people."""

    detector: str
    score: float
    message: str


class Detector(ABC):
    """A question about a call. Stateless: what it needs is in the features."""

    id: ClassVar[str]
    title: ClassVar[str]
    rationale: ClassVar[str]
    blocks_learning: ClassVar[bool] = False
    """True when a flagged call must not count as normal, lest the anomaly teach the baseline."""

    @abstractmethod
    def observe(self, tool_name: str, features: CallFeatures) -> Signal | None:
        """The signal of this call, or None. Must not raise, and must cost the same however much is stored."""

    def quiet_up_to(self, baseline: Baseline | None) -> float:
        """How many calls in the last hour are certainly no signal of a repeated call, given this baseline.

        A detector that says so need not be asked about each of them. -1, the default, means: ask every time.
        """
        return -1.0


def quiet_calls(detectors: Iterable[Detector], baseline: Baseline | None) -> float:
    """How many calls in the last hour no detector has a word to say about, when the call is not the first."""
    quiet = math.inf
    for detector in detectors:
        quiet = min(quiet, detector.quiet_up_to(baseline))
    return quiet


@dataclass(frozen=True, slots=True)
class Assessment:
    """What all detectors say of one call."""

    anomaly_score: float
    """0 (as usual) to 1, the highest signal."""
    signals: tuple[Signal, ...]
    """Highest first."""
    is_learned: bool
    """Whether the call may become part of the baseline."""


USUAL = Assessment(0.0, (), is_learned=True)


def assess(tool_name: str, features: CallFeatures, detectors: Sequence[Detector]) -> Assessment:
    """Ask every detector about one call."""
    signals: list[Signal] = []
    is_learned = True
    for detector in detectors:
        signal = detector.observe(tool_name, features)
        if signal is not None:
            signals.append(signal)
            is_learned = is_learned and not detector.blocks_learning
    if not signals:
        return USUAL
    signals.sort(key=lambda signal: (-signal.score, signal.detector))
    return Assessment(signals[0].score, tuple(signals), is_learned)
