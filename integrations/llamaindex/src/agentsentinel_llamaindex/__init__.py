"""AgentSentinel for LlamaIndex: one span handler reports every tool call of every agent in the process.

    instrument(api_key="as_agt_...")

Agents run tools in a step called `call_tool`, for which LlamaIndex's own instrumentation opens a span. The result of
the step says whether the tool failed, and whether it exists.
"""

from __future__ import annotations

import inspect
from typing import Any

from llama_index_instrumentation import get_dispatcher
from llama_index_instrumentation.event_handlers import BaseEventHandler
from llama_index_instrumentation.span_handlers import BaseSpanHandler
from pydantic import PrivateAttr

from agentsentinel_sdk import Monitor
from agentsentinel_sdk.adapter import does_not_fit

__all__ = ["SentinelEventHandler", "SentinelMonitor", "SentinelSpanHandler", "instrument"]

_STEP = ".call_tool-"
_WAITS = "WaitingForEvent"
_CANCELLED = "SpanCancelledEvent"
"""Names of the exception of a step that waits and of the event of a cancelled one; their modules have changed."""


class SentinelMonitor(Monitor):
    """Identifies the agent and reports its calls; parameters as in `agentsentinel_sdk.Monitor`."""

    framework = "llamaindex"
    session_prefix = "li"


class SentinelSpanHandler(BaseSpanHandler[Any]):
    """Translates LlamaIndex's spans into reported calls; keeps no span."""

    _monitor: SentinelMonitor = PrivateAttr()

    def __init__(self, monitor: SentinelMonitor) -> None:
        super().__init__(open_spans={}, completed_spans=[], dropped_spans=[], current_span_ids={})
        self._monitor = monitor

    @classmethod
    def class_name(cls) -> str:
        """Return the name under which LlamaIndex lists this handler."""
        return "SentinelSpanHandler"

    def new_span(self, id_: str, bound_args: inspect.BoundArguments, *_: Any, **__: Any) -> None:
        """Record the start of a call when the span is of a step that runs a tool."""
        event = bound_args.arguments.get("ev") if _STEP in id_ else None
        if event is not None and hasattr(event, "tool_name"):
            self._monitor.calls.start(id_, event.tool_name, event.tool_kwargs, tool_call_id=event.tool_id)

    def prepare_to_exit_span(
        self, id_: str, bound_args: inspect.BoundArguments, instance: Any = None, result: Any = None, **_: Any
    ) -> None:
        """Record the end of the span's call.

        The result may be an awaitable of the actual one. A result without output means that the call waits.
        """
        if not self._monitor.calls.is_open(id_):
            return
        output = getattr(result, "tool_output", result)
        content = getattr(output, "content", output)
        if output is None:
            self._monitor.calls.suspended(id_)  # a step that ends returns an event; see also `SentinelEventHandler`
        elif getattr(output, "is_error", False):
            exception = getattr(output, "exception", None)
            if exception is None and getattr(output, "raw_output", None) is None:
                self._monitor.calls.denied(id_, content, has_tool=False)  # there is no such tool
            elif does_not_fit(exception, str(getattr(output, "tool_name", ""))):
                self._monitor.calls.denied(id_, content)
            else:
                self._monitor.calls.error(id_, content)
        else:
            self._monitor.calls.end(id_, content)

    def prepare_to_drop_span(
        self, id_: str, bound_args: inspect.BoundArguments, instance: Any = None, err: Any = None, **_: Any
    ) -> None:
        """Record a call that failed or was cancelled, or that waits for a person and is run again after the answer."""
        if type(err).__name__ == _WAITS:
            self._monitor.calls.suspended(id_)
        elif self._monitor.calls.is_open(id_):
            self._monitor.calls.error(id_, err or "dropped")


class SentinelEventHandler(BaseEventHandler):
    """Reports steps that are cancelled; their spans end like those of steps that wait, so an event tells them apart."""

    _monitor: SentinelMonitor = PrivateAttr()

    def __init__(self, monitor: SentinelMonitor) -> None:
        super().__init__()
        self._monitor = monitor

    @classmethod
    def class_name(cls) -> str:
        """Return the name under which LlamaIndex lists this handler."""
        return "SentinelEventHandler"

    def handle(self, event: Any, **_: Any) -> None:
        """Record a call whose step was cancelled; other events are ignored."""
        if type(event).__name__ == _CANCELLED:
            self._monitor.calls.error(event.span_id, "cancelled")


def instrument(monitor: SentinelMonitor | None = None, **parameters: Any) -> SentinelMonitor:
    """Report the tool calls of all agents of the process from now on.

    Args:
        monitor: the monitor to report to, in place of an earlier one; default: the one that is attached, or else a new
            one, made with `parameters`.
    """
    dispatcher = get_dispatcher()
    attached = [handler for handler in dispatcher.span_handlers if isinstance(handler, SentinelSpanHandler)]
    told = monitor or (attached[0]._monitor if attached else SentinelMonitor(**parameters))
    dispatcher.span_handlers = [handler for handler in dispatcher.span_handlers if handler not in attached]
    dispatcher.event_handlers = [
        handler for handler in dispatcher.event_handlers if not isinstance(handler, SentinelEventHandler)
    ]
    dispatcher.add_span_handler(SentinelSpanHandler(told))
    dispatcher.add_event_handler(SentinelEventHandler(told))
    return told
