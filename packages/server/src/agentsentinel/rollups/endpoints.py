"""Endpoint of an agent's activity hour by hour."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from agentsentinel.agents.service import get_agent
from agentsentinel.auth.authorization import READERS, AuthorizedRoute, require_scopes
from agentsentinel.composition import PlatformDep, Session
from agentsentinel.kit.ids import now
from agentsentinel.rollups.repository import find_hours
from agentsentinel.rollups.schemas import HourOut

router = APIRouter(tags=["baselines"], route_class=AuthorizedRoute)

MAX_DAYS = 400


@router.get("/agents/{agent_id}/activity/hours")
@require_scopes(*READERS)
async def list_hours(
    agent_id: UUID, session: Session, platform: PlatformDep, days: Annotated[int, Query(ge=1, le=MAX_DAYS)] = 30
) -> list[HourOut]:
    """List an agent's active hours of the last days, oldest first: calls, errors, denials and anomaly scores."""
    await get_agent(session, agent_id)
    await platform.counters.settle()
    since = int(now().timestamp()) // 3600 - days * 24 + 1
    return [HourOut.of(row) for row in await find_hours(session, agent_id, since)]
