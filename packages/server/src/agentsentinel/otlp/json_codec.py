"""OTLP encoded as JSON: `application/json`.

Decoded with msgspec, since protobuf's own JSON parser would read OTLP's hex ids as base64. Otherwise protobuf's rules
for JSON hold: lowerCamelCase names, 64-bit integers as text or number, null for unset members, unknown members ignored.
"""

import base64
import binascii
import math
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from typing import TypeVar

import msgspec

from agentsentinel.kit.text import repair_json
from agentsentinel.otlp.bounds import MAX_DEPTH, check_json
from agentsentinel.otlp.spans import Attributes, Span, SpanEvent, Spans, Value

MEDIA_TYPE = "application/json"
NO_REQUEST = "The body is not an ExportTraceServiceRequest in JSON"
NOTHING = msgspec.Raw(b"null")
Part = TypeVar("Part")
Number = int | str | None
"""A 64-bit integer: in protobuf's JSON a text or a number."""


class _Object(msgspec.Struct, rename="camel", gc=False):
    pass


class _ArrayValue(_Object):
    values: list["_AnyValue"] | None = None


class _KeyValue(_Object):
    key: str | None = None
    value: "_AnyValue | None" = None


class _KeyValueList(_Object):
    values: list[_KeyValue] | None = None


class _AnyValue(_Object):
    string_value: str | None = None
    bool_value: bool | None = None
    int_value: Number = None
    double_value: float | str | None = None
    array_value: _ArrayValue | None = None
    kvlist_value: _KeyValueList | None = None
    bytes_value: str | None = None


class _Event(_Object):
    name: str | None = None
    attributes: list[_KeyValue] | None = None


class _Status(_Object):
    code: int | str | None = None
    message: str | None = None


class _Span(_Object):
    trace_id: str | None = None
    span_id: str | None = None
    parent_span_id: str | None = None
    name: str | None = None
    kind: int | str | None = None
    start_time_unix_nano: Number = None
    end_time_unix_nano: Number = None
    attributes: list[_KeyValue] | None = None
    events: list[_Event] | None = None
    status: _Status | None = None


class _ScopeSpans(_Object):
    spans: list[_Span] | None = None


class _Resource(_Object):
    attributes: list[_KeyValue] | None = None


class _ResourceSpans(_Object):
    resource: _Resource | None = None
    scope_spans: list[_ScopeSpans] | None = None


class _Request(_Object):
    resource_spans: list[_ResourceSpans] | None = None


class _PartialSuccess(_Object):
    rejected_spans: str
    """Number of rejected spans, as text: protobuf's JSON writes 64-bit integers so."""
    error_message: str


class _Response(_Object, omit_defaults=True):
    partial_success: _PartialSuccess | None = None


class _RpcStatus(_Object):
    code: int
    message: str


class _RawScopeSpans(_Object):
    spans: list[msgspec.Raw] | None = None


class _RawResourceSpans(_Object):
    resource: msgspec.Raw = NOTHING
    scope_spans: list[_RawScopeSpans] | None = None


class _RawRequest(_Object):
    """A request whose spans and resources are not decoded yet, so that an invalid one does not refuse the others."""

    resource_spans: list[_RawResourceSpans] | None = None


_decoder = msgspec.json.Decoder(_Request)
_raw_decoder = msgspec.json.Decoder(_RawRequest)
_span_decoder = msgspec.json.Decoder(_Span)
_resource_decoder = msgspec.json.Decoder(_Resource | None)
_encode = msgspec.json.Encoder().encode
_KINDS = {"SPAN_KIND_SERVER": 2}
_STATUSES = {"STATUS_CODE_ERROR": 2}
"""Enum values by name. OTLP's JSON has numbers for enums; protobuf's own JSON writers send names."""


def read_spans(body: bytes) -> Spans:
    """Read the spans of an export request; text that is not Unicode is repaired. Raises ValueError and TooManySpans."""
    check_json(body)
    broken: list[str] = []
    try:
        request = _decoder.decode(body)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        request = _decode_one_by_one(repair_json(body), broken)
    scopes = [of_scope for of_resource in request.resource_spans or () for of_scope in of_resource.scope_spans or ()]
    number = sum(len(of_scope.spans or ()) for of_scope in scopes)
    return Spans(number + len(broken), lambda: _spans(request), broken)


