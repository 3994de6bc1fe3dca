"""Record PydanticAI: pip install 'pydantic-ai-slim<2' (or newer) opentelemetry-exporter-otlp-proto-http.

With the argument openinference under its processor, for which openinference-instrumentation-pydantic-ai is needed.

A call that succeeds, one that raises, one of a tool that there is not, and one that a person refuses.
"""

import sys
from contextlib import suppress
from importlib.metadata import version

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from pydantic_ai import Agent, DeferredToolRequests, DeferredToolResults, ToolDenied
from pydantic_ai.messages import ModelMessage, ModelResponse, TextPart, ToolCallPart
from pydantic_ai.models.function import AgentInfo, FunctionModel
from pydantic_ai.models.instrumented import InstrumentationSettings
from receiver import recording

CALLS = {
    "add": ToolCallPart("add", {"a": 1, "b": 2}, "call_add"),
    "fail": ToolCallPart("fail", {"reason": "no"}, "call_fail"),
    "missing": ToolCallPart("missing", {"a": 1}, "call_missing"),
    "delete": ToolCallPart("delete", {"table": "users"}, "call_delete"),
}


def asking_for(tool: str) -> FunctionModel:
    """Return a model that asks for this tool once, then answers."""

    def answer(messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
        return ModelResponse([CALLS[tool]] if len(messages) == 1 else [TextPart("done")])

    return FunctionModel(answer, model_name="scripted")


def instrumented(settings: InstrumentationSettings) -> "Agent[None, str | DeferredToolRequests]":
    """Make an agent without tools; the way to switch tracing on differs between the versions."""
    try:
        from pydantic_ai.capabilities import Instrumentation
    except ImportError:
        return Agent(output_type=[str, DeferredToolRequests], name="shop", instrument=settings)
    return Agent(output_type=[str, DeferredToolRequests], name="shop", capabilities=[Instrumentation(settings)])


def run(settings: InstrumentationSettings) -> None:
    """Every call, each in a run of its own."""
    agent = instrumented(settings)

    @agent.tool_plain
    def add(a: int, b: int) -> int:
        return a + b

    @agent.tool_plain
    def fail(reason: str) -> str:
        raise RuntimeError(reason)

    @agent.tool_plain(requires_approval=True)
    def delete(table: str) -> str:
        return table

    for tool in ("add", "fail", "missing"):
        with suppress(Exception):
            agent.run_sync("go", model=asking_for(tool))
    waiting = agent.run_sync("go", model=asking_for("delete"))
    refused = DeferredToolResults(approvals={"call_delete": ToolDenied("not allowed")})
    agent.run_sync(
        message_history=waiting.all_messages(), deferred_tool_results=refused, model=asking_for("nothing more")
    )


def main() -> None:
    """Set up the default instrumentation, alone or with OpenInference's processor over it."""
    is_over = sys.argv[1:] == ["openinference"]
    package = "openinference-instrumentation-pydantic-ai" if is_over else "pydantic-ai-slim"
    with recording(f"{package.removesuffix('-slim')}-{version(package)}") as address:
        provider = TracerProvider(resource=Resource({"service.name": "shop"}))
        if is_over:
            from openinference.instrumentation.pydantic_ai import OpenInferenceSpanProcessor

            provider.add_span_processor(OpenInferenceSpanProcessor())
        provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(f"{address}/v1/traces")))
        run(InstrumentationSettings(tracer_provider=provider))
        provider.shutdown()


main()
