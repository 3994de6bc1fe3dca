"""Text that is not UTF-8 costs a character and not the request."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span as WireSpan

from agentsentinel.kit.text import repair_json
from agentsentinel.otlp.export import Encoding, read_export
from server.otlp.attributes import pairs
from server.otlp.support import as_protobuf, execute_tool, json_attributes, json_request, json_span

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


@given(st.text(), st.text())
def test_json_without_a_fault_is_left_as_it_is(name: str, text: str) -> None:
    body = json.dumps({name: text, "escaped": "\\ud83d"})
    assert repair_json(body.encode()) == body.encode()


@given(st.binary(max_size=200))
def test_what_is_repaired_is_utf_8_whatever_it_was(body: bytes) -> None:
    repair_json(body).decode()
