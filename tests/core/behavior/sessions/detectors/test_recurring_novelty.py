"""RECURRING_NOVELTY: a new transition that comes to stay."""

from agentsentinel_core.behavior.sessions.detectors.recurring_novelty import RecurringNovelty, recurrence_bits
from core.behavior.sessions.sessions import calls, known, measure, session


def test_a_transition_that_recurs_measures_more_each_time():
    before = [session(["find", "send"]) for _ in range(60)]
    strengths = []
    for times in (1, 4, 12):
        what = known(*before, *[session(["find", "copy", "send"])] * times)
        strengths.append(max(measure(RecurringNovelty(), calls(["find", "copy", "send"]), what)))
    assert 0 < strengths[0] < strengths[1] < strengths[2]
    assert strengths[2] > 20


def test_usual_transitions_and_a_new_agent_measure_nothing():
    usual = known(*[session(["find", "send"])] * 60)
    assert max(measure(RecurringNovelty(), calls(["find", "send"]), usual)) < 0.5
    assert max(measure(RecurringNovelty(), calls(["find", "copy"]), known(session(["find"])))) == 0


def test_no_more_than_before_is_no_surprise():
    assert recurrence_bits(4, 16, 25, 100) == 0.0
    assert recurrence_bits(16, 16, 0, 0) == 0.0
