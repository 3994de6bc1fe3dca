"""CALL_BURST: eight tenths strictly above three standard deviations."""

import pytest

from agentsentinel_core.behavior.baseline import Baseline
from agentsentinel_core.behavior.detector import CallFeatures
from agentsentinel_core.behavior.detectors.call_burst import CallBurst


@pytest.mark.parametrize(
    ("baseline", "calls", "is_flagged"),
    [
        (Baseline(1, 1, 5), 4, False),
        (Baseline(1, 1, 5), 5, True),
        (Baseline(10, 2, 5), 16, False),
        (Baseline(10, 2, 5), 17, True),
        (Baseline(9, 0, 2), 16, False),
        (Baseline(9, 0, 2), 19, True),
        (Baseline(6, 0, 1), 1000, False),
    ],
)
def test_a_rate_is_a_burst_strictly_above_three_sigma(baseline, calls, is_flagged):
    signal = CallBurst().observe("search", CallFeatures(False, calls, baseline))
    assert (signal is not None) is is_flagged
    assert signal is None or signal.score == 0.8


def test_a_burst_never_teaches_the_baseline_that_it_is_normal():
    assert CallBurst.blocks_learning
