"""Which spans are tool calls, and what they say of them.

Four vocabularies are read: OpenTelemetry's for generative AI (`execute_tool`), as it is and as it was, OpenInference's
(`openinference.span.kind=TOOL`), OpenLLMetry's (`traceloop.span.kind=tool`) and the Vercel AI SDK's (`ai.toolCall`).
Where a framework puts things elsewhere, so does this. Content is hashed here, by the rules of the SDK, and goes no
further.
"""

import hashlib
import uuid
from dataclasses import dataclass
from typing import Any

import msgspec

from agentsentinel.ingest.event import EventStatus
from agentsentinel.otlp.bounds import is_light
from agentsentinel.otlp.spans import (
    ERROR_STATUS,
    SERVER_KIND,
    SPAN_ID_BYTES,
    TRACE_ID_BYTES,
    InvalidSpan,
    Span,
    Value,
    read_id,
    read_time,
)
from agentsentinel_core.hashing import hash_payload

LONGEST_NAME = 255
"""Characters an event has for a name or an id; what is longer is cut, as the SDK does it."""
LONGEST_DURATION_MS = 300_000
"""The longest duration an event has; longer calls are taken for this long, as the SDK does it."""
PREFIX = "execute_tool "
"""Begins the name of a tool span."""
MERGED = "(merged tools)"
"""What Google ADK calls the span that sums up the calls made at once, beside a span for each."""
PLACEHOLDERS = ("<not specified>",)
"""What Google ADK writes for a call id it does not know."""

_NAMES = ("gen_ai.tool.name", "tool.name", "ai.toolCall.name", "traceloop.entity.name")
_CALL_IDS = ("gen_ai.tool.call.id", "tool_call.id", "tool.id", "ai.toolCall.id")
_SESSIONS = ("gen_ai.conversation.id", "session.id", "traceloop.association.properties.session_id")
_INPUTS = (
    "gen_ai.tool.call.arguments",
    "gcp.vertex.agent.tool_call_args",
    "input.value",
    "ai.toolCall.args",
    "traceloop.entity.input",
    "tool.parameters",
)
_OUTPUTS = (
    "gen_ai.tool.call.result",
    "gcp.vertex.agent.tool_response",
    "anthropic.tool_result.content",
    "output.value",
    "ai.toolCall.result",
    "traceloop.entity.output",
)
_INPUT_EVENT = ("gen_ai.tool.message", "content")
_OUTPUT_EVENT = ("gen_ai.choice", "message")
"""Where Strands has them: events of the span, and an attribute of each."""
_AGENT_IDS = ("gen_ai.agent.id", "agentsentinel.agent.id")
_AGENT_NAMES = ("gen_ai.agent.name", "agent.name")
_PROCESS_NAMES = ("gen_ai.agent.name", "service.name")


@dataclass(frozen=True, slots=True)
class ToolCall:
    """One tool call, as its span tells of it. Nothing in it is content."""

    trace_id: bytes
    span_id: bytes
    tool_name: str
    tool_call_id: str | None
    session_id: str
    """The conversation where one is named, else the trace."""
    status: EventStatus
    start_ns: int
    duration_ms: int | None
    input_hash: str
    """Of null where the span does not tell the input."""
    output_hash: str
    agents: tuple[str, ...]
    """Ids and names the agent may be known by, the most specific first."""


def is_tool_call(span: Span) -> bool:
    """Whether a span is an agent's call of a tool."""
    attributes = span.attributes
    if span.kind == SERVER_KIND:
        return False  # the tool's own server, called by an agent that tells of the call itself
    if "gen_ai.operation.name" in attributes:
        is_call = attributes.get("gen_ai.operation.name") == "execute_tool"
    else:
        is_call = span.name.startswith(PREFIX) and "gen_ai.tool.name" in attributes
    return (is_call and attributes.get("gen_ai.tool.name") != MERGED) or (
        str(attributes.get("openinference.span.kind")).upper() == "TOOL"
        or attributes.get("traceloop.span.kind") == "tool"
        or attributes.get("ai.operationId") == "ai.toolCall"
    )


