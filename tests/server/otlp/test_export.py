"""The two encodings say the same, and no bytes break their readers."""

import base64
import contextlib
import gzip
import json

from google.protobuf.json_format import MessageToDict
from hypothesis import given, settings
from hypothesis import strategies as st
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span as WireSpan
from opentelemetry.proto.trace.v1.trace_pb2 import Status

from agentsentinel.errors import BadRequest
from agentsentinel.otlp.export import Encoding, Export, read_export
from agentsentinel_core.hashing import hash_payload
from forms import IS_LONG
from server.otlp.attributes import TEXTS, pairs

SCALARS = TEXTS | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False, width=64) | st.binary()

VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3))

NAMES = st.sampled_from(
    [
        "gen_ai.operation.name",
        "gen_ai.tool.name",
        "gen_ai.tool.call.id",
        "gen_ai.tool.call.arguments",
        "gen_ai.agent.name",
        "openinference.span.kind",
        "input.value",
        "output.value",
        "session.id",
        "error.type",
    ]
)

ATTRIBUTES = st.dictionaries(NAMES, st.sampled_from(["execute_tool", "TOOL", "search"]) | VALUES, max_size=6)

IDS = st.binary(min_size=16, max_size=16) | st.binary(max_size=20)

TIMES = st.integers(0, 2**64 - 1)


@st.composite
def requests(draw: st.DrawFn) -> ExportTraceServiceRequest:
    """Export requests with spans that are, nearly are and are not tool calls."""
    request = ExportTraceServiceRequest()
    for _ in range(draw(st.integers(0, 2))):
        of_resource = request.resource_spans.add()
        of_resource.resource.attributes.extend(pairs(draw(ATTRIBUTES)))
        scope = of_resource.scope_spans.add()
        for _ in range(draw(st.integers(0, 3))):
            span = WireSpan(
                trace_id=draw(IDS),
                span_id=draw(st.binary(min_size=8, max_size=8)),
                parent_span_id=draw(st.binary(min_size=8, max_size=8) | st.just(b"")),
                name=draw(TEXTS),
                kind=draw(st.sampled_from([0, 1, 2, 3])),  # type: ignore[arg-type]
                start_time_unix_nano=draw(TIMES),
                end_time_unix_nano=draw(TIMES),
                attributes=pairs(draw(ATTRIBUTES)),
                status=Status(code=draw(st.sampled_from([0, 1, 2])), message=draw(TEXTS)),  # type: ignore[arg-type]
            )
            event = span.events.add(name=draw(st.sampled_from(["gen_ai.choice", "gen_ai.tool.message", "exception"])))
            event.attributes.extend(pairs({"message": draw(VALUES), "content": draw(VALUES)}))
            scope.spans.append(span)
    return request


def as_json(request: ExportTraceServiceRequest) -> bytes:
    """Encode the request in OTLP's JSON: protobuf's own JSON, with the ids in hex."""
    document = MessageToDict(request)
    for of_resource in document.get("resourceSpans", ()):
        for of_scope in of_resource.get("scopeSpans", ()):
            for span in of_scope.get("spans", ()):
                for name in ("traceId", "spanId", "parentSpanId"):
                    if name in span:
                        span[name] = base64.b64decode(span[name]).hex()
    return json.dumps(document).encode()


def reasons_aside(export: Export) -> tuple[object, int]:
    return export.calls, len(export.invalid)


@given(requests())
@settings(max_examples=300 if IS_LONG else 100)
def test_both_encodings_of_a_request_give_the_same_calls(request: ExportTraceServiceRequest) -> None:
    body = request.SerializeToString()
    plain = read_export(body, Encoding.PROTOBUF, None, is_compressed=False)
    assert reasons_aside(read_export(as_json(request), Encoding.JSON, None, is_compressed=False)) == reasons_aside(
        plain
    )
    assert read_export(gzip.compress(body, 1), Encoding.PROTOBUF, None, is_compressed=True) == plain


@given(st.binary(max_size=300), st.sampled_from(list(Encoding)), st.booleans())
@settings(max_examples=300 if IS_LONG else 100)
def test_any_bytes_are_read_or_refused(body: bytes, encoding: Encoding, is_compressed: bool) -> None:
    with contextlib.suppress(BadRequest):
        read_export(body, encoding, None, is_compressed=is_compressed)


@given(requests(), st.data())
@settings(max_examples=200 if IS_LONG else 80)
def test_a_damaged_request_is_read_or_refused(request: ExportTraceServiceRequest, data: st.DataObject) -> None:
    body = bytearray(request.SerializeToString() or b"\0")
    for _ in range(data.draw(st.integers(1, 4))):
        body[data.draw(st.integers(0, len(body) - 1))] = data.draw(st.integers(0, 255))
    for encoding in Encoding:
        with contextlib.suppress(BadRequest):
            read_export(bytes(body), encoding, None, is_compressed=False)


def test_a_tenants_key_makes_other_digests_and_the_same_as_the_sdks() -> None:
    span = WireSpan(
        trace_id=b"t" * 16,
        span_id=b"s" * 8,
        start_time_unix_nano=1,
        attributes=pairs(
            {
                "gen_ai.operation.name": "execute_tool",
                "gen_ai.tool.name": "x",
                "gen_ai.tool.call.arguments": '{"b": 1.0, "a": [true]}',
            }
        ),
    )
    request = ExportTraceServiceRequest()
    request.resource_spans.add().scope_spans.add().spans.append(span)
    for key in (None, b"tenant"):
        (call,) = read_export(request.SerializeToString(), Encoding.PROTOBUF, key, is_compressed=False).calls
        assert call.input_hash == hash_payload({"a": [True], "b": 1}, key)
        assert call.output_hash == hash_payload(None, key)
