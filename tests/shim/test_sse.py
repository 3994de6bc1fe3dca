"""Events come out of a stream whatever the pieces it comes in."""

import json

from hypothesis import given
from hypothesis import strategies as st

from agentsentinel_shim import sse
from agentsentinel_shim.copies import Copy, MessageCopy
from agentsentinel_shim.sse import EventStreamReader

STREAM = (
    b": a comment\r\n\r\nevent: endpoint\r\ndata: /messages?session_id=1\r\n\r\n"
    b"id: 7\nretry: 10\ndata: one\ndata:two\n\nevent: empty\n\ndata\n\ndata: last\r\rdata: never ended"
)
EVENTS: list[tuple[str, Copy]] = [
    ("endpoint", b"/messages?session_id=1"),
    ("message", b"one\ntwo"),
    ("message", b"last"),
]


@given(st.lists(st.integers(1, len(STREAM)), max_size=30))
def test_the_events_do_not_depend_on_the_pieces(places: list[int]) -> None:
    reader = EventStreamReader()
    events: list[tuple[str, Copy]] = []
    start = 0
    for end in [*sorted(places), len(STREAM)]:
        events += reader.feed(STREAM[start:end])
        start = end
    assert events == EVENTS


@given(st.integers(1, 5000))
def test_a_long_line_is_copied_as_it_passes(size: int) -> None:
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "result": {"text": "x" * (sse.LONGEST_LINE * 2)}}).encode()
    stream = b"data: " + body + b"\r\n\r\ndata: next\n\n"
    reader = EventStreamReader()
    events = [
        event for at in range(0, len(stream), size + 9000) for event in reader.feed(stream[at : at + size + 9000])
    ]
    assert events == [("message", body), ("message", b"next")]


def test_an_event_of_any_length_leaves_its_outline() -> None:
    reader = EventStreamReader()
    events = reader.feed(b'data: {"id":1,"result":{"text":"')
    for _ in range(200):
        events += reader.feed(b"x" * 65_536)
    events += reader.feed(b'","isError":true}}\n\n')
    assert events == [("message", {"id": 1, "result": {"isError": True}})]


def test_a_copy_that_was_taken_begins_anew() -> None:
    copy = MessageCopy()
    copy.feed(b"one")
    assert copy.take() == b"one"
    assert copy.is_empty
    copy.feed(b"two")
    assert copy.take() == b"two"
