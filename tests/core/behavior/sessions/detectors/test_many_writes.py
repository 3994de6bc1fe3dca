"""MANY_WRITES: the number of writes."""

from agentsentinel_core.behavior.sessions.detectors.many_writes import ManyWrites
from core.behavior.sessions.sessions import calls, known, measure


def test_writes_are_counted_and_reads_are_not():
    made = calls(["get_file", "send_email", "get_file", "delete_file"])
    assert measure(ManyWrites(), made, known()) == [0.0, 1.0, 1.0, 2.0]
