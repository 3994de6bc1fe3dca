"""Composition root: every service of the platform is built once here, and passed to the parts that need it."""

from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request
from sqlalchemy.ext.asyncio import AsyncSession

from agentsentinel.alerts.destinations import build_destinations
from agentsentinel.alerts.outbox import Outbox
from agentsentinel.auth.authenticator import Authenticator
from agentsentinel.auth.failed_attempts import FailedAttempts
from agentsentinel.auth.sessions import Sessions
from agentsentinel.config import Settings
from agentsentinel.enforcement.watch import EnforcementWatch
from agentsentinel.ingest.acceptance import Acceptance
from agentsentinel.ingest.admission import Admission
from agentsentinel.ingest.counter_cache import CounterCache
from agentsentinel.ingest.counters import Counters
from agentsentinel.ingest.event_counts import EventCounts
from agentsentinel.ingest.feed import Feed
from agentsentinel.ingest.pipeline import Pipeline
from agentsentinel.kit.database import REQUEST_SECONDS, Database
from agentsentinel.latency import Latency
from agentsentinel.scores.service import Scorer
from agentsentinel.session_risk.judge import SessionJudge
from agentsentinel.stream.event_stream import EventStream
from agentsentinel.stream.failure_news import FailureNews
from agentsentinel.stream.replicas import Replicas
from agentsentinel.stream.scoring_group import ScoringGroup
from agentsentinel.tracing import Tracing, start_tracing
from agentsentinel.worker.housekeeping import Housekeeping
from agentsentinel.worker.scoring import ScoringLoop
from agentsentinel_core.behavior.silence import SilenceLaw
from agentsentinel_core.posture.registry import ruleset


class Role(StrEnum):
    """What a process does."""

    ALL = "all"
    """Serve, score, and look after the database: the platform in one process."""
    API = "api"
    """Serve; workers do the rest."""
    WORKER = "worker"
    """Score, look after the database and send alerts; serve health and metrics."""

    @property
    def takes_events(self) -> bool:
        """Whether it serves the API."""
        return self is not Role.WORKER

    @property
    def scores(self) -> bool:
        """Whether it does a worker's work."""
        return self is not Role.API


@dataclass(frozen=True)
class Platform:
    """The services of one server process."""

    settings: Settings
    database: Database
    authenticator: Authenticator
    sessions: Sessions
    failed_attempts: FailedAttempts
    counters: Counters
    scorer: Scorer
    judge: SessionJudge
    scoring: ScoringLoop
    admission: Admission
    acceptance: Acceptance
    pipeline: Pipeline
    housekeeping: Housekeeping
    feed: Feed
    enforcement_watch: EnforcementWatch
    event_counts: EventCounts
    outbox: Outbox
    role: Role
    replicas: Replicas | None
    failure_news: FailureNews | None
    scoring_group: ScoringGroup | None
    latency: Latency
    tracing: Tracing | None

    @property
    def stream(self) -> EventStream | ScoringGroup | None:
        """What reads the Redis stream in this process, where several of them run."""
        return self.replicas.stream if self.replicas is not None else self.scoring_group


def build_platform(settings: Settings, database_url: str, secret: bytes, role: Role = Role.ALL) -> Platform:
    """Build the services of the platform. Nothing runs or connects yet. Raises ConfigError."""
    database = Database(database_url)
    outbox = Outbox(database, build_destinations(settings))
    retention = timedelta(days=settings.event_retention_days)
    failed_attempts = FailedAttempts(settings.failed_sign_ins_per_minute, settings.trusted_proxies)
    authenticator = Authenticator(database, secret, failed_attempts)
    counters = Counters(database)
    scorer = Scorer(counters, ruleset(settings.posture_ruleset), outbox.destinations)
    latency = Latency()
    tracing = start_tracing(settings, role)

    def on_commit(seconds: float) -> None:
        latency.commit.observe(seconds)
        if tracing is not None:
            tracing.record_commit(seconds)

    judge = SessionJudge(database, settings.session_alert_budget)
    feed, event_counts = Feed(), EventCounts()
    stored_events = (lambda: event_counts.stored) if role.takes_events else None
    scoring = ScoringLoop(database, counters, judge, scorer, latency.scoring.observe, stored_events)
    cache = CounterCache(settings.max_tools_per_agent)
    redis_url = settings.redis_url.get_secret_value() if settings.redis_url is not None else None
    replicas = Replicas(redis_url, cache, feed) if redis_url and role.takes_events else None
    on_stored = scoring.mark if role.scores else _mark_none
    pipeline = Pipeline(database, counters, cache, feed, event_counts, on_stored, on_commit, replicas)
    silence_law = SilenceLaw(settings.silence_factor, settings.silence_min_hours * 3600)
    housekeeping = Housekeeping(
        database, authenticator, failed_attempts, pipeline, counters, outbox, retention, silence_law
    )
    return Platform(
        settings,
        database,
        authenticator,
        Sessions(database, secret, failed_attempts),
        failed_attempts,
        counters,
        scorer,
        judge,
        scoring,
        Admission(),
        Acceptance(retention),
        pipeline,
        housekeeping,
        feed,
        EnforcementWatch(database),
        event_counts,
        outbox,
        role,
        replicas,
        FailureNews(redis_url, failed_attempts) if redis_url and role.takes_events else None,
        ScoringGroup(redis_url, scoring) if redis_url and role.scores else None,
        latency,
        tracing,
    )


def _mark_none(agent_ids: Iterable[UUID]) -> None:
    """Leave the scoring to the workers, which read of it in the stream or find it in the database."""


def _platform(request: Request) -> Platform:
    platform: Platform = request.app.state.platform
    return platform


async def _transaction(request: Request) -> AsyncIterator[AsyncSession]:
    async with _platform(request).database.transaction(REQUEST_SECONDS) as session:
        yield session


PlatformDep = Annotated[Platform, Depends(_platform)]
Session = Annotated[AsyncSession, Depends(_transaction, scope="function")]
"""Database session of a request: one transaction, committed before the answer is sent."""
