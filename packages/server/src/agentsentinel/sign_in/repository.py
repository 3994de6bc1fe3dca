"""SQL queries of sign-in sessions and links."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Select, delete, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from agentsentinel.kit.windows import Window
from agentsentinel.models import KeyRow, SignInLinkRow, SignInSessionRow


class KeyedSession(NamedTuple):
    """A session with the key whose rights it has."""

    session: SignInSessionRow
    key: KeyRow


async def find_key(session: AsyncSession, key_hash: str) -> KeyRow | None:
    """Return the key with this digest, live or not, or None."""
    query = select(KeyRow).where(KeyRow.key_hash == key_hash)
    return (await session.execute(query)).scalar_one_or_none()


async def spend_link(session: AsyncSession, token_hash: str, now: datetime) -> UUID | None:
    """Delete the link with this digest; return the id of its key, or None if there is no link or it has expired."""
    spent = delete(SignInLinkRow).where(SignInLinkRow.token_hash == token_hash, SignInLinkRow.expires_at > now)
    return (await session.execute(spent.returning(SignInLinkRow.key_id))).scalar_one_or_none()


async def find_session(session: AsyncSession, session_id: UUID) -> KeyedSession | None:
    """Return one session and its key, or None."""
    row = (await session.execute(_with_keys().where(SignInSessionRow.id == session_id))).one_or_none()
    return None if row is None else KeyedSession(row[0], row[1])


async def list_sessions(session: AsyncSession, now: datetime, window: Window) -> list[KeyedSession]:
    """List live sessions, newest first."""
    query = (
        _with_keys()
        .where(SignInSessionRow.revoked_at.is_(None), SignInSessionRow.expires_at > now, KeyRow.live_at(now))
        .order_by(SignInSessionRow.created_at.desc(), SignInSessionRow.id.desc())
        .limit(window.limit)
        .offset(window.offset)
    )
    if window.before is not None:
        query = query.where(tuple_(SignInSessionRow.created_at, SignInSessionRow.id) < window.before)
    return [KeyedSession(row[0], row[1]) for row in await session.execute(query)]


async def delete_sessions_before(session: AsyncSession, end: datetime) -> None:
    """Delete the sessions that expired before `end`."""
    await session.execute(delete(SignInSessionRow).where(SignInSessionRow.expires_at < end))


async def delete_links_before(session: AsyncSession, end: datetime) -> None:
    """Delete the links that expired before `end`."""
    await session.execute(delete(SignInLinkRow).where(SignInLinkRow.expires_at < end))


def _with_keys() -> Select[SignInSessionRow, KeyRow]:
    return select(SignInSessionRow, KeyRow).join(KeyRow, KeyRow.id == SignInSessionRow.key_id)
