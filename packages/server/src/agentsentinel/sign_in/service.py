"""Sessions come and go; the secrets they are made of are stored as digests only."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Select, delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from agentsentinel.auth.principal import KeyScope
from agentsentinel.auth.secrets import key_digest, make_token, token_digest
from agentsentinel.errors import Forbidden, NotFound, Unauthenticated
from agentsentinel.kit.ids import uuid7
from agentsentinel.models import KeyRow, SignInLinkRow, SignInSessionRow

SESSION_TIME = timedelta(hours=12)
"""A working day; then the key is needed again."""
LINK_TIME = timedelta(hours=1)
CLIENT_LENGTH = 255
KEPT = timedelta(days=30)


class SignedIn(NamedTuple):
    """A session, whose key it is, and the token for the cookie, this once."""

    session: SignInSessionRow
    key: KeyRow
    token: str


class KeyedSession(NamedTuple):
    """A session and its key."""

    session: SignInSessionRow
    key: KeyRow


async def sign_in_with_key(session: AsyncSession, secret: bytes, key: str, client: str, now: datetime) -> SignedIn:
    """Trade a key for a session. Raises Unauthenticated, and Forbidden for an agent's key."""
    digest = key_digest(secret, key.encode()).hex()
    query = select(KeyRow).where(KeyRow.key_hash == digest, KeyRow.is_active)
    return _begin(session, secret, (await session.execute(query)).scalar_one_or_none(), client, now)


async def sign_in_with_link(session: AsyncSession, secret: bytes, token: str, client: str, now: datetime) -> SignedIn:
    """Trade a link's token for a session; the link is spent. Raises Unauthenticated."""
    digest = token_digest(secret, token.encode()).hex()
    spent = delete(SignInLinkRow).where(SignInLinkRow.token_hash == digest, SignInLinkRow.expires_at > now)
    key_id = (await session.execute(spent.returning(SignInLinkRow.key_id))).scalar_one_or_none()
    key = await session.get(KeyRow, key_id) if key_id is not None else None
    return _begin(session, secret, key, client, now)


async def make_link_token(session: AsyncSession, secret: bytes, key: str, now: datetime) -> str:
    """A token that signs in once within the hour, with the rights of this live key. Raises Unauthenticated."""
    query = select(KeyRow.id).where(KeyRow.key_hash == key_digest(secret, key.encode()).hex(), KeyRow.is_active)
    key_id = (await session.execute(query)).scalar_one_or_none()
    if key_id is None:
        raise Unauthenticated
    token = make_token()
    digest = token_digest(secret, token.encode()).hex()
    session.add(SignInLinkRow(token_hash=digest, key_id=key_id, expires_at=now + LINK_TIME))
    return token


async def find_session(session: AsyncSession, session_id: UUID) -> KeyedSession:
    """One session and its key. Raises NotFound."""
    query = _with_keys().where(SignInSessionRow.id == session_id)
    row = (await session.execute(query)).one_or_none()
    if row is None:
        raise NotFound("There is no session with this id")
    return KeyedSession(row[0], row[1])


async def list_sessions(session: AsyncSession, now: datetime, limit: int, offset: int) -> Sequence[KeyedSession]:
    """Live sessions, newest first."""
    query = (
        _with_keys()
        .where(SignInSessionRow.revoked_at.is_(None), SignInSessionRow.expires_at > now, KeyRow.is_active)
        .order_by(SignInSessionRow.created_at.desc(), SignInSessionRow.id.desc())
        .limit(limit)
        .offset(offset)
    )
    return [KeyedSession(row[0], row[1]) for row in await session.execute(query)]


async def revoke_session(session: AsyncSession, session_id: UUID, now: datetime) -> None:
    """End a session; the browser has to sign in again. Raises NotFound when it is not live."""
    row = await session.get(SignInSessionRow, session_id, with_for_update=True)
    if row is None or row.revoked_at is not None or row.expires_at <= now:
        raise NotFound("There is no live session with this id")
    row.revoked_at = now


async def forget_old(session: AsyncSession, now: datetime) -> None:
    """Delete what ended long ago, and links nobody followed."""
    await session.execute(delete(SignInSessionRow).where(SignInSessionRow.expires_at < now - KEPT))
    await session.execute(delete(SignInLinkRow).where(SignInLinkRow.expires_at < now))


def _begin(session: AsyncSession, secret: bytes, key: KeyRow | None, client: str, now: datetime) -> SignedIn:
    if key is None or not key.is_active:
        raise Unauthenticated
    if key.scope == KeyScope.AGENT:
        raise Forbidden("An agent's key reports events; sign in with an admin or a readonly key")
    token = make_token()
    row = SignInSessionRow(
        id=uuid7(now.timestamp()),
        key_id=key.id,
        token_hash=token_digest(secret, token.encode()).hex(),
        client=client[:CLIENT_LENGTH],
        created_at=now,
        expires_at=now + SESSION_TIME,
    )
    session.add(row)
    return SignedIn(row, key, token)


def _with_keys() -> Select[SignInSessionRow, KeyRow]:
    return select(SignInSessionRow, KeyRow).join(KeyRow, KeyRow.id == SignInSessionRow.key_id)
