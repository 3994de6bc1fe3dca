"""UNKNOWN_BEGINNING: the session as a whole so far."""

from agentsentinel_core.behavior.sessions.detectors.unknown_beginning import UnknownBeginning
from core.behavior.sessions.sessions import calls, known, measure, session


def test_a_session_that_goes_on_as_others_did_is_no_surprise():
    what = known(*[session(["a", "b", "c"]) for _ in range(30)], tools=10)
    assert max(measure(UnknownBeginning(), calls(["a", "b", "c"]), what)) < 0.2
    assert measure(UnknownBeginning(), calls(["a", "b", "a"]), what)[2] > 3


def test_a_long_session_goes_on_by_what_peers_do():
    what = known(*[session(["a"] * 60)])
    assert measure(UnknownBeginning(), calls(["a"] * 60), what)[-1] < 1
