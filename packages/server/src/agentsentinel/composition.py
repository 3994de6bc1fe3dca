"""Composition root: every service of the platform is built once here, and passed to the parts that need it."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated

from fastapi import Depends, Request
from sqlalchemy.ext.asyncio import AsyncSession

from agentsentinel.alerts.outbox import Outbox
from agentsentinel.alerts.slack import SlackWebhook
from agentsentinel.auth.authenticator import Authenticator
from agentsentinel.auth.failed_attempts import FailedAttempts
from agentsentinel.auth.sessions import Sessions
from agentsentinel.config import Settings
from agentsentinel.ingest.acceptance import Acceptance
from agentsentinel.ingest.admission import Admission
from agentsentinel.ingest.counter_cache import CounterCache
from agentsentinel.ingest.counters import Counters
from agentsentinel.ingest.event_counts import EventCounts
from agentsentinel.ingest.feed import Feed
from agentsentinel.ingest.pipeline import Pipeline
from agentsentinel.kit.database import REQUEST_SECONDS, Database
from agentsentinel.scores.service import Scorer
from agentsentinel.worker.housekeeping import Housekeeping
from agentsentinel.worker.scoring import ScoringLoop
from agentsentinel_core.posture.registry import ruleset


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
    scoring: ScoringLoop
    admission: Admission
    acceptance: Acceptance
    pipeline: Pipeline
    housekeeping: Housekeeping
    feed: Feed
    event_counts: EventCounts
    outbox: Outbox | None


def build_platform(settings: Settings, database_url: str, secret: bytes) -> Platform:
    """Build the services of the platform. Nothing runs or connects yet."""
    database = Database(database_url)
    retention = timedelta(days=settings.event_retention_days)
    failed_attempts = FailedAttempts(settings.failed_sign_ins_per_minute, settings.trusted_proxies)
    authenticator = Authenticator(database, secret, failed_attempts)
    webhook = settings.slack_webhook_url
    counters = Counters(database)
    scorer = Scorer(counters, ruleset(settings.posture_ruleset), alerts=webhook is not None)
    scoring = ScoringLoop(database, counters, scorer)
    feed, event_counts = Feed(), EventCounts()
    pipeline = Pipeline(
        database, counters, CounterCache(settings.max_tools_per_agent), feed, event_counts, scoring.mark
    )
    outbox = Outbox(database, SlackWebhook(webhook.get_secret_value())) if webhook else None
    housekeeping = Housekeeping(database, authenticator, failed_attempts, pipeline, counters, outbox, retention)
    return Platform(
        settings,
        database,
        authenticator,
        Sessions(database, secret, failed_attempts),
        failed_attempts,
        counters,
        scorer,
        scoring,
        Admission(),
        Acceptance(retention),
        pipeline,
        housekeeping,
        feed,
        event_counts,
        outbox,
    )


def _platform(request: Request) -> Platform:
    platform: Platform = request.app.state.platform
    return platform


async def _transaction(request: Request) -> AsyncIterator[AsyncSession]:
    async with _platform(request).database.transaction(REQUEST_SECONDS) as session:
        yield session


PlatformDep = Annotated[Platform, Depends(_platform)]
Session = Annotated[AsyncSession, Depends(_transaction, scope="function")]
"""Database session of a request: one transaction, committed before the answer is sent."""
