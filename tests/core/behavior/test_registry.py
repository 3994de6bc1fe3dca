"""The four detectors of the specification: distinct, explained, and right about when they are quiet."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentsentinel_core.behavior.baseline import Baseline
from agentsentinel_core.behavior.detector import CallFeatures, assess
from agentsentinel_core.behavior.registry import DETECTORS

baselines = st.none() | st.builds(
    Baseline, st.floats(0, 1e6), st.floats(0, 1e6), st.integers(0, 168), st.none() | st.floats(0, 1e6)
)


def test_detectors_have_distinct_ids_and_say_what_they_are_for() -> None:
    assert len({detector.id for detector in DETECTORS}) == len(DETECTORS)
    assert all(detector.title and detector.rationale for detector in DETECTORS)


def score(calls: int, baseline: Baseline | None) -> float:
    return assess("search", CallFeatures(False, calls, baseline), DETECTORS).anomaly_score


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


@given(baselines, st.integers(1, 10**7))
def test_a_detector_that_says_it_is_quiet_has_nothing_to_say(baseline: Baseline | None, calls: int) -> None:
    for detector in DETECTORS:
        for number in {1, calls, max(1, math.floor(min(detector.quiet_up_to(baseline), 1e9)))}:
            if number <= detector.quiet_up_to(baseline):
                assert detector.observe("search", CallFeatures(False, number, baseline)) is None
