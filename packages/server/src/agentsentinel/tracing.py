"""OpenTelemetry tracing of the platform's own requests, exported when OTEL_EXPORTER_OTLP_ENDPOINT is set.

The OpenTelemetry SDK is the extra `tracing`; without an endpoint nothing of it is imported. Requests are spans after
the semantic conventions for HTTP servers, and continue the trace of a `traceparent` header; commits of events are spans
of their own, because each stores the events of many requests. While requests are traced, none takes the fast path.
"""

import re
import time
from typing import TYPE_CHECKING, Any

import structlog
from starlette.types import ASGIApp, Scope

from agentsentinel import __version__
from agentsentinel.config import ConfigError, Settings

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.trace import Span

TRACES_PATH = "/v1/traces"
NOT_TRACED = "/livez,/readyz,/health,/metrics"
FLUSH_MILLISECONDS = 2_000
_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


class Tracing:
    """Exporter of spans, and what makes them."""

    def __init__(self, provider: "TracerProvider") -> None:
        self._provider = provider
        self._tracer = provider.get_tracer("agentsentinel", __version__)

    def wrap(self, app: ASGIApp) -> ASGIApp:
        """Return an application whose every request is a span, except those of probes."""
        from opentelemetry.instrumentation.asgi import OpenTelemetryMiddleware

        traced: ASGIApp = OpenTelemetryMiddleware(
            app,
            excluded_urls=NOT_TRACED,
            default_span_details=_describe,
            server_request_hook=_name_trace_in_logs,
            tracer_provider=self._provider,
            exclude_spans=["receive", "send"],
        )
        return traced

    def record_commit(self, seconds: float) -> None:
        """Record a commit that has just ended and took so long."""
        end = time.time_ns()
        span = self._tracer.start_span("commit events", start_time=end - int(seconds * 1e9))
        span.end(end)

    def close(self) -> None:
        """Export what is left, for two seconds at most."""
        self._provider.force_flush(FLUSH_MILLISECONDS)
        self._provider.shutdown()


def start_tracing(settings: Settings, role: str) -> Tracing | None:
    """Start the export of spans if an endpoint is set. Raises ConfigError when the extra `tracing` is missing."""
    endpoint = _traces_endpoint(settings)
    if endpoint is None or settings.otel_sdk_disabled:
        return None
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import SERVICE_NAME, SERVICE_VERSION, OTELResourceDetector, Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError:
        raise ConfigError(
            "OTEL_EXPORTER_OTLP_ENDPOINT is set, but OpenTelemetry is not installed: install agentsentinel[tracing],"
            " or leave the variable unset"
        ) from None
    own = Resource({SERVICE_NAME: f"agentsentinel-{role}", SERVICE_VERSION: __version__})
    provider = TracerProvider(resource=own.merge(OTELResourceDetector().detect()))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=endpoint)))
    return Tracing(provider)


def _traces_endpoint(settings: Settings) -> str | None:
    if settings.otel_exporter_otlp_traces_endpoint is not None:
        return settings.otel_exporter_otlp_traces_endpoint
    base = settings.otel_exporter_otlp_endpoint
    return None if base is None else base.rstrip("/") + TRACES_PATH


def _describe(scope: Scope) -> tuple[str, dict[str, Any]]:
    """Name a request's span after its method and path, with ids replaced, so that there are few names."""
    route = _ID.sub("{id}", scope["path"])
    return f"{scope['method']} {route}", {"url.template": route}


def _name_trace_in_logs(span: "Span", _: Scope) -> None:
    context = span.get_span_context()
    if context.is_valid:
        structlog.contextvars.bind_contextvars(trace_id=f"{context.trace_id:032x}")
