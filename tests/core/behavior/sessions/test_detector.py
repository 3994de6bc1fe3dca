"""What detectors are told: normal work of the agent and of its kind."""

from agentsentinel_core.behavior.sessions.session import Session
from core.behavior.sessions.sessions import known, session


def test_without_peers_each_tool_that_may_be_called_is_as_likely():
    assert known(tools=8).peer_probability(Session(0.0, 0), "read") == 0.1


def test_what_peers_do_is_likely():
    what = known(peers=[session(["read"])] * 20, tools=8)
    assert what.peer_probability(Session(0.0, 0), "read") > 0.9
