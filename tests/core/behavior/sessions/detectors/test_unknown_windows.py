"""UNKNOWN_WINDOWS: a share of windows of four calls."""

from agentsentinel_core.behavior.sessions.detectors.unknown_windows import UnknownWindows
from core.behavior.sessions.sessions import calls, known, measure, session


def test_the_share_of_unknown_windows_grows_with_each():
    what = known(peers=[session(["a", "b", "c", "d"])])
    assert measure(UnknownWindows(), calls(["a", "b", "c", "d"]), what) == [0.0] * 4
    assert measure(UnknownWindows(), calls(["a", "c", "c", "d"]), what) == [0.0, 1 / 3, 2 / 4, 3 / 5]
