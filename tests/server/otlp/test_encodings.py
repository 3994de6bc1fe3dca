"""The two encodings say the same, and no bytes break their readers."""

import base64
import contextlib
import gzip
import json
from typing import Any

import pytest
from google.protobuf.json_format import MessageToDict
from hypothesis import given, settings
from hypothesis import strategies as st
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, ArrayValue, KeyValue, KeyValueList
from opentelemetry.proto.trace.v1.trace_pb2 import Span as WireSpan
from opentelemetry.proto.trace.v1.trace_pb2 import Status

from agentsentinel.errors import BadRequest
from agentsentinel.kit.text import repair_json
from agentsentinel.otlp.bounds import MAX_BYTES
from agentsentinel.otlp.export import Encoding, Export, read_export
from agentsentinel.otlp.gunzip import inflate
from agentsentinel.wire.body import TooLarge
from agentsentinel_core.hashing import hash_payload
from server.otlp.support import as_protobuf, execute_tool, json_attributes, json_request, json_span

TEXTS = st.text(st.characters(codec="utf-8"), max_size=20)
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


def wire(value: Any) -> AnyValue:  # noqa: PLR0911 - one kind after another
    if isinstance(value, bool):
        return AnyValue(bool_value=value)
    if isinstance(value, int):
        return AnyValue(int_value=value)
    if isinstance(value, float):
        return AnyValue(double_value=value)
    if isinstance(value, bytes):
        return AnyValue(bytes_value=value)
    if isinstance(value, list):
        return AnyValue(array_value=ArrayValue(values=[wire(one) for one in value]))
    if isinstance(value, dict):
        return AnyValue(kvlist_value=KeyValueList(values=pairs(value)))
    return AnyValue(string_value=value)


def pairs(attributes: dict[str, Any]) -> list[KeyValue]:
    return [KeyValue(key=name, value=wire(value)) for name, value in attributes.items()]


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
@settings(max_examples=300)
def test_both_encodings_of_a_request_give_the_same_calls(request: ExportTraceServiceRequest) -> None:
    body = request.SerializeToString()
    plain = read_export(body, Encoding.PROTOBUF, None, is_compressed=False)
    assert reasons_aside(read_export(as_json(request), Encoding.JSON, None, is_compressed=False)) == reasons_aside(
        plain
    )
    assert read_export(gzip.compress(body, 1), Encoding.PROTOBUF, None, is_compressed=True) == plain


@given(st.binary(max_size=300), st.sampled_from(list(Encoding)), st.booleans())
@settings(max_examples=300)
def test_any_bytes_are_read_or_refused(body: bytes, encoding: Encoding, is_compressed: bool) -> None:
    with contextlib.suppress(BadRequest):
        read_export(body, encoding, None, is_compressed=is_compressed)


@given(requests(), st.data())
@settings(max_examples=200)
def test_a_damaged_request_is_read_or_refused(request: ExportTraceServiceRequest, data: st.DataObject) -> None:
    body = bytearray(request.SerializeToString() or b"\0")
    for _ in range(data.draw(st.integers(1, 4))):
        body[data.draw(st.integers(0, len(body) - 1))] = data.draw(st.integers(0, 255))
    for encoding in Encoding:
        with contextlib.suppress(BadRequest):
            read_export(bytes(body), encoding, None, is_compressed=False)


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
)


@given(JSON_VALUES, st.sampled_from(["", "resourceSpans", "spans", "attributes", "status", "events"]))
@settings(max_examples=300)
def test_any_json_is_read_or_refused(value: Any, place: str) -> None:
    span = {"name": "execute_tool x", "attributes": [], place: value}
    documents: dict[str, Any] = {"": value, "resourceSpans": {place: value}}
    document = documents.get(place, {"resourceSpans": [{"scopeSpans": [{"spans": [span]}]}]})
    with contextlib.suppress(BadRequest):
        read_export(json.dumps(document).encode(), Encoding.JSON, None, is_compressed=False)


@given(st.binary(max_size=5000), st.integers(0, 9))
def test_what_was_compressed_is_inflated_to_the_same(data: bytes, level: int) -> None:
    assert inflate(gzip.compress(data, level)) == data


