"""SQL queries of the inputs of scores and of the score history."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import select, text, tuple_
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession

from agentsentinel.kit.time_spans import TimeSpan, within
from agentsentinel.models import AgentRow, FindingRow, MCPConnectionRow, ScorePointRow
from agentsentinel.session_risk.repository import COUNTED_ORIGINS
from agentsentinel_core.behavior.baseline import WINDOW_HOURS
from agentsentinel_core.behavior.counters import OTHER_TOOLS
from agentsentinel_core.behavior.score import SCORE_WINDOW_MINUTES

UNGRANTED_COUNTS = timedelta(days=7)
"""How long a call of a tool that was not granted is a finding."""
_GRANTS = text(
    """
    SELECT g.id, g.agent_id, g.tool_name, g.origin, g.rate_limit_per_hour, g.correction, g.created_at, (
        SELECT coalesce(sum(h.calls), 0)::int FROM tool_hours h
        WHERE h.agent_id = g.agent_id AND h.tool_name = g.tool_name AND h.hour > :oldest AND h.hour <= :hour
    ), u.last_at
    FROM tool_grants g LEFT JOIN tool_usage u ON u.agent_id = g.agent_id AND u.tool_name = g.tool_name
    WHERE g.agent_id = ANY(:ids) ORDER BY g.created_at, g.id
    """
).columns(correction=JSONB)
_UNGRANTED = text(
    """
    SELECT u.agent_id, u.tool_name FROM tool_usage u
    WHERE u.agent_id IN (SELECT agent_id FROM tool_grants WHERE agent_id = ANY(:ids) AND origin = ANY(:counted))
        AND u.last_at > :since AND u.tool_name <> :other_tools
        AND NOT EXISTS (
            SELECT FROM tool_grants g
            WHERE g.agent_id = u.agent_id AND g.tool_name = u.tool_name AND g.origin = ANY(:counted)
        )
    ORDER BY u.agent_id, u.tool_name
    """
)
_WINDOW = text(
    """
    SELECT a.agent_id, a.events, a.newest_at, a.recent_receipts,
           coalesce(live.calls, last.calls) AS calls, coalesce(live.anomaly_sum, last.anomaly_sum) AS anomaly_sum,
           live.oldest,
           reported.last_at AS last_report_at,
           CASE WHEN d.last_report_at >= reported.last_at THEN d.due_at END AS report_due_at, (
        SELECT coalesce(sum(h.calls), 0)::int FROM tool_hours h
        WHERE h.agent_id = a.agent_id AND h.tool_name = :other_tools AND h.hour > :oldest_hour
    ) AS overflow_calls
    FROM agent_activity a LEFT JOIN report_deadlines d ON d.agent_id = a.agent_id
    CROSS JOIN LATERAL (
        SELECT greatest(a.newest_at, a.recent_receipts[cardinality(a.recent_receipts)]) AS last_at
    ) reported
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


_BUCKETS = text(
    """
    SELECT date_bin(:length, recorded_at, :since) AS at, min(trust_score), max(trust_score),
           (array_agg(trust_score ORDER BY recorded_at DESC, id DESC))[1], max(recorded_at), count(*)::int
    FROM score_history
    WHERE agent_id = :agent_id AND recorded_at >= :since AND recorded_at < :until
    GROUP BY at ORDER BY at
    """
)


_SPANS = text(
    """
    SELECT a.id, a.name, a.owner_team,
           coalesce(before.trust_score, first.trust_score) AS trust_before, last.trust_score AS trust_after,
           coalesce(before.posture_score, first.posture_score) AS posture_before, last.posture_score AS posture_after,
           coalesce(before.behavior_score, first.behavior_score) AS behavior_before,
           last.behavior_score AS behavior_after,
           coalesce(before.recency_bonus, first.recency_bonus) AS recency_before, last.recency_bonus AS recency_after
    FROM agents a
    CROSS JOIN LATERAL (
        SELECT trust_score, posture_score, behavior_score, recency_bonus FROM score_history
        WHERE agent_id = a.id AND recorded_at < :until ORDER BY recorded_at DESC, id DESC LIMIT 1
    ) last
    LEFT JOIN LATERAL (
        SELECT trust_score, posture_score, behavior_score, recency_bonus FROM score_history
        WHERE agent_id = a.id AND recorded_at <= :since ORDER BY recorded_at DESC, id DESC LIMIT 1
    ) before ON true
    LEFT JOIN LATERAL (
        SELECT trust_score, posture_score, behavior_score, recency_bonus FROM score_history
        WHERE agent_id = a.id AND recorded_at > :since ORDER BY recorded_at, id LIMIT 1
    ) first
        ON before.trust_score IS NULL
    WHERE a.removed_at IS NULL AND (CAST(:agent_id AS uuid) IS NULL OR a.id = :agent_id)
        AND (:agent_id IS NOT NULL OR last.trust_score <> coalesce(before.trust_score, first.trust_score))
    ORDER BY abs(last.trust_score - coalesce(before.trust_score, first.trust_score)) DESC, a.id LIMIT :limit
    """
)
"""The score of agents at both ends of a span: three index look-ups each, however many changes lie in between."""
_FINDING_MOVES = text(
    """
    SELECT cause->>'finding' AS rule_id, (array_agg(cause->>'severity' ORDER BY recorded_at DESC))[1],
           count(*) FILTER (WHERE cause->>'change' = 'opened')::int,
           count(*) FILTER (WHERE cause->>'change' = 'resolved')::int, max(recorded_at)
    FROM score_history h CROSS JOIN LATERAL jsonb_array_elements(h.causes) cause
    WHERE h.agent_id = :agent_id AND h.recorded_at > :since AND h.recorded_at < :until AND cause ? 'finding'
    GROUP BY rule_id
    """
)


