"""SQL queries of rollups."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from agentsentinel.models import AgentHourRow


async def find_hours(session: AsyncSession, agent_id: UUID, since: int) -> Sequence[AgentHourRow]:
    """Return the rollups of one agent from an hour on, oldest first. Hours are counted since the epoch."""
    query = select(AgentHourRow).where(AgentHourRow.agent_id == agent_id, AgentHourRow.hour >= since)
    return (await session.execute(query.order_by(AgentHourRow.hour))).scalars().all()
