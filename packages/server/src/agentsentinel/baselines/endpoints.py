"""/agents/{id}/baselines."""

from datetime import datetime
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from agentsentinel.agents.service import get_agent
from agentsentinel.auth.route import READERS, AuthorizedRoute, allow
from agentsentinel.baselines.service import read_baselines
from agentsentinel.kit.ids import now
from agentsentinel.platform import PlatformDep, Session

router = APIRouter(tags=["baselines"], route_class=AuthorizedRoute)


class BaselineOut(BaseModel):
    """What is normal for one tool of one agent: calls per active clock hour."""

    model_config = ConfigDict(from_attributes=True)

    tool_name: str
    mean_calls_per_hour: float
    stddev_calls_per_hour: float
    sample_count: int = Field(description="Active hours it comes from; 0 while nothing is known")
    window_days: int
    updated_at: datetime


@router.get("/agents/{agent_id}/baselines")
@allow(*READERS)
async def list_baselines(agent_id: UUID, session: Session, platform: PlatformDep) -> list[BaselineOut]:
    """What is normal for each tool this agent has called, as of now."""
    await get_agent(session, agent_id)
    await platform.counters.settle()
    return [BaselineOut.model_validate(row) for row in await read_baselines(session, agent_id, now())]
