"""LONG_SESSION: the number of calls."""

from agentsentinel_core.behavior.sessions.detectors.long_session import LongSession
from core.behavior.sessions.sessions import calls, known, measure


def test_the_logarithm_of_the_number_of_calls():
    assert measure(LongSession(), calls(["a"] * 4), known())[3] == 2.0
