"""Two sides of a call become one event."""

from typing import Any
from uuid import UUID

from agentsentinel_core.hashing import hash_text
from agentsentinel_core.uuid7 import is_uuid7
from agentsentinel_shim.hook.joining import MOST_FINISHED, UNFINISHED_SECONDS, Joiner, Sender

AT = 1_795_973_000.0


def side(phase: str, at: float = AT, **members: Any) -> dict[str, Any]:
    whole = {"phase": phase, "client": "codex", "at": at, "tool": "Bash", "input": "1" * 64, "session": "s", **members}
    return whole if phase == "before" else {"output": "2" * 64, "status": "ok", **whole}


def test_the_sides_of_a_call_are_one_event_with_the_time_between_them() -> None:
    joiner = Joiner()
    assert joiner.add(side("before", call_id="c", operation="git")) is None
    ended = joiner.add(side("after", AT + 1.5, call_id="c", operation="git", status="error"))
    assert ended is not None
    sender, event = ended
    assert sender == Sender("codex", "", "")
    assert is_uuid7(UUID(event.pop("event_id")))
    assert event == {
        "tool_name": "Bash",
        "input_hash": "1" * 64,
        "output_hash": "2" * 64,
        "duration_ms": 1500,
        "status": "error",
        "timestamp": "2026-11-29T17:23:20+00:00",
        "channel": "hook",
        "session_id": "s",
        "tool_call_id": "c",
        "operation": "git",
    }
    assert joiner.open == {}


def test_the_duration_that_the_client_says_counts() -> None:
    joiner = Joiner()
    joiner.add(side("before", call_id="c"))
    ended = joiner.add(side("after", AT + 1.5, call_id="c", duration_ms=1200.4))
    assert ended is not None
    assert ended[1]["duration_ms"] == 1200


def test_calls_without_an_id_are_joined_by_what_they_are_the_oldest_first() -> None:
    joiner = Joiner()
    for at in (AT, AT + 1):
        joiner.add(side("before", at))
    joiner.add(side("before", AT + 2, input="3" * 64))
    ended = [joiner.add(side("after", AT + 10)) for _ in range(2)]
    assert [each[1]["duration_ms"] for each in ended if each] == [10_000, 9000]
    assert len(joiner.open) == 1


def test_an_end_without_a_beginning_is_an_event_that_began_its_duration_ago() -> None:
    ended = Joiner().add(side("after", AT, call_id="c", duration_ms=2000))
    assert ended is not None
    assert ended[1]["timestamp"] == "2026-11-29T17:23:18+00:00"


def test_a_call_that_two_hooks_report_counts_once() -> None:
    joiner = Joiner()
    sides = [
        side("before", call_id="c"),
        side("before", call_id="c"),
        side("after", call_id="c"),
        side("after", call_id="c"),
    ]
    assert sum(joiner.add(each) is not None for each in sides) == 1
    assert joiner.add(side("before", call_id="c")) is None
    assert joiner.open == {}


def test_calls_of_other_sessions_and_clients_are_other_calls() -> None:
    joiner = Joiner()
    for members in ({}, {"session": "t"}, {"client": "cursor"}):
        joiner.add({**side("before", call_id="c"), **members})
    assert len(joiner.open) == 3


def test_a_call_that_never_ends_is_an_error_before_it_is_too_old() -> None:
    joiner = Joiner()
    joiner.add(side("before", call_id="c"))
    joiner.add(side("before", AT + 60, call_id="d"))
    assert list(joiner.expired(AT + UNFINISHED_SECONDS)) == []
    ((_, event),) = joiner.expired(AT + UNFINISHED_SECONDS + 1)
    assert (event["status"], event["tool_call_id"], event["output_hash"]) == ("error", "c", hash_text("unfinished"))
    assert len(joiner.open) == 1


def test_the_same_sides_give_the_same_id_in_another_process() -> None:
    first, second = (Joiner(), Joiner())
    events = []
    for joiner in (first, second):
        joiner.add(side("before", call_id="c"))
        events.append(joiner.add(side("after", call_id="c")))
    assert events[0] == events[1]


def test_its_state_outlives_the_process() -> None:
    joiner = Joiner()
    joiner.add(side("before", call_id="c"))
    joiner.add(side("after", call_id="d"))
    later = Joiner(joiner.state)
    assert later.add(side("after", call_id="d")) is None
    assert later.add(side("after", AT + 2, call_id="c")) is not None
    assert Joiner("broken").open == {}


def test_what_it_remembers_of_ended_calls_is_bounded() -> None:
    joiner = Joiner()
    for number in range(MOST_FINISHED + 5):
        joiner.add(side("after", call_id=str(number)))
    assert len(joiner.finished) == MOST_FINISHED