@given(st.binary(min_size=1, max_size=500), st.data())
def test_a_cut_gzip_is_refused(data: bytes, drawn: st.DataObject) -> None:
    whole = gzip.compress(data)
    with pytest.raises(BadRequest):
        inflate(whole[: drawn.draw(st.integers(1, len(whole) - 1))])


def test_as_much_as_the_limit_is_inflated_and_no_byte_more() -> None:
    assert len(inflate(gzip.compress(b"\0" * MAX_BYTES, 1))) == MAX_BYTES
    with pytest.raises(TooLarge):
        inflate(gzip.compress(b"\0" * (MAX_BYTES + 1), 1))


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


# --- text that is not Unicode, and spans that are not spans -----------------------------------------------------------

CUT = ["hello \ud83d", "\udc00", "a\ud83d\ud83db", "\ude00\ud83d", "\\ud83d \ud83d"]
"""What is left where a text was cut in the middle of an emoji."""


@pytest.mark.parametrize("text", CUT)
def test_a_cut_emoji_in_json_costs_a_character_and_not_the_request(text: str) -> None:
    request = json_request(
        json_span("kept"), json_span(attributes=json_attributes({"note": text, **execute_tool("cut")}))
    )
    export = read_export(json.dumps(request).encode(), Encoding.JSON, None, is_compressed=False)
    assert ([call.tool_name for call in export.calls], export.invalid) == (["kept", "cut"], [])


@pytest.mark.parametrize("cut", [b"hi\xf0\x9f", b"\xff", b"\xed\xa0\xbd", b"\xc0\xaf"])
@pytest.mark.parametrize("encoding", list(Encoding))
def test_bytes_that_are_not_utf_8_cost_a_character_and_not_the_request(encoding: Encoding, cut: bytes) -> None:
    if encoding is Encoding.JSON:
        request = json_request(
            json_span("kept"), json_span(attributes=json_attributes(execute_tool("cut", note="XXXX")))
        )
        whole = json.dumps(request).encode()
    else:
        whole = as_protobuf(execute_tool("kept"), execute_tool("cut", note="X" * len(cut)))
    body = whole.replace(b"XXXX" if encoding is Encoding.JSON else b"X" * len(cut), cut)
    assert body != whole
    export = read_export(body, encoding, None, is_compressed=False)
    assert ([call.tool_name for call in export.calls], export.invalid) == (["kept", "cut"], [])


def test_ids_and_bytes_of_protobuf_are_left_as_they_are_where_text_is_repaired() -> None:
    span = WireSpan(
        trace_id=b"\xff" * 16,
        span_id=b"\xfe" * 8,
        start_time_unix_nano=1,
        attributes=pairs(execute_tool("x", note="XXXX")),
    )
    request = ExportTraceServiceRequest()
    request.resource_spans.add().scope_spans.add().spans.append(span)
    body = request.SerializeToString().replace(b"XXXX", b"hi\xf0\x9f")
    (call,) = read_export(body, Encoding.PROTOBUF, None, is_compressed=False).calls
    assert (call.trace_id, call.span_id) == (b"\xff" * 16, b"\xfe" * 8)


@pytest.mark.parametrize(
    "wrong", [{"name": 5}, {"attributes": "none"}, {"events": [1]}, {"traceId": {}}, 7, "span", None]
)
def test_a_span_of_the_wrong_type_is_told_and_the_others_are_taken(wrong: Any) -> None:
    broken = {**json_span("broken"), **wrong} if isinstance(wrong, dict) else wrong
    request = json_request(json_span("before"), broken, json_span("after"))
    export = read_export(json.dumps(request).encode(), Encoding.JSON, None, is_compressed=False)
    assert [call.tool_name for call in export.calls] == ["before", "after"]
    assert len(export.invalid) == 1


@given(st.text(), st.text())
def test_json_without_a_fault_is_left_as_it_is(name: str, text: str) -> None:
    body = json.dumps({name: text, "escaped": "\\ud83d"})
    assert repair_json(body.encode()) == body.encode()


@given(st.binary(max_size=200))
def test_what_is_repaired_is_utf_8_whatever_it_was(body: bytes) -> None:
    repair_json(body).decode()