class ScoreSpan(NamedTuple):
    """An agent's score and its parts at both ends of a span of time."""

    agent_id: UUID
    name: str
    owner_team: str
    trust_before: float
    trust_after: float
    posture_before: float
    posture_after: float
    behavior_before: float
    behavior_after: float
    recency_before: float
    recency_after: float


class FindingMove(NamedTuple):
    """How often a rule's finding came and went in a span of time."""

    rule_id: str
    severity: str
    opened: int
    resolved: int
    last_at: datetime


class UsedGrant(NamedTuple):
    """A tool grant with its usage."""

    id: UUID
    agent_id: UUID
    tool_name: str
    origin: str
    rate_limit_per_hour: int | None
    correction: dict[str, Any] | None
    """The class that a person has given the tool, as in `ToolGrantRow`."""
    created_at: datetime
    call_count_7d: int
    """Calls in the last 168 clock hours, the current hour included."""
    last_called_at: datetime | None


class ScoredActivity(NamedTuple):
    """One agent's calls and events, as far as its score depends on them."""

    agent_id: UUID
    events: int
    """Number of events stored for the agent so far."""
    recent_receipts: list[datetime]
    """Receipt times of the last five events, oldest first."""
    calls: int
    """Calls in the behaviour window: the last 24 hours, or those before the newest call."""
    anomaly_sum: float
    oldest_minute: int | None
    """The oldest minute in the window that ends now, in minutes since the epoch."""
    overflow_calls: int
    """Calls of tools without counters of their own (`OTHER_TOOLS`), in the last 168 clock hours."""
    last_report_at: datetime
    report_due_at: datetime | None
    """Time by which it has to report again; None where no time is computed for its last report yet."""


async def lock_agents(session: AsyncSession, agent_ids: Sequence[UUID], *, skip_locked: bool) -> Sequence[AgentRow]:
    """Return the agents that exist, and lock them until the transaction ends.

    With `skip_locked`, agents that another transaction has locked are left out. The lock does not block ingest, which
    only needs the agents to exist.
    """
    query = (
        select(AgentRow)
        .where(AgentRow.id.in_(agent_ids))
        .order_by(AgentRow.id)
        .with_for_update(key_share=True, skip_locked=skip_locked)
        .execution_options(populate_existing=True)
    )
    return (await session.execute(query)).scalars().all()


