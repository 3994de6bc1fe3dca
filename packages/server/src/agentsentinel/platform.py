"""The running platform: every part, made once and handed to those who need it."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated

from fastapi import Depends, Request
from sqlalchemy.ext.asyncio import AsyncSession

from agentsentinel.alerts.outbox import Outbox
from agentsentinel.alerts.slack import SlackWebhook
from agentsentinel.auth.authenticator import Authenticator
from agentsentinel.auth.failures import Failures
from agentsentinel.auth.sessions import Sessions
from agentsentinel.config import Settings
from agentsentinel.ingest.acceptance import Acceptance
from agentsentinel.ingest.admission import Admission
from agentsentinel.ingest.counters import Counters
from agentsentinel.ingest.features import MemoryFeatureStore
from agentsentinel.ingest.feed import Feed
from agentsentinel.ingest.pipeline import Pipeline
from agentsentinel.ingest.tally import Tally
from agentsentinel.kit.database import REQUEST_SECONDS, Database
from agentsentinel.scores.service import Scorer
from agentsentinel.worker.housekeeping import Housekeeping
from agentsentinel.worker.scoring import ScoringLoop
from agentsentinel_core.posture.registry import ruleset


@dataclass(frozen=True)
class Platform:
    """One server process."""

    settings: Settings
    database: Database
    authenticator: Authenticator
    sessions: Sessions
    failures: Failures
    counters: Counters
    scorer: Scorer
    scoring: ScoringLoop
    admission: Admission
    acceptance: Acceptance
    pipeline: Pipeline
    housekeeping: Housekeeping
    feed: Feed
    tally: Tally
    outbox: Outbox | None


def build_platform(settings: Settings, database_url: str, secret: bytes) -> Platform:
    """Wire the parts. Nothing runs or connects yet."""
    database = Database(database_url)
    retention = timedelta(days=settings.event_retention_days)
    failures = Failures(settings.failed_sign_ins_per_minute, settings.trusted_proxies)
    authenticator = Authenticator(database, secret, failures)
    webhook = settings.slack_webhook_url
    counters = Counters(database)
    scorer = Scorer(counters, ruleset(settings.posture_ruleset), alerts=webhook is not None)
    scoring = ScoringLoop(database, counters, scorer)
    feed, tally = Feed(), Tally()
    pipeline = Pipeline(database, counters, MemoryFeatureStore(settings.max_tools_per_agent), feed, tally, scoring.mark)
    outbox = Outbox(database, SlackWebhook(webhook.get_secret_value())) if webhook else None
    housekeeping = Housekeeping(database, authenticator, failures, pipeline, counters, outbox, retention)
    return Platform(
        settings,
        database,
        authenticator,
        Sessions(database, secret, failures),
        failures,
        counters,
        scorer,
        scoring,
        Admission(),
        Acceptance(retention),
        pipeline,
        housekeeping,
        feed,
        tally,
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
"""One transaction per request, committed before the answer leaves."""
