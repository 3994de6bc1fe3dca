"""AgentSentinel for AutoGen (agentchat 0.7): every tool call of every agent in the process.

    instrument(api_key="as_agt_...")

AutoGen has no callback for tool calls, and its log tells of those that succeed only. `instrument` puts the report
around two methods. Every tool that is a `BaseTool` runs through `run_json`, whoever calls it. An `AssistantAgent` runs
each call of its model in `_execute_tool_call`; what gets there and not to `run_json` is a tool of an MCP server, a tool
that streams, or none at all. AutoGen has had no release since 0.7.5, so both stay where they are.
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
"""Where `run_json` notes that it was reached, for the call of the model that is being executed."""
_NOT_FOUND = "not found in any workbench"


class SentinelMonitor(Monitor):
    """Reports tool calls once it is handed to `instrument`; parameters as in `agentsentinel_sdk.Monitor`."""

    framework = "autogen"
    session_prefix = "ag"


class _Switch:
    """What was there before, and whom to tell."""

    def __init__(self) -> None:
        self.monitor: SentinelMonitor | None = None
        self.run_json: Callable[..., Any] | None = None
        self.execute: Callable[..., Any] | None = None


_SWITCH = _Switch()


def instrument(monitor: SentinelMonitor | None = None, **parameters: Any) -> SentinelMonitor:
    """Report all tool calls from now on.

    Args:
        monitor: whom to tell; default: a new one, made with `parameters`. A second call replaces the first.
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
    """Leave AutoGen as it was."""
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
    """Whether `run_json` refused the arguments before it ran the tool."""
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
                with suppress(Exception):  # what is told of here is AutoGen's own, not public
                    _tell(_SWITCH.monitor, tool_call, end, begun_at, seconds)
        return answer

    return run


def _tell(monitor: SentinelMonitor, call: FunctionCall, end: Any, begun_at: float, seconds: float) -> None:
    """Report a call that did not run as a `BaseTool`; `end` is what the model is told, or an exception."""
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
    """What the model wrote, and whether it is the JSON that AutoGen wants."""
    try:
        return json.loads(text), True
    except ValueError:
        return text, False
