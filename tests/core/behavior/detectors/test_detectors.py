"""The specification's four values, each boundary of them."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentsentinel_core.behavior.baseline import Baseline
from agentsentinel_core.behavior.detector import CallFeatures, Detector, Signal, assess, quiet_calls
from agentsentinel_core.behavior.registry import DETECTORS


def score(calls: int, baseline: Baseline | None, *, is_first: bool = False) -> float:
    return assess("search", CallFeatures(is_first, calls, baseline), DETECTORS).anomaly_score


def test_the_first_call_of_a_tool_scores_nine_tenths_whatever_the_baseline() -> None:
    assert score(1, None, is_first=True) == 0.9
    assert score(100, Baseline(1, 1, 5), is_first=True) == 0.9


@pytest.mark.parametrize("baseline", [None, Baseline(0.0, 0.0, 0)])
def test_a_repeat_without_a_baseline_scores_seven_tenths(baseline: Baseline | None) -> None:
    assert score(2, baseline) == 0.7


@pytest.mark.parametrize(
    ("baseline", "calls", "expected"),
    [
        (Baseline(1, 1, 5), 3, 0.0),
        (Baseline(1, 1, 5), 4, 0.5),
        (Baseline(1, 1, 5), 5, 0.8),
        (Baseline(10, 2, 5), 1, 0.0),
        (Baseline(10, 2, 5), 14, 0.0),
        (Baseline(10, 2, 5), 15, 0.5),
        (Baseline(10, 2, 5), 16, 0.5),
        (Baseline(10, 2, 5), 17, 0.8),
        (Baseline(9, 0, 2), 15, 0.0),
        (Baseline(9, 0, 2), 16, 0.5),
        (Baseline(9, 0, 2), 19, 0.8),
        (Baseline(6, 0, 1), 1000, 0.0),
    ],
)
def test_rates_are_flagged_strictly_above_two_and_three_sigma(baseline: Baseline, calls: int, expected: float) -> None:
    assert score(calls, baseline) == expected


def test_a_flagged_rate_may_not_teach_the_baseline() -> None:
    assert not assess("search", CallFeatures(False, 5, Baseline(1, 1, 5)), DETECTORS).is_learned
    assert not assess("search", CallFeatures(False, 4, Baseline(1, 1, 5)), DETECTORS).is_learned
    assert assess("search", CallFeatures(False, 3, Baseline(1, 1, 5)), DETECTORS).is_learned
    assert assess("search", CallFeatures(True, 1, None), DETECTORS).is_learned


def test_every_signal_says_why_with_numbers_and_the_tool() -> None:
    signals = assess("search", CallFeatures(False, 5, Baseline(1, 1, 5)), DETECTORS).signals
    assert [signal.detector for signal in signals] == ["CALL_BURST"]
    assert "5 calls of search" in signals[0].message
    assert "4.0" in signals[0].message


def test_detectors_have_distinct_ids_and_say_what_they_are_for() -> None:
    assert len({detector.id for detector in DETECTORS}) == len(DETECTORS)
    assert all(detector.title and detector.rationale for detector in DETECTORS)


baselines = st.none() | st.builds(Baseline, st.floats(0, 1e6), st.floats(0, 1e6), st.integers(0, 168))


@given(baselines, st.integers(1, 10**7))
def test_a_detector_that_says_it_is_quiet_has_nothing_to_say(baseline: Baseline | None, calls: int) -> None:
    for detector in DETECTORS:
        for number in {1, calls, max(1, math.floor(min(detector.quiet_up_to(baseline), 1e9)))}:
            if number <= detector.quiet_up_to(baseline):
                assert detector.observe("search", CallFeatures(False, number, baseline)) is None


def test_a_detector_is_asked_about_every_call_unless_it_says_otherwise() -> None:
    class Curious(Detector):
        id = "CURIOUS"

        def observe(self, tool_name: str, features: CallFeatures) -> Signal | None:
            return Signal(self.id, 1.0, "always")

    assert quiet_calls((*DETECTORS, Curious()), Baseline(1, 1, 5)) < 0
