"""The session of a call: what the client says, else the protocol's, else a stretch without a long pause."""

from itertools import count
from typing import Any

import pytest

from agentsentinel_shim.sessions import IDLE_SECONDS, SessionClock, trace_of

TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


def clock() -> SessionClock:
    ids = count(1)
    return SessionClock(lambda: f"made-{next(ids)}")


@pytest.mark.parametrize(
    ("meta", "protocol", "expected"),
    [
        ({"baggage": "tenant=1, session.id=talk%201;x=y"}, "legacy", "talk 1"),
        ({"baggage": "gen_ai.conversation.id=c1"}, None, "c1"),
        ({"conversation_id": "c2"}, "legacy", "c2"),
        ({"conversation_id": 7, "baggage": "session.id="}, "legacy", "legacy"),
        ({"traceparent": TRACE}, None, "made-1"),
        ({}, "legacy", "legacy"),
        ({}, None, "made-1"),
    ],
)
def test_the_most_specific_name_wins(meta: dict[str, Any], protocol: str | None, expected: str) -> None:
    assert clock().session_of("desk", protocol, {"_meta": meta}, 0.0) == expected


def test_a_pause_of_five_minutes_ends_a_stretch_and_clients_have_their_own() -> None:
    sessions = clock()
    times = [0.0, IDLE_SECONDS, 2 * IDLE_SECONDS, 3 * IDLE_SECONDS + 1]
    assert [sessions.session_of("desk", None, {}, at) for at in times] == ["made-1", "made-1", "made-1", "made-2"]
    assert sessions.session_of("phone", None, {}, 0.0) == "made-3"


def test_a_name_of_any_length_fits_the_api() -> None:
    assert len(clock().session_of("desk", "x" * 9000, {}, 0.0)) == 255


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (TRACE, {"trace_id": "0af7651916cd43dd8448eb211c80319c", "span_id": "b7ad6b7169203331"}),
        (TRACE.upper(), {}),
        ("00-" + "0" * 32 + "-b7ad6b7169203331-01", {}),
        ("00-0af7651916cd43dd8448eb211c80319c-" + "0" * 16 + "-01", {}),
        (5, {}),
        ("", {}),
    ],
)
def test_only_a_valid_trace_is_kept(value: object, expected: dict[str, str]) -> None:
    assert trace_of({"_meta": {"traceparent": value}}) == expected
