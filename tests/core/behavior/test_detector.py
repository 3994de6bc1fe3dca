"""What the detectors say together: the highest signal, its reasons, and whether the call teaches the baseline."""

from agentsentinel_core.behavior.baseline import Baseline
from agentsentinel_core.behavior.detector import USUAL, CallFeatures, Detector, Signal, assess, quiet_calls
from agentsentinel_core.behavior.registry import DETECTORS


def test_a_burst_may_not_teach_the_baseline() -> None:
    assert not assess("search", CallFeatures(False, 5, Baseline(1, 1, 5)), DETECTORS).is_learned
    assert assess("search", CallFeatures(False, 4, Baseline(1, 1, 5)), DETECTORS).is_learned
    assert assess("search", CallFeatures(True, 1, None), DETECTORS).is_learned


def test_every_signal_says_why_with_numbers_and_the_tool() -> None:
    signals = assess("search", CallFeatures(False, 5, Baseline(1, 1, 5)), DETECTORS).signals
    assert [signal.detector for signal in signals] == ["CALL_BURST"]
    assert "5 calls of search" in signals[0].message
    assert "4.0" in signals[0].message


def test_a_detector_is_asked_about_every_call_unless_it_says_otherwise() -> None:
    class Curious(Detector):
        id = "CURIOUS"

        def observe(self, tool_name: str, features: CallFeatures) -> Signal | None:
            return Signal(self.id, 1.0, "always")

    assert quiet_calls((*DETECTORS, Curious()), Baseline(1, 1, 5)) < 0


def test_the_highest_signal_is_the_score_and_all_reasons_are_kept_in_that_order():
    class Mild(Detector):
        id = "MILD"

        def observe(self, tool_name, features):
            return Signal(self.id, 0.1, "mild")

    found = assess("search", CallFeatures(False, 5, Baseline(1, 1, 5)), (Mild(), *DETECTORS))
    assert found.anomaly_score == 0.8
    assert [signal.detector for signal in found.signals] == ["CALL_BURST", "MILD"]


def test_only_a_detector_that_blocks_learning_keeps_a_call_out_of_the_baseline():
    class Mild(Detector):
        id = "MILD"

        def observe(self, tool_name, features):
            return Signal(self.id, 0.1, "mild")

    class Strict(Mild):
        id = "STRICT"
        blocks_learning = True

    call = CallFeatures(False, 1, None)
    assert assess("search", call, (Mild(),)).is_learned
    assert not assess("search", call, (Strict(), Mild())).is_learned


def test_without_a_signal_a_call_is_usual_and_learned():
    assert assess("search", CallFeatures(False, 3, Baseline(1, 1, 5)), ()) is USUAL


def test_the_most_easily_roused_detector_decides_how_many_calls_are_quiet():
    baseline = Baseline(1, 1, 5)
    assert quiet_calls(DETECTORS, baseline) == min(detector.quiet_up_to(baseline) for detector in DETECTORS)
