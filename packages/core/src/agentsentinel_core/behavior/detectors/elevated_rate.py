"""ELEVATED_RATE: more calls in the last hour than usual, less than a burst."""

import math

from agentsentinel_core.behavior.baseline import Baseline
from agentsentinel_core.behavior.detector import CallFeatures, Detector, Signal
from agentsentinel_core.behavior.detectors.call_burst import SIGMAS as BURST_SIGMAS

SIGMAS = 2.0


class ElevatedRate(Detector):
    """Signals 0.5 when the calls of the last 60 minutes exceed mean + 2 sigma, up to where CALL_BURST begins."""

    id = "ELEVATED_RATE"
    title = "Elevated call rate"
    rationale = "A rate just above normal is worth a look, not an alarm."

    def observe(self, tool_name: str, features: CallFeatures) -> Signal | None:
        baseline = features.baseline
        if baseline is None:
            return None
        if not baseline.limit(SIGMAS) < features.calls_last_hour <= baseline.limit(BURST_SIGMAS):
            return None
        return Signal(
            self.id,
            0.5,
            f"{features.calls_last_hour} calls of {tool_name} in the last hour, "
            f"over 2 sigma ({baseline.limit(SIGMAS):.1f}; usual {baseline.mean:.1f} an hour)",
        )

    def quiet_up_to(self, baseline: Baseline | None) -> float:
        return math.inf if baseline is None else baseline.limit(SIGMAS)
