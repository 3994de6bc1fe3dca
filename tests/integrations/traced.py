"""A framework's own spans, exported by OpenTelemetry's exporter to the real server."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from contract import Contract, call
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

from agentsentinel_sdk import Monitor
from conftest import Platform


class _Switch(SpanProcessor):
    """The process has one tracer provider for good; each test has an exporter of its own."""

    target: SpanProcessor | None = None

    def on_end(self, span: ReadableSpan) -> None:
        if self.target is not None:
            self.target.on_end(span)


_SWITCH = _Switch()


def provide() -> None:
    """Give the process a tracer provider, if it has none."""
    if not isinstance(trace.get_tracer_provider(), TracerProvider):
        os.environ.pop("OTEL_SDK_DISABLED", None)
        provider = TracerProvider()
        provider.add_span_processor(_SWITCH)
        trace.set_tracer_provider(provider)


@contextmanager
def exported(platform: Platform, key: str) -> Iterator[None]:
    """Export the spans that are traced in this block, with this key."""
    provide()
    processor = BatchSpanProcessor(OTLPSpanExporter(f"{platform.url}/v1/traces", headers={"x-api-key": key}))
    _SWITCH.target = processor
    try:
        yield
    finally:
        _SWITCH.target = None
        processor.force_flush()
        processor.shutdown()


def spans_alone(subject: Contract, platform: Platform, *, knows_id_of_failed: bool = True) -> list[dict[str, Any]]:
    """Run an agent whose adapter reaches no server: its spans alone must report what happened. Returns the events."""
    agent_id, key = platform.new_agent()
    deaf = subject.monitor(api_key="as_adm_0", base_url="http://127.0.0.1:9")
    asked = [call("search_crm", query="Acme"), call("send_email", to="anna")]
    failing = call("fail", reason="no")
    with exported(platform, key):
        assert subject.run(deaf, [asked], subject.modes[0]) == "done"
        with suppress(Exception):
            subject.run(deaf, [[failing]], subject.modes[0])
    deaf.reporter.close()
    events = platform.events(agent_id)
    told = {(event["tool_name"], event["status"], event["tool_call_id"]) for event in events}
    assert told == {
        ("search_crm", "ok", asked[0].id),
        ("send_email", "ok", asked[1].id),
        ("fail", "error", failing.id if knows_id_of_failed else None),
    }
    assert len(events) == 3
    durations = {event["tool_name"]: event["duration_ms"] for event in events}
    assert 15 <= durations["search_crm"] < 5000
    assert len({event["session_id"] for event in events if event["tool_name"] != "fail"}) == 1
    return events


def counted_once(subject: Contract, platform: Platform) -> None:
    """Check that each call counts once when the adapter and the exported spans both report it, in any order."""
    asked = [call("search_crm", query="Acme"), call("send_email", to="anna")]
    again = [call("search_crm", query="Globex")]
    for spans_first in (True, False):
        agent_id, key = platform.new_agent()
        monitor = subject.watched(platform, api_key=key)
        try:
            with exported(platform, key):
                _run(subject, monitor, [asked, again])
                if not spans_first:
                    assert monitor.flush(10)
        finally:
            assert monitor.flush(10)
            monitor.reporter.close()
        events = platform.events(agent_id)
        names = sorted((event["tool_name"], event["status"]) for event in events)
        assert names == [("fail", "error"), ("search_crm", "ok"), ("search_crm", "ok"), ("send_email", "ok")], names


def _run(subject: Contract, monitor: Monitor, turns: list[Any]) -> None:
    assert subject.run(monitor, turns, subject.modes[0]) == "done"
    with suppress(Exception):
        subject.run(monitor, [[call("fail", reason="no")]], subject.modes[0])
