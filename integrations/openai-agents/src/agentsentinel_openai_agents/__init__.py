"""AgentSentinel for the OpenAI Agents SDK: one trace processor reports every function tool call.

    instrument(api_key="as_agt_...")

A trace processor is preferred to run hooks: it sees failures, covers every agent and sub-agent, needs no change where
runs are started, and cannot abort a run. What spans do not contain is inferred:

* the model's id of a call, and whether a call has ended or waits for a person: from the SDK's own function that runs a
  tool, on whose stack a span ends, or else from what the model asked for in the same turn;
* the name and the arguments of a tool that does not exist, which ends a turn before any tool runs: from what the model
  asked for;
* a call that a person has refused after a wait: from the result that the model gets in the next turn.

Calls of hosted tools never reach the processor, and no call does while tracing is off.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from agents import FunctionToolResult, ToolApprovalItem
from agents.tool import default_tool_timeout_error_message
from agents.tracing import (
    FunctionSpanData,
    GenerationSpanData,
    ResponseSpanData,
    Span,
    Trace,
    TracingProcessor,
    add_trace_processor,
    get_trace_provider,
)

from agentsentinel_sdk import CallStatus, Monitor
from agentsentinel_sdk.adapter import notify
from agentsentinel_sdk.reporter import EXIT_SECONDS

__all__ = ["SentinelProcessor", "instrument"]

MOST_TURNS = 1000
"""Limit of the turns whose calls are remembered; the oldest are evicted, since a turn may never end."""
MOST_WAITING = 1000
_FRAMES = 12
"""How many frames up the stack the SDK's function that runs a tool (`_RUNS_TOOL`) is looked for."""
_RUNS_TOOL = ("_run_single_tool", "run_single_tool")
"""Names of the SDK's function that runs one tool: since 0.7, and before."""
_NOT_APPROVED = "Tool execution was not approved."
"""The SDK's result for a refused call, unless the application supplies a text of its own."""
_TRACING_IS_OFF = (
    "tracing of the OpenAI Agents SDK is off, so no tool call is reported. To keep spans from OpenAI only, leave it on "
    "and call agents.set_trace_processors([SentinelProcessor(...)])"
)
_NOT_FOUND = "Tool not found"
_REJECTED = "was manually rejected by user"
"""Texts by which the SDK marks a turn without the tool, and refused calls, in its traces."""


@dataclass(frozen=True)
class _Asked:
    """One call that a model asked for."""

    call_id: str
    name: str
    arguments: str
    """JSON text as the model wrote it, which need not be valid."""


