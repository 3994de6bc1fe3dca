"""Creation, rotation and revocation of keys, recorded in the audit log; the last admin key cannot be revoked."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from agentsentinel.audit import service as audit
from agentsentinel.audit.actions import Action
from agentsentinel.auth.key_digests import SHOWN_CHARACTERS, key_digest, make_key
from agentsentinel.auth.principal import PLATFORM, Actor, KeyScope
from agentsentinel.errors import Conflict, Invalid, NotFound
from agentsentinel.keys import repository
from agentsentinel.kit.database import DatabaseSession
from agentsentinel.kit.ids import uuid7
from agentsentinel.models import AgentRow, KeyRow

BOOTSTRAP_NAME = "bootstrap-admin"
DEFAULT_OVERLAP = timedelta(hours=24)
"""How long a rotated key stays valid: long enough to distribute the new key to all users of the old one."""
LONGEST = timedelta(days=3653)


class NewKey(NamedTuple):
    """Properties of a key to be created."""

    name: str
    scope: KeyScope
    agent_id: UUID | None = None
    expires_at: datetime | None = None


class MadeKey(NamedTuple):
    """A new key with its text, which is stored nowhere."""

    row: KeyRow
    text: str


async def list_names(session: DatabaseSession, scopes: Collection[KeyScope], now: datetime) -> Sequence[str]:
    """List the names of live keys of these scopes, each once."""
    return await repository.find_names(session, scopes, now)


async def create_key(session: DatabaseSession, secret: bytes, new: NewKey, now: datetime, who: Actor) -> MadeKey:
    """Create a key.

    Raises NotFound when the agent does not exist, and Invalid for an `expires_at` in the past or over ten years ahead.
    """
    made = await _make(session, secret, new, now)
    audit.record(session, who, Action.KEY_CREATED, now, made.row.id, new.name, detail=_describe(new))
    await session.flush()
    return made


async def create_bootstrap_key(session: DatabaseSession, secret: bytes, now: datetime) -> MadeKey | None:
    """Create an admin key if none is live, else return None. A lock lets only one of several processes create it."""
    await repository.lock_keys(session)
    if await repository.count_admins(session, now):
        return None
    return await create_key(session, secret, NewKey(BOOTSTRAP_NAME, KeyScope.ADMIN), now, PLATFORM)


async def rotate_key(
    session: DatabaseSession,
    secret: bytes,
    key_id: UUID,
    overlap: timedelta,
    expires_at: datetime | None,
    now: datetime,
    who: Actor,
) -> MadeKey:
    """Create a key with the same name, scope and agent; the old key expires after `overlap`, or is revoked for 0.

    Without `expires_at` the new key gets the same lifetime as the old one had. Raises NotFound for a key that is not
    live, and Conflict for one that was rotated already.
    """
    old = await _lock_live(session, key_id, now)
    if old.replaced_by is not None:
        raise Conflict("This key was rotated already: rotate the key that replaced it")
    if expires_at is None and old.expires_at is not None:
        expires_at = now + (old.expires_at - old.created_at)
    new = NewKey(old.name, KeyScope(old.scope), old.agent_id, expires_at)
    made = await _make(session, secret, new, now)
    old.replaced_by = made.row.id
    if overlap:
        end = now + overlap
        old.expires_at = min(end, old.expires_at or end)
        fate = f"the old one works until {old.expires_at:%Y-%m-%d %H:%M}Z"
    else:
        _revoke(old, now, who)
        fate = "the old one is dead"
    detail = f"new key {made.row.id}, {_describe(new)}; {fate}"
    audit.record(session, who, Action.KEY_ROTATED, now, old.id, old.name, detail=detail)
    await session.flush()
    return made


async def revoke_key(session: DatabaseSession, key_id: UUID, now: datetime, who: Actor) -> KeyRow:
    """Revoke a key. Raises NotFound, and Conflict for the last live admin key."""
    row = await _lock_live(session, key_id, now)
    if row.scope == KeyScope.ADMIN and not await repository.count_other_admins(session, key_id, now):
        raise Conflict("This is the last admin key: create another one before you revoke it")
    _revoke(row, now, who)
    audit.record(session, who, Action.KEY_REVOKED, now, row.id, row.name)
    return row


async def revoke_all(session: DatabaseSession, now: datetime, who: Actor) -> int:
    """Revoke every key, the last admin key too; the next start creates a new one. Return how many were revoked."""
    await repository.lock_keys(session)
    rows = await repository.lock_active_keys(session)
    for row in rows:
        _revoke(row, now, who)
        audit.record(session, who, Action.KEY_REVOKED, now, row.id, row.name, detail="all keys at once")
    return len(rows)


async def _make(session: DatabaseSession, secret: bytes, new: NewKey, now: datetime) -> MadeKey:
    if new.expires_at is not None and not now < new.expires_at <= now + LONGEST:
        raise Invalid("expires_at: must be a time within the next ten years")
    if new.agent_id is not None and await session.get(AgentRow, new.agent_id) is None:
        raise NotFound("There is no agent with this agent_id to bind the key to")
    key = make_key(new.scope)
    row = KeyRow(
        id=uuid7(now.timestamp()),
        name=new.name,
        key_prefix=key[:SHOWN_CHARACTERS],
        key_hash=key_digest(secret, key.encode()).hex(),
        scope=new.scope.value,
        agent_id=new.agent_id,
        is_active=True,
        created_at=now,
        expires_at=new.expires_at,
    )
    session.add(row)
    return MadeKey(row, key)


async def _lock_live(session: DatabaseSession, key_id: UUID, now: datetime) -> KeyRow:
    await repository.lock_keys(session)
    row = await session.get(KeyRow, key_id, with_for_update=True)
    if row is None or not row.is_live(now):
        raise NotFound("There is no live key with this id")
    return row


def _revoke(row: KeyRow, now: datetime, who: Actor) -> None:
    row.is_active = False
    row.revoked_at = now
    row.revoked_by, row.revoked_by_name = who.key_id, who.name


def _describe(new: NewKey) -> str:
    words = [f"scope {new.scope.value}"]
    if new.agent_id is not None:
        words.append(f"agent {new.agent_id}")
    if new.expires_at is not None:
        words.append(f"expires {new.expires_at:%Y-%m-%d %H:%M}Z")
    return ", ".join(words)
