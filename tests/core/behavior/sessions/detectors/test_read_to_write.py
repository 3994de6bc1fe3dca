"""READ_TO_WRITE: an order of read and write that is new."""

from agentsentinel_core.behavior.sessions.detectors.read_to_write import ReadToWrite
from core.behavior.sessions.sessions import calls, known, measure, session


def test_a_write_after_a_read_that_it_does_not_follow_measures():
    what = known(*[session(["read_contact", "send_email"]) for _ in range(30)], *[session(["get_file"])] * 30)
    usual = measure(ReadToWrite(), calls(["read_contact", "send_email"]), what)
    strange = measure(ReadToWrite(), calls(["get_file", "send_email"]), what)
    assert usual[0] == 0
    assert usual[1] < 0.1
    assert strange[1] > 5


def test_a_read_and_a_write_without_a_read_before_measure_nothing():
    assert measure(ReadToWrite(), calls(["send_email", "get_file"]), known()) == [0.0, 0.0]


def test_what_peers_do_is_less_of_a_surprise():
    own = [session(["get_file"]) for _ in range(10)]
    alone = measure(ReadToWrite(), calls(["get_file", "send_email"]), known(*own))[1]
    shared = known(*own, peers=[session(["get_file", "send_email"]) for _ in range(30)])
    assert measure(ReadToWrite(), calls(["get_file", "send_email"]), shared)[1] < alone - 2
