"""AgentSentinel for the OpenAI Agents SDK: one trace processor reports every function tool call.

    instrument(api_key="as_agt_...")

A trace processor is preferred to run hooks: it sees failures, covers every agent and sub-agent, needs no change where
runs are started, and cannot abort one. Three things it is not told are found out from what the model asked for in the
same turn: the model's id of a call, and the name and the arguments of a tool that does not exist, which ends a turn
before any tool runs. Hosted tools never reach it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from agents.tracing import (
    FunctionSpanData,
    GenerationSpanData,
    ResponseSpanData,
    Span,
    Trace,
    TracingProcessor,
    add_trace_processor,
)

from agentsentinel_sdk import Monitor

__all__ = ["SentinelProcessor", "instrument"]

MOST_TURNS = 1000
"""Turns whose calls are remembered; one that never ends must not be kept for ever."""
_NOT_FOUND = "Tool not found"
_REJECTED = "was manually rejected by user"
"""How the SDK marks a turn and a call in its traces."""


@dataclass(frozen=True)
class _Asked:
    """One call that a model asked for."""

    call_id: str
    name: str
    arguments: str
    """JSON, as the model wrote it."""


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
        """Calls that no tool has answered yet, by the id of the turn's span."""

    def on_trace_start(self, trace: Trace) -> None:
        """A run begins."""
        group_id = getattr(trace, "group_id", None)
        if group_id:
            self._groups[trace.trace_id] = str(group_id)

    def on_trace_end(self, trace: Trace) -> None:
        """It ends."""
        self._groups.pop(trace.trace_id, None)

    def on_span_start(self, span: Span[Any]) -> None:
        """A step begins; what it was given is told at its end."""

    def on_span_end(self, span: Span[Any]) -> None:
        """A tool, a model or a turn has ended, well or not."""
        data = span.span_data
        if isinstance(data, FunctionSpanData):
            self._called(span, data)
        elif isinstance(data, (GenerationSpanData, ResponseSpanData)):
            self._remember(span.parent_id or "", list(_asked(data)))
        else:
            left = self._asked.pop(span.span_id, [])
            error = span.error
            if error is not None and error.get("message") == _NOT_FOUND:
                self._refused(str((error.get("data") or {}).get("tool_name")), left, self._session(span))

    def shutdown(self) -> None:
        """The SDK ends."""
        self.close()

    def force_flush(self) -> None:
        """Somebody wants everything sent."""
        self.flush()

    def _called(self, span: Span[Any], data: FunctionSpanData) -> None:
        begun_at = _unix_time(span.started_at)
        error = span.error
        is_rejected = error is not None and _REJECTED in str((error.get("data") or {}).get("error"))
        self.calls.record(
            data.name,
            _arguments(data.input),
            error.get("message", "failed") if error else data.output,
            "denied" if is_rejected else "error" if error else "ok",
            begun_at=begun_at,
            duration_seconds=_unix_time(span.ended_at) - begun_at,
            tool_call_id=self._call_id(span.parent_id or "", data),
            session_id=self._session(span),
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

    def _call_id(self, turn: str, data: FunctionSpanData) -> str | None:
        """Of two calls with the same arguments, it does not matter which is which."""
        asked = self._asked.get(turn, [])
        for one in asked:
            if (one.name, one.arguments) == (data.name, data.input):
                asked.remove(one)
                return one.call_id
        return None

    def _session(self, span: Span[Any]) -> str:
        return self._groups.get(span.trace_id, span.trace_id)


def instrument(*args: Any, **kwargs: Any) -> SentinelProcessor:
    """Report the tool calls of all runs of the process from now on; parameters as in `SentinelProcessor`."""
    processor = SentinelProcessor(*args, **kwargs)
    add_trace_processor(processor)
    return processor


def _asked(data: GenerationSpanData | ResponseSpanData) -> Iterator[_Asked]:
    """Of a Responses model or of a Chat Completions one; others may tell nothing."""
    if isinstance(data, ResponseSpanData):
        for item in getattr(data.response, "output", None) or ():
            if getattr(item, "type", None) == "function_call":
                yield _Asked(item.call_id, item.name, item.arguments)
        return
    for message in data.output or ():
        for call in (message.get("tool_calls") or ()) if isinstance(message, Mapping) else ():
            function = call.get("function") or {}
            yield _Asked(str(call.get("id")), str(function.get("name")), str(function.get("arguments")))


def _unix_time(moment: str | None) -> float:
    """From the ISO 8601 text of a span; a span that has ended has both of its times."""
    return datetime.fromisoformat((moment or "").replace("Z", "+00:00")).timestamp()


def _arguments(text: object) -> object:
    """The arguments arrive as JSON text; as values they hash like those of any other framework."""
    try:
        return json.loads(text) if isinstance(text, str) else text
    except ValueError:
        return text
