"""AgentSentinel for AutoGen (agentchat 0.7): every tool call of every agent in the process.

    instrument(api_key="as_agt_...")

AutoGen has no callback for tool calls, and its log tells of those that succeed only. Every tool that is a `BaseTool`
runs through one method, `run_json`; `instrument` puts the report around it. Calls for tools that do not exist never get
there. AutoGen has had no release since 0.7.5, so that method stays where it is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from itertools import count
from typing import Any

from autogen_core import CancellationToken
from autogen_core.tools import BaseTool

from agentsentinel_sdk import Monitor

__all__ = ["SentinelMonitor", "instrument", "uninstrument"]

_NUMBERS = count()


class SentinelMonitor(Monitor):
    """Reports tool calls once it is handed to `instrument`; parameters as in `agentsentinel_sdk.Monitor`."""

    framework = "autogen"
    session_prefix = "ag"


class _Switch:
    """What was there before, and whom to tell."""

    def __init__(self) -> None:
        self.monitor: SentinelMonitor | None = None
        self.original: Callable[..., Any] | None = None


_SWITCH = _Switch()


def instrument(monitor: SentinelMonitor | None = None, **parameters: Any) -> SentinelMonitor:
    """Report all tool calls from now on.

    Args:
        monitor: whom to tell; default: a new one, made with `parameters`. A second call replaces the first.
    """
    _SWITCH.monitor = monitor or SentinelMonitor(**parameters)
    if _SWITCH.original is None:
        _SWITCH.original = BaseTool.run_json
        BaseTool.run_json = _reported(BaseTool.run_json)  # type: ignore[method-assign]
    return _SWITCH.monitor


def uninstrument() -> None:
    """Leave AutoGen as it was."""
    if _SWITCH.original is not None:
        BaseTool.run_json = _SWITCH.original  # type: ignore[method-assign]
    _SWITCH.original = _SWITCH.monitor = None


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
        monitor.calls.start(key, tool.name, args, tool_call_id=call_id)
        try:
            result = await run_json(tool, args, cancellation_token, call_id)
        except BaseException as error:  # a cancelled task as well
            monitor.calls.error(key, error)
            raise
        monitor.calls.end(key, result)
        return result

    return run
