"""ELEVATED_RATE: five tenths strictly above two standard deviations, and only up to three."""

import pytest

from agentsentinel_core.behavior.baseline import Baseline
from agentsentinel_core.behavior.detector import CallFeatures
from agentsentinel_core.behavior.detectors.elevated_rate import ElevatedRate


@pytest.mark.parametrize(
    ("baseline", "calls", "is_flagged"),
    [
        (Baseline(1, 1, 5), 3, False),
        (Baseline(1, 1, 5), 4, True),
        (Baseline(10, 2, 5), 1, False),
        (Baseline(10, 2, 5), 14, False),
        (Baseline(10, 2, 5), 15, True),
        (Baseline(10, 2, 5), 16, True),
        (Baseline(9, 0, 2), 15, False),
        (Baseline(9, 0, 2), 16, True),
        (Baseline(6, 0, 1), 1000, False),
    ],
)
def test_a_rate_is_elevated_strictly_above_two_sigma(baseline, calls, is_flagged):
    signal = ElevatedRate().observe("search", CallFeatures(False, calls, baseline))
    assert (signal is not None) is is_flagged
    assert signal is None or signal.score == 0.5


@pytest.mark.parametrize("baseline", [None, Baseline(0.0, 0.0, 0)])
def test_without_a_baseline_no_rate_is_elevated(baseline):
    assert ElevatedRate().observe("search", CallFeatures(False, 10**6, baseline)) is None


def test_an_elevated_rate_is_learned_since_the_spread_would_be_cut_off_otherwise():
    assert not ElevatedRate.blocks_learning
