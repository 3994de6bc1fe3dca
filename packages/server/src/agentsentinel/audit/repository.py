"""SQL queries of the audit log."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, delete, func, select, text, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from agentsentinel.audit.actions import Action
from agentsentinel.audit.schemas import AuditFilters, MentionOut
from agentsentinel.kit.time_spans import TimeSpan, within
from agentsentinel.models import AuditRow

_NAMES = text(
    """
    SELECT DISTINCT ON (id) id, kind, name, is_there FROM (
        SELECT id, 'agent' AS kind, name, true AS is_there FROM agents WHERE id = ANY(:ids) AND removed_at IS NULL
        UNION ALL SELECT id, 'key', name, true FROM api_keys WHERE id = ANY(:ids)
        UNION ALL SELECT s.id, 'session', coalesce(s.session_id, 'session of ' || a.name), true
            FROM agent_sessions s JOIN agents a ON a.id = s.agent_id WHERE s.id = ANY(:ids)
        UNION ALL (
            SELECT DISTINCT ON (subject_id) subject_id, CASE WHEN action LIKE 'key%' THEN 'key' ELSE 'agent' END,
                   subject_name, false
            FROM audit_log WHERE subject_id = ANY(:ids) AND subject_name <> '' ORDER BY subject_id, at DESC
        )
    ) known ORDER BY id, is_there DESC
    """
)
"""Names of agents, keys and sessions; of those that are gone, the name in the last entry about them."""


async def write_counted(session: AsyncSession, rows: list[dict[str, Any]]) -> None:
    """Store entries; an entry that exists already gets its new count."""
    written = insert(AuditRow).values(rows)
    await session.execute(
        written.on_conflict_do_update(index_elements=[AuditRow.id], set_={"count": written.excluded["count"]})
    )


async def list_entries(
    session: AsyncSession, filters: AuditFilters, limit: int, before: tuple[datetime, UUID] | None
) -> Sequence[AuditRow]:
    """List entries, newest first; `before` continues after the last entry of an earlier page."""
    query = select(AuditRow).where(*_conditions(filters)).order_by(AuditRow.at.desc(), AuditRow.id.desc()).limit(limit)
    if before is not None:
        query = query.where(tuple_(AuditRow.at, AuditRow.id) < before)
    return (await session.execute(query)).scalars().all()


async def count_entries(session: AsyncSession, span: TimeSpan) -> list[tuple[str, str, int]]:
    """Count the entries of a span by action and actor."""
    query = select(AuditRow.action, AuditRow.actor_name, func.count()).where(*within(AuditRow.at, span))
    rows = await session.execute(query.group_by(AuditRow.action, AuditRow.actor_name))
    return [(row[0], row[1], row[2]) for row in rows]


async def find_names(session: AsyncSession, ids: Collection[UUID]) -> dict[UUID, MentionOut]:
    """Return what ids of agents, keys and sessions mean. Other ids are left out."""
    rows = await session.execute(_NAMES, {"ids": list(ids)})
    return {row.id: MentionOut(id=row.id, kind=row.kind, name=row.name, is_there=row.is_there) for row in rows}


async def delete_before(session: AsyncSession, end: datetime) -> None:
    """Delete the entries that are older than `end`."""
    await session.execute(delete(AuditRow).where(AuditRow.at < end))


async def delete_actions_before(session: AsyncSession, actions: Sequence[Action], end: datetime) -> None:
    """Delete the entries of these actions that are older than `end`."""
    is_one = AuditRow.action.in_([action.value for action in actions])
    await session.execute(delete(AuditRow).where(is_one, AuditRow.at < end))


def _conditions(filters: AuditFilters) -> list[ColumnElement[bool]]:
    given = (
        (AuditRow.action, filters.action),
        (AuditRow.actor_name, filters.actor_name),
        (AuditRow.subject_id, filters.subject_id),
    )
    equal = [column == value for column, value in given if value is not None]
    return [*equal, *within(AuditRow.at, filters.span)]
