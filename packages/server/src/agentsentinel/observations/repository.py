"""SQL queries of observations."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from agentsentinel.models import ObservationRow
from agentsentinel.observations.schemas import ObservationIn

KEPT_DAYS = 7
"""How long an observation counts after it was last reported."""
MOST = 100
"""Different observations of one kind that are kept for one agent."""
OTHER = "(others)"
"""Detail under which observations beyond `MOST` are kept."""


async def store(session: AsyncSession, agent_id: UUID, seen: ObservationIn, now: datetime) -> None:
    """Store an observation, or that it was made again. The agent must be locked."""
    await session.execute(delete(ObservationRow).where(ObservationRow.agent_id == agent_id, _is_old(now)))
    of_kind = select(func.count()).where(ObservationRow.agent_id == agent_id, ObservationRow.kind == seen.kind)
    is_full = (await session.execute(of_kind)).scalar_one() >= MOST
    server_name = seen.server_name or ""
    known = await session.get(ObservationRow, (agent_id, seen.kind, server_name, seen.detail))
    detail = OTHER if is_full and known is None else seen.detail
    key = {"agent_id": agent_id, "kind": seen.kind, "server_name": server_name, "detail": detail}
    statement = insert(ObservationRow).values(**key, reports=1, first_at=now, last_at=now)
    again = {"reports": ObservationRow.reports + 1, "last_at": now}
    await session.execute(statement.on_conflict_do_update(index_elements=list(key), set_=again))


async def find_recent(session: AsyncSession, agent_ids: Sequence[UUID], now: datetime) -> Sequence[ObservationRow]:
    """Return what was observed of these agents in the last `KEPT_DAYS`."""
    query = select(ObservationRow).where(ObservationRow.agent_id.in_(agent_ids), ~_is_old(now))
    return (await session.execute(query.order_by(ObservationRow.first_at, ObservationRow.detail))).scalars().all()


def _is_old(now: datetime) -> ColumnElement[bool]:
    return ObservationRow.last_at < now - timedelta(days=KEPT_DAYS)
