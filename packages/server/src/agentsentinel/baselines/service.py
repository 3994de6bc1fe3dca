"""Baselines at rest. Ingest judges with its own live counters; this writes the same numbers down.

One way to make them: the counters of `tool_hours` and `tool_usage` go through the very class that ingest uses.
"""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from agentsentinel.kit.database import Database
from agentsentinel.kit.ids import uuid7
from agentsentinel.models import ActivityRow, BaselineRow, ToolHourRow, ToolUsageRow
from agentsentinel_core.behavior.baseline import WINDOW_DAYS, WINDOW_HOURS
from agentsentinel_core.behavior.usage import ToolUsage

CHUNK = 50
ACTIVE = timedelta(hours=2)


async def read_baselines(session: AsyncSession, agent_id: UUID, now: datetime) -> list[BaselineRow]:
    """One agent's baselines as of now, by tool name. Writes them down on the way."""
    await write_baselines(session, [agent_id], now)
    query = select(BaselineRow).where(BaselineRow.agent_id == agent_id).order_by(BaselineRow.tool_name)
    return list((await session.execute(query)).scalars())


async def write_baselines(session: AsyncSession, agent_ids: Sequence[UUID], now: datetime) -> None:
    """Compute and store the baselines of these agents."""
    hour = int(now.timestamp() // 3600)
    tools = await _read_tools(session, agent_ids, hour)
    rows = []
    for (agent_id, tool_name), tool in sorted(tools.items(), key=lambda item: (item[0][0].int, item[0][1])):
        baseline = tool.baseline(hour)
        rows.append(
            {
                "id": uuid7(now.timestamp()),
                "agent_id": agent_id,
                "tool_name": tool_name,
                "mean_calls_per_hour": baseline.mean if baseline else 0.0,
                "stddev_calls_per_hour": baseline.stddev if baseline else 0.0,
                "sample_count": baseline.sample_count if baseline else 0,
                "window_days": WINDOW_DAYS,
                "updated_at": now,
            }
        )
    if not rows:
        return
    statement = insert(BaselineRow)
    names = ("mean_calls_per_hour", "stddev_calls_per_hour", "sample_count", "updated_at")
    await session.execute(
        statement.on_conflict_do_update(
            constraint="uq_baselines_agent_tool", set_={name: statement.excluded[name] for name in names}
        ),
        rows,
    )


async def refresh_active_baselines(database: Database, now: datetime) -> None:
    """Write down the baselines of all agents that called a tool lately."""
    async with database.transaction() as session:
        query = select(ActivityRow.agent_id).where(ActivityRow.newest_at >= now - ACTIVE)
        agent_ids = list((await session.execute(query)).scalars())
    for start in range(0, len(agent_ids), CHUNK):
        async with database.transaction() as session:
            await write_baselines(session, agent_ids[start : start + CHUNK], now)
        await asyncio.sleep(0)


async def _read_tools(session: AsyncSession, agent_ids: Sequence[UUID], hour: int) -> dict[tuple[UUID, str], ToolUsage]:
    tools: dict[tuple[UUID, str], ToolUsage] = {}
    usage = select(
        ToolUsageRow.agent_id, ToolUsageRow.tool_name, ToolUsageRow.finished_hour, ToolUsageRow.finished_calls
    ).where(ToolUsageRow.agent_id.in_(agent_ids))
    for used in await session.execute(usage):
        tool = tools[used.agent_id, used.tool_name] = ToolUsage()
        tool.finished_hour, tool.finished_calls = used.finished_hour, used.finished_calls
    hours = select(ToolHourRow.agent_id, ToolHourRow.tool_name, ToolHourRow.hour, ToolHourRow.learned).where(
        ToolHourRow.agent_id.in_(agent_ids), ToolHourRow.hour >= hour - WINDOW_HOURS, ToolHourRow.hour < hour
    )
    for row in await session.execute(hours):
        known = tools.get((row.agent_id, row.tool_name))
        if known is not None:
            known.hour_learned[row.hour] = row.learned
    return tools
