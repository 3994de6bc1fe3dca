"""SQL queries of stored events."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, Select, Text, literal_column, or_, select, text, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from agentsentinel.events.schemas import EventDetailOut, EventFilters, EventOut, ReasonOut, RunOut
from agentsentinel.ingest.deduplication import CHANNEL_NAMES, CHANNELS
from agentsentinel.kit.time_spans import ALL_TIME, TimeSpan, within
from agentsentinel.models import AgentRow, AgentSessionRow, EventRow
from agentsentinel.models.event import FAILED, UNUSUAL, UNUSUAL_FROM
from agentsentinel_core.uuid7 import is_uuid7, uuid7_seconds

Place = tuple[datetime, UUID]
RUN_EVENTS = 5_000
"""How many of an agent's last events are searched for its sessions."""
_EARLIEST = datetime(1, 1, 2, tzinfo=UTC)
_LATEST = datetime(9999, 12, 30, tzinfo=UTC)
_LAST_ID = UUID(int=(1 << 128) - 1)
_IS_KEPT = text("agent_events.agent_id NOT IN (SELECT id FROM agents WHERE removed_at IS NOT NULL)")
"""Condition that hides the events of removed agents until they are erased."""
_RECEIPT = text(
    "SELECT timestamp, coalesce(stored_id, event_id) AS stored_id FROM event_receipts WHERE event_id = :event_id"
)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_ROUNDING = timedelta(milliseconds=2)
"""How far two records of the same time may differ: ids hold milliseconds, sessions a number of seconds."""
_SEARCHED = literal_column(
    "concat_ws(' ', tool_name, operation, server_name, agent_events.status, session_id, tool_call_id, policy_rule,"
    " encode(trace_id, 'hex'), jsonb_path_query_array(reasons, '$[*].message')::text,"
    " jsonb_path_query_array(reasons, '$[*].detector')::text)",
    Text,
)
"""Text in which words are looked for."""
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
    session: AsyncSession, filters: EventFilters, limit: int, before: Place | None = None
) -> list[EventOut]:
    """List events, newest first; `before` continues after the last event of an earlier page."""
    agents = _agents_of(filters)
    # Read first: with the ids at hand, PostgreSQL knows whether to read these agents' events or the newest of all.
    agent_ids = None if agents is None else (await session.execute(agents)).scalars().all()
    query = select_events(filters, agent_ids, limit, before)
    return await _with_names(session, (await session.execute(query)).scalars().all())


def select_events(
    filters: EventFilters, agent_ids: Sequence[UUID] | None, limit: int, before: Place | None = None
) -> Select[EventRow]:
    """Build the query of the events that pass the filters; of these agents only, unless `agent_ids` is None."""
    conditions = _conditions(filters)
    if agent_ids is not None:
        conditions.append(EventRow.agent_id.in_(agent_ids))
    if before is not None:
        conditions.append(tuple_(EventRow.timestamp, EventRow.id) < before)
    newest_first = select(EventRow).order_by(EventRow.timestamp.desc(), EventRow.id.desc())
    return newest_first.where(_IS_KEPT, *conditions).limit(limit)


def _agents_of(filters: EventFilters) -> Select[UUID] | None:
    """Build the query of the agents whose events can pass the filters; None where these can be any agent's."""
    conditions: list[ColumnElement[bool]] = []
    if filters.owner_team is not None:
        conditions.append(AgentRow.owner_team == filters.owner_team)
    if filters.channel is not None:
        conditions.append(AgentRow.channels.bitwise_and(1 << CHANNELS[filters.channel]) != 0)
    if filters.session_id is not None and filters.agent_id is None:
        judged = select(AgentSessionRow.agent_id).where(AgentSessionRow.session_id == filters.session_id)
        conditions.append(AgentRow.id.in_(judged))
    if not conditions:
        return None
    if filters.agent_id is not None:
        conditions.append(AgentRow.id == filters.agent_id)
    return select(AgentRow.id).where(*conditions)


def _conditions(filters: EventFilters) -> list[ColumnElement[bool]]:
    given: tuple[tuple[ColumnElement[Any] | Any, Any], ...] = (
        (EventRow.agent_id, filters.agent_id),
        (EventRow.tool_name, filters.tool_name),
        (EventRow.status, filters.status),
        (EventRow.channel, None if filters.channel is None else CHANNELS[filters.channel]),
        (EventRow.session_id, filters.session_id),
    )
    conditions = [column == value for column, value in given if value is not None]
    conditions += within(EventRow.timestamp, filters.span)
    # The conditions of partial indexes, word for word: PostgreSQL does not derive them from a parameter.
    if filters.status not in {None, "ok"}:
        conditions.append(literal_column(FAILED))
    if filters.min_anomaly_score is not None:
        conditions.append(EventRow.anomaly_score >= filters.min_anomaly_score)
        if filters.min_anomaly_score >= UNUSUAL_FROM:
            conditions.append(literal_column(UNUSUAL))
    return conditions + [_mentions(word) for word in filters.words]


def _mentions(word: str) -> ColumnElement[bool]:
    """Build the condition that an event or its agent's name has this word somewhere, in either case."""
    named = select(AgentRow.id).where(AgentRow.name.icontains(word, autoescape=True))
    return or_(_SEARCHED.icontains(word, autoescape=True), EventRow.agent_id.in_(named))


async def get_event(session: AsyncSession, event_id: UUID) -> EventDetailOut | None:
    """Return one stored event of an agent that was not removed, or None."""
    event = await _find_event(session, event_id)
    if event is None:
        return None
    (listed,) = await _with_names(session, [event])
    return EventDetailOut(
        **listed.model_dump(),
        received_at=event.received_at,
        input_hash=event.input_hash.hex(),
        output_hash=event.output_hash.hex(),
        judged_session_id=await _find_judged_session(session, event),
    )


async def _find_event(session: AsyncSession, event_id: UUID) -> EventRow | None:
    """Find an event by its time: that of its receipt, or of its id where the server made this."""
    receipt = (await session.execute(_RECEIPT, {"event_id": event_id})).one_or_none()
    if receipt is not None:
        at = EventRow.timestamp == receipt.timestamp
    elif is_uuid7(event_id):
        made_at = _EPOCH + timedelta(seconds=uuid7_seconds(event_id))
        at = EventRow.timestamp.between(made_at - _ROUNDING, made_at + _ROUNDING)
    else:
        return None
    stored_id = event_id if receipt is None else receipt.stored_id
    query = select(EventRow).where(_IS_KEPT, at, EventRow.id == stored_id)
    return (await session.execute(query)).scalar_one_or_none()


async def _find_judged_session(session: AsyncSession, event: EventRow) -> UUID | None:
    query = select(AgentSessionRow.id).where(
        AgentSessionRow.agent_id == event.agent_id,
        AgentSessionRow.started_at <= event.timestamp + _ROUNDING,
        AgentSessionRow.last_at >= event.timestamp - _ROUNDING,
    )
    if event.session_id is not None:
        query = query.where(AgentSessionRow.session_id == event.session_id)
    return (await session.execute(query.order_by(AgentSessionRow.last_at).limit(1))).scalar_one_or_none()


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
