"""The SQL of looking at all agents at once: a handful of queries, however many agents there are."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
from sqlalchemy import func, select, text, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from agentsentinel.agents.repository import AGENT_COLUMNS, as_agents
from agentsentinel.kit.pages import Ranked
from agentsentinel.models import AgentRow

TREND_TIME = timedelta(days=7)
TREND_POINTS = 16

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
        SELECT recorded_at, trust_score FROM score_history h
        WHERE h.agent_id = a.id AND h.recorded_at > :since ORDER BY recorded_at DESC LIMIT :points
    ) p WHERE a.id = ANY(:ids) GROUP BY a.id
    """
)
_TOOLS = text(
    """
    SELECT agent_id, json_agg(tool_name ORDER BY tool_name)::text AS names
    FROM tool_grants WHERE agent_id = ANY(:ids) GROUP BY agent_id
    """
)
"""Both lists come as JSON: as rows of their own they took the server longer than all the rest together."""


NEVER_SCORED = 1_000.0
"""The rank of agents without a score: behind every score."""


class Activity(NamedTuple):
    """When an agent was last seen, and how busy it is."""

    last_seen_at: datetime
    events_last_hour: int


class OpenFindings(NamedTuple):
    """An agent's open findings: the worst of them, and how many."""

    title: str
    severity: str
    total: int
    critical: int


async def find_worst_agents(session: AsyncSession, limit: int, after: Ranked | None) -> list[dict[str, Any]]:
    """Agents, least trusted first; those never scored come last. As columns: thousands of objects would take long."""
    rank = func.coalesce(AgentRow.trust_score, NEVER_SCORED)
    query = select(*AGENT_COLUMNS).order_by(rank, AgentRow.id)
    if after is not None:
        query = query.where(tuple_(rank, AgentRow.id) > after)
    return as_agents(await session.execute(query.limit(limit)))


def trust_rank(trust_score: float | None) -> float:
    """Where an agent stands among those of `find_worst_agents`."""
    return NEVER_SCORED if trust_score is None else trust_score


async def find_open_findings(session: AsyncSession) -> dict[UUID, OpenFindings]:
    """By agent."""
    rows = await session.execute(_FINDINGS)
    return {row.agent_id: OpenFindings(row.title, row.severity, row.total, row.critical) for row in rows}


async def find_activity(session: AsyncSession, now: datetime) -> dict[UUID, Activity]:
    """By agent."""
    rows = await session.execute(_ACTIVITY, {"since": int(now.timestamp() // 60) - 60})
    return {row.agent_id: Activity(row.newest_at, row.calls) for row in rows}


async def find_trends(session: AsyncSession, agent_ids: Sequence[UUID], now: datetime) -> dict[UUID, msgspec.Raw]:
    """The last changes of each agent's score, oldest first, as JSON: pairs of POSIX time in seconds, and score."""
    parameters: dict[str, Any] = {"ids": list(agent_ids), "since": now - TREND_TIME, "points": TREND_POINTS}
    rows = await session.execute(_TREND, parameters)
    return {row.id: msgspec.Raw(row.points.encode()) for row in rows}


async def find_tools(session: AsyncSession, agent_ids: Sequence[UUID]) -> dict[UUID, tuple[str, ...]]:
    """The names of the tools that each agent may call, sorted. Agents with the same tools share them."""
    rows = await session.execute(_TOOLS, {"ids": list(agent_ids)})
    return {row.agent_id: _names(row.names) for row in rows}


@lru_cache(maxsize=5_000)
def _names(array: str) -> tuple[str, ...]:
    return msgspec.json.decode(array, type=tuple[str, ...])
