"""Requests that real packages exported, each with what must be read from it: `recorded/README.md` says how."""

import json
import re
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from agentsentinel_core.hashing import hash_payload
from server.otlp.support import JSON, PROTOBUF, send
from server.support import Server, query

FOLDER = Path(__file__).parent / "recorded"
OF_THE_TRACE = "the trace's id"
MADE_UP = "an id that the package makes up"
NAMED = "conversation-7"
ADDED = {"a": 1, "b": 2}
FAILED = {"reason": "no"}


@dataclass(frozen=True)
class Told:
    """One call as a package reported it; content as it must be digested."""

    tool: str
    call_id: str | None
    status: str
    input: Any
    output: Any
    session: str


def both(
    *,
    session: str,
    ids: tuple[str | None, str | None] = ("call_add", "call_fail"),
    output: Any = 3,
    failed: Any = FAILED,
) -> list[Told]:
    """Return the call that succeeds and the call that raises, which every recording has."""
    return [
        Told("add", ids[0], "ok", ADDED, output, session),
        Told("fail", ids[1], "error", failed, None, session),
    ]


NO_IDS = (None, None)
RETRY = "Unknown tool name: 'missing'. Available tools: 'add', 'fail', 'delete'\n\nFix the errors and try again."
RECORDINGS: dict[str, list[Told]] = {
    "langfuse-5.0.4-decorated.binpb": both(session=NAMED, ids=NO_IDS),
    "langsmith-0.15.1-decorated.binpb": both(session=NAMED, ids=NO_IDS),
    "langsmith-0.15.1.binpb": both(session=NAMED, output="3"),
    "logfire-5.4.0-mcp.binpb": [],  # the framework around the client reports its calls
    "logfire-5.4.0-openai-agents.binpb": both(session=OF_THE_TRACE, ids=NO_IDS),
    # An input of one text is that text: the argument's name is not exported.
    "openinference-instrumentation-langchain-0.1.80.binpb": both(session=NAMED, output="3", failed="no"),
    "openinference-instrumentation-openai-agents-2.6.0.binpb": both(session=OF_THE_TRACE, ids=NO_IDS),
    "openinference-instrumentation-pydantic-ai-0.1.30.binpb": both(session=MADE_UP),
    "opentelemetry-instrumentation-genai-langchain-1.3b0.binpb": both(session=OF_THE_TRACE),
    "opentelemetry-instrumentation-genai-openai-agents-1.3b0.binpb": both(session=OF_THE_TRACE, ids=NO_IDS),
    "opentelemetry-instrumentation-langchain-0.62.4.binpb": both(session=NAMED, output="3"),
    "opentelemetry-instrumentation-mcp-0.62.4.binpb": [
        Told("add", None, "ok", ADDED, "3", OF_THE_TRACE),
        Told("fail", None, "error", FAILED, "Error executing tool fail: no", OF_THE_TRACE),
        Told("missing", None, "denied", {"a": 1}, "Unknown tool: missing", OF_THE_TRACE),
    ],
    "opentelemetry-instrumentation-openai-agents-0.62.4.binpb": both(session=OF_THE_TRACE, ids=NO_IDS),
    "opentelemetry-instrumentation-openai-agents-v2-0.1.0.binpb": both(session=OF_THE_TRACE, ids=NO_IDS),
    "pydantic-ai-1.107.10.binpb": both(session=MADE_UP),
    "pydantic-ai-1.60.0.binpb": [
        *both(session=OF_THE_TRACE),
        Told("missing", "call_missing", "denied", {"a": 1}, RETRY, OF_THE_TRACE),
    ],
    "pydantic-ai-2.68.0.binpb": both(session=MADE_UP),
    "traceloop-sdk-0.62.4-decorated.binpb": both(session=NAMED, ids=NO_IDS),
    "vercel-ai-6.0.326.binpb": both(session=NAMED),
    "vercel-ai-7.0.173-legacyopentelemetry.json": both(session=NAMED),
    "vercel-ai-7.0.173-opentelemetry.json": both(session=OF_THE_TRACE),
}


