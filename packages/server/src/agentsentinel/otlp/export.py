"""Read the tool calls from the bytes of an export request. Without I/O, so that it can run on a thread."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from enum import Enum

from agentsentinel.errors import BadRequest
from agentsentinel.otlp import json_codec, protobuf
from agentsentinel.otlp.gunzip import inflate
from agentsentinel.otlp.spans import InvalidSpan, Span, Spans
from agentsentinel.otlp.tool_calls import (
    ToolCall,
    is_not_understood,
    is_tool_call,
    read_tool_call,
    tool_name_of,
)
from agentsentinel_core.limits import LONGEST_NAME


@dataclass(frozen=True)
class Codec:
    """Functions that read requests and write answers in one encoding of OTLP."""

    media_type: str
    read_spans: Callable[[bytes], Spans]
    write_answer: Callable[[int, str], bytes]
    write_status: Callable[[int, str], bytes]


class Encoding(Enum):
    """The supported encodings of OTLP over HTTP."""

    PROTOBUF = Codec(protobuf.MEDIA_TYPE, protobuf.read_spans, protobuf.write_answer, protobuf.write_status)
    JSON = Codec(json_codec.MEDIA_TYPE, json_codec.read_spans, json_codec.write_answer, json_codec.write_status)

    @classmethod
    def named(cls, media_type: str) -> "Encoding | None":
        """Return the encoding of a media type (lower case, without parameters), or None if it is not supported."""
        if media_type in protobuf.ALIASES:
            return cls.PROTOBUF
        return cls.JSON if media_type == json_codec.MEDIA_TYPE else None


@dataclass(frozen=True)
class Export:
    """The tool spans of an export request: as calls, as invalid, or as not understood."""

    calls: Sequence[ToolCall]
    invalid: Sequence[str]
    """Reasons why tool spans are invalid, one entry for each span."""
    not_understood: Counter[str] = field(default_factory=Counter)
    """Names of tool spans in an unknown vocabulary, and how many spans have each."""


def read_export(body: bytes, encoding: Encoding, hash_key: bytes | None, *, is_compressed: bool) -> Export:
    """Read the tool calls of a request. Raises BadRequest and TooManySpans."""
    try:
        spans = encoding.value.read_spans(inflate(body) if is_compressed else body)
    except ValueError as error:
        raise BadRequest(str(error)) from None
    calls: list[ToolCall] = []
    invalid = list(spans.broken)
    not_understood: Counter[str] = Counter()
    tools = []
    for span in spans:
        if is_tool_call(span):
            tools.append(span)
        elif is_not_understood(span):
            not_understood[span.name[:LONGEST_NAME]] += 1
    parents = _parents(spans, tools)
    for span in tools:
        parent = parents.get((span.trace_id, span.parent_id))
        if parent is not None and _is_same_call(span, parent):
            continue
        try:
            calls.append(read_tool_call(span, parent, hash_key))
        except InvalidSpan as error:
            invalid.append(str(error))
    return Export(calls, invalid, not_understood)


def _parents(spans: Iterable[Span], tools: Iterable[Span]) -> dict[tuple[bytes | str, bytes | str], Span]:
    wanted = {(tool.trace_id, tool.parent_id) for tool in tools if tool.parent_id}
    if not wanted:
        return {}
    return {key: span for span in spans if (key := (span.trace_id, span.span_id)) in wanted}


def _is_same_call(span: Span, parent: Span) -> bool:
    """Tell whether a tool span reports the same call as its parent tool span, seen one layer below.

    That happens when both a framework and the MCP client that it uses are instrumented.
    """
    return is_tool_call(parent) and tool_name_of(span) == tool_name_of(parent)
