"""The queue of reported calls: first in, first out, bounded, and nothing in it goes uncounted."""

import threading

from hypothesis import given
from hypothesis import strategies as st

from agentsentinel_sdk._queue import Entry, EventQueue

NEVER = 10**9


def entry(number: int) -> Entry:
    return Entry({"number": number})


def numbers(entries: object) -> list[int]:
    return [one.wire["number"] for one in entries]  # type: ignore[attr-defined]


def filled(count: int, most: int = 100) -> EventQueue:
    queue = EventQueue(most)
    for number in range(count):
        queue.put(entry(number), NEVER)
    return queue


def test_what_did_not_arrive_is_taken_again_before_what_came_later() -> None:
    queue = filled(3)
    assert numbers(queue.take(2)) == [0, 1]
    queue.put(entry(3), NEVER)
    queue.put_back()
    assert numbers(queue.take(10)) == [0, 1, 2, 3]


def test_the_oldest_make_room_also_when_they_come_back() -> None:
    queue = filled(3, most=3)
    queue.take(2)
    queue.put(entry(3), NEVER)
    queue.put(entry(4), NEVER)
    queue.put_back()
    assert (numbers(queue.take(10)), queue.dropped) == ([2, 3, 4], 2)


def test_the_sending_thread_is_woken_for_the_first_and_for_a_full_batch() -> None:
    queue = EventQueue()
    woken = []
    for number in range(4):
        queue.put(entry(number), wake_at=3)
        woken.append(queue.wake.is_set())
        queue.wake.clear()
    assert woken == [True, False, True, False]


def test_a_forked_child_begins_with_nothing() -> None:
    queue = filled(3)
    queue.take(1)
    queue.reset()
    assert (len(queue), queue.accepted, queue.dropped, list(queue.take_all())) == (0, 0, 0, [])


steps = st.lists(st.sampled_from(["put", "take", "settle", "put_back", "drop_taken"]), max_size=40)


@given(steps, st.integers(1, 5))
def test_accepted_is_arrived_and_dropped_and_still_here(order: list[str], most: int) -> None:
    queue = EventQueue(most)
    arrived = 0
    for number, step in enumerate(order):
        if step == "put":
            queue.put(entry(number), NEVER)
        elif step == "take":
            if not queue.taken:
                queue.take(2)
        elif step == "settle":
            arrived += len(queue.taken)
            queue.settle()
        else:
            getattr(queue, step)()
        assert queue.waiting <= most
        assert queue.accepted == arrived + queue.dropped + len(queue)


def test_many_threads_put_and_none_is_lost() -> None:
    queue = EventQueue()

    def report() -> None:
        for number in range(500):
            queue.put(entry(number), NEVER)

    threads = [threading.Thread(target=report) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (queue.accepted, len(queue), queue.dropped) == (4000, 4000, 0)
