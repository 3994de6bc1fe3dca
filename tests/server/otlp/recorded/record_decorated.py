"""Record functions that a package's own decorator makes tools.

The package is the first argument:

    traceloop   pip install traceloop-sdk
    langsmith   pip install 'langsmith[otel]'
    langfuse    pip install langfuse

A call that succeeds, and one that raises.
"""

import os
import sys
from collections.abc import Callable
from contextlib import suppress
from importlib.metadata import version
from typing import Any

from receiver import recording

Function = Callable[..., Any]
Decorated = tuple[Callable[[Function], Function], Callable[[Function], Function], Callable[[], Any]]
"""What makes a function a tool, what makes one the run around them, and what ends the export."""


def traceloop(address: str) -> Decorated:
    """Traceloop's `@tool` in its `@workflow`, with the session as its association property."""
    os.environ |= {"TRACELOOP_TELEMETRY": "false", "TRACELOOP_METRICS_ENABLED": "false"}
    from opentelemetry import trace
    from traceloop.sdk import Traceloop
    from traceloop.sdk.decorators import tool, workflow

    Traceloop.init(app_name="shop", api_endpoint=address, api_key="none", disable_batch=True)
    Traceloop.set_association_properties({"session_id": "conversation-7"})
    return tool(), workflow(name="shop"), trace.get_tracer_provider().force_flush  # type: ignore[attr-defined]


def langsmith(address: str) -> Decorated:
    """LangSmith's `@traceable(run_type="tool")`, with the session in its metadata."""
    os.environ |= {"LANGSMITH_OTEL_ENABLED": "true", "LANGSMITH_OTEL_ONLY": "true", "LANGSMITH_TRACING": "true"}
    os.environ |= {"LANGSMITH_API_KEY": "none", "LANGSMITH_ENDPOINT": address, "LANGSMITH_REVISION_ID": "1"}
    os.environ |= {"OTEL_EXPORTER_OTLP_ENDPOINT": address, "OTEL_SERVICE_NAME": "shop"}
    from langsmith import Client, traceable

    client = Client()
    metadata = {"session_id": "conversation-7"}
    tool = traceable(run_type="tool", client=client, metadata=metadata)

    def end() -> None:
        from opentelemetry import trace

        client.flush()
        trace.get_tracer_provider().force_flush()  # type: ignore[attr-defined]

    return tool, traceable(run_type="chain", client=client, metadata=metadata), end


def langfuse(address: str) -> Decorated:
    """Langfuse's `@observe(as_type="tool")`, with its session."""
    os.environ |= {"LANGFUSE_HOST": address, "LANGFUSE_PUBLIC_KEY": "none", "LANGFUSE_SECRET_KEY": "none"}
    os.environ |= {"OTEL_SERVICE_NAME": "shop"}
    from langfuse import get_client, observe, propagate_attributes

    def run(function: Function) -> Function:
        @observe(as_type="agent", name="shop")
        def shop(*arguments: Any) -> Any:
            with propagate_attributes(session_id="conversation-7"):
                return function(*arguments)

        return shop

    return observe(as_type="tool"), run, get_client().flush


PACKAGES: dict[str, tuple[str, Callable[[str], Decorated]]] = {
    "traceloop": ("traceloop-sdk", traceloop),
    "langsmith": ("langsmith", langsmith),
    "langfuse": ("langfuse", langfuse),
}


def add(a: int, b: int) -> int:
    """Succeed."""
    return a + b


def fail(reason: str) -> str:
    """Raise."""
    raise RuntimeError(reason)


def main() -> None:
    """Call both tools within a run."""
    package, begin = PACKAGES[sys.argv[1]]
    with recording(f"{package}-{version(package)}-decorated") as address:
        tool, run, end = begin(address)
        works, raises = tool(add), tool(fail)

        def shop() -> str:
            works(a=1, b=2)
            with suppress(RuntimeError):
                raises(reason="no")
            return "done"

        run(shop)()
        end()


main()
