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
from agentsentinel.scores import repository
from agentsentinel.scores.explanation import ExplanationOut
from agentsentinel.scores.schemas import ScoreBucketOut, ScoreOut, ScorePointOut, ScoreSeriesOut
from agentsentinel.wire.pages import Cursor, decode_cursor, encode_cursor, next_cursor, next_page
from agentsentinel.wire.time_query import Times, bounded

MAX_BUCKETS = 1_000
DEFAULT_TIME = timedelta(days=30)
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

    By default, the last 30 days.
    """
    await get_agent(session, agent_id)
    since, until = bounded(span, DEFAULT_TIME)
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
