"""Endpoints of judged sessions and of the versions of agents."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from agentsentinel.auth.authorization import READERS, AuthorizedRoute, CurrentActor, require_scopes
from agentsentinel.auth.principal import KeyScope
from agentsentinel.composition import PlatformDep, Session
from agentsentinel.session_risk import service
from agentsentinel.session_risk.schemas import (
    AlertBudgetsOut,
    FeedbackIn,
    JudgedSessionOut,
    RiskHistoryOut,
    SessionDetailOut,
    VersionIn,
    VersionOut,
)

router = APIRouter(tags=["session risk"], route_class=AuthorizedRoute)


@router.get("/session-risk/budgets")
@require_scopes(*READERS)
async def preview_budgets(session: Session, platform: PlatformDep) -> AlertBudgetsOut:
    """Show how many of the last 30 days' sessions each alert budget would have flagged."""
    return await service.preview_budgets(session, platform.judge)


@router.get("/agents/{agent_id}/risk")
@require_scopes(*READERS)
async def get_risk_history(
    agent_id: UUID,
    session: Session,
    platform: PlatformDep,
    days: Annotated[int, Query(ge=1, le=400, description="Days back from today, which is one of them")] = 30,
) -> RiskHistoryOut:
    """Show how risky an agent's sessions were, day by day (UTC)."""
    return await service.describe_history(session, agent_id, days, platform.judge.alert_line)


@router.get("/sessions/{session_id}")
@require_scopes(*READERS)
async def get_session(session_id: UUID, session: Session, platform: PlatformDep) -> SessionDetailOut:
    """Return one judged session of an agent with its calls, its risk and the reasons."""
    return await service.describe(session, session_id, platform.judge.alert_line)


@router.post("/sessions/{session_id}/feedback")
@require_scopes(KeyScope.ADMIN)
async def give_feedback(
    session_id: UUID, feedback: FeedbackIn, session: Session, platform: PlatformDep, who: CurrentActor
) -> JudgedSessionOut:
    """Say that a session is fine or an attack, or mute it. A fine one teaches what is normal, an attack never does."""
    row = await service.give_feedback(session, platform.scorer, session_id, feedback, who)
    if platform.role.scores:
        platform.scoring.mark([row.agent_id])
    is_learning = await service.count_missing(session, row.agent_id) > 0
    return JudgedSessionOut.model_validate(service.shown(row, is_learning=is_learning))


@router.post("/agents/{agent_id}/versions", status_code=201)
@require_scopes(KeyScope.ADMIN)
async def announce_version(
    agent_id: UUID, version: VersionIn, session: Session, platform: PlatformDep, who: CurrentActor
) -> VersionOut:
    """Announce a new version of an agent. Its next 20 sessions teach what is normal, and none is an alarm."""
    return await service.announce_version(session, platform.scorer, agent_id, version, who)
