"""Attach a handler to every run of the process, however deep in somebody's code the agent is called.

A run that has a handler of its own keeps that one alone, so no call is counted twice.
"""

from __future__ import annotations

from contextvars import ContextVar
from typing import Any

from langchain_core.tracers.context import register_configure_hook

from agentsentinel_langchain.handler import LangChainMonitor, SentinelCallbackHandler


class _Switch:
    """LangChain asks a context variable for a handler at each run. Its default holds in every thread and task."""

    def __init__(self) -> None:
        self.handler: SentinelCallbackHandler | None = None

    def turn_on(self, handler: SentinelCallbackHandler) -> None:
        self.handler = handler
        variable: ContextVar[Any] = ContextVar("agentsentinel_handler", default=handler)
        register_configure_hook(variable, inheritable=True, handle_class=LangChainMonitor)  # type: ignore[arg-type]


_SWITCH = _Switch()


def instrument(handler: SentinelCallbackHandler | None = None, **parameters: Any) -> SentinelCallbackHandler:
    """Report the tool calls of all runs from now on.

    Args:
        handler: the handler to attach; default: a new one, made with `parameters`.

    Returns the handler. A second call changes nothing and returns the first handler.
    """
    if _SWITCH.handler is None:
        _SWITCH.turn_on(handler or SentinelCallbackHandler(**parameters))
    assert _SWITCH.handler is not None  # noqa: S101 - set right above
    _SWITCH.handler.ignored = False
    return _SWITCH.handler


def uninstrument() -> None:
    """Report nothing more. LangChain keeps the handler, which tells it that it wants no callbacks."""
    if _SWITCH.handler is not None:
        _SWITCH.handler.ignored = True
