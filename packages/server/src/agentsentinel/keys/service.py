"""Keys come and go; one admin key always stays."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from agentsentinel.auth.principal import KeyScope
from agentsentinel.auth.secrets import SHOWN_CHARACTERS, key_digest, make_key
from agentsentinel.errors import Conflict, NotFound
from agentsentinel.kit.ids import uuid7
from agentsentinel.models import AgentRow, KeyRow

BOOTSTRAP_NAME = "bootstrap-admin"
_LOCK_KEYS = text("SELECT pg_advisory_xact_lock(hashtext('agentsentinel api keys'))")


async def create_key(
    session: AsyncSession, secret: bytes, name: str, scope: KeyScope, agent_id: UUID | None, now: datetime
) -> tuple[KeyRow, str]:
    """Make a key; returns its row and its text. Raises NotFound when the agent does not exist."""
    if agent_id is not None and await session.get(AgentRow, agent_id) is None:
        raise NotFound("There is no agent with this agent_id to bind the key to")
    key = make_key(scope)
    row = KeyRow(
        id=uuid7(now.timestamp()),
        name=name,
        key_prefix=key[:SHOWN_CHARACTERS],
        key_hash=key_digest(secret, key.encode()).hex(),
        scope=scope.value,
        agent_id=agent_id,
        is_active=True,
        created_at=now,
    )
    session.add(row)
    await session.flush()
    return row, key


async def create_bootstrap_key(session: AsyncSession, secret: bytes, now: datetime) -> str | None:
    """The first admin key, when no admin key is live; else None. However many processes ask, one makes it."""
    await session.execute(_LOCK_KEYS)
    if await _count_live_admins(session):
        return None
    _, key = await create_key(session, secret, BOOTSTRAP_NAME, KeyScope.ADMIN, None, now)
    return key


async def list_keys(session: AsyncSession, limit: int, offset: int, *, include_revoked: bool) -> Sequence[KeyRow]:
    """Keys, newest first."""
    query = select(KeyRow).order_by(KeyRow.created_at.desc(), KeyRow.id.desc()).limit(limit).offset(offset)
    if not include_revoked:
        query = query.where(KeyRow.is_active)
    return (await session.execute(query)).scalars().all()


async def revoke_key(session: AsyncSession, key_id: UUID, now: datetime) -> KeyRow:
    """Make a key dead. Raises NotFound, and Conflict for the last live admin key."""
    await session.execute(_LOCK_KEYS)
    row = await session.get(KeyRow, key_id, with_for_update=True)
    if row is None or not row.is_active:
        raise NotFound("There is no live key with this id")
    if row.scope == KeyScope.ADMIN and await _count_live_admins(session) == 1:
        raise Conflict("This is the last admin key: make another one before revoking it")
    row.is_active = False
    row.revoked_at = now
    return row


async def _count_live_admins(session: AsyncSession) -> int:
    query = select(func.count()).select_from(KeyRow).where(KeyRow.is_active, KeyRow.scope == KeyScope.ADMIN.value)
    return (await session.execute(query)).scalar_one()
