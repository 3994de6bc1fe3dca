"""Any JSON is read or refused."""

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agentsentinel.errors import BadRequest
from agentsentinel.otlp.export import Encoding, read_export
from server.otlp.attributes import TEXTS
from server.otlp.support import json_request, json_span

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


@pytest.mark.parametrize(
    "wrong", [{"name": 5}, {"attributes": "none"}, {"events": [1]}, {"traceId": {}}, 7, "span", None]
)
def test_a_span_of_the_wrong_type_is_told_and_the_others_are_taken(wrong: Any) -> None:
    broken = {**json_span("broken"), **wrong} if isinstance(wrong, dict) else wrong
    request = json_request(json_span("before"), broken, json_span("after"))
    export = read_export(json.dumps(request).encode(), Encoding.JSON, None, is_compressed=False)
    assert [call.tool_name for call in export.calls] == ["before", "after"]
    assert len(export.invalid) == 1
