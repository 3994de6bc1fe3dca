"""AgentSentinel for Google ADK: one plugin reports every tool call of an app and its sub-agents.

    app = App(name="shop", root_agent=agent, plugins=[SentinelPlugin(api_key="as_agt_...")])

Every callback returns None, since ADK uses any other value as the tool's result, and none raises, since ADK would
abort the run.

ADK ends a call that did not run like one that did: with a result, written by ADK itself (arguments that do not fit, a
confirmation that is awaited or refused) or by a callback of the application that stopped the call.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from typing import Any
from weakref import WeakSet

from google.adk.plugins.base_plugin import BasePlugin
from google.adk.tools.base_tool import BaseTool
from google.adk.tools.tool_context import ToolContext

from agentsentinel_sdk import Monitor

__all__ = ["SentinelPlugin"]


class SentinelPlugin(Monitor, BasePlugin):
    """Reports tool calls; parameters as in `agentsentinel_sdk.Monitor`. A call's session is ADK's session."""

    framework = "adk"
    session_prefix = "adk"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        Monitor.__init__(self, *args, **kwargs)
        BasePlugin.__init__(self, name="agentsentinel")
        self._watched: WeakSet[ToolContext] = WeakSet()
        """Calls that the callbacks of their agent have not let through yet."""

    async def before_tool_callback(
        self, *, tool: BaseTool, tool_args: dict[str, Any], tool_context: ToolContext
    ) -> None:
        """Record the start of a call, which a callback of its agent may still stop."""
        with suppress(Exception):  # the agent and its callbacks are ADK's own
            self._watch_callbacks(tool_context)
        self.calls.start(
            tool_context,
            tool.name,
            tool_args,
            tool_call_id=tool_context.function_call_id,
            session_id=_session(tool_context),
        )
        task = asyncio.current_task()  # ADK runs each call in a task of its own
        if task is not None:
            task.add_done_callback(lambda ended: self._left(ended, tool_context))

    def _left(self, task: asyncio.Task[Any], context: ToolContext) -> None:
        """Report a call that was cancelled; a call that has ended is not changed.

        ADK before 2.12 calls no callback for a cancelled call.
        """
        if task.cancelled():
            self.calls.error(context, "cancelled")

    async def after_tool_callback(
        self, *, tool: BaseTool, tool_args: dict[str, Any], tool_context: ToolContext, result: Any
    ) -> None:
        """Record the end of a call: with the tool's result, or with a text that says why the tool did not run."""
        confirmation = getattr(tool_context, "tool_confirmation", None)
        was_stopped = tool_context in self._watched
        self._watched.discard(tool_context)
        if _is_waiting(tool_context):
            self.calls.suspended(tool_context)
        elif was_stopped or _lacks_arguments(tool, result) or (confirmation and not confirmation.confirmed):
            self.calls.denied(tool_context, result)
        else:
            self.calls.end(tool_context, result)

    async def on_tool_error_callback(
        self, *, tool: BaseTool, tool_args: dict[str, Any], tool_context: ToolContext, error: Exception
    ) -> None:
        """Record a call that failed, or whose tool does not exist; ADK then passes a bare `BaseTool` in its place."""
        if type(tool) is not BaseTool:
            self.calls.error(tool_context, error)
        elif self.calls.is_open(tool_context):
            self.calls.denied(tool_context, error, has_tool=False)
        else:  # ADK before 2.9 does not say that such a call begins
            self.calls.refused(
                tool.name,
                tool_args,
                error,
                tool_call_id=tool_context.function_call_id,
                session_id=_session(tool_context),
            )

    async def close(self) -> None:  # type: ignore[override] # ADK awaits it, and it must not wait
        """Send what is queued when a runner ends; the reporter stays open, since the process may have other runners."""
        await self.reporter.aflush()

    def _watch_callbacks(self, context: ToolContext) -> None:
        """Append a callback to those of the agent; ADK runs them in order until one stops the call.

        A call that never reaches ours was stopped.
        """
        agent: Any = context._invocation_context.agent
        callbacks = list(getattr(agent, "canonical_before_tool_callbacks", ()))
        if not callbacks:
            return
        if self._passed not in callbacks:
            agent.before_tool_callback = [*callbacks, self._passed]
        self._watched.add(context)

    def _passed(self, tool: BaseTool, args: dict[str, Any], tool_context: ToolContext) -> None:
        """Mark the call as let through: ADK gets here only when no earlier callback stopped it."""
        self._watched.discard(tool_context)


def _is_waiting(context: ToolContext) -> bool:
    """Return whether the call waits for a person's confirmation or credentials; ADK repeats it once they are there."""
    asked = (
        getattr(context.actions, name, None) or {}
        for name in ("requested_tool_confirmations", "requested_auth_configs")
    )
    return any(context.function_call_id in calls for calls in asked)


def _lacks_arguments(tool: BaseTool, result: object) -> bool:
    """Return whether ADK answered in place of a function that it could not call with these arguments."""
    said = result.get("error") if isinstance(result, Mapping) else None
    beginnings = (
        f"Invoking `{tool.name}()` failed as the following mandatory input parameters are not present",
        f"Invoking `{tool.name}()` failed due to argument validation errors",
    )
    return isinstance(said, str) and said.startswith(beginnings)


def _session(context: ToolContext) -> str | None:
    session_id = getattr(getattr(context, "session", None), "id", None)
    return None if session_id is None else str(session_id)