class SentinelProcessor(Monitor, TracingProcessor):
    """Reports function tool calls; parameters as in `agentsentinel_sdk.Monitor`.

    A call's session is the trace's `group_id` (a conversation), else the trace (a run).
    """

    framework = "openai-agents"
    session_prefix = "oai"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._groups: dict[str, str] = {}
        self._asked: dict[str, list[_Asked]] = {}
        """Calls that no tool has answered yet, by the span id of their turn."""
        self._raised_before: dict[str, BaseException] = {}
        """Exceptions that the host was already handling when a tool began, by the tool's span id."""
        self._waiting: dict[str, _Asked] = {}
        """Calls that wait for a person, by the model's id of the call."""
        self._refused_ids: dict[str, None] = {}
        self._has_warned = False
        self._check_tracing()

    def on_trace_start(self, trace: Trace) -> None:
        """Remember the conversation that a run belongs to."""
        group_id = getattr(trace, "group_id", None)
        if group_id:
            self._groups[trace.trace_id] = str(group_id)

    def on_trace_end(self, trace: Trace) -> None:
        """Forget the conversation of a run that ends."""
        self._groups.pop(trace.trace_id, None)

    def on_span_start(self, span: Span[Any]) -> None:
        """Remember the exception that is being handled when a tool begins; the span's end reports the call."""
        handled = sys.exc_info()[1]
        if handled is not None and isinstance(span.span_data, FunctionSpanData):
            _bound(self._raised_before, MOST_TURNS)
            self._raised_before[span.span_id] = handled

    def on_span_end(self, span: Span[Any]) -> None:
        """Report what the span of a tool, a model or a turn contains once it ends, in success or failure."""
        data = span.span_data
        if isinstance(data, FunctionSpanData):
            self._called(span, data)
        elif isinstance(data, (GenerationSpanData, ResponseSpanData)):
            self._find_refusals(data, self._session(span))
            self._remember(span.parent_id or "", list(_asked(data)))
        else:
            left = self._asked.pop(span.span_id, [])
            error = span.error
            if error is not None and error.get("message") == _NOT_FOUND:
                self._refused(str((error.get("data") or {}).get("tool_name")), left, self._session(span))

    def shutdown(self) -> None:
        """Send what is queued and stop, when the SDK shuts down."""
        self.close()

    def force_flush(self) -> None:
        """Send everything that is queued, at the SDK's request."""
        self.flush()

    def flush(self, timeout: float = EXIT_SECONDS) -> bool:
        """Send everything now and wait for it; returns whether nothing is left."""
        self._check_tracing()
        return super().flush(timeout)

    def _check_tracing(self) -> None:
        if not self._has_warned and getattr(get_trace_provider(), "_disabled", False):
            self._has_warned = True
            notify(_TRACING_IS_OFF)

    def _called(self, span: Span[Any], data: FunctionSpanData) -> None:
        running = _running_tool()
        asked = self._take(span.parent_id or "", data) or running.asked
        if running.is_waiting:
            if asked is not None:
                _bound(self._waiting, MOST_WAITING)
                self._waiting[asked.call_id] = asked
            return
        if asked is not None:
            self._waiting.pop(asked.call_id, None)
        status, output = self._ending(span, data, running)
        begun_at = _unix_time(span.started_at)
        self.calls.record(
            data.name,
            _arguments(asked.arguments if data.input is None and asked is not None else data.input),
            output,
            status,
            begun_at=begun_at,
            duration_seconds=_unix_time(span.ended_at) - begun_at,
            tool_call_id=None if asked is None else asked.call_id,
            session_id=self._session(span),
        )

    def _ending(self, span: Span[Any], data: FunctionSpanData, running: _Running) -> tuple[CallStatus, object]:
        """Return how the call ended, and its output or error.

        A span without an error that ends while a new exception propagates belongs to a cancelled task.
        """
        before = self._raised_before.pop(span.span_id, None)
        raised = sys.exc_info()[1]
        error = span.error
        if error is not None:
            reason = str((error.get("data") or {}).get("error"))
            has_run = _REJECTED not in reason and not running.lacks_arguments
            return "error" if has_run else "denied", error.get("message", "failed")
        if raised is not None and raised is not before:
            return "error", raised
        return "error" if running.has_timed_out else "ok", running.output if data.output is None else data.output

    def _find_refusals(self, data: GenerationSpanData | ResponseSpanData, session_id: str) -> None:
        """Report the calls that a person refused, among those whose outcome the model gets in this turn."""
        for asked, output in _answered(data):
            waited = self._waiting.pop(asked.call_id, None)
            if (waited is not None or output == _NOT_APPROVED) and asked.call_id not in self._refused_ids:
                _bound(self._refused_ids, MOST_WAITING)
                self._refused_ids[asked.call_id] = None
                call = waited or asked
                self.calls.refused(
                    call.name, _arguments(call.arguments), output, tool_call_id=call.call_id, session_id=session_id
                )

    def _refused(self, name: str, asked: list[_Asked], session_id: str) -> None:
        missing = [one for one in asked if one.name == name] or [_Asked("", name, "null")]
        for one in missing:
            self.calls.refused(
                name, _arguments(one.arguments), _NOT_FOUND, tool_call_id=one.call_id, session_id=session_id
            )

    def _remember(self, turn: str, asked: list[_Asked]) -> None:
        if asked:
            while len(self._asked) >= MOST_TURNS:
                self._asked.pop(next(iter(self._asked), ""), None)
            self._asked[turn] = asked

    def _take(self, turn: str, data: FunctionSpanData) -> _Asked | None:
        """Remove and return the request of the turn that matches this tool's name and arguments; None without one.

        Two calls with the same name and arguments are interchangeable.
        """
        asked = self._asked.get(turn, [])
        for one in asked:
            if (one.name, one.arguments) == (data.name, data.input):
                asked.remove(one)
                return one
        return None

    def _session(self, span: Span[Any]) -> str:
        return self._groups.get(span.trace_id, span.trace_id)


def instrument(*args: Any, **kwargs: Any) -> SentinelProcessor:
    """Report the tool calls of all runs of the process from now on; parameters as in `SentinelProcessor`.

    If a processor is attached already, it is returned and the parameters are ignored.
    """
    attached = getattr(get_trace_provider(), "_multi_processor", None)
    for known in getattr(attached, "_processors", ()):
        if isinstance(known, Monitor) and isinstance(known, TracingProcessor):  # or a second import of this module
            return cast("SentinelProcessor", known)
    processor = SentinelProcessor(*args, **kwargs)
    add_trace_processor(processor)
    return processor


