"""SQL queries of agents, grants and connections."""

import hashlib
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from agentsentinel.agents.schemas import AgentOut
from agentsentinel.models import (
    AgentRow,
    BaselineRow,
    DiscoveryRow,
    FindingRow,
    ManifestRow,
    MCPConnectionRow,
    ObservationRow,
    ReportDeadlineRow,
    ToolGrantRow,
)

REMOVED = -1
"""Value of `agents.channels` for removed agents.

No event was scored with it, so the commit of any event of the agent that is still in work is refused.
"""
_SMALL_TABLES = (
    ToolGrantRow,
    MCPConnectionRow,
    ManifestRow,
    ObservationRow,
    DiscoveryRow,
    FindingRow,
    BaselineRow,
)
AGENT_COLUMNS = tuple(getattr(AgentRow, name) for name in AgentOut.model_fields)


async def find_agents(session: AsyncSession, filters: dict[str, str], limit: int, offset: int) -> Sequence[AgentRow]:
    """Return the agents whose columns equal the filters, newest first."""
    query = (
        select(AgentRow)
        .filter_by(**filters)
        .order_by(AgentRow.created_at.desc(), AgentRow.id.desc())
        .limit(limit)
        .offset(offset)
    )
    return (await session.execute(query)).scalars().all()


async def find_identities(session: AsyncSession, ids: list[UUID], names: list[str]) -> Sequence[tuple[UUID, str]]:
    """Return ids and names of the agents that have one of these ids or one of these names."""
    query = select(AgentRow.id, AgentRow.name).where(AgentRow.id.in_(ids) | AgentRow.name.in_(names))
    return [(row.id, row.name) for row in await session.execute(query)]


async def list_agents(
    session: AsyncSession, filters: dict[str, str], limit: int | None, offset: int
) -> list[dict[str, Any]]:
    """List agents whose columns equal the filters as plain members of `AgentOut`, newest first; all without a limit.

    ORM objects and models for hundreds of agents would take too long.
    """
    query = select(*AGENT_COLUMNS).where(*(getattr(AgentRow, name) == value for name, value in filters.items()))
    query = query.order_by(AgentRow.created_at.desc(), AgentRow.id.desc()).limit(limit).offset(offset)
    return as_agents(await session.execute(query))


def as_agents(rows: Iterable[Sequence[Any]]) -> list[dict[str, Any]]:
    """Convert rows of AGENT_COLUMNS to the members of `AgentOut`."""
    names = tuple(AgentOut.model_fields)
    return [dict(zip(names, row, strict=True)) for row in rows]


async def lock_name(session: AsyncSession, name: str, owner_team: str) -> None:
    """Lock this name and team until the transaction ends, so that concurrent registrations wait for each other."""
    digest = hashlib.sha256(f"{name}\0{owner_team}".encode()).digest()
    key = int.from_bytes(digest[:8], "big", signed=True)
    await session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": key})


async def find_grants(session: AsyncSession, agent_id: UUID) -> Sequence[ToolGrantRow]:
    """Return one agent's grants, oldest first."""
    query = select(ToolGrantRow).where(ToolGrantRow.agent_id == agent_id).order_by(ToolGrantRow.created_at)
    return (await session.execute(query)).scalars().all()


async def find_grants_of(session: AsyncSession, agent_id: UUID, tool_name: str) -> Sequence[ToolGrantRow]:
    """Return one agent's grants of one tool, one for each server, oldest first."""
    query = select(ToolGrantRow).filter_by(agent_id=agent_id, tool_name=tool_name).order_by(ToolGrantRow.created_at)
    return (await session.execute(query)).scalars().all()


async def find_connections(session: AsyncSession, agent_id: UUID) -> Sequence[MCPConnectionRow]:
    """Return one agent's MCP connections, oldest first."""
    query = select(MCPConnectionRow).where(MCPConnectionRow.agent_id == agent_id).order_by(MCPConnectionRow.created_at)
    return (await session.execute(query)).scalars().all()


async def find_connection(
    session: AsyncSession, agent_id: UUID, server_name: str, server_url: str
) -> MCPConnectionRow | None:
    """Return one agent's connection of this name and address, or None; the oldest of several."""
    query = select(MCPConnectionRow).filter_by(agent_id=agent_id, server_name=server_name, server_url=server_url)
    return (await session.execute(query.order_by(MCPConnectionRow.created_at).limit(1))).scalar_one_or_none()


async def lock_agent(session: AsyncSession, agent_id: UUID) -> AgentRow | None:
    """Return one agent, or None, and lock it against changes until the transaction ends."""
    query = select(AgentRow).where(AgentRow.id == agent_id).with_for_update(key_share=True)
    return (await session.execute(query)).scalar_one_or_none()


async def forget_deadline(session: AsyncSession, agent_id: UUID) -> None:
    """Delete the time by which an agent has to report again, so that it is computed anew within a minute."""
    await session.execute(delete(ReportDeadlineRow).where(ReportDeadlineRow.agent_id == agent_id))


async def postpone_deadline(session: AsyncSession, agent_id: UUID, due_at: datetime) -> None:
    """Put off the time by which an agent has to report again, if there is one and it is earlier than this."""
    mine = (ReportDeadlineRow.agent_id == agent_id, ReportDeadlineRow.due_at < due_at)
    await session.execute(update(ReportDeadlineRow).where(*mine).values(due_at=due_at))


async def remove_agent(session: AsyncSession, agent: AgentRow, now: datetime) -> None:
    """Remove an agent from all answers; its large tables are erased later, in steps (`worker/erasing.py`)."""
    for row in _SMALL_TABLES:
        await session.execute(delete(row).where(row.agent_id == agent.id))
    agent.removed_at = now
    agent.channels = REMOVED
    await session.flush()
