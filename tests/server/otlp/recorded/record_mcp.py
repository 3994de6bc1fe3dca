"""Record a client of MCP under one of its instrumentations.

The instrumentation is the first argument:

    openllmetry     pip install 'mcp<2' opentelemetry-instrumentation-mcp
    logfire         pip install 'mcp<2' logfire

and opentelemetry-exporter-otlp-proto-http. A call that succeeds, one that raises, and one of an unknown tool.
The server is a process of its own, since an instrumentation wraps what client and server share.
"""

import asyncio
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from importlib.metadata import version
from typing import Any

from mcp import ClientSession, StdioServerParameters
from mcp.client.stdio import stdio_client
from receiver import recording

SERVER = """
from mcp.server.fastmcp import FastMCP
server = FastMCP("shop")

@server.tool()
def add(a: int, b: int) -> int:
    return a + b

@server.tool()
def fail(reason: str) -> str:
    raise RuntimeError(reason)

server.run()
"""
CALLS = {"add": {"a": 1, "b": 2}, "fail": {"reason": "no"}, "missing": {"a": 1}}


def openllmetry(address: str) -> Callable[[], Any]:
    """OpenLLMetry's instrumentation."""
    from opentelemetry import trace
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.instrumentation.mcp import McpInstrumentor
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    provider = TracerProvider(resource=Resource({"service.name": "shop"}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(f"{address}/v1/traces")))
    trace.set_tracer_provider(provider)
    McpInstrumentor().instrument(tracer_provider=provider)
    return provider.shutdown


def logfire(address: str) -> Callable[[], Any]:
    """Logfire, exporting to a receiver of one's own."""
    os.environ["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"] = f"{address}/v1/traces"
    import logfire

    scrubbed = dict.fromkeys(("host.name", "host.id", "service.instance.id", "os.version"), "shop")
    described = {"process.runtime.description": "Python", "process.pid": 1, **scrubbed}
    logfire.configure(
        send_to_logfire=False,
        service_name="shop",
        service_version="1",
        console=False,
        metrics=False,
        resource_attributes=described,
    )
    logfire.instrument_mcp()
    return logfire.force_flush


INSTRUMENTATIONS: dict[str, tuple[str, Callable[[str], Callable[[], Any]]]] = {
    "openllmetry": ("opentelemetry-instrumentation-mcp", openllmetry),
    "logfire": ("logfire", logfire),
}


async def run() -> None:
    """Every call in one session."""
    server = StdioServerParameters(command=sys.executable, args=["-c", SERVER])
    async with stdio_client(server) as streams, ClientSession(*streams) as session:
        await session.initialize()
        for tool, arguments in CALLS.items():
            with suppress(Exception):
                await session.call_tool(tool, arguments)


def main() -> None:
    """Record them."""
    package, begin = INSTRUMENTATIONS[sys.argv[1]]
    name = f"{package}-{version(package)}"
    with recording(f"{name}-mcp" if package == "logfire" else name) as address:
        end = begin(address)
        asyncio.run(run())
        end()


main()