def _asked(data: GenerationSpanData | ResponseSpanData) -> Iterator[_Asked]:
    """Yield the calls that a model asked for, through Responses or Chat Completions; other models may report none."""
    if isinstance(data, ResponseSpanData):
        for item in getattr(data.response, "output", None) or ():
            if getattr(item, "type", None) == "function_call":
                yield _Asked(item.call_id, item.name, item.arguments)
        return
    for message in data.output or ():
        for call in (message.get("tool_calls") or ()) if isinstance(message, Mapping) else ():
            function = call.get("function") or {}
            yield _Asked(str(call.get("id")), str(function.get("name")), str(function.get("arguments")))


@dataclass(frozen=True)
class _Running:
    """Variables of the SDK's own function that runs a tool, at the time the tool's span ends."""

    asked: _Asked | None = None
    output: object = None
    is_waiting: bool = False
    lacks_arguments: bool = False
    """Whether the model's arguments are not a JSON object or lack a required one; the SDK's error does not say so."""
    has_timed_out: bool = False
    """Whether the output is the SDK's own sentence about a time-out, which the span contains like a result."""


def _running_tool() -> _Running:
    """Read the variables of the SDK's function that runs a tool, from the stack.

    The span does not contain them: without sensitive data it has neither arguments nor output.
    """
    frame = sys._getframe(1)
    for _ in range(_FRAMES):
        if frame.f_code.co_name in _RUNS_TOOL:
            variables: dict[str, Any] = frame.f_locals
            call, result = variables.get("tool_call"), variables.get("result")
            is_wrapped = isinstance(result, FunctionToolResult)
            output = getattr(result, "output", None) if is_wrapped else result
            return _Running(
                None if call is None else _Asked(str(call.call_id), str(call.name), str(call.arguments)),
                output,
                is_wrapped and isinstance(getattr(result, "run_item", None), ToolApprovalItem),
                _lacks_arguments(variables.get("func_tool"), getattr(call, "arguments", None)),
                _has_timed_out(variables.get("func_tool"), output),
            )
        if frame.f_back is None:
            break
        frame = frame.f_back
    return _Running()


def _lacks_arguments(tool: Any, text: object) -> bool:
    schema = getattr(tool, "params_json_schema", None) or {}
    properties = schema.get("properties") or {}
    needed = {name for name in schema.get("required") or () if "default" not in properties.get(name, {})}
    given = _arguments(text)
    return not isinstance(given, Mapping) or not needed <= set(given)


def _has_timed_out(tool: Any, output: object) -> bool:
    seconds = getattr(tool, "timeout_seconds", None)
    if seconds is None or getattr(tool, "timeout_error_function", None) is not None:
        return False
    return output == default_tool_timeout_error_message(tool_name=tool.name, timeout_seconds=seconds)


def _answered(data: GenerationSpanData | ResponseSpanData) -> Iterator[tuple[_Asked, object]]:
    """Yield the calls whose outcome is new in this turn, with the outcome: those at the end of the model's input."""
    items = [item for item in _given(data) if isinstance(item, Mapping)]
    calls: dict[str, _Asked] = {}
    for item in items:
        if item.get("type") == "function_call":
            asked = _Asked(str(item.get("call_id")), str(item.get("name")), str(item.get("arguments")))
            calls[asked.call_id] = asked
        for call in item.get("tool_calls") or ():
            function = call.get("function") or {}
            calls[str(call.get("id"))] = _Asked(
                str(call.get("id")), str(function.get("name")), str(function.get("arguments"))
            )
    for item in reversed(items):
        if item.get("type") != "function_call_output" and item.get("role") != "tool":
            return
        call_id = str(item.get("call_id") or item.get("tool_call_id"))
        if call_id in calls:
            yield calls[call_id], item.get("output", item.get("content"))


def _given(data: GenerationSpanData | ResponseSpanData) -> Iterable[Any]:
    return data.input if isinstance(data.input, (list, tuple)) else ()


def _bound(table: dict[Any, Any], most: int) -> None:
    while len(table) >= most:
        table.pop(next(iter(table), None), None)


def _unix_time(moment: str | None) -> float:
    """Convert the ISO 8601 text of a span to Unix time; a span that has ended has both of its times."""
    return datetime.fromisoformat((moment or "").replace("Z", "+00:00")).timestamp()


def _arguments(text: object) -> object:
    """Parse the arguments, which arrive as JSON text, so that they hash like those of any other framework."""
    try:
        return json.loads(text) if isinstance(text, str) else text
    except ValueError:
        return text
