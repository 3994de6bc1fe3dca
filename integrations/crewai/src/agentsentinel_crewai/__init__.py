"""AgentSentinel for CrewAI: one listener on the event bus reports every tool call of every crew.

    sentinel = SentinelListener(api_key="as_agt_...")

The bus hands events to a pool of threads in no particular order, so the end may come before the start. The event of the
end contains everything, so calls are reported from it. CrewAI retries a tool that raises, and each attempt is reported;
a result that CrewAI marks as coming from its cache is not reported, since nothing ran.

CrewAI runs tools in two ways, and a tool that does not exist looks different in each: a model that asks in plain text
causes an event of its own, a model with function calling causes a call that "finished" with a failure.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from typing import Any
from weakref import ref

from crewai.events import (
    BaseEventListener,
    ToolUsageErrorEvent,
    ToolUsageFinishedEvent,
    ToolUsageStartedEvent,
    crewai_event_bus,
)
from crewai.events.event_bus import CrewAIEventsBus
from crewai.events.types.tool_usage_events import ToolSelectionErrorEvent
from crewai.tools.tool_failure import ToolFailureReason

from agentsentinel_sdk import CallStatus, Monitor

__all__ = ["SentinelListener"]

REPEAT_SECONDS = 1.0
"""Time window in which events about one missing tool are deduplicated.

For one call of a tool that does not exist CrewAI emits six events within milliseconds; a new call takes longer.
"""
_NOT_RUN = (ToolFailureReason.UNKNOWN_TOOL, ToolFailureReason.USAGE_LIMIT, ToolFailureReason.INVALID_INPUT)
_BLOCKED = "Tool execution blocked by hook"
"""How CrewAI's answer begins when a hook of the application stopped the call; nothing else in the event shows it."""
_BAD_ARGUMENTS = re.compile(r"(Tool '[^']*' a|A)rguments validation failed: ")
_CURRENT: list[Callable[[], SentinelListener | None]] = [lambda: None]
"""The listener that reports; only the newest does."""
MOST_STARTS = 10_000
"""Limit of the start times and early ends that are kept; the oldest are evicted."""


class SentinelListener(Monitor, BaseEventListener):
    """Reports tool calls of all crews in the process; parameters as in `agentsentinel_sdk.Monitor`.

    A second listener takes the place of the first, since the bus sends every event to both.
    """

    framework = "crewai"
    session_prefix = "crew"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        Monitor.__init__(self, *args, **kwargs)
        self._started_at: dict[str, float] = {}
        self._unknown: tuple[tuple[str | None, str], float] = ((None, ""), 0.0)
        """Task and tool of the last call of a tool that does not exist, and its Unix time."""
        self._ended: dict[str, None] = {}
        """Ids of the start events whose call's end arrived first."""
        _CURRENT[:] = [ref(self)]
        BaseEventListener.__init__(self)

    def setup_listeners(self, bus: CrewAIEventsBus) -> None:
        """Subscribe to the tool events; CrewAI calls this when the listener is created."""

        @bus.on(ToolUsageStartedEvent)
        def started(_: Any, event: ToolUsageStartedEvent) -> None:
            if not self._is_current() or self._ended.pop(event.event_id, self) is not self:
                return
            _bound(self._started_at)
            self._started_at[event.event_id] = event.timestamp.timestamp()
            # Reported only if the process ends before the call does; otherwise the event of the end replaces it.
            self.calls.start(event.event_id, event.tool_name, _arguments(event.tool_args))

        @bus.on(ToolUsageFinishedEvent)
        def finished(source: Any, event: ToolUsageFinishedEvent) -> None:
            if not self._is_current():
                return
            self._forget(event.started_event_id)
            if event.failure is not None and event.failure.reason is ToolFailureReason.UNKNOWN_TOOL:
                self.calls.refused(event.tool_name, _arguments(event.tool_args), event.output)
            elif not event.from_cache:
                self.calls.record(
                    event.tool_name,
                    _arguments(event.tool_args),
                    _output(source, event),
                    _status(event),
                    begun_at=event.started_at.timestamp(),
                    duration_seconds=(event.finished_at - event.started_at).total_seconds(),
                )

        @bus.on(ToolUsageErrorEvent)
        def failed(_: Any, event: ToolUsageErrorEvent) -> None:
            if not self._is_current():
                return
            ended_at = event.timestamp.timestamp()
            begun_at = self._forget(event.started_event_id) or ended_at
            self.calls.record(
                event.tool_name,
                _arguments(event.tool_args),
                event.error,
                "denied" if _BAD_ARGUMENTS.match(str(event.error)) else "error",
                begun_at=begun_at,
                duration_seconds=max(ended_at - begun_at, 0.0),
            )

        @bus.on(ToolSelectionErrorEvent)
        def unknown(_: Any, event: ToolSelectionErrorEvent) -> None:
            what, now = (event.task_id, event.tool_name), event.timestamp.timestamp()
            if not self._is_current():
                return
            is_repeat = self._unknown[0] == what and now - self._unknown[1] < REPEAT_SECONDS
            self._unknown = (what, now)
            if not is_repeat:
                self.calls.refused(event.tool_name, _arguments(event.tool_args), event.error)

    def _is_current(self) -> bool:
        return _CURRENT[0]() is self

    def _forget(self, started_event_id: str | None) -> float | None:
        """Close the open call of this start event and return when it began, in Unix time; None if that is not known."""
        event_id = started_event_id or ""
        begun_at = self._started_at.pop(event_id, None)
        if begun_at is None:
            _bound(self._ended)
            self._ended[event_id] = None
        self.calls.suspended(event_id)
        return begun_at

    def flush(self, timeout: float = 2.0) -> bool:
        """Wait until the bus has delivered all events, then send them; at most `timeout` seconds in all."""
        deadline = time.monotonic() + timeout
        crewai_event_bus.flush(timeout=timeout)
        return super().flush(max(deadline - time.monotonic(), 0.1))


def _output(source: Any, event: ToolUsageFinishedEvent) -> object:
    """Return the tool's own result.

    The event's output can differ: when the model asks in plain text, CrewAI adds a reminder for the model to the result
    of every third call.
    """
    raw = getattr(source, "last_raw_result", None)
    return event.output if raw is None else raw


def _status(event: ToolUsageFinishedEvent) -> CallStatus:
    if event.failure is None and event.output is None:
        return "error"  # Ctrl+C: CrewAI reports the end with whatever result it has by then
    if event.failure is None:
        return "denied" if isinstance(event.output, str) and event.output.startswith(_BLOCKED) else "ok"
    return "denied" if event.failure.reason in _NOT_RUN else "error"


def _bound(table: dict[str, Any]) -> None:
    while len(table) >= MOST_STARTS:
        table.pop(next(iter(table), ""), None)


def _arguments(given: object) -> object:
    """Parse the arguments, which CrewAI reports as a dict or as JSON text, so that both get the same hash."""
    try:
        return json.loads(given) if isinstance(given, str) else given
    except ValueError:
        return given
