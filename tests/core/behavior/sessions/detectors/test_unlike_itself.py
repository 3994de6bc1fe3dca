"""UNLIKE_ITSELF: the mean surprise of a session."""

from agentsentinel_core.behavior.sessions.detectors.unlike_itself import UnlikeItself
from core.behavior.sessions.sessions import calls, known, measure, session


def test_usual_sessions_are_quiet_and_shuffled_ones_are_not():
    what = known(*[session(["find", "read", "send"]) for _ in range(40)], tools=10)
    assert max(measure(UnlikeItself(), calls(["find", "read", "send"]), what)) < 0.5
    assert max(measure(UnlikeItself(), calls(["send", "find", "send", "send"]), what)) > 2
