"""NEW_TRIPLES: known pairs in a new order."""

from agentsentinel_core.behavior.sessions.detectors.new_triples import NewTriples
from core.behavior.sessions.sessions import calls, known, measure, session


def test_known_transitions_in_a_new_order_measure():
    what = known(*[session(["a", "b", "c"]), session(["b", "c", "d"]), session(["c", "d", "b"])] * 20)
    assert measure(NewTriples(), calls(["a", "b", "c"]), what) == [0.0] * 3
    assert max(measure(NewTriples(), calls(["a", "b", "c", "d", "b", "c"]), what)) > 3
