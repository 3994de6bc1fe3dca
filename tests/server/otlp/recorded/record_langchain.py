"""Record LangChain's agent under one of its instrumentations.

The instrumentation is the first argument:

    openllmetry     pip install langchain langgraph opentelemetry-instrumentation-langchain
    traceloop       pip install langchain langgraph traceloop-sdk
    langsmith       pip install langchain langgraph 'langsmith[otel]'
    openinference   pip install langchain langgraph openinference-instrumentation-langchain
    genai           pip install langchain langgraph opentelemetry-instrumentation-genai-langchain

and opentelemetry-exporter-otlp-proto-http. A call that succeeds, one that raises, and one of an unknown tool.
"""

import os
import sys
from collections.abc import Callable
from contextlib import suppress
from importlib.metadata import version
from typing import Any

from langchain.agents import create_agent
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from langchain_core.tools import tool
from receiver import recording

CALLS = {"add": {"a": 1, "b": 2}, "fail": {"reason": "no"}, "missing": {"a": 1}}


class Scripted(BaseChatModel):
    """Asks for the tool that the question names, then answers."""

    @property
    def _llm_type(self) -> str:
        return "scripted"

    def bind_tools(self, tools: Any, **kwargs: Any) -> "Scripted":
        return self

    def _generate(self, messages: list[BaseMessage], *args: Any, **kwargs: Any) -> ChatResult:
        asked = str(messages[0].content)
        call = {"name": asked, "args": CALLS[asked], "id": f"call_{asked}", "type": "tool_call"}
        message = AIMessage("done") if len(messages) > 1 else AIMessage("", tool_calls=[call])
        return ChatResult(generations=[ChatGeneration(message=message)])


@tool
def add(a: int, b: int) -> int:
    """Add."""
    return a + b


@tool
def fail(reason: str) -> str:
    """Fail."""
    raise RuntimeError(reason)


def provide(address: str) -> Callable[[], Any]:
    """Make OpenTelemetry export to this address; returns what ends it."""
    from opentelemetry import trace
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    provider = TracerProvider(resource=Resource({"service.name": "shop"}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(f"{address}/v1/traces")))
    trace.set_tracer_provider(provider)
    return provider.shutdown


def openllmetry(address: str) -> Callable[[], Any]:
    """OpenLLMetry's instrumentation alone."""
    end = provide(address)
    from opentelemetry.instrumentation.langchain import LangchainInstrumentor

    LangchainInstrumentor().instrument()
    return end


def traceloop(address: str) -> Callable[[], Any]:
    """Traceloop's SDK, with the session as its association property."""
    os.environ |= {"TRACELOOP_TELEMETRY": "false", "TRACELOOP_METRICS_ENABLED": "false"}
    from opentelemetry import trace
    from traceloop.sdk import Traceloop

    Traceloop.init(app_name="shop", api_endpoint=address, api_key="none", disable_batch=True)
    Traceloop.set_association_properties({"session_id": "conversation-7"})
    return trace.get_tracer_provider().force_flush  # type: ignore[attr-defined]


def langsmith(address: str) -> Callable[[], Any]:
    """LangSmith's own exporter."""
    os.environ |= {"LANGSMITH_OTEL_ENABLED": "true", "LANGSMITH_OTEL_ONLY": "true", "LANGSMITH_TRACING": "true"}
    os.environ |= {"LANGSMITH_API_KEY": "none", "LANGSMITH_ENDPOINT": address, "LANGSMITH_REVISION_ID": "1"}
    end = provide(address)

    def finish() -> None:
        from langchain_core.tracers.langchain import wait_for_all_tracers

        wait_for_all_tracers()
        end()

    return finish


def openinference(address: str) -> Callable[[], Any]:
    """OpenInference's instrumentation."""
    end = provide(address)
    from openinference.instrumentation.langchain import LangChainInstrumentor

    LangChainInstrumentor().instrument()
    return end


def genai(address: str) -> Callable[[], Any]:
    """OpenTelemetry's own instrumentation, with content on its spans."""
    os.environ["OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT"] = "SPAN_ONLY"
    os.environ["OTEL_SEMCONV_STABILITY_OPT_IN"] = "gen_ai_latest_experimental"
    end = provide(address)
    from opentelemetry.instrumentation.genai.langchain import LangChainInstrumentor

    LangChainInstrumentor().instrument()
    return end


INSTRUMENTATIONS: dict[str, tuple[str, Callable[[str], Callable[[], Any]]]] = {
    "openllmetry": ("opentelemetry-instrumentation-langchain", openllmetry),
    "traceloop": ("traceloop-sdk", traceloop),
    "langsmith": ("langsmith", langsmith),
    "openinference": ("openinference-instrumentation-langchain", openinference),
    "genai": ("opentelemetry-instrumentation-genai-langchain", genai),
}


def main() -> None:
    """Run the agent once for each call."""
    package, begin = INSTRUMENTATIONS[sys.argv[1]]
    with recording(f"{package}-{version(package)}") as address:
        end = begin(address)
        agent = create_agent(Scripted(), [add, fail], name="shop")
        for asked in CALLS:
            settings = {"metadata": {"session_id": "conversation-7"}, "configurable": {"thread_id": "conversation-7"}}
            with suppress(Exception):
                agent.invoke({"messages": [("user", asked)]}, settings)
        end()


main()