def read_tool_call(span: Span, parent: Span | None, hash_key: bytes | None) -> ToolCall:
    """What a tool span says. `parent` is the span that it is in, where that came along. Raises InvalidSpan."""
    trace_id = read_id(span.trace_id, TRACE_ID_BYTES, "trace_id")
    span_id = read_id(span.span_id, SPAN_ID_BYTES, "span_id")
    start_ns, end_ns = read_time(span.start, "start_time_unix_nano"), read_time(span.end, "end_time_unix_nano")
    if not start_ns:
        raise InvalidSpan("start_time_unix_nano: it is not set")
    name = span.attributes.first_text(_NAMES) or span.name.removeprefix(PREFIX)
    if not name.strip():
        raise InvalidSpan("gen_ai.tool.name: it is not set")
    inputs, output = _content(span, _INPUTS, _INPUT_EVENT), _content(span, _OUTPUTS, _OUTPUT_EVENT)
    message = _tool_message(output)
    if message is not None:
        output = message.get("content")
    return ToolCall(
        trace_id=trace_id,
        span_id=span_id,
        tool_name=_fit(name),
        tool_call_id=_call_id(span, message, parent, name),
        session_id=_fit(span.attributes.first_text(_SESSIONS) or trace_id.hex()),
        status=_status(span, message, name),
        start_ns=start_ns,
        duration_ms=min((end_ns - start_ns + 500_000) // 1_000_000, LONGEST_DURATION_MS)
        if end_ns >= start_ns
        else None,
        input_hash=hash_payload(inputs, hash_key),
        output_hash=hash_payload(output, hash_key),
        agents=_agents(span),
    )


def event_id(call: ToolCall, agent_id: uuid.UUID) -> uuid.UUID:
    """The event's id: of version 7, from the start of the span and a digest of whose span it is.

    Always the same for a span, so that an exporter may send it again. The agent is in it, so that nobody can take the
    ids of another agent's spans.
    """
    digest = hashlib.sha256(agent_id.bytes + call.trace_id + call.span_id).digest()
    milliseconds = min(call.start_ns // 1_000_000, (1 << 48) - 1)
    bits = int.from_bytes(digest[:10], "big")
    return uuid.UUID(
        int=milliseconds << 80 | 0x7 << 76 | (bits >> 62 & 0xFFF) << 64 | 0x2 << 62 | bits & ((1 << 62) - 1)
    )


def _duration_ms(start_ns: int, end_ns: int) -> int | None:
    """Rounded; None for a span without an end, or with one before its start."""
    return min((end_ns - start_ns + 500_000) // 1_000_000, LONGEST_DURATION_MS) if end_ns >= start_ns else None


def _content(span: Span, names: tuple[str, ...], event: tuple[str, str]) -> Value:
    """The input or output, in the words it was told in: as JSON where it is JSON."""
    for name in names:
        if name in span.attributes:
            return _read(span.attributes.get(name))
    event_name, attribute = event
    for one in span.read_events():
        if one.name == event_name and attribute in one.attributes:
            return _read(one.attributes.get(attribute))
    return None


def _read(value: Value) -> Value:
    """A text that is JSON as what it says: so the digest is that of the object which the SDK saw."""
    if not isinstance(value, str) or not is_light(value):
        return value
    try:
        read: Value = msgspec.json.decode(value)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return value
    return read


def _tool_message(output: Value) -> dict[str, Any] | None:
    """LangChain's own message, in which OpenInference's output is wrapped; it also knows the id of the call."""
    if isinstance(output, dict) and output.get("type") == "tool" and isinstance(output.get("data"), dict):
        return dict(output["data"])
    return None


def _call_id(span: Span, message: dict[str, Any] | None, parent: Span | None, name: str) -> str | None:
    told = span.attributes.first_text(_CALL_IDS)
    if told is None and message is not None and isinstance(message.get("tool_call_id"), str):
        told = message["tool_call_id"]
    if told is None and parent is not None:
        told = _asked_for(parent, name)
    return None if not told or told in PLACEHOLDERS else _fit(told)


def _asked_for(parent: Span, name: str) -> str | None:
    """The id of the one call that LangGraph's tool node was given: a tool that fails has no message that names it."""
    asked = _read(parent.attributes.get("input.value"))
    if not isinstance(asked, list) or len(asked) != 1 or not isinstance(asked[0], dict):
        return None
    call = asked[0]
    told = call.get("id") if call.get("type") == "tool_call" and call.get("name") == name else None
    return told if isinstance(told, str) else None


def _status(span: Span, message: dict[str, Any] | None, name: str) -> EventStatus:
    if span.status_message == f"Unknown tool: {name}":  # how Strands says that there was nothing to run
        return "denied"
    has_failed = (
        span.status == ERROR_STATUS
        or "error.type" in span.attributes
        or span.attributes.get("gen_ai.tool.status") == "error"
        or (message is not None and message.get("status") == "error")
    )
    return "error" if has_failed else "ok"


def _agents(span: Span) -> tuple[str, ...]:
    told = [source.first_text(_AGENT_IDS) for source in (span.attributes, span.resource)]
    told.append(span.attributes.first_text(_AGENT_NAMES))
    told.extend(span.resource.text(name) for name in _PROCESS_NAMES)
    return tuple(dict.fromkeys(_fit(one) for one in told if one is not None))


def _fit(text: str) -> str:
    """What PostgreSQL can store, and an event has room for."""
    return text.replace("\0", "\ufffd")[:LONGEST_NAME]
