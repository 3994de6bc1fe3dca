"""Stored baselines. Ingest scores events with its cached counters; this module stores the same numbers for people.

Both use one implementation: the rows of `tool_hours` and `tool_usage` are loaded into the class that ingest uses.
"""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from agentsentinel.kit.database import Database
from agentsentinel.kit.ids import uuid7
from agentsentinel.models import ActivityRow, BaselineRow, ToolHourRow, ToolUsageRow
from agentsentinel_core.behavior.baseline import WINDOW_DAYS, WINDOW_HOURS
from agentsentinel_core.behavior.counters import ToolCounters

CHUNK = 50
ACTIVE = timedelta(hours=2)


class HourCalls(NamedTuple):
    """Number of calls in one clock hour."""

    hour: datetime
    calls: int


class ToolActivity(NamedTuple):
    """Use of one tool by one agent, with its baseline."""

    tool_name: str
    total_calls: int
    last_called_at: datetime
    hours: list[HourCalls]
    """Active hours among the last 168, oldest first."""
    baseline: BaselineRow


async def read_baselines(session: AsyncSession, agent_id: UUID, now: datetime) -> list[BaselineRow]:
    """Compute and store one agent's current baselines; return them sorted by tool name."""
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
    """Compute and store the baselines of all agents with an event in the last 2 hours."""
    async with database.transaction() as session:
        query = select(ActivityRow.agent_id).where(ActivityRow.newest_at >= now - ACTIVE)
        agent_ids = list((await session.execute(query)).scalars())
    for start in range(0, len(agent_ids), CHUNK):
        async with database.transaction() as session:
            await write_baselines(session, agent_ids[start : start + CHUNK], now)
        await asyncio.sleep(0)


async def _read_tools(
    session: AsyncSession, agent_ids: Sequence[UUID], hour: int
) -> dict[tuple[UUID, str], ToolCounters]:
    tools: dict[tuple[UUID, str], ToolCounters] = {}
    usage = select(
        ToolUsageRow.agent_id, ToolUsageRow.tool_name, ToolUsageRow.finished_hour, ToolUsageRow.finished_calls
    ).where(ToolUsageRow.agent_id.in_(agent_ids))
    for used in await session.execute(usage):
        tool = tools[used.agent_id, used.tool_name] = ToolCounters()
        tool.finished_hour, tool.finished_calls = used.finished_hour, used.finished_calls
    hours = select(ToolHourRow.agent_id, ToolHourRow.tool_name, ToolHourRow.hour, ToolHourRow.learned).where(
        ToolHourRow.agent_id.in_(agent_ids), ToolHourRow.hour >= hour - WINDOW_HOURS, ToolHourRow.hour < hour
    )
    for row in await session.execute(hours):
        known = tools.get((row.agent_id, row.tool_name))
        if known is not None:
            known.hour_learned[row.hour] = row.learned
    return tools


async def read_activity(session: AsyncSession, agent_id: UUID, now: datetime) -> list[ToolActivity]:
    """Read one agent's tools, busiest first: calls in each of the last 168 hours, with the baseline."""
    baselines = {row.tool_name: row for row in await read_baselines(session, agent_id, now)}
    hour = int(now.timestamp() // 3600)
    query = (
        select(ToolHourRow.tool_name, ToolHourRow.hour, ToolHourRow.calls)
        .where(ToolHourRow.agent_id == agent_id, ToolHourRow.hour > hour - WINDOW_HOURS, ToolHourRow.hour <= hour)
        .order_by(ToolHourRow.tool_name, ToolHourRow.hour)
    )
    hours: dict[str, list[HourCalls]] = {}
    for tool_name, at, calls in await session.execute(query):
        moment = datetime.fromtimestamp(at * 3600, UTC)
        hours.setdefault(tool_name, []).append(HourCalls(moment, calls))
    usage = select(ToolUsageRow.tool_name, ToolUsageRow.total_calls, ToolUsageRow.last_at)
    tools = [
        ToolActivity(used.tool_name, used.total_calls, used.last_at, hours.get(used.tool_name, []), baseline)
        for used in await session.execute(usage.where(ToolUsageRow.agent_id == agent_id))
        if (baseline := baselines.get(used.tool_name)) is not None
    ]
    return sorted(tools, key=lambda tool: (-sum(hour.calls for hour in tool.hours), tool.tool_name))
