"""Creation and end of sign-in sessions and links, whose tokens are stored as digests only."""

from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from agentsentinel.audit import service as audit
from agentsentinel.audit.actions import Action
from agentsentinel.auth.failed_attempts import InactiveKey
from agentsentinel.auth.key_digests import key_digest, make_token, token_digest
from agentsentinel.auth.principal import Actor, KeyScope
from agentsentinel.errors import Forbidden, NotFound, Unauthenticated
from agentsentinel.kit.database import DatabaseSession
from agentsentinel.kit.ids import uuid7
from agentsentinel.models import KeyRow, SignInLinkRow, SignInSessionRow
from agentsentinel.sign_in import repository
from agentsentinel.sign_in.repository import KeyedSession
from agentsentinel_core.key_format import is_key

SESSION_TIME = timedelta(hours=12)
"""Lifetime of a session: a working day; then the browser has to sign in again."""
LINK_TIME = timedelta(hours=1)
CLIENT_LENGTH = 255
KEPT = timedelta(days=30)


class SignedIn(NamedTuple):
    """A new session with its key, and the token for the cookie, which is stored nowhere."""

    session: SignInSessionRow
    key: KeyRow
    token: str


class Browser(NamedTuple):
    """The browser that signs in."""

    client: str
    """User-Agent of the browser."""
    address: str


async def sign_in_with_key(
    session: DatabaseSession, secret: bytes, key: str, browser: Browser, now: datetime
) -> SignedIn:
    """Exchange a key for a session. Raises Unauthenticated, and Forbidden for an agent's key."""
    if not is_key(key.encode()):
        raise Unauthenticated
    row = await repository.find_key(session, key_digest(secret, key.encode()).hex())
    return _begin(session, secret, row, browser, now, "with the key")


async def sign_in_with_link(
    session: DatabaseSession, secret: bytes, token: str, browser: Browser, now: datetime
) -> SignedIn:
    """Exchange a link's token for a session, which invalidates the link. Raises Unauthenticated."""
    digest = token_digest(secret, token.encode()).hex()
    key_id = await repository.spend_link(session, digest, now)
    key = await session.get(KeyRow, key_id) if key_id is not None else None
    if key is None:
        raise Unauthenticated("This link was used before, or has expired: sign in with a key")
    return _begin(session, secret, key, browser, now, "with a link")


async def make_link_token(session: DatabaseSession, secret: bytes, key: KeyRow, now: datetime, who: Actor) -> str:
    """Create a token that signs in once within the hour, with the rights of this key.

    Raises Forbidden for an agent's key.
    """
    _refuse_agents(key)
    token = make_token()
    digest = token_digest(secret, token.encode()).hex()
    session.add(SignInLinkRow(token_hash=digest, key_id=key.id, expires_at=now + LINK_TIME))
    audit.record(session, who, Action.SIGN_IN_LINK_MADE, now, key.id, key.name)
    return token


async def find_session(session: DatabaseSession, session_id: UUID) -> KeyedSession:
    """Return one session and its key. Raises NotFound."""
    found = await repository.find_session(session, session_id)
    if found is None:
        raise NotFound("There is no session with this id")
    return found


async def sign_out(session: DatabaseSession, session_id: UUID, now: datetime, who: Actor) -> None:
    """End the caller's own session. Raises NotFound when it is not live."""
    await _end(session, session_id, now)
    audit.record(session, who, Action.SIGNED_OUT, now, session_id)


async def revoke_session(session: DatabaseSession, session_id: UUID, now: datetime, who: Actor) -> None:
    """Revoke any session; its browser has to sign in again. Raises NotFound when it is not live."""
    await _end(session, session_id, now)
    key = (await find_session(session, session_id)).key
    audit.record(session, who, Action.SESSION_REVOKED, now, session_id, key.name)


async def _end(session: DatabaseSession, session_id: UUID, now: datetime) -> None:
    row = await session.get(SignInSessionRow, session_id, with_for_update=True)
    if row is None or row.revoked_at is not None or row.expires_at <= now:
        raise NotFound("There is no live session with this id")
    row.revoked_at = now


async def forget_old(session: DatabaseSession, now: datetime) -> None:
    """Delete sessions that expired over 30 days ago, and expired links."""
    await repository.delete_sessions_before(session, now - KEPT)
    await repository.delete_links_before(session, now)


def _begin(
    session: DatabaseSession, secret: bytes, key: KeyRow | None, browser: Browser, now: datetime, means: str
) -> SignedIn:
    if key is None:
        raise Unauthenticated
    if not key.is_live(now):
        raise InactiveKey(key.id, key.name)
    _refuse_agents(key)
    token = make_token()
    row = SignInSessionRow(
        id=uuid7(now.timestamp()),
        key_id=key.id,
        token_hash=token_digest(secret, token.encode()).hex(),
        client=browser.client[:CLIENT_LENGTH],
        created_at=now,
        expires_at=now + SESSION_TIME,
    )
    session.add(row)
    key.last_used_at = now
    who = Actor(key.id, key.name, browser.address)
    audit.record(session, who, Action.SIGNED_IN, now, row.id, detail=means)
    return SignedIn(row, key, token)


def _refuse_agents(key: KeyRow) -> None:
    if key.scope == KeyScope.AGENT:
        raise Forbidden("An agent's key reports events; sign in with an admin or a readonly key")
