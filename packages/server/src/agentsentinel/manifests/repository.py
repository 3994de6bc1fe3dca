"""SQL queries of pinned manifests."""

from collections.abc import Sequence
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import undefer

from agentsentinel.manifests.pinning import Digests
from agentsentinel.models import ManifestRow
from agentsentinel.models.manifest import Lists


class Judged(NamedTuple):
    """What scoring reads of a manifest."""

    agent_id: UUID
    server_name: str
    changes: list[dict[str, Any]]
    poison: list[dict[str, Any]]
    defects: list[dict[str, Any]]


class PinnedDigests(NamedTuple):
    """What shims compare definitions with."""

    id: UUID
    server_name: str
    principal: str
    pinned_digests: Digests


async def find_manifest(session: AsyncSession, agent_id: UUID, server_name: str, principal: str) -> ManifestRow | None:
    """Return what a server of an agent offers to a principal, without the definitions."""
    query = select(ManifestRow).filter_by(agent_id=agent_id, server_name=server_name, principal=principal)
    return (await session.execute(query)).scalar_one_or_none()


async def read_definitions(session: AsyncSession, row: ManifestRow) -> None:
    """Read the pinned and offered definitions into a row."""
    query = select(ManifestRow).where(ManifestRow.id == row.id)
    options = (undefer(ManifestRow.pinned), undefer(ManifestRow.offered))
    await session.execute(query.options(*options).execution_options(populate_existing=True))


async def read_pinned(session: AsyncSession, manifest_id: UUID) -> Lists:
    """Return the pinned definitions of a manifest that exists."""
    return (await session.execute(select(ManifestRow.pinned).where(ManifestRow.id == manifest_id))).scalar_one()


async def list_manifests(session: AsyncSession, agent_id: UUID) -> Sequence[ManifestRow]:
    """Return the manifests of an agent by server and principal, without the definitions."""
    query = select(ManifestRow).where(ManifestRow.agent_id == agent_id)
    return (await session.execute(query.order_by(ManifestRow.server_name, ManifestRow.principal))).scalars().all()


async def find_judged(session: AsyncSession, agent_ids: Sequence[UUID]) -> list[Judged]:
    """Return what scoring reads of the manifests of these agents, oldest first."""
    query = select(*(getattr(ManifestRow, name) for name in Judged._fields)).where(ManifestRow.agent_id.in_(agent_ids))
    return [Judged(*row) for row in await session.execute(query.order_by(ManifestRow.id))]


async def find_pinned_digests(session: AsyncSession, agent_id: UUID) -> list[PinnedDigests]:
    """Return the pinned digests of an agent's manifests, by server and principal."""
    query = select(*(getattr(ManifestRow, name) for name in PinnedDigests._fields))
    query = query.where(ManifestRow.agent_id == agent_id).order_by(ManifestRow.server_name, ManifestRow.principal)
    return [PinnedDigests(*row) for row in await session.execute(query)]


async def find_siblings(session: AsyncSession, agent_id: UUID, server_name: str, principal: str) -> list[PinnedDigests]:
    """Return what is pinned of the same server for other principals, oldest first."""
    query = select(*(getattr(ManifestRow, name) for name in PinnedDigests._fields))
    query = query.where(
        ManifestRow.agent_id == agent_id, ManifestRow.server_name == server_name, ManifestRow.principal != principal
    )
    return [PinnedDigests(*row) for row in await session.execute(query.order_by(ManifestRow.id))]


async def count_others(session: AsyncSession, agent_id: UUID, manifest_id: UUID) -> tuple[int, int]:
    """Return the number of the agent's other manifests, and of the items that they offer."""
    query = select(func.count(), func.coalesce(func.sum(ManifestRow.items), 0))
    query = query.where(ManifestRow.agent_id == agent_id, ManifestRow.id != manifest_id)
    manifests, items = (await session.execute(query)).one()
    return manifests, items
