"""FIRST_CALL: the agent has never used this tool."""

import math

from agentsentinel_core.behavior.baseline import Baseline
from agentsentinel_core.behavior.detector import CallFeatures, Detector, Signal


class FirstCall(Detector):
    """Signals 0.9 for the first call ever of a tool by an agent (specification)."""

    id = "FIRST_CALL"
    title = "First call of a tool"
    rationale = "A hijacked agent reaches for tools that its task never needed, so the first use of a tool is news."

    def observe(self, tool_name: str, features: CallFeatures) -> Signal | None:
        if not features.is_first_call:
            return None
        return Signal(self.id, 0.9, f"First call of {tool_name} by this agent")

    def quiet_up_to(self, baseline: Baseline | None) -> float:
        return math.inf
