"""Endpoints of an agent's score, its explanation and its history."""

from datetime import timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from agentsentinel.agents.service import get_agent
from agentsentinel.auth.authorization import EVERYBODY, READERS, AuthorizedRoute, CurrentPrincipal, require_scopes
from agentsentinel.auth.principal import KeyScope
from agentsentinel.composition import PlatformDep, Session
from agentsentinel.errors import Forbidden, NotFound
from agentsentinel.kit.ids import now
from agentsentinel.kit.time_spans import TimeSpan
from agentsentinel.scores import repository
from agentsentinel.scores.changes import (
    MoverOut,
    ScoreChangesOut,
    WorstSessionOut,
    describe_findings,
    find_parts,
    summarize,
)
from agentsentinel.scores.explanation import ExplanationOut
from agentsentinel.scores.schemas import ScoreBucketOut, ScoreOut, ScorePointOut, ScoreSeriesOut
from agentsentinel.session_risk.repository import list_riskiest
from agentsentinel.session_risk.schemas import RiskReasonOut
from agentsentinel.session_risk.service import count_missing, is_counted
from agentsentinel.wire.pages import Cursor, decode_cursor, encode_cursor, next_cursor, next_page
from agentsentinel.wire.time_query import Times, bounded

fleet = APIRouter(tags=["scores"], route_class=AuthorizedRoute)

MAX_BUCKETS = 1_000
DEFAULT_TIME = timedelta(days=30)
WEEK = timedelta(days=7)
router = APIRouter(prefix="/agents/{agent_id}", tags=["scores"], route_class=AuthorizedRoute)


@router.get("/score")
@require_scopes(*EVERYBODY)
async def get_score(agent_id: UUID, caller: CurrentPrincipal, session: Session, platform: PlatformDep) -> ScoreOut:
    """Compute the current Trust Score. An agent key may read that of its own agent."""
    if caller.scope is KeyScope.AGENT and caller.agent_id != agent_id:
        raise Forbidden("An agent key may only read the score of its own agent")
    try:
        scored = await platform.scorer.rescore_one(session, agent_id, now())
    except NotFound:
        if caller.scope is KeyScope.AGENT:
            raise Forbidden("The agent that this key is bound to does not exist any more") from None
        raise
    score = scored.score
    return ScoreOut(
        trust_score=score.trust,
        posture_score=score.posture,
        behavior_score=score.behavior,
        recency_bonus=score.recency_bonus,
        status=score.band,
        findings_count=scored.findings_count,
    )


@router.get("/score/explanation")
@require_scopes(*READERS)
async def explain_score(agent_id: UUID, session: Session, platform: PlatformDep) -> ExplanationOut:
    """Explain the current score as arithmetic, and compute the effect of each possible change. Changes nothing."""
    return await platform.scorer.explain(session, agent_id, now())


@router.get("/score/history")
@require_scopes(*READERS)
async def get_history(
    agent_id: UUID,
    session: Session,
    request: Request,
    response: Response,
    span: Times,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
    cursor: Cursor = None,
) -> list[ScorePointOut]:
    """List the changes of the score, newest first, with their causes. `since` and `until` narrow them by time."""
    await get_agent(session, agent_id)
    before = decode_cursor(cursor) if cursor is not None else None
    rows = await repository.list_points(session, agent_id, limit, before, span)
    cursor_of_next = next_cursor(rows, limit, lambda last: encode_cursor(last.recorded_at, last.id))
    response.headers.update(next_page(request, limit, cursor_of_next))
    return [ScorePointOut.model_validate(row) for row in rows]


@router.get("/score/series")
@require_scopes(*READERS)
async def get_series(
    agent_id: UUID,
    session: Session,
    span: Times,
    buckets: Annotated[int, Query(ge=1, le=MAX_BUCKETS, description="Number of parts of equal length")] = 200,
) -> ScoreSeriesOut:
    """Return the score over time, for a chart: lowest, highest and last value of each part of the time with a change.

    By default, the last 30 days, or an agent's shorter life.
    """
    await get_agent(session, agent_id)
    since, until = bounded(span, DEFAULT_TIME)
    if span.since is None and (first_at := await repository.find_first_at(session, agent_id)) is not None:
        since = min(max(since, first_at), until)
    seconds = max(1.0, (until - since).total_seconds() / buckets)
    before = await repository.find_score_before(session, agent_id, since)
    rows = await repository.find_buckets(session, agent_id, since, until, timedelta(seconds=seconds))
    return ScoreSeriesOut(
        since=since,
        until=until,
        bucket_seconds=seconds,
        before=before,
        buckets=[ScoreBucketOut.model_validate(row) for row in rows],
    )


@router.get("/score/changes")
@require_scopes(*READERS)
async def get_changes(agent_id: UUID, session: Session, span: Times) -> ScoreChangesOut:
    """Say what changed in the score over a span of time, with the points that each part cost or gained.

    By default, the last 7 days.
    """
    await get_agent(session, agent_id)
    since, until = bounded(span, WEEK)
    score = await repository.find_span(session, agent_id, since, until)
    findings = describe_findings(await repository.find_finding_moves(session, agent_id, since, until))
    parts = find_parts(score) if score is not None else []
    return ScoreChangesOut(
        since=since,
        until=until,
        before=score.trust_before if score else None,
        after=score.trust_after if score else None,
        points=round(score.trust_after - score.trust_before, 2) if score else 0.0,
        parts=parts,
        findings=findings,
        worst_session=await _worst_session(session, agent_id, TimeSpan(since, until)),
        summary=summarize(score.trust_before, score.trust_after, parts, findings) if score else "Not scored",
    )


async def _worst_session(session: Session, agent_id: UUID, span: TimeSpan) -> WorstSessionOut | None:
    rows = await list_riskiest(session, agent_id, 1, span)
    if not rows:
        return None
    is_learning = await count_missing(session, agent_id) > 0
    return WorstSessionOut(
        id=rows[0].id,
        session_id=rows[0].session_id,
        started_at=rows[0].started_at,
        ended_at=rows[0].last_at,
        risk=rows[0].risk,
        max_anomaly_score=rows[0].max_anomaly_score,
        is_alarm=is_counted(rows[0], is_learning=is_learning),
        reasons=[RiskReasonOut.model_validate(reason) for reason in rows[0].reasons],
    )


@fleet.get("/movers")
@require_scopes(*READERS)
async def list_movers(session: Session, span: Times, limit: Annotated[int, Query(ge=1, le=100)] = 10) -> list[MoverOut]:
    """List the agents whose score moved most over a span of time, by default the last 7 days."""
    since, until = bounded(span, WEEK)
    movers = []
    for score in await repository.find_movers(session, since, until, limit):
        parts = find_parts(score)
        movers.append(
            MoverOut(
                agent_id=score.agent_id,
                name=score.name,
                owner_team=score.owner_team,
                before=score.trust_before,
                after=score.trust_after,
                points=round(score.trust_after - score.trust_before, 2),
                parts=parts,
                summary=summarize(score.trust_before, score.trust_after, parts),
            )
        )
    return movers
