"""What a request may hold is found out with little work, whatever the request is made of."""

import json

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Status

from agentsentinel.otlp import bounds
from agentsentinel.otlp.bounds import MAX_FIELDS, MAX_NODES, TooManySpans, check_json, check_protobuf
from cli.scan.recognize.growth import steps

MANY = MAX_NODES + 1
IN_STRINGS = {
    "short strings": b"[" + b'"{",' * MANY + b'""]',
    "strings of escapes": b"[" + b'"\\"{\\\\",' * MANY + b'""]',
    "empty strings": b'"{"' + b'""' * MANY + b'"' + b"{" * MANY + b'"',
    "a string without an end": b'["' + b"{" * MANY,
    "a string that ends in a backslash": b'["' + b"{" * MANY + b"\\",
    "a string over lines": b'["' + b"\\\n{" * MANY + b'"]',
}


@pytest.mark.parametrize("body", IN_STRINGS.values(), ids=IN_STRINGS)
def test_braces_in_strings_are_no_objects_and_take_no_step_each(body: bytes) -> None:
    """A step for each of two million short strings took a thread four seconds."""
    assert body.count(b"{") > MAX_NODES
    assert steps(lambda: check_json(body)) < 500


@pytest.mark.parametrize("part", [b"{},", b'{"a":"{"},', b'"\\\\",{},', b'{"\\"":{'])
def test_one_object_too_many_is_refused_without_looking_further(part: bytes) -> None:
    body = b"[" + part * MANY + b"x" * 1_000_000
    with pytest.raises(TooManySpans):
        check_json(body)


def test_as_many_objects_as_allowed_pass_beside_any_number_in_strings() -> None:
    check_json(b"[" + b'{},"{",' * MAX_NODES + b"0]")


@given(st.recursive(st.text('{}"\\\n'), lambda inner: st.lists(inner) | st.dictionaries(st.text('{"\\'), inner)))
def test_objects_are_counted_as_a_decoder_finds_them(document: object) -> None:
    body, objects = json.dumps(document).encode(), objects_in(document)
    assume(objects)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bounds, "MAX_NODES", objects)
        check_json(body)
        patch.setattr(bounds, "MAX_NODES", objects - 1)
        with pytest.raises(TooManySpans):
            check_json(body)


def objects_in(document: object) -> int:
    if isinstance(document, list):
        return sum(map(objects_in, document))
    return 1 + sum(map(objects_in, document.values())) if isinstance(document, dict) else 0


SCALARS = {
    "numbers": b"\x10\x00",
    "empty texts": b"\x12\x00",
    "fixed numbers": b"\x15\x00\x00\x00\x00",
}


@pytest.mark.parametrize("field", SCALARS.values(), ids=SCALARS)
def test_plain_fields_of_protobuf_are_bounded_too(field: bytes) -> None:
    check_protobuf(field * MAX_FIELDS, ExportTraceServiceRequest.DESCRIPTOR)
    with pytest.raises(TooManySpans):
        check_protobuf(field * (MAX_FIELDS + 1), ExportTraceServiceRequest.DESCRIPTOR)


def test_a_full_batch_of_a_collector_with_every_field_set_passes() -> None:
    request = ExportTraceServiceRequest()
    spans = request.resource_spans.add().scope_spans.add().spans
    for number in range(8_192):
        span = spans.add(trace_id=b"t" * 16, span_id=b"s" * 8, parent_span_id=b"p" * 8, name="n", kind=1, flags=1)
        span.trace_state, span.start_time_unix_nano, span.end_time_unix_nano = "a=b", 1, number + 2
        span.dropped_attributes_count = span.dropped_events_count = span.dropped_links_count = 1
        span.status.code = Status.STATUS_CODE_ERROR
        for attribute in range(11):
            span.attributes.add(key=f"a{attribute}").value.string_value = "value"
    check_protobuf(request.SerializeToString(), ExportTraceServiceRequest.DESCRIPTOR)
