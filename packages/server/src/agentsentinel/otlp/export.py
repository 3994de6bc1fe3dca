"""One export request: from its bytes to the tool calls in it. Pure, so that it can run off the event loop."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from enum import Enum

from agentsentinel.errors import BadRequest
from agentsentinel.otlp import json_codec, protobuf
from agentsentinel.otlp.gunzip import inflate
from agentsentinel.otlp.spans import InvalidSpan, Span, Spans
from agentsentinel.otlp.tool_calls import (
    LONGEST_NAME,
    ToolCall,
    is_not_understood,
    is_tool_call,
    read_tool_call,
    tool_name_of,
)


@dataclass(frozen=True)
class Codec:
    """One encoding of OTLP, for requests and for what is answered."""

    media_type: str
    read_spans: Callable[[bytes], Spans]
    write_answer: Callable[[int, str], bytes]
    write_status: Callable[[int, str], bytes]


class Encoding(Enum):
    """The encodings there are."""

    PROTOBUF = Codec(protobuf.MEDIA_TYPE, protobuf.read_spans, protobuf.write_answer, protobuf.write_status)
    JSON = Codec(json_codec.MEDIA_TYPE, json_codec.read_spans, json_codec.write_answer, json_codec.write_status)

    @classmethod
    def named(cls, media_type: str) -> "Encoding | None":
        """The encoding of a Content-Type without its parameters, in lower case."""
        if media_type in protobuf.ALIASES:
            return cls.PROTOBUF
        return cls.JSON if media_type == json_codec.MEDIA_TYPE else None


@dataclass(frozen=True)
class Export:
    """What is in a request."""

    calls: Sequence[ToolCall]
    invalid: Sequence[str]
    """Why tool spans cannot be taken, one entry each."""
    not_understood: Counter[str] = field(default_factory=Counter)
    """Names of spans that are a tool's in no vocabulary that is known here, and how many have each."""


def read_export(body: bytes, encoding: Encoding, hash_key: bytes | None, *, is_compressed: bool) -> Export:
    """The tool calls of a request. Raises BadRequest and TooManySpans."""
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
    """Whether a tool span tells of the call that the tool span around it tells of, seen a layer below.

    So it is where a framework and the MCP client it calls are both instrumented.
    """
    return is_tool_call(parent) and tool_name_of(span) == tool_name_of(parent)
