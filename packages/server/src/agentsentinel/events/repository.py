"""The SQL of stored events."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from agentsentinel.events.schemas import EventOut, ReasonOut
from agentsentinel.models import AgentRow, EventRow

Place = tuple[datetime, UUID]


async def find_events(
    session: AsyncSession, agent_id: UUID | None, limit: int, *, before: Place | None = None
) -> Sequence[EventOut]:
    """Events, newest first; `before` continues after the last event of an earlier page."""
    query = select(EventRow).order_by(EventRow.timestamp.desc(), EventRow.id.desc()).limit(limit)
    if agent_id is not None:
        query = query.where(EventRow.agent_id == agent_id)
    if before is not None:
        query = query.where(tuple_(EventRow.timestamp, EventRow.id) < before)
    return await _with_names(session, (await session.execute(query)).scalars().all())


async def find_events_since(session: AsyncSession, agent_id: UUID | None, after: Place, limit: int) -> list[EventOut]:
    """Events after a place, oldest first: what a reader of the stream has missed."""
    query = (
        select(EventRow)
        .where(tuple_(EventRow.timestamp, EventRow.id) > after)
        .order_by(EventRow.timestamp, EventRow.id)
        .limit(limit)
    )
    if agent_id is not None:
        query = query.where(EventRow.agent_id == agent_id)
    return await _with_names(session, (await session.execute(query)).scalars().all())


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
        )
        for event in events
    ]
