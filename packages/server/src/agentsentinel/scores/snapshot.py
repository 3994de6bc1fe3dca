"""Reads the inputs of scores for many agents at once, from small tables and never from raw events."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from agentsentinel.models import AgentRow, FindingRow, MCPConnectionRow
from agentsentinel_core.agents import AgentProfile, EvidenceKind, MCPConnection, ToolGrant
from agentsentinel_core.behavior.baseline import WINDOW_HOURS
from agentsentinel_core.behavior.counters import OTHER_TOOLS
from agentsentinel_core.behavior.score import SCORE_WINDOW_MINUTES, behavior_score
from agentsentinel_core.trust.score import RECENCY_SECONDS, recency_bonus

EVIDENCE = frozenset({EvidenceKind.DESCRIPTION, EvidenceKind.GRANTS, EvidenceKind.USAGE, EvidenceKind.CONNECTIONS})
"""Kinds of evidence that the server has about an agent; the agent's source code is not among them."""

_GRANTS = text(
    """
    SELECT g.id, g.agent_id, g.tool_name, g.rate_limit_per_hour, g.created_at, (
        SELECT coalesce(sum(h.calls), 0)::int FROM tool_hours h
        WHERE h.agent_id = g.agent_id AND h.tool_name = g.tool_name AND h.hour > :oldest AND h.hour <= :hour
    ), u.last_at
    FROM tool_grants g LEFT JOIN tool_usage u ON u.agent_id = g.agent_id AND u.tool_name = g.tool_name
    WHERE g.agent_id = ANY(:ids) ORDER BY g.created_at, g.id
    """
)
_WINDOW = text(
    """
    SELECT a.agent_id, a.events, a.newest_at, a.recent_receipts,
           coalesce(live.calls, last.calls) AS calls, coalesce(live.anomaly_sum, last.anomaly_sum) AS anomaly_sum,
           live.oldest, (
        SELECT coalesce(sum(h.calls), 0)::int FROM tool_hours h
        WHERE h.agent_id = a.agent_id AND h.tool_name = :other_tools AND h.hour > :oldest_hour
    ) AS overflow_calls
    FROM agent_activity a
    LEFT JOIN LATERAL (
        SELECT sum(calls) AS calls, sum(anomaly_sum) AS anomaly_sum, min(minute) AS oldest FROM agent_minutes m
        WHERE m.agent_id = a.agent_id AND m.minute > :oldest AND m.minute <= :minute
    ) live ON true
    LEFT JOIN LATERAL (
        SELECT sum(calls) AS calls, sum(anomaly_sum) AS anomaly_sum FROM agent_minutes m
        WHERE live.calls IS NULL AND m.agent_id = a.agent_id
            AND m.minute > floor(extract(epoch FROM a.newest_at) / 60) - CAST(:window AS int)
    ) last ON true
    WHERE a.agent_id = ANY(:ids)
    """
)


class UsedGrant(NamedTuple):
    """A tool grant with its usage."""

    id: UUID
    agent_id: UUID
    tool_name: str
    rate_limit_per_hour: int | None
    created_at: datetime
    call_count_7d: int
    """Calls in the last 168 clock hours, the current hour included."""
    last_called_at: datetime | None