def of_now(name: str) -> bytes:
    """Load a recording, moved in time as if its last span ended a moment ago."""
    body = (FOLDER / name).read_bytes()
    now = time.time_ns() - 1_000_000_000
    if name.endswith(".json"):
        document = json.loads(body)
        every = [span for one in document["resourceSpans"] for scope in one["scopeSpans"] for span in scope["spans"]]
        moved = now - max(int(span["endTimeUnixNano"]) for span in every)
        for of_json in every:
            for member in ("startTimeUnixNano", "endTimeUnixNano"):
                of_json[member] = str(int(of_json[member]) + moved)
        return json.dumps(document).encode()
    request = ExportTraceServiceRequest.FromString(body)
    moved = now - max(span.end_time_unix_nano for span in spans_of(request))
    for span in spans_of(request):
        span.start_time_unix_nano += moved
        span.end_time_unix_nano += moved
    return request.SerializeToString()


def spans_of(request: ExportTraceServiceRequest) -> list[Span]:
    return [span for of_one in request.resource_spans for scope in of_one.scope_spans for span in scope.spans]


def media_type_of(name: str) -> str:
    return JSON if name.endswith(".json") else PROTOBUF


def stored(server: Server, agent_id: str) -> list[dict[str, Any]]:
    sql = (
        "SELECT tool_name, tool_call_id, status, session_id, input_hash, output_hash FROM agent_events"
        " WHERE agent_id = $1 ORDER BY tool_name, id"
    )
    return query(server.dsn, sql, agent_id)


def told(row: dict[str, Any]) -> tuple[Any, ...]:
    """Return an event's values in the order of `Told`, content as digests."""
    session = str(row["session_id"])
    if session != NAMED:
        session = OF_THE_TRACE if re.fullmatch("[0-9a-f]{32}", session) else MADE_UP
    digests = (row["input_hash"].hex(), row["output_hash"].hex())
    return row["tool_name"], row["tool_call_id"], row["status"], *digests, session


def as_stored(call: Told) -> tuple[Any, ...]:
    """Return the values that `told` must return for the event of this call."""
    digests = (hash_payload(call.input), hash_payload(call.output))
    return call.tool, call.call_id, call.status, *digests, call.session


@pytest.mark.parametrize("name", RECORDINGS)
def test_what_a_package_really_exports_is_its_calls(server: Server, name: str) -> None:
    agent_id = server.new_agent()
    answer = send(server, server.new_key("agent", agent_id), of_now(name), media_type_of(name))
    assert (answer.status_code, answer.content) == (200, b"{}" if name.endswith(".json") else b"")
    assert [told(row) for row in stored(server, agent_id)] == [as_stored(call) for call in RECORDINGS[name]]


MARKS = {
    "openinference-instrumentation-openai-agents-2.6.0.binpb": ["openinference.span.kind"],
    "vercel-ai-6.0.326.binpb": ["ai.operationId"],
    "langsmith-0.15.1.binpb": ["langsmith.span.kind", "gen_ai.operation.name"],
    "opentelemetry-instrumentation-openai-agents-0.62.4.binpb": ["traceloop.span.kind", "gen_ai.operation.name"],
}


@pytest.mark.parametrize("name", MARKS)
def test_a_package_that_renames_its_mark_is_counted_and_named(server: Server, name: str) -> None:
    """So will the next version of a package look that this server has not been taught."""
    agent_id, before = server.new_agent(), not_understood(server)
    request = ExportTraceServiceRequest.FromString(of_now(name))
    for span in spans_of(request):
        for attribute in span.attributes:
            if attribute.key in MARKS[name]:
                attribute.key = f"acme.{attribute.key}"
    answer = send(server, server.new_key("agent", agent_id), request.SerializeToString(), PROTOBUF)
    told = ExportTraceServiceResponse.FromString(answer.content).partial_success
    assert told.rejected_spans == 0
    assert "tool spans in an unknown vocabulary" in told.error_message
    assert not_understood(server) == before + 2
    assert stored(server, agent_id) == []


def not_understood(server: Server) -> float:
    name = "agentsentinel_otlp_spans_not_understood_total "
    lines = server.request("GET", "/metrics").text.splitlines()
    return next(float(line.removeprefix(name)) for line in lines if line.startswith(name))


def test_every_recording_is_tested_and_names_no_machine() -> None:
    files = {path.name for path in FOLDER.iterdir() if path.suffix in {".binpb", ".json"}}
    assert files == set(RECORDINGS)
    for name in files:
        body = (FOLDER / name).read_bytes()
        for place in (b"/home/", b"/root/", b"/tmp/", b"/work/", b"site-packages", b"node_modules"):
            assert place not in body, (name, place)