def _decode_one_by_one(body: bytes, broken: list[str]) -> _Request:
    """Decode a request without its invalid spans, and add the reason for each to `broken`.

    Raises ValueError when the body is not an export request.
    """
    try:
        raw = _raw_decoder.decode(body)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        raise ValueError(NO_REQUEST) from None
    return _Request([_decode_resource(of_resource, broken) for of_resource in raw.resource_spans or ()])


def _decode_resource(raw: _RawResourceSpans, broken: list[str]) -> _ResourceSpans:
    resource = _readable(raw.resource, _resource_decoder, [])
    scopes = [
        _ScopeSpans([span for one in of_scope.spans or () if (span := _readable(one, _span_decoder, broken))])
        for of_scope in raw.scope_spans or ()
    ]
    return _ResourceSpans(resource, scopes)


def _readable(raw: msgspec.Raw, decoder: msgspec.json.Decoder[Part], broken: list[str]) -> Part | None:
    """Decode a part of the request; if it is invalid, return None and add the reason to `broken`."""
    try:
        return decoder.decode(raw)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        where = str(error).partition(" - at ")[2].strip("`$.") or "span"
        broken.append(f"{where[:100]}: not what a span has there")
        return None


def _spans(request: _Request) -> Iterator[Span]:
    for of_resource in request.resource_spans or ():
        resource = _attributes(of_resource.resource.attributes if of_resource.resource else None)
        for of_scope in of_resource.scope_spans or ():
            for span in of_scope.spans or ():
                yield _span(span, resource)


def write_answer(rejected: int, message: str) -> bytes:
    """Encode the answer to an export request; an empty object when no span was rejected and there is no message."""
    partial_success = _PartialSuccess(str(rejected), message) if rejected or message else None
    return _encode(_Response(partial_success))


def write_status(code: int, message: str) -> bytes:
    """Encode a `google.rpc.Status`."""
    return _encode(_RpcStatus(code, message))


def _span(span: _Span, resource: Attributes) -> Span:
    status = span.status or _Status()
    return Span(
        span.trace_id or "",
        span.span_id or "",
        span.parent_span_id or "",
        span.name or "",
        _enum(span.kind, _KINDS),
        span.start_time_unix_nano or 0,
        span.end_time_unix_nano or 0,
        _enum(status.code, _STATUSES),
        status.message or "",
        _attributes(span.attributes),
        resource,
        partial(_events, span),
    )


def _enum(value: int | str | None, numbers: dict[str, int]) -> int:
    return numbers.get(value, 0) if isinstance(value, str) else value or 0


def _events(span: _Span) -> Sequence[SpanEvent]:
    return [SpanEvent(event.name or "", _attributes(event.attributes)) for event in span.events or ()]


def _attributes(pairs: Iterable[_KeyValue] | None) -> Attributes:
    return Attributes({pair.key or "": pair.value for pair in pairs or ()}, _value)


def _value(value: _AnyValue | None, levels: int = MAX_DEPTH) -> Value:  # noqa: PLR0911 - one question after another
    if value is None:
        return None
    if not levels:
        return _encode(value)
    if value.string_value is not None:
        return value.string_value
    if value.bool_value is not None:
        return value.bool_value
    if value.int_value is not None:
        return _integer(value.int_value)
    if value.double_value is not None:
        return _double(value.double_value)
    if value.array_value is not None:
        return [_value(one, levels - 1) for one in value.array_value.values or ()]
    if value.kvlist_value is not None:
        return {pair.key or "": _value(pair.value, levels - 1) for pair in value.kvlist_value.values or ()}
    return _bytes(value.bytes_value)


def _integer(value: int | str) -> Value:
    try:
        return int(value)
    except ValueError:
        return str(value)


def _double(value: float | str) -> Value:
    try:
        return float(value)
    except ValueError:
        return math.nan


def _bytes(value: str | None) -> Value:
    if value is None:
        return None
    try:
        return base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        return value
