"""REPEATED_TOOL: one tool in a row, whatever the arguments."""

import pytest

from agentsentinel_core.behavior.sessions.detectors.repeated_tool import RepeatedTool
from core.behavior.sessions.sessions import calls, known, measure


def test_one_tool_in_a_row_measures_the_logarithm_of_the_run():
    assert measure(RepeatedTool(), calls(["a", "a", "a", "a", "b", "b"]), known()) == [
        0.0,
        1.0,
        pytest.approx(1.585, abs=0.001),
        2.0,
        0.0,
        1.0,
    ]
