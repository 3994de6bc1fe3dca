"""Attach a handler to every run of the process, however deep in other code the agent is called.

A run that has a handler of its own uses only that handler, so no call is counted twice.
"""

from __future__ import annotations

from typing import Any, cast

from langchain_core.tracers.context import register_configure_hook

from agentsentinel_langchain.handler import LangChainMonitor, SentinelCallbackHandler


class _Switch:
    """Stands in for the context variable that LangChain reads at each run to find a handler.

    The value of a real context variable is bound to a context, and a thread that is started later has another context;
    this object returns the same handler everywhere.
    """

    def __init__(self) -> None:
        self.handler: SentinelCallbackHandler | None = None
        self._is_registered = False

    def get(self) -> SentinelCallbackHandler | None:
        """Return the attached handler, or None while none is attached."""
        return self.handler

    def turn_on(self, handler: SentinelCallbackHandler) -> None:
        self.handler = handler
        if not self._is_registered:
            self._is_registered = True
            register_configure_hook(cast("Any", self), inheritable=True, handle_class=cast("Any", LangChainMonitor))


_SWITCH = _Switch()


def instrument(handler: SentinelCallbackHandler | None = None, **parameters: Any) -> SentinelCallbackHandler:
    """Report the tool calls of all runs from now on.

    Args:
        handler: the handler to attach, in place of an earlier one; default: the one that is attached, or else a new
            one, made with `parameters`.

    Returns the handler.
    """
    chosen = handler or _SWITCH.handler or SentinelCallbackHandler(**parameters)
    _SWITCH.turn_on(chosen)
    return chosen


def uninstrument() -> None:
    """Attach nothing to runs that begin from now on."""
    _SWITCH.handler = None
