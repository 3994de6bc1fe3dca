"""Reported events are decoded strictly, and one that is invalid does not refuse its batch."""

import json
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentsentinel.errors import Invalid
from agentsentinel.ingest.event import EventRefused, EventReport, Refused, decode_batch, decode_event
from agentsentinel.kit.ids import uuid7

GOOD: dict[str, Any] = {
    "agent_id": str(uuid4()),
    "tool_name": "search",
    "input_hash": "0" * 64,
    "output_hash": "1" * 64,
}


def body(**members: Any) -> bytes:
    return json.dumps({**GOOD, **members}).encode()


def test_members_that_are_not_known_are_dropped() -> None:
    report = decode_event(body(arguments={"password": "hunter2"}))
    assert "hunter2" not in repr(report)
    assert (report.tool_name, report.channel, report.status) == ("search", "api", "ok")


@pytest.mark.parametrize(
    ("members", "word"),
    [
        ({"tool_name": ""}, "tool_name"),
        ({"tool_name": "a\0b"}, "tool_name"),
        ({"session_id": "\0"}, "session_id"),
        ({"input_hash": "A" * 64}, "input_hash"),
        ({"input_hash": "0" * 64 + "\n"}, "input_hash"),
        ({"duration_ms": -1}, "duration_ms"),
        ({"event_id": str(uuid4())}, "event_id"),
        ({"timestamp": "2026-01-01T00:00:00"}, "timestamp"),
        ({"span_id": "0" * 15}, "span_id"),
    ],
)
def test_an_invalid_member_is_named(members: dict[str, Any], word: str) -> None:
    with pytest.raises(Invalid) as refused:
        decode_event(body(**members))
    assert refused.value.status == 422
    assert word in refused.value.detail


def test_text_that_only_looks_like_nul_is_text() -> None:
    assert decode_event(body(session_id="\\u0000")).session_id == "\\u0000"


def test_half_a_surrogate_pair_is_repaired() -> None:
    assert decode_event(body(session_id="\ud83d")).session_id == "\N{REPLACEMENT CHARACTER}"


@pytest.mark.parametrize("bad", [b"null", b"1", b"{}", b'"\\u0000"', b"[]"])
def test_one_invalid_event_of_a_batch_is_refused_alone_and_in_its_place(bad: bytes) -> None:
    good = body(event_id=str(uuid7(datetime.now(UTC).timestamp())))
    found = decode_batch(b'{"events": [%b, %b, %b]}' % (good, bad, good))
    assert [type(one) for one in found] == [EventReport, Refused, EventReport]


@pytest.mark.parametrize("count", [0, 1001])
def test_a_batch_of_another_size_is_refused_whole(count: int) -> None:
    with pytest.raises(Invalid):
        decode_batch(b'{"events": [%b]}' % b",".join([body()] * count))


@given(st.binary(max_size=60) | st.text(max_size=30).map(str.encode))
def test_any_bytes_are_decoded_or_refused(content: bytes) -> None:
    for decode in (decode_event, decode_batch):
        with pytest.raises(Invalid):
            decode(content)


def test_a_refusal_of_a_batch_is_the_same_as_an_error() -> None:
    error = EventRefused(Refused(409, "another agent's id"))
    assert (error.status, error.detail, str(error)) == (409, "another agent's id", "another agent's id")
    assert Invalid("wrong").status == 422
