"""UNPREPARED_WRITE: a write without its usual preparation."""

from agentsentinel_core.behavior.sessions.detectors.unprepared_write import UnpreparedWrite
from core.behavior.sessions.sessions import calls, known, measure, session


def test_a_write_without_what_always_comes_before_it_measures():
    what = known(*[session(["get_iban", "read_file", "send_money"]) for _ in range(30)])
    assert measure(UnpreparedWrite(), calls(["get_iban", "read_file", "send_money"]), what) == [0, 0, 0]
    assert measure(UnpreparedWrite(), calls(["read_file", "send_money"]), what)[1] > 4


def test_what_comes_before_it_half_of_the_time_says_little():
    sessions = [session(["get_iban", "send_money"]), session(["read_file", "send_money"])] * 15
    assert measure(UnpreparedWrite(), calls(["get_iban", "send_money"]), known(*sessions))[1] < 1.1


def test_reads_and_repeated_and_unknown_writes_measure_nothing():
    what = known(*[session(["get_iban", "read_file", "send_money"]) for _ in range(30)])
    assert measure(UnpreparedWrite(), calls(["read_file"]), what) == [0]
    assert measure(UnpreparedWrite(), calls(["delete_file"]), what) == [0]
    assert measure(UnpreparedWrite(), calls(["send_money", "send_money"]), what)[1] == 0


def test_what_peers_do_counts_half():
    sessions = [session(["get_iban", "send_money"]) for _ in range(30)]
    own = known(session(["get_iban"]), peers=sessions)
    alone = measure(UnpreparedWrite(), calls(["send_money"]), known(*sessions))[0]
    assert 0 < measure(UnpreparedWrite(), calls(["send_money"]), own)[0] < alone
