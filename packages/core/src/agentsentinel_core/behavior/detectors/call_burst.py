"""CALL_BURST: far more calls in the last hour than the baseline allows."""

import math

from agentsentinel_core.behavior.baseline import Baseline
from agentsentinel_core.behavior.detector import CallFeatures, Detector, Signal

SIGMAS = 3.0


class CallBurst(Detector):
    """Signals 0.8 when the calls of the last 60 minutes exceed mean + 3 sigma (specification; strictly more)."""

    id = "CALL_BURST"
    title = "Burst of calls"
    rationale = "Loops, scraping and bulk exfiltration show as a rate this agent has never needed."
    blocks_learning = True

    def observe(self, tool_name: str, features: CallFeatures) -> Signal | None:
        baseline = features.baseline
        if baseline is None or features.calls_last_hour <= baseline.limit(SIGMAS):
            return None
        return Signal(
            self.id,
            0.8,
            f"{features.calls_last_hour} calls of {tool_name} in the last hour, "
            f"over 3 sigma ({baseline.limit(SIGMAS):.1f}; usual {baseline.mean:.1f} an hour)",
        )

    def quiet_up_to(self, baseline: Baseline | None) -> float:
        return math.inf if baseline is None else baseline.limit(SIGMAS)
