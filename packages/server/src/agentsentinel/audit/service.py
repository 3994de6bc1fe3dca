"""The audit log. An entry is written in the transaction of its change, so there is no change without an entry.

Decisions about findings are in the history of the findings instead. No entry ever contains a secret.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, select, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from agentsentinel.audit.actions import REFUSALS, Action
from agentsentinel.auth.failed_attempts import Snapshot
from agentsentinel.auth.principal import Actor
from agentsentinel.kit.ids import uuid7
from agentsentinel.models import AuditRow

KEPT = timedelta(days=400)
"""Retention of entries: over a year, which audits require."""
REFUSALS_KEPT = timedelta(days=90)
"""Retention of refusals: shorter, since any client can cause them."""
DETAIL_LENGTH = 1000
NOBODY = "no live key"


def record(
    session: AsyncSession,
    who: Actor,
    action: Action,
    now: datetime,
    subject_id: UUID | None = None,
    subject_name: str = "",
    *,
    detail: str = "",
) -> None:
    """Record an action and its author, in the transaction of the action."""
    session.add(
        AuditRow(
            id=uuid7(now.timestamp()),
            at=now,
            action=action.value,
            actor_key_id=who.key_id,
            actor_name=who.name,
            address=who.address,
            subject_id=subject_id,
            subject_name=subject_name,
            key_prefix="",
            detail=detail[:DETAIL_LENGTH],
            count=1,
        )
    )


async def write_refusals(session: AsyncSession, snapshots: Sequence[Snapshot]) -> None:
    """Store refusals; an entry that exists already gets its new count."""
    rows = [
        {
            "id": one.refusal.id,
            "at": one.refusal.at,
            "action": one.refusal.means.value,
            "actor_name": NOBODY,
            "address": one.refusal.address,
            "subject_id": one.refusal.key_id,
            "subject_name": one.refusal.key_name,
            "key_prefix": one.refusal.key_prefix,
            "detail": "",
            "count": one.count,
        }
        for one in snapshots
    ]
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
) -> Sequence[AuditRow]:
    """List entries, newest first; `before` continues after the last entry of an earlier page."""
    query = select(AuditRow).order_by(AuditRow.at.desc(), AuditRow.id.desc()).limit(limit)
    if action is not None:
        query = query.where(AuditRow.action == action.value)
    if subject_id is not None:
        query = query.where(AuditRow.subject_id == subject_id)
    if before is not None:
        query = query.where(tuple_(AuditRow.at, AuditRow.id) < before)
    return (await session.execute(query)).scalars().all()


async def forget_old(session: AsyncSession, now: datetime) -> None:
    """Delete entries that are past their retention."""
    await session.execute(delete(AuditRow).where(AuditRow.at < now - KEPT))
    refused = AuditRow.action.in_([action.value for action in REFUSALS])
    await session.execute(delete(AuditRow).where(refused, AuditRow.at < now - REFUSALS_KEPT))
