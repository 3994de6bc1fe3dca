"""What the tests of OTLP share: spans as OpenTelemetry's SDK makes them, and requests written by hand."""

import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

import httpx2
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor, SpanExporter
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import Tracer

from server.support import Server

TRACES = "/v1/traces"
PROTOBUF = "application/x-protobuf"
JSON = "application/json"


@contextmanager
def tracing(exporter: SpanExporter, service_name: str = "shop") -> Iterator[Tracer]:
    """Return a tracer whose spans are exported as they end."""
    provider = TracerProvider(resource=Resource({"service.name": service_name}), shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    yield provider.get_tracer("a framework")
    provider.shutdown()


def recorded(*spans: Mapping[str, Any], service_name: str = "shop") -> list[ReadableSpan]:
    """Finished spans of the SDK: `name` and attributes of each."""
    memory = InMemorySpanExporter()
    with tracing(memory, service_name) as tracer:
        for attributes in spans:
            name = attributes.get("name", "execute_tool")
            with tracer.start_as_current_span(name, attributes={k: v for k, v in attributes.items() if k != "name"}):
                pass
    return list(memory.get_finished_spans())


def as_protobuf(*spans: Mapping[str, Any], service_name: str = "shop") -> bytes:
    """Return the export request of these spans."""
    return encode_spans(recorded(*spans, service_name=service_name)).SerializeToString()


def execute_tool(tool: str = "search_crm", **attributes: Any) -> dict[str, Any]:
    """Return the attributes of a tool call in OpenTelemetry's conventions; `a__b` stands for `a.b`."""
    named = {name.replace("__", "."): value for name, value in attributes.items()}
    return {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": tool, **named}


def json_value(value: Any) -> dict[str, Any]:
    """Return an AnyValue in OTLP's JSON."""
    if isinstance(value, bool):
        return {"boolValue": value}
    if isinstance(value, int):
        return {"intValue": str(value)}
    if isinstance(value, float):
        return {"doubleValue": value}
    if isinstance(value, list):
        return {"arrayValue": {"values": [json_value(one) for one in value]}}
    if isinstance(value, dict):
        return {"kvlistValue": {"values": json_attributes(value)}}
    return {"stringValue": value}


def json_attributes(attributes: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Attributes in OTLP's JSON."""
    return [{"key": name, "value": json_value(value)} for name, value in attributes.items()]


def json_span(tool: str = "search_crm", **members: Any) -> dict[str, Any]:
    """Return a tool span in OTLP's JSON that ends now and took 20 ms; `members` replace its own."""
    start = time.time_ns() - 1_000_000_000
    return {
        "traceId": uuid4().hex,
        "spanId": uuid4().hex[:16],
        "name": f"execute_tool {tool}",
        "kind": 1,
        "startTimeUnixNano": str(start),
        "endTimeUnixNano": str(start + 20_000_000),
        "attributes": json_attributes(execute_tool(tool)),
        **members,
    }


def json_request(*spans: dict[str, Any], service_name: str = "shop", **resource: Any) -> dict[str, Any]:
    """Return an export request in OTLP's JSON."""
    attributes = json_attributes({"service.name": service_name, **resource})
    return {"resourceSpans": [{"resource": {"attributes": attributes}, "scopeSpans": [{"spans": list(spans)}]}]}


def send(server: Server, key: str | None, body: Any, media_type: str = JSON, **headers: str) -> httpx2.Response:
    """Post an export request; a body that is not bytes is written as JSON."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    named = {"Content-Type": media_type, **{name.replace("_", "-"): value for name, value in headers.items()}}
    return server.request("POST", TRACES, key, content=content, headers=named)


def events_of(server: Server, agent_id: str) -> list[dict[str, Any]]:
    """Return the agent's events, ordered by time."""
    events: list[dict[str, Any]] = server.api.get("events", params={"agent_id": agent_id, "limit": 200}).json()
    return sorted(events, key=lambda event: (event["timestamp"], event["event_id"]))


def rejected(answer: httpx2.Response) -> tuple[int, str]:
    """How many spans a JSON answer says were rejected, and why."""
    assert answer.status_code == 200, (answer.status_code, answer.text)
    told = answer.json().get("partialSuccess", {})
    return int(told.get("rejectedSpans", "0")), told.get("errorMessage", "")
