"""A tool span in the words of any vocabulary is a call with its name, id and content; none is dropped in silence."""

import json
from collections import Counter
from typing import Any

import pytest

from agentsentinel.otlp.export import Encoding, Export, read_export
from agentsentinel.otlp.vocabularies import MARK_BY_NAME, VOCABULARIES, Vocabulary
from agentsentinel_core.hashing import hash_payload
from server.otlp.support import events_of, json_attributes, json_request, json_span, send
from server.support import Server


def read(*spans: dict[str, Any]) -> Export:
    return read_export(json.dumps(json_request(*spans)).encode(), Encoding.JSON, None, is_compressed=False)


def span(attributes: dict[str, Any], name: str = "x") -> dict[str, Any]:
    return json_span(name=name, attributes=json_attributes(attributes))


def in_words_of(vocabulary: Vocabulary, **values: Any) -> dict[str, Any]:
    """Return a span with these values, each under the first name that the vocabulary has for it."""
    parts = {"name": vocabulary.names, "call_id": vocabulary.call_ids, "session": vocabulary.sessions}
    parts |= {"input": vocabulary.inputs, "output": vocabulary.outputs}
    attributes = {parts[part][0]: value for part, value in values.items() if parts[part]}
    if vocabulary.mark is None:
        return span(attributes, MARK_BY_NAME)
    return span({vocabulary.mark[0]: vocabulary.mark[1].replace("toolcall", "toolCall"), **attributes}, "crm_search")


@pytest.mark.parametrize("vocabulary", VOCABULARIES, ids=lambda one: one.name)
def test_a_tool_span_in_the_words_of_a_vocabulary_is_a_call(vocabulary: Vocabulary) -> None:
    values = {"name": "crm_search", "call_id": "call_7", "session": "s-1", "input": '{"a": 1}', "output": '"3 rows"'}
    export = read(in_words_of(vocabulary, **values))
    assert (len(export.calls), list(export.invalid), export.not_understood) == (1, [], {})
    call = export.calls[0]
    assert call.tool_name == "crm_search"
    assert call.tool_call_id == ("call_7" if vocabulary.call_ids else None)
    assert call.input_hash == hash_payload({"a": 1})
    assert call.output_hash == hash_payload("3 rows")
    assert not vocabulary.sessions or call.session_id == "s-1"


def test_pydantic_ai_of_both_instrumentations_has_the_same_digests() -> None:
    newer = {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "add"}
    content = {"tool_arguments": '{"a":1}', "tool_response": "2"}
    older = span({"gen_ai.tool.name": "add", "gen_ai.tool.call.id": "c1", **content}, "running tool")
    calls = read(older, span({**newer, **content}), span({**newer, "gen_ai.tool.call.arguments": '{"a":1}'})).calls
    assert [call.tool_name for call in calls] == ["add"] * 3
    assert {call.input_hash for call in calls} == {hash_payload({"a": 1})}
    assert calls[0].output_hash == calls[1].output_hash == hash_payload(2)


def test_the_envelope_of_openllmetrys_langchain_is_taken_off() -> None:
    """Its members are those of `on_tool_start` and `on_tool_end` in opentelemetry-instrumentation-langchain 0.62."""

    def call(step: int) -> dict[str, Any]:
        metadata = {"langgraph_step": step}
        told = {"input_str": "{'a': 1}", "tags": [], "metadata": metadata, "inputs": {"a": 1}, "kwargs": {}}
        content = {"content": "3", "tool_call_id": "c"}
        message = {"lc": 1, "type": "constructor", "id": ["ToolMessage"], "kwargs": content}
        attributes = {
            "traceloop.span.kind": "tool",
            "traceloop.entity.name": "add",
            "gen_ai.tool.call.arguments": json.dumps(told),
            "gen_ai.tool.call.result": json.dumps({"output": message, "kwargs": {"step": step}}),
        }
        return span(attributes, "execute_tool add")

    calls = read(call(1), call(2)).calls
    assert {one.input_hash for one in calls} == {hash_payload({"a": 1})}
    assert {one.output_hash for one in calls} == {hash_payload("3")}


def test_arguments_that_only_resemble_an_envelope_are_left_as_they_are() -> None:
    for arguments in ({"inputs": 1}, {"output": 1}, {"input_str": "x", "inputs": 2}, {"kwargs": {"content": 1}}):
        attributes = {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.call.arguments": json.dumps(arguments)}
        (call,) = read(span(attributes, "execute_tool x")).calls
        assert call.input_hash == hash_payload(arguments)


NOT_UNDERSTOOD = [
    ({"gen_ai.tool.name": "add"}, "some framework's tool"),
    ({"tool.name": "add", "tool.parameters": "{}"}, "tool"),
    ({"mcp.tool.name": "add"}, "call"),
]
OTHERS: list[tuple[dict[str, Any], str]] = [
    ({"gen_ai.operation.name": "chat", "gen_ai.tool.name": "add"}, "chat"),
    ({"openinference.span.kind": "CHAIN"}, "tools"),
    ({"db.system": "postgresql"}, "tool lookup"),
    ({}, "execute_tool"),
]


@pytest.mark.parametrize(("attributes", "name"), NOT_UNDERSTOOD)
def test_a_tool_span_in_no_known_words_is_counted_under_its_name(attributes: dict[str, Any], name: str) -> None:
    export = read(span(attributes, name), span(attributes, name))
    assert (list(export.calls), export.not_understood) == ([], Counter({name: 2}))


@pytest.mark.parametrize(("attributes", "name"), OTHERS)
def test_a_span_that_is_not_a_tools_is_ignored_in_silence(attributes: dict[str, Any], name: str) -> None:
    assert read(span(attributes, name)) == Export([], [])


def test_the_answer_and_the_metrics_tell_what_was_not_understood(server: Server) -> None:
    def counted() -> float:
        name = "agentsentinel_otlp_spans_not_understood_total "
        lines = server.request("GET", "/metrics").text.splitlines()
        return next(float(line.removeprefix(name)) for line in lines if line.startswith(name))

    agent_id, before = server.new_agent(), counted()
    body = json_request(json_span("kept"), span({"tool.name": "add"}, "an unknown framework's tool"))
    told = send(server, server.new_key("agent", agent_id), body).json()["partialSuccess"]
    assert told.get("rejectedSpans", "0") == "0"
    assert "1 x an unknown framework's tool" in told["errorMessage"]
    assert counted() == before + 1
    assert len(events_of(server, agent_id)) == 1
