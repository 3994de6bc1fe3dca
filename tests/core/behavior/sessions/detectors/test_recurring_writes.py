"""RECURRING_WRITES: more and more sessions that write."""

from agentsentinel_core.behavior.sessions.detectors.recurring_writes import RecurringWrites
from core.behavior.sessions.sessions import calls, known, measure, session


def test_a_write_in_more_and_more_sessions_measures_and_a_read_does_not():
    before = [session(["find_file"]) for _ in range(60)]
    dripping = known(*before, *[session(["find_file", "send_email"])] * 10)
    assert max(measure(RecurringWrites(), calls(["find_file", "send_email"]), dripping)) > 10
    reading = known(*before, *[session(["find_file", "get_file"])] * 10)
    assert max(measure(RecurringWrites(), calls(["find_file", "get_file"]), reading)) == 0
