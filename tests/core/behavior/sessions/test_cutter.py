"""The cutter: idle time and ids divide calls into sessions, and a client's word alone does not."""

from hypothesis import given
from hypothesis import strategies as st

from agentsentinel_core.behavior.sessions.cutter import IDLE_SECONDS, MAX_CALLS, MAX_OPEN, SessionCutter


def cut(calls):
    """Return the session number of each (id, time)."""
    cutter = SessionCutter()
    return [cutter.cut(session_id, at).session for session_id, at in calls]


def test_a_session_ends_after_five_idle_minutes_whatever_its_id():
    assert cut([("a", 0), ("a", 299), ("a", 599), ("a", 600)]) == [0, 0, 1, 1]
    assert cut([(None, 0), (None, 299), (None, 599)]) == [0, 0, 1]


def test_another_id_begins_another_session_and_both_may_overlap():
    assert cut([("a", 0), ("a", 1), ("b", 2), ("b", 3), ("a", 4), ("b", 5)]) == [0, 0, 1, 1, 0, 1]


def test_a_new_id_for_each_call_changes_nothing_but_for_the_first_call():
    times = [0, 10, 20, 200, 700, 710, 720]
    assert cut([(f"id-{n}", at) for n, at in enumerate(times)]) == [0, 1, 1, 1, 2, 3, 3]


def test_ids_are_believed_again_once_one_returns():
    assert cut([("a", 0), ("b", 1), ("c", 2), ("c", 3), ("d", 4), ("d", 5)]) == [0, 1, 1, 1, 2, 2]


def test_two_sessions_that_begin_together_are_two():
    assert cut([("a", 0), ("b", 1), ("a", 2), ("b", 3), ("a", 4)]) == [0, 1, 0, 1, 0]


def test_an_endless_session_is_cut_by_its_length():
    numbers = cut([("a", n) for n in range(3 * MAX_CALLS)])
    assert [numbers.count(number) for number in range(3)] == [MAX_CALLS] * 3
    assert numbers == sorted(numbers)


def test_a_session_of_the_most_calls_ends_with_the_next_call_of_its_agent():
    cutter = SessionCutter()
    for n in range(MAX_CALLS):
        assert cutter.cut("a", n).ended == ()
    assert cutter.cut("b", MAX_CALLS).ended == (0,)


def test_calls_of_open_sessions_are_fewer_than_the_most_of_each_id_however_fast_they_come():
    cutter, open_calls = SessionCutter(), {}
    for n in range(40 * MAX_CALLS):
        placed = cutter.cut(f"id-{n % 3}", n / 1000)
        for ended in placed.ended:
            del open_calls[ended]
        open_calls[placed.session] = open_calls.get(placed.session, 0) + 1
        assert sum(open_calls.values()) <= 3 * MAX_CALLS


def test_a_new_id_for_each_call_is_cut_by_length_alone():
    numbers = cut([(f"id-{n}", n / 1000) for n in range(3 * MAX_CALLS)])
    assert [numbers.count(number) for number in range(4)] == [1, MAX_CALLS, MAX_CALLS, MAX_CALLS - 1]


def test_ended_sessions_are_reported_once_and_in_order():
    cutter = SessionCutter()
    for session_id, at in (("a", 0), ("a", 1), ("b", 2), ("b", 3)):
        cutter.cut(session_id, at)
    assert cutter.cut("c", 1000).ended == (0, 1)
    assert cutter.cut("c", 1001).ended == ()


def test_a_call_that_arrives_late_ends_no_session():
    cutter = SessionCutter()
    cutter.cut("a", 1000)
    assert cutter.cut("a", 0).session == 0
    assert cutter.cut("a", 1299).session == 0


def test_the_number_of_open_sessions_is_bounded():
    cutter = SessionCutter()
    ended = []
    for n in range(2 * MAX_OPEN):
        ended += cutter.cut(f"id-{n}", n).ended + cutter.cut(f"id-{n}", n).ended
    assert ended == list(range(MAX_OPEN))


@given(st.lists(st.tuples(st.sampled_from([None, "a", "b", "c"]), st.integers(0, 400)), max_size=80))
def test_every_session_begins_once_ends_at_most_once_and_is_never_idle_inside(steps):
    cutter, at, last, begun, ended = SessionCutter(), 0, {}, set(), set()
    for session_id, pause in steps:
        at += pause
        placed = cutter.cut(session_id, at)
        ended.update(placed.ended)
        assert placed.is_first == (placed.session not in begun)
        assert placed.session not in ended
        assert at - last.get(placed.session, at) < IDLE_SECONDS
        begun.add(placed.session)
        last[placed.session] = at
    assert ended <= begun
