"""NO_BASELINE: a repeated call of a tool that has no baseline yet."""

import math

from agentsentinel_core.behavior.baseline import Baseline
from agentsentinel_core.behavior.detector import CallFeatures, Detector, Signal


class NoBaseline(Detector):
    """Signals 0.7 for a repeated call while there is no baseline (specification). FIRST_CALL handles the first call."""

    id = "NO_BASELINE"
    title = "No baseline yet"
    rationale = "Until a run is over nothing says what is normal, and a new agent is not trustworthy by default."

    def observe(self, tool_name: str, features: CallFeatures) -> Signal | None:
        baseline = features.baseline
        if features.is_first_call or (baseline is not None and baseline.sample_count > 0):
            return None
        return Signal(self.id, 0.7, f"No baseline for {tool_name} yet: its first run is not over")

    def quiet_up_to(self, baseline: Baseline | None) -> float:
        return math.inf if baseline is not None and baseline.sample_count > 0 else -1.0
