"""UNUSUAL_HOUR: an hour at which the agent does not work."""

from agentsentinel_core.behavior.sessions.detectors.unusual_hour import UnusualHour
from core.behavior.sessions.sessions import MONDAY_NOON, calls, known, measure, session


def test_an_hour_without_work_measures_at_the_first_call_alone():
    what = known(*[session(["read"]) for _ in range(100)])
    usual = measure(UnusualHour(), calls(["read", "read"]), what)
    night = measure(UnusualHour(), calls(["read", "read"], start=MONDAY_NOON + 12 * 3600), what)
    assert usual == [0.0, 0.0]
    assert night[0] > 4
    assert night[1] == 0.0


def test_an_agent_of_which_nothing_is_known_may_begin_at_any_hour():
    for hour in range(24):
        assert measure(UnusualHour(), calls(["read"], start=MONDAY_NOON + hour * 3600), known()) == [0.0]
