"""NEW_TRANSITIONS: new pairs of calls, added up."""

from agentsentinel_core.behavior.sessions.detectors.new_transitions import NewTransitions
from core.behavior.sessions.sessions import calls, known, measure, session


def test_each_new_transition_adds_and_known_ones_do_not():
    what = known(*[session(["find", "read", "send"]) for _ in range(40)])
    usual = measure(NewTransitions(), calls(["find", "read", "send"]), what)
    strange = measure(NewTransitions(), calls(["find", "send", "read"]), what)
    assert usual == [0.0] * 3
    assert strange[0] == 0 < strange[1] < strange[2]


def test_an_agent_that_often_does_new_things_surprises_less():
    steady = known(*[session(["find", "read", "send"]) for _ in range(40)])
    restless = known(*[session([f"a{n}", f"b{n}", f"c{n}"]) for n in range(40)])
    made = calls(["find", "send"])
    assert measure(NewTransitions(), made, restless)[1] < measure(NewTransitions(), made, steady)[1] / 4


def test_what_peers_do_counts_half():
    own = [session(["find", "read"]) for _ in range(20)]
    made = calls(["find", "send"])
    alone = measure(NewTransitions(), made, known(*own))[1]
    assert measure(NewTransitions(), made, known(*own, peers=[session(["find", "send"])]))[1] == alone / 2