@dataclass
class Snapshot:
    """The inputs of one agent's score at one moment."""

    agent: AgentRow
    grants: list[UsedGrant] = field(default_factory=list)
    connections: list[MCPConnectionRow] = field(default_factory=list)
    findings: list[FindingRow] = field(default_factory=list)
    events: int = 0
    """Number of events stored for the agent so far."""
    calls: int = 0
    """Calls in the behaviour window: the last 24 hours, or those before the newest call."""
    anomaly_sum: float = 0.0
    recent_receipts: list[datetime] = field(default_factory=list)
    """Receipt times of the last five events, oldest first."""
    overflow_calls: int = 0
    """Calls of tools without counters of their own (`OTHER_TOOLS`), in the last 168 clock hours."""
    oldest_minute: int | None = None
    """The oldest minute in the window that ends now, in minutes since the epoch."""

    def profile(self) -> AgentProfile:
        """Build the profile that the posture rules evaluate."""
        return AgentProfile(
            description=self.agent.description,
            grants=tuple(
                ToolGrant(
                    grant.tool_name,
                    rate_limit_per_hour=grant.rate_limit_per_hour,
                    call_count_7d=grant.call_count_7d,
                    last_called_at=grant.last_called_at,
                    granted_at=grant.created_at,
                )
                for grant in self.grants
            ),
            connections=tuple(
                MCPConnection(row.server_name, row.server_url, tuple(row.capabilities or ()))
                for row in self.connections
            ),
            overflow_calls_7d=self.overflow_calls,
            evidence=EVIDENCE,
        )

    def behavior(self) -> float:
        """Compute the behaviour score, 0..100."""
        return behavior_score(self.calls, self.anomaly_sum)

    def recency(self, now: datetime) -> float:
        """Compute the recency points, 0 or 10. Events count by receipt time, not by the client's timestamp."""
        return recency_bonus(len(self.recent(now)))

    def recent(self, now: datetime) -> list[datetime]:
        """Return the receipt times, of the last five at most, that count for the recency points."""
        return [at for at in self.recent_receipts if (now - at).total_seconds() < RECENCY_SECONDS]


async def lock_and_read(
    session: AsyncSession, agent_ids: Sequence[UUID], now: datetime, *, skip_locked: bool = False
) -> list[Snapshot]:
    """Read snapshots of these agents and lock the agents until the transaction ends, so that scorings are serialized.

    With `skip_locked`, agents that another transaction is scoring are left out. The lock does not block ingest, which
    only needs the agents to exist.
    """
    query = (
        select(AgentRow)
        .where(AgentRow.id.in_(agent_ids))
        .order_by(AgentRow.id)
        .with_for_update(key_share=True, skip_locked=skip_locked)
        .execution_options(populate_existing=True)
    )
    snapshots = {row.id: Snapshot(row) for row in (await session.execute(query)).scalars()}
    if not snapshots:
        return []
    ids = list(snapshots)
    for grant in await read_grants(session, ids, now):
        snapshots[grant.agent_id].grants.append(grant)
    connections = select(MCPConnectionRow).where(MCPConnectionRow.agent_id.in_(ids)).order_by(MCPConnectionRow.id)
    for connection in (await session.execute(connections)).scalars():
        snapshots[connection.agent_id].connections.append(connection)
    for finding in (await session.execute(select(FindingRow).where(FindingRow.agent_id.in_(ids)))).scalars():
        snapshots[finding.agent_id].findings.append(finding)
    minute = int(now.timestamp() // 60)
    oldest = minute - SCORE_WINDOW_MINUTES
    parameters = {
        "ids": ids,
        "minute": minute,
        "oldest": oldest,
        "window": SCORE_WINDOW_MINUTES,
        "other_tools": OTHER_TOOLS,
        "oldest_hour": minute // 60 - WINDOW_HOURS,
    }
    for row in await session.execute(_WINDOW, parameters):
        snapshot = snapshots[row.agent_id]
        snapshot.events = row.events
        snapshot.calls, snapshot.anomaly_sum = int(row.calls or 0), float(row.anomaly_sum or 0.0)
        snapshot.recent_receipts = row.recent_receipts
        snapshot.overflow_calls = row.overflow_calls
        snapshot.oldest_minute = row.oldest
    return list(snapshots.values())


async def read_grants(session: AsyncSession, agent_ids: Sequence[UUID], now: datetime) -> list[UsedGrant]:
    """Read the grants of these agents with their usage, oldest first. Usage is computed from the counters."""
    hour = int(now.timestamp() // 3600)
    rows = await session.execute(_GRANTS, {"ids": list(agent_ids), "hour": hour, "oldest": hour - WINDOW_HOURS})
    return [UsedGrant(*row) for row in rows]
