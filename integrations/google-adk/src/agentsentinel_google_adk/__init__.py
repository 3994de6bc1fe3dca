"""AgentSentinel for Google ADK: one plugin reports every tool call of an app and its sub-agents.

    app = App(name="shop", root_agent=agent, plugins=[SentinelPlugin(api_key="as_agt_...")])

Every callback returns None, since ADK takes anything else for the tool's result, and none raises, since ADK would
abort the run.
"""

from __future__ import annotations

from typing import Any

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

    async def before_tool_callback(
        self, *, tool: BaseTool, tool_args: dict[str, Any], tool_context: ToolContext
    ) -> None:
        """A tool begins."""
        self.calls.start(
            _key(tool_context),
            tool.name,
            tool_args,
            tool_call_id=tool_context.function_call_id,
            session_id=_session(tool_context),
        )

    async def after_tool_callback(
        self, *, tool: BaseTool, tool_args: dict[str, Any], tool_context: ToolContext, result: Any
    ) -> None:
        """It ends with a result."""
        self.calls.end(_key(tool_context), result)

    async def on_tool_error_callback(
        self, *, tool: BaseTool, tool_args: dict[str, Any], tool_context: ToolContext, error: Exception
    ) -> None:
        """It fails; or there is no such tool, and then ADK has put a bare `BaseTool` in its place."""
        if type(tool) is BaseTool:
            self.calls.denied(_key(tool_context), error, has_tool=False)
        else:
            self.calls.error(_key(tool_context), error)

    async def close(self) -> None:  # type: ignore[override] # ADK awaits it, and it must not wait
        """The runner ends; the process may have others."""
        await self.reporter.aflush()


def _key(context: ToolContext) -> tuple[str, str | None]:
    return context.invocation_id, context.function_call_id


def _session(context: ToolContext) -> str | None:
    session_id = getattr(getattr(context, "session", None), "id", None)
    return None if session_id is None else str(session_id)
