"""UNGRANTED_TOOL: a tool that the agent was never granted."""

from agentsentinel_core.behavior.sessions.detector import Known, SessionDetector
from agentsentinel_core.behavior.sessions.session import Call, Session


class UngrantedTool(SessionDetector):
    """Measures 1 for a tool that is not among the agent's grants. Silent for an agent without any."""

    id = "UNGRANTED_TOOL"
    title = "A tool that was not granted"

    def measure(self, call: Call, session: Session, known: Known) -> float:
        return 0.0 if call.is_granted else 1.0

    def explain(self, call: Call, session: Session, known: Known) -> str:
        return f"{call.token} is not among the tools that the agent was granted"
