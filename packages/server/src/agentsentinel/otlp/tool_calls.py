"""Recognize the spans of tool calls, and read the calls from them.

The attribute names of each instrumentation are in `vocabularies.py`; parts that a framework reports elsewhere, such as
in events of the span, are read here. Content is hashed here, by the rules of the SDK, and not passed on.
"""

import hashlib
import uuid
from collections.abc import Sequence
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
    Attributes,
    InvalidSpan,
    Span,
    Value,
    read_id,
    read_time,
)
from agentsentinel.otlp.vocabularies import (
    CALL_IDS,
    GEN_AI,
    HINTS,
    INPUT_ENVELOPES,
    INPUTS,
    MARK_BY_NAME,
    NAMES,
    NO_SUCH_TOOL,
    OUTPUT_ENVELOPES,
    OUTPUTS,
    PYDANTIC_AI,
    SESSIONS,
    VOCABULARIES,
    Envelope,
    Vocabulary,
)
from agentsentinel_core.hashing import hash_payload
from agentsentinel_core.limits import LONGEST_DURATION_MS, LONGEST_NAME
from agentsentinel_core.operations.derive import operation_of

PREFIX = "execute_tool "
"""Prefix of the name of a tool span in OpenTelemetry's GenAI conventions."""
MERGED = "(merged tools)"
"""Tool name of the Google ADK span that sums up concurrent calls, beside a span for each of them."""
PLACEHOLDERS = ("<not specified>",)
"""Texts that Google ADK writes for an unknown call id."""

_INPUT_EVENT = ("gen_ai.tool.message", "content")
_OUTPUT_EVENT = ("gen_ai.choice", "message")
"""Event of the span, and its attribute, in which Strands reports the output; `_INPUT_EVENT` is that of the input."""
_AGENT_IDS = ("gen_ai.agent.id", "agentsentinel.agent.id")
_AGENT_NAMES = ("gen_ai.agent.name", "agent.name")
_PROCESS_NAMES = ("gen_ai.agent.name", "service.name")


@dataclass(frozen=True, slots=True)
class ToolCall:
    """One tool call as its span reports it, without any content."""

    trace_id: bytes
    span_id: bytes
    tool_name: str
    tool_call_id: str | None
    session_id: str
    """Id of the conversation if the span has one, else the trace id."""
    status: EventStatus
    start_ns: int
    duration_ms: int | None
    input_hash: str
    """Digest of the input; that of null if the span does not contain the input."""
    output_hash: str
    operation: str | None
    """What it does with its tool, in listed words; None if that is not known."""
    agents: tuple[str, ...]
    """Ids and names by which the agent may be registered, the most specific first."""


def vocabulary_of(span: Span) -> Vocabulary | None:
    """Return the vocabulary in which a span is an agent's call of a tool; None when it is not such a call."""
    attributes = span.attributes
    if span.kind == SERVER_KIND or attributes.get("gen_ai.tool.name") == MERGED:
        return None  # a span of the tool's server, whose caller reports the call itself; or a sum of several calls
    for vocabulary in VOCABULARIES:
        if vocabulary.mark is not None and _has(attributes, *vocabulary.mark):
            return vocabulary
    if "gen_ai.operation.name" in attributes or "gen_ai.tool.name" not in attributes:
        return None
    if span.name.startswith(PREFIX):
        return GEN_AI
    return PYDANTIC_AI if span.name == MARK_BY_NAME else None


def is_tool_call(span: Span) -> bool:
    """Tell whether a span is an agent's call of a tool."""
    return vocabulary_of(span) is not None


def is_not_understood(span: Span) -> bool:
    """Tell whether a span has attributes of a tool call, but in an unknown vocabulary."""
    attributes = span.attributes
    if span.kind == SERVER_KIND or attributes.get("gen_ai.tool.name") == MERGED:
        return False
    if "gen_ai.operation.name" in attributes:
        return False  # it names another operation, such as the call of a model
    return any(hint in attributes for hint in HINTS) and vocabulary_of(span) is None


def tool_name_of(span: Span) -> str:
    """Return the name of the tool that a tool span calls; blank if the span does not name it."""
    words = (vocabulary_of(span) or GEN_AI).name
    return span.attributes.first_text(NAMES[words]) or span.name.removeprefix(PREFIX)


def _has(attributes: Attributes, name: str, value: str) -> bool:
    return name in attributes and str(attributes.get(name)).lower() == value


