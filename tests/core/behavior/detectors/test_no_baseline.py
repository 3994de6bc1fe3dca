"""NO_BASELINE: seven tenths for a repeated call as long as nothing is known about its tool."""

import pytest

from agentsentinel_core.behavior.baseline import Baseline
from agentsentinel_core.behavior.detector import CallFeatures
from agentsentinel_core.behavior.detectors.no_baseline import NoBaseline


@pytest.mark.parametrize("baseline", [None, Baseline(0.0, 0.0, 0)])
def test_a_repeat_without_a_baseline_scores_seven_tenths(baseline):
    signal = NoBaseline().observe("search", CallFeatures(False, 2, baseline))
    assert signal is not None
    assert signal.score == 0.7


def test_one_sample_is_a_baseline():
    assert NoBaseline().observe("search", CallFeatures(False, 2, Baseline(1, 0, 1))) is None


def test_a_first_call_is_left_to_its_own_detector():
    assert NoBaseline().observe("search", CallFeatures(True, 1, None)) is None
