"""MANY_TOOLS: the number of different tools."""

from agentsentinel_core.behavior.sessions.detectors.many_tools import ManyTools
from core.behavior.sessions.sessions import calls, known, measure


def test_the_logarithm_of_the_number_of_different_tools():
    assert measure(ManyTools(), calls(["a", "b", "a", "c", "d"]), known())[-1] == 2.0
