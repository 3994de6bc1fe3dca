"""REPEATED_CALL: the same arguments in a row."""

import pytest

from agentsentinel_core.behavior.sessions.detectors.repeated_call import RepeatedCall
from core.behavior.sessions.sessions import calls, known, measure


def test_the_same_call_in_a_row_measures_the_logarithm_of_the_run():
    made = calls(["poll"] * 5, arguments=["a", "a", "a", "a", "b"])
    assert measure(RepeatedCall(), made, known()) == [0.0, 1.0, pytest.approx(1.585, abs=0.001), 2.0, 0.0]


def test_calls_with_unknown_arguments_are_not_the_same():
    made = [call._replace(argument=None) for call in calls(["poll"] * 3)]
    assert measure(RepeatedCall(), made, known()) == [0.0] * 3
