"""The base class of behaviour detectors, each asked about every tool call in constant time.

A detector receives one call's features and returns either nothing or a signal: how unusual the call is, from 0 to 1,
and why in words. The anomaly score of a call is its highest signal; the reasons of all signals are kept. A new detector
needs a file under `detectors/`, a line in the registry, a test and a page.
"""

import math
from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from typing import ClassVar, NamedTuple

from agentsentinel_core.behavior.baseline import Baseline
from agentsentinel_core.light_dataclasses import dataclass


class CallFeatures(NamedTuple):
    """Features of one call, computed from the counters. A tuple, because one is created for every event."""

    is_first_call: bool
    """Whether the agent has never called this tool before."""
    calls_last_hour: int
    """Calls of this tool by this agent in the last 60 minutes, this one included; 1 or more."""
    baseline: Baseline | None
    """Baseline of the tool, or None while there is no sample."""


@dataclass(frozen=True, slots=True)
class Signal:
    """Result of one detector for one unusual call: `score` in 0..1, `message` for people."""

    detector: str
    score: float
    message: str


class Detector(ABC):
    """Detector of one kind of unusual call. Stateless: everything it needs is in the features."""

    id: ClassVar[str]
    title: ClassVar[str]
    rationale: ClassVar[str]
    blocks_learning: ClassVar[bool] = False
    """Whether a flagged call must not be added to the baseline, which would make the anomaly normal."""

    @abstractmethod
    def observe(self, tool_name: str, features: CallFeatures) -> Signal | None:
        """Return the signal of this call, or None. Must not raise, and must take constant time."""

    def quiet_up_to(self, baseline: Baseline | None) -> float:
        """Return the number of calls in the last hour up to which a repeated call gives no signal, for this baseline.

        The detector is then not asked about those calls. -1, the default, means that it is asked about every call.
        """
        return -1.0


def quiet_calls(detectors: Iterable[Detector], baseline: Baseline | None) -> float:
    """Return the number of calls in the last hour up to which no detector signals a call that is not the first."""
    quiet = math.inf
    for detector in detectors:
        quiet = min(quiet, detector.quiet_up_to(baseline))
    return quiet


@dataclass(frozen=True, slots=True)
class Assessment:
    """Combined result of all detectors for one call."""

    anomaly_score: float
    """Highest score of all signals, 0 (as usual) to 1."""
    signals: tuple[Signal, ...]
    """Signals of all detectors, highest score first."""
    is_learned: bool
    """Whether the call may become part of the baseline."""


USUAL = Assessment(0.0, (), is_learned=True)


def assess(tool_name: str, features: CallFeatures, detectors: Sequence[Detector]) -> Assessment:
    """Ask every detector about one call and combine their signals."""
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
