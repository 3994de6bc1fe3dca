"""AgentSentinel for PydanticAI: one capability reports every tool call of an agent.

agent = Agent("anthropic:claude-opus-4-7", tools=[...], capabilities=[SentinelCapability(api_key="as_agt_...")])
"""

from __future__ import annotations

from typing import Any

from pydantic_ai import RunContext
from pydantic_ai.capabilities import AbstractCapability
from pydantic_ai.messages import ModelRequest, ModelResponse, ToolCallPart, ToolReturnPart

from agentsentinel_sdk import Monitor

__all__ = ["SentinelCapability"]

_NOT_RUN = ("unknown_tool", "unavailable_tool")
"""Reasons for which PydanticAI asks the model again without having looked for a tool to run."""


class SentinelCapability(Monitor, AbstractCapability[Any]):
    """Reports tool calls; parameters as in `agentsentinel_sdk.Monitor`. A call's session is the run."""

    framework = "pydantic-ai"
    session_prefix = "pai"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        AbstractCapability.__init__(self)
        Monitor.__init__(self, *args, **kwargs)

    async def wrap_tool_execute(
        self, ctx: RunContext[Any], *, call: ToolCallPart, tool_def: Any, args: Any, handler: Any
    ) -> Any:
        """A tool runs."""
        key = (ctx.run_id, call.tool_call_id, ctx.retry)
        self.calls.start(key, call.tool_name, args, tool_call_id=call.tool_call_id, session_id=ctx.run_id)
        try:
            result = await handler(args)
        except BaseException as error:  # a wish of the tool to be called again, or a cancelled task
            self.calls.error(key, error)
            raise
        self.calls.end(key, result)
        return result

    async def on_tool_validate_error(
        self, ctx: RunContext[Any], *, call: ToolCallPart, tool_def: Any, args: Any, error: Any
    ) -> Any:
        """The arguments are not acceptable, so the tool does not run."""
        self.calls.refused(
            call.tool_name, _arguments(call), error, tool_call_id=call.tool_call_id, session_id=ctx.run_id
        )
        raise error

    async def before_model_request(self, ctx: RunContext[Any], request_context: Any) -> Any:
        """The model is told that a tool it asked for does not exist; no other hook says so."""
        last = request_context.messages[-1] if request_context.messages else None
        for part in last.parts if isinstance(last, ModelRequest) else ():
            retry = part.retry if isinstance(part, ToolReturnPart) else None
            if isinstance(part, ToolReturnPart) and retry is not None and retry.cause in _NOT_RUN:
                self.calls.refused(
                    part.tool_name,
                    _requested(request_context.messages, part.tool_call_id),
                    part.content,
                    tool_call_id=part.tool_call_id,
                    session_id=ctx.run_id,
                )
        return request_context


def _requested(messages: list[Any], tool_call_id: str) -> object:
    """The arguments that the model gave for a call."""
    for message in reversed(messages):
        for part in message.parts if isinstance(message, ModelResponse) else ():
            if isinstance(part, ToolCallPart) and part.tool_call_id == tool_call_id:
                return _arguments(part)
    return None


def _arguments(call: ToolCallPart) -> object:
    try:
        return call.args_as_dict()
    except Exception:  # what the model wrote is no object
        return call.args
