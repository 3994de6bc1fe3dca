"""SUSTAINED_PACE: faster than the agent itself, for long."""

from agentsentinel_core.behavior.sessions.detectors.sustained_pace import SustainedPace
from core.behavior.sessions.sessions import calls, known, measure, session


def test_a_long_run_of_fast_calls_measures_more_and_more_and_usual_ones_do_not():
    what = known(*[session(["read"] * 8, gap=4.0) for _ in range(20)])
    fast = measure(SustainedPace(), calls(["read"] * 40, gap=0.4), what)
    assert fast == sorted(fast)
    assert fast[39] > fast[3] + 10
    assert max(measure(SustainedPace(), calls(["read"] * 40, gap=4.0), what)) == 0
    assert max(measure(SustainedPace(), calls(["read"] * 40, gap=60.0), what)) == 0


def test_one_fast_call_in_a_usual_session_is_forgotten():
    what = known(*[session(["read"] * 8, gap=4.0) for _ in range(20)])
    made = [*calls(["read"] * 2, gap=0.1), *calls(["read"] * 8, start=1_772_452_800.0 + 10, gap=8.0)]
    strengths = measure(SustainedPace(), made, what)
    assert strengths[1] > 0
    assert strengths[-1] == 0


def test_a_fast_agent_may_be_fast():
    what = known(*[session(["read"] * 8, gap=0.2) for _ in range(50)])
    assert max(measure(SustainedPace(), calls(["read"] * 40, gap=0.2), what)) < 1
