"""Endpoints of charts of all agents."""

from datetime import UTC, datetime, timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query

from agentsentinel.auth.authorization import READERS, AuthorizedRoute, require_scopes
from agentsentinel.charts import repository
from agentsentinel.charts.buckets import MINUTE, Buckets, divide
from agentsentinel.charts.repository import Counts, Scope
from agentsentinel.charts.schemas import (
    EventBucketOut,
    EventChartOut,
    FindingBucketOut,
    FindingChartOut,
    TeamChartOut,
    TeamOut,
)
from agentsentinel.composition import PlatformDep, Session
from agentsentinel.kit.ids import now
from agentsentinel.kit.text import Text
from agentsentinel.kit.time_spans import TimeSpan
from agentsentinel.wire.time_query import Times, bounded

router = APIRouter(prefix="/charts", tags=["charts"], route_class=AuthorizedRoute)

DEFAULT_TIME = timedelta(days=7)
NO_CALLS = Counts(0, 0, 0, 0)


def _scope(agent_id: UUID | None = None, owner_team: Annotated[Text | None, Query(max_length=128)] = None) -> Scope:
    return Scope(agent_id, owner_team)


ScopeQuery = Annotated[Scope, Depends(_scope)]


@router.get("/events")
@require_scopes(*READERS)
async def get_event_chart(session: Session, platform: PlatformDep, span: Times, scope: ScopeQuery) -> EventChartOut:
    """Count calls and anomalies over time, by default over the last 7 days, of all agents, one team or one agent.

    The server chooses the length of the buckets: minutes for the last two hours, else hours, days or weeks.
    """
    await platform.counters.settle()
    buckets = _divide(span, finest=MINUTE)
    found = await repository.count_calls(session, buckets, scope)
    none = NO_CALLS if buckets.seconds >= 3600 else Counts(0, None, None, None)
    return EventChartOut(
        since=buckets.since,
        until=buckets.until,
        bucket_seconds=buckets.seconds,
        buckets=[
            EventBucketOut(at=datetime.fromtimestamp(start, UTC), **found.get(place, none)._asdict())
            for place, start in enumerate(buckets.starts())
        ],
    )


@router.get("/findings")
@require_scopes(*READERS)
async def get_finding_chart(session: Session, span: Times, scope: ScopeQuery) -> FindingChartOut:
    """Count how often findings opened and were resolved over time, by default over the last 7 days."""
    buckets = _divide(span)
    found = await repository.count_finding_steps(session, buckets, scope)
    return FindingChartOut(
        since=buckets.since,
        until=buckets.until,
        bucket_seconds=buckets.seconds,
        buckets=[
            FindingBucketOut(at=datetime.fromtimestamp(start, UTC), opened=opened, resolved=resolved)
            for place, start in enumerate(buckets.starts())
            for opened, resolved in [found.get(place, (0, 0))]
        ],
    )


@router.get("/teams")
@require_scopes(*READERS)
async def get_team_chart(
    session: Session, platform: PlatformDep, span: Times, limit: Annotated[int, Query(ge=1, le=500)] = 100
) -> TeamChartOut:
    """Count calls and anomalies by team, the teams with most calls first; by default over the last 7 days."""
    await platform.counters.settle()
    buckets = _divide(span)
    teams, team_count = await repository.count_calls_by_team(session, buckets, limit)
    return TeamChartOut(
        since=buckets.since,
        until=buckets.until,
        team_count=team_count,
        teams=[TeamOut(**team._asdict()) for team in teams],
    )


def _divide(span: TimeSpan, finest: int = 3600) -> Buckets:
    since, until = bounded(span, DEFAULT_TIME)
    return divide(since, until, now(), finest=finest)