async def find_used_grants(session: AsyncSession, agent_ids: Sequence[UUID], now: datetime) -> list[UsedGrant]:
    """Return the grants of these agents with their usage, oldest first. Usage is computed from the counters."""
    hour = int(now.timestamp() // 3600)
    rows = await session.execute(_GRANTS, {"ids": list(agent_ids), "hour": hour, "oldest": hour - WINDOW_HOURS})
    return [UsedGrant(*row) for row in rows]


async def find_ungranted(session: AsyncSession, agent_ids: Sequence[UUID], now: datetime) -> list[tuple[UUID, str]]:
    """Return the tools that agents called in the last 7 days without a grant that says they may, with their agents.

    Agents without any such grant have none: nothing is known of what they may do.
    """
    given = {"ids": list(agent_ids), "counted": list(COUNTED_ORIGINS), "other_tools": OTHER_TOOLS}
    rows = await session.execute(_UNGRANTED, {**given, "since": now - UNGRANTED_COUNTS})
    return [(row.agent_id, row.tool_name) for row in rows]


async def find_connections(session: AsyncSession, agent_ids: Sequence[UUID]) -> Sequence[MCPConnectionRow]:
    """Return the MCP connections of these agents, oldest first."""
    query = select(MCPConnectionRow).where(MCPConnectionRow.agent_id.in_(agent_ids)).order_by(MCPConnectionRow.id)
    return (await session.execute(query)).scalars().all()


async def find_findings(session: AsyncSession, agent_ids: Sequence[UUID]) -> Sequence[FindingRow]:
    """Return the findings of these agents, whatever their status."""
    return (await session.execute(select(FindingRow).where(FindingRow.agent_id.in_(agent_ids)))).scalars().all()


async def find_activity(session: AsyncSession, agent_ids: Sequence[UUID], now: datetime) -> list[ScoredActivity]:
    """Return the activity of those of these agents that have reported events."""
    minute = int(now.timestamp() // 60)
    parameters = {
        "ids": list(agent_ids),
        "minute": minute,
        "oldest": minute - SCORE_WINDOW_MINUTES,
        "window": SCORE_WINDOW_MINUTES,
        "other_tools": OTHER_TOOLS,
        "oldest_hour": minute // 60 - WINDOW_HOURS,
    }
    return [
        ScoredActivity(
            row.agent_id,
            row.events,
            row.recent_receipts,
            int(row.calls or 0),
            float(row.anomaly_sum or 0.0),
            row.oldest,
            row.overflow_calls,
            row.last_report_at,
            row.report_due_at,
        )
        for row in await session.execute(_WINDOW, parameters)
    ]


async def list_points(
    session: AsyncSession, agent_id: UUID, limit: int, before: tuple[datetime, UUID] | None, span: TimeSpan
) -> Sequence[ScorePointRow]:
    """List one agent's score history, newest first; `before` continues after the last point of an earlier page."""
    query = select(ScorePointRow).where(ScorePointRow.agent_id == agent_id, *within(ScorePointRow.recorded_at, span))
    if before is not None:
        query = query.where(tuple_(ScorePointRow.recorded_at, ScorePointRow.id) < before)
    query = query.order_by(ScorePointRow.recorded_at.desc(), ScorePointRow.id.desc()).limit(limit)
    return (await session.execute(query)).scalars().all()


class ScoreBucket(NamedTuple):
    """The changes of a score in one part of a span of time."""

    at: datetime
    """When the part begins."""
    lowest: float
    highest: float
    last: float
    last_at: datetime
    changes: int


async def find_buckets(
    session: AsyncSession, agent_id: UUID, since: datetime, until: datetime, length: timedelta
) -> list[ScoreBucket]:
    """Return the parts of a span in which a score has changed, oldest first; each has this length."""
    parameters = {"agent_id": agent_id, "since": since, "until": until, "length": length}
    return [ScoreBucket(*row) for row in await session.execute(_BUCKETS, parameters)]


async def find_score_before(session: AsyncSession, agent_id: UUID, moment: datetime) -> float | None:
    """Return the score that an agent had just before a time; None before its first one."""
    query = select(ScorePointRow.trust_score).where(
        ScorePointRow.agent_id == agent_id, ScorePointRow.recorded_at < moment
    )
    query = query.order_by(ScorePointRow.recorded_at.desc(), ScorePointRow.id.desc()).limit(1)
    return (await session.execute(query)).scalar_one_or_none()


async def find_span(session: AsyncSession, agent_id: UUID, since: datetime, until: datetime) -> ScoreSpan | None:
    """Return an agent's score at both ends of a span; None if it had none then."""
    parameters = {"agent_id": agent_id, "since": since, "until": until, "limit": 1}
    rows = (await session.execute(_SPANS, parameters)).all()
    return ScoreSpan(*rows[0]) if rows else None


async def find_movers(session: AsyncSession, since: datetime, until: datetime, limit: int) -> list[ScoreSpan]:
    """Return the agents whose score moved most between two times, the largest change first."""
    parameters = {"agent_id": None, "since": since, "until": until, "limit": limit}
    return [ScoreSpan(*row) for row in await session.execute(_SPANS, parameters)]


async def find_finding_moves(
    session: AsyncSession, agent_id: UUID, since: datetime, until: datetime
) -> list[FindingMove]:
    """Return how often each rule's finding came and went for an agent in a span."""
    parameters = {"agent_id": agent_id, "since": since, "until": until}
    return [FindingMove(*row) for row in await session.execute(_FINDING_MOVES, parameters)]


async def find_first_at(session: AsyncSession, agent_id: UUID) -> datetime | None:
    """Return when an agent was first scored; None if it never was."""
    query = select(ScorePointRow.recorded_at).where(ScorePointRow.agent_id == agent_id)
    return (await session.execute(query.order_by(ScorePointRow.recorded_at).limit(1))).scalar_one_or_none()
