"""The SQL of agents, grants and connections."""

import hashlib
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from agentsentinel.agents.schemas import AgentOut
from agentsentinel.models import AgentRow, BaselineRow, FindingRow, MCPConnectionRow, ToolGrantRow

REMOVED = -1
"""In `agents.channels`: no event was ever judged by it, so every commit that still holds this agent's is refused."""
AGENT_COLUMNS = tuple(getattr(AgentRow, name) for name in AgentOut.model_fields)


async def find_agents(session: AsyncSession, filters: dict[str, str], limit: int, offset: int) -> Sequence[AgentRow]:
    """Agents whose columns equal the filters, newest first."""
    query = (
        select(AgentRow)
        .filter_by(**filters)
        .order_by(AgentRow.created_at.desc(), AgentRow.id.desc())
        .limit(limit)
        .offset(offset)
    )
    return (await session.execute(query)).scalars().all()


async def find_identities(session: AsyncSession, ids: list[UUID], names: list[str]) -> Sequence[tuple[UUID, str]]:
    """Ids and names of the agents that have one of these ids or one of these names."""
    query = select(AgentRow.id, AgentRow.name).where(AgentRow.id.in_(ids) | AgentRow.name.in_(names))
    return [(row.id, row.name) for row in await session.execute(query)]


async def list_agents(session: AsyncSession, filters: dict[str, str], limit: int, offset: int) -> list[dict[str, Any]]:
    """The same as the members of `AgentOut`, ready to be encoded: hundreds of objects would take long."""
    query = select(*AGENT_COLUMNS).where(*(getattr(AgentRow, name) == value for name, value in filters.items()))
    query = query.order_by(AgentRow.created_at.desc(), AgentRow.id.desc()).limit(limit).offset(offset)
    return as_agents(await session.execute(query))


def as_agents(rows: Iterable[Sequence[Any]]) -> list[dict[str, Any]]:
    """Rows of AGENT_COLUMNS as the members of `AgentOut`."""
    names = tuple(AgentOut.model_fields)
    return [dict(zip(names, row, strict=True)) for row in rows]


async def lock_name(session: AsyncSession, name: str, owner_team: str) -> None:
    """Let others that ask for an agent of this name and team wait until the transaction ends."""
    digest = hashlib.sha256(f"{name}\0{owner_team}".encode()).digest()
    key = int.from_bytes(digest[:8], "big", signed=True)
    await session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": key})


async def find_grants(session: AsyncSession, agent_id: UUID) -> Sequence[ToolGrantRow]:
    """One agent's grants, oldest first."""
    query = select(ToolGrantRow).where(ToolGrantRow.agent_id == agent_id).order_by(ToolGrantRow.created_at)
    return (await session.execute(query)).scalars().all()


async def find_grant(session: AsyncSession, agent_id: UUID, tool_name: str) -> ToolGrantRow | None:
    """One agent's grant of one tool."""
    query = select(ToolGrantRow).filter_by(agent_id=agent_id, tool_name=tool_name)
    return (await session.execute(query)).scalar_one_or_none()


async def find_connections(session: AsyncSession, agent_id: UUID) -> Sequence[MCPConnectionRow]:
    """One agent's MCP connections, oldest first."""
    query = select(MCPConnectionRow).where(MCPConnectionRow.agent_id == agent_id).order_by(MCPConnectionRow.created_at)
    return (await session.execute(query)).scalars().all()


async def lock_agent(session: AsyncSession, agent_id: UUID) -> AgentRow | None:
    """One agent, kept from being changed by others until the transaction ends."""
    query = select(AgentRow).where(AgentRow.id == agent_id).with_for_update(key_share=True)
    return (await session.execute(query)).scalar_one_or_none()


async def remove_agent(session: AsyncSession, agent: AgentRow, now: datetime) -> None:
    """Take an agent out of every answer; what is large of it is erased later, in steps (`worker/erasing.py`)."""
    for row in (ToolGrantRow, MCPConnectionRow, FindingRow, BaselineRow):
        await session.execute(delete(row).where(row.agent_id == agent.id))
    agent.removed_at = now
    agent.channels = REMOVED
    await session.flush()
