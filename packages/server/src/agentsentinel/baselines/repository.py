"""SQL queries of baselines, and of the counters that they are computed from."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from agentsentinel.models import ActivityRow, BaselineRow, ToolHourRow, ToolUsageRow
from agentsentinel_core.behavior.baseline import WINDOW_HOURS


class FinishedCalls(NamedTuple):
    """The last finished hour of one tool of one agent, and its calls."""

    agent_id: UUID
    tool_name: str
    finished_hour: int
    finished_calls: int


class LearnedCalls(NamedTuple):
    """What the baseline of one tool of one agent learns from one hour."""

    agent_id: UUID
    tool_name: str
    hour: int
    learned: int


class ToolTotal(NamedTuple):
    """All calls of one tool, and the time of the last one."""

    tool_name: str
    total_calls: int
    last_at: datetime


async def find_baselines(session: AsyncSession, agent_id: UUID) -> list[BaselineRow]:
    """Return one agent's stored baselines, sorted by tool name."""
    query = select(BaselineRow).where(BaselineRow.agent_id == agent_id).order_by(BaselineRow.tool_name)
    return list((await session.execute(query)).scalars())


async def replace_baselines(session: AsyncSession, rows: list[dict[str, Any]]) -> None:
    """Store baselines; those that exist already for their agent and tool get the new numbers."""
    statement = insert(BaselineRow)
    names = ("mean_calls_per_hour", "stddev_calls_per_hour", "sample_count", "updated_at")
    await session.execute(
        statement.on_conflict_do_update(
            constraint="uq_baselines_agent_tool", set_={name: statement.excluded[name] for name in names}
        ),
        rows,
    )


async def find_active_agents(session: AsyncSession, since: datetime) -> list[UUID]:
    """Return the ids of the agents with an event at this time or later."""
    query = select(ActivityRow.agent_id).where(ActivityRow.newest_at >= since)
    return list((await session.execute(query)).scalars())


async def find_finished_calls(session: AsyncSession, agent_ids: Sequence[UUID]) -> list[FinishedCalls]:
    """Return the last finished hour of each tool that these agents have called."""
    query = select(
        ToolUsageRow.agent_id, ToolUsageRow.tool_name, ToolUsageRow.finished_hour, ToolUsageRow.finished_calls
    ).where(ToolUsageRow.agent_id.in_(agent_ids))
    return [FinishedCalls(*row) for row in await session.execute(query)]


async def find_learned_calls(session: AsyncSession, agent_ids: Sequence[UUID], hour: int) -> list[LearnedCalls]:
    """Return what the baselines of these agents learn from the hours of the window before `hour`."""
    query = select(ToolHourRow.agent_id, ToolHourRow.tool_name, ToolHourRow.hour, ToolHourRow.learned).where(
        ToolHourRow.agent_id.in_(agent_ids), ToolHourRow.hour >= hour - WINDOW_HOURS, ToolHourRow.hour < hour
    )
    return [LearnedCalls(*row) for row in await session.execute(query)]


async def find_hours(session: AsyncSession, agent_id: UUID, hour: int) -> list[tuple[str, int, int]]:
    """Return tool, hour and calls of one agent's active hours in the window that ends with `hour`, oldest first."""
    query = (
        select(ToolHourRow.tool_name, ToolHourRow.hour, ToolHourRow.calls)
        .where(ToolHourRow.agent_id == agent_id, ToolHourRow.hour > hour - WINDOW_HOURS, ToolHourRow.hour <= hour)
        .order_by(ToolHourRow.tool_name, ToolHourRow.hour)
    )
    return [(row.tool_name, row.hour, row.calls) for row in await session.execute(query)]


async def find_totals(session: AsyncSession, agent_id: UUID) -> list[ToolTotal]:
    """Return the calls of each tool that one agent has called."""
    query = select(ToolUsageRow.tool_name, ToolUsageRow.total_calls, ToolUsageRow.last_at)
    return [ToolTotal(*row) for row in await session.execute(query.where(ToolUsageRow.agent_id == agent_id))]
