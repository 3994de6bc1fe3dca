"""SQL queries of keys."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import Select, func, select, text, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from agentsentinel.auth.principal import KeyScope
from agentsentinel.kit.windows import Window
from agentsentinel.models import KeyRow

_LOCK_KEYS = text("SELECT pg_advisory_xact_lock(hashtext('agentsentinel api keys'))")


async def lock_keys(session: AsyncSession) -> None:
    """Lock the set of keys until the transaction ends, so that concurrent changes wait for each other."""
    await session.execute(_LOCK_KEYS)


async def count_admins(session: AsyncSession, now: datetime) -> int:
    """Count the live admin keys."""
    return (await session.execute(_admins(now))).scalar_one()


async def count_other_admins(session: AsyncSession, key_id: UUID, now: datetime) -> int:
    """Count the live admin keys besides this one; a rotated key expires soon and does not count."""
    others = _admins(now).where(KeyRow.id != key_id, KeyRow.replaced_by.is_(None))
    return (await session.execute(others)).scalar_one()


async def list_keys(
    session: AsyncSession, now: datetime, window: Window, *, include_revoked: bool, agent_id: UUID | None = None
) -> Sequence[KeyRow]:
    """List the keys in the window, newest first; with an agent, those that are bound to it."""
    query = select(KeyRow).order_by(KeyRow.created_at.desc(), KeyRow.id.desc())
    query = query.limit(window.limit).offset(window.offset)
    if window.before is not None:
        query = query.where(tuple_(KeyRow.created_at, KeyRow.id) < window.before)
    if agent_id is not None:
        query = query.where(KeyRow.agent_id == agent_id)
    if not include_revoked:
        query = query.where(KeyRow.live_at(now))
    return (await session.execute(query)).scalars().all()


async def lock_active_keys(session: AsyncSession) -> Sequence[KeyRow]:
    """Return the keys that are not revoked, and lock them until the transaction ends."""
    return (await session.execute(select(KeyRow).where(KeyRow.is_active).with_for_update())).scalars().all()


async def find_names(session: AsyncSession, scopes: Collection[KeyScope], now: datetime) -> Sequence[str]:
    """Return the names of live keys of these scopes, each once, in alphabetical order."""
    of_scope = KeyRow.scope.in_([scope.value for scope in scopes])
    query = select(KeyRow.name).where(KeyRow.live_at(now), of_scope).distinct().order_by(KeyRow.name)
    return (await session.execute(query)).scalars().all()


async def find_admin(session: AsyncSession, now: datetime) -> KeyRow | None:
    """Return the live admin key that expires last, the oldest of several, or None."""
    query = select(KeyRow).where(KeyRow.live_at(now), KeyRow.scope == KeyScope.ADMIN.value)
    query = query.order_by(KeyRow.expires_at.desc().nulls_first(), KeyRow.created_at, KeyRow.id).limit(1)
    return (await session.execute(query)).scalar_one_or_none()


def _admins(now: datetime) -> Select[int]:
    """Build the query that counts live admin keys."""
    return select(func.count()).select_from(KeyRow).where(KeyRow.live_at(now), KeyRow.scope == KeyScope.ADMIN.value)
