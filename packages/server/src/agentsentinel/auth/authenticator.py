"""From the text of a key to a principal, without asking the database each time.

A key is looked up by its keyed digest, which leaves nothing to compare in variable time. What was found is believed
for a few seconds, so a key revoked in another process is dead here within `TRUST_SECONDS`; revoked in this one, at
once. Unknown keys are not remembered.
"""

import time
from datetime import UTC, datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import select, update

from agentsentinel.auth.principal import KeyScope, Principal
from agentsentinel.auth.secrets import MAX_LENGTH, key_digest
from agentsentinel.errors import Unauthenticated
from agentsentinel.kit.database import REQUEST_SECONDS, Database
from agentsentinel.models import KeyRow

TRUST_SECONDS = 3.0
MAX_REMEMBERED = 10_000


class _Entry(NamedTuple):
    principal: Principal
    expires_at: float


class Authenticator:
    """Knows the live keys."""

    def __init__(self, database: Database, secret: bytes) -> None:
        self._database = database
        self.secret = secret
        self._known: dict[bytes, _Entry] = {}
        self._used: dict[UUID, float] = {}

    def remembered(self, key: bytes) -> Principal | None:
        """The principal of a key that was looked up a moment ago, else None. The hot path's first try."""
        entry = self._known.get(key_digest(self.secret, key))
        if entry is None or entry.expires_at < time.monotonic():
            return None
        return entry.principal

    async def authenticate(self, key: bytes | None) -> Principal:
        """The principal of a key. Raises Unauthenticated, with the same words whatever is wrong with it."""
        if not key or len(key) > MAX_LENGTH:
            raise Unauthenticated
        principal = self.remembered(key)
        return principal if principal is not None else await self._look_up(key)

    def forget(self, key_id: UUID) -> None:
        """Believe nothing remembered of this key: it was revoked."""
        self._known = {digest: entry for digest, entry in self._known.items() if entry.principal.key_id != key_id}

    async def write_last_used(self) -> None:
        """Note when keys were last used. Called now and then, never while a request waits."""
        used, self._used = self._used, {}
        async with self._database.transaction() as session:
            for key_id, at in used.items():
                await session.execute(
                    update(KeyRow).where(KeyRow.id == key_id).values(last_used_at=datetime.fromtimestamp(at, UTC))
                )

    async def _look_up(self, key: bytes) -> Principal:
        digest = key_digest(self.secret, key)
        async with self._database.transaction(REQUEST_SECONDS) as session:
            query = select(KeyRow.id, KeyRow.scope, KeyRow.agent_id)
            query = query.where(KeyRow.key_hash == digest.hex(), KeyRow.is_active)
            row = (await session.execute(query)).one_or_none()
        if row is None:
            self._known.pop(digest, None)
            raise Unauthenticated
        principal = Principal(row.id, KeyScope(row.scope), row.agent_id)
        if len(self._known) >= MAX_REMEMBERED:
            self._known.clear()
        self._known[digest] = _Entry(principal, time.monotonic() + TRUST_SECONDS)
        self._used[row.id] = time.time()
        return principal
