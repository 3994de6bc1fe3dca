"""REVERSED_ORDER: what usually comes later comes first."""

from agentsentinel_core.behavior.sessions.detectors.reversed_order import ReversedOrder
from core.behavior.sessions.sessions import calls, known, measure, session

STEPS = ["look_up", "check", "write"]


def test_each_pair_of_tools_in_the_reverse_of_its_order_adds():
    what = known(*[session(STEPS) for _ in range(30)])
    assert measure(ReversedOrder(), calls(STEPS), what) == [0, 0, 0]
    _, two, three = measure(ReversedOrder(), calls(STEPS[::-1]), what)
    assert 4 < two < three


def test_only_the_first_call_of_a_tool_counts():
    what = known(*[session(STEPS) for _ in range(30)])
    assert measure(ReversedOrder(), calls([*STEPS, "look_up"]), what)[-1] == 0


def test_an_order_that_varies_measures_little():
    what = known(*[session(STEPS), session(STEPS[::-1])] * 15)
    assert measure(ReversedOrder(), calls(STEPS[::-1]), what)[-1] < 0.2
