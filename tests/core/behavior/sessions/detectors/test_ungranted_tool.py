"""UNGRANTED_TOOL: a hard fact."""

from agentsentinel_core.behavior.sessions.detectors.ungranted_tool import UngrantedTool
from core.behavior.sessions.sessions import calls, known, measure


def test_a_tool_that_was_not_granted_measures_one():
    [call] = calls(["wipe"])
    assert measure(UngrantedTool(), [call._replace(is_granted=False)], known()) == [1.0]
    assert measure(UngrantedTool(), [call], known()) == [0.0]
