"""Record the OpenAI Agents SDK under one of its instrumentations.

The instrumentation is the first argument:

    openllmetry     pip install openai-agents opentelemetry-instrumentation-openai-agents
    openinference   pip install openai-agents openinference-instrumentation-openai-agents
    otel            pip install openai-agents opentelemetry-instrumentation-openai-agents-v2
    genai           pip install openai-agents opentelemetry-instrumentation-genai-openai-agents
    logfire         pip install openai-agents logfire

and opentelemetry-exporter-otlp-proto-http. A call that succeeds, and one that raises.
"""

import json
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from importlib.metadata import version
from typing import Any

from agents import Agent, RunConfig, Runner, function_tool, set_trace_processors
from agents.testing import ScriptedModel
from agents.testing.model import assistant_message, function_call
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from receiver import recording

CALLS = {"add": {"a": 1, "b": 2}, "fail": {"reason": "no"}}


@function_tool
def add(a: int, b: int) -> int:
    """Add."""
    return a + b


@function_tool(failure_error_function=None)
def fail(reason: str) -> str:
    """Fail."""
    raise RuntimeError(reason)


def provide(address: str) -> TracerProvider:
    """Return a provider that exports to this address."""
    provider = TracerProvider(resource=Resource({"service.name": "shop"}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(f"{address}/v1/traces")))
    trace.set_tracer_provider(provider)
    return provider


def openllmetry(address: str) -> Callable[[], Any]:
    """OpenLLMetry's instrumentation."""
    provider = provide(address)
    from opentelemetry.instrumentation.openai_agents import OpenAIAgentsInstrumentor

    OpenAIAgentsInstrumentor().instrument(tracer_provider=provider)
    return provider.shutdown


def openinference(address: str) -> Callable[[], Any]:
    """OpenInference's instrumentation."""
    provider = provide(address)
    from openinference.instrumentation.openai_agents import OpenAIAgentsInstrumentor

    OpenAIAgentsInstrumentor().instrument(tracer_provider=provider)
    return provider.shutdown


def otel(address: str) -> Callable[[], Any]:
    """OpenTelemetry's own of 2025, with content on its spans."""
    os.environ["OTEL_INSTRUMENTATION_OPENAI_AGENTS_CAPTURE_CONTENT"] = "true"
    os.environ["OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT"] = "span_only"
    return openllmetry(address)


def genai(address: str) -> Callable[[], Any]:
    """OpenTelemetry's own of 2026, with content on its spans."""
    os.environ["OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT"] = "SPAN_ONLY"
    os.environ["OTEL_SEMCONV_STABILITY_OPT_IN"] = "gen_ai_latest_experimental"
    provider = provide(address)
    from opentelemetry.instrumentation.genai.openai_agents import OpenAIAgentsInstrumentor

    OpenAIAgentsInstrumentor().instrument(tracer_provider=provider)
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
    logfire.instrument_openai_agents()
    return logfire.force_flush


INSTRUMENTATIONS: dict[str, tuple[str, Callable[[str], Callable[[], Any]]]] = {
    "openllmetry": ("opentelemetry-instrumentation-openai-agents", openllmetry),
    "openinference": ("openinference-instrumentation-openai-agents", openinference),
    "otel": ("opentelemetry-instrumentation-openai-agents-v2", otel),
    "genai": ("opentelemetry-instrumentation-genai-openai-agents", genai),
    "logfire": ("logfire", logfire),
}


def main() -> None:
    """Run the agent once for each call."""
    os.environ["OPENAI_API_KEY"] = "none"
    package, begin = INSTRUMENTATIONS[sys.argv[1]]
    set_trace_processors([])  # the SDK's own, which would report to OpenAI
    name = f"{package}-{version(package)}"
    with recording(f"{name}-openai-agents" if package == "logfire" else name) as address:
        end = begin(address)
        for tool, arguments in CALLS.items():
            asked = function_call(tool, json.dumps(arguments), call_id=f"call_{tool}")
            model = ScriptedModel([[asked], [assistant_message("done")]])
            agent = Agent("shop", model=model, tools=[add, fail])
            with suppress(Exception):
                Runner.run_sync(agent, "go", run_config=RunConfig(group_id="conversation-7"))
        end()


main()
