"""Two sides of a call become one event."""

from typing import Any
from uuid import UUID

from agentsentinel_core.hashing import hash_text
from agentsentinel_core.uuid7 import is_uuid7
from agentsentinel_shim.hook.joining import MOST_FINISHED, MOST_REFUSED, UNFINISHED_SECONDS, Joiner, Sender

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


DENIED: dict[str, Any] = {"decision": "deny", "rule": "no-shell"}


def events_of(joiner: Joiner, *sides: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the events that sides make, added one after the other."""
    return [ended[1] for each in sides if (ended := joiner.add(each)) is not None]


def test_a_refused_call_is_an_event_at_once_with_what_decided() -> None:
    (event,) = events_of(Joiner(), side("before", call_id="c", **DENIED))
    assert (event["status"], event["decision"], event["would_block"]) == ("denied", "deny", False)
    assert (event["policy_rule"], event["duration_ms"]) == ("no-shell", 0)
    assert event["output_hash"] == hash_text("refused")


def test_what_would_be_refused_is_said_when_the_call_ends() -> None:
    before = side("before", call_id="c", decision="allow", would_block=1, rule="no-shell")
    (event,) = events_of(Joiner(), before, side("after", AT + 1, call_id="c"))
    assert (event["decision"], event["would_block"], event["policy_rule"]) == ("allow", True, "no-shell")
    assert event["status"] == "ok"


def test_what_the_client_says_about_a_refused_call_is_no_other_event() -> None:
    for call_id in ("c", ""):
        for status in ("denied", "error", "ok"):
            joiner = Joiner()
            sides = [side("before", call_id=call_id, **DENIED), side("after", AT + 1, call_id=call_id, status=status)]
            (event,) = events_of(Joiner(joiner.state), *sides)
            assert event["status"] == "denied"


def test_hooks_of_which_only_one_decides_make_one_event_in_any_order() -> None:
    denied, other = side("before", call_id="c", **DENIED), side("before", call_id="c")
    for sides in ([denied, other], [other, denied], [denied, denied]):
        joiner = Joiner()
        (event,) = events_of(joiner, *sides, side("after", AT + 1, call_id="c", status="denied"))
        assert event["status"] == "denied"
        assert joiner.open == {}


def test_a_call_that_is_allowed_after_a_like_one_was_refused_is_an_event_of_its_own() -> None:
    sides = [side("before", **DENIED), side("before", AT + 1), side("after", AT + 2)]
    assert [event["status"] for event in events_of(Joiner(), *sides)] == ["denied", "ok"]


def test_the_memory_of_refused_calls_has_a_bound() -> None:
    joiner = Joiner()
    for number in range(MOST_REFUSED + 10):
        joiner.add(side("before", input=f"{number:064}", **DENIED))
    assert len(joiner.refused) == MOST_REFUSED
