"""Liveness, readiness and metrics. They need no key, and show no names of agents or tools."""

from collections.abc import Iterator

from fastapi import APIRouter, Response
from fastapi.responses import PlainTextResponse
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, InfoMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector
from sqlalchemy import text

from agentsentinel import __version__
from agentsentinel.auth.failed_attempts import CredentialKind
from agentsentinel.composition import Platform, PlatformDep
from agentsentinel.wire.problems import problem_response

router = APIRouter(tags=["health"])

SERVICE = "agentsentinel"
PROBE_SECONDS = 0.7
METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8"


@router.get("/health")
async def get_health(platform: PlatformDep) -> dict[str, str]:
    """Report the health of the server: always 200 while it runs; `status` is `degraded` without its database."""
    is_ready = await _is_database_ready(platform)
    stream = platform.stream
    is_stream_up = stream is None or stream.is_up
    health = {
        "status": "ok" if is_ready and is_stream_up else "degraded",
        "service": SERVICE,
        "version": __version__,
        "database": "ok" if is_ready else "unavailable",
    }
    if stream is not None:
        health["stream"] = "ok" if is_stream_up else "unavailable"
    return health


@router.get("/livez")
async def get_liveness() -> dict[str, str]:
    """Report that the process answers. Nothing else is checked."""
    return {"status": "ok"}


@router.get("/readyz", responses={503: {"description": "Not ready"}})
async def get_readiness(platform: PlatformDep) -> Response:
    """Report whether requests can be served: 200 if the database answers and has a schema, else 503."""
    if await _is_database_ready(platform):
        return Response('{"status":"ok"}', media_type="application/json")
    return problem_response(503, "The database cannot be reached", headers={"Retry-After": "1"})


@router.get("/metrics", response_class=PlainTextResponse)
async def get_metrics(platform: PlatformDep) -> Response:
    """Return the metrics in the text format of Prometheus."""
    registry = CollectorRegistry()
    registry.register(PlatformCollector(platform))
    return Response(generate_latest(registry), media_type=METRICS_TYPE)


class PlatformCollector(Collector):
    """Prometheus collector that reads the platform's own counters at a scrape, so that the hot path pays nothing."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform

    def collect(self) -> Iterator[Metric]:
        """Yield all metrics. received = stored + duplicate + the sum of rejected."""
        event_counts = self._platform.event_counts
        yield InfoMetricFamily("agentsentinel_build", "The running version", {"version": __version__})
        for name, value, text_ in (
            ("received", event_counts.received, "Events received"),
            ("stored", event_counts.stored, "Events made durable"),
            ("duplicate", event_counts.duplicate, "Events that were stored before; the first answer was repeated"),
        ):
            yield CounterMetricFamily(f"agentsentinel_events_{name}", text_, value)
        rejected = CounterMetricFamily("agentsentinel_events_rejected", "Events refused", labels=["reason"])
        for reason, count in sorted(event_counts.rejected.items()):
            rejected.add_metric([reason], count)
        yield rejected
        yield CounterMetricFamily(
            "agentsentinel_otlp_spans_not_understood",
            "Tool spans in an unknown vocabulary",
            value=event_counts.spans_not_understood,
        )
        counts = self._platform.failed_attempts.counts
        refused = CounterMetricFamily(
            "agentsentinel_credentials_refused", "Refused keys, sign-ins and cookies", labels=["means"]
        )
        for means in CredentialKind:
            refused.add_metric([means.value.removesuffix("_refused")], counts[means])
        yield refused
        waiting = self._platform.pipeline.waiting_events
        yield GaugeMetricFamily("agentsentinel_events_waiting", "Events queued for the next group commit", waiting)
        if self._platform.stream is not None:
            is_up = int(self._platform.stream.is_up)
            yield GaugeMetricFamily("agentsentinel_stream_up", "Whether the Redis stream is read and written", is_up)
        group = self._platform.scoring_group
        if group is not None:
            yield CounterMetricFamily(
                "agentsentinel_stream_entries_put_aside", "Stream entries that could not be read", group.dead_letters
            )
            if group.lag is not None:
                yield GaugeMetricFamily("agentsentinel_stream_lag", "Stream entries that no worker has read", group.lag)
        if self._platform.role.takes_events:
            yield from self._platform.latency.commit.collect()
        if self._platform.role.scores:
            yield from self._platform.latency.scoring.collect()
        yield from self._alerts()
        agents = self._platform.pipeline.cached_agents
        yield GaugeMetricFamily("agentsentinel_agents_in_memory", "Agents whose counters are in memory", agents)

    def _alerts(self) -> Iterator[Metric]:
        """Yield the deliveries of each destination: sent and given up by this process, waiting of all processes."""
        outbox = self._platform.outbox
        for name, help_, counts in (
            ("sent", "Alerts and exports sent by this process", outbox.sent),
            ("failed", "Alerts and exports given up after the last attempt", outbox.failed),
        ):
            counter = CounterMetricFamily(f"agentsentinel_alerts_{name}", help_, labels=["destination"])
            for destination in outbox.destinations:
                counter.add_metric([destination.name], counts[destination.name])
            yield counter
        waiting = GaugeMetricFamily(
            "agentsentinel_alerts_waiting",
            "Alerts and exports to be sent, the same in each worker",
            labels=["destination"],
        )
        for destination in outbox.destinations:
            waiting.add_metric([destination.name], outbox.waiting[destination.name])
        yield waiting


async def _is_database_ready(platform: Platform) -> bool:
    try:
        async with platform.database.transaction(PROBE_SECONDS) as session:
            is_ready = await session.scalar(text("SELECT 1 FROM alembic_version")) is not None
    except Exception:
        return False
    return is_ready
