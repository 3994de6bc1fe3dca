"""AgentSentinel for the OpenAI Agents SDK: one trace processor reports every function tool call.

    instrument(api_key="as_agt_...")

A trace processor is preferred to run hooks: it sees failures, covers every agent and sub-agent, needs no change where
runs are started, and cannot abort one. The SDK tells it neither the model's id of a call nor its arguments before the
end, so `tool_call_id` stays empty. An unknown tool ends the run before any span, and hosted tools never reach it.
"""

from __future__ import annotations

import json
from typing import Any

from agents.tracing import FunctionSpanData, Span, Trace, TracingProcessor, add_trace_processor

from agentsentinel_sdk import Monitor

__all__ = ["SentinelProcessor", "instrument"]


class SentinelProcessor(Monitor, TracingProcessor):
    """Reports function tool calls; parameters as in `agentsentinel_sdk.Monitor`.

    A call's session is the trace's `group_id` (a conversation), else the trace (a run).
    """

    framework = "openai-agents"
    session_prefix = "oai"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._groups: dict[str, str] = {}

    def on_trace_start(self, trace: Trace) -> None:
        """A run begins."""
        group_id = getattr(trace, "group_id", None)
        if group_id:
            self._groups[trace.trace_id] = str(group_id)

    def on_trace_end(self, trace: Trace) -> None:
        """It ends."""
        self._groups.pop(trace.trace_id, None)

    def on_span_start(self, span: Span[Any]) -> None:
        """A step begins; its input is not known yet."""
        if isinstance(span.span_data, FunctionSpanData):
            session = self._groups.get(span.trace_id, span.trace_id)
            self.calls.start(span.span_id, span.span_data.name, None, session_id=session)

    def on_span_end(self, span: Span[Any]) -> None:
        """It ends, well or not."""
        data = span.span_data
        if not isinstance(data, FunctionSpanData):
            return
        inputs = _arguments(data.input)
        if span.error:
            self.calls.error(span.span_id, span.error.get("message", "failed"), inputs=inputs)
        else:
            self.calls.end(span.span_id, data.output, inputs=inputs)

    def shutdown(self) -> None:
        """The SDK ends."""
        self.close()

    def force_flush(self) -> None:
        """Somebody wants everything sent."""
        self.flush()


def instrument(*args: Any, **kwargs: Any) -> SentinelProcessor:
    """Report the tool calls of all runs of the process from now on; parameters as in `SentinelProcessor`."""
    processor = SentinelProcessor(*args, **kwargs)
    add_trace_processor(processor)
    return processor


def _arguments(text: object) -> object:
    """The arguments arrive as JSON text; as values they hash like those of any other framework."""
    try:
        return json.loads(text) if isinstance(text, str) else text
    except ValueError:
        return text
