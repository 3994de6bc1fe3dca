"""FIRST_CALL: nine tenths for the first call of a tool, whatever its baseline says."""

from agentsentinel_core.behavior.baseline import Baseline
from agentsentinel_core.behavior.detector import CallFeatures
from agentsentinel_core.behavior.detectors.first_call import FirstCall


def test_the_first_call_of_a_tool_scores_nine_tenths_whatever_the_baseline():
    for features in (CallFeatures(True, 1, None), CallFeatures(True, 100, Baseline(1, 1, 5))):
        signal = FirstCall().observe("search", features)
        assert signal is not None
        assert signal.score == 0.9
        assert "search" in signal.message


def test_a_repeat_is_not_a_first_call():
    assert FirstCall().observe("search", CallFeatures(False, 1, None)) is None


def test_a_first_call_may_teach_the_baseline():
    assert not FirstCall.blocks_learning
