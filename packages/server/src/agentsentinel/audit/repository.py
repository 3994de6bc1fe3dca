"""SQL queries of the audit log."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from agentsentinel.audit.actions import Action
from agentsentinel.kit.time_spans import TimeSpan, within
from agentsentinel.models import AuditRow


async def write_counted(session: AsyncSession, rows: list[dict[str, Any]]) -> None:
    """Store entries; an entry that exists already gets its new count."""
    written = insert(AuditRow).values(rows)
    await session.execute(
        written.on_conflict_do_update(index_elements=[AuditRow.id], set_={"count": written.excluded["count"]})
    )


async def list_entries(
    session: AsyncSession,
    action: Action | None,
    subject_id: UUID | None,
    limit: int,
    before: tuple[datetime, UUID] | None,
    span: TimeSpan,
) -> Sequence[AuditRow]:
    """List entries, newest first; `before` continues after the last entry of an earlier page."""
    query = (
        select(AuditRow).where(*within(AuditRow.at, span)).order_by(AuditRow.at.desc(), AuditRow.id.desc()).limit(limit)
    )
    if action is not None:
        query = query.where(AuditRow.action == action.value)
    if subject_id is not None:
        query = query.where(AuditRow.subject_id == subject_id)
    if before is not None:
        query = query.where(tuple_(AuditRow.at, AuditRow.id) < before)
    return (await session.execute(query)).scalars().all()


async def delete_before(session: AsyncSession, end: datetime) -> None:
    """Delete the entries that are older than `end`."""
    await session.execute(delete(AuditRow).where(AuditRow.at < end))


async def delete_actions_before(session: AsyncSession, actions: Sequence[Action], end: datetime) -> None:
    """Delete the entries of these actions that are older than `end`."""
    is_one = AuditRow.action.in_([action.value for action in actions])
    await session.execute(delete(AuditRow).where(is_one, AuditRow.at < end))
