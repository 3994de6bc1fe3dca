"""FAST_PACE: faster than the agent itself."""

from agentsentinel_core.behavior.sessions.detectors.fast_pace import FastPace
from core.behavior.sessions.sessions import calls, known, measure, session


def test_calls_faster_than_usual_measure_and_usual_ones_do_not():
    what = known(*[session(["read"] * 8, gap=4.0) for _ in range(20)])
    assert max(measure(FastPace(), calls(["read"] * 8, gap=4.0), what)) < 1
    assert max(measure(FastPace(), calls(["read"] * 8, gap=0.2), what)) > 4
    assert max(measure(FastPace(), calls(["read"] * 8, gap=60.0), what)) == 0


def test_one_gap_says_nothing():
    assert measure(FastPace(), calls(["read", "read"], gap=0.1), known()) == [0.0, 0.0]


def test_a_fast_agent_may_be_fast():
    what = known(*[session(["read"] * 8, gap=0.2) for _ in range(50)])
    assert max(measure(FastPace(), calls(["read"] * 8, gap=0.2), what)) < 1
