"""SQL queries of stored events."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import select, text, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from agentsentinel.events.schemas import EventOut, ReasonOut, RunOut
from agentsentinel.ingest.deduplication import CHANNEL_NAMES
from agentsentinel.kit.time_spans import ALL_TIME, TimeSpan, within
from agentsentinel.models import AgentRow, EventRow

Place = tuple[datetime, UUID]
RUN_EVENTS = 5_000
"""How many of an agent's last events are searched for its sessions."""
_EARLIEST = datetime(1, 1, 2, tzinfo=UTC)
_LATEST = datetime(9999, 12, 30, tzinfo=UTC)
_LAST_ID = UUID(int=(1 << 128) - 1)
_IS_KEPT = text("agent_events.agent_id NOT IN (SELECT id FROM agents WHERE removed_at IS NOT NULL)")
"""Condition that hides the events of removed agents until they are erased."""
_RUNS = text(
    """
    WITH newest AS MATERIALIZED (
        SELECT session_id, timestamp, id, tool_name, anomaly_score, status FROM agent_events
        WHERE agent_id = :agent_id AND timestamp >= :since AND timestamp < :until
            AND (timestamp, id) < (:before_at, CAST(:before_id AS uuid))
        ORDER BY timestamp DESC, id DESC LIMIT :events
    ), edge AS (
        SELECT timestamp AS edge_at, id AS edge_id, (SELECT count(*) FROM newest) AS read
        FROM newest ORDER BY timestamp, id LIMIT 1
    ), runs AS (
        SELECT session_id, min(timestamp) AS started_at, max(timestamp) AS ended_at,
               (array_agg(id ORDER BY timestamp DESC, id DESC))[1] AS last_id, count(*)::int AS calls,
               count(DISTINCT tool_name)::int AS tools, max(anomaly_score) AS max_anomaly_score,
               count(*) FILTER (WHERE status <> 'ok')::int AS failed_calls
        FROM newest WHERE session_id IS NOT NULL AND (NOT :is_continued OR NOT EXISTS (
            SELECT FROM agent_events e WHERE e.agent_id = :agent_id AND e.session_id = newest.session_id
                AND (e.timestamp, e.id) >= (:before_at, CAST(:before_id AS uuid)) AND e.timestamp < :until
        ))
        GROUP BY session_id ORDER BY 3 DESC, 4 DESC LIMIT :limit
    )
    SELECT runs.*, edge.*, NOT EXISTS (
        SELECT FROM agent_events e WHERE e.agent_id = :agent_id AND e.session_id = runs.session_id
            AND ((e.timestamp, e.id) < (edge_at, edge_id) OR e.timestamp >= :until)
    ) AS is_complete
    FROM edge LEFT JOIN runs ON true ORDER BY ended_at DESC, last_id DESC
    """
)


class RunPage(NamedTuple):
    """One page of an agent's sessions, and where the next one continues; None after the last."""

    runs: list[RunOut]
    next: Place | None


async def find_events(
    session: AsyncSession,
    agent_id: UUID | None,
    limit: int,
    *,
    session_id: str | None = None,
    before: Place | None = None,
    span: TimeSpan = ALL_TIME,
    min_anomaly_score: float | None = None,
) -> Sequence[EventOut]:
    """List events, newest first; `before` continues after the last event of an earlier page."""
    query = (
        select(EventRow)
        .where(_IS_KEPT, *within(EventRow.timestamp, span))
        .order_by(EventRow.timestamp.desc(), EventRow.id.desc())
        .limit(limit)
    )
    if agent_id is not None:
        query = query.where(EventRow.agent_id == agent_id)
    if session_id is not None:
        query = query.where(EventRow.session_id == session_id)
    if min_anomaly_score is not None:
        query = query.where(EventRow.anomaly_score >= min_anomaly_score)
    if before is not None:
        query = query.where(tuple_(EventRow.timestamp, EventRow.id) < before)
    return await _with_names(session, (await session.execute(query)).scalars().all())


async def find_events_since(session: AsyncSession, agent_id: UUID | None, after: Place, limit: int) -> list[EventOut]:
    """List the events after a position, oldest first: those that a reader of the stream has missed."""
    query = (
        select(EventRow)
        .where(_IS_KEPT, tuple_(EventRow.timestamp, EventRow.id) > after)
        .order_by(EventRow.timestamp, EventRow.id)
        .limit(limit)
    )
    if agent_id is not None:
        query = query.where(EventRow.agent_id == agent_id)
    return await _with_names(session, (await session.execute(query)).scalars().all())


async def find_runs(
    session: AsyncSession, agent_id: UUID, limit: int, span: TimeSpan = ALL_TIME, before: Place | None = None
) -> RunPage:
    """List the sessions in one agent's last `RUN_EVENTS` events of a span, the latest first.

    `before` continues an earlier page: at its last session, or at the oldest event that was read for it.
    """
    before_at, before_id = before or (_LATEST, _LAST_ID)
    parameters = {
        "agent_id": agent_id,
        "events": RUN_EVENTS,
        "limit": limit,
        "since": span.since or _EARLIEST,
        "until": span.until or _LATEST,
        "before_at": before_at,
        "before_id": before_id,
        "is_continued": before is not None,
    }
    rows = (await session.execute(_RUNS, parameters)).all()
    found = [row for row in rows if row.session_id is not None]
    runs = [RunOut.model_validate(row) for row in found]
    if len(found) == limit:
        return RunPage(runs, (found[-1].ended_at, found[-1].last_id))
    return RunPage(runs, (rows[0].edge_at, rows[0].edge_id) if rows and rows[0].read == RUN_EVENTS else None)


async def _with_names(session: AsyncSession, events: Sequence[EventRow]) -> list[EventOut]:
    agent_ids = {event.agent_id for event in events}
    found = await session.execute(select(AgentRow.id, AgentRow.name).where(AgentRow.id.in_(agent_ids)))
    names: dict[UUID, str] = {row.id: row.name for row in found}
    return [
        EventOut(
            event_id=event.id,
            agent_id=event.agent_id,
            agent_name=names.get(event.agent_id, ""),
            tool_name=event.tool_name,
            anomaly_score=event.anomaly_score,
            reasons=[ReasonOut(**reason) for reason in event.reasons or []],
            status=event.status,
            duration_ms=event.duration_ms,
            session_id=event.session_id,
            tool_call_id=event.tool_call_id,
            timestamp=event.timestamp,
            channel=CHANNEL_NAMES[event.channel],
            trace_id=None if event.trace_id is None else event.trace_id.hex(),
            span_id=None if event.span_id is None else event.span_id.hex(),
            server_name=event.server_name,
            operation=event.operation,
            decision=event.decision,
            would_block=event.would_block,
            policy_rule=event.policy_rule,
        )
        for event in events
    ]
