"""AgentSentinel for Strands Agents (AWS): one hook provider reports every tool call of an agent.

    agent = Agent(model=model, tools=[...], hooks=[SentinelHooks(api_key="as_agt_...")])

A hook that raises would abort the run, so these hooks never raise.
"""

from __future__ import annotations

from collections.abc import Hashable
from itertools import count
from traceback import walk_tb
from typing import Any, NamedTuple
from weakref import WeakSet

from strands.hooks import (
    AfterInvocationEvent,
    AfterToolCallEvent,
    BeforeToolCallEvent,
    HookProvider,
    HookRegistry,
)

from agentsentinel_sdk import Monitor

__all__ = ["SentinelHooks"]


_NUMBERS = count()


class _Begun(NamedTuple):
    """One call that has not ended."""

    key: Hashable
    tool_use: Any
    """The object that Strands passed at the start; the same object comes back at the end."""


class SentinelHooks(Monitor, HookProvider):
    """Reports tool calls; parameters as in `agentsentinel_sdk.Monitor`."""

    framework = "strands"
    session_prefix = "str"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._begun_calls: dict[int, list[_Begun]] = {}
        """Calls that have not ended, oldest first, by the `id()` of their agent."""
        self._registries: WeakSet[HookRegistry] = WeakSet()

    def register_hooks(self, registry: HookRegistry, **_: Any) -> None:
        """Subscribe to the tool events; Strands calls this when the agent is created."""
        if registry in self._registries:
            return  # the hooks are attached twice
        self._registries.add(registry)
        registry.add_callback(BeforeToolCallEvent, self._begun)
        registry.add_callback(AfterToolCallEvent, self._ended)
        registry.add_callback(AfterInvocationEvent, self._left)

    def _begun(self, event: BeforeToolCallEvent) -> None:
        tool_use = event.tool_use
        call = _Begun(("strands", next(_NUMBERS)), tool_use)
        self._begun_calls.setdefault(id(event.agent), []).append(call)
        self.calls.start(call.key, tool_use["name"], tool_use["input"], tool_call_id=tool_use["toolUseId"])

    def _ended(self, event: AfterToolCallEvent) -> None:
        result = event.result
        content = result.get("content")
        key = self._take(event)
        if key is None:
            return
        if event.selected_tool is None and not event.cancel_message:
            self.calls.denied(key, content, has_tool=False)  # there is no such tool
        elif event.cancel_message or _is_about_arguments(event.exception):
            self.calls.denied(key, event.cancel_message or event.exception)
        elif event.exception is not None or result.get("status") == "error":
            self.calls.error(key, event.exception or content)
        else:
            self.calls.end(key, content)

    def _left(self, event: AfterInvocationEvent) -> None:
        """End the open calls of an agent that stops.

        After an interrupt they wait for a person and start again later; otherwise they were cancelled.
        """
        is_waiting = getattr(event.result, "stop_reason", None) == "interrupt"
        for call in self._begun_calls.pop(id(event.agent), []):
            if is_waiting:
                self.calls.suspended(call.key)
            else:
                self.calls.error(call.key, "cancelled")

    def _take(self, event: AfterToolCallEvent) -> Hashable | None:
        """Remove the call that ends and return its key; None when its start is not known.

        Matched by identity first, since ids need not be unique; then by id, since a hook may have replaced the object.
        """
        calls = self._begun_calls.get(id(event.agent), [])
        same = [call for call in calls if call.tool_use is event.tool_use]
        alike = [call for call in calls if call.tool_use["toolUseId"] == event.tool_use["toolUseId"]]
        for call in (same or alike)[:1]:
            calls.remove(call)
            return call.key
        return None


def _is_about_arguments(error: BaseException | None) -> bool:
    """Return whether Strands refused the arguments, so that the tool did not run."""
    frames = walk_tb(error.__traceback__) if isinstance(error, ValueError) else ()
    return any(frame.f_code.co_name == "validate_input" for frame, _ in frames)
