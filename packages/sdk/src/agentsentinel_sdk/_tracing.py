"""The OpenTelemetry span that is active where a call begins, if the host uses OpenTelemetry at all.

A host may also export its spans to AgentSentinel. With the span's ids, a call that its adapter and its span both
report counts as one call, even where the framework does not reveal its id.
"""

from __future__ import annotations

import sys

from agentsentinel_sdk.models import CallChannel

CHANNEL: CallChannel = "sdk"
"""What the server is told the report comes by."""


def active_span() -> dict[str, str]:
    """`trace_id` and `span_id` in hex, or nothing. Never raises, and never imports: who traces has done so."""
    trace = sys.modules.get("opentelemetry.trace")
    if trace is None:
        return {}
    try:
        context = trace.get_current_span().get_span_context()
        ids = {"trace_id": f"{context.trace_id:032x}", "span_id": f"{context.span_id:016x}"}
        is_valid = bool(context.is_valid)
    except Exception:  # another module of that name, or one that is only half imported yet
        return {}
    return ids if is_valid else {}
