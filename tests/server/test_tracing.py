"""A collector receives a trace of each request; without an endpoint nothing is traced."""

import asyncio
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import structlog
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.trace import TracerProvider
from starlette.types import Message, Receive, Scope, Send

from agentsentinel.tracing import Tracing
from server.faults.embedded_platform import wait_until
from server.support import environment, new_database, running

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
PARENT = {"traceparent": f"00-{TRACE}-00f067aa0ba902b7-01"}


class Collector(ThreadingHTTPServer):
    """An OTLP/HTTP receiver on a port of its own, which keeps what it gets."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Receiver)
        self.requests: list[ExportTraceServiceRequest] = []
        self.url = f"http://127.0.0.1:{self.server_address[1]}"

    def spans(self, name: str) -> list[Any]:
        """Return the spans of this name."""
        return [
            span
            for request in self.requests
            for resource in request.resource_spans
            for scope in resource.scope_spans
            for span in scope.spans
            if span.name == name
        ]

    @property
    def services(self) -> set[str]:
        """Names of the services that sent spans."""
        return {
            attribute.value.string_value
            for request in self.requests
            for resource in request.resource_spans
            for attribute in resource.resource.attributes
            if attribute.key == "service.name"
        }


class _Receiver(BaseHTTPRequestHandler):
    server: Collector

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.headers.get("Content-Encoding") == "gzip":
            raise AssertionError("compressed")
        self.server.requests.append(ExportTraceServiceRequest.FromString(body))
        self.send_response(200 if self.path == "/v1/traces" else 404)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the standard library's name
        pass


@pytest.fixture
def collector() -> Iterator[Collector]:
    with Collector() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def test_requests_and_commits_are_spans_and_continue_the_callers_trace(
    postgres_dsn: str, tmp_path: Path, collector: Collector
) -> None:
    settings = {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.url, "OTEL_BSP_SCHEDULE_DELAY": "100", "LOG_LEVEL": "INFO"}
    with running(new_database(postgres_dsn), tmp_path, settings=settings) as server:
        agent_id = server.new_agent()
        server.api.get(f"agents/{agent_id}", headers=PARENT)
        server.report(agent_id)
        wait_until(lambda: bool(collector.spans("POST /api/v1/events")), 60, "no span arrived")
        wait_until(lambda: bool(collector.spans("commit events")), 60, "no span of a commit arrived")
        (read,) = collector.spans("GET /api/v1/agents/{id}")
        assert read.trace_id.hex() == TRACE
        assert collector.services == {"agentsentinel-all"}
        assert not collector.spans("GET /health")


def test_log_lines_of_a_request_carry_its_trace() -> None:
    seen: dict[str, Any] = {}

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        seen.update(structlog.contextvars.get_contextvars())
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    async def receive() -> Message:
        return {"type": "http.request", "body": b""}

    async def send(message: Message) -> None:
        pass

    headers = [(name.encode(), value.encode()) for name, value in PARENT.items()]
    scope = {
        "type": "http",
        "method": "GET",
        "path": "/a",
        "headers": headers,
        "query_string": b"",
        "http_version": "1.1",
    }

    async def request() -> None:
        await Tracing(TracerProvider()).wrap(app)(scope, receive, send)

    asyncio.run(request())
    assert seen == {"trace_id": TRACE}


def test_a_collector_that_is_away_costs_nothing(postgres_dsn: str, tmp_path: Path) -> None:
    settings = {"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://127.0.0.1:9/v1/traces"}
    with running(new_database(postgres_dsn), tmp_path, settings=settings) as server:
        agent_id = server.new_agent()
        assert server.report(agent_id)["event_id"]
        assert server.stop() == 0


@pytest.mark.parametrize(
    "settings", [{}, {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9", "OTEL_SDK_DISABLED": "true"}]
)
def test_without_tracing_nothing_of_opentelemetry_is_imported(settings: dict[str, str]) -> None:
    program = (
        "import sys; from agentsentinel.config import Settings; from agentsentinel.tracing import start_tracing;"
        "assert start_tracing(Settings(_env_file=None), 'api') is None;"
        "print(any(name.startswith('opentelemetry.sdk') for name in sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], env=environment(**settings), capture_output=True, text=True, check=False
    )
    assert done.stdout.strip() == "False", done.stderr


def test_an_endpoint_without_the_extra_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "opentelemetry").mkdir()
    (tmp_path / "opentelemetry" / "__init__.py").write_text("raise ImportError\n")
    program = (
        "from agentsentinel.config import ConfigError, Settings; from agentsentinel.tracing import start_tracing\n"
        "try: start_tracing(Settings(_env_file=None), 'api')\n"
        "except ConfigError as error: print(error)"
    )
    env = environment(OTEL_EXPORTER_OTLP_ENDPOINT="http://collector:4318", PYTHONPATH=str(tmp_path))
    done = subprocess.run([sys.executable, "-c", program], env=env, capture_output=True, text=True, check=False)
    assert "agentsentinel[tracing]" in done.stdout, done.stderr
