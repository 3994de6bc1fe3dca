"""AgentSentinel for AutoGen (agentchat 0.7): reports every tool call of every agent in the process.

    instrument(api_key="as_agt_...")

AutoGen has no callback for tool calls, and it logs only those that succeed. `instrument` therefore wraps two methods.
Every tool that is a `BaseTool` runs through `run_json`, no matter which code calls it. An `AssistantAgent` runs each
call of its model in `_execute_tool_call`; a call that gets there and not to `run_json` is of a tool of an MCP server,
of a tool that streams, or of a tool that does not exist. AutoGen has had no release since 0.7.5, so neither method has
moved.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from contextvars import ContextVar
from functools import wraps
from itertools import count
from traceback import walk_tb
from typing import Any

from autogen_agentchat.agents import AssistantAgent
from autogen_core import CancellationToken, FunctionCall
from autogen_core.tools import BaseTool
from pydantic import ValidationError

from agentsentinel_sdk import Monitor

__all__ = ["SentinelMonitor", "instrument", "uninstrument"]

_NUMBERS = count()
_REACHED: ContextVar[list[str] | None] = ContextVar("agentsentinel_reached", default=None)
"""Names of the tools whose `run_json` was reached during the model's call that is being executed; None outside one."""
_NOT_FOUND = "not found in any workbench"


class SentinelMonitor(Monitor):
    """Reports tool calls once it is passed to `instrument`; parameters as in `agentsentinel_sdk.Monitor`."""

    framework = "autogen"
    session_prefix = "ag"


class _Switch:
    """The original methods of AutoGen, and the monitor that receives the reports."""

    def __init__(self) -> None:
        self.monitor: SentinelMonitor | None = None
        self.run_json: Callable[..., Any] | None = None
        self.execute: Callable[..., Any] | None = None


_SWITCH = _Switch()


def instrument(monitor: SentinelMonitor | None = None, **parameters: Any) -> SentinelMonitor:
    """Report all tool calls from now on.

    Args:
        monitor: receives the reports; default: a new one, made with `parameters`. A second call replaces the first.
    """
    _SWITCH.monitor = monitor or SentinelMonitor(**parameters)
    if _SWITCH.run_json is None:
        _SWITCH.run_json = BaseTool.run_json
        _SWITCH.execute = AssistantAgent._execute_tool_call
        BaseTool.run_json = _reported(BaseTool.run_json)  # type: ignore[method-assign]
        AssistantAgent._execute_tool_call = staticmethod(  # type: ignore[method-assign]
            _watched(AssistantAgent._execute_tool_call)
        )
    return _SWITCH.monitor


def uninstrument() -> None:
    """Restore the original methods of AutoGen."""
    if _SWITCH.run_json is not None and _SWITCH.execute is not None:
        BaseTool.run_json = _SWITCH.run_json  # type: ignore[method-assign]
        AssistantAgent._execute_tool_call = staticmethod(_SWITCH.execute)  # type: ignore[method-assign]
    _SWITCH.run_json = _SWITCH.execute = _SWITCH.monitor = None


def _reported(run_json: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(run_json)
    async def run(
        tool: BaseTool[Any, Any],
        args: Mapping[str, Any],
        cancellation_token: CancellationToken,
        call_id: str | None = None,
    ) -> Any:
        monitor, key = _SWITCH.monitor, ("autogen", next(_NUMBERS))
        if monitor is None:
            return await run_json(tool, args, cancellation_token, call_id)
        reached = _REACHED.get()
        if reached is not None:
            reached.append(tool.name)
        monitor.calls.start(key, tool.name, args, tool_call_id=call_id)
        try:
            result = await run_json(tool, args, cancellation_token, call_id)
        except BaseException as error:  # a cancelled task as well
            if _is_about_arguments(error):
                monitor.calls.denied(key, error)
            else:
                monitor.calls.error(key, error)
            raise
        monitor.calls.end(key, result)
        return result

    return run


def _is_about_arguments(error: BaseException) -> bool:
    """Return whether `run_json` refused the arguments before it ran the tool."""
    names = [frame.f_code.co_name for frame, _ in walk_tb(error.__traceback__)]
    return isinstance(error, ValidationError) and "run" not in names[names.index("run_json") :]


def _watched(execute: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(execute)
    async def run(tool_call: FunctionCall, *args: Any, **kwargs: Any) -> Any:
        reached: list[str] = []
        token = _REACHED.set(reached)
        begun_at, started = time.time(), time.perf_counter()
        end: object = None
        try:
            answer = await execute(tool_call, *args, **kwargs)
            end = answer[1]
        except BaseException as error:
            end = error
            raise
        finally:
            _REACHED.reset(token)
            if _SWITCH.monitor is not None and not reached:
                seconds = time.perf_counter() - started
                with suppress(Exception):  # reads attributes of AutoGen that are not public
                    _tell(_SWITCH.monitor, tool_call, end, begun_at, seconds)
        return answer

    return run


def _tell(monitor: SentinelMonitor, call: FunctionCall, end: Any, begun_at: float, seconds: float) -> None:
    """Report a call that did not run as a `BaseTool`; `end` is the result that the model gets, or an exception."""
    arguments, is_readable = _arguments(call.arguments)
    content = getattr(end, "content", end)
    has_failed = isinstance(end, BaseException) or end.is_error
    if has_failed and (not is_readable or (isinstance(content, str) and content.endswith(_NOT_FOUND))):
        monitor.calls.refused(call.name, arguments, content, tool_call_id=call.id)
        return
    monitor.calls.record(
        call.name,
        arguments,
        content,
        "error" if has_failed else "ok",
        begun_at=begun_at,
        duration_seconds=seconds,
        tool_call_id=call.id,
    )


def _arguments(text: str) -> tuple[object, bool]:
    """Parse the arguments that the model wrote; the flag is whether they are the JSON that AutoGen expects."""
    try:
        return json.loads(text), True
    except ValueError:
        return text, False
