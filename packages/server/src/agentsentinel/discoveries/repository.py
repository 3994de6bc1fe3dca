"""SQL queries of discovered agents."""

import hashlib
from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from agentsentinel.models import AgentRow, DiscoveryRow, ToolGrantRow


async def lock_host(session: AsyncSession, host: str) -> None:
    """Lock a host's discoveries until the transaction ends, so that concurrent reports of it wait for each other."""
    key = int.from_bytes(hashlib.sha256(f"discoveries\0{host}".encode()).digest()[:8], "big", signed=True)
    await session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": key})


async def find_known(
    session: AsyncSession, host: str, places: Sequence[str]
) -> dict[str, tuple[DiscoveryRow, AgentRow]]:
    """Return the discoveries of a host at these places, with their agents, by place."""
    query = (
        select(DiscoveryRow, AgentRow)
        .join(AgentRow, AgentRow.id == DiscoveryRow.agent_id)
        .where(DiscoveryRow.host == host, DiscoveryRow.place.in_(places))
    )
    return {found.place: (found, agent) for found, agent in await session.execute(query)}


async def find_discovery(session: AsyncSession, agent_id: UUID) -> DiscoveryRow | None:
    """Return where an agent was found; None for one that was registered."""
    return await session.get(DiscoveryRow, agent_id)


async def find_tools(session: AsyncSession, agent_ids: Sequence[UUID]) -> set[tuple[UUID, str]]:
    """Return agent and tool of all grants of these agents."""
    query = select(ToolGrantRow.agent_id, ToolGrantRow.tool_name).where(ToolGrantRow.agent_id.in_(agent_ids))
    return {(agent_id, tool) for agent_id, tool in await session.execute(query)}
