"""Stored baselines. Ingest scores events with its cached counters; this module stores the same numbers for people.

Both use one implementation: the rows of `tool_hours` and `tool_usage` are loaded into the class that ingest uses.
"""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from agentsentinel.baselines import repository
from agentsentinel.kit.database import Database, DatabaseSession
from agentsentinel.kit.ids import uuid7
from agentsentinel.models import BaselineRow
from agentsentinel_core.behavior.baseline import WINDOW_DAYS
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


async def read_baselines(session: DatabaseSession, agent_id: UUID, now: datetime) -> list[BaselineRow]:
    """Compute and store one agent's current baselines; return them sorted by tool name."""
    await write_baselines(session, [agent_id], now)
    return await repository.find_baselines(session, agent_id)


async def write_baselines(session: DatabaseSession, agent_ids: Sequence[UUID], now: datetime) -> None:
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
    if rows:
        await repository.replace_baselines(session, rows)


async def refresh_active_baselines(database: Database, now: datetime) -> None:
    """Compute and store the baselines of all agents with an event in the last 2 hours."""
    async with database.transaction() as session:
        agent_ids = await repository.find_active_agents(session, now - ACTIVE)
    for start in range(0, len(agent_ids), CHUNK):
        async with database.transaction() as session:
            await write_baselines(session, agent_ids[start : start + CHUNK], now)
        await asyncio.sleep(0)


async def _read_tools(
    session: DatabaseSession, agent_ids: Sequence[UUID], hour: int
) -> dict[tuple[UUID, str], ToolCounters]:
    tools: dict[tuple[UUID, str], ToolCounters] = {}
    for used in await repository.find_finished_calls(session, agent_ids):
        tool = tools[used.agent_id, used.tool_name] = ToolCounters()
        tool.finished_hour, tool.finished_calls = used.finished_hour, used.finished_calls
    for row in await repository.find_learned_calls(session, agent_ids, hour):
        known = tools.get((row.agent_id, row.tool_name))
        if known is not None:
            known.hour_learned[row.hour] = row.learned
    return tools


async def read_activity(session: DatabaseSession, agent_id: UUID, now: datetime) -> list[ToolActivity]:
    """Read one agent's tools, busiest first: calls in each of the last 168 hours, with the baseline."""
    baselines = {row.tool_name: row for row in await read_baselines(session, agent_id, now)}
    hour = int(now.timestamp() // 3600)
    hours: dict[str, list[HourCalls]] = {}
    for tool_name, at, calls in await repository.find_hours(session, agent_id, hour):
        moment = datetime.fromtimestamp(at * 3600, UTC)
        hours.setdefault(tool_name, []).append(HourCalls(moment, calls))
    tools = [
        ToolActivity(used.tool_name, used.total_calls, used.last_at, hours.get(used.tool_name, []), baseline)
        for used in await repository.find_totals(session, agent_id)
        if (baseline := baselines.get(used.tool_name)) is not None
    ]
    return sorted(tools, key=lambda tool: (-sum(hour.calls for hour in tool.hours), tool.tool_name))
