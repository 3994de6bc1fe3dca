"""AgentSentinel for PydanticAI: one capability reports every tool call of an agent.

agent = Agent("anthropic:claude-opus-4-7", tools=[...], capabilities=[SentinelCapability(api_key="as_agt_...")])
"""

from __future__ import annotations

from typing import Any

from pydantic_ai import RunContext
from pydantic_ai.capabilities import AbstractCapability
from pydantic_ai.exceptions import ApprovalRequired, CallDeferred
from pydantic_ai.messages import ModelRequest, ModelResponse, ToolCallPart, ToolReturnPart

from agentsentinel_sdk import Monitor

__all__ = ["SentinelCapability"]

MOST_REFUSED = 1000
"""Limit of the refused calls that are remembered for deduplication; the oldest are evicted."""
_NOT_RUN = ("unknown_tool", "unavailable_tool")
"""Causes of PydanticAI's retries in which no tool was run."""


class SentinelCapability(Monitor, AbstractCapability[Any]):
    """Reports tool calls; parameters as in `agentsentinel_sdk.Monitor`. A call's session is the run."""

    framework = "pydantic-ai"
    session_prefix = "pai"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        AbstractCapability.__init__(self)
        Monitor.__init__(self, *args, **kwargs)
        self._refused: dict[tuple[str | None, int, str], None] = {}

    async def wrap_tool_execute(
        self, ctx: RunContext[Any], *, call: ToolCallPart, tool_def: Any, args: Any, handler: Any
    ) -> Any:
        """Run a tool and report the call."""
        key = (ctx.run_id, call.tool_call_id, ctx.retry)
        if self.calls.is_open(key):
            return await handler(args)  # the capability is attached twice
        self.calls.start(key, call.tool_name, args, tool_call_id=call.tool_call_id, session_id=ctx.run_id)
        try:
            result = await handler(args)
        except (ApprovalRequired, CallDeferred):
            self.calls.suspended(key)
            raise
        except BaseException as error:  # includes the tool's request for a retry, and a cancelled task
            self.calls.error(key, error)
            raise
        self.calls.end(key, result)
        return result

    async def on_tool_validate_error(
        self, ctx: RunContext[Any], *, call: ToolCallPart, tool_def: Any, args: Any, error: Any
    ) -> Any:
        """Report a call whose arguments are not valid, so that the tool does not run, and raise the error again."""
        self._refuse(ctx, call.tool_call_id, call.tool_name, _arguments(call), error)
        raise error

    async def before_model_request(self, ctx: RunContext[Any], request_context: Any) -> Any:
        """Report calls of tools that do not exist, and calls that a person refused.

        Both are visible only in the next request to the model; no other hook is called for them.
        """
        last = request_context.messages[-1] if request_context.messages else None
        for part in last.parts if isinstance(last, ModelRequest) else ():
            if isinstance(part, ToolReturnPart) and _is_refused(part):
                arguments = _requested(request_context.messages, part.tool_call_id)
                self._refuse(ctx, part.tool_call_id, part.tool_name, arguments, part.content)
        return request_context

    def _refuse(self, ctx: RunContext[Any], call_id: str, name: str, arguments: object, reason: object) -> None:
        """Report a call that did not run, once for each step of a run, however often the capability is attached."""
        key = (ctx.run_id, ctx.run_step, call_id)
        if key in self._refused:
            return
        while len(self._refused) >= MOST_REFUSED:
            self._refused.pop(next(iter(self._refused), key), None)
        self._refused[key] = None
        self.calls.refused(name, arguments, reason, tool_call_id=call_id, session_id=ctx.run_id)


def _is_refused(part: ToolReturnPart) -> bool:
    retry = part.retry
    return part.outcome == "denied" or (retry is not None and retry.cause in _NOT_RUN)


def _requested(messages: list[Any], tool_call_id: str) -> object:
    """Return the arguments that the model wrote for a call; None when the messages do not contain it."""
    for message in reversed(messages):
        for part in message.parts if isinstance(message, ModelResponse) else ():
            if isinstance(part, ToolCallPart) and part.tool_call_id == tool_call_id:
                return _arguments(part)
    return None


def _arguments(call: ToolCallPart) -> object:
    try:
        return call.args_as_dict()
    except Exception:  # the model's text is not a JSON object
        return call.args
