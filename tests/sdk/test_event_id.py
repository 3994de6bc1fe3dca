"""Event ids: UUID version 7, unique, in the order of their time."""

import os
import time
import uuid

from agentsentinel_sdk import ToolCallEvent
from agentsentinel_sdk._event_id import new_event_id


def test_an_event_id_is_a_uuid_of_version_7_and_the_rfc_variant() -> None:
    made = uuid.UUID(new_event_id())
    assert (made.version, made.variant) == (7, uuid.RFC_4122)


def test_an_event_id_carries_the_time_it_was_made() -> None:
    before = time.time_ns() // 1_000_000
    carried = uuid.UUID(new_event_id()).int >> 80
    assert before <= carried <= time.time_ns() // 1_000_000


def test_ten_thousand_event_ids_differ() -> None:
    assert len({new_event_id() for _ in range(10_000)}) == 10_000


def test_later_ids_sort_after_earlier_ones() -> None:
    earlier = new_event_id()
    time.sleep(0.002)
    assert earlier < new_event_id()


def test_each_event_gets_its_own_id() -> None:
    events = [ToolCallEvent("a", "t", "0" * 64, "0" * 64) for _ in range(2)]
    assert events[0].event_id != events[1].event_id


def test_a_forked_child_makes_other_ids_than_its_parent() -> None:
    reading, writing = os.pipe()
    if not (child := os.fork()):
        os.write(writing, new_event_id().encode())
        os._exit(0)
    os.waitpid(child, 0)
    assert os.read(reading, 36)[19:] != new_event_id()[19:].encode()  # the random bits
    os.close(reading)
    os.close(writing)
