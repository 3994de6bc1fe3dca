"""OTLP encoded as protobuf: `application/x-protobuf`."""

from collections.abc import Iterable, Iterator, Sequence
from functools import partial

from google.protobuf.message import DecodeError
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTracePartialSuccess,
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.trace.v1 import trace_pb2

from agentsentinel.otlp.bounds import MAX_DEPTH, check_protobuf
from agentsentinel.otlp.repair import repair_protobuf
from agentsentinel.otlp.spans import Attributes, Span, SpanEvent, Spans, Value

MEDIA_TYPE = "application/x-protobuf"
ALIASES = (MEDIA_TYPE, "application/protobuf")


def read_spans(body: bytes) -> Spans:
    """Read the spans of an export request; text that is not Unicode is repaired. Raises ValueError and TooManySpans."""
    try:
        check_protobuf(body, ExportTraceServiceRequest.DESCRIPTOR)
        request = _decode(body)
    except (DecodeError, ValueError, RecursionError):
        raise ValueError("The body is not an ExportTraceServiceRequest in protobuf") from None
    scopes = [of_scope for of_resource in request.resource_spans for of_scope in of_resource.scope_spans]
    return Spans(sum(len(of_scope.spans) for of_scope in scopes), lambda: _spans(request))


def _decode(body: bytes) -> ExportTraceServiceRequest:
    try:
        return ExportTraceServiceRequest.FromString(body)
    except (DecodeError, UnicodeDecodeError):
        return ExportTraceServiceRequest.FromString(repair_protobuf(body, ExportTraceServiceRequest.DESCRIPTOR))


def _spans(request: ExportTraceServiceRequest) -> Iterator[Span]:
    for of_resource in request.resource_spans:
        resource = _attributes(of_resource.resource.attributes)
        for of_scope in of_resource.scope_spans:
            for span in of_scope.spans:
                yield _span(span, resource)


def write_answer(rejected: int, message: str) -> bytes:
    """Encode the answer to an export request; empty when no span was rejected and there is no message."""
    if not rejected and not message:
        return b""
    partial_success = ExportTracePartialSuccess(rejected_spans=rejected, error_message=message)
    return ExportTraceServiceResponse(partial_success=partial_success).SerializeToString()


def write_status(code: int, message: str) -> bytes:
    """Encode a `google.rpc.Status`: `int32 code = 1; string message = 2`, by hand since no other field is needed."""
    text = message.encode()
    return b"\x08" + _varint(code) + b"\x12" + _varint(len(text)) + text


def _varint(number: int) -> bytes:
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def _span(span: trace_pb2.Span, resource: Attributes) -> Span:
    return Span(
        span.trace_id,
        span.span_id,
        span.parent_span_id,
        span.name,
        span.kind,
        span.start_time_unix_nano,
        span.end_time_unix_nano,
        span.status.code,
        span.status.message,
        _attributes(span.attributes),
        resource,
        partial(_events, span),
    )


def _events(span: trace_pb2.Span) -> Sequence[SpanEvent]:
    return [SpanEvent(event.name, _attributes(event.attributes)) for event in span.events]


def _attributes(pairs: Iterable[KeyValue]) -> Attributes:
    return Attributes({pair.key: pair.value for pair in pairs}, _value)


def _value(value: AnyValue, levels: int = MAX_DEPTH) -> Value:
    kind = value.WhichOneof("value")
    if not levels:
        return value.SerializeToString(deterministic=True)
    if kind == "array_value":
        return [_value(one, levels - 1) for one in value.array_value.values]
    if kind == "kvlist_value":
        return {pair.key: _value(pair.value, levels - 1) for pair in value.kvlist_value.values}
    plain: Value = None if kind is None else getattr(value, kind)
    return plain
