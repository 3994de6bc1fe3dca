"""OpenTelemetry's own exporters against the real server, with nothing but an address and a key."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.exporter.otlp.json.http.trace_exporter import OTLPSpanExporter as JsonSpanExporter
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult
from opentelemetry.trace import Status, StatusCode

from agentsentinel_core.hashing import hash_payload
from server.otlp.support import TRACES, events_of, execute_tool, recorded, tracing
from server.support import Server, new_database, query, running


def protobuf(server: Server, key: str) -> SpanExporter:
    return OTLPSpanExporter(f"{server.url}{TRACES}", headers={"x-api-key": key})


def compressed(server: Server, key: str) -> SpanExporter:
    return OTLPSpanExporter(f"{server.url}{TRACES}", headers={"x-api-key": key}, compression=Compression.Gzip)


def as_json(server: Server, key: str) -> SpanExporter:
    return JsonSpanExporter(endpoint=f"{server.url}{TRACES}", headers={"x-api-key": key})


def by_bearer(server: Server, key: str) -> SpanExporter:
    return OTLPSpanExporter(f"{server.url}{TRACES}", headers={"authorization": f"Bearer {key}"})


Exporter = Callable[[Server, str], SpanExporter]
each_exporter = pytest.mark.parametrize("exporter", [protobuf, compressed, as_json, by_bearer])


@each_exporter
def test_a_tool_span_is_an_event_of_the_keys_agent(server: Server, exporter: Exporter) -> None:
    agent_id = server.new_agent()
    arguments = {"query": "Acme", "limit": 3}
    with tracing(exporter(server, server.new_key("agent", agent_id))) as tracer:
        attributes = execute_tool(
            gen_ai__tool__call__id="call_1",
            gen_ai__conversation__id="conversation 7",
            gen_ai__tool__call__arguments=json.dumps(arguments),
            gen_ai__tool__call__result="three rows",
        )
        with tracer.start_as_current_span("execute_tool search_crm", attributes=attributes):
            pass
    (event,) = events_of(server, agent_id)
    assert (event["tool_name"], event["status"]) == ("search_crm", "ok")
    assert (event["tool_call_id"], event["session_id"]) == ("call_1", "conversation 7")
    assert event["duration_ms"] >= 0
    (row,) = hashes(server, agent_id)
    assert row == (hash_payload(arguments), hash_payload("three rows"))


@each_exporter
def test_a_failed_call_is_an_error_and_the_run_is_the_trace(server: Server, exporter: Exporter) -> None:
    agent_id = server.new_agent()
    with (
        tracing(exporter(server, server.new_key("agent", agent_id))) as tracer,
        tracer.start_as_current_span("invoke_agent shop", attributes={"gen_ai.operation.name": "invoke_agent"}),
    ):
        for tool in ("search_crm", "send_email"):
            with tracer.start_as_current_span(f"execute_tool {tool}", attributes=execute_tool(tool)) as span:
                if tool == "send_email":
                    span.set_status(Status(StatusCode.ERROR, "no such address"))
    events = events_of(server, agent_id)
    assert [(event["tool_name"], event["status"]) for event in events] == [
        ("search_crm", "ok"),
        ("send_email", "error"),
    ]
    (session,) = {event["session_id"] for event in events}
    assert len(bytes.fromhex(session)) == 16


@each_exporter
def test_the_same_spans_sent_again_change_nothing(server: Server, exporter: Exporter) -> None:
    agent_id = server.new_agent()
    spans = recorded(*(execute_tool(f"tool_{number}") for number in range(5)))
    sender = exporter(server, server.new_key("agent", agent_id))
    for _ in range(3):
        assert sender.export(spans) is SpanExportResult.SUCCESS
    assert [event["tool_name"] for event in events_of(server, agent_id)] == [f"tool_{number}" for number in range(5)]
    assert server.wait_for_score(agent_id, events=5)["id"] == agent_id


def test_two_environment_variables_are_all_that_an_agent_needs(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    agent_id = server.new_agent()
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", f"{server.url}{TRACES}")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TRACES_HEADERS", f"x-api-key={server.new_key('agent', agent_id)}")
    with tracing(OTLPSpanExporter()) as tracer, tracer.start_as_current_span("x", attributes=execute_tool()):
        pass
    assert len(events_of(server, agent_id)) == 1


def test_an_exporter_with_a_wrong_key_is_told_so(server: Server, caplog: pytest.LogCaptureFixture) -> None:
    assert protobuf(server, "as_adm_wrong").export(recorded(execute_tool())) is SpanExportResult.FAILURE
    assert "401" in caplog.text


def test_a_tenants_key_makes_the_digests_hmacs(postgres_dsn: str, folder: Path) -> None:
    dsn = new_database(postgres_dsn)
    with running(dsn, folder, settings={"OTLP_HASH_KEY": "of the tenant"}) as server:
        agent_id = server.new_agent()
        with tracing(protobuf(server, server.new_key("agent", agent_id))) as tracer:
            arguments = execute_tool(gen_ai__tool__call__arguments='{"query": "Acme"}')
            tracer.start_span("execute_tool search_crm", attributes=arguments).end()
        ((digest, nothing),) = hashes(server, agent_id)
    key = b"of the tenant"
    assert (digest, nothing) == (hash_payload({"query": "Acme"}, key), hash_payload(None, key))


def hashes(server: Server, agent_id: str) -> list[tuple[str, str]]:
    sql = "SELECT input_hash, output_hash FROM agent_events WHERE agent_id = $1 ORDER BY timestamp, id"
    rows: list[dict[str, Any]] = query(server.dsn, sql, agent_id)
    return [(row["input_hash"].hex(), row["output_hash"].hex()) for row in rows]
