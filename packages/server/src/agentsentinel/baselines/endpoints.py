"""Endpoints of an agent's baselines and tool activity."""

import math
from datetime import datetime
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from agentsentinel.agents.service import get_agent
from agentsentinel.auth.authorization import READERS, AuthorizedRoute, require_scopes
from agentsentinel.baselines.service import ToolActivity, read_activity, read_baselines
from agentsentinel.composition import PlatformDep, Session
from agentsentinel.kit.ids import now
from agentsentinel_core.behavior.baseline import learned_baseline
from agentsentinel_core.behavior.detectors.elevated_rate import SIGMAS as UNUSUAL_SIGMAS

SAMPLES_NEEDED = 2
"""Samples that a baseline needs; with fewer, nothing is unusual: `Baseline.limit` is infinite."""

router = APIRouter(tags=["baselines"], route_class=AuthorizedRoute)


class BaselineOut(BaseModel):
    """Baseline of one tool of one agent: calls per active clock hour."""

    model_config = ConfigDict(from_attributes=True)

    tool_name: str
    mean_calls_per_hour: float
    stddev_calls_per_hour: float
    sample_count: int = Field(description="Active hours that the baseline is computed from; 0 without any")
    window_days: int
    updated_at: datetime


class HourCallsOut(BaseModel):
    """Number of calls in one clock hour."""

    model_config = ConfigDict(from_attributes=True)

    hour: datetime
    calls: int


class ToolActivityOut(BaseModel):
    """Use of one tool by one agent, with its baseline."""

    tool_name: str
    total_calls: int
    last_called_at: datetime
    hours: list[HourCallsOut] = Field(description="Active hours of the last 168, oldest first")
    mean_calls_per_hour: float
    stddev_calls_per_hour: float
    sample_count: int
    samples_needed: int = Field(
        description="Active hours that the baseline needs; with fewer, it is still being learned"
    )
    limit_calls_per_hour: float | None = Field(
        description="Calls per hour above which the rate is unusual; null while it is learned"
    )


@router.get("/agents/{agent_id}/activity")
@require_scopes(*READERS)
async def list_activity(agent_id: UUID, session: Session, platform: PlatformDep) -> list[ToolActivityOut]:
    """List the calls of each tool, hour by hour over a week, with the expected range; busiest tool first."""
    await get_agent(session, agent_id)
    await platform.counters.settle()
    return [_describe(tool) for tool in await read_activity(session, agent_id, now())]


def _describe(tool: ToolActivity) -> ToolActivityOut:
    row = tool.baseline
    baseline = learned_baseline(row.mean_calls_per_hour, row.stddev_calls_per_hour, row.sample_count)
    limit = baseline.limit(UNUSUAL_SIGMAS)
    return ToolActivityOut(
        tool_name=tool.tool_name,
        total_calls=tool.total_calls,
        last_called_at=tool.last_called_at,
        hours=[HourCallsOut.model_validate(hour) for hour in tool.hours],
        mean_calls_per_hour=baseline.mean,
        stddev_calls_per_hour=baseline.stddev,
        sample_count=baseline.sample_count,
        samples_needed=SAMPLES_NEEDED,
        limit_calls_per_hour=limit if math.isfinite(limit) else None,
    )


@router.get("/agents/{agent_id}/baselines")
@require_scopes(*READERS)
async def list_baselines(agent_id: UUID, session: Session, platform: PlatformDep) -> list[BaselineOut]:
    """List the current baseline of each tool that this agent has called."""
    await get_agent(session, agent_id)
    await platform.counters.settle()
    return [BaselineOut.model_validate(row) for row in await read_baselines(session, agent_id, now())]
