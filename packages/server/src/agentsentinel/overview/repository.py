"""SQL queries for summaries of all agents: a constant number of queries, however many agents there are."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
from sqlalchemy import func, select, text, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from agentsentinel.agents.repository import AGENT_COLUMNS, as_agents
from agentsentinel.kit.windows import Ranked
from agentsentinel.models import AgentRow

TREND_TIME = timedelta(days=7)
TREND_STEP = timedelta(hours=6)

_FINDINGS = text(
    """
    SELECT DISTINCT ON (agent_id) agent_id, title, severity,
        count(*) OVER (PARTITION BY agent_id) AS total,
        count(*) FILTER (WHERE severity = 'CRITICAL') OVER (PARTITION BY agent_id) AS critical
    FROM findings WHERE status = 'OPEN'
    ORDER BY agent_id, array_position(ARRAY['CRITICAL', 'HIGH', 'MEDIUM', 'LOW'], severity::text), created_at
    """
)
_ACTIVITY = text(
    """
    SELECT a.agent_id, a.newest_at, coalesce(sum(m.calls), 0)::int AS calls
    FROM agent_activity a LEFT JOIN agent_minutes m ON m.agent_id = a.agent_id AND m.minute > :since
    GROUP BY a.agent_id, a.newest_at
    """
)
_TREND = text(
    """
    SELECT a.id, json_agg(json_build_array(floor(extract(epoch FROM p.recorded_at))::bigint, p.trust_score)
                          ORDER BY p.recorded_at)::text AS points
    FROM agents a CROSS JOIN LATERAL (
        WITH RECURSIVE lasts AS (
            (SELECT recorded_at, trust_score FROM score_history h
             WHERE h.agent_id = a.id ORDER BY recorded_at DESC LIMIT 1)
            UNION ALL
            SELECT earlier.recorded_at, earlier.trust_score FROM lasts CROSS JOIN LATERAL (
                SELECT recorded_at, trust_score FROM score_history h
                WHERE h.agent_id = a.id AND h.recorded_at < date_bin(:step, lasts.recorded_at, :since)
                ORDER BY recorded_at DESC LIMIT 1
            ) earlier WHERE lasts.recorded_at > :since
        )
        SELECT recorded_at, trust_score FROM lasts
    ) p WHERE a.id = ANY(:ids) GROUP BY a.id
    """
)
"""The last score of each step of the week and the one before the week: one index look-up each, however many changes."""
_TOOLS = text(
    """
    SELECT agent_id, json_agg(
        json_build_array(tool_name, correction->'capabilities') ORDER BY tool_name
    )::text AS tools FROM tool_grants WHERE agent_id = ANY(:ids) GROUP BY agent_id
    """
)
"""Tools of each agent, as JSON like the points of `_TREND`: as rows, they took longer than all other queries."""


NEVER_SCORED = 1_000.0
"""Rank of agents without a score, which sorts them after all others."""


class Activity(NamedTuple):
    """When an agent was last seen, and its events of the last hour."""

    last_seen_at: datetime
    events_last_hour: int


class OpenFindings(NamedTuple):
    """An agent's open findings: the worst one, and the counts."""

    title: str
    severity: str
    total: int
    critical: int


async def find_worst_agents(session: AsyncSession, limit: int, after: Ranked | None) -> list[dict[str, Any]]:
    """List agents, least trusted first and unscored ones last, as plain columns.

    ORM objects for thousands of agents would take too long.
    """
    rank = func.coalesce(AgentRow.trust_score, NEVER_SCORED)
    query = select(*AGENT_COLUMNS).order_by(rank, AgentRow.id)
    if after is not None:
        query = query.where(tuple_(rank, AgentRow.id) > after)
    return as_agents(await session.execute(query.limit(limit)))


def trust_rank(trust_score: float | None) -> float:
    """Return the rank of an agent in the order of `find_worst_agents`."""
    return NEVER_SCORED if trust_score is None else trust_score


async def find_open_findings(session: AsyncSession) -> dict[UUID, OpenFindings]:
    """Return the open findings of all agents, by agent id."""
    rows = await session.execute(_FINDINGS)
    return {row.agent_id: OpenFindings(row.title, row.severity, row.total, row.critical) for row in rows}


async def find_activity(session: AsyncSession, now: datetime) -> dict[UUID, Activity]:
    """Return the activity of all agents that have reported events, by agent id."""
    rows = await session.execute(_ACTIVITY, {"since": int(now.timestamp() // 60) - 60})
    return {row.agent_id: Activity(row.newest_at, row.calls) for row in rows}


async def find_trends(session: AsyncSession, agent_ids: Sequence[UUID], now: datetime) -> dict[UUID, msgspec.Raw]:
    """Return each agent's score over the last week, oldest first, as JSON: pairs of POSIX seconds and score."""
    parameters: dict[str, Any] = {"ids": list(agent_ids), "since": now - TREND_TIME, "step": TREND_STEP}
    rows = await session.execute(_TREND, parameters)
    return {row.id: msgspec.Raw(row.points.encode()) for row in rows}


Tool = tuple[str, tuple[str, ...] | None]
"""Name of a tool, and its capabilities where a person has corrected them."""


async def find_tools(session: AsyncSession, agent_ids: Sequence[UUID]) -> dict[UUID, tuple[Tool, ...]]:
    """Return the tools that each agent may call, sorted by name; agents with the same tools share a tuple."""
    rows = await session.execute(_TOOLS, {"ids": list(agent_ids)})
    return {row.agent_id: _tools(row.tools) for row in rows}


@lru_cache(maxsize=5_000)
def _tools(array: str) -> tuple[Tool, ...]:
    return msgspec.json.decode(array, type=tuple[Tool, ...])
