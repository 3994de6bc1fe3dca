"""UNLIKE_PEERS: surprising for agents of its kind."""

from agentsentinel_core.behavior.sessions.detectors.unlike_peers import UnlikePeers
from core.behavior.sessions.sessions import calls, known, measure, session


def test_what_peers_do_here_is_no_surprise():
    what = known(peers=[session(["find", "read", "send"]) for _ in range(40)], tools=10)
    assert max(measure(UnlikePeers(), calls(["find", "read", "send"]), what)) < 0.5
    assert max(measure(UnlikePeers(), calls(["find", "send", "find"]), what)) > 3