def read_tool_call(span: Span, parent: Span | None, hash_key: bytes | None) -> ToolCall:
    """Read a tool call from its span. `parent` is the parent span if the request contains it. Raises InvalidSpan."""
    trace_id = read_id(span.trace_id, TRACE_ID_BYTES, "trace_id")
    span_id = read_id(span.span_id, SPAN_ID_BYTES, "span_id")
    start_ns, end_ns = read_time(span.start, "start_time_unix_nano"), read_time(span.end, "end_time_unix_nano")
    if not start_ns:
        raise InvalidSpan("start_time_unix_nano: it is not set")
    words = (vocabulary_of(span) or GEN_AI).name
    name = tool_name_of(span)
    if not name.strip():
        raise InvalidSpan("gen_ai.tool.name: it is not set")
    inputs = _unwrap(_content(span, INPUTS[words], _INPUT_EVENT), INPUT_ENVELOPES, words)
    output = _unwrap(_content(span, OUTPUTS[words], _OUTPUT_EVENT), OUTPUT_ENVELOPES, words)
    message = _tool_message(output)
    if message is not None:
        output = message.get("content")
    return ToolCall(
        trace_id=trace_id,
        span_id=span_id,
        tool_name=_fit(name),
        tool_call_id=_call_id(span, CALL_IDS[words], message, parent, name),
        session_id=_fit(span.attributes.first_text(SESSIONS[words]) or trace_id.hex()),
        status=_status(span, message, name),
        start_ns=start_ns,
        duration_ms=min((end_ns - start_ns + 500_000) // 1_000_000, LONGEST_DURATION_MS)
        if end_ns >= start_ns
        else None,
        input_hash=hash_payload(inputs, hash_key),
        output_hash=hash_payload(output, hash_key),
        operation=operation_of(name, inputs),
        agents=_agents(span),
    )


def event_id(call: ToolCall, agent_id: uuid.UUID) -> uuid.UUID:
    """Derive the event's id, a UUID of version 7, from the start of the span and a digest of its agent and ids.

    The id of a span is always the same, so that a repeated export is deduplicated. The digest includes the agent, so
    that no agent can occupy the event ids of another agent's spans.
    """
    digest = hashlib.sha256(agent_id.bytes + call.trace_id + call.span_id).digest()
    milliseconds = min(call.start_ns // 1_000_000, (1 << 48) - 1)
    bits = int.from_bytes(digest[:10], "big")
    return uuid.UUID(
        int=milliseconds << 80 | 0x7 << 76 | (bits >> 62 & 0xFFF) << 64 | 0x2 << 62 | bits & ((1 << 62) - 1)
    )


def _content(span: Span, names: Sequence[str], event: tuple[str, str]) -> Value:
    """Return the input or output of a call, from the first attribute or event that has it; JSON text is decoded."""
    for name in names:
        if name in span.attributes:
            return _read(span.attributes.get(name))
    event_name, attribute = event
    for one in span.read_events():
        if one.name == event_name and attribute in one.attributes:
            return _read(one.attributes.get(attribute))
    return None


def _read(value: Value) -> Value:
    """Decode a text that is JSON, so that its digest equals that of the object which the SDK hashes."""
    if not isinstance(value, str) or not is_light(value):
        return value
    try:
        read: Value = msgspec.json.decode(value)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return value
    return read


def _unwrap(value: Value, envelopes: Sequence[Envelope], words: str) -> Value:
    """Remove the envelopes that instrumentations wrap around an input or output."""
    for envelope in envelopes:
        if isinstance(value, dict) and _is_wrapped(value, envelope, words):
            for member in envelope.path:
                value = value.get(member) if isinstance(value, dict) else None
    return value


def _is_wrapped(value: dict[str, Any], envelope: Envelope, words: str) -> bool:
    return (
        envelope.members == value.keys()
        and not any(value[member] for member in envelope.empty)
        and (envelope.only_in is None or words in envelope.only_in)
    )


def _tool_message(output: Value) -> dict[str, Any] | None:
    """Return the LangChain message in which an output is wrapped, or None; it also has the id of the call."""
    if not isinstance(output, dict):
        return None
    if output.get("type") == "tool" and isinstance(output.get("data"), dict):
        return dict(output["data"])
    return output if "content" in output and isinstance(output.get("tool_call_id"), str) else None


def _call_id(
    span: Span, names: Sequence[str], message: dict[str, Any] | None, parent: Span | None, name: str
) -> str | None:
    call_id = span.attributes.first_text(names)
    if call_id is None and message is not None and isinstance(message.get("tool_call_id"), str):
        call_id = message["tool_call_id"]
    if call_id is None and parent is not None:
        call_id = _asked_for(parent, name)
    return None if not call_id or call_id in PLACEHOLDERS else _fit(call_id)


def _asked_for(parent: Span, name: str) -> str | None:
    """Return the id of the only call in the input of LangGraph's tool node, or None.

    It is needed when a tool fails, because then there is no message with the id.
    """
    asked = _unwrap(_content(parent, INPUTS[GEN_AI.name], _INPUT_EVENT), INPUT_ENVELOPES, GEN_AI.name)
    if not isinstance(asked, list) or len(asked) != 1 or not isinstance(asked[0], dict):
        return None
    call = asked[0]
    call_id = call.get("id") if call.get("type") == "tool_call" and call.get("name") == name else None
    return call_id if isinstance(call_id, str) else None


def _status(span: Span, message: dict[str, Any] | None, name: str) -> EventStatus:
    if any(words.format(name=name) in span.status_message for words in NO_SUCH_TOOL):
        return "denied"
    has_failed = (
        span.status == ERROR_STATUS
        or "error.type" in span.attributes
        or span.attributes.get("gen_ai.tool.status") == "error"
        or (message is not None and message.get("status") == "error")
    )
    return "error" if has_failed else "ok"


def _agents(span: Span) -> tuple[str, ...]:
    names = [source.first_text(_AGENT_IDS) for source in (span.attributes, span.resource)]
    names.append(span.attributes.first_text(_AGENT_NAMES))
    names.extend(span.resource.text(name) for name in _PROCESS_NAMES)
    return tuple(dict.fromkeys(_fit(one) for one in names if one is not None))


def _fit(text: str) -> str:
    """Replace NUL, which PostgreSQL cannot store, and truncate the text to the length that an event allows."""
    return text.replace("\0", "\ufffd")[:LONGEST_NAME]
